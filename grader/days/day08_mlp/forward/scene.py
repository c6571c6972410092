"""What four networks make of each point of a plane.

The first one has two tanh layers: without its activation it is a plane, with one after the last layer it is flat on both sides,
with relu it has folds, and a bias that comes late moves it. The second one's activation looks at all numbers of a layer
together. The third is one linear layer, never activated, and in the last one the same layer stands at several places.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

SIDE = 24
WIDTH = 6


def _shares(h: Any) -> Any:
    return 3 * jax.nn.softmax(h)


def _everywhere(forward: Any, params: Any, points: Any, activation: Any) -> Any:
    return jax.vmap(lambda x: forward(params, x, activation))(points)


def draw(forward: Any) -> list[Any]:
    """576 points from -2 to 2; weights that were drawn once."""
    random = np.random.default_rng(7)

    def layer(fan_in: int, fan_out: int) -> dict[str, Any]:
        w = random.normal(size=(fan_in, fan_out)) * 1.6 / fan_in**0.5
        return {
            "w": jnp.asarray(w, jnp.float32),
            "b": jnp.asarray(random.normal(size=fan_out) * 0.8, jnp.float32),
        }

    first, again, last = layer(2, WIDTH), layer(WIDTH, WIDTH), layer(WIDTH, 1)
    turn = layer(2, 2)
    ticks = np.linspace(-2, 2, SIDE)
    across, up = np.meshgrid(ticks, ticks[::-1])
    points = jnp.asarray(np.stack([across, up], -1).reshape(-1, 2), jnp.float32)
    networks = (
        ("two tanh layers of 6", [first, again, last], jnp.tanh),
        ("an activation of all numbers", [first, last], _shares),
        ("one linear layer", [turn], jnp.tanh),
        ("one layer three times", [turn, turn, turn], jnp.tanh),
    )
    panels = []
    for title, params, activation in networks:
        out = _everywhere(forward, params, points, activation)
        panels.append(image(title, np.asarray(out)[..., 0].reshape(SIDE, SIDE), scale="signed"))
    return panels


SCENE = Scene(
    "What four networks make of the points of a plane: the first number that comes out.",
    draw,
    shows=[
        "activates_the_last_layer",
        "bias_after_the_activation",
        "no_activation",
        "always_relu",
        "two_layers_only",
        "turns_square_weights_round",
        "activates_the_first_layer_always",
        "knows_the_last_layer_by_identity",
    ],
)
