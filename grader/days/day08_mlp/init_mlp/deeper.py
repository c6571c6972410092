"""Deeper checks of init_mlp."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.init_mlp.checks import layers_of
from grader.toolkit import Called, Draw, Learner, Numbers, check, slope_agrees, wide


@check(
    "init_mlp", "deeper", hint="A layer from each size to the next, scaled by its own fan-in and by the gain."
)
def test_init_mlp_in_many_cases(learner: Learner, draw: Draw) -> None:
    sizes = draw.one_of((2, 3, 1), (3, 3, 3))
    key, gain = draw.key(), draw.floats((), magnitudes=(1e-9, 1e3), low=0)
    handle = learner.init_mlp.jit(static_argnames="sizes")
    unit, called = layers_of(handle(key, sizes, jnp.float32(1.0)), sizes), handle(key, sizes, gain)
    layers_of(called, sizes)
    for number, layer in enumerate(unit):  # linear in the gain
        called[number]["w"].close_to(float(gain) * wide(layer["w"]), atol=0.0)
        called[number]["b"].equals(np.zeros(sizes[number + 1]))


@check(
    "init_mlp",
    "deeper",
    hint="Mean 0, deviation gain / √fan_in, and the tails of normals: jax.random.normal has them.",
)
def test_init_mlp_draws_normals(learner: Learner, numbers: Numbers) -> None:
    sizes = (700, 750)
    called = learner.init_mlp(numbers.key(), sizes, 1.0)
    values = wide(layers_of(called, sizes)[0]["w"]) * math.sqrt(700)
    weights, n = called[0]["w"], values.size
    mean, square = float(values.mean()), float(np.mean(values**2))
    weights.require(
        abs(mean) <= 6.5 / math.sqrt(n), "has another mean", expected="0", got=f"{mean / math.sqrt(700):.2g}"
    )
    # The sum of n squares of normals has deviation √2n; for so many it is normal itself, to 6.5 deviations.
    weights.require(
        abs(square - 1) <= 6.5 * math.sqrt(2 / n),
        "has another deviation",
        expected=f"1 / √700 = {700**-0.5:.5f}",
        got=f"{math.sqrt(square / 700):.5f}",
    )
    beyond = int(np.sum(np.abs(values) > 4))  # 33 on average
    weights.require(
        1 <= beyond <= 100,
        "draws from another distribution",
        expected="33 of 525,000 weights beyond 4 deviations, or so",
        got=f"{beyond}",
    )
    # Rows and columns have sums of their own, each of deviation 1.
    for axis, name in ((0, "columns"), (1, "rows")):
        sums = values.sum(axis=axis) / math.sqrt(values.shape[axis])
        spread = float(np.mean(sums**2))
        weights.require(
            0.6 <= spread <= 1.5,
            f"has {name} that are not independent",
            expected="sums of deviation 1",
            got=f"{math.sqrt(spread):.2g}",
        )


# Under a jit of one's own each layer's draw is compiled: forty take seven seconds.
@check("init_mlp", "deeper", hint="As many keys as there are layers.", patience=3)
def test_init_mlp_takes_many_layers(learner: Learner, numbers: Numbers) -> None:
    sizes = (3,) * 44
    layers = layers_of(learner.init_mlp(numbers.key(), sizes, 1.0), sizes)
    first = [float(layer["w"][0, 0]) for layer in layers]
    Called(f"init_mlp(key, {sizes[:2]} and so on, 1.0)", layers).require(
        len(set(first)) >= 42,
        "draws the same weights twice",
        expected="43 layers that differ",
        got=f"{len(set(first))}",
    )


@check("init_mlp", "deeper", hint="Weights have a derivative by the gain: nothing may stop it.")
def test_init_mlp_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    key, sizes = numbers.key(), (3, 3, 3)
    unit = layers_of(learner.init_mlp(key, sizes, 1.0), sizes)

    def scaled(gain: Any) -> Any:
        return [{"b": wide(layer["b"]), "w": float(gain) * wide(layer["w"])} for layer in unit]

    handle = learner.init_mlp.derive("init_mlp", lambda gain: learner.init_mlp.function(key, sizes, gain))
    slope_agrees(handle, scaled, jnp.float32(2.0))
