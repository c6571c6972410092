"""Checks of day 11: optimisers.

An exercise that returns an optimiser is judged by the updates that it makes, step after step: eagerly, and compiled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.toolkit import (
    Called,
    Handle,
    Learner,
    Numbers,
    Verdict,
    WrongAnswer,
    bans,
    check,
    compiled_if_possible,
    compiles_once,
    must_beat,
    own_hint,
    wording,
)

Array = np.ndarray[Any, Any]
Tree = Any

# Relative. In float32 1 - 0.999 has 17 good bits, and Adam divides by its root.
ADAM = 1e-4

# On two cores a compiled step takes some 100 µs, an eager one 30 ms.
GATES = {"cpu": 50.0, "gpu": 20.0, "tpu": 20.0}


@contextmanager
def hint_for(words: str, hint: str) -> Iterator[None]:
    """A verdict with these words in its message, that comes within, is answered by this hint."""
    try:
        yield
    except Verdict as verdict:
        if words in verdict.message:
            verdict.hint = hint
        raise


# ---- optimisers in use


class Shown:
    """A tree that is written as one word in messages."""

    def __init__(self, text: str, tree: Tree) -> None:
        self.text = text
        self.tree = tree

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class _Nothing:
    """The key of a tree in what shows it: in messages the path goes on as if it were not there."""

    def __str__(self) -> str:
        return ""


jax.tree_util.register_pytree_with_keys(
    Shown,
    lambda shown: (((_Nothing(), shown.tree),), None),
    lambda _, children: Shown("a tree", *children),
)


@dataclass(frozen=True, eq=False)
class Named:
    """An optimiser that is written as one word in messages."""

    text: str
    optimizer: optax.GradientTransformation

    def __repr__(self) -> str:
        return self.text


def build(handle: Handle, *arguments: Any) -> tuple[str, Any]:
    """Have an exercise build an optimiser; returns the call as text, and the optimiser. Raises WrongAnswer."""
    text = f"{handle.name}({', '.join(map(_word, arguments))})"
    called = handle.using(text, handle.function, *map(_bare, arguments))
    result = called.value
    called.require(
        isinstance(result, optax.GradientTransformation),
        "returned the wrong kind of thing",
        expected="an optax.GradientTransformation",
        got=type(result).__name__,
        hint="optax.chain and its like take a pair of functions, init and update: return optax.GradientTransformation("
        "init, update). A MultiSteps becomes one by its gradient_transformation().",
    )
    return text, result


def _word(value: Any) -> str:
    return getattr(value, "__name__", repr(value))


def _bare(value: Any) -> Any:
    return value.tree if isinstance(value, Shown) else value.optimizer if isinstance(value, Named) else value


def updates_of(
    handle: Handle, arguments: Sequence[Any], params: Sequence[Tree], gradients: Sequence[Tree]
) -> list[Called]:
    """The updates of an optimiser that an exercise builds, step by step, eagerly."""
    text, optimizer = build(handle, *arguments)
    state = handle.using(f"{text}.init(params)", optimizer.init, params[0]).value
    found = []
    for number, (now, gradient) in enumerate(zip(params, gradients, strict=True), start=1):
        what = f"{text}, step {number}, updates"
        given = jax.tree.flatten((gradient, state, now))
        pair = handle.using(what, optimizer.update, gradient, state, now).value
        _unchanged(f"{text}.update", given, jax.tree.flatten((gradient, state, now)))
        if not (isinstance(pair, tuple) and len(pair) == 2):
            raise WrongAnswer(
                f"{text}.update returned the wrong kind of thing\n  expected  (updates, state)\n"
                f"  got       {type(pair).__name__}",
                hint="update returns a tuple of two: the updates, and the state to go on with.",
            )
        updates, state = pair
        found.append(Called(what, updates))
    return found


def _unchanged(text: str, before: tuple[list[Any], Any], after: tuple[list[Any], Any]) -> None:
    if before[1] != after[1] or any(one is not other for one, other in zip(before[0], after[0], strict=True)):
        rows = "  expected  gradients, state and parameters as they were\n  got       changed ones"
        raise WrongAnswer(
            f"{text} changed what it was given\n{rows}",
            hint="Build a new state, and leave the old one as it is: somebody may go back to it.",
        )


@functools.cache
def _update_by(handle: Handle, static: tuple[Hashable, ...]) -> Handle:
    """A handle on one update by the optimiser that the exercise builds from numbers and static arguments."""

    def update(gradients: Shown, state: Shown, params: Shown, *numbers: Any) -> dict[str, Tree]:
        first = (params.tree,) if _takes_params(handle) else ()
        optimizer = handle.function(*first, *map(_bare, static), *numbers)
        updates, after = optimizer.update(gradients.tree, state.tree, params.tree)
        return {"updates": updates, "state": after}

    update.__name__ = handle.name  # so that the reasons for a second trace are told
    return Handle(handle.session, handle.name, f"update by {handle.name}", update, raw=update)


def compiled_updates_of(
    handle: Handle,
    numbers: Sequence[tuple[Any, ...]],
    params: Sequence[Tree],
    gradients: Sequence[Tree],
    *static: Any,
) -> list[Called]:
    """The updates of an optimiser that is built and used inside a compiled step; the numbers are traced.

    Two steps, which are to be one trace: one from the first state and one from that which an eager step leaves.
    Each state holds what an optimiser with the numbers of its call holds: numbers may be kept in the state.
    """
    first = (Shown("params", params[0]),) if _takes_params(handle) else ()

    def begun(given: tuple[Any, ...]) -> tuple[Any, Any]:
        text, optimizer = build(handle, *first, *static, *map(float, given))
        begin = handle.using(f"{text}.init(params)", optimizer.init, params[0]).value
        update = f"{text}.update(gradients, state, params)"
        return begin, handle.using(update, optimizer.update, gradients[0], begin, params[0]).value[1]

    begin, later = begun(numbers[0])
    if numbers[1]:
        leaves = jax.tree.leaves(begun(numbers[1])[1])
        if len(leaves) == len(jax.tree.leaves(later)):
            # Hung into one structure, for its classes may be new with each optimiser.
            later = jax.tree.unflatten(jax.tree.structure(later), leaves)
    calls = [
        (
            Shown("gradients", gradients[k]),
            Shown("state", state),
            Shown("params", params[k]),
            *numbers[k],
        )
        for k, state in enumerate((begin, later))
    ]
    results = compiles_once(_update_by(handle, static).jit(), calls)
    handle.compare_on(
        f"the first updates of {handle.name}",
        functools.partial(_first_updates, _takes_params(handle), tuple(map(_bare, static))),
        gradients[0],
        params[0],
        *numbers[0],
    )
    return [result["updates"] for result in results]


def _first_updates(
    takes_params: bool, static: tuple[Any, ...], make: Callable[..., Any]
) -> Callable[..., Tree]:
    """A function of gradients and parameters: what an optimiser makes of them first, from its own first state."""

    def updates(gradients: Tree, params: Tree, *numbers: Any) -> Tree:
        optimizer = make(*((params,) if takes_params else ()), *static, *numbers)
        return optimizer.update(gradients, optimizer.init(params), params)[0]

    return updates


def _takes_params(handle: Handle) -> bool:
    return next(iter(handle.session.contract.signature(handle.name).parameters)) == "params"


def close(found: Iterable[Called], expected: Iterable[Tree], rtol: float = 1e-5) -> None:
    """Compare updates step by step. Raises WrongAnswer."""
    for updates, wanted in zip(found, expected, strict=True):
        updates.close_to(wanted, rtol=rtol)


# ---- oracles


def adam_oracle(gradients: Sequence[Tree]) -> list[Tree]:
    """m / (sqrt(v) + 1e-8) for each gradient, corrected for bias."""
    m = v = jax.tree.map(lambda g: np.zeros(np.shape(g)), gradients[0])
    found = []
    for t, gradient in enumerate(gradients, start=1):
        m = jax.tree.map(lambda old, g: 0.9 * old + 0.1 * np.asarray(g, np.float64), m, gradient)
        v = jax.tree.map(lambda old, g: 0.999 * old + 0.001 * np.asarray(g, np.float64) ** 2, v, gradient)
        found.append(
            jax.tree.map(
                lambda a, b, t=t: a / (1 - 0.9**t) / (np.sqrt(b / (1 - 0.999**t)) + 1e-8),
                m,
                v,
            )
        )
    return found


def clip_oracle(gradient: Tree, max_norm: float) -> Tree:
    norm = float(np.sqrt(sum(np.sum(np.asarray(g, np.float64) ** 2) for g in jax.tree.leaves(gradient))))
    return jax.tree.map(lambda g: np.asarray(g, np.float64) * min(1.0, max_norm / norm), gradient)


def adamw_oracle(
    params: Sequence[Tree], gradients: Sequence[Tree], rates: Sequence[float], weight_decay: float
) -> list[Tree]:
    """-rate (a + weight_decay · params) for each step."""
    return [
        jax.tree.map(
            lambda a, p, rate=rate: -rate * (a + weight_decay * np.asarray(p, np.float64)), adam, now
        )
        for rate, adam, now in zip(rates, adam_oracle(gradients), params, strict=True)
    ]


def scaled(gradient: Tree, norm: float) -> Tree:
    """The same direction, of that length."""
    size = float(np.sqrt(sum(np.sum(np.square(g)) for g in jax.tree.leaves(gradient))))
    return jax.tree.map(lambda g: jnp.asarray(np.asarray(g) * (norm / size), jnp.float32), gradient)


def layer(numbers: Numbers) -> Tree:
    """A weight and a bias of one shape, so that few programs are compiled."""
    return {"w": numbers.normal(3), "b": numbers.normal(3)}


def layers(numbers: Numbers, n: int) -> list[Tree]:
    return [layer(numbers) for _ in range(n)]


# ---- make_optimizer


@check(
    "make_optimizer",
    "correct",
    hint="Without decay Adam's first step is the gradient's sign, times -learning_rate: updates are added, so they point "
    "downhill. optax.scale_by_learning_rate turns the sign.",
)
def test_make_optimizer_goes_downhill(learner: Learner) -> None:
    params = {"w": jnp.array([2.0, -4.0, 0.0]), "b": jnp.array([0.0, 0.0, 10.0])}
    gradient = {"w": jnp.array([3.0, -4.0, 0.0]), "b": jnp.zeros(3)}
    expected = {"w": np.array([-0.5, 0.5, 0.0]), "b": np.zeros(3)}
    found = updates_of(learner.make_optimizer, (0.5, 0.0, 10.0), [params], [gradient])
    found[0].close_to(expected, atol=0.1)
    places = "The signs are right. Is each argument in its place? The second one of optax.adamw is b1: name weight_decay."
    found[0].close_to(expected, rtol=ADAM, hint=places)


@check(
    "make_optimizer",
    "correct",
    hint="Decay comes after Adam has scaled the gradient and before the learning rate: -rate · (a + decay · params). Was it "
    "forgotten? Or given by its place: in optax.adamw(rate, decay) the second place is b1. Name it, weight_decay=...",
)
def test_make_optimizer_by_hand(learner: Learner) -> None:
    params = {"w": jnp.array([2.0, -4.0, 0.0]), "b": jnp.array([0.0, 0.0, 10.0])}
    gradient = {"w": jnp.array([3.0, -4.0, 0.0]), "b": jnp.zeros(3)}
    expected = {"w": np.array([-0.6, 0.7, 0.0]), "b": np.array([0.0, 0.0, -0.5])}
    close(updates_of(learner.make_optimizer, (0.5, 0.1, 10.0), [params], [gradient]), [expected], rtol=ADAM)


def check_make_optimizer(learner: Learner, numbers: Numbers, norms: Sequence[float]) -> None:
    params = layers(numbers, len(norms))
    gradients = [scaled(layer(numbers), norm) for norm in norms]
    clipped = [clip_oracle(gradient, 2.0) for gradient in gradients]
    found = updates_of(learner.make_optimizer, (0.5, 0.1, 2.0), params, gradients)
    close(found, adamw_oracle(params, clipped, [0.5] * len(norms), 0.1), rtol=ADAM)


@check(
    "make_optimizer",
    "correct",
    hint="This gradient is so small that Adam's eps shows, the 1e-8 beside the root. Leave optax's numbers as they are, and "
    "scale only what is longer than max_norm.",
)
def test_make_optimizer_leaves_tiny_gradients(learner: Learner) -> None:
    params = {"w": jnp.array([2.0, -4.0, 0.0]), "b": jnp.array([0.0, 0.0, 10.0])}
    gradient = {"w": jnp.array([1e-6, -1e-6, 0.0]), "b": jnp.zeros(3)}
    expected = {"w": np.array([-0.5, 0.5, 0.0]) / 1.01, "b": np.zeros(3)}
    close(updates_of(learner.make_optimizer, (0.5, 0.0, 10.0), [params], [gradient]), [expected], rtol=1e-3)


@check(
    "make_optimizer",
    "correct",
    hint="Adam forgets the length of its first gradient, but not of the next ones: only what is longer than max_norm "
    "may be scaled.",
)
def test_make_optimizer_leaves_short_gradients(learner: Learner, numbers: Numbers) -> None:
    check_make_optimizer(learner, numbers, (0.1, 1.5, 0.02))


@check(
    "make_optimizer",
    "correct",
    hint="The second gradient is 1e6 long. Clip by the norm over all leaves, and as the first link of the chain: "
    "before Adam remembers the square of what it gets.",
)
def test_make_optimizer_survives_a_huge_gradient(learner: Learner, numbers: Numbers) -> None:
    check_make_optimizer(learner, numbers, (1.0, 1e6, 0.5, 0.5))


def halving(count: Any) -> Any:
    return 0.5 * 0.5**count


@check(
    "make_optimizer",
    "correct",
    hint="A schedule is a function of the step, and cannot be multiplied. optax.scale_by_learning_rate takes both.",
)
def test_make_optimizer_takes_a_schedule(learner: Learner, numbers: Numbers) -> None:
    params, gradients = layers(numbers, 3), [scaled(layer(numbers), 1.0) for _ in range(3)]
    with own_hint("'function'"):
        found = updates_of(learner.make_optimizer, (halving, 0.1, 2.0), params, gradients)
    close(found, adamw_oracle(params, gradients, [0.5, 0.25, 0.125], 0.1), rtol=ADAM)


@check(
    "make_optimizer",
    "jit",
    hint="The three numbers may be traced: whether they are 0 is not known while the step is compiled.",
)
def test_make_optimizer_compiles_once(learner: Learner, numbers: Numbers) -> None:
    params = layers(numbers, 2)
    gradients = [scaled(layer(numbers), norm) for norm in (1.0, 50.0)]
    calls = [tuple(map(jnp.float32, values)) for values in ((0.5, 0.1, 2.0), (0.25, 0.0, 4.0))]
    clipped = [clip_oracle(gradients[0], 2.0), clip_oracle(gradients[1], 4.0)]
    first, second = compiled_updates_of(learner.make_optimizer, calls, params, gradients)
    close([first], adamw_oracle(params[:1], clipped[:1], [0.5], 0.1), rtol=ADAM)
    close([second], adamw_oracle(params, clipped, [0.5, 0.25], 0.0)[1:], rtol=ADAM)


# ---- warmup_cosine


def warmup_cosine_oracle(step: Any, peak: Any, warmup_steps: int, total_steps: int) -> Array:
    now, top = int(step), float(peak)
    if now < warmup_steps:
        return np.float64(top * now / warmup_steps)  # type: ignore[return-value]
    if now > total_steps:
        return np.float64(0.0)  # type: ignore[return-value]
    t = (now - warmup_steps) / (total_steps - warmup_steps)
    return np.float64(top * (1 + np.cos(np.pi * t)) / 2)  # type: ignore[return-value]


@check("warmup_cosine", "correct", hint="The rules leave optax out: a where and a cosine will do.")
def test_warmup_cosine_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.warmup_cosine, "optax")


@check(
    "warmup_cosine", "correct", hint="Before warmup_steps a straight line from 0: peak · step / warmup_steps."
)
def test_warmup_cosine_rises(learner: Learner) -> None:
    hint = "Return an array. A traced step cannot be compared by Python's if: let jnp.where or jnp.select choose."
    with hint_for("the Python float", hint):
        for step, expected in ((1, 0.5), (2, 1.0), (3, 1.5)):
            learner.warmup_cosine(step, 2, 4, 12).close_to(expected)


@check(
    "warmup_cosine",
    "correct",
    hint="t runs from 0 to 1 between warmup_steps and total_steps, and half a cosine, from π · 0 to π · 1, leads down.",
)
def test_warmup_cosine_falls(learner: Learner) -> None:
    for step, expected in ((6, 1.7071068), (8, 1.0), (10, 0.2928932)):
        learner.warmup_cosine(step, 2, 4, 12).close_to(expected)


@check(
    "warmup_cosine",
    "correct",
    hint="0 at step 0, the peak itself at warmup_steps, 0 at total_steps: count steps from 0, and t from warmup_steps.",
)
def test_warmup_cosine_meets_its_corners(learner: Learner) -> None:
    # One rounding of the peak, 2: the corners are no approximations.
    for step, expected in ((0, 0.0), (4, 2.0), (12, 0.0)):
        learner.warmup_cosine(step, 2, 4, 12).close_to(expected, rtol=0.0, atol=2.5e-7)


@check("warmup_cosine", "correct", hint="The cosine comes up again after t = 1: keep t within 0 and 1.")
def test_warmup_cosine_stays_down(learner: Learner) -> None:
    for step in (13, 20, 1000):
        learner.warmup_cosine(step, 2, 4, 12).close_to(0.0)


@check(
    "warmup_cosine",
    "correct",
    hint="With warmup_steps = 0 the line has no length: do not divide by 0. The first rate is the peak.",
)
def test_warmup_cosine_starts_without_a_warmup(learner: Learner) -> None:
    for step, expected in ((0, 2.0), (4, 1.0), (8, 0.0)):
        learner.warmup_cosine(step, 2, 0, 8).close_to(expected)


@check(
    "warmup_cosine",
    "jit",
    hint="The step is traced inside a compiled step. jnp.where picks the part; Python cannot.",
)
def test_warmup_cosine_compiles_once(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.warmup_cosine.jit(static_argnames=("warmup_steps", "total_steps"))
    calls = [(jnp.int32(step), numbers.uniform(0.5, 2.0)) for step in (0, 3, 7, 11, 17, 18)]
    results = compiles_once(compiled, calls, warmup_steps=7, total_steps=17)
    for call, result in zip(calls, results, strict=True):
        result.close_to(warmup_cosine_oracle(*call, 7, 17))


# ---- train_step


def line_error(params: Tree, batch: Tree) -> Any:
    """Mean squared error of a line."""
    x, y = batch
    return jnp.mean((params["slope"] * x + params["offset"] - y) ** 2)


def line_oracle(params: Tree, batch: Tree) -> tuple[Tree, Any]:
    """Gradient and loss of line_error."""
    x, y = (np.asarray(part, np.float64) for part in batch)
    residual = float(params["slope"]) * x + float(params["offset"]) - y
    return {"slope": 2 * np.mean(residual * x), "offset": 2 * np.mean(residual)}, np.mean(residual**2)


SGD = Named("sgd", optax.sgd(0.25))
MOMENTUM = Named("momentum", optax.sgd(0.25, momentum=0.5))
ADAMW = Named("adamw", optax.adamw(0.5, weight_decay=0.1))


def step_handle(learner: Learner) -> Handle:
    return _step_handle(learner.train_step)


@functools.cache
def _step_handle(handle: Handle) -> Handle:
    """train_step, with params, state and optimiser written in words."""

    def taking(function: Callable[..., Any]) -> Callable[..., Any]:
        def train_step(params: Shown, opt_state: Shown, batch: Tree, loss: Any, optimizer: Named) -> Any:
            bare = (params.tree, opt_state.tree, batch, loss, optimizer.optimizer)
            try:
                return function(*bare)
            except (
                WrongAnswer
            ) as wrong:  # found by the signature, which writes the call with all that is inside
                shown = wording.call("train_step", (params, opt_state, batch, loss, optimizer), {})
                wrong.message = wrong.message.replace(wording.call("train_step", bare, {}), shown)
                if "the Python float" in wrong.message:
                    wrong.hint = (
                        "Drop the float(): the loss is an array, and inside of jit it has no value yet."
                    )
                raise

        return train_step

    return Handle(
        handle.session,
        handle.name,
        handle.name,
        taking(handle.function),
        raw=taking(handle.raw),
        transform=taking,
    )


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
    with hint_for("pytree structure", order):
        result = step_handle(learner)(
            *on_the_line(params, SGD.optimizer.init(params), batch), loss=line_error, optimizer=SGD
        )
    result[0].close_to({"slope": np.float64(1.5), "offset": np.float64(0.5)})
    result[2].close_to(
        2.0, hint="Return the loss of the old parameters: the one that the gradient belongs to."
    )


def weighted_error(params: Tree, batch: Tree) -> Any:
    """The weighted mean of the squared errors of a line: no mean over the examples' own losses."""
    x, y, weights = batch
    errors = (params["slope"] * x + params["offset"] - y) ** 2
    return jnp.sum(weights * errors) / jnp.sum(weights)


