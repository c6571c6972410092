"""Plausible mistakes in welford; each must be caught by the check named above it."""

import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax import lax

# welford


@caught_by("correct", "by_hand")
def welford__sample_variance(x):
    """Divides by k - 1."""

    def step(state, value):
        count, mean, scatter = state
        count = count + 1
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference * (value - mean)
        return (count, mean, scatter), (mean, scatter / jnp.maximum(count - 1, 1))

    zero = jnp.zeros(())
    return lax.scan(step, (zero, zero, zero), x)[1]


@caught_by("correct", "by_hand")
def welford__counts_from_zero(x):
    """Divides by how many values came before."""

    def step(state, value):
        count, mean, scatter = state
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference * (value - mean)
        return (count + 1, mean, scatter), (mean, scatter / count)

    zero = jnp.zeros(())
    return lax.scan(step, (zero, zero, zero), x)[1]


@caught_by("correct", "by_hand")
def welford__old_mean_twice(x):
    """Squares the difference to the old mean."""

    def step(state, value):
        count, mean, scatter = state
        count = count + 1
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference**2
        return (count, mean, scatter), (mean, scatter / count)

    zero = jnp.zeros(())
    return lax.scan(step, (zero, zero, zero), x)[1]


@caught_by("correct", "by_hand")
def welford__last_only(x):
    """Returns the final state, not the running one."""

    def step(k, state):
        mean, scatter = state
        difference = x[k] - mean
        mean = mean + difference / (k + 1)
        return mean, scatter + difference * (x[k] - mean)

    mean, scatter = lax.fori_loop(0, len(x), step, (jnp.zeros(()), jnp.zeros(())))
    return mean, scatter / len(x)


@caught_by("correct", "by_hand")
def welford__carry_of_integers(x):
    """Starts from integer zeros: the carry comes out as floats."""

    def step(state, value):
        count, mean, scatter = state
        count = count + 1
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference * (value - mean)
        return (count, mean, scatter), (mean, scatter / count)

    zero = jnp.zeros((), int)
    return lax.scan(step, (zero, zero, zero), x)[1]


@caught_by("correct", "is_stable_far_from_zero")
def welford__mean_of_squares(x):
    """Mean of the squares minus square of the mean."""
    counts = jnp.arange(1, len(x) + 1)
    means = jnp.cumsum(x) / counts
    return means, jnp.cumsum(x**2) / counts - means**2


@caught_by("correct", "is_stable_far_from_zero")
def welford__mean_of_squares_clipped(x):
    """Hides the damage with a maximum."""
    counts = jnp.arange(1, len(x) + 1)
    means = jnp.cumsum(x) / counts
    return means, jnp.maximum(jnp.cumsum(x**2) / counts - means**2, 0)


@caught_by("jit", "compiles_once")
def welford__through_numpy(x):
    """Works in NumPy; a tracer cannot become one."""
    values = np.asarray(x, np.float64)
    heads = [values[:k] for k in range(1, len(values) + 1)]
    means = jnp.array([head.mean() for head in heads], jnp.float32)
    return means, jnp.array([head.var() for head in heads], jnp.float32)


@caught_by("jit", "stays_a_loop")
def welford__python_loop(x):
    """Loops in Python: under jit every step is written out."""
    mean = scatter = jnp.zeros(())
    means, variances = [], []
    for k, value in enumerate(x):
        difference = value - mean
        mean = mean + difference / (k + 1)
        scatter = scatter + difference * (value - mean)
        means.append(mean)
        variances.append(scatter / (k + 1))
    return jnp.stack(means), jnp.stack(variances)


@caught_by("jit", "builds_no_table")
def welford__table_of_prefixes(x):
    """Lays out all prefixes in a square."""
    inside = jnp.tril(jnp.ones((len(x), len(x)), bool))
    table = jnp.broadcast_to(x, inside.shape)
    return jnp.mean(table, axis=1, where=inside), jnp.var(table, axis=1, where=inside)


@caught_by("speed", "beats_the_loop")
def welford__all_values_again(x):
    """Goes through all values again for each prefix."""
    places = jnp.arange(len(x))

    def up_to(last):
        def mean_step(k, total):
            return total + jnp.where(k <= last, x[k], 0)

        mean = lax.fori_loop(0, len(x), mean_step, jnp.zeros(())) / (last + 1)

        def scatter_step(k, total):
            return total + jnp.where(k <= last, (x[k] - mean) ** 2, 0)

        return mean, lax.fori_loop(0, len(x), scatter_step, jnp.zeros(())) / (last + 1)

    return lax.map(up_to, places)


@caught_by("correct", "by_hand")
def welford__count_outside(x):
    """Counts in Python; the step is traced once."""
    count = 0

    def step(state, value):
        nonlocal count
        count += 1
        mean, scatter = state
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference * (value - mean)
        return (mean, scatter), (mean, scatter / count)

    return lax.scan(step, (0.0, 0.0), x)[1]


@caught_by("correct", "by_hand")
def welford__sum_of_squares(x):
    """Lays M aside, not M / k."""

    def step(state, value):
        count, mean, scatter = state
        count = count + 1
        difference = value - mean
        mean = mean + difference / count
        scatter = scatter + difference * (value - mean)
        return (count, mean, scatter), (mean, scatter)

    return lax.scan(step, (0.0, 0.0, 0.0), x)[1]


@caught_by("deeper", "remembers_long")
def welford__window(x):
    """Forgets: no value counts for less than 1/500."""

    def step(state, value):
        count, mean, scatter = state
        count = count + 1
        difference = value - mean
        mean = mean + difference / jnp.minimum(count, 500)
        scatter = scatter + difference * (value - mean)
        return ((count, mean, scatter), (mean, scatter / count))

    zero = jnp.zeros((), x.dtype)
    _, running = lax.scan(step, (zero, zero, zero), x)
    return running


@caught_by("deeper", "remembers_long")
def welford__window2000(x):
    """Forgets beyond 2000 values."""

    def step(state, value):
        count, mean, scatter = state
        count = count + 1
        difference = value - mean
        mean = mean + difference / jnp.minimum(count, 2000)
        scatter = scatter + difference * (value - mean)
        return ((count, mean, scatter), (mean, scatter / count))

    zero = jnp.zeros((), x.dtype)
    _, running = lax.scan(step, (zero, zero, zero), x)
    return running
