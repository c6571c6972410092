"""Plausible mistakes in gauss_newton_step; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

# gauss_newton_step


@caught_by("correct", "by_hand")
def gauss_newton_step__step_alone(residuals, x):
    """Returns the step instead of the new x."""
    return jnp.linalg.lstsq(jax.jacfwd(residuals)(x), -residuals(x))[0]


@caught_by("correct", "by_hand")
def gauss_newton_step__uphill(residuals, x):
    """Goes the other way."""
    return x + jnp.linalg.lstsq(jax.jacfwd(residuals)(x), residuals(x))[0]


@caught_by("correct", "by_hand")
def gauss_newton_step__whole_answer_of_lstsq(residuals, x):
    """Forgets that lstsq returns four things."""
    return x - jnp.linalg.lstsq(jax.jacfwd(residuals)(x), residuals(x))


@caught_by("correct", "by_hand")
def gauss_newton_step__gradient_step(residuals, x):
    """Takes a step of gradient descent."""
    return x - 0.01 * jax.grad(lambda x: jnp.sum(residuals(x) ** 2))(x)


@caught_by("correct", "by_hand")
def gauss_newton_step__square_only(residuals, x):
    """Solves with J, as if it were square."""
    return x - jnp.linalg.solve(jax.jacfwd(residuals)(x), residuals(x))


@caught_by("correct", "agrees_with_least_squares")
def gauss_newton_step__newton(residuals, x):
    """Takes Newton's step, with second derivatives of the residuals."""

    def loss(x):
        return 0.5 * jnp.sum(residuals(x) ** 2)

    return x - jnp.linalg.solve(jax.hessian(loss)(x), jax.grad(loss)(x))


@caught_by("correct", "agrees_with_least_squares")
def gauss_newton_step__damped(residuals, x):
    """Goes half the way, twice, from the same Jacobian."""
    jacobian = jax.jacfwd(residuals)(x)
    for _ in range(2):
        x = x - jnp.linalg.lstsq(jacobian, residuals(x))[0]
    return x


@caught_by("correct", "keeps_its_digits")
def gauss_newton_step__normal_equations(residuals, x):
    """Solves the normal equations, which square the condition number."""
    jacobian = jax.jacfwd(residuals)(x)
    return x - jnp.linalg.solve(jacobian.T @ jacobian, jacobian.T @ residuals(x))


@caught_by("correct", "keeps_its_digits")
def gauss_newton_step__inverse(residuals, x):
    """Inverts J'J."""
    jacobian = jax.jacfwd(residuals)(x)
    return x - jnp.linalg.inv(jacobian.T @ jacobian) @ (jacobian.T @ residuals(x))


@caught_by("jit", "compiles_once")
def gauss_newton_step__through_numpy(residuals, x):
    """Leaves the solving to NumPy."""
    step = np.linalg.lstsq(jax.jacfwd(residuals)(x), residuals(x), rcond=None)[0]
    return x - jnp.asarray(step)


@caught_by("jit", "compiles_once")
def gauss_newton_step__stops_when_flat(residuals, x):
    """Branches on the residuals."""
    r = residuals(x)
    if jnp.all(jnp.abs(r) < 1e-6):
        return x
    return x - jnp.linalg.lstsq(jax.jacfwd(residuals)(x), r)[0]


@caught_by("correct", "takes_any_units")
def gauss_newton_step__damped(residuals, x):
    """Damps the step, as Levenberg and Marquardt do."""
    jacobian, r = jax.jacfwd(residuals)(x), residuals(x)
    damped = jnp.vstack([jacobian, 1e-3 * jnp.eye(x.size)])
    return x - jnp.linalg.lstsq(damped, jnp.concatenate([r, jnp.zeros(x.size)]))[0]
