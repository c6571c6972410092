"""Other honest ways to write welford; each must pass every check."""

import jax.numpy as jnp
from jax import lax

# welford


def welford__fori_loop(x):
    """Writes into arrays that were made before."""

    def step(k, state):
        mean, scatter, means, variances = state
        difference = x[k] - mean
        mean = mean + difference / (k + 1)
        scatter = scatter + difference * (x[k] - mean)
        return mean, scatter, means.at[k].set(mean), variances.at[k].set(scatter / (k + 1))

    start = jnp.zeros(()), jnp.zeros(()), jnp.zeros_like(x), jnp.zeros_like(x)
    return lax.fori_loop(0, len(x), step, start)[2:]


def welford__associative(x):
    """Joins neighbouring pieces: counts add, means meet in the middle."""

    def join(left, right):
        (n, mean, scatter), (other_n, other_mean, other_scatter) = left, right
        total = n + other_n
        difference = other_mean - mean
        return (
            total,
            mean + difference * other_n / total,
            scatter + other_scatter + difference**2 * n * other_n / total,
        )

    counts, means, scatters = lax.associative_scan(join, (jnp.ones_like(x), x, jnp.zeros_like(x)))
    return means, scatters / counts


def welford__shifted(x):
    """Takes the first value off before it squares anything."""
    counts = jnp.arange(1, len(x) + 1)
    shifted = x - x[0]
    means = jnp.cumsum(shifted) / counts
    return means + x[0], jnp.maximum(jnp.cumsum(shifted**2) / counts - means**2, 0)


def welford__variance_itself(x):
    """Carries the variance instead of the sum of squares."""

    def step(state, now):
        mean, variance = state
        value, k = now
        difference = value - mean
        mean = mean + difference / k
        variance = variance + (difference * (value - mean) - variance) / k
        return (mean, variance), (mean, variance)

    return lax.scan(step, (0.0, 0.0), (x, jnp.arange(1.0, len(x) + 1)))[1]


def welford__counts_beforehand(x):
    """Scans over values and their numbers together."""

    def step(state, now):
        mean, scatter = state
        value, k = now
        delta = value - mean
        mean = mean + delta / k
        scatter = scatter + delta * (value - mean)
        return ((mean, scatter), jnp.stack([mean, scatter / k]))

    zero = x[0] * 0
    both = lax.scan(step, (zero, zero), (x, jnp.arange(1.0, len(x) + 1)))[1]
    return (both[:, 0], both[:, 1])


def welford__weights(x):
    """Carries the variance and moves it by weights of k - 1 and 1."""

    def step(state, value):
        k, mean, variance = state
        weight = 1 / k
        delta = value - mean
        mean = mean + weight * delta
        variance = (1 - weight) * (variance + weight * delta * delta)
        return ((k + 1, mean, variance), (mean, variance))

    first = (jnp.float32(2), x[0], jnp.zeros_like(x[0]))
    means, variances = lax.scan(step, first, x[1:])[1]
    return (jnp.concatenate([x[:1], means]), jnp.concatenate([jnp.zeros(1), variances]))
