"""Other honest ways to write dp_sgd_gradient; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

# dp_sgd_gradient


def dp_sgd_gradient__one_long_vector(key, loss, params, x, y, clip, noise):
    """Lays each gradient out as one vector."""
    _, unravel = ravel_pytree(params)
    gradients = jax.vmap(lambda a, b: ravel_pytree(jax.grad(loss)(params, a, b))[0])(x, y)
    norms = jnp.linalg.norm(gradients, axis=1, keepdims=True)
    clipped = gradients * jnp.minimum(1.0, clip / jnp.maximum(norms, 1e-12))
    draw = jax.random.normal(key, clipped.shape[1:])
    return unravel((clipped.sum(axis=0) + noise * clip * draw) / len(x))


def dp_sgd_gradient__clips_the_stack(key, loss, params, x, y, clip, noise):
    """Takes all gradients first, then norms and scales along the batch axis."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    leaves, structure = jax.tree.flatten(each)
    n = len(x)
    norms = jnp.sqrt(sum(jnp.sum(leaf.reshape(n, -1) ** 2, axis=1) for leaf in leaves))
    scales = jnp.where(norms > clip, clip / jnp.where(norms > 0, norms, 1), 1)
    totals = [jnp.tensordot(scales, leaf, axes=1) for leaf in leaves]
    keys = [jax.random.fold_in(key, i) for i in range(len(leaves))]
    noisy = [
        (total + noise * clip * jax.random.normal(k, total.shape)) / n
        for total, k in zip(totals, keys, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@partial(jax.jit, static_argnums=1)
def dp_sgd_gradient__weighted_loss(key, loss, params, x, y, clip, noise):
    """Differentiates the weighted mean loss, with weights that clip; compiled by the learner."""

    def norm(a, b):
        squares = jax.tree.map(lambda g: jnp.vdot(g, g), jax.grad(loss)(params, a, b))
        return jnp.sqrt(jax.tree.reduce(jnp.add, squares))

    norms = jax.vmap(norm)(x, y)
    weights = jnp.minimum(1, clip / jnp.where(norms == 0, 1, norms))

    def weighted(p):
        return weights @ jax.vmap(lambda a, b: loss(p, a, b))(x, y) / x.shape[0]

    gradient = jax.grad(weighted)(params)
    structure = jax.tree.structure(gradient)
    keys = jax.tree.unflatten(structure, list(jax.random.split(key, structure.num_leaves)))
    return jax.tree.map(
        lambda g, k: g + noise * clip / x.shape[0] * jax.random.normal(k, g.shape, g.dtype), gradient, keys
    )


def dp_sgd_gradient__dots(key, loss, params, x, y, clip, noise):
    """Scales by a contraction with the batch axis, and draws with a key for each path."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    squares = jax.tree.map(lambda g: jnp.sum(g.reshape(len(x), -1) ** 2, axis=-1), each)
    norms = jnp.sqrt(jax.tree.reduce(jnp.add, squares))
    factors = jnp.where(norms <= clip, 1.0, clip / jnp.where(norms <= clip, 1.0, norms))
    paths = jax.tree_util.tree_leaves_with_path(each)
    keys = dict(
        zip([jax.tree_util.keystr(path) for path, _ in paths], jax.random.split(key, len(paths)), strict=True)
    )

    def private(path, g):
        draw = jax.random.normal(keys[jax.tree_util.keystr(path)], g.shape[1:])
        return (jnp.einsum("b,b...->...", factors, g) + noise * clip * draw) / len(x)

    return jax.tree_util.tree_map_with_path(private, each)


def dp_sgd_gradient__unit_directions(key, loss, params, x, y, clip, noise):
    """Splits each gradient into length and direction, and shortens the length."""
    leaves, structure = jax.tree.flatten(params)

    def private(a, b):
        parts = jax.tree.leaves(jax.grad(loss)(params, a, b))
        flat = jnp.concatenate([jnp.ravel(part) for part in parts])
        length = jnp.linalg.norm(flat)
        return flat / jnp.where(length > 0, length, 1.0) * jnp.minimum(length, clip)

    total = jax.vmap(private)(x, y).sum(axis=0)
    total = (total + noise * clip * jax.random.normal(key, total.shape)) / x.shape[0]
    ends = [0]
    for leaf in leaves:
        ends.append(ends[-1] + leaf.size)
    parts = [total[a:b].reshape(leaf.shape) for a, b, leaf in zip(ends, ends[1:], leaves, strict=False)]
    return jax.tree.unflatten(structure, parts)


def dp_sgd_gradient__carried_key(key, loss, params, x, y, clip, noise):
    """Splits a key off for each leaf, one after the other."""

    def clipped(a, b):
        gradient = jax.grad(lambda p: loss(p, a, b))(params)
        size = sum(jnp.vdot(g, g) for g in jax.tree.leaves(gradient))
        shrink = jnp.minimum(1.0, clip * jax.lax.rsqrt(jnp.maximum(size, 1e-30)))
        return jax.tree.map(lambda g: shrink * g, gradient)

    summed = jax.tree.map(lambda g: jnp.sum(g, axis=0), jax.vmap(clipped)(x, y))
    parts, structure = jax.tree.flatten(summed)
    out = []
    for part in parts:
        key, fresh = jax.random.split(key)
        out.append((part + noise * clip * jax.random.normal(fresh, part.shape)) / len(x))
    return structure.unflatten(out)
