"""Other honest ways to write init_mlp; each must pass every check."""

import functools

import jax
import jax.numpy as jnp

# init_mlp


def init_mlp__folds_in_the_layer(key, sizes, gain):
    """Numbers the layers."""
    return [
        {
            "w": (gain * fan_in**-0.5) * jax.random.normal(jax.random.fold_in(key, i), (fan_in, fan_out)),
            "b": jnp.zeros((fan_out,)),
        }
        for i, (fan_in, fan_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True))
    ]


def init_mlp__splits_as_it_goes(key, sizes, gain):
    """Carries the key along."""
    params = []
    for i in range(len(sizes) - 1):
        key, subkey = jax.random.split(key)
        w = jax.random.normal(subkey, sizes[i : i + 2], dtype=jnp.float32)
        scale = jnp.sqrt(jnp.square(gain) / sizes[i])
        params.append({"w": scale * w, "b": jnp.zeros_like(w[0])})
    return params


def init_mlp__one_long_draw(key, sizes, gain):
    """Draws all weights at once, and cuts them up."""
    pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
    numbers = jax.random.normal(key, (sum(m * n for m, n in pairs),))
    layers, start = [], 0
    for m, n in pairs:
        w = numbers[start : start + m * n].reshape(m, n)
        layers.append({"b": jnp.zeros(n), "w": w * gain / jnp.sqrt(jnp.float32(m))})
        start += m * n
    return layers


@functools.partial(jax.jit, static_argnames="sizes")
def init_mlp__multivariate(key, sizes, gain):
    """Compiled by the learner, by another way to normals."""
    layers = []
    for k, m, n in zip(jax.random.split(key, len(sizes) - 1), sizes[:-1], sizes[1:], strict=True):
        radius_key, angle_key = jax.random.split(k)
        radius = jnp.sqrt(2 * jax.random.exponential(radius_key, (m, n)))
        angle = jax.random.uniform(angle_key, (m, n), maxval=2 * jnp.pi)
        layers.append({"w": radius * jnp.cos(angle) * gain / m**0.5, "b": jnp.zeros(n)})
    return layers


def init_mlp__maps_over_keys(key, sizes, gain):
    """A comprehension over keys and sizes, with a helper for one layer."""

    def layer(k, n_in, n_out):
        return dict(
            w=gain / jnp.sqrt(n_in * 1.0) * jax.random.normal(k, (n_in, n_out)), b=jnp.zeros((n_out,))
        )

    n_layers = len(sizes) - 1
    return [
        layer(k, *sizes[i : i + 2])
        for i, k in zip(range(n_layers), jax.random.split(key, n_layers), strict=True)
    ]


def init_mlp__inverse_of_the_normal_curve(key, sizes, gain):
    """Uniform numbers through the inverse error function."""
    layers = []
    for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
        key, fresh = jax.random.split(key)
        u = jax.random.uniform(fresh, (fan_in, fan_out), minval=-1 + 1e-7, maxval=1.0)
        layers.append(
            {"w": jnp.sqrt(2.0) * jax.lax.erf_inv(u) * gain * fan_in**-0.5, "b": jnp.zeros(fan_out)}
        )
    return layers
