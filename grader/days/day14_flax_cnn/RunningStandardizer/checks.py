"""Checks of RunningStandardizer."""

from __future__ import annotations

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day14_flax_cnn.shared import (
    NORMALIZED,
    STATISTICS,
    collections_of,
    linen_call,
    with_function,
)
from grader.toolkit import (
    Array,
    Called,
    Handle,
    Learner,
    Numbers,
    Pattern,
    check,
    compiled_if_possible,
    compiles_once,
    hint_when,
    looks_like,
    own_hint,
    raised,
    wide,
)


@functools.cache
def standardizer(handle: Handle, train: bool, initialises: bool = False, eps: float | None = None) -> Handle:
    """A handle on one call of the module, which in training gives (result, statistics), or on its init."""
    shown = f"RunningStandardizer({'' if eps is None else f'eps={eps}'})"
    fields = {} if eps is None else {"eps": eps}
    model = handle.using(shown, lambda: handle.function(**fields)).value
    mode = f"train={train}"

    def apply(statistics: Any, x: Any) -> Any:
        if not train:
            return model.apply({STATISTICS: statistics}, x, train=False)
        return model.apply({STATISTICS: statistics}, x, train=True, mutable=[STATISTICS])

    def init(key: Any, x: Any) -> Any:
        return model.init(key, x, train=train)

    if initialises:
        return with_function(handle, f"{shown}.init with {mode}", init)
    return with_function(handle, f"{shown}.apply with {mode}", apply)


def standardized(learner: Learner, statistics: Any, x: Any) -> tuple[Called, Called]:
    """What the module returns in training, and the statistics after it. Raises WrongAnswer."""
    called = compiled_if_possible(standardizer(learner.RunningStandardizer, train=True), statistics, x)
    result, moved = called.value
    kept = moved.get(STATISTICS, statistics)
    text = called.text
    return Called(text, result), Called(f"{text}: the statistics after it", dict(kept))


def statistics_of(rows: Array) -> dict[str, Any]:
    return {"count": np.int32(len(rows)), "mean": rows.mean(axis=0), "var": rows.var(axis=0)}


def joined_statistics(statistics: Any, x: Any) -> dict[str, Any]:
    """The statistics after a batch more."""
    n, mean, var = int(statistics["count"]), wide(statistics["mean"]), wide(statistics["var"])
    rows = wide(x)
    k, delta = len(rows), rows.mean(axis=0) - mean
    return {
        "count": np.int32(n + k),
        "mean": mean + delta * k / (n + k),
        "var": (n * var + k * rows.var(axis=0)) / (n + k) + delta**2 * n * k / (n + k) ** 2,
    }


def given_statistics(numbers: Numbers) -> dict[str, Any]:
    return {"count": jnp.int32(7), "mean": numbers.normal(2), "var": numbers.uniform(0.5, 2.0, 2)}


def empty_statistics() -> dict[str, Any]:
    return {"count": jnp.int32(0), "mean": jnp.zeros(2), "var": jnp.ones(2)}


@check(
    "RunningStandardizer",
    "correct",
    hint="init runs the method, too, to find the shapes. Move the statistics only `if train and not "
    "self.is_initializing()`: else the example that shapes are taken from counts as data.",
)
def test_RunningStandardizer_begins_with_nothing(learner: Learner, numbers: Numbers) -> None:
    expected = {"count": np.int32(0), "mean": np.zeros(2), "var": np.ones(2)}
    for train in (False, True):
        init = standardizer(learner.RunningStandardizer, train, initialises=True)
        called = compiled_if_possible(init, numbers.key(), numbers.normal((5, 2)) + 3)
        hint = 'self.variable("batch_stats", name, function, *arguments) makes them; self.param makes parameters.'
        statistics = collections_of(called, {STATISTICS}, hint)[STATISTICS]
        told = Called(f"{called.text}['batch_stats']", dict(statistics))
        told.require(
            getattr(statistics.get("count"), "dtype", jnp.int32) == jnp.int32,
            "counts in another dtype",
            expected="count as an int32",
            got=str(statistics.get("count").dtype) if "count" in statistics else "no count",
            hint="Say the dtype: jnp.zeros, (), jnp.int32. A float32 stops counting at 16 million, an int8 at 127.",
        )
        told.equals(expected)


@check(
    "RunningStandardizer",
    "correct",
    hint="In evaluation the statistics are what they are, and `apply` comes without `mutable`: write to `.value` under "
    "`if train` only. jnp.where writes in any case.",
)
def test_RunningStandardizer_stands_still_in_evaluation(learner: Learner, numbers: Numbers) -> None:
    with own_hint(raised("ModifyScopeVariableError")):
        compiled_if_possible(
            standardizer(learner.RunningStandardizer, train=False),
            given_statistics(numbers),
            numbers.normal((5, 2)),
        )


@check(
    "RunningStandardizer",
    "correct",
    hint="(x - mean) / sqrt(var + eps), with the stored statistics and not with the batch's own.",
)
def test_RunningStandardizer_uses_its_statistics_in_evaluation(learner: Learner, numbers: Numbers) -> None:
    statistics, x = given_statistics(numbers), numbers.normal((5, 2))
    result = compiled_if_possible(standardizer(learner.RunningStandardizer, train=False), statistics, x)
    mean, var = wide(statistics["mean"]), wide(statistics["var"])
    result.close_to((wide(x) - mean) / np.sqrt(var + 1e-6))


