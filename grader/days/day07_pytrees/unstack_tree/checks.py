"""Checks of unstack_tree."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.shared import mixed, must_be_tree_exactly, nested
from grader.toolkit import (
    Called,
    Kind,
    Learner,
    Numbers,
    check,
    compiles_once,
    hint_when,
    raised,
    same_size_for,
)


def must_be_trees(called: Called, tree: Any, rows: int) -> None:
    """The result is the list of the tree's rows. Raises WrongAnswer."""
    kind = type(called.value).__name__
    called.require(
        isinstance(called.value, list),
        "returned the wrong kind of thing",
        expected=f"a list of {rows} trees",
        got=f"a {kind}",
        kind=Kind.THING,
    )
    count = len(called.value)
    complaint = "gives the wrong number of trees"
    called.require(count == rows, complaint, expected=f"{rows} trees", got=f"{count} trees")
    for k in range(rows):
        expected = jax.tree.map(lambda leaf: np.asarray(leaf)[k], tree)  # noqa: B023 (called at once)
        must_be_tree_exactly(called[k], expected)


@check(
    "unstack_tree",
    "correct",
    hint="One tree for each row, in a list: take row k of every leaf, and put the rows into the old structure.",
)
def test_unstack_tree_by_hand(learner: Learner) -> None:
    tree = {"w": jnp.array([1.0, 4.0, 7.0]), "b": jnp.array([[2.0, 3.0], [5.0, 6.0], [8.0, 9.0]])}
    called = learner.unstack_tree(tree)
    leaves = jax.tree.leaves(called.value)
    with hint_when(
        lambda _: any(isinstance(leaf, int | float) for leaf in leaves),
        "There are Python numbers in it. A row stays an array: .tolist() makes a list of it, which is a container, and so part "
        "of the structure.",
    ):
        must_be_trees(called, tree, 3)


@check("unstack_tree", "correct", hint="Count the rows of a leaf; what the tree itself is does not matter.")
def test_unstack_tree_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    tree = nested(numbers, rows=(3,))
    with hint_when(
        raised(),
        "A tree may be nested, and any class that is registered with JAX is a container, as Pair is here. jax.tree.map and "
        "jax.tree.flatten go into all of them: what they hand over are arrays.",
    ):
        called = learner.unstack_tree(tree)
    must_be_trees(called, tree, 3)


@check(
    "unstack_tree",
    "correct",
    hint="One row gives a list of one tree, without the first axis, and is no case of its own: leaf[k] takes a row and drops the "
    "first axis, and no other.",
)
def test_unstack_tree_takes_one_row(learner: Learner, numbers: Numbers) -> None:
    tree = {"b": numbers.normal((1, 3)), "w": numbers.normal(1)}
    must_be_trees(learner.unstack_tree(tree), tree, 1)


@check(
    "unstack_tree",
    "correct",
    hint="Index each leaf by itself; indexing keeps dtype and numbers; a way through float32 does not.",
)
def test_unstack_tree_keeps_the_dtypes(learner: Learner, numbers: Numbers) -> None:
    # The last are more than float32 holds.
    tree = mixed(numbers, 2) | {"large": jnp.array([2**24 + 1, -(2**24) - 3])}
    must_be_trees(learner.unstack_tree(tree), tree, 2)


@check(
    "unstack_tree",
    "jit",
    hint="How many rows there are is part of the shape: leaf.shape[0] is known to Python.",
)
def test_unstack_tree_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(nested(numbers, rows=(3,)),) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.unstack_tree.jit(), calls), strict=True):
        must_be_trees(result, *call, 3)


@check(
    "unstack_tree",
    "jit",
    hint="The number of trees may decide how much work there is, not the size of a leaf.",
)
def test_unstack_tree_has_no_python_loop(learner: Learner) -> None:
    small, large = ({"w": jnp.zeros((2, size, 3))} for size in (4, 8))
    same_size_for(learner.unstack_tree.jit(), (small,), (large,))
