"""Deeper checks of unstack_tree."""

from __future__ import annotations

import math
from collections import OrderedDict

import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.shared import Pair
from grader.days.day07_pytrees.unstack_tree.checks import must_be_trees
from grader.toolkit import Draw, Learner, Numbers, check, own_hint, raised, slope_agrees, wide


@check("unstack_tree", "deeper", hint="Tree k holds row k of each leaf, whatever the leaves are.")
def test_unstack_tree_in_many_cases(learner: Learner, draw: Draw) -> None:
    rows, shape = draw.one_of((2, (2,)), (2, (2, 2)), (3, (1, 2, 1, 2)))
    floats = draw.floats((rows, *shape), dtype="bfloat16", special=(-0.0, math.inf))
    leaves = {
        "counts": draw.integers((rows, *shape), -100, 100, dtype="int8"),
        "flags": draw.booleans((rows,)),
    }
    tree = [Pair(floats, leaves), None]
    called = learner.unstack_tree.jit()(tree)
    must_be_trees(called, tree, rows)
    for k, one in enumerate(called.value):
        came, want = (np.signbit(np.asarray(x, np.float32)) for x in (one[0].first, floats[k]))
        called.require((came == want).all(), "loses the sign of -0", expected="-0", got="0")


@check(
    "unstack_tree",
    "deeper",
    hint="The tree's own structure makes every container again (an OrderedDict is another one than a dict); arrays without "
    "numbers have rows, too.",
)
def test_unstack_tree_keeps_what_is_unusual(learner: Learner) -> None:
    tree = OrderedDict(w=jnp.array([1.0, 2.0]), bare=jnp.zeros((2, 2, 0)))
    with own_hint(raised("TypeError", "ValueError", "ZeroDivisionError")):
        called = learner.unstack_tree(tree)
    must_be_trees(called, tree, 2)


@check("unstack_tree", "deeper", hint="As many trees as there are rows.")
def test_unstack_tree_has_many_rows(learner: Learner, numbers: Numbers) -> None:
    tree = {"w": numbers.normal((300, 2))}
    must_be_trees(learner.unstack_tree(tree), tree, 300)


@check("unstack_tree", "deeper", hint="The gradient runs into each row; nothing may stop it.")
def test_unstack_tree_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    tree = {"w": numbers.normal((3, 2)), "b": jnp.ones(3)}
    slope_agrees(
        learner.unstack_tree.jit(), lambda tree: [{n: wide(tree[n])[k] for n in tree} for k in range(3)], tree
    )