@check(
    "RunningStandardizer",
    "correct",
    hint="Divide by sqrt(var + eps), with the field self.eps, and add before you take the root: a column that never changes "
    "has var 0.",
)
def test_RunningStandardizer_uses_its_eps(learner: Learner, numbers: Numbers) -> None:
    statistics, x = given_statistics(numbers), numbers.normal((5, 2))
    statistics["var"] = statistics["var"].at[0].set(0.0)
    result = compiled_if_possible(
        standardizer(learner.RunningStandardizer, train=False, eps=0.5), statistics, x
    )
    result.close_to((wide(x) - wide(statistics["mean"])) / np.sqrt(wide(statistics["var"]) + 0.5))


@check(
    "RunningStandardizer",
    "correct",
    hint="With nothing seen before, n is 0: the new mean and variance are the batch's own. Write what is new to `.value` of "
    "each variable.",
)
def test_RunningStandardizer_takes_a_first_batch(learner: Learner) -> None:
    x = jnp.array([[1.0, 0.0], [3.0, 0.0], [5.0, 9.0], [3.0, 0.0], [3.0, 6.0]])
    _, after = standardized(learner, empty_statistics(), x)
    expected = {"count": np.int32(5), "mean": np.array([3.0, 3.0]), "var": np.array([1.6, 14.4])}
    sample = "v divided by k - 1 = 4, not by k = 5"
    with hint_when(
        looks_like(Pattern.NEIGHBOUR),
        "v is the mean squared distance, 1/k, as jnp.var gives it without ddof.",
    ):
        after.close_to(expected, neighbours={sample: lambda: {**expected, "var": np.array([2.0, 18.0])}})


@check(
    "RunningStandardizer",
    "correct",
    hint="In training, first move the statistics, then standardise with what they are now.",
)
def test_RunningStandardizer_standardizes_with_the_new_statistics(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((5, 2), scale=2.0, mean=1.0)
    result, _ = standardized(learner, empty_statistics(), x)
    rows = wide(x)
    result.close_to((rows - rows.mean(axis=0)) / np.sqrt(rows.var(axis=0) + 1e-6), **NORMALIZED)


@check(
    "RunningStandardizer",
    "correct",
    hint="Each row counts the same, in a large batch and in a small one. The variance of all rows has three parts: the old "
    "variance, the batch's, and the distance of the two means. δ is taken from the old mean.",
)
def test_RunningStandardizer_joins_batches(learner: Learner, numbers: Numbers) -> None:
    batches = [numbers.normal((size, 2), mean=mean) for size, mean in ((5, 0.0), (1, 4.0), (5, -2.0))]
    statistics: Any = empty_statistics()
    for seen in range(1, 4):
        _, after = standardized(learner, statistics, batches[seen - 1])
        after.close_to(statistics_of(np.concatenate([wide(batch) for batch in batches[:seen]])), **NORMALIZED)
        statistics = after.value


@check(
    "RunningStandardizer",
    "correct",
    hint="In training x is standardised by mean' and var', those of all rows so far, and not by the batch's own.",
)
def test_RunningStandardizer_standardizes_with_all_rows(learner: Learner, numbers: Numbers) -> None:
    statistics, x = given_statistics(numbers), numbers.normal((5, 2), mean=2.0)
    result, _ = standardized(learner, statistics, x)
    joined = joined_statistics(statistics, x)
    result.close_to((wide(x) - joined["mean"]) / np.sqrt(joined["var"] + 1e-6), **NORMALIZED)


@check(
    "RunningStandardizer",
    "correct",
    hint="(n + k)² is more than an int32 holds as soon as n passes 46,340, and n k soon after. Take shares, which are floats: "
    "n / (n + k) times k / (n + k).",
)
def test_RunningStandardizer_counts_to_a_billion(learner: Learner, numbers: Numbers) -> None:
    for count in (50_000, 1_000_000, 1_000_000_000):
        statistics = {**given_statistics(numbers), "count": jnp.int32(count)}
        # So far away that five rows show among a billion.
        x = numbers.normal((5, 2), mean=1e4)
        _, after = standardized(learner, statistics, x)
        after.close_to(joined_statistics(statistics, x), **NORMALIZED)


@check(
    "RunningStandardizer",
    "correct",
    hint="v is the mean squared distance from the batch's mean: jnp.var. mean(x²) - mean(x)² subtracts numbers that are almost"
    " alike, far from 0, and the digits are gone.",
)
def test_RunningStandardizer_keeps_its_digits(learner: Learner, numbers: Numbers) -> None:
    statistics = given_statistics(numbers)
    far, units = np.array([3000.0, 0.0]), np.array([1.0, 1e-3])
    statistics["mean"] = jnp.asarray(np.asarray(statistics["mean"]) + far, jnp.float32)
    x = jnp.asarray(np.asarray(numbers.normal((5, 2))) * units + far, jnp.float32)
    result, after = standardized(learner, statistics, x)
    joined = joined_statistics(statistics, x)
    # A mean near 3000 is known to 1e-3, some roundings of it; by mean(x²) - mean(x)² a variance would be wrong by about 1.
    after.close_to(joined, rtol=1e-3, atol=2e-3)
    result.close_to((wide(x) - joined["mean"]) / np.sqrt(joined["var"] + 1e-6), rtol=0.0, atol=1e-2)


@check(
    "RunningStandardizer",
    "jit",
    hint="The count is traced, and 0 at first: k / (n + k) needs no branch.",
)
def test_RunningStandardizer_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [
        (statistics, numbers.normal((5, 2))) for statistics in (empty_statistics(), given_statistics(numbers))
    ]
    for train in (False, True):
        compiles_once(standardizer(learner.RunningStandardizer, train).jit(), calls)
    in_training = linen_call(train=True, mutable=[STATISTICS])
    learner.RunningStandardizer.compare_on(
        "RunningStandardizer().apply", in_training, numbers.normal((64, 33))
    )
