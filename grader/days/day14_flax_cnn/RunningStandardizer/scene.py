"""Running mean and variance while batches of two sizes come in, against those of all rows so far.

The rows drift, so who forgets old rows, or weighs large batches like small ones, leaves the given line. The second column
lies around 3000, where a difference of squares loses the variance. Between batches other rows are looked at for evaluation.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, points, quick

BATCHES = 14
SIZES = 3, 9


def draw(RunningStandardizer: Any) -> list[Any]:  # noqa: N803 - the class is called so
    """The statistics after each batch, and what became of the batches."""
    generator = np.random.default_rng(7)
    sizes = [SIZES[number % 2] for number in range(BATCHES)]
    batches: list[Any] = []
    for number, size in enumerate(sizes):
        drift = 0.4 * number + (1.5 if size == SIZES[0] else -0.5)
        rows = generator.normal(size=(size, 2)) * [1, 1 + 0.05 * number] + [drift, 3000]
        batches.append(rows.astype(np.float32))
    model = RunningStandardizer()
    train = quick(lambda variables, x: model.apply(variables, x, True, mutable=["batch_stats"]))
    judge = quick(lambda variables, x: model.apply(variables, x, False, mutable=["batch_stats"]))
    variables = model.init(jax.random.key(7), jnp.asarray(batches[0]), True)
    means, variances, heights, judged = [], [], [], []
    for rows in batches:
        came, moved = train(variables, rows)
        variables = {**variables, **moved}
        other, moved = judge(variables, batches[0] + 2)
        variables = {**variables, **moved}
        statistics = variables["batch_stats"]
        means.append(np.ravel(statistics["mean"]))
        variances.append(np.ravel(statistics["var"]))
        heights.append(np.mean(came[:, 0]))
        judged.append(np.mean(other[:, 0]))
    so_far = [np.concatenate(batches[: number + 1]).astype(np.float64) for number in range(BATCHES)]
    numbers = range(1, BATCHES + 1)
    found = np.array(means), np.array(variances)
    law = np.array([rows.mean(axis=0) for rows in so_far]), np.array([rows.var(axis=0) for rows in so_far])

    def against(title: str, kind: int, column: int) -> Any:
        return chart(
            title,
            line(numbers, law[kind][:, column], "of all rows so far", given=True),
            points(numbers, found[kind][:, column], "running"),
            across="batch",
            up="value",
        )

    return [
        against("mean of the first column", 0, 0),
        against("variance of the first column", 1, 0),
        against("variance of the second column, around 3000", 1, 1),
        chart(
            "mean of what comes out, first column",
            line(numbers, heights, "the batch, in training"),
            line(numbers, judged, "the same other rows, in evaluation"),
            across="batch",
            up="standardised",
        ),
    ]


SCENE = Scene(
    "Fourteen batches of 3 and 9 rows that drift upward: running mean and variances after each, against those of all rows so "
    "far; and the height of what comes out, of the batch and of other rows that are looked at in between.",
    draw,
    shows=[
        "counts_init",
        "always",
        "momentum",
        "old_statistics",
        "moved_mean",
        "forgets_to_write",
        "batch_statistics",
        "mean_of_squares",
        "sample_variance",
    ],
)
