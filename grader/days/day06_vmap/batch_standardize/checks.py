"""Checks of batch_standardize."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.shared import ATOL
from grader.toolkit import Array, Learner, Numbers, agrees_once, check, told_by, wide


def standardize_oracle(xs: Any) -> Array:
    """Over the first axis."""
    values = wide(xs)
    centred = values - values.mean(axis=0)
    return np.asarray(centred / np.sqrt((centred**2).mean(axis=0) + 1e-5))


@check(
    "batch_standardize",
    "correct",
    hint='You hold one example. lax.pmean(x, "batch") is the mean of x over all examples, feature by feature.',
)
def test_batch_standardize_by_hand(learner: Learner) -> None:
    xs = jnp.array([[1.0, 10.0], [3.0, 30.0]])
    result, expected = learner.batch_standardize.vmap(axis_name="batch")(xs), standardize_oracle(xs)
    mistakes = {
        "The variance is the mean of the squares: divide their sum by n, and not by n - 1.": expected
        / np.sqrt(2),
        'These are statistics within one example. lax.pmean(x, "batch") is the mean over all of them, feature by feature. Open '
        'no vmap of your own: an axis that it calls "batch" hides the one of the caller.': standardize_oracle(
            xs.T
        ).T,
    }
    result.close_to(expected, atol=ATOL, hint=told_by(result.value, mistakes))


@check(
    "batch_standardize",
    "correct",
    hint="1e-5 is added to the variance, under the root. A feature that never changes gives zeros.",
)
def test_batch_standardize_survives_still_features(learner: Learner) -> None:
    xs = jnp.array([[5.0, 0.001], [5.0, -0.001]])
    learner.batch_standardize.vmap(axis_name="batch")(xs).close_to(standardize_oracle(xs), atol=ATOL)


@check(
    "batch_standardize",
    "correct",
    hint="mean(x²) - mean² subtracts two large numbers, and the difference is noise. Centre first, then average the squares.",
)
def test_batch_standardize_survives_an_offset(learner: Learner) -> None:
    # Near 1e8, where the squares lie, float32 numbers are 8 apart: all that was to be found is gone.
    xs = jnp.array([[10000.0, 10003.0], [10002.0, 10001.0]])
    learner.batch_standardize.vmap(axis_name="batch")(xs).close_to(standardize_oracle(xs), atol=ATOL)


@check(
    "batch_standardize",
    "jit",
    hint="Work on x as a whole: a number, a vector or an image, it does not matter.",
)
def test_batch_standardize_takes_examples_of_any_shape(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.batch_standardize.vmap(axis_name="batch").jit()
    for shape in (3, (1, 2, 4)):
        xs = numbers.normal(shape)
        compiled(xs).close_to(standardize_oracle(xs), atol=ATOL)


@check("batch_standardize", "jit", hint="One example is traced for all of them: no branch on its values.")
def test_batch_standardize_compiles_once(learner: Learner, numbers: Numbers) -> None:
    # The batch may lie along any axis: here along the second.
    compiled = learner.batch_standardize.vmap(in_axes=1, out_axes=1, axis_name="batch").jit()
    calls = [(numbers.normal((2, 17)),) for _ in range(2)]
    agrees_once(compiled, calls, lambda xs: standardize_oracle(xs.T).T, atol=ATOL)


@check(
    "batch_standardize",
    "jit",
    hint='Statistics follow the name: average over the axis called "batch" alone, and leave the others as they are.',
)
def test_batch_standardize_follows_the_name(learner: Learner, numbers: Numbers) -> None:
    xs = numbers.normal((4, 3, 2))
    inner = learner.batch_standardize.vmap(axis_name="batch").vmap().jit()
    inner(xs).close_to(np.stack([standardize_oracle(group) for group in xs]), atol=ATOL)
    outer = learner.batch_standardize.vmap().vmap(axis_name="batch").jit()
    outer(xs).close_to(standardize_oracle(xs), atol=ATOL)
