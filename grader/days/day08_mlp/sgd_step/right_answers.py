"""Other honest ways to write sgd_step; each must pass every check."""

import functools

import jax
import jax.numpy as jnp

# sgd_step


def sgd_step__leaves(params, x, y, learning_rate, loss):
    """Takes the tree apart and puts it together again."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    leaves, structure = jax.tree.flatten(params)
    slopes = jax.tree.leaves(gradients)
    after = [p - jnp.asarray(learning_rate * g, p.dtype) for p, g in zip(leaves, slopes, strict=True)]
    return jax.tree.unflatten(structure, after), value


def sgd_step__loss_and_gradient_apart(params, x, y, learning_rate, loss):
    """Asks for the loss and for its gradient, one after the other."""
    value = loss(params, x, y)
    gradients = jax.grad(loss)(params, x, y)

    def descend(p, g):
        return p - jnp.asarray(learning_rate, p.dtype) * g

    return jax.tree.map(descend, params, gradients), value


def sgd_step__pulls_back(params, x, y, learning_rate, loss):
    """Uses vjp, and scales what is pulled back."""
    value, pull = jax.vjp(lambda p: loss(p, x, y), params)
    (gradients,) = pull(jnp.ones_like(value))
    updates = jax.tree.map(lambda g: -learning_rate * g, gradients)
    return jax.tree.map(lambda p, u: (p + u).astype(p.dtype), params, updates), value


@functools.partial(jax.jit, static_argnames="loss")
def sgd_step__compiled(params, x, y, learning_rate, loss):
    """Compiled by the learner."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value


def sgd_step__vector_of_ones(params, x, y, learning_rate, loss):
    """Linearises the loss, and transposes it."""
    value, push = jax.linearize(lambda p: loss(p, x, y), params)
    (gradients,) = jax.linear_transpose(push, params)(jnp.ones_like(value))
    return jax.tree.map(
        lambda p, g: jnp.subtract(p, learning_rate * g).astype(p.dtype), params, gradients
    ), value


def sgd_step__two_trees(params, x, y, learning_rate, loss):
    """Makes a tree of steps, and then subtracts trees."""
    value, gradients = jax.value_and_grad(lambda p: loss(p, x, y), has_aux=False)(params)
    steps = jax.tree.map(lambda g: learning_rate * g, gradients)
    dtypes = jax.tree.map(lambda p: p.dtype, params)
    return jax.tree.map(lambda p, s, dtype: (p - s).astype(dtype), params, steps, dtypes), value
