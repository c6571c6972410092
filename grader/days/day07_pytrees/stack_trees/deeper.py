"""Deeper checks of stack_trees."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.shared import Pair, must_be_tree_exactly, nested
from grader.days.day07_pytrees.stack_trees.checks import stack_oracle
from grader.toolkit import Draw, Learner, Numbers, check, own_hint, raised, slope_agrees, wide


@check(
    "stack_trees",
    "deeper",
    hint="out[leaf][k] is the leaf of tree k, for any number of trees and any leaves.",
)
def test_stack_trees_in_many_cases(learner: Learner, draw: Draw) -> None:
    count, shape = draw.one_of((2, (2,)), (2, (2, 2)), (3, (1, 2, 1, 2)))
    trees = []
    for _ in range(count):
        float_leaf = draw.floats(shape, dtype="bfloat16", special=(-0.0, math.inf))
        leaves = {"counts": draw.integers(shape, -100, 100, dtype="int8"), "flags": draw.booleans(shape)}
        trees.append([Pair(float_leaf, leaves), None])
    called = learner.stack_trees.jit()(trees)
    must_be_tree_exactly(called, stack_oracle(trees))
    came, want = (
        np.signbit(np.asarray(tree[0].first, np.float32)) for tree in (called.value, stack_oracle(trees))
    )
    called.require((came == want).all(), "loses the sign of -0", expected="-0", got="0")


@check(
    "stack_trees",
    "deeper",
    hint="jax.tree.map with jnp.stack keeps every container (an OrderedDict is another structure than a dict), and takes arrays "
    "without numbers.",
)
def test_stack_trees_keeps_what_is_unusual(learner: Learner) -> None:
    trees = [OrderedDict(w=jnp.array([float(k)]), bare=jnp.zeros((2, 0))) for k in range(2)]
    with own_hint(raised("TypeError", "ValueError", "ZeroDivisionError")):
        called = learner.stack_trees(trees)
    must_be_tree_exactly(called, stack_oracle(trees))


@check("stack_trees", "deeper", hint="Any number of trees: jax.tree.map takes them all at once.")
def test_stack_trees_takes_many_trees(learner: Learner, numbers: Numbers) -> None:
    trees = tuple({"w": numbers.normal(2)} for _ in range(300))
    must_be_tree_exactly(
        learner.stack_trees(trees), {"w": np.stack([np.asarray(tree["w"]) for tree in trees])}
    )


def float_rows(trees: Any) -> Any:
    rows = zip(*map(jax.tree.leaves, trees), strict=True)
    return [np.stack([wide(leaf) for leaf in row]) for row in rows]


@check("stack_trees", "deeper", hint="The gradient runs through all trees; nothing may stop it.")
def test_stack_trees_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    slope_agrees(learner.stack_trees.jit(), float_rows, [nested(numbers) for _ in range(2)])
