"""Other honest ways to write hmc_chain; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# hmc_chain


def hmc_chain__joined_kicks(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Half a kick, then whole ones between the drifts, then half a kick back; draws everything beforehand."""
    momentum_key, accept_key = jax.random.split(key)
    momenta = jax.random.normal(momentum_key, (n_samples, *start.shape))
    thresholds = jax.random.uniform(accept_key, (n_samples,))
    gradient = jax.grad(log_density)

    def sample(x0, draws):
        p0, threshold = draws

        def step(state, _):
            x, p = state
            x = x + step_size * p
            return (x, p + step_size * gradient(x)), None

        p = p0 + 0.5 * step_size * gradient(x0)
        (x, p), _ = lax.scan(step, (x0, p), length=n_leapfrog)
        p = p - 0.5 * step_size * gradient(x)
        ratio = jnp.exp(log_density(x) - jnp.sum(p**2) / 2 - log_density(x0) + jnp.sum(p0**2) / 2)
        x = jnp.where(threshold < ratio, x, x0)
        return x, x

    return lax.scan(sample, start, (momenta, thresholds))[1]


def hmc_chain__fori_loop(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Writes samples into an array, carries the key, turns the momentum at the end, accepts by cond."""
    force = jax.value_and_grad(log_density)

    def hamiltonian(x, p):
        return 0.5 * p @ p - log_density(x)

    def leapfrog(_, state):
        x, p = state
        p = p + 0.5 * step_size * force(x)[1]
        x = x + step_size * p
        return x, p + 0.5 * step_size * force(x)[1]

    def sample(k, state):
        x, key, samples = state
        key, one, two = jax.random.split(key, 3)
        p = jax.random.normal(one, x.shape, x.dtype)
        proposal, last = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        probability = jnp.exp(hamiltonian(x, p) - hamiltonian(proposal, -last))
        x = lax.cond(jax.random.uniform(two) < probability, lambda: proposal, lambda: x)
        return x, key, samples.at[k].set(x)

    samples = jnp.zeros((n_samples, *start.shape), start.dtype)
    return lax.fori_loop(0, n_samples, sample, (start, key, samples))[2]


@partial(jax.jit, static_argnames=("log_density", "n_samples", "n_leapfrog"))
def hmc_chain__bernoulli(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Accepts by a Bernoulli draw with NaN made 0, and carries the gradient along; compiled by the learner."""
    value_and_force = jax.value_and_grad(log_density)

    def step(_, state):
        x, p, force, _ = state
        p = p + step_size / 2 * force
        x = x + step_size * p
        value, force = value_and_force(x)
        return x, p + step_size / 2 * force, force, value

    def sample(state, k):
        x, value, force = state
        one, two = jax.random.split(jax.random.fold_in(key, k))
        p = jax.random.normal(one, x.shape)
        new, p_new, new_force, new_value = lax.fori_loop(0, n_leapfrog, step, (x, p, force, value))
        ratio = jnp.exp(new_value - value + (jnp.sum(p**2) - jnp.sum(p_new**2)) / 2)
        probability = jnp.clip(jnp.nan_to_num(ratio, nan=0.0, posinf=1.0), 0, 1)
        accepted = jax.random.bernoulli(two, probability)
        state = jax.tree.map(
            lambda new, old: jnp.where(accepted, new, old), (new, new_value, new_force), (x, value, force)
        )
        return state, state[0]

    return lax.scan(sample, (start, *value_and_force(start)), jnp.arange(n_samples))[1]


def hmc_chain__keys_by_index(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Splits once, and takes its two keys by the number of the sample."""
    keys = jax.random.split(key, (n_samples, 2))
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x0, k):
        p0 = jax.random.normal(keys[k, 0], x0.shape)
        x, p = lax.fori_loop(0, n_leapfrog, leapfrog, (x0, p0))
        accepted = jnp.log(jax.random.uniform(keys[k, 1])) < energy(x0, p0) - energy(x, p)
        x = jnp.where(accepted, x, x0)
        return x, x

    return lax.scan(sample, start, jnp.arange(n_samples))[1]


def hmc_chain__keys_by_index_in_a_fori_loop(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Fills the rows in a fori_loop, splitting keys[k] in each round."""
    keys = jax.random.split(key, n_samples)
    force = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * force(x)
        x = x + step_size * p
        return x, p + step_size / 2 * force(x)

    def fill(k, state):
        x0, rows = state
        one, two = jax.random.split(keys[k])
        p0 = jax.random.normal(one, x0.shape)
        x, p = lax.fori_loop(0, n_leapfrog, leapfrog, (x0, p0))
        gain = log_density(x) - log_density(x0) + (p0 @ p0 - p @ p) / 2
        x = jnp.where(jnp.log(jax.random.uniform(two)) < gain, x, x0)
        return x, rows.at[k].set(x)

    return lax.fori_loop(0, n_samples, fill, (start, jnp.zeros((n_samples, *start.shape))))[1]


def hmc_chain__carries_its_key(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Carries the key along, and value and gradient together."""
    value_and_gradient = jax.value_and_grad(log_density)

    def sample(state, _):
        x, key = state
        key, for_p, for_u = jax.random.split(key, 3)
        p0 = jax.random.normal(for_p, start.shape)
        before, slope = value_and_gradient(x)

        def leap(state, _):
            y, p, _, slope = state
            p = p + 0.5 * step_size * slope
            y = y + step_size * p
            after, slope = value_and_gradient(y)
            return ((y, p + 0.5 * step_size * slope, after, slope), None)

        (y, p, after, _), _ = lax.scan(leap, (x, p0, before, slope), None, length=n_leapfrog)
        gain = after - 0.5 * jnp.dot(p, p) - (before - 0.5 * jnp.dot(p0, p0))
        accept = jnp.log1p(-jax.random.uniform(for_u)) < gain
        x = lax.select(accept, y, x)
        return ((x, key), x)

    return lax.scan(sample, (start, key), None, length=n_samples)[1]
