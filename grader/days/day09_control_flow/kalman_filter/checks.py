"""Checks of kalman_filter."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.shared import Params, close_in_scale, stays_a_loop
from grader.toolkit import (
    Array,
    Called,
    Learner,
    Numbers,
    agrees_once,
    came,
    check,
    compiled_if_possible,
    hint_when,
    must_beat,
    wide,
)


def kalman_params(numbers: Numbers, n: int, m: int) -> Params:
    """Covariances have eigenvalues of 0.5 and more, so that S is well conditioned; the transition has norm 0.95.

    A transition that lets states grow lets rounding grow, too, in the plain form Σ' - K H Σ' of the last line.
    """

    def covariance(size: int) -> jax.Array:
        root = wide(numbers.normal((size, size), 0.5))
        return jnp.asarray(root @ root.T + 0.5 * np.eye(size), jnp.float32)

    transition = wide(numbers.normal((n, n)))
    transition *= 0.95 / np.linalg.norm(transition, 2)
    return {
        "mean": numbers.normal(n),
        "covariance": covariance(n),
        "transition": jnp.asarray(transition, jnp.float32),
        "process_noise": covariance(n),
        "emission": numbers.normal((m, n)),
        "observation_noise": covariance(m),
    }


def in_other_units(params: Params, observations: jax.Array) -> tuple[Params, jax.Array]:
    """The state in units of which it takes a million, and the last observed number in units that are smaller still."""
    state, observed = 1e-6, jnp.full(observations.shape[1], 1e-6).at[-1].set(1e-9)
    scale: dict[str, Any] = {
        "mean": state,
        "covariance": state**2,
        "transition": 1,
        "process_noise": state**2,
        "emission": observed[:, None] / state,
        "observation_noise": observed[:, None] * observed,
    }
    return {name: value * scale[name] for name, value in params.items()}, observations * observed


def kalman_oracle(params: Params, observations: jax.Array) -> tuple[Array, Array]:
    known = {name: wide(value) for name, value in params.items()}
    f, h = known["transition"], known["emission"]
    mean, covariance = known["mean"], known["covariance"]
    means, covariances = [], []
    for y in wide(observations):
        mean = f @ mean
        covariance = f @ covariance @ f.T + known["process_noise"]
        s = h @ covariance @ h.T + known["observation_noise"]
        gain = covariance @ h.T @ np.linalg.inv(s)
        mean = mean + gain @ (y - h @ mean)
        covariance = covariance - gain @ s @ gain.T
        means.append(mean)
        covariances.append(covariance)
    return np.stack(means), np.stack(covariances)


# A dozen small matrix products and a solve a step, the errors of which go on to the next one.
KALMAN_RTOL, KALMAN_ATOL = 1e-4, 3e-5


STEPS = 6  # few: written out, each of them takes a quarter of a second to compile


def kalman_of_one_number(learner: Learner, transition: float, emission: float) -> Called:
    """Two steps of a state of one number; what is not said is 1."""
    matrices = {"transition": transition, "emission": emission}
    others = ("covariance", "process_noise", "observation_noise")
    params = {"mean": jnp.ones(1)} | {name: jnp.ones((1, 1)) for name in others}
    params |= {name: jnp.full((1, 1), value) for name, value in matrices.items()}
    with hint_when(came(tuple, 2), "lax.scan gives (last carry, outputs). The answer is the outputs."):
        return compiled_if_possible(learner.kalman_filter, params, jnp.array([[3.0], [1.0]]))


@check(
    "kalman_filter",
    "correct",
    hint="An emission of 0 corrects nothing: each step is μ = F μ and Σ = F Σ Fᵀ + Q, the first step too. Lay aside both, in"
    " every step.",
)
def test_kalman_filter_predicts(learner: Learner) -> None:
    result = kalman_of_one_number(learner, transition=2.0, emission=0.0)
    result.close_to(([[2.0], [4.0]], [[[5.0]], [[21.0]]]), rtol=KALMAN_RTOL, atol=KALMAN_ATOL)


@check(
    "kalman_filter",
    "correct",
    hint="The correction starts from what was predicted, y - H μ' and Σ', not from the μ and Σ before. What it finds is laid"
    " aside, and the next step goes on from it.",
)
def test_kalman_filter_by_hand(learner: Learner) -> None:
    result = kalman_of_one_number(learner, transition=2.0, emission=1.0)
    result.close_to(([[17 / 6], [1.875]], [[[5 / 6]], [[0.8125]]]), rtol=KALMAN_RTOL, atol=KALMAN_ATOL)
    result = kalman_of_one_number(learner, transition=1.0, emission=1.0)
    result.close_to(([[7 / 3], [1.5]], [[[2 / 3]], [[0.625]]]), rtol=KALMAN_RTOL, atol=KALMAN_ATOL)


@check(
    "kalman_filter",
    "correct",
    hint="Under jit a Python loop is written out. lax.scan compiles the step once: carry (mean, covariance).",
)
def test_kalman_filter_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    params = kalman_params(numbers, 3, 2)
    stays_a_loop(learner.kalman_filter.jit(), lambda length: (params, numbers.normal((length, 2))))


@check(
    "kalman_filter",
    "correct",
    hint="Which matrix comes first, and which is transposed? S⁻¹ is the inverse of a matrix, not of its entries.",
)
def test_kalman_filter_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    params, observations = kalman_params(numbers, 3, 2), numbers.normal((STEPS, 2))
    # Compiled, as in the next check: eagerly, each loop is compiled anew at every call.
    result = learner.kalman_filter.jit()(params, observations)
    result.close_to(kalman_oracle(params, observations), rtol=KALMAN_RTOL, atol=KALMAN_ATOL)


@check(
    "kalman_filter",
    "correct",
    hint="S may be small, and one of its diagonal entries far smaller than another: that is a matter of units. Add nothing to S,"
    " and leave nothing of it out; jnp.linalg.solve(S, H Σ') takes it as it is.",
)
def test_kalman_filter_takes_any_units(learner: Learner, numbers: Numbers) -> None:
    call = in_other_units(kalman_params(numbers, 3, 2), numbers.normal((STEPS, 2)))
    close_in_scale(learner.kalman_filter.jit()(*call), kalman_oracle(*call), KALMAN_RTOL)


@check("kalman_filter", "jit", hint="The program depends on shapes alone; the params are data.")
def test_kalman_filter_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(kalman_params(numbers, 3, 2), numbers.normal((STEPS, 2))) for _ in range(2)]
    agrees_once(learner.kalman_filter.jit(), calls, kalman_oracle, rtol=KALMAN_RTOL, atol=KALMAN_ATOL)


def kalman_loop(params: Params, observations: jax.Array) -> tuple[jax.Array, jax.Array]:
    f, h = params["transition"], params["emission"]
    mean, covariance = params["mean"], params["covariance"]
    means, covariances = [], []
    for t in range(len(observations)):
        mean = f @ mean
        covariance = f @ covariance @ f.T + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jnp.linalg.solve(s, h @ covariance).T
        mean = mean + gain @ (observations[t] - h @ mean)
        covariance = covariance - gain @ s @ gain.T
        means.append(mean)
        covariances.append(covariance)
    return jnp.stack(means), jnp.stack(covariances)


@check(
    "kalman_filter",
    "speed",
    hint="One scan over the observations: every step goes on from the one before, and none is computed twice.",
)
def test_kalman_filter_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    params = kalman_params(numbers, 3, 2)
    must_beat(
        learner,
        learner.kalman_filter.jit(),
        kalman_loop,
        named="a Python loop over steps",
        draw=lambda size: (params, numbers.normal((size, 2))),
        size=72,
        gate=15,
        numbers=numbers,
    )
