"""Other honest ways to write solve_many; each must pass every check."""

import jax
import jax.numpy as jnp
from jax.scipy.linalg import lu_factor, lu_solve

# solve_many


def solve_many__transposes(systems):
    """Turns the rows into columns and back."""
    return jnp.linalg.solve(systems["a"], systems["b"].T).T


def solve_many__two_arguments(systems):
    """Lifts with one axis for each argument."""
    return jax.vmap(jnp.linalg.solve, in_axes=(None, 0))(systems["a"], systems["b"])


def solve_many__columns(systems):
    """Closes over the matrix; columns in, columns out."""
    a = systems["a"]
    return jax.vmap(lambda b: jnp.linalg.solve(a, b))(systems["b"])


def solve_many__factors(systems):
    """Factorises once and uses the factors for all."""
    factors = lu_factor(systems["a"])
    return jax.vmap(lambda b: lu_solve(factors, b))(systems["b"])


@jax.jit
def solve_many__jax_scipy(systems):
    """The SciPy way, with a dict of axes by attribute; compiled by the learner."""
    axes = dict.fromkeys(systems) | {"b": 0}
    return jax.vmap(lambda s: jax.scipy.linalg.solve(s["a"], s["b"]), in_axes=(axes,))(systems)


def solve_many__qr(systems):
    """An orthogonal and a triangular matrix, and a triangular solve for all."""
    q, r = jnp.linalg.qr(systems["a"])
    solve = lambda b: jax.scipy.linalg.solve_triangular(r, q.T @ b)  # noqa: E731
    return jax.vmap(solve)(systems["b"])


def solve_many__maps_columns(systems):
    """Turns b, maps along axis 1 both ways, and turns the result."""
    solve = jax.vmap(jnp.linalg.solve, in_axes=(None, 1), out_axes=1)
    return solve(systems["a"], jnp.transpose(systems["b"])).T
