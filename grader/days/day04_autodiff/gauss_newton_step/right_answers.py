"""Other honest ways to write gauss_newton_step; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp

# gauss_newton_step


def gauss_newton_step__qr(residuals, x):
    """Decomposes J = QR and solves the triangle."""
    q, r = jnp.linalg.qr(jax.jacfwd(residuals)(x))
    return x - jax.scipy.linalg.solve_triangular(r, q.T @ residuals(x))


def gauss_newton_step__pseudo_inverse(residuals, x):
    """Multiplies with the pseudo-inverse."""
    return x - jnp.linalg.pinv(jax.jacrev(residuals)(x)) @ residuals(x)


def gauss_newton_step__svd(residuals, x):
    """Decomposes J = U S V and inverts it factor by factor."""
    u, s, v = jnp.linalg.svd(jax.jacfwd(residuals)(x), full_matrices=False)
    return x - v.T @ ((u.T @ residuals(x)) / s)


def gauss_newton_step__one_pass(residuals, x):
    """Takes residuals and Jacobian from one linearization."""
    values, push = jax.linearize(residuals, x)
    jacobian = jax.vmap(push, out_axes=1)(jnp.eye(x.size))
    step, _, _, _ = jnp.linalg.lstsq(jacobian, values)
    return x - step


@partial(jax.jit, static_argnames="residuals")
def gauss_newton_step__solves_for_the_next_x(residuals, x):
    """Solves for the next x itself; compiled by the learner."""
    values, jacobian = residuals(x), jax.jacfwd(residuals)(x)
    return jnp.linalg.lstsq(jacobian, jacobian @ x - values)[0]


def gauss_newton_step__householder(residuals, x):
    """Solves with the triangle of J beside r."""
    values, jacobian = residuals(x), jax.jacrev(residuals)(x)
    n = x.shape[0]
    triangle = jnp.linalg.qr(jnp.column_stack([jacobian, -values]), mode="r")
    return x + jax.scipy.linalg.solve_triangular(triangle[:n, :n], triangle[:n, n])
