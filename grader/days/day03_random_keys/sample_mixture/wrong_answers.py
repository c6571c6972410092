"""Plausible mistakes in sample_mixture; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by


@caught_by("jit", "uses_each_key_once")
def sample_mixture__one_key_for_both_draws(key, log_weights, means, stds, n):
    """Draws component and noise from the same key."""
    component = jax.random.categorical(key, log_weights, shape=(n,))
    return means[component] + stds[component] * jax.random.normal(key, (n,))


@caught_by("correct", "components_have_their_weights")
def sample_mixture__weights_as_logits(key, log_weights, means, stds, n):
    """Exponentiates first, though categorical wants logs."""
    component_key, noise_key = jax.random.split(key)
    component = jax.random.categorical(component_key, jnp.exp(log_weights), shape=(n,))
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))


@caught_by("correct", "survives_huge_log_weights")
def sample_mixture__exponentiates_unshifted(key, log_weights, means, stds, n):
    """Exponentiates raw log weights, so that large ones overflow."""
    component_key, noise_key = jax.random.split(key)
    weights = jnp.exp(log_weights)
    component = jax.random.choice(component_key, means.size, (n,), p=weights / weights.sum())
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))


@caught_by("correct", "components_have_their_spread")
def sample_mixture__stds_as_variances(key, log_weights, means, stds, n):
    """Takes the deviations for variances."""
    component_key, noise_key = jax.random.split(key)
    component = jax.random.categorical(component_key, log_weights, shape=(n,))
    return means[component] + jnp.sqrt(stds[component]) * jax.random.normal(noise_key, (n,))


@caught_by("correct", "components_have_their_weights")
def sample_mixture__blends_the_components(key, log_weights, means, stds, n):
    """Averages means and deviations, so that one broad hill is left."""
    weights = jax.nn.softmax(log_weights)
    return weights @ means + (weights @ stds) * jax.random.normal(key, (n,))


@caught_by("correct", "components_have_their_weights")
def sample_mixture__one_component_for_all(key, log_weights, means, stds, n):
    """Chooses one component and draws all samples from it."""
    component_key, noise_key = jax.random.split(key)
    component = jax.random.categorical(component_key, log_weights)
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))


@caught_by("correct", "samples_are_independent")
def sample_mixture__fills_by_quota(key, log_weights, means, stds, n):
    """Gives each component its exact share of the samples, in blocks."""
    cumulative = jnp.cumsum(jax.nn.softmax(log_weights))
    place = (jnp.arange(n) + 0.5) / n
    component = jnp.searchsorted(cumulative, place).clip(0, means.size - 1)
    return means[component] + stds[component] * jax.random.normal(key, (n,))


@caught_by("correct", "components_have_their_spread")
def sample_mixture__one_noise_for_all(key, log_weights, means, stds, n):
    """Draws a single number and shares it among all samples."""
    component_key, noise_key = jax.random.split(key)
    component = jax.random.categorical(component_key, log_weights, shape=(n,))
    return means[component] + stds[component] * jax.random.normal(noise_key)


@caught_by("jit", "compiles_once")
def sample_mixture__filters_in_python(key, log_weights, means, stds, n):
    """Throws out the components of weight 0 with a Python condition."""
    possible = jnp.array([j for j in range(means.size) if log_weights[j] > -jnp.inf])
    component_key, noise_key = jax.random.split(key)
    chosen = jax.random.categorical(component_key, log_weights[possible], shape=(n,))
    component = possible[chosen]
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))


@caught_by("jit", "loops_stay_loops")
def sample_mixture__python_loop(key, log_weights, means, stds, n):
    """Draws one sample after the other: right, but the program grows with n."""
    samples = []
    for _ in range(n):
        key, component_key, noise_key = jax.random.split(key, 3)
        component = jax.random.categorical(component_key, log_weights)
        samples.append(means[component] + stds[component] * jax.random.normal(noise_key))
    return jnp.stack(samples)


@caught_by("deeper", "never_draws_what_is_never_drawn")
def sample_mixture__a_floor_for_all(key, log_weights, means, stds, n):
    """Adds 1e-6 to every weight, so that what is never drawn is rarely drawn."""
    component_key, noise_key = jax.random.split(key)
    weights = jax.nn.softmax(log_weights) + 1e-6
    component = jax.random.categorical(component_key, jnp.log(weights), shape=(n,))
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))


@caught_by("deeper", "counts_vary_by_chance")
def sample_mixture__stratified(key, log_weights, means, stds, n):
    """Deals the components out in their proportions and shuffles them."""
    order_key, noise_key, start_key = jax.random.split(key, 3)
    cumulative = jnp.cumsum(jax.nn.softmax(log_weights))
    u = (jnp.arange(n) + jax.random.uniform(start_key)) / n
    dealt = jnp.minimum(jnp.searchsorted(cumulative, u, side="right"), means.size - 1)
    component = jax.random.permutation(order_key, dealt)
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))


@caught_by("correct", "survives_huge_log_weights")
def sample_mixture__never_is_seldom(key, log_weights, means, stds, n):
    """Takes -10000 for -inf: where all weights are as small, never is as often as anything."""
    component_key, noise_key = jax.random.split(key)
    log_weights = jnp.maximum(log_weights, -1e4)
    component = jax.random.categorical(component_key, log_weights, shape=(n,))
    return means[component] + stds[component] * jax.random.normal(noise_key, (n,))
