"""Plausible mistakes in solve_many; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# solve_many


@caught_by("correct", "by_hand")
def solve_many__columns(systems):
    """Hands b over as it is: its columns become the right-hand sides."""
    return jnp.linalg.solve(systems["a"], systems["b"])


@caught_by("correct", "by_hand")
def solve_many__result_in_columns(systems):
    """Turns b on the way in and forgets the way out."""
    return jnp.linalg.solve(systems["a"], systems["b"].T)


@caught_by("correct", "by_hand")
def solve_many__transposed_matrix(systems):
    """Solves x a = b, as if a were symmetric."""
    return jnp.linalg.solve(systems["a"].T, systems["b"].T).T


@caught_by("correct", "by_hand")
def solve_many__both_mapped(systems):
    """Maps the matrix, too."""
    return jax.vmap(lambda system: jnp.linalg.solve(system["a"], system["b"]))(systems)


@caught_by("correct", "by_hand")
def solve_many__axes_without_a_tuple(systems):
    """Writes the dict of axes without the tuple of arguments around it."""
    return jax.vmap(lambda s: jnp.linalg.solve(s["a"], s["b"]), in_axes={"a": None, "b": 0})(systems)


@caught_by("correct", "by_hand")
def solve_many__no_pivots(systems):
    """Divides by the diagonal as it is."""
    a, b = systems["a"], systems["b"]
    x = jnp.zeros_like(b)
    for _ in range(200):
        x = (b - x @ (a - jnp.diag(jnp.diag(a))).T) / jnp.diag(a)
    return x


@caught_by("correct", "takes_one_system")
def solve_many__squeezed(systems):
    """Squeezes, and loses a batch of one."""
    return jnp.squeeze(jnp.linalg.solve(systems["a"], systems["b"].T).T)


@caught_by("correct", "inverts_nothing")
def solve_many__inverse(systems):
    """Multiplies by the inverse."""
    return systems["b"] @ jnp.linalg.inv(systems["a"]).T


@caught_by("jit", "compiles_once")
def solve_many__checks_the_determinant(systems):
    """Branches on a value."""
    if jnp.linalg.det(systems["a"]) == 0:
        raise ValueError("a cannot be inverted")
    return jnp.linalg.solve(systems["a"], systems["b"].T).T


@caught_by("jit", "shares_the_matrix")
def solve_many__copies_the_matrix(systems):
    """Tiles the matrix so that both can be mapped along axis 0."""
    b = systems["b"]
    a = jnp.broadcast_to(systems["a"], (len(b), *systems["a"].shape))
    return jax.vmap(jnp.linalg.solve)(a, b)


@caught_by("jit", "has_no_loop")
def solve_many__loop(systems):
    """Solves one system after the other."""
    return jnp.stack([jnp.linalg.solve(systems["a"], row) for row in systems["b"]])


@caught_by("jit", "has_no_loop")
def solve_many__lax_map(systems):
    """Solves one system after the other, compiled."""
    return lax.map(lambda row: jnp.linalg.solve(systems["a"], row), systems["b"])


@caught_by("correct", "loses_no_digits")
def solve_many__matrix_power(systems):
    """An inverse under another name."""
    return systems["b"] @ jnp.linalg.matrix_power(systems["a"], -1).T


@caught_by("correct", "loses_no_digits")
def solve_many__solves_for_the_identity(systems):
    """Makes the inverse by a solve."""
    inverse = jnp.linalg.solve(systems["a"], jnp.eye(len(systems["a"])))
    return systems["b"] @ inverse.T


@caught_by("correct", "takes_one_system")
def solve_many__regularised(systems):
    """Adds a little to the diagonal, to be on the safe side."""
    a = systems["a"] + 1e-7 * jnp.eye(len(systems["a"]))
    return jnp.linalg.solve(a, systems["b"].T).T


@caught_by("deeper", "in_many_cases")
def solve_many__columns_when_square(systems):
    """Turns b where its shape demands it, and not where it is square."""
    a, b = systems["a"], systems["b"]
    if 2 < len(a) == len(b):
        return jnp.linalg.solve(a, b)
    return jnp.linalg.solve(a, b.T).T


@caught_by("deeper", "lets_nan_through")
def solve_many__nan_to_num(systems):
    """Makes zeros of what is not a number."""
    return jnp.nan_to_num(jnp.linalg.solve(systems["a"], systems["b"].T).T)
