"""Five gradients, clipped at more and more, and the noise that is added at different settings.

The gradients point to different sides and one of them is zero. Without noise the mean changes with `clip` along a curve that
bends where one example after the other is no longer clipped: another curve where the mean is clipped, where each parameter is
clipped by itself, or where short gradients are lengthened. Then only noise: how wide it is, and whether the noises of two parts
of the parameters have to do with each other, each measured on thousands of numbers.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, line, points, quick

GRADIENTS = np.array([[3, 0.5], [0.2, 0.3], [0, 0], [-1, 4], [8, 6]], np.float32)
NUMBERS = 4000
SETTINGS = (1.0, 1.0), (1.0, 5.0), (1.0, 0.2), (3.0, 1.0)  # noise, clip


def _tilted(params: Any, x: Any, y: Any) -> Any:
    return params["a"][0] * x[0] + params["b"][0] * x[1]


def draw(dp_sgd_gradient: Any) -> list[Any]:
    """A linear loss, so that each example is its own gradient; most of the parameters have none, and hold the noise."""
    private = quick(dp_sgd_gradient, static="loss")
    key, other_key = jax.random.split(jax.random.key(7))
    params = {"a": jnp.zeros(NUMBERS), "b": jnp.zeros(NUMBERS)}
    still, y = np.zeros_like(GRADIENTS), np.zeros(len(GRADIENTS), np.float32)
    clips = np.logspace(-1, 1.5, 26)
    found = [private(key, _tilted, params, GRADIENTS, y, float(clip), 0.0) for clip in clips]
    noises = []
    for noise, clip in SETTINGS:
        drawn = private(key, _tilted, params, still, y, clip, noise)
        noises.append((np.asarray(drawn["a"]), np.asarray(drawn["b"])))
    other = private(other_key, _tilted, params, still, y, 1.0, 1.0)
    a, b = noises[0]
    with np.errstate(all="ignore"):
        alike = [np.corrcoef(a, b)[0, 1], np.corrcoef(a, np.asarray(other["a"]))[0, 1]]
    return [
        chart(
            "without noise",
            line(clips, [np.asarray(one["a"])[0] for one in found], "first parameter"),
            line(clips, [np.asarray(one["b"])[0] for one in found], "second parameter"),
            across="clip",
            up="gradient",
            log_across=True,
        ),
        chart(
            "deviation of the noise",
            points(range(1, len(SETTINGS) + 1), [np.std(a) for a, _ in noises]),
            across="1 as it is, 2 clip 5 times, 3 clip a fifth, 4 noise 3 times",
            up="deviation",
            log_up=True,
        ),
        chart(
            "how alike noises are, in tenths",
            line((1, 2), (10, 10), "the same", given=True),
            bars((1, 2), np.rint(10 * np.array(alike)) + 0.0),
            across="1 of two leaves, 2 of two keys",
            up="correlation times 10",
        ),
    ]


SCENE = Scene(
    "The private gradient of five examples for larger and larger clips, and the noise alone: how wide, and how independent.",
    draw,
    shows=[
        "clips_the_mean",
        "clips_each_leaf",
        "lengthens",
        "sum",
        "divides_by_zero",
        "noise_without_clip",
        "noise_on_the_mean",
        "noise_for_each_example",
        "one_draw_for_all",
        "same_key_for_each_leaf",
        "fixed_key",
    ],
)