@check(
    "train_step",
    "correct",
    hint="The loss takes the whole batch, and averages as it likes: call loss(params, batch), and lift nothing.",
)
def test_train_step_hands_the_loss_its_batch(learner: Learner) -> None:
    params = {"slope": jnp.float32(1.0), "offset": jnp.float32(0.0)}
    batch = (jnp.array([1.0, 2.0]), jnp.array([3.0, 2.0]), jnp.array([3.0, 1.0]))
    # The residuals are -2 and 0, with weights 3/4 and 1/4: the loss is 3 and both derivatives are -3.
    start = on_the_line(params, SGD.optimizer.init(params), batch)
    result = compiled_if_possible(
        step_handle(learner), *start, weighted_error, SGD, static=("loss", "optimizer")
    )
    result[0].close_to({"slope": np.float64(1.75), "offset": np.float64(0.75)})
    result[2].close_to(3.0)


@check("train_step", "correct", hint="Give the parameters to optimizer.update, too: weight decay needs them.")
def test_train_step_hands_on_the_parameters(learner: Learner) -> None:
    params = {"slope": jnp.float32(1.0), "offset": jnp.float32(0.0)}
    batch = (jnp.array([1.0, 2.0]), jnp.array([3.0, 2.0]))
    with own_hint("requires the current value of parameters"):
        result = step_handle(learner)(
            *on_the_line(params, ADAMW.optimizer.init(params), batch), loss=line_error, optimizer=ADAMW
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
    state, trace = MOMENTUM.optimizer.init(params), {"slope": 0.0, "offset": 0.0}
    for _ in range(3):
        batch = (numbers.normal(2), numbers.normal(2))
        gradient, value = line_oracle(params, batch)
        trace = {name: 0.5 * trace[name] + gradient[name] for name in trace}
        result = step_handle(learner)(*on_the_line(params, state, batch), loss=line_error, optimizer=MOMENTUM)
        result[0].close_to({name: np.float64(params[name]) - 0.25 * trace[name] for name in trace}, rtol=1e-4)
        result[2].close_to(value, rtol=1e-4)
        params, state, _ = result.value


@check(
    "train_step",
    "jit",
    hint="Stay with arrays from end to end; loss and optimiser are static, all else is traced.",
)
def test_train_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    params = {"slope": jnp.float32(1.0), "offset": jnp.float32(0.0)}
    state = MOMENTUM.optimizer.init(params)
    batches = [(numbers.normal(5), numbers.normal(5)) for _ in range(2)]
    calls = [on_the_line(params, state, batch) for batch in batches]
    compiled = step_handle(learner).jit(static_argnames=("loss", "optimizer"))
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


def eager_step(params: Shown, opt_state: Shown, batch: Tree, loss: Any, optimizer: Named) -> Any:
    value, gradients = jax.value_and_grad(loss)(params.tree, batch)
    updates, state = optimizer.optimizer.update(gradients, opt_state.tree, params.tree)
    return optax.apply_updates(params.tree, updates), state, value


@check(
    "train_step",
    "speed",
    hint="One gradient of one loss over the whole batch; let the loss do the averaging.",
)
def test_train_step_beats_the_eager_step(learner: Learner, numbers: Numbers) -> None:
    params = {name: numbers.normal((WIDTH, WIDTH), 0.3) for name in ("input", "recurrent")}
    state = ADAM_OPTIMIZER.optimizer.init(params)

    def draw(size: int) -> tuple[Any, ...]:
        return on_the_line(params, state, (numbers.normal((size, WIDTH)), numbers.normal((size, WIDTH))))

    def agree(text: str, ours: Any, theirs: Any) -> None:
        # Adam's first step is a sign: where the gradient is next to nothing, rounding decides it.
        Called(text, ours)[2].close_to(np.float64(theirs[2]), rtol=1e-3)
        moments = [Called(f"{text}, first moments", result[1][0].mu) for result in (ours, theirs)]
        moments[0].close_to(jax.tree.map(np.asarray, moments[1].value), rtol=1e-2, atol=1e-5)

    must_beat(
        learner,
        step_handle(learner).jit(static_argnames=("loss", "optimizer")),
        eager_step,
        named="an eager step with Adam",
        draw=draw,
        size=4,
        gate=GATES,
        numbers=numbers,
        agree=agree,
        loss=recurrent_error,
        optimizer=ADAM_OPTIMIZER,
    )


# ---- accumulate


def vectors(numbers: Numbers, n: int) -> list[Tree]:
    return [{"w": numbers.normal(3)} for _ in range(n)]


def accumulated(
    learner: Learner, optimizer: Named, k: int, params: Sequence[Tree], gradients: Sequence[Tree]
) -> list[Called]:
    # Without jit also within: the `cond` of a MultiSteps is compiled anew at every eager call.
    with jax.disable_jit():
        return updates_of(learner.accumulate, (optimizer, k), params, gradients)


@check(
    "accumulate",
    "correct",
    hint="Nothing moves before the k-th gradient; then the optimiser gets the mean of the k, not their sum.",
)
def test_accumulate_by_hand(learner: Learner) -> None:
    gradients = [{"w": jnp.array(g)} for g in ([1.0, 0.0, 2.0], [3.0, 0.0, -2.0])]
    params = [{"w": jnp.zeros(3)}] * 2
    found = accumulated(learner, Named("sgd(0.5)", optax.sgd(0.5)), 2, params, gradients)
    close(found, [{"w": np.zeros(3)}, {"w": np.array([-1.0, 0.0, 0.0])}])


@check(
    "accumulate", "correct", hint="After the k-th gradient begin at zero again, in the count and in the sum."
)
def test_accumulate_starts_over(learner: Learner, numbers: Numbers) -> None:
    gradients = vectors(numbers, 7)
    found = accumulated(learner, Named("sgd(0.5)", optax.sgd(0.5)), 3, [gradients[0]] * 7, gradients)
    expected = [{"w": np.zeros(3)} for _ in range(7)]
    for last in (2, 5):
        expected[last] = {
            "w": -0.5 * np.mean([np.asarray(g["w"]) for g in gradients[last - 2 : last + 1]], axis=0)
        }
    close(found, expected)


@check(
    "accumulate",
    "correct",
    hint="Keep gradients, not updates: the optimiser itself, its moments and its count, takes one step a round, and "
    "sees the parameters.",
)
def test_accumulate_equals_large_batches(learner: Learner, numbers: Numbers) -> None:
    gradients, params = vectors(numbers, 6), vectors(numbers, 6)
    means = [{"w": np.mean([np.asarray(g["w"]) for g in gradients[k : k + 2]], axis=0)} for k in (0, 2, 4)]
    large = adamw_oracle(params[1::2], means, [0.5] * 3, 0.1)
    with own_hint("requires the current value of parameters"):
        found = accumulated(learner, ADAMW, 2, params, gradients)
    close(found, [large[k // 2] if k % 2 else {"w": np.zeros(3)} for k in range(6)], rtol=ADAM)


@check("accumulate", "correct", hint="With k = 1 every gradient is a round of its own.")
def test_accumulate_is_the_optimizer_for_one(learner: Learner, numbers: Numbers) -> None:
    gradients = vectors(numbers, 2)
    found = accumulated(learner, Named("sgd(0.5)", optax.sgd(0.5)), 1, [gradients[0]] * 2, gradients)
    close(found, [{"w": -0.5 * np.asarray(g["w"])} for g in gradients])


@check(
    "accumulate",
    "jit",
    hint="Count in the state, with an int32 array, and let jnp.where or lax.cond decide: a trace sees no numbers.",
)
def test_accumulate_compiles_once(learner: Learner, numbers: Numbers) -> None:
    gradients, params = vectors(numbers, 2), vectors(numbers, 2)
    mean = {"w": (np.asarray(gradients[0]["w"]) + np.asarray(gradients[1]["w"])) / 2}
    found = compiled_updates_of(learner.accumulate, [(), ()], params, gradients, MOMENTUM, 2)
    close(found, [{"w": np.zeros(3)}, {"w": -0.25 * mean["w"]}])


# ---- freeze


def in_encoder(name: str) -> bool:
    return _text(name).startswith("encoder/")


def is_head_w(name: str) -> bool:
    return _text(name) == "head/w"


def _text(name: Any) -> str:
    if not isinstance(name, str):
        rows = f"  expected  a string such as 'encoder/w'\n  got       a {type(name).__name__}"
        message = f"is_frozen is asked by the leaf's name\n{rows}"
        raise WrongAnswer(message, hint=_NAME_HINT)
    return name


_NAME_HINT = (
    "A path is a tuple of keys. jax.tree_util.keystr(path, simple=True, separator='/') writes it as a name."
)


def model(numbers: Numbers, scale: float = 1.0) -> Tree:
    return {
        "encoder": {"w": numbers.normal(3, scale)},
        "head": {"w": numbers.normal(3), "b": numbers.normal(3)},
    }


def frozen_updates(
    learner: Learner,
    optimizer: Named,
    is_frozen: Callable[[str], bool],
    params: Sequence[Tree],
    gradients: Sequence[Tree],
) -> list[Called]:
    return updates_of(learner.freeze, (Shown("params", params[0]), optimizer, is_frozen), params, gradients)


ZERO = np.zeros(3)


@check(
    "freeze",
    "correct",
    hint="Frozen leaves get updates of zero; optax.masked alone hands their gradients through, as they are. Names "
    "are asked as 'encoder/w': keystr(path, simple=True, separator='/').",
)
def test_freeze_by_hand(learner: Learner) -> None:
    params = {"encoder": {"w": jnp.ones(3)}, "head": {"w": jnp.ones(3), "b": jnp.ones(3)}}
    gradient = jax.tree.map(lambda p: 4 * p, params)
    found = frozen_updates(learner, Named("sgd(0.5)", optax.sgd(0.5)), in_encoder, [params], [gradient])
    moved = np.full(3, -2.0)
    close(found, [{"encoder": {"w": ZERO}, "head": {"w": moved, "b": moved}}])


@check(
    "freeze",
    "correct",
    hint="Ask for each leaf by its whole name, all keys joined: one module may be frozen in parts.",
)
def test_freeze_asks_by_the_whole_name(learner: Learner, numbers: Numbers) -> None:
    params, gradient = model(numbers), model(numbers)
    found = frozen_updates(learner, Named("sgd(0.5)", optax.sgd(0.5)), is_head_w, [params], [gradient])
    expected = jax.tree.map(lambda g: -0.5 * np.asarray(g), gradient)
    expected["head"]["w"] = ZERO
    close(found, [expected])


def is_first_layer(name: str) -> bool:
    return _text(name) == "layers/0/w"


@check(
    "freeze",
    "correct",
    hint="A place in a list is a key without a name: it has .idx, a key of a dict has .key. keystr(path, simple=True, "
    "separator='/') writes all kinds, as in 'layers/0/w'.",
)
def test_freeze_names_places_in_lists(learner: Learner) -> None:
    params = {"layers": [{"w": jnp.ones(3)}, {"w": jnp.ones(3)}]}
    gradient = jax.tree.map(lambda p: 4 * p, params)
    with own_hint("has no attribute 'key'"):
        found = frozen_updates(
            learner, Named("sgd(0.5)", optax.sgd(0.5)), is_first_layer, [params], [gradient]
        )
    close(found, [{"layers": [{"w": ZERO}, {"w": np.full(3, -2.0)}]}])


@check(
    "freeze",
    "correct",
    hint="A gradient of zero is not an update of zero: decay moves the leaf all the same. Set the update to zero.",
)
def test_freeze_holds_against_decay(learner: Learner, numbers: Numbers) -> None:
    params, gradients = [model(numbers) for _ in range(3)], [model(numbers) for _ in range(3)]
    expected = adamw_oracle(params, gradients, [0.5] * 3, 0.1)
    found = frozen_updates(learner, ADAMW, in_encoder, params, gradients)
    for now, updates, wanted in zip(params, found, expected, strict=True):
        wanted["encoder"]["w"] = ZERO
        updates.close_to(wanted, rtol=ADAM)
        before = np.asarray(now["encoder"]["w"])
        after = np.asarray(optax.apply_updates(now, updates.value)["encoder"]["w"])
        updates.require(
            before.tobytes() == after.tobytes(),
            "change a frozen leaf",
            expected="the same bits",
            got=f"a change by {np.max(np.abs(after - before)):.2g}",
        )


@check(
    "freeze",
    "correct",
    hint="Do not compute a zero from the gradient: 0 · nan is nan. optax.set_to_zero makes zeros without looking.",
)
def test_freeze_holds_against_nan(learner: Learner, numbers: Numbers) -> None:
    params, gradient = model(numbers), model(numbers)
    gradient["encoder"]["w"] = jnp.array([jnp.nan, jnp.inf, 1.0])
    found = frozen_updates(learner, Named("sgd(0.5)", optax.sgd(0.5)), in_encoder, [params], [gradient])
    expected = jax.tree.map(lambda g: -0.5 * np.asarray(g), gradient)
    expected["encoder"]["w"] = ZERO
    close(found, [expected])


CLIPPED = Named("clipped_sgd", optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.5)))


@check(
    "freeze",
    "correct",
    hint="The optimiser must not see frozen leaves: here the norm counts them, and the others hardly move. "
    "optax.partition gives each leaf to one optimiser alone.",
)
def test_freeze_leaves_frozen_gradients_out_of_the_norm(learner: Learner, numbers: Numbers) -> None:
    params, gradient = model(numbers), model(numbers, 1e4)
    head = jax.tree.map(lambda g: -0.5 * g, clip_oracle(gradient["head"], 1.0))
    found = frozen_updates(learner, CLIPPED, in_encoder, [params], [gradient])
    close(found, [{"encoder": {"w": ZERO}, "head": head}])


@check(
    "freeze",
    "correct",
    hint="Adam keeps two numbers for each parameter. Give it the trained leaves alone, by partition or masked.",
)
def test_freeze_remembers_nothing_of_frozen_leaves(learner: Learner, numbers: Numbers) -> None:
    params = model(numbers)
    text, optimizer = build(learner.freeze, Shown("params", params), ADAMW, in_encoder)
    begun = learner.freeze.using(f"{text}.init(params)", optimizer.init, params)
    held = sum(np.size(leaf) for leaf in jax.tree.leaves(begun.value))
    # Two moments of the head's 6 numbers and a count; the encoder has 3 numbers, and would add 6.
    begun.require(
        held <= 16,
        "holds moments of frozen leaves",
        expected="two numbers for each of 6 trained parameters",
        got=f"{held} numbers",
    )


@check(
    "freeze",
    "jit",
    hint="Names are known while a step is compiled, values are not. A state holds arrays: no strings, no functions.",
)
def test_freeze_compiles_once(learner: Learner, numbers: Numbers) -> None:
    params, gradients = [model(numbers) for _ in range(2)], [model(numbers) for _ in range(2)]
    expected = adamw_oracle(params, gradients, [0.5] * 2, 0.1)
    for wanted in expected:
        wanted["encoder"]["w"] = ZERO
    found = compiled_updates_of(learner.freeze, [(), ()], params, gradients, ADAMW, in_encoder)
    close(found, expected, rtol=ADAM)


# ---- group_rates


def odd_model(numbers: Numbers) -> Tree:
    """Nothing is called w or b, and weights have more axes than two."""
    return {
        "conv": {"kernel": numbers.normal((1, 2, 3))},
        "scale": numbers.normal(3),
        "tau": numbers.normal(),
    }


def group_rates_oracle(gradients: Sequence[Tree], weight_rate: float, bias_rate: float) -> list[Tree]:
    return [
        jax.tree.map(lambda a: -(weight_rate if np.ndim(a) >= 2 else bias_rate) * a, adam)
        for adam in adam_oracle(gradients)
    ]


@check(
    "group_rates",
    "correct",
    hint="Label each leaf, two axes or more making a weight, and give optax.partition an Adam for each label: weights "
    "have the first rate, all others the second.",
)
def test_group_rates_by_hand(learner: Learner) -> None:
    params = {"w": jnp.ones((1, 2, 3)), "b": jnp.ones(3)}
    gradient = {"w": jnp.full((1, 2, 3), 4.0), "b": jnp.full(3, -3.0)}
    found = updates_of(learner.group_rates, (Shown("params", params), 0.5, 0.25), [params], [gradient])
    close(found, [{"w": np.full((1, 2, 3), -0.5), "b": np.full(3, 0.25)}], rtol=ADAM)


@check("group_rates", "correct", hint="The number of axes decides, not the name: two or more make a weight.")
def test_group_rates_counts_axes(learner: Learner, numbers: Numbers) -> None:
    params, gradient = odd_model(numbers), odd_model(numbers)
    found = updates_of(learner.group_rates, (Shown("params", params), 0.5, 0.25), [params], [gradient])
    close(found, group_rates_oracle([gradient], 0.5, 0.25), rtol=ADAM)


@check(
    "group_rates",
    "correct",
    hint="One Adam for each group, which remembers over the steps; its rate comes last.",
)
def test_group_rates_goes_on(learner: Learner, numbers: Numbers) -> None:
    params, gradients = odd_model(numbers), [odd_model(numbers) for _ in range(3)]
    found = updates_of(learner.group_rates, (Shown("params", params), 0.5, 0.25), [params] * 3, gradients)
    close(found, group_rates_oracle(gradients, 0.5, 0.25), rtol=ADAM)


@check("group_rates", "correct", hint="A rate of 0 freezes its group, and the other one goes on as ever.")
def test_group_rates_stands_still_at_zero(learner: Learner, numbers: Numbers) -> None:
    params, gradients = odd_model(numbers), [odd_model(numbers) for _ in range(2)]
    for rates in ((0.0, 0.25), (0.5, 0.0)):
        found = updates_of(learner.group_rates, (Shown("params", params), *rates), [params] * 2, gradients)
        close(found, group_rates_oracle(gradients, *rates), rtol=ADAM)


@check("group_rates", "jit", hint="The rates are traced: hand them to optax as they come.")
def test_group_rates_compiles_once(learner: Learner, numbers: Numbers) -> None:
    params, gradients = [odd_model(numbers) for _ in range(2)], [odd_model(numbers) for _ in range(2)]
    rates = [(jnp.float32(0.5), jnp.float32(0.25)), (jnp.float32(0.0), jnp.float32(1.0))]
    first, second = compiled_updates_of(learner.group_rates, rates, params, gradients)
    close([first], group_rates_oracle(gradients[:1], 0.5, 0.25), rtol=ADAM)
    close([second], group_rates_oracle(gradients, 0.0, 1.0)[1:], rtol=ADAM)


# ---- set_learning_rate

INJECTED = optax.inject_hyperparams(optax.sgd)(learning_rate=0.1, momentum=0.9)
PARAMS = {"w": np.array([1.0, 2.0, 3.0], np.float32)}


def injected_state(dtype: Any = jnp.float32) -> Any:
    return INJECTED.init({"w": jnp.asarray(PARAMS["w"], dtype)})


@functools.cache
def _setting(handle: Handle) -> Handle:
    """set_learning_rate, with the state written in one word."""

    def taking(function: Callable[..., Any]) -> Callable[..., Any]:
        def set_learning_rate(opt_state: Shown, value: Any) -> Any:
            return function(opt_state.tree, value)

        return set_learning_rate

    function = taking(handle.function)
    return Handle(handle.session, handle.name, handle.name, function, raw=function, transform=taking)


def new_state(learner: Learner, state: Any, value: Any) -> Called:
    """The state that the exercise returns, with its dict of hyperparameters in place. Raises WrongAnswer."""
    result = _setting(learner.set_learning_rate)(Shown("state", state), value)
    found = result.value
    rate = found.hyperparams.get("learning_rate") if hasattr(found, "hyperparams") else None
    result.require(
        type(found) is type(state) and rate is not None,
        "returned the wrong kind of thing",
        expected="a state like the one that was given",
        got=type(found).__name__,
        hint="A named tuple makes a changed copy of itself: state._replace(field=...).",
    )
    return result


@check(
    "set_learning_rate",
    "correct",
    hint="state.hyperparams is a dict: make a new one, with another learning_rate, and put it in by state._replace.",
)
def test_set_learning_rate_by_hand(learner: Learner) -> None:
    result = new_state(learner, injected_state(), 0.5)
    rate = result.value.hyperparams["learning_rate"]
    kind = (
        None
        if isinstance(rate, jax.Array)
        else "It was an array, and is to be one: jnp.asarray(value, dtype)."
    )
    Called(f"{result.text}.hyperparams['learning_rate']", rate).close_to(0.5, hint=kind)


@check(
    "set_learning_rate",
    "correct",
    hint="Replace the one array, and hand everything else on: {**old, key: new}.",
)
def test_set_learning_rate_keeps_the_rest(learner: Learner) -> None:
    _, state = INJECTED.update(
        {"w": jnp.ones(3)}, injected_state(), None
    )  # momentum and count are no zeros now
    result = new_state(learner, state, 0.5)
    found, wanted = (
        {jax.tree_util.keystr(p): leaf for p, leaf in jax.tree_util.tree_leaves_with_path(s)}
        for s in (result.value, state)
    )
    result.require(
        found.keys() == wanted.keys(), "has other parts", expected=", ".join(wanted), got=", ".join(found)
    )
    for path in wanted:
        if "learning_rate" not in path:
            Called(result.text + path, found[path]).equals(np.asarray(wanted[path]))


@check(
    "set_learning_rate",
    "correct",
    hint="The old dtype stays, and an int is a fine learning rate: jnp.asarray(value, old.dtype).",
)
def test_set_learning_rate_keeps_the_dtype(learner: Learner) -> None:
    for dtype, value in ((jnp.float32, 2), (jnp.float16, 0.5)):
        state = injected_state(dtype)
        result = new_state(learner, state, value)
        rate = result.value.hyperparams["learning_rate"]
        Called(f"{result.text}.hyperparams['learning_rate']", rate).equals(np.asarray(value, dtype))
    result = new_state(learner, injected_state(jnp.float16), jnp.float32(0.5))
    rate = Called(f"{result.text}.hyperparams['learning_rate']", result.value.hyperparams["learning_rate"])
    wider = "A float32 value, beside a float16 in a formula, wins. Convert it: jnp.asarray(value, old.dtype)."
    rate.equals(np.asarray(0.5, np.float16), hint=wider)


@check("set_learning_rate", "jit", hint="The value may be traced: jnp.asarray takes it, float() does not.")
def test_set_learning_rate_compiles_once(learner: Learner, numbers: Numbers) -> None:
    state = injected_state()
    calls = [(Shown("state", state), numbers.uniform(0.1, 0.9)) for _ in range(2)]
    results = compiles_once(_setting(learner.set_learning_rate).jit(), calls)
    for (_, value), result in zip(calls, results, strict=True):
        rate = result.value.hyperparams["learning_rate"]
        Called(f"{result.text}.hyperparams['learning_rate']", rate).equals(np.asarray(value))


@check(
    "set_learning_rate",
    "jit",
    hint="JAX tells a Python number, and an array made of one without a dtype, from float32: such a state is another "
    "type. Say the dtype: jnp.asarray(value, old.dtype).",
)
def test_set_learning_rate_needs_no_new_trace(learner: Learner) -> None:
    traces = 0

    @jax.jit
    def step(state: Any, gradient: Tree) -> Any:
        nonlocal traces
        traces += 1
        return INJECTED.update(gradient, state, None)

    state, gradient = injected_state(), {"w": jnp.ones(3)}
    _, state = step(state, gradient)
    before = traces
    result = new_state(learner, state, 0.5)
    updates, _ = learner.set_learning_rate.using(
        "a compiled step with the new state", step, result.value, gradient
    ).value
    rate = result.value.hyperparams["learning_rate"]
    weak = "f32[] of a Python number" if getattr(rate, "weak_type", True) else "another type than before"
    result.require(
        traces == before,
        "makes a state that a compiled step is traced for again",
        expected="no new trace",
        got=f"a new trace: learning_rate is {weak}",
    )
    # The momentum after two gradients of ones is 1 + 0.9.
    Called("updates of a step with the new learning rate", updates).close_to({"w": np.full(3, -0.5 * 1.9)})


# ---- lion


def lion_oracle(gradients: Sequence[Tree], learning_rate: float) -> tuple[list[Tree], float]:
    """The updates, and how close to a change of sign any of them is."""
    m = jax.tree.map(lambda g: np.zeros(np.shape(g)), gradients[0])
    found, margin = [], np.inf
    for gradient in gradients:
        c = jax.tree.map(lambda old, g: 0.9 * old + 0.1 * np.asarray(g, np.float64), m, gradient)
        margin = min([margin, *(float(np.min(np.abs(leaf))) for leaf in jax.tree.leaves(c))])
        found.append(jax.tree.map(lambda leaf: -learning_rate * np.sign(leaf), c))
        m = jax.tree.map(lambda old, g: 0.99 * old + 0.01 * np.asarray(g, np.float64), m, gradient)
    return found, margin


@check("lion", "correct", hint="The exercise is to write it; the rules name what is left out.")
def test_lion_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.lion, "optax.lion", "optax.scale_by_lion")


@check(
    "lion",
    "correct",
    hint="Every step is learning_rate long in each number, against the sign of 0.9 m + 0.1 g. Where that is 0, nothing moves.",
)
def test_lion_by_hand(learner: Learner) -> None:
    params, gradient = {"w": jnp.zeros(3)}, {"w": jnp.array([2.0, -4.0, 0.0])}
    close(updates_of(learner.lion, (0.5,), [params], [gradient]), [{"w": np.array([-0.5, 0.5, 0.0])}])


@check(
    "lion",
    "correct",
    hint="The parameters are optional, since Lion does not need them: def update(gradients, state, params=None).",
)
def test_lion_needs_no_parameters(learner: Learner) -> None:
    params, gradient = {"w": jnp.zeros(3)}, {"w": jnp.array([2.0, -4.0, 0.0])}
    text, optimizer = build(learner.lion, 0.5)
    state = learner.lion.using(f"{text}.init(params)", optimizer.init, params).value
    with own_hint("required positional argument"):
        pair = learner.lion.using(f"{text}.update(gradients, state)", optimizer.update, gradient, state)
    if isinstance(pair.value, tuple):  # by_hand has something to say where it is none
        pair[0].close_to({"w": np.array([-0.5, 0.5, 0.0])})


@check(
    "lion",
    "correct",
    hint="The sign is that of c, made with 0.9 from the old m. The new m is made with 0.99, from the same old m.",
)
def test_lion_follows_the_paper(learner: Learner, numbers: Numbers) -> None:
    # A strong pull at first, against which the next ones count as much: here all orders and rates tell.
    pulls = [{"w": jnp.array([g, -g, 0.5 * g])} for g in (20.0, -3.0, -1.0, -1.0, 2.0)]
    margin = 0.0
    while margin < 1e-4:  # nearer to zero, float32 and float64 may differ in a sign
        gradients = [*pulls, *({"w": numbers.normal(3)} for _ in range(15))]
        expected, margin = lion_oracle(gradients, 0.5)
    close(updates_of(learner.lion, (0.5,), [{"w": jnp.zeros(3)}] * 20, gradients), expected)


@check(
    "lion",
    "correct",
    hint="Make updates and momentum in two maps: a pair at a leaf looks just like a tuple of the parameters' own.",
)
def test_lion_takes_any_tree(learner: Learner, numbers: Numbers) -> None:
    params = ({"w": jnp.zeros(3)}, (jnp.zeros(3), [jnp.zeros(3)]))
    gradients = [({"w": numbers.normal(3)}, (numbers.normal(3), [numbers.normal(3)])) for _ in range(2)]
    leaves = "A dict is only one form of a tree. jax.tree.map goes through the leaves of any: dicts, lists, tuples."
    with own_hint("pytree structure"), hint_for("object has no attribute", leaves):
        found = updates_of(learner.lion, (0.5,), [params] * 2, gradients)
    close(found, lion_oracle(gradients, 0.5)[0])


@check(
    "lion",
    "jit",
    hint="All that lasts is in the state, as arrays: an update takes the old state and returns the new one.",
)
def test_lion_compiles_once(learner: Learner, numbers: Numbers) -> None:
    params = [{"w": jnp.zeros(3)}] * 2
    gradients = [{"w": jnp.array([30.0, -30.0, 0.0])}, {"w": jnp.array([-2.0, 4.0, 1.0])}]
    first, second = compiled_updates_of(
        learner.lion, [(jnp.float32(0.5),), (jnp.float32(0.25),)], params, gradients
    )
    close([first, second], [{"w": np.array([-0.5, 0.5, 0.0])}, {"w": np.array([-0.25, -0.25, -0.25])}])
