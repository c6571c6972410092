"""Other honest ways to write sample_mixture; each must pass every check."""

import jax
import jax.numpy as jnp


def sample_mixture__by_choosing_with_weights(key, log_weights, means, stds, n):
    """Normalises the weights and lets choice draw the components."""
    first, second = jax.random.split(key)
    component = jax.random.choice(first, means.size, (n,), p=jax.nn.softmax(log_weights))
    return jnp.take(means, component) + jnp.take(stds, component) * jax.random.normal(second, (n,))


def sample_mixture__one_sample_lifted(key, log_weights, means, stds, n):
    """Writes one sample and lifts it over keys."""

    def one(key):
        component_key, noise_key = jax.random.split(key)
        j = jax.random.categorical(component_key, log_weights)
        return means[j] + stds[j] * jax.random.normal(noise_key)

    return jax.vmap(one)(jax.random.split(key, n))


def sample_mixture__draws_all_components(key, log_weights, means, stds, n):
    """Draws a sample of every component and keeps one by a one-hot row of Gumbel winners."""
    gumbel_key = jax.random.fold_in(key, 0)
    noise_key = jax.random.fold_in(key, 1)
    scores = log_weights + jax.random.gumbel(gumbel_key, (n, log_weights.size))
    winner = jax.nn.one_hot(jnp.argmax(scores, axis=1), log_weights.size)
    draws = means + stds * jax.random.normal(noise_key, (n, log_weights.size))
    return jnp.sum(winner * draws, axis=1)


def sample_mixture__by_searching_cumulative_weights(key, log_weights, means, stds, n):
    """Inverts the cumulative distribution of the components."""
    weights = jnp.exp(log_weights - log_weights.max())
    cumulative = jnp.cumsum(weights)
    component_key, noise_key = jax.random.split(key)
    u = jax.random.uniform(component_key, (n,)) * cumulative[-1]
    component = jnp.searchsorted(cumulative, u, side="right").clip(0, means.size - 1)
    return jax.random.normal(noise_key, (n,)) * stds[component] + means[component]


def sample_mixture__normals_from_uniforms(key, log_weights, means, stds, n):
    """Chooses by Gumbel noise and turns uniforms into normals."""
    choice_key, noise_key = jax.random.split(key)
    gumbel = jax.random.gumbel(choice_key, (log_weights.shape[0], n))
    component = jnp.argmax(log_weights[:, None] + gumbel, axis=0)
    u = jax.random.uniform(noise_key, (n,), minval=-1 + 2.0**-23, maxval=1.0)
    return means[component] + stds[component] * jnp.sqrt(2.0) * jax.lax.erf_inv(u)


def sample_mixture__one_after_the_other(key, log_weights, means, stds, n):
    """Draws sample by sample, in a loop that stays a loop."""

    def one(key):
        which, noise = jax.random.split(key)
        j = jax.random.categorical(which, log_weights - jnp.max(log_weights))
        return jax.random.normal(noise) * stds[j] + means[j]

    return jax.lax.map(one, jax.random.split(key, n))
