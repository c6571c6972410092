"""Plausible mistakes in dropout; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by


@caught_by("correct", "kept_elements_are_scaled_up")
def dropout__without_rescaling(key, x, rate):
    """Drops, but does not make up for it."""
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x, 0)


@caught_by("correct", "kept_elements_are_scaled_up")
def dropout__divides_by_the_rate(key, x, rate):
    """Takes the rate for the probability to keep."""
    return jnp.where(jax.random.bernoulli(key, rate, x.shape), x / rate, 0)


@caught_by("correct", "drops_at_the_rate")
def dropout__keeps_at_the_rate(key, x, rate):
    """Scales rightly, but keeps where it should drop."""
    return jnp.where(jax.random.bernoulli(key, rate, x.shape), x / (1 - rate), 0)


@caught_by("correct", "elements_are_independent")
def dropout__one_mask_for_all_rows(key, x, rate):
    """Draws a mask for the last axis and lets it broadcast."""
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape[-1:]), x / (1 - rate), 0)


@caught_by("correct", "elements_are_independent")
def dropout__all_or_nothing(key, x, rate):
    """Tosses one coin for the whole array."""
    return jnp.where(jax.random.bernoulli(key, 1 - rate), x / (1 - rate), 0)


@caught_by("correct", "number_of_zeros_varies")
def dropout__drops_an_exact_share(key, x, rate):
    """Drops exactly a share `rate` of the elements, wherever they are."""
    ranks = jax.random.permutation(key, x.size).reshape(x.shape)
    return jnp.where(ranks >= jnp.round(rate * x.size), x / (1 - rate), 0)


@caught_by("correct", "rate_one_gives_zeros")
def dropout__multiplies_by_the_mask(key, x, rate):
    """Divides 0 by 0 when everything is dropped."""
    return x * jax.random.bernoulli(key, 1 - rate, x.shape) / (1 - rate)


@caught_by("correct", "kept_elements_are_scaled_up")
def dropout__with_numpy_randomness(key, x, rate):
    """Draws from NumPy's hidden generator."""
    return jnp.where(np.random.random(x.shape) >= rate, x / (1 - rate), 0)


@caught_by("correct", "other_key_other_draw")
def dropout__with_a_key_of_its_own(key, x, rate):
    """Ignores the key and uses a fixed one."""
    keep = jax.random.bernoulli(jax.random.key(0), 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0)


@caught_by("jit", "compiles_once")
def dropout__branches_on_the_rate(key, x, rate):
    """Asks in Python whether there is anything to drop."""
    if rate == 0:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


@caught_by("jit", "uses_each_key_once")
def dropout__splits_a_spent_key(key, x, rate):
    """Draws from the key first and splits it afterwards."""
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    key, _ = jax.random.split(key)
    return jnp.where(keep, x / (1 - rate), 0)


@caught_by("correct", "elements_are_independent")
def dropout__mask_by_value(key, x, rate):
    """Looks each element's fate up by its value, so that equal elements share it."""
    fates = jax.random.uniform(key, (4096,))
    place = (jnp.abs(x) * 997).astype(jnp.int32) % 4096
    return jnp.where(fates[place] >= rate, x / (1 - rate), 0)


@caught_by("correct", "drops_at_the_rate")
def dropout__whole_percents(key, x, rate):
    """Keeps with a probability in whole percents."""
    keep = jax.random.randint(key, x.shape, 0, 100) < 100 * (1 - rate)
    return jnp.where(keep, x / (1 - rate), 0)


@caught_by("correct", "drops_at_the_rate")
def dropout__a_byte_each(key, x, rate):
    """Decides by a random byte: the probability moves in steps of 1/256."""
    keep = jax.random.randint(key, x.shape, 0, 256) >= jnp.round(256 * jnp.float32(rate))
    return jnp.where(keep, x / (1 - rate), 0)


@caught_by("deeper", "in_many_cases")
def dropout__rate_one_apart(key, x, rate):
    """Has a case of its own for rate 1, which no traced rate reaches."""
    if isinstance(rate, float) and rate == 1:
        return jnp.zeros_like(x)
    return jax.random.bernoulli(key, 1 - rate, x.shape) * x / (1 - rate)
