"""A walker who turns, seen through noise whose two directions go together.

The state is place and speed in the plane, so that the transition is not symmetric, and two numbers are observed at once whose
noise is correlated, so that S is no diagonal. The walker turns: who forgets the noise of the process becomes sure of
himself, and lags behind. The start is far off in time: it stands one step before the first observation.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, band, chart, line, points

STEPS = 36


def draw(kalman_filter: Any) -> list[Any]:
    """The track with what was found, the place across with its band, and how sure it is of place and speed."""
    rng = np.random.default_rng(7)
    heading = np.cumsum(np.where(np.arange(STEPS) < 14, 0.02, np.where(np.arange(STEPS) < 26, 0.22, -0.1)))
    track = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)
    noise = np.array([[1.2, 1.0], [1.0, 1.2]])
    seen = track + rng.multivariate_normal(np.zeros(2), noise, STEPS)
    params = {
        "mean": [0, 0, 1, 0],
        "covariance": np.diag([0.3, 0.3, 0.05, 0.05]),
        "transition": np.eye(4) + np.eye(4, k=2),
        "process_noise": np.diag([0.01, 0.01, 0.03, 0.03]),
        "emission": np.eye(2, 4),
        "observation_noise": noise,
    }
    given = {name: jnp.asarray(value, jnp.float32) for name, value in params.items()}
    means, covariances = kalman_filter(given, jnp.asarray(seen, jnp.float32))
    means, covariances = np.asarray(means), np.asarray(covariances)
    steps = np.arange(1, STEPS + 1)
    with np.errstate(invalid="ignore"):
        place, speed = np.sqrt(covariances[..., 0, 0]), np.sqrt(covariances[..., 2, 2])
    return [
        chart(
            "the track in the plane",
            points(seen[:, 0], seen[:, 1], "observations", given=True),
            line(track[:, 0], track[:, 1], "the true track", given=True),
            line(means[:, 0], means[:, 1], "means"),
            across="place across",
            up="place up",
            equal=True,
        ),
        chart(
            "the place across, with two deviations",
            points(steps, seen[:, 0], "observations", given=True),
            band(steps, means[:, 0] - 2 * place, means[:, 0] + 2 * place, "mean ± 2 deviations"),
            line(steps, track[:, 0], "the truth", given=True),
            across="step",
            up="place across",
        ),
        chart(
            "how uncertain it is",
            line(steps, place, "of the place"),
            line(steps, speed, "of the speed"),
            across="step",
            up="deviation",
        ),
    ]


SCENE = Scene(
    "A walker who turns, seen through noise: the track that is found should lie closer to the truth than the "
    "observations do, and the truth should hardly ever leave the band.",
    draw,
    shows=[
        "forgets_the_process_noise",
        "returns_predictions",
        "starts_over",
        "corrects_first",
        "compares_with_the_old_mean",
        "divides_by_entries",
        "transposed_transition",
    ],
)
