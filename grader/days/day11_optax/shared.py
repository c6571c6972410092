"""What several exercises of day 11 use in their checks.

An exercise that returns an optimiser is judged by the updates that it makes, step after step: eagerly, and compiled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import jax
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.toolkit import Called, Handle, Kind, Named, Shown, compiles_once, wide

Tree = Any

# Relative. In float32 1 - 0.999 has 17 good bits, and Adam divides by its root.
ADAM = 1e-4


# ---- optimisers in use


def build(handle: Handle, *arguments: Any) -> tuple[str, Any]:
    """Have an exercise build an optimiser; returns the call as text, and the optimiser. Raises WrongAnswer."""
    text = f"{handle.name}({', '.join(map(_word, arguments))})"
    called = handle.using(text, handle.function, *arguments)
    result = called.value
    called.require(
        isinstance(result, optax.GradientTransformation),
        "returned the wrong kind of thing",
        expected="an optax.GradientTransformation",
        got=type(result).__name__,
        hint="optax.chain and its like take a pair of functions, init and update: return optax.GradientTransformation("
        "init, update). A MultiSteps becomes one by its gradient_transformation().",
        kind=Kind.THING,
    )
    return text, result


def _word(value: Any) -> str:
    return getattr(value, "__name__", repr(value))


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
        Called(f"{text}.update", pair).require(
            isinstance(pair, tuple) and len(pair) == 2,
            "returned the wrong kind of thing",
            expected="(updates, state)",
            got=type(pair).__name__,
            hint="update returns a tuple of two: the updates, and the state to go on with.",
            kind=Kind.THING,
        )
        updates, state = pair
        found.append(Called(what, updates))
    return found


def _unchanged(text: str, before: tuple[list[Any], Any], after: tuple[list[Any], Any]) -> None:
    Called(text, None).require(
        before[1] == after[1] and all(one is other for one, other in zip(before[0], after[0], strict=True)),
        "changed what it was given",
        expected="gradients, state and parameters as they were",
        got="changed ones",
        hint="Build a new state, and leave the old one as it is: somebody may go back to it.",
        kind=Kind.MUTATES,
    )


@functools.cache
def _update_by(handle: Handle, static: tuple[Hashable, ...]) -> Handle:
    """A handle on one update by the optimiser that the exercise builds from numbers and static arguments."""

    def update(gradients: Tree, state: Tree, params: Tree, *numbers: Any) -> dict[str, Tree]:
        first = (params,) if _takes_params(handle) else ()
        updates, after = handle.function(*first, *static, *numbers).update(gradients, state, params)
        return {"updates": updates, "state": after}

    update.__name__ = handle.name  # so that the reasons for a second trace are told
    return handle.derive(f"update by {handle.name}", update)


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
        functools.partial(_first_updates, _takes_params(handle), static),
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


def stepwise(
    handle: Handle, arguments: Sequence[Any], params: Tree, gradients: Sequence[Tree]
) -> list[Called]:
    """The updates of an optimiser that an exercise builds, for one gradient after another, by one compiled update."""
    text, optimizer = build(handle, *arguments)
    state = handle.using(f"{text}.init(params)", optimizer.init, params).value
    update, found = jax.jit(lambda gradient, state, params: optimizer.update(gradient, state, params)), []
    for number, gradient in enumerate(gradients, start=1):
        what = f"{text}, step {number}, updates"
        updates, state = handle.using(what, update, gradient, state, params).value
        found.append(Called(what, updates))
    return found


@functools.cache
def _all_updates_by(handle: Handle) -> Handle:
    def updates(params: Tree, gradients: Sequence[Tree], *numbers: Any) -> list[Tree]:
        optimizer = handle.function(*((params,) if _takes_params(handle) else ()), *numbers)
        state, found = optimizer.init(params), []
        for gradient in gradients:
            update, state = optimizer.update(gradient, state, params)
            found.append(update)
        return found

    return handle.derive(f"all updates by {handle.name}", updates).jit()


def handed_numbers(
    handle: Handle, params: Tree, gradients: Sequence[Tree], numbers: Sequence[Any]
) -> list[Called]:
    """The updates for one gradient after another, of an optimiser that is built from traced numbers: one program for all."""
    called = _all_updates_by(handle)(Shown("params", params), Shown("gradients", list(gradients)), *numbers)
    shown = ", ".join(["params"] * _takes_params(handle) + [f"{float(number):g}" for number in numbers])
    return [
        Called(f"{handle.name}({shown}), step {k}, updates", updates)
        for k, updates in enumerate(called.value, start=1)
    ]


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
        m = jax.tree.map(lambda old, g: 0.9 * old + 0.1 * wide(g), m, gradient)
        v = jax.tree.map(lambda old, g: 0.999 * old + 0.001 * wide(g) ** 2, v, gradient)
        found.append(
            jax.tree.map(
                lambda a, b, t=t: a / (1 - 0.9**t) / (np.sqrt(b / (1 - 0.999**t)) + 1e-8),
                m,
                v,
            )
        )
    return found


def clip_oracle(gradient: Tree, max_norm: float) -> Tree:
    norm = float(np.sqrt(sum(np.sum(wide(g) ** 2) for g in jax.tree.leaves(gradient))))
    return jax.tree.map(lambda g: wide(g) * min(1.0, max_norm / norm), gradient)


def adamw_oracle(
    params: Sequence[Tree], gradients: Sequence[Tree], rates: Sequence[float], weight_decay: float
) -> list[Tree]:
    """-rate (a + weight_decay · params) for each step."""
    return [
        jax.tree.map(lambda a, p, rate=rate: -rate * (a + weight_decay * wide(p)), adam, now)
        for rate, adam, now in zip(rates, adam_oracle(gradients), params, strict=True)
    ]


MOMENTUM = Named("momentum", optax.sgd(0.25, momentum=0.5))
ADAMW = Named("adamw", optax.adamw(0.5, weight_decay=0.1))
