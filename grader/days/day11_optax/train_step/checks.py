"""Checks of train_step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day11_optax.shared import ADAM, ADAMW, MOMENTUM, Tree
from grader.toolkit import (
    Called,
    Kind,
    Learner,
    Named,
    Numbers,
    Shown,
    came,
    check,
    compiled_if_possible,
    compiles_once,
    hint_when,
    must_beat,
    own_hint,
    raised,
    wide,
)

# On two cores a compiled step takes some 100 µs, an eager one 30 ms.
GATE = 50.0


def line_error(params: Tree, batch: Tree) -> Any:
    """Mean squared error of a line."""
    x, y = batch
    return jnp.mean((params["slope"] * x + params["offset"] - y) ** 2)


def line_oracle(params: Tree, batch: Tree) -> tuple[Tree, Any]:
    """Gradient and loss of line_error."""
    x, y = (wide(part) for part in batch)
    residual = float(params["slope"]) * x + float(params["offset"]) - y
    return {"slope": 2 * np.mean(residual * x), "offset": 2 * np.mean(residual)}, np.mean(residual**2)


SGD = Named("sgd", optax.sgd(0.25))


def on_the_line(params: Tree, state: Tree, batch: Tree) -> tuple[Any, ...]:
    return Shown("params", params), Shown("state", state), batch


@check(
    "train_step",
    "correct",
    hint="value_and_grad(loss)(params, batch) gives loss and gradient; optimizer.update makes updates of it, which are "
    "added to the parameters. The loss is that of the old ones.",
)
def test_train_step_by_hand(learner: Learner) -> None:
    params = {"slope": jnp.float32(1.0), "offset": jnp.float32(0.0)}
    batch = (jnp.array([1.0, 2.0]), jnp.array([3.0, 2.0]))
    # The residuals are -2 and 0: the loss is 2 and both derivatives are -2.
    order = "Mind the order: optimizer.update returns (updates, new state), optax.apply_updates takes (params, updates)."
    array = "Drop the float(): the loss is an array, and inside of jit it has no value yet."
    with hint_when(raised(text="pytree structure"), order), hint_when(came(float), array):
        result = learner.train_step(
            *on_the_line(params, SGD.value.init(params), batch), loss=line_error, optimizer=SGD
        )
    result[0].close_to({"slope": np.float64(1.5), "offset": np.float64(0.5)})
    result[2].close_to(
        2.0, hint="Return the loss of the old parameters: the one that the gradient belongs to."
    )


def weighted_error(params: Tree, batch: Tree) -> Any:
    """The weighted mean of the squared errors of a line, whose rows are given: no mean over the examples' own losses."""
    x, y = batch["x"][batch["rows"]], batch["y"][batch["rows"]]
    errors = (params["slope"] * x + params["offset"] - y) ** 2
    return jnp.sum(batch["weights"] * errors) / jnp.sum(batch["weights"])


@check(
    "train_step",
    "correct",
    hint="The loss takes the whole batch, a dict here, and averages as it likes: call loss(params, batch), and neither unpack, "
    "nor lift, nor convert anything.",
    answers=raised(text="integer"),
)
def test_train_step_hands_the_loss_its_batch(learner: Learner) -> None:
    params = {"slope": jnp.float32(1.0), "offset": jnp.float32(0.0)}
    batch = {"x": jnp.array([1.0, 2.0]), "y": jnp.array([3.0, 2.0]), "weights": jnp.array([3.0, 1.0])}
    batch["rows"] = jnp.array([0, 1])
    # The residuals are -2 and 0, with weights 3/4 and 1/4: the loss is 3 and both derivatives are -3.
    start = on_the_line(params, SGD.value.init(params), batch)
    result = compiled_if_possible(
        learner.train_step, *start, weighted_error, SGD, static=("loss", "optimizer")
    )
    result[0].close_to({"slope": np.float64(1.75), "offset": np.float64(0.75)})
    result[2].close_to(3.0)


@check("train_step", "correct", hint="Give the parameters to optimizer.update, too: weight decay needs them.")
def test_train_step_hands_on_the_parameters(learner: Learner) -> None:
    params = {"slope": jnp.float32(1.0), "offset": jnp.float32(0.0)}
    batch = (jnp.array([1.0, 2.0]), jnp.array([3.0, 2.0]))
    with own_hint(raised(text="requires the current value of parameters")):
        result = learner.train_step(
            *on_the_line(params, ADAMW.value.init(params), batch), loss=line_error, optimizer=ADAMW
        )
    # Adam's first step is the sign of the gradient, -1; decay pulls the slope back by 0.5 · 0.1 · 1.
    result[0].close_to({"slope": np.float64(1.45), "offset": np.float64(0.5)}, rtol=ADAM)


