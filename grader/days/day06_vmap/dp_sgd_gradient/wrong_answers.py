"""Plausible mistakes in dp_sgd_gradient; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by
from jax import lax

# dp_sgd_gradient


@caught_by("speed", "beats_the_loop")
def dp_sgd_gradient__by_bisection(key, loss, params, x, y, clip, noise):
    """Looks for the largest factor that keeps the norm below the clip, in twenty thousand halvings, of which thirty would do."""

    def clipped(x, y):
        gradient = jax.grad(loss)(params, x, y)

        def halve(_, between):
            low, high = between
            middle = (low + high) / 2
            norm = jnp.sqrt(sum(jnp.sum((middle * leaf) ** 2) for leaf in jax.tree.leaves(gradient)))
            return jnp.where(norm <= clip, middle, low), jnp.where(norm <= clip, high, middle)

        low, high = jax.lax.fori_loop(0, 20_000, halve, (jnp.float32(0.0), jnp.float32(2.0)))
        return jax.tree.map(lambda leaf: leaf * jnp.minimum(1.0, high), gradient)

    total = jax.tree.map(lambda leaf: leaf.sum(axis=0), jax.vmap(clipped)(x, y))
    leaves, structure = jax.tree.flatten(total)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf + noise * clip * jax.random.normal(one, leaf.shape)) / x.shape[0]
        for leaf, one in zip(leaves, keys, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("deeper", "takes_images")
def dp_sgd_gradient__features_flattened(key, loss, params, x, y, clip, noise):
    """Flattens the features: a loss of images or of numbers sees examples of another shape."""

    def clipped(a, b):
        g = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(g)))
        return jax.tree.map(lambda leaf: leaf * clip / jnp.maximum(norm, clip), g)

    total = jax.tree.map(lambda leaf: leaf.sum(axis=0), jax.vmap(clipped)(x.reshape(len(x), -1), y))
    leaves, tree = jax.tree.flatten(total)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf + noise * clip * jax.random.normal(k, leaf.shape)) / len(x)
        for leaf, k in zip(leaves, keys, strict=True)
    ]
    return jax.tree.unflatten(tree, noisy)


@caught_by("deeper", "clips_tiny_gradients")
def dp_sgd_gradient__epsilon_in_norm(key, loss, params, x, y, clip, noise):
    """Adds 1e-6 to the norm, as libraries do: where norms are as small, all comes out too small."""

    def clipped(a, b):
        g = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(g)))
        factor = jnp.minimum(1.0, clip / (norm + 1e-6))
        return jax.tree.map(lambda leaf: leaf * factor, g)

    total = jax.tree.map(lambda leaf: jnp.sum(leaf, axis=0), jax.vmap(clipped)(x, y))
    leaves, tree = jax.tree.flatten(total)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf + noise * clip * jax.random.normal(k, leaf.shape, leaf.dtype)) / x.shape[0]
        for leaf, k in zip(leaves, keys)
    ]
    return jax.tree.unflatten(tree, noisy)


@caught_by("correct", "uses_no_shortcut")
def dp_sgd_gradient__library(key, loss, params, x, y, clip, noise):
    """Leaves it to optax."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    private = optax.contrib.differentially_private_aggregate(clip, noise, key)
    return private.update(each, private.init(params), params)[0]


@caught_by("correct", "by_hand")
def dp_sgd_gradient__clips_the_mean(key, loss, params, x, y, clip, noise):
    """Averages first, and clips what is left."""
    mean = jax.tree.map(
        lambda leaf: leaf.mean(axis=0), jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    )
    norm = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(mean)))
    leaves, structure = jax.tree.flatten(mean)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        leaf * jnp.minimum(1, clip / norm) + noise * clip / len(x) * jax.random.normal(k, leaf.shape)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "by_hand")
def dp_sgd_gradient__clips_each_leaf(key, loss, params, x, y, clip, noise):
    """Clips leaf by leaf, and lets a gradient of many leaves grow past the limit."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        return jax.tree.map(lambda g: g * clip / jnp.maximum(jnp.sqrt(jnp.sum(g**2)), clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "by_hand")
def dp_sgd_gradient__lengthens(key, loss, params, x, y, clip, noise):
    """Gives every gradient the length `clip`, short ones too."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, 1e-12), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "by_hand")
def dp_sgd_gradient__sum(key, loss, params, x, y, clip, noise):
    """Forgets to divide."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        leaf.sum(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "survives_a_zero_gradient")
def dp_sgd_gradient__divides_by_zero(key, loss, params, x, y, clip, noise):
    """Divides a gradient by its norm, also one of zero."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g / norm * jnp.minimum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "scales_the_noise")
def dp_sgd_gradient__noise_without_clip(key, loss, params, x, y, clip, noise):
    """Leaves `clip` out of the noise."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * jax.random.normal(k, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "scales_the_noise")
def dp_sgd_gradient__noise_on_the_mean(key, loss, params, x, y, clip, noise):
    """Adds the noise after the division."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        leaf.mean(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "scales_the_noise")
