"""Plausible mistakes in per_example_gradients; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax import lax

# per_example_gradients


@caught_by("speed", "beats_the_loop")
def per_example_gradients__idles(loss, params, x, y):
    """Goes round thousands of times, lets the loss of one round count, and differentiates through all of them."""

    def masked(params, x, y):
        def add(total, counts):
            here = jax.tree.map(lambda leaf: leaf + 0 * total, params)
            return total + counts * loss(here, x, y), None

        return lax.scan(add, jnp.zeros(()), jnp.zeros(8192).at[0].set(1.0))[0]

    return jax.vmap(jax.grad(masked), in_axes=(None, 0, 0))(params, x, y)


@caught_by("deeper", "fill_the_range_of_float32")
def per_example_gradients__loss_scaled(loss, params, x, y):
    """Scales the loss by 65536 and the gradient back: huge gradients, as 1e35, overflow to inf on the way."""
    lifted = jax.grad(lambda p, a, b: 65536.0 * loss(p, a, b))
    grads = jax.vmap(lifted, in_axes=(None, 0, 0))(params, x, y)
    return jax.tree.map(lambda g: g / 65536.0, grads)


@caught_by("deeper", "takes_images_and_trees")
def per_example_gradients__features_flattened(loss, params, x, y):
    """Flattens the features: a loss of images or of numbers (x of shape (batch,)) sees examples of another shape."""
    rows = x.reshape(x.shape[0], -1)
    return jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, rows, y)


@caught_by("correct", "by_hand")
def per_example_gradients__of_the_mean(loss, params, x, y):
    """Averages before it differentiates."""
    return jax.grad(lambda p: jax.vmap(loss, in_axes=(None, 0, 0))(p, x, y).mean())(params)


@caught_by("correct", "by_hand")
def per_example_gradients__averaged(loss, params, x, y):
    """Averages afterwards."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    return jax.tree.map(lambda leaf: leaf.mean(axis=0), each)


@caught_by("correct", "by_hand")
def per_example_gradients__share_of_the_mean(loss, params, x, y):
    """Differentiates each example's share of the mean: too small by the size of the batch."""

    def share(p, a, b):
        return loss(p, a, b) / len(x)

    return jax.vmap(jax.grad(share), in_axes=(None, 0, 0))(params, x, y)


@caught_by("correct", "by_hand")
def per_example_gradients__params_mapped(loss, params, x, y):
    """Maps the parameters, too."""
    return jax.vmap(jax.grad(loss))(params, x, y)


@caught_by("correct", "by_hand")
def per_example_gradients__whole_batch(loss, params, x, y):
    """Hands the loss the whole batch."""
    return jax.jacobian(loss)(params, x, y)


@caught_by("correct", "by_hand")
def per_example_gradients__list(loss, params, x, y):
    """Returns a list with a tree for each example."""
    return [jax.grad(loss)(params, x[i], y[i]) for i in range(len(x))]


@caught_by("correct", "takes_any_loss")
def per_example_gradients__dicts_only(loss, params, x, y):
    """Takes parameters to be a flat dict."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    return {name: each[name] for name in params}


@caught_by("correct", "takes_any_loss")
def per_example_gradients__float_labels(loss, params, x, y):
    """Turns integer labels into floats."""
    return jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y.astype(x.dtype))


@caught_by("correct", "takes_a_batch_of_one")
def per_example_gradients__squeezed(loss, params, x, y):
    """Squeezes, and loses a batch of one."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    return jax.tree.map(jnp.squeeze, each)


@caught_by("jit", "compiles_once")
def per_example_gradients__through_numpy(loss, params, x, y):
    """Collects the gradients as NumPy arrays."""
    each = [jax.tree.map(np.asarray, jax.grad(loss)(params, x[i], y[i])) for i in range(len(x))]
    return jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *each)


@caught_by("jit", "takes_all_examples_at_once")
def per_example_gradients__lax_map(loss, params, x, y):
    """Takes example after example, compiled."""
    return lax.map(lambda example: jax.grad(loss)(params, *example), (x, y))


@caught_by("jit", "takes_all_examples_at_once")
def per_example_gradients__loop(loss, params, x, y):
    """Differentiates example after example, with a compiled gradient."""
    gradient = jax.jit(jax.grad(loss))
    each = [gradient(params, x[i], y[i]) for i in range(len(x))]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *each)


@caught_by("jit", "takes_all_examples_at_once")
def per_example_gradients__map_in_one_batch(loss, params, x, y):
    """Walks the examples in a loop of one round."""
    return lax.map(lambda example: jax.grad(loss)(params, *example), (x, y), batch_size=len(x))


@caught_by("deeper", "are_as_they_are")
def per_example_gradients__nan_to_num(loss, params, x, y):
    """Makes zeros of gradients that are not a number, as if they were harmless."""
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    return jax.tree.map(jnp.nan_to_num, each)


@caught_by("deeper", "has_a_slope")
def per_example_gradients__stopped(loss, params, x, y):
    """Stops the gradient of the gradients, as if nobody could want it."""
    return lax.stop_gradient(jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y))
