"""Deeper checks of exponential_average."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.exponential_average.checks import average_oracle
from grader.days.day07_pytrees.shared import must_be_narrow, must_be_tree, nested
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees, wide


@check(
    "exponential_average",
    "deeper",
    hint="decay · average + (1 - decay) · new, for any decay and at any scale.",
)
def test_exponential_average_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape = draw.one_of((2,), (2, 2), (), (3, 1))
    old, new = draw.floats(shape, magnitudes=(1e-7, 1e7)), draw.floats(shape, magnitudes=(1e-7, 1e7))
    decay = draw.floats((), low=0.0, high=1.0, special=(0.999, 0.0, 1.0))
    average, latest = [{"w": old}], [{"w": new}]
    atol = 1e-6 * float(max(np.abs(wide(old)).max(), np.abs(wide(new)).max()))
    called = learner.exponential_average.jit()(average, latest, decay)
    must_be_tree(called, average_oracle(average, latest, decay), atol=atol)


@check("exponential_average", "deeper", hint="Each leaf keeps its own dtype, and is blended by itself.")
def test_exponential_average_of_narrow_leaves(learner: Learner, draw: Draw) -> None:
    dtype = draw.one_of("bfloat16", "float16")
    old, new = draw.floats((2,), dtype=dtype), draw.floats((2,), magnitudes=(1e-2, 1e4))
    decay = draw.floats((), low=0.9, high=0.9999)
    expected = average_oracle({"w": old}, {"w": new}, decay)["w"]
    # Of `new` no more than a tenth comes in; numbers are rounded to 8 or 11 bits.
    largest = max(1.0, float(np.abs(wide(old)).max()), 0.1 * float(np.abs(wide(new)).max()))
    called = learner.exponential_average.jit()({"w": old}, {"w": new}, decay)
    must_be_narrow(called["w"], expected, dtype, tolerance=0.02 * largest)


@check("exponential_average", "deeper", hint="Any number of leaves, step after step.")
def test_exponential_average_goes_on(learner: Learner, numbers: Numbers) -> None:
    handle = learner.exponential_average.jit()
    average, expected = [numbers.normal(2) for _ in range(40)], None
    expected = [wide(leaf) for leaf in average]
    for step in range(6):
        new = [numbers.normal(2) for _ in range(40)]
        average = handle(average, new, jnp.float32(0.9)).value
        expected = average_oracle(expected, new, np.float32(0.9))
        if step in (0, 5):
            for came, want in zip(average, expected, strict=True):
                handle.using(f"Step {step + 1}", lambda came=came: came).close_to(want)


@check(
    "exponential_average",
    "deeper",
    hint="Gradients run through both trees and the decay; nothing may stop them.",
)
def test_exponential_average_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    arguments = nested(numbers), nested(numbers), jnp.float32(0.75)
    for wrt in (0, 1, 2):
        slope_agrees(learner.exponential_average.jit(), average_oracle, *arguments, wrt=wrt)


@check(
    "exponential_average", "deeper", hint="A NaN says that something is wrong with a tree: replace nothing."
)
def test_exponential_average_lets_nan_through(learner: Learner) -> None:
    handle, broken, whole = (
        learner.exponential_average.jit(),
        jnp.array([jnp.nan, 1.0]),
        jnp.array([5.0, 3.0]),
    )
    for average, new in ((broken, whole), (whole, broken)):
        called = handle([{"w": average}], [{"w": new}], jnp.float32(0.5))
        must_be_tree(called, [{"w": np.array([np.nan, 2.0])}])
