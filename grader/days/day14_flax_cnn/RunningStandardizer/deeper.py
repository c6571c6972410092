"""The deeper look at RunningStandardizer."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day14_flax_cnn.RunningStandardizer.checks import (
    empty_statistics,
    given_statistics,
    joined_statistics,
    standardized,
    standardizer,
    statistics_of,
)
from grader.days.day14_flax_cnn.shared import STATISTICS, with_function
from grader.toolkit import Called, Draw, Learner, Numbers, check, compiled_if_possible, wide


@check(
    "RunningStandardizer",
    "deeper",
    hint="The three formulas as they stand, for old rows few and many, and batches near them and far away.",
)
def test_RunningStandardizer_in_many_cases(learner: Learner, draw: Draw) -> None:
    count = draw.one_of(0, 1, 7, 46_341, 10**9)
    mean, var = draw.floats(2, magnitudes=(1e-3, 1e3)), draw.floats(2, magnitudes=(1e-4, 1e4), low=0.0)
    statistics: Any = {"count": jnp.int32(count), "mean": mean, "var": var} if count else empty_statistics()
    x = draw.floats((5, 2), magnitudes=(1e-3, 1e3))
    result, after = standardized(learner, statistics, x)
    expected = joined_statistics(statistics, x)
    size = np.maximum(np.abs(wide(x)).max(axis=0), np.abs(wide(statistics["mean"])))
    for j in range(2):
        for name, atol in (("mean", 1e-6 * size[j]), ("var", 1e-5 * size[j] ** 2)):
            part = Called(f"{after.text}[{name!r}][{j}]", after.value[name][j])
            part.close_to(expected[name][j], rtol=1e-4, atol=float(atol))
    Called(f"{after.text}['count']", after.value["count"]).equals(expected["count"])
    # What is returned is held against the statistics that were kept: these are right.
    kept = {name: wide(after.value[name]) for name in ("mean", "var")}
    shown = (wide(x) - kept["mean"]) / np.sqrt(np.maximum(kept["var"], 0) + 1e-6)
    result.close_to(shown, rtol=1e-3, atol=1e-3)


@check(
    "RunningStandardizer",
    "deeper",
    hint="After any batches mean and var are those of all their rows together: nothing is forgotten, and nothing counts twice.",
)
def test_RunningStandardizer_joins_many_batches(learner: Learner, numbers: Numbers) -> None:
    rows = np.asarray(numbers.normal((2000, 2))) * np.array([1.0, 0.1]) + np.array([0.0, 5.0])
    batches = rows.astype(np.float32).reshape(400, 5, 2)
    statistics: Any = empty_statistics()
    train = standardizer(learner.RunningStandardizer, train=True)
    for number, batch in enumerate(batches):
        if number < 2:
            _, after = standardized(learner, statistics, jnp.asarray(batch))
        else:
            value = compiled_if_possible(train, statistics, jnp.asarray(batch))
            after = Called("RunningStandardizer(), after 400 batches", dict(value.value[1]["batch_stats"]))
        statistics = after.value
    after.close_to(statistics_of(wide(batches).reshape(-1, 2)), rtol=1e-3, atol=1e-4)


@check(
    "RunningStandardizer",
    "deeper",
    hint="`train` says whether statistics move. `mutable` says only that they may: somebody who hands it over in evaluation gets"
    " them back as they were.",
)
def test_RunningStandardizer_writes_nothing_in_evaluation(learner: Learner, numbers: Numbers) -> None:
    handle = learner.RunningStandardizer
    model = handle.using("RunningStandardizer()", handle.function).value

    def apply(statistics: Any, x: Any) -> Any:
        return model.apply({STATISTICS: statistics}, x, train=False, mutable=[STATISTICS])

    shown = "RunningStandardizer().apply with train=False and mutable=['batch_stats']"
    statistics = given_statistics(numbers)
    called = compiled_if_possible(with_function(handle, shown, apply), statistics, numbers.normal((5, 2)))
    kept = dict(called.value[1].get(STATISTICS, statistics))
    Called(f"{called.text}: the statistics after it", kept).equals(jax.tree.map(np.asarray, statistics))
