"""Deeper checks of global_norm."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.global_norm.checks import norm_oracle
from grader.days.day07_pytrees.shared import nested
from grader.toolkit import Draw, Learner, Numbers, check, own_hint, raised, slope_agrees


@check("global_norm", "deeper", hint="All squares of all leaves, in float32, under one root.")
def test_global_norm_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape = draw.one_of((3,), (2, 1, 1, 2))
    dtype, large = draw.one_of(("float32", 1e15), ("float16", 6e4), ("bfloat16", 1e15))
    special = draw.one_of((), (-0.0, math.inf), (math.nan,))
    one = draw.floats(shape, dtype=dtype, magnitudes=(1e-4, large), special=special)
    other = draw.floats((2,), magnitudes=(1e-7, 1e15))
    tree = {"one": [one], "other": (other, None)}
    learner.global_norm.jit()(tree).close_to(norm_oracle(tree), atol=0.0)


@check("global_norm", "deeper", hint="As many leaves as there are, as large as they are.")
def test_global_norm_of_many(learner: Learner, numbers: Numbers) -> None:
    leaf = numbers.normal(2)
    for tree in ([leaf] * 300, {"large": jnp.asarray(np.full(2**20 + 7, 0.5, np.float32))}):
        learner.global_norm(tree).close_to(norm_oracle(tree), rtol=1e-4)


@check("global_norm", "deeper", hint="The gradient of a norm is x / norm; nothing may stop it.")
def test_global_norm_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    slope_agrees(learner.global_norm.jit(), norm_oracle_array, nested(numbers))


def norm_oracle_array(tree: object) -> np.ndarray[tuple[()], np.dtype[np.float64]]:
    return np.array(norm_oracle(tree))


@check("global_norm", "deeper", hint="Small numbers have a length, too: round nothing away, and add nothing.")
def test_global_norm_of_small_leaves(learner: Learner) -> None:
    tree = {"w": jnp.array([3e-9, 0.0]), "b": (jnp.array([4e-9, 0.0]), None)}
    learner.global_norm(tree).close_to(5e-9, atol=0.0)


@check(
    "global_norm", "deeper", hint="An array may have no numbers at all: it adds nothing, and has no largest."
)
def test_global_norm_of_empty_arrays(learner: Learner) -> None:
    tree = {"w": jnp.zeros((0, 3)), "b": (jnp.array([3.0, -4.0]), None)}
    with own_hint(raised("ValueError")):
        learner.global_norm(tree).close_to(5.0)
