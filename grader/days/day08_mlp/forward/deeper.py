"""Deeper checks of forward."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.forward.checks import shares, shares_oracle, tanh
from grader.days.day08_mlp.shared import drawn_layers, forward_oracle
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees, wide


@check(
    "forward", "deeper", hint="h @ w + b layer by layer, the activation between them, whatever the sizes are."
)
def test_forward_in_many_cases(learner: Learner, draw: Draw) -> None:
    sizes = draw.one_of((2, 3), (2, 2, 2), (1, 3, 2), (3, 3), (2, 1, 1, 2))
    params: Any = [
        {"w": draw.floats((m, n), low=-2.0, high=2.0), "b": draw.floats((n,), low=-2.0, high=2.0)}
        for m, n in itertools.pairwise(sizes)
    ]
    x = draw.floats((sizes[0],), low=-5.0, high=5.0)
    handle = learner.forward.jit(static_argnames="activation")
    handle(params, x, shares).close_to(forward_oracle(params, x, shares_oracle), atol=1e-5)


@check("forward", "deeper", hint="A linear map is as large as its numbers are.")
def test_forward_at_any_scale(learner: Learner, draw: Draw) -> None:
    params: Any = [
        {"w": draw.floats((2, 2), magnitudes=(1e-4, 1e6)), "b": draw.floats((2,), magnitudes=(1e-4, 1e6))}
    ]
    x = draw.floats((2,), magnitudes=(1e-4, 1e6))
    scale = float((np.abs(wide(x)) @ np.abs(wide(params[0]["w"])) + np.abs(wide(params[0]["b"]))).max())
    handle = learner.forward.jit(static_argnames="activation")
    handle(params, x, tanh).close_to(forward_oracle(params, x, np.tanh), rtol=0.0, atol=1e-6 * scale)


@check("forward", "deeper", hint="As many layers as there are.")
def test_forward_takes_many_layers(learner: Learner, numbers: Numbers) -> None:
    params, x = drawn_layers(numbers, (2,) * 60), numbers.normal(2)
    learner.forward(params, x, tanh).close_to(forward_oracle(params, x, np.tanh), rtol=1e-4, atol=1e-4)


@check("forward", "deeper", hint="Gradients run through all layers; nothing may stop them.")
def test_forward_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    params, x = drawn_layers(numbers, (3, 4, 2)), numbers.normal(3)
    handle = learner.forward.derive(
        "forward with tanh", lambda params, x: learner.forward.function(params, x, tanh)
    )
    for wrt in (0, 1):
        slope_agrees(handle, lambda params, x: forward_oracle(params, x, np.tanh), params, x, wrt=wrt)


@check(
    "forward",
    "deeper",
    hint="The numbers of x count as they are, tiny ones and NaN: round and replace nothing.",
)
def test_forward_takes_x_as_it_is(learner: Learner) -> None:
    params: Any = [{"w": jnp.array([[1.0, 2.0], [4.0, -3.0]]), "b": jnp.zeros(2)}]
    handle = learner.forward.jit(static_argnames="activation")
    handle(params, jnp.array([1e-6, 3e-6]), tanh).close_to([13e-6, -7e-6], atol=0.0)
    handle(params, jnp.array([jnp.nan, 1.0]), tanh).equals([np.nan, np.nan])


@check("forward", "deeper", hint="A NaN in a weight counts behind a unit that is 0, too: 0 times NaN is NaN.")
def test_forward_lets_nan_through_behind_a_unit_that_is_off(learner: Learner) -> None:
    params = [
        {"w": jnp.array([[1.0, -1.0]]), "b": jnp.zeros(2)},
        {"w": jnp.array([[1.0], [jnp.nan]]), "b": jnp.zeros(1)},
    ]
    learner.forward.jit(static_argnames="activation")(params, jnp.array([2.0]), jax.nn.relu).equals([jnp.nan])
