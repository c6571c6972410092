"""Deeper checks of train_step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day11_optax.shared import MOMENTUM, Tree
from grader.days.day11_optax.train_step.checks import line_error, line_oracle, on_the_line
from grader.toolkit import Draw, Learner, Named, Shown, check, wide

QUARTER = Named("sgd", optax.sgd(0.25))


def distance(p: jax.Array, batch: tuple[jax.Array]) -> jax.Array:
    (y,) = batch
    return (p - y) ** 2


def bent(params: Any, batch: Any) -> jax.Array:
    """Parameters in a list and a tuple, a batch in a dict of a dict."""
    first, (second,) = params
    return jnp.asarray(first**2 * jnp.sum(batch["of"]["one"]) + jnp.sum(second * batch["other"]))


def whole(params: jax.Array, batch: jax.Array) -> jax.Array:
    """The batch is an array by itself."""
    return jnp.sum(params * batch)


@check(
    "train_step",
    "deeper",
    hint="A step with a gradient of 0 is a step: momentum moves on, weights decay, counts go up. Call the optimiser always.",
)
def test_train_step_steps_without_a_slope(learner: Learner) -> None:
    params, on_it = {"slope": jnp.float32(2.0), "offset": jnp.float32(1.0)}, jnp.arange(5.0)
    batch = on_it, 2 * on_it + 1  # all points lie on the line
    still = jax.tree.map(jnp.zeros_like, params)
    _, state = MOMENTUM.value.update(jax.tree.map(jnp.ones_like, params), MOMENTUM.value.init(params))
    updates, _ = MOMENTUM.value.update(still, state)
    step = learner.train_step.jit(static_argnames=("loss", "optimizer"))
    result = step(*on_the_line(params, state, batch), loss=line_error, optimizer=MOMENTUM)
    result[0].close_to({name: wide(params[name]) + wide(updates[name]) for name in params})


@check(
    "train_step",
    "deeper",
    hint="Parameters and batch are any trees, a single array as well: hand them to the loss as they came.",
)
def test_train_step_takes_any_tree(learner: Learner) -> None:
    def step(params: Tree, batch: Tree, loss: Any) -> Any:
        state = Shown("state", QUARTER.value.init(params))
        return learner.train_step(params, state, batch, loss=loss, optimizer=QUARTER)

    result = step(jnp.float32(1.0), (jnp.float32(3.0),), distance)
    result[0].close_to(2.0)
    result[2].close_to(4.0)
    batch = {"of": {"one": jnp.array([1.0, 2.0])}, "other": jnp.array([4.0, -8.0])}
    result = step([jnp.float32(2.0), (jnp.array([1.0, 2.0]),)], batch, bent)
    result[0].close_to([np.float64(-1.0), (np.array([0.0, 4.0]),)])
    result[2].close_to(0.0)
    result = step(jnp.array([1.0, 2.0]), jnp.array([4.0, -8.0]), whole)
    result[0].close_to([0.0, 4.0])
    result[2].close_to(-12.0)


@check(
    "train_step",
    "deeper",
    hint="params + update for the whole gradient, and the loss of the old parameters, in any unit: nothing is cut off.",
)
def test_train_step_in_many_cases(learner: Learner, draw: Draw) -> None:
    n = draw.one_of(2, 1, 5)
    unit = 10.0 ** draw.one_of(0, -4, 4)
    params = {"slope": draw.floats(), "offset": draw.floats() * jnp.float32(unit)}
    momentum = {"slope": draw.floats() * jnp.float32(unit**2), "offset": draw.floats() * jnp.float32(unit)}
    batch = draw.floats(n) * jnp.float32(unit), draw.floats(n) * jnp.float32(unit)
    state = jax.tree.unflatten(
        jax.tree.structure(MOMENTUM.value.init(params)), [momentum["offset"], momentum["slope"]]
    )
    handle = learner.train_step.jit(static_argnames=("loss", "optimizer"))
    result = handle(*on_the_line(params, state, batch), loss=line_error, optimizer=MOMENTUM)
    gradient, value = line_oracle(params, batch)
    # Sums and squares of differences: relative to what is subtracted.
    far = 120.0 * unit
    result[2].close_to(value, rtol=1e-4, atol=1e-5 * far**2)
    for name, size in (("slope", 10 * unit), ("offset", 1.0)):
        expected = wide(params[name]) - 0.25 * (0.5 * wide(momentum[name]) + gradient[name])
        tolerance = 1e-5 * (far * size + abs(float(params[name])))
        result[0][name].close_to(expected, rtol=1e-4, atol=tolerance)


@check("train_step", "deeper", hint="Many steps in a row: each goes on from what the one before returned.")
def test_train_step_trains(learner: Learner) -> None:
    """A parabola under heavy momentum, a hundred steps of which are known."""
    rate, kept = 0.05, 0.8
    optimizer = Named("momentum", optax.sgd(rate, momentum=kept))
    handle = learner.train_step.jit(static_argnames=("loss", "optimizer"))
    params, batch = jnp.float32(0.0), (jnp.float32(3.0),)
    state = optimizer.value.init(params)
    at, trace = 0.0, 0.0
    for _ in range(100):
        result = handle(params, Shown("state", state), batch, loss=distance, optimizer=optimizer)
        result[2].close_to((at - 3.0) ** 2, rtol=1e-3, atol=1e-5)
        trace = kept * trace + 2 * (at - 3.0)
        at -= rate * trace
        params, state, _ = result.value
    result[0].close_to(at, rtol=1e-4)


@check(
    "train_step",
    "deeper",
    hint="A NaN among the parameters or in the state goes on into the new ones, where somebody will notice: nothing is mended.",
)
def test_train_step_mends_nothing(learner: Learner) -> None:
    handle = learner.train_step.jit(static_argnames=("loss", "optimizer"))
    params = {"slope": jnp.float32(1.0), "offset": jnp.float32(0.0)}
    batch = (jnp.array([1.0, 2.0]), jnp.array([3.0, 2.0]))
    state = MOMENTUM.value.init(params)
    lost = jax.tree.map(lambda leaf: jnp.full_like(leaf, jnp.nan), state)
    wrong = {"slope": np.float64(np.nan), "offset": np.float64(np.nan)}
    for start, begin, loss in (
        ({**params, "slope": jnp.float32(np.nan)}, state, np.nan),
        (params, lost, 2.0),
    ):
        result = handle(*on_the_line(start, begin, batch), loss=line_error, optimizer=MOMENTUM)
        result[0].close_to(wrong)
        result[2].close_to(loss)
