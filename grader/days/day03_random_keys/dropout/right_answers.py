"""Other honest ways to write dropout; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


def dropout__by_comparing_uniforms(key, x, rate):
    """Draws uniforms and compares them itself."""
    kept = jax.random.uniform(key, x.shape) >= rate
    return jnp.where(kept, x / (1 - rate), jnp.zeros_like(x))


def dropout__by_multiplying_a_safe_mask(key, x, rate):
    """Multiplies by a mask whose scale is made safe at rate 1."""
    dropped = jax.random.bernoulli(key, rate, x.shape)
    scale = jnp.where(rate < 1, 1 / jnp.where(rate < 1, 1 - rate, 1), 0)
    return x * (1 - dropped.astype(x.dtype)) * scale


def dropout__with_a_key_for_each_element(key, x, rate):
    """One key for each element, lifted by vmap."""

    def one(key, value):
        return lax.select(jax.random.bernoulli(key, 1 - rate), value / (1 - rate), 0.0)

    return jax.vmap(one)(jax.random.split(key, x.size), x.reshape(-1)).reshape(x.shape)


@jax.jit
def dropout__compiled_by_the_learner(key, x, rate):
    """Brings its own jit, and splits a key that it need not split."""
    _, mask_key = jax.random.split(key)
    return jnp.where(jax.random.bernoulli(mask_key, rate, x.shape), 0.0, x / (1.0 - rate))


def dropout__by_random_bits(key, x, rate):
    """Compares 24 random bits with the rate, in float32, which holds them."""
    bits = jax.random.bits(key, x.shape) >> 8
    u = bits.astype(jnp.float32) * jnp.float32(2.0**-24)
    return jnp.where(u < rate, 0.0, x / (1 - jnp.minimum(rate, 0.9999999)))


def dropout__a_row_at_a_time(key, x, rate):
    """Draws the mask row by row, in a loop that stays a loop."""
    flat = x.reshape(x.shape[0], -1) if x.ndim else x.reshape(1, 1)
    keys = jax.random.split(key, flat.shape[0])
    mask = lax.map(lambda one: jax.random.bernoulli(one, 1.0 - rate, flat.shape[1:]), keys)
    return jnp.where(mask.reshape(x.shape), x / (1.0 - rate), 0.0)
