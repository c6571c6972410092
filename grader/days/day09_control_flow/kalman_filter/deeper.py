"""Deeper checks of kalman_filter."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.kalman_filter.checks import KALMAN_RTOL, kalman_oracle, kalman_params
from grader.days.day09_control_flow.shared import Params, close_in_scale
from grader.toolkit import Array, Draw, Learner, Numbers, check, slope_agrees, wide

COVARIANCES = ("covariance", "process_noise", "observation_noise")


def drawn_params(draw: Draw, n: int, m: int) -> Params:
    """As those of the first look: nothing grows, and S is well conditioned, but for the units of state and observations."""
    state, observed = (10.0 ** draw.one_of(0, -5, 4) for _ in range(2))

    def covariance(size: int, unit: float) -> jax.Array:
        root = wide(draw.floats((size, size), low=-1.0, high=1.0))
        return jnp.asarray(unit**2 * (root @ root.T + 0.5 * np.eye(size)), jnp.float32)

    transition = wide(draw.floats((n, n), low=-1.0, high=1.0))
    transition *= 0.95 / max(0.95, float(np.linalg.norm(transition, 2)))
    emission = wide(draw.floats((m, n), low=-2.0, high=2.0))
    return {
        "mean": jnp.asarray(state * wide(draw.floats(n)), jnp.float32),
        "covariance": covariance(n, state),
        "transition": jnp.asarray(transition, jnp.float32),
        "process_noise": covariance(n, state),
        "emission": jnp.asarray(observed / state * emission, jnp.float32),
        "observation_noise": covariance(m, observed),
    }


@check(
    "kalman_filter",
    "deeper",
    hint="The two lines of the prediction and the four of the correction, for any n and m: which matrix comes first, which is"
    " transposed? Units change nothing.",
)
def test_kalman_filter_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, m, length = draw.one_of((1, 1, 1), (3, 2, 17), (2, 3, 40))
    params = drawn_params(draw, n, m)
    unit = float(np.sqrt(np.max(wide(params["observation_noise"]))))
    observations = jnp.asarray(unit * wide(draw.floats((length, m))), jnp.float32)
    result = learner.kalman_filter.jit()(params, observations)
    close_in_scale(result, kalman_oracle(params, observations), KALMAN_RTOL)


@check(
    "kalman_filter",
    "deeper",
    hint="An observation that is NaN corrects by NaN: the means know no better from there on, and covariances do not look at"
    " observations. A NaN in params goes on as well. Leave no step out, and replace nothing.",
)
def test_kalman_filter_lets_nan_through(learner: Learner, numbers: Numbers) -> None:
    params, whole = kalman_params(numbers, 3, 2), numbers.normal((17, 2))
    unknown = params | {"mean": params["mean"].at[0].set(jnp.nan)}
    for known, observations in ((params, whole.at[9, 1].set(jnp.nan)), (unknown, whole)):
        result = learner.kalman_filter.jit()(known, observations)
        close_in_scale(result, kalman_oracle(known, observations), KALMAN_RTOL)


@check(
    "kalman_filter",
    "deeper",
    hint="Params and observations have derivatives, through all steps: nothing may hold them up.",
)
def test_kalman_filter_has_derivatives(learner: Learner, numbers: Numbers) -> None:
    params, observations = kalman_params(numbers, 3, 2), numbers.normal((17, 2))

    def symmetric(moving: Params) -> Params:
        # Formulas that are the same for what is symmetric differ beside it.
        return {k: (x + x.T) / 2 if k in COVARIANCES else x for k, x in moving.items()}

    def filtered(moving: tuple[Params, jax.Array]) -> Any:
        return learner.kalman_filter.function(symmetric(moving[0]), moving[1])

    def oracle(moving: tuple[Params, jax.Array]) -> tuple[Array, Array]:
        return kalman_oracle(symmetric(moving[0]), moving[1])

    handle = learner.kalman_filter.derive("kalman_filter", filtered).jit()
    slope_agrees(handle, oracle, (params, observations), forward=True)


@check(
    "kalman_filter",
    "deeper",
    hint="S alone is inverted. A part of the state that is known exactly has no variance, and numbers may be observed without"
    " noise: Σ' and R have no inverses then.",
)
def test_kalman_filter_takes_singular_covariances(learner: Learner, numbers: Numbers) -> None:
    params, observations = kalman_params(numbers, 3, 2), numbers.normal((17, 2))
    params |= {"transition": 0.9 * jnp.eye(3), "emission": jnp.array([[1.0, 0.0, 0.5], [0.0, 1.0, -0.5]])}
    known = jnp.diag(jnp.array([1.0, 0.5, 0.0]))
    for some in ({"covariance": known, "process_noise": known}, {"observation_noise": jnp.zeros((2, 2))}):
        call = params | some, observations
        close_in_scale(learner.kalman_filter.jit()(*call), kalman_oracle(*call), KALMAN_RTOL)
