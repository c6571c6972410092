"""Other honest ways to write hessian_vector_product; each must pass every check."""

import jax
import jax.numpy as jnp

# hessian_vector_product


def hessian_vector_product__reverse_over_reverse(function, x, v):
    """Differentiates the gradient's product with v."""
    return jax.grad(lambda x: jnp.vdot(jax.grad(function)(x), v))(x)


def hessian_vector_product__reverse_over_forward(function, x, v):
    """Differentiates the slope along v."""
    return jax.grad(lambda x: jax.jvp(function, (x,), (v,))[1])(x)


def hessian_vector_product__pulls_back(function, x, v):
    """Pulls v back through the gradient: the Hessian is symmetric."""
    _, pull_back = jax.vjp(jax.grad(function), x)
    return pull_back(v)[0]


def hessian_vector_product__linearized(function, x, v):
    """Linearizes the gradient."""
    return jax.linearize(jax.grad(function), x)[1](v)


def hessian_vector_product__along_a_line(function, x, v):
    """Differentiates the gradient along the line x + t v, at t = 0."""
    return jax.jacfwd(lambda t: jax.grad(function)(x + t * v))(jnp.zeros(()))


def hessian_vector_product__slope_of_a_slope(function, x, v):
    """The derivative by x of the derivative along v, from a function of both."""

    def along(x, s):
        return function(x + s * v)

    return jax.grad(lambda x: jax.grad(along, argnums=1)(x, 0.0))(x)
