"""Checks of bucketed_sum."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Learner, Numbers, check, told_by, traces_at_most, watched, wide


def quarters(numbers: Numbers, n: int) -> jax.Array:
    """Quarters of both signs, whose sums are exact in float32 in whatever order they are added."""
    return jnp.asarray(np.asarray(numbers.integers(-100, 200, n)).astype(np.float32) / 4)


def forget_sums() -> None:
    """JAX knows a function by its identity: all who compile jnp.sum share its traces, and who comes later makes none."""
    jax.jit(jnp.sum).clear_cache()  # type: ignore[attr-defined]


@check(
    "bucketed_sum",
    "correct",
    hint="What you pad with must not change the sum, and all of x must fit. (A mean would divide by the padded length.)",
)
def test_bucketed_sum_by_hand(learner: Learner) -> None:
    learner.bucketed_sum(jnp.array([1.0, 2.0, 3.0, 4.0, 5.0])).close_to(15.0)


@check(
    "bucketed_sum",
    "correct",
    hint="The next size is one that x fits into: for a power of two it is the length itself, or more.",
)
def test_bucketed_sum_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for n in (1, 2, 16, 17):
        x = quarters(numbers, n)
        result = learner.bucketed_sum(x)
        cut_off = "Are fractions cut off? Pad to an array of x's dtype, not to one of integers."
        told = told_by(result.value, {cut_off: np.sum(np.trunc(wide(x)))})
        result.equals(np.sum(wide(x)), hint=told)


@check("bucketed_sum", "correct", hint="Sum what is given now: keep no answers of earlier calls.")
def test_bucketed_sum_remembers_no_answers(learner: Learner) -> None:
    for middle in (2.0, 30.0, -500.0):
        learner.bucketed_sum(jnp.array([1.0, middle, 3.0, 4.0, 5.0])).equals(13.0 + middle)


@check(
    "bucketed_sum", "correct", hint="Pad with zeros and leave x as it is: a NaN or an infinity is in the sum."
)
def test_bucketed_sum_clears_nothing_away(learner: Learner) -> None:
    learner.bucketed_sum(jnp.array([1.0, np.nan, 3.0, 4.0, 5.0])).equals(np.nan)
    learner.bucketed_sum(jnp.array([1.0, np.inf, 3.0, 4.0, 5.0])).equals(np.inf)


@check("bucketed_sum", "correct", hint="The sum of nothing is 0. What does your size come to for n = 0?")
def test_bucketed_sum_sums_nothing(learner: Learner) -> None:
    learner.bucketed_sum(jnp.zeros(0)).equals(0.0)


@check(
    "bucketed_sum",
    "jit",
    hint="Under jit goes the function that sums the padded array, not bucketed_sum itself. Make it once, at the top "
    "level of the file, and let it see the padded array alone. If it does: are there too many sizes? Let them double.",
)
def test_bucketed_sum_makes_few_programs(learner: Learner, numbers: Numbers) -> None:
    between = (57, 64, 65, 100, 127, 128, 200, 256, 257, 300, 400, 511, 512, 513, 600, 700, 800, 1000)
    calls = [(quarters(numbers, n),) for n in (33, *between, 1024)]
    forget_sums()
    # What earlier checks have traced holds for another context, so that all traces of these calls are seen.
    with jax.default_device(jax.devices()[0]):
        results = traces_at_most(learner.bucketed_sum, 5, calls)
    for (x,), result in zip(calls, results, strict=True):
        result.equals(np.sum(wide(x)))


@check(
    "bucketed_sum",
    "jit",
    hint="Put the sum into a function under jax.jit, and call that with the padded array.",
)
def test_bucketed_sum_compiles_the_sum(learner: Learner, numbers: Numbers) -> None:
    x = quarters(numbers, 2049)
    forget_sums()
    with watched(learner.file) as traces:
        result = learner.bucketed_sum(x)
    if not traces:  # it may have been traced before; a setting that changes no sum makes JAX trace again
        with jax.default_matmul_precision("high"), watched(learner.file) as traces:
            result = learner.bucketed_sum(x)
    expected = "at least one trace of a function in your file"
    result.require(traces, "compiles nothing of yours", expected=expected, got="none")
    result.equals(
        np.sum(wide(x)), hint="All of x must fit, however long it is: where the list of sizes ends, go on."
    )
