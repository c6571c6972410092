"""Deeper checks of ravel."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.ravel.checks import double_by_ravel, must_ravel
from grader.days.day07_pytrees.shared import Pair, must_be_tree_exactly, nested
from grader.toolkit import Draw, Learner, Numbers, check, own_hint, raised, slope_agrees, wide


@check("ravel", "deeper", hint="Each leaf keeps its shape and its dtype; the vector is float32, row by row.")
def test_ravel_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape = (2, 3)
    halves = [draw.floats(shape, dtype=dtype, magnitudes=(1e-4, 1e4)) for dtype in ("float16", "bfloat16")]
    small = draw.integers(shape, -100, 100, dtype="int8"), draw.integers((2,), 0, 255, dtype="uint8")
    # Leaves of one shape beside each other, and the order of keys is not that of the dict.
    tree = {"b": Pair(halves[0], (small[0], None)), "a": [draw.booleans((3,)), small[1], halves[1]]}
    called, unravel = must_ravel(learner, tree)
    called = learner.ravel.using("unravel(vector)", unravel, called.value[0])
    must_be_tree_exactly(called, jax.tree.map(np.asarray, tree))


@check("ravel", "deeper", hint="float32 holds whole numbers up to 2 ** 24 and -0, and NaN and infinity.")
def test_ravel_loses_nothing(learner: Learner) -> None:
    tree = {"n": jnp.array([2**24, 1 - 2**24]), "x": jnp.array([np.nan, -0.0, np.inf, 1e-30, 3e38])}
    called, unravel = must_ravel(learner, tree)
    called = learner.ravel.using("unravel(vector)", unravel, called.value[0])
    must_be_tree_exactly(called, jax.tree.map(np.asarray, tree))
    signs = np.signbit(np.asarray(called.value["x"]))
    called.require(signs[1], "loses the sign of -0", expected="-0", got="0")


@check(
    "ravel",
    "deeper",
    hint="Reshape to the leaf's own shape. Where there are no numbers, -1 can be anything: reshape((-1, 0)) raises.",
)
def test_ravel_of_empty_arrays(learner: Learner) -> None:
    tree = [jnp.zeros((2, 0)), jnp.array([7.0]), jnp.zeros((0, 2, 0))]
    called, unravel = must_ravel(learner, tree)
    with own_hint(raised("TypeError", "ValueError", "ZeroDivisionError")):
        called = learner.ravel.using("unravel(vector)", unravel, called.value[0])
    must_be_tree_exactly(called, jax.tree.map(np.asarray, tree))


@check("ravel", "deeper", hint="As many leaves as there are, as large as they are.")
def test_ravel_of_many(learner: Learner, numbers: Numbers) -> None:
    tree = [numbers.normal(n % 3 + 1) for n in range(130)] + [numbers.normal((300, 250))]
    called, unravel = must_ravel(learner, tree)
    called = learner.ravel.using("unravel(vector)", unravel, called.value[0])
    must_be_tree_exactly(called, jax.tree.map(np.asarray, tree))


@check("ravel", "deeper", hint="The gradient runs through both functions; nothing may stop it.")
def test_ravel_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    slope_agrees(
        double_by_ravel(learner), lambda tree: jax.tree.map(lambda x: 2 * wide(x), tree), nested(numbers)
    )
