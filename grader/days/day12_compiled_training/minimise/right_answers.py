"""Other honest ways to write minimise; each must pass every check."""

import functools

import jax
import jax.numpy as jnp
from jax import lax

# minimise


def minimise__while_loop(function, start, learning_rate, n_steps):
    """A while_loop that counts down."""

    def step(carry):
        left, x = carry
        _, slope = jax.value_and_grad(function)(x)
        return left - 1, x - learning_rate * slope

    return lax.while_loop(lambda carry: carry[0] > 0, step, (jnp.asarray(n_steps), start))[1]


def minimise__compiled_step(function, start, learning_rate, n_steps):
    """A step of its own under jit, within a fori_loop."""

    @jax.jit
    def step(x):
        return jax.tree.map(lambda p, g: p - learning_rate * g, x, jax.grad(function)(x))

    return lax.fori_loop(0, n_steps, lambda number, x: step(x), start)


def minimise__vjp(function, start, learning_rate, n_steps):
    """Pulls minus the rate back."""

    def step(_, x):
        value, pull_back = jax.vjp(function, x)
        return x + pull_back(-learning_rate * jnp.ones_like(value))[0]

    return lax.fori_loop(0, n_steps, step, start)


def minimise__jacobian(function, start, learning_rate, n_steps):
    """Takes the gradient as a Jacobian of one row."""

    def step(_, x):
        return x - jnp.asarray(learning_rate) * jax.jacrev(function)(x)

    return lax.fori_loop(0, n_steps, step, jnp.asarray(start))


def minimise__carries_the_rate(function, start, learning_rate, n_steps):
    """Carries all that it needs, in a while_loop."""

    def step(carry):
        x, rate, left = carry
        return x - rate * jax.grad(function)(x), rate, left - 1

    carry = (start, jnp.asarray(learning_rate, start.dtype), jnp.asarray(n_steps, jnp.int32))
    return lax.while_loop(lambda carry: carry[2] > 0, step, carry)[0]


@functools.partial(jax.jit, static_argnums=0)
def minimise__own_jit(function, start, learning_rate, n_steps):
    """Under a jit of its own, with the gradient made once."""
    slope = jax.grad(function)
    return lax.fori_loop(
        0, n_steps, lambda step, x: jnp.subtract(x, jnp.multiply(learning_rate, slope(x))), start
    )
