"""Other honest ways to write kalman_filter; each must pass every check."""

import jax
import jax.numpy as jnp
import jax.scipy.linalg
from jax import lax

# kalman_filter


def kalman_filter__inverse_and_joseph_form(params, observations):
    """Inverts S, and updates the covariance in a form that stays symmetric."""
    f, h = params["transition"], params["emission"]
    q, r = params["process_noise"], params["observation_noise"]

    def step(state, y):
        mean, covariance = state
        mean, covariance = f @ mean, f @ covariance @ f.T + q
        gain = covariance @ h.T @ jnp.linalg.inv(h @ covariance @ h.T + r)
        keep = jnp.eye(len(mean)) - gain @ h
        state = mean + gain @ (y - h @ mean), keep @ covariance @ keep.T + gain @ r @ gain.T
        return state, state

    return lax.scan(step, (params["mean"], params["covariance"]), observations)[1]


def kalman_filter__fori_loop(params, observations):
    """Writes into arrays that were made before."""
    f, h = params["transition"], params["emission"]
    n, length = len(params["mean"]), len(observations)

    def step(t, carry):
        (mean, covariance), means, covariances = carry
        mean, covariance = f @ mean, f @ covariance @ f.T + params["process_noise"]
        s = h @ covariance @ h.T + params["observation_noise"]
        gain = jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(s), h @ covariance).T
        mean, covariance = mean + gain @ (observations[t] - h @ mean), covariance - gain @ (h @ covariance)
        return (mean, covariance), means.at[t].set(mean), covariances.at[t].set(covariance)

    start = (params["mean"], params["covariance"]), jnp.zeros((length, n)), jnp.zeros((length, n, n))
    _, means, covariances = lax.fori_loop(0, length, step, start)
    return means, covariances


@jax.jit
def kalman_filter__two_scans(params, observations):
    """Covariances do not depend on the observations: first they, then the means, compiled by the learner."""
    f, h = params["transition"], params["emission"]

    def spread(covariance, _):
        covariance = f @ covariance @ f.T + params["process_noise"]
        gain = jnp.linalg.solve(h @ covariance @ h.T + params["observation_noise"], h @ covariance).T
        covariance = covariance - gain @ h @ covariance
        return covariance, (gain, covariance)

    def correct(mean, now):
        gain, y = now
        mean = f @ mean + gain @ (y - h @ f @ mean)
        return mean, mean

    _, (gains, covariances) = lax.scan(spread, params["covariance"], length=len(observations))
    return lax.scan(correct, params["mean"], (gains, observations))[1], covariances


def kalman_filter__cholesky(params, observations):
    """Solves with a Cholesky factor of S, which is positive definite."""
    transition, emission = (params["transition"], params["emission"])

    def step(state, observation):
        mean, covariance = state
        mean = transition @ mean
        covariance = transition @ covariance @ transition.T + params["process_noise"]
        innovation = emission @ covariance @ emission.T + params["observation_noise"]
        gain = jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(innovation), emission @ covariance).T
        mean = mean + gain @ (observation - emission @ mean)
        covariance = covariance - gain @ innovation @ gain.T
        return ((mean, covariance), (mean, covariance))

    start = (params["mean"], params["covariance"])
    _, filtered = lax.scan(step, start, observations)
    return filtered


def kalman_filter__psd_clip(params, observations):
    """Holds variances above 0, where they are anyway."""
    transition, emission = (params["transition"], params["emission"])

    def step(state, observation):
        mean, covariance = state
        mean = transition @ mean
        covariance = transition @ covariance @ transition.T + params["process_noise"]
        innovation = emission @ covariance @ emission.T + params["observation_noise"]
        gain = jnp.linalg.solve(innovation, emission @ covariance).T
        mean = mean + gain @ (observation - emission @ mean)
        covariance = covariance - gain @ innovation @ gain.T
        covariance = jnp.where(jnp.eye(len(covariance)) > 0, jnp.maximum(covariance, 0), covariance)
        return ((mean, covariance), (mean, covariance))

    start = (params["mean"], params["covariance"])
    _, filtered = lax.scan(step, start, observations)
    return filtered


def kalman_filter__joseph_form(params, observations):
    """Gain by Cholesky, covariance in Joseph's form, which stays positive."""
    F, Q = params["transition"], params["process_noise"]
    H, R = params["emission"], params["observation_noise"]
    identity = jnp.eye(F.shape[0], dtype=F.dtype)

    def congruence(A, S):
        return jnp.einsum("ij,jk,lk->il", A, S, A, precision="highest")

    def step(carry, y):
        mean, cov = carry
        mean, cov = F @ mean, congruence(F, cov) + Q
        factor = jax.scipy.linalg.cho_factor(congruence(H, cov) + R, lower=True)
        K = jax.scipy.linalg.cho_solve(factor, H @ cov).T
        mean = mean + K @ (y - H @ mean)
        cov = congruence(identity - K @ H, cov) + congruence(K, R)
        return (mean, cov), (mean, cov)

    return lax.scan(step, (params["mean"], params["covariance"]), observations)[1]
