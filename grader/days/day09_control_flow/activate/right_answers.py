"""Other honest ways to write activate; each must pass every check."""

import jax
import jax.numpy as jnp
import jax.scipy.linalg
from jax import lax

# activate


def activate__nested_conds(x, name_index):
    """A tree of conds."""

    def low(x):
        return lax.cond(name_index <= 0, lambda x: x, lambda x: jnp.maximum(x, 0), x)

    def high(x):
        return lax.cond(name_index == 2, jnp.tanh, lambda x: jnp.logaddexp(x, 0), x)

    return lax.cond(name_index <= 1, low, high, x)


def activate__clips_itself(x, name_index):
    """Clips the number, and closes over x."""
    branches = [
        lambda: x,
        lambda: jnp.where(x > 0, x, 0),
        lambda: jnp.tanh(x),
        lambda: jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x))),
    ]
    return lax.switch(jnp.clip(name_index, 0, 3), branches)


@jax.jit
def activate__compiled(x, name_index):
    """Compiled by the learner, with named functions."""

    def identity(x):
        return x

    def softplus(x):
        return -jax.nn.log_sigmoid(-x)

    return lax.switch(name_index, [identity, jax.nn.relu, jax.lax.tanh, softplus], x)


def activate__one_after_the_other(x, name_index):
    """A cond for each function, in a row; tanh out of exponentials."""

    def curved(x):
        small = jnp.exp(-2 * jnp.abs(x))
        return jnp.sign(x) * (1 - small) / (1 + small)

    y = lax.cond(name_index == 1, lambda x: jnp.maximum(x, 0), lambda x: x, x)
    y = lax.cond(name_index == 2, curved, lambda x: y, x)
    return lax.cond(name_index >= 3, lambda x: jnp.logaddexp(x, 0), lambda x: y, x)


def activate__overflow_grad(x, name_index):
    """Picks the straight line from 20 on; the other side overflows, which no value shows."""
    functions = (lambda x: x, jax.nn.relu, jnp.tanh, lambda x: jnp.where(x > 20, x, jnp.log1p(jnp.exp(x))))
    return lax.switch(name_index, functions, x)


def activate__nested_cond(x, name_index):
    """A binary tree of conds."""
    x = jnp.asarray(x)
    number = jnp.asarray(name_index)

    def in_float32(function):
        return lambda x: function(x.astype(jnp.float32)).astype(x.dtype)

    def low(x):
        return lax.cond(number < 1, lambda x: x, lambda x: jnp.maximum(x, 0), x)

    def high(x):
        return lax.cond(number < 3, in_float32(jnp.tanh), in_float32(jax.nn.softplus), x)

    return lax.cond(number < 2, low, high, x)
