"""Checks of global_norm."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.shared import nested
from grader.toolkit import (
    Learner,
    Numbers,
    Pattern,
    agrees_once,
    bans,
    check,
    float16,
    hint_when,
    looks_like,
    own_hint,
    raised,
    same_size_for,
    wide,
)


def norm_oracle(tree: Any) -> float:
    return float(np.sqrt(sum(np.sum(wide(leaf) ** 2) for leaf in jax.tree.leaves(tree))))


@check(
    "global_norm",
    "correct",
    hint="Square, sum over all elements of all leaves, and take one root at the end: of the whole, not of each leaf.",
)
def test_global_norm_by_hand(learner: Learner) -> None:
    tree = {"w": jnp.array([[3.0, 0.0], [0.0, 0.0]]), "b": [jnp.array(4.0), None]}
    with hint_when(
        raised("TypeError", "AttributeError", text=r"\b(list|dict|NoneType)\b"),
        "jax.tree.leaves gives the arrays themselves, at any depth and in any container, and skips None.",
    ):
        called = learner.global_norm(tree)
    with hint_when(
        looks_like(Pattern.NEIGHBOUR),
        "Is it a reduce without a start? That begins with the first leaf as it is: give it the start 0.",
    ):
        called.close_to(
            5.0, neighbours={"the first leaf is neither squared nor summed": lambda: np.sqrt(4.0 + 9.0)}
        )


@check("global_norm", "correct", hint="jax.tree.leaves is all you need; the rules name what is left out.")
def test_global_norm_uses_no_shortcut(learner: Learner) -> None:
    bans(
        learner.global_norm,
        "optax",
        "jax.flatten_util",
        on=({"a": jnp.arange(7.0), "b": [jnp.ones((2, 5))]},),
    )


@check(
    "global_norm",
    "correct",
    hint="jax.tree.leaves finds the arrays at any depth, in any container, and skips None and what is empty.",
)
def test_global_norm_agrees_with_one_long_vector(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        tree = nested(numbers)
        learner.global_norm(tree).close_to(norm_oracle(tree))


@check("global_norm", "correct", hint="A tree may have no leaves at all. Give the sum a start: 0.")
def test_global_norm_of_nothing_is_zero(learner: Learner) -> None:
    empty: list[Any] = [(), {"a": None, "b": {}}]
    for tree in empty:
        with own_hint(raised("TypeError", "ValueError")):  # reduce and concatenate want one thing at least
            learner.global_norm(tree).equals(0.0)


@check(
    "global_norm",
    "correct",
    hint="300² does not fit into float16, which ends at 65504. Convert a leaf before you square it.",
)
def test_global_norm_sums_in_float32(learner: Learner) -> None:
    learner.global_norm({"w": float16([300.0, 400.0])}).close_to(500.0)
    # More than 2048 ones do not add up in float16.
    learner.global_norm({"w": float16(np.ones((64, 100)))}).close_to(80.0)


@check("global_norm", "jit", hint="Stay with jax.numpy from the leaves to the root.")
def test_global_norm_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(nested(numbers),) for _ in range(2)]
    agrees_once(learner.global_norm.jit(), calls, norm_oracle)


@check("global_norm", "jit", hint="A loop over leaves is fine, one over the elements of a leaf is not.")
def test_global_norm_has_no_python_loop(learner: Learner) -> None:
    small, large = ({"w": jnp.zeros((size, 3))} for size in (4, 8))
    same_size_for(learner.global_norm.jit(), (small,), (large,))
