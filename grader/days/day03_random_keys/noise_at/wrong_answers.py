"""Plausible mistakes in noise_at; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax


@caught_by("correct", "steps_are_independent")
def noise_at__ignores_the_step(key, step, shape):
    """Draws the same noise at every step."""
    return jax.random.normal(key, shape)


@caught_by("correct", "keys_are_independent")
def noise_at__step_as_a_seed(key, step, shape):
    """Seeds with the step and forgets the key."""
    return jax.random.normal(jax.random.key(step), shape)


@caught_by("correct", "keys_are_independent")
def noise_at__adds_the_step_to_the_seed(key, step, shape):
    """Adds step and seed, so that (0, 1) and (1, 0) are the same stream."""
    return jax.random.normal(jax.random.key(jax.random.key_data(key)[-1] + step), shape)


@caught_by("correct", "is_standard_normal")
def noise_at__uniform(key, step, shape):
    """Draws uniforms of mean 0 and variance 1."""
    bound = jnp.sqrt(3.0)
    return jax.random.uniform(jax.random.fold_in(key, step), shape, minval=-bound, maxval=bound)


@caught_by("correct", "has_mean_0_and_deviation_1")
def noise_at__grows_with_time(key, step, shape):
    """Scales by the root of the step, as if the noise had piled up."""
    return jnp.sqrt(1.0 + step) * jax.random.normal(jax.random.fold_in(key, step), shape)


@caught_by("correct", "steps_are_independent")
def noise_at__shares_a_base(key, step, shape):
    """Mixes noise common to all steps with noise of the step."""
    base_key, step_key = jax.random.split(key)
    own = jax.random.normal(jax.random.fold_in(step_key, step), shape)
    return (jax.random.normal(base_key, shape) + own) / jnp.sqrt(2.0)


@caught_by("correct", "elements_are_independent")
def noise_at__one_row_for_all(key, step, shape):
    """Draws the last axis and repeats it."""
    row = jax.random.normal(jax.random.fold_in(key, step), shape[-1:])
    return jnp.broadcast_to(row, shape)


@caught_by("correct", "has_mean_0_and_deviation_1")
def noise_at__counts_its_calls(key, step, shape):
    """Keeps a counter between calls in place of the step."""
    noise_at.calls = getattr(noise_at, "calls", 0) + 1  # noqa: F821
    return jax.random.normal(jax.random.fold_in(key, noise_at.calls), shape)  # noqa: F821


@caught_by("correct", "jumps_to_the_step")
def noise_at__numbers_steps_as_they_come(key, step, shape):
    """Numbers the steps in the order in which they are asked for."""
    if noise_at.__dict__.get("last") != int(step):  # noqa: F821
        noise_at.last = int(step)  # noqa: F821
        noise_at.number = noise_at.__dict__.get("number", 0) + 1  # noqa: F821
    return jax.random.normal(jax.random.fold_in(key, noise_at.number), shape)  # noqa: F821


@caught_by("correct", "jumps_to_the_step")
def noise_at__splits_step_times(key, step, shape):
    """Walks up to the step with a Python loop."""
    for _ in range(step):
        key, _ = jax.random.split(key)
    return jax.random.normal(jax.random.split(key)[1], shape)


@caught_by("correct", "jumps_to_the_step")
def noise_at__splits_into_all_steps(key, step, shape):
    """Makes the keys of all steps up to this one and takes the last."""
    return jax.random.normal(jax.random.split(key, step + 1)[step], shape)


@caught_by("correct", "jumps_to_the_step")
def noise_at__walks_in_a_loop(key, step, shape):
    """Walks up to the step in a compiled loop: right, but slow at late steps."""
    key = lax.fori_loop(0, step, lambda _, key: jax.random.split(key)[0], key)
    return jax.random.normal(jax.random.split(key)[1], shape)


@caught_by("correct", "steps_are_independent")
def noise_at__step_as_a_float(key, step, shape):
    """Rounds the step to float32, where 2**24 + 1 is 2**24."""
    step = jnp.asarray(step, jnp.float32).astype(jnp.uint32)
    return jax.random.normal(jax.random.fold_in(key, step), shape)


@caught_by("correct", "steps_are_independent")
def noise_at__begins_again(key, step, shape):
    """Begins again after 2**20 steps."""
    return jax.random.normal(jax.random.fold_in(key, jnp.asarray(step) % 2**20), shape)


@caught_by("correct", "is_standard_normal")
def noise_at__half_precision(key, step, shape):
    """Draws in bfloat16 and widens: the law is about right, with some thousand values in all."""
    return jax.random.normal(jax.random.fold_in(key, step), shape, jnp.bfloat16).astype(jnp.float32)


@caught_by("deeper", "has_the_tails_of_the_normal_law")
def noise_at__clipped(key, step, shape):
    """Clips what is rare."""
    return jnp.clip(jax.random.normal(jax.random.fold_in(key, step), shape), -2.5, 2.5)


@caught_by("deeper", "has_the_tails_of_the_normal_law")
def noise_at__a_little_wide(key, step, shape):
    """Has a deviation of 1.03."""
    return 1.03 * jax.random.normal(jax.random.fold_in(key, step), shape)


@caught_by("deeper", "has_the_tails_of_the_normal_law")
def noise_at__four_uniforms(key, step, shape):
    """Adds four uniforms: a bell with short ends."""
    uniforms = jax.random.uniform(jax.random.fold_in(key, step), (4, *shape))
    return (uniforms.sum(axis=0) - 2) * jnp.sqrt(3.0)


@caught_by("deeper", "steps_share_nothing")
def noise_at__a_little_in_common(key, step, shape):
    """Gives all steps of a key 2 % of their variance in common."""
    own, common = jax.random.split(key)
    noise = jax.random.normal(jax.random.fold_in(own, step), shape)
    return jnp.sqrt(0.98) * noise + jnp.sqrt(0.02) * jax.random.normal(common, shape)
