"""Checks of stack_trees."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.shared import mixed, must_be_tree_exactly, nested
from grader.toolkit import (
    Kind,
    Learner,
    Numbers,
    agrees_once,
    check,
    hint_when,
    of_kind,
    raised,
    refuses,
    same_size_for,
)


def stack_oracle(trees: Any) -> Any:
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *trees)


@check(
    "stack_trees",
    "correct",
    hint="Each leaf gets a new first axis, one place for each tree. jax.tree.map(f, *trees) calls f with one leaf of each, "
    "f(a, b, ...); jnp.stack wants them in one list.",
)
def test_stack_trees_by_hand(learner: Learner) -> None:
    trees = [
        {"w": jnp.array(1.0), "b": jnp.array([2.0, 3.0])},
        {"w": jnp.array(4.0), "b": jnp.array([5.0, 6.0])},
    ]
    expected = {"w": np.array([1.0, 4.0]), "b": np.array([[2.0, 3.0], [5.0, 6.0]])}
    with hint_when(
        raised("TypeError", text="unsized object"),
        "Does jax.tree.map get the list itself? Then it goes into the list, too, and f gets one leaf alone, here a number. "
        "Unpacked, jax.tree.map(f, *trees), f gets one leaf of each tree.",
    ):
        called = learner.stack_trees(trees)
    must_be_tree_exactly(called, expected)


@check(
    "stack_trees",
    "correct",
    hint="jax.tree.map goes into every container, and leaves None and empty ones be.",
)
def test_stack_trees_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    trees = [nested(numbers) for _ in range(3)]
    with hint_when(
        of_kind(Kind.SHAPE),
        "Here are three trees. Unpack all there are, jax.tree.map(f, *trees), with an f that takes any number of leaves.",
    ):
        must_be_tree_exactly(learner.stack_trees(trees), stack_oracle(trees))


@check("stack_trees", "correct", hint="A list of one tree gets its new axis, too, of length 1.")
def test_stack_trees_takes_one_tree(learner: Learner, numbers: Numbers) -> None:
    trees = [nested(numbers)]
    must_be_tree_exactly(learner.stack_trees(trees), stack_oracle(trees))


@check("stack_trees", "correct", hint="Stack each leaf with its like; jnp.stack keeps the dtype.")
def test_stack_trees_keeps_the_dtypes(learner: Learner, numbers: Numbers) -> None:
    # The last are more than float32 holds.
    trees = [mixed(numbers) | {"large": jnp.array([2**24 + 1 + 2 * k])} for k in range(2)]
    must_be_tree_exactly(learner.stack_trees(trees), stack_oracle(trees))


@check(
    "stack_trees",
    "correct",
    hint="Lists of leaves always fit together. Give jax.tree.map the trees themselves; it compares their structures.",
)
def test_stack_trees_refuses_another_structure(learner: Learner) -> None:
    x = jnp.array([1.0, 2.0])
    text = "stack_trees([{'w': ..., 'b': ...}, {'w': ..., 'c': ...}])"
    refuses(learner.stack_trees, text, [{"w": x, "b": x}, {"w": x, "c": x}])
    for odd in range(4):
        trees = [{"net": [x, (x, x)]}] * 4
        trees[odd] = {"net": [x, [x, x]]}
        forms = ["{'net': [..., (..., ...)]}"] * 4
        forms[odd] = "{'net': [..., [..., ...]]}"
        refuses(learner.stack_trees, f"stack_trees([{', '.join(forms)}])", trees)


@check("stack_trees", "jit", hint="NumPy cannot see tracers: stack with jax.numpy.")
def test_stack_trees_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [([nested(numbers) for _ in range(3)],) for _ in range(2)]
    agrees_once(learner.stack_trees.jit(), calls, stack_oracle, by=must_be_tree_exactly)


@check("stack_trees", "jit", hint="One stack joins a leaf of all trees, however large it is.")
def test_stack_trees_has_no_python_loop(learner: Learner) -> None:
    small, large = ([{"w": jnp.zeros((size, 3))}] * 2 for size in (4, 8))
    same_size_for(learner.stack_trees.jit(), (small,), (large,))