def dp_sgd_gradient__noise_for_each_example(key, loss, params, x, y, clip, noise):
    """Adds noise to every example's gradient."""

    def private(key, a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        leaves, structure = jax.tree.flatten(gradient)
        noisy = [
            g * clip / jnp.maximum(norm, clip) + noise * clip * jax.random.normal(k, g.shape)
            for k, g in zip(jax.random.split(key, len(leaves)), leaves, strict=True)
        ]
        return jax.tree.unflatten(structure, noisy)

    each = jax.vmap(private)(jax.random.split(key, len(x)), x, y)
    return jax.tree.map(lambda leaf: leaf.mean(axis=0), each)


@caught_by("correct", "scales_the_noise")
def dp_sgd_gradient__one_draw_for_all(key, loss, params, x, y, clip, noise):
    """Draws a single number for each leaf."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.normal(k)) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "draws_for_each_leaf")
def dp_sgd_gradient__same_key_for_each_leaf(key, loss, params, x, y, clip, noise):
    """Gives every leaf the same key."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    return jax.tree.map(
        lambda g: (g.sum(axis=0) + noise * clip * jax.random.normal(key, g.shape[1:])) / len(x),
        jax.vmap(clipped)(x, y),
    )


@caught_by("correct", "depends_on_the_key")
def dp_sgd_gradient__fixed_key(key, loss, params, x, y, clip, noise):
    """Makes a key of its own."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(jax.random.key(0), len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.normal(k, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("jit", "compiles_once")
def dp_sgd_gradient__skips_the_noise(key, loss, params, x, y, clip, noise):
    """Branches on the noise."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    total = jax.tree.map(lambda leaf: leaf.sum(axis=0), jax.vmap(clipped)(x, y))
    if noise > 0:
        leaves, structure = jax.tree.flatten(total)
        keys = jax.random.split(key, len(leaves))
        noisy = [g + noise * clip * jax.random.normal(k, g.shape) for k, g in zip(keys, leaves, strict=True)]
        total = jax.tree.unflatten(structure, noisy)
    return jax.tree.map(lambda leaf: leaf / len(x), total)


@caught_by("jit", "uses_each_key_once")
def dp_sgd_gradient__splits_a_spent_key(key, loss, params, x, y, clip, noise):
    """Draws from the key, and then splits it."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    noisy = []
    for leaf in leaves:
        draw = jax.random.normal(key, leaf.shape[1:])
        noisy.append((leaf.sum(axis=0) + noise * clip * draw) / len(x))
        key, _ = jax.random.split(key)
    return jax.tree.unflatten(structure, noisy)


@caught_by("jit", "takes_all_examples_at_once")
def dp_sgd_gradient__scan(key, loss, params, x, y, clip, noise):
    """Adds up example after example in a scan."""

    def add(total, example):
        gradient = jax.grad(loss)(params, *example)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        scale = clip / jnp.maximum(norm, clip)
        return jax.tree.map(lambda t, g: t + g * scale, total, gradient), None

    total, _ = lax.scan(add, jax.tree.map(jnp.zeros_like, params), (x, y))
    leaves, structure = jax.tree.flatten(total)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (g + noise * clip * jax.random.normal(k, g.shape)) / len(x) for k, g in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("jit", "takes_all_examples_at_once")
def dp_sgd_gradient__loop(key, loss, params, x, y, clip, noise):
    """Clips example after example in Python."""
    total = jax.tree.map(jnp.zeros_like, params)
    for i in range(len(x)):
        gradient = jax.grad(loss)(params, x[i], y[i])
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        scale = clip / jnp.maximum(norm, clip)
        total = jax.tree.map(lambda t, g, scale=scale: t + g * scale, total, gradient)
    leaves, structure = jax.tree.flatten(total)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (g + noise * clip * jax.random.normal(k, g.shape)) / len(x) for k, g in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("correct", "scales_the_noise")
def dp_sgd_gradient__a_little_less_noise(key, loss, params, x, y, clip, noise):
    """Adds five per cent less noise than it is asked for."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + 0.95 * noise * clip * jax.random.normal(k, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("deeper", "takes_many_leaves")
def dp_sgd_gradient__a_hundred_keys(key, loss, params, x, y, clip, noise):
    """Splits into a hundred keys beforehand, and begins anew where they end."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, 100)
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.normal(keys[i % 100], leaf.shape[1:])) / len(x)
        for i, leaf in enumerate(leaves)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("deeper", "draws_standard_normals")
def dp_sgd_gradient__truncated_noise(key, loss, params, x, y, clip, noise):
    """Cuts the noise off at four deviations."""

    def clipped(a, b):
        gradient = jax.grad(loss)(params, a, b)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda g: g * clip / jnp.maximum(norm, clip), gradient)

    leaves, structure = jax.tree.flatten(jax.vmap(clipped)(x, y))
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf.sum(axis=0) + noise * clip * jax.random.truncated_normal(k, -4.0, 4.0, leaf.shape[1:])) / len(x)
        for k, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@caught_by("deeper", "takes_numbers_as_they_are")
def dp_sgd_gradient__nan_to_num(key, loss, params, x, y, clip, noise):
    """Makes zeros of a gradient that is not a number."""

    def clipped(x, y):
        gradient = jax.tree.map(jnp.nan_to_num, jax.grad(loss)(params, x, y))
        norm = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(gradient)))
        return jax.tree.map(lambda leaf: leaf * clip / jnp.maximum(norm, clip), gradient)

    total = jax.tree.map(lambda leaf: leaf.sum(axis=0), jax.vmap(clipped)(x, y))
    leaves, structure = jax.tree.flatten(total)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        (leaf + noise * clip * jax.random.normal(leaf_key, leaf.shape)) / len(x)
        for leaf, leaf_key in zip(leaves, keys, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)
