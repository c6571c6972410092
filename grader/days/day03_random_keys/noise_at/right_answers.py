"""Other honest ways to write noise_at; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def noise_at__by_splitting_the_folded_key(key, step, shape):
    """Splits the key of the step once more before drawing."""
    _, noise_key = jax.random.split(jax.random.fold_in(key, step))
    return jax.random.normal(noise_key, shape)


def noise_at__from_uniforms(key, step, shape):
    """Turns uniforms into normals through the inverse error function."""
    low = float(np.nextafter(np.float32(-1), np.float32(0)))
    u = jax.random.uniform(jax.random.fold_in(key, step), shape, minval=low, maxval=1.0)
    return jnp.sqrt(jnp.float32(2)) * lax.erf_inv(u)


def noise_at__with_a_key_for_each_element(key, step, shape):
    """Draws scalar by scalar from split keys."""
    keys = jax.random.split(jax.random.fold_in(key, step), int(np.prod(shape)))
    return jax.vmap(jax.random.normal)(keys).reshape(shape)


@partial(jax.jit, static_argnames="shape")
def noise_at__by_box_and_muller(key, step, shape):
    """Compiled by the learner; two uniforms make one normal."""
    radius_key, angle_key = jax.random.split(jax.random.fold_in(key, step))
    radius = jnp.sqrt(-2 * jnp.log1p(-jax.random.uniform(radius_key, shape)))
    return radius * jnp.cos(2 * jnp.pi * jax.random.uniform(angle_key, shape))


def noise_at__folds_twice(key, step, shape):
    """Folds the step in by its halves of sixteen bits."""
    step = jnp.asarray(step)
    key = jax.random.fold_in(jax.random.fold_in(key, step >> 16), step & 0xFFFF)
    return jax.random.normal(key, shape)


def noise_at__size_and_sign(key, step, shape):
    """Draws sizes and signs apart."""
    size_key, sign_key = jax.random.split(jax.random.fold_in(key, step))
    sizes = jnp.abs(jax.random.normal(size_key, shape))
    return sizes * jax.random.rademacher(sign_key, shape, dtype=jnp.float32)