@check(
    "train_step",
    "correct",
    hint="Momentum lives in the state. Return the new state that optimizer.update gives; do not begin anew.",
)
def test_train_step_carries_the_state_on(learner: Learner, numbers: Numbers) -> None:
    params = {"slope": jnp.float32(1.0), "offset": jnp.float32(0.0)}
    state, trace = MOMENTUM.value.init(params), {"slope": 0.0, "offset": 0.0}
    for _ in range(3):
        batch = (numbers.normal(2), numbers.normal(2))
        gradient, value = line_oracle(params, batch)
        trace = {name: 0.5 * trace[name] + gradient[name] for name in trace}
        result = learner.train_step(*on_the_line(params, state, batch), loss=line_error, optimizer=MOMENTUM)
        result[0].close_to({name: np.float64(params[name]) - 0.25 * trace[name] for name in trace}, rtol=1e-4)
        result[2].close_to(value, rtol=1e-4)
        params, state, _ = result.value


@check(
    "train_step",
    "correct",
    hint="One step of training, and nothing besides: no clipping, no step left out. Who wants that chains it into the optimiser.",
)
def test_train_step_takes_every_step(learner: Learner, numbers: Numbers) -> None:
    params = {"slope": jnp.float32(1.0), "offset": jnp.float32(0.0)}
    static = ("loss", "optimizer")
    for scale, tail in ((1e3, 1.0), (1e-6, 1.0), (1.0, np.nan)):
        batch = (scale * numbers.normal(5), scale * numbers.normal(5) * jnp.array([1.0, 1.0, 1.0, 1.0, tail]))
        gradient, value = line_oracle(params, batch)
        start = on_the_line(params, SGD.value.init(params), batch)
        result = compiled_if_possible(learner.train_step, *start, line_error, SGD, static=static)
        result[2].close_to(value, rtol=1e-4, atol=0)
        moved = {name: np.float64(params[name]) - 0.25 * gradient[name] for name in params}
        # Relative to the terms of the sums, which may cancel.
        result[0].close_to(moved, rtol=1e-4, atol=1e-5 * min(scale, 1.0) + 1e-5 * scale**2)


@check(
    "train_step",
    "jit",
    hint="Stay with arrays from end to end; loss and optimiser are static, all else is traced.",
)
def test_train_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    params = {"slope": jnp.float32(1.0), "offset": jnp.float32(0.0)}
    state = MOMENTUM.value.init(params)
    batches = [(numbers.normal(5), numbers.normal(5)) for _ in range(2)]
    calls = [on_the_line(params, state, batch) for batch in batches]
    compiled = learner.train_step.jit(static_argnames=("loss", "optimizer"))
    results = compiles_once(compiled, calls, loss=line_error, optimizer=MOMENTUM)
    for batch, result in zip(batches, results, strict=True):
        gradient, value = line_oracle(params, batch)
        result[0].close_to(
            {name: np.float64(params[name]) - 0.25 * gradient[name] for name in params}, rtol=1e-4
        )
        result[2].close_to(value, rtol=1e-4)
    before = compiled.traces
    old, after, _ = results[0].value
    again = compiled(*on_the_line(old, after, batches[1]), loss=line_error, optimizer=MOMENTUM)
    traces = compiled.traces - before
    again.require(
        traces == 0,
        "is traced again when it gets its own results back",
        expected="no new trace",
        got=f"{traces} new trace",
        hint="Parameters and state come out with the dtypes they went in with.",
        kind=Kind.RETRACED,
    )


WIDTH, ROUNDS = 8, 24


def recurrent_error(params: Tree, batch: Tree) -> Any:
    """Mean squared error of a recurrent network after some rounds."""
    x, y = batch
    state = jnp.zeros_like(x)
    for _ in range(ROUNDS):
        state = jnp.tanh(x @ params["input"] + state @ params["recurrent"])
    return jnp.mean((state - y) ** 2)


ADAM_OPTIMIZER = Named("adam", optax.adam(0.01))


def eager_step(params: Tree, opt_state: Tree, batch: Tree, loss: Any, optimizer: Any) -> Any:
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), state, value


@check(
    "train_step",
    "speed",
    hint="One gradient in reverse mode, jax.value_and_grad, of one loss over the whole batch. Forward mode (jvp, jacfwd) costs a"
    " run for each parameter, a loop or vmap over the examples one for each example.",
)
def test_train_step_beats_the_eager_step(learner: Learner, numbers: Numbers) -> None:
    params = {name: numbers.normal((WIDTH, WIDTH), 0.3) for name in ("input", "recurrent")}
    state = ADAM_OPTIMIZER.value.init(params)

    def draw(size: int) -> tuple[Any, ...]:
        return on_the_line(params, state, (numbers.normal((size, WIDTH)), numbers.normal((size, WIDTH))))

    def agree(text: str, ours: Any, theirs: Any) -> None:
        # Adam's first step is a sign: where the gradient is next to nothing, rounding decides it.
        Called(text, ours)[2].close_to(np.float64(theirs[2]), rtol=1e-3)
        moments = [Called(f"{text}, first moments", result[1][0].mu) for result in (ours, theirs)]
        moments[0].close_to(jax.tree.map(np.asarray, moments[1].value), rtol=1e-2, atol=1e-5)

    must_beat(
        learner,
        learner.train_step.jit(static_argnames=("loss", "optimizer")),
        eager_step,
        named="an eager step with Adam",
        draw=draw,
        size=4,
        gate=GATE,
        numbers=numbers,
        agree=agree,
        loss=recurrent_error,
        optimizer=ADAM_OPTIMIZER,
    )
