"""What the first weights do: how wide they are in layers of different sizes, how they are spread, and what becomes of a signal.

With the right deviation the strength of a signal stays where it is through fourteen relu layers; with a factor that is a little
off it dies away or explodes, by the same factor each time. Layers whose sizes differ tell fan-in from fan-out. Two layers of
the same shape are drawn beside each other: they must not be the same, nor have stripes.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from grader.scenes import Scene, bars, chart, image, line, points

UNEQUAL = 200, 50, 200, 12, 12, 12, 400
DEEP = (128,) * 15
GAIN = 2.0**0.5


def draw(init_mlp: Any) -> list[Any]:
    """One network with layers of many sizes, one with fourteen of the same."""
    layers = init_mlp(jax.random.key(7), UNEQUAL, GAIN)
    weights = [np.asarray(layer["w"], np.float64) for layer in layers]
    measured = [float(np.std(w)) for w in weights]
    law = [GAIN / size**0.5 for size in UNEQUAL[:-1]]
    numbers = range(1, len(law) + 1)
    spread = weights[0].ravel() / (np.std(weights[0]) or 1.0)
    counts, edges = np.histogram(spread, bins=31, range=(-3.875, 3.875), density=True)
    middles = (edges[:-1] + edges[1:]) / 2
    signal = np.random.default_rng(7).normal(size=(32, DEEP[0]))
    strengths = [float(np.sqrt(np.mean(signal**2)))]
    for layer in init_mlp(jax.random.key(8), DEEP, GAIN):
        before = signal @ np.asarray(layer["w"], np.float64) + np.asarray(layer["b"], np.float64)
        signal = np.maximum(before, 0)
        strengths.append(float(np.sqrt(np.mean(before**2) / 2)))
    depth = np.arange(len(strengths))
    return [
        chart(
            "deviation of each layer's weights",
            line(numbers, law, "the law", given=True),
            points(range(1, len(measured) + 1), measured, "measured"),
            across="layer",
            up="deviation",
            log_up=True,
        ),
        chart(
            "weights of the first layer, by their deviation",
            bars(middles, counts, "weights"),
            line(middles, np.exp(-(middles**2) / 2) / np.sqrt(2 * np.pi), "the normal law", given=True),
            across="weight",
            up="density",
        ),
        chart(
            "strength of a signal through relu layers",
            line(depth, np.ones(depth.size), "should be about", given=True),
            line(depth, strengths, "measured"),
            across="layer",
            up="strength",
            log_up=True,
        ),
        image("weights of layer 4, 12 by 12", weights[3], scale="signed"),
        image("weights of layer 5, 12 by 12", weights[4], scale="signed"),
    ]


SCENE = Scene(
    "Weights as they are drawn: their deviation layer by layer, how they are spread, what becomes of a signal in a deep network, "
    "and two layers of one size, which must not be alike.",
    draw,
    shows=[
        "fan_out",
        "without_the_root",
        "gain_under_the_root",
        "xavier",
        "uniform_within_the_deviation",
        "uniform_of_the_right_deviation",
        "one_key_for_all_layers",
        "key_folded_with_the_size",
        "equal_units",
        "zeros",
    ],
    by_chance=True,
)
