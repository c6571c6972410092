"""Checks of solve_many."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.shared import ATOL, takes_all_at_once
from grader.toolkit import (
    Array,
    Kind,
    Learner,
    Numbers,
    Pattern,
    agrees_once,
    bans,
    check,
    compiled_if_possible,
    hint_when,
    largest_value_at_most,
    looks_like,
    of_kind,
    raised,
    same_size_for,
    told_by,
    wide,
)


def systems(numbers: Numbers, batch: int, n: int) -> dict[str, jax.Array]:
    """With a matrix that loses no digits: what it adds to 4 times the identity has a norm below 2."""
    a = 4 * np.eye(n) + np.asarray(numbers.uniform(-2 / n, 2 / n, (n, n)))
    return {"a": jnp.asarray(a, jnp.float32), "b": numbers.normal((batch, n))}


def solve_oracle(given: dict[str, Any]) -> Array:
    return np.asarray(np.linalg.solve(wide(given["a"]), wide(given["b"]).T).T)


@check(
    "solve_many",
    "correct",
    hint="Each *row* of b is a right-hand side. jnp.linalg.solve reads a matrix b by its columns, but a vector b as one system.",
)
def test_solve_many_by_hand(learner: Learner) -> None:
    given = {"a": jnp.array([[0.0, 1.0], [2.0, 0.0]]), "b": jnp.array([[1.0, 4.0], [3.0, 10.0]])}
    shared = (
        "vmap takes an axis from all that it maps, from a, too. Share a: in_axes may be a tree of axes, as systems is one, "
        "with None for it."
    )
    pivots = "a has zeros on its diagonal, and to divide by them gives nan. jnp.linalg.solve exchanges rows where it must."
    with hint_when(raised(text="at least two dimensional"), shared):
        result = learner.solve_many(given)
    turned = "b is read as it should be, and a is turned: these numbers solve x a = b. Asked for is a x = b."
    told = told_by(result.value, {turned: [[4.0, 0.5], [10.0, 1.5]]})
    with hint_when(looks_like(Pattern.NAN, Pattern.INFINITE), pivots):
        result.close_to([[2.0, 1.0], [5.0, 3.0]], hint=told)


@check(
    "solve_many",
    "correct",
    hint="There may be more right-hand sides than unknowns, or fewer. Rows in, rows out.",
)
def test_solve_many_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    given = systems(numbers, 17, 5)
    compiled_if_possible(learner.solve_many, given).close_to(solve_oracle(given), atol=ATOL)


@check(
    "solve_many", "correct", hint="One right-hand side is a batch of one: the result keeps the shape of b."
)
def test_solve_many_takes_one_system(learner: Learner, numbers: Numbers) -> None:
    given = systems(numbers, 1, 5)
    given = {"a": 1e-6 * given["a"], "b": 1e-6 * given["b"]}
    small = "a may be as small as 1e-6. Solve it as it is: add nothing to its diagonal, and set no fixed threshold."
    with hint_when(of_kind(Kind.VALUE), small):
        compiled_if_possible(learner.solve_many, given).close_to(solve_oracle(given), atol=ATOL)


@check("solve_many", "correct", hint="Solve: jnp.linalg.solve factorises a and inverts nothing.")
def test_solve_many_inverts_nothing(learner: Learner) -> None:
    names = ("numpy.linalg.inv", "numpy.linalg.pinv", "numpy.linalg.tensorinv", "scipy.linalg.inv")
    bans(
        learner.solve_many,
        *(f"jax.{name}" for name in (*names, "scipy.linalg.pinv")),
        on=({"a": jnp.eye(7), "b": jnp.ones((2, 7))},),
    )


@check(
    "solve_many",
    "correct",
    hint="Solving for the columns of the identity gives the inverse, and multiplying with it loses digits. Solve for b itself.",
)
def test_solve_many_loses_no_digits(learner: Learner, numbers: Numbers) -> None:
    # Powers of near numbers: a condition of 5e4. A solve, however it is made, leaves at most 3e-7 of the right-hand
    # side unexplained, an inverse 1e-4.
    points = np.array([0.5, 0.6, 0.7, 0.8, 0.9]) + np.asarray(numbers.uniform(-0.02, 0.02, 5))
    a = jnp.asarray(np.vander(points), jnp.float32)
    b = jnp.asarray(wide(numbers.uniform(1.0, 2.0, (17, 5))) @ wide(a).T, jnp.float32)
    called = compiled_if_possible(learner.solve_many, {"a": a, "b": b})
    called.close_to(solve_oracle({"a": a, "b": b}), atol=0.5)  # its kind, shape and size; the digits come now
    solution = wide(called.value)
    left = np.abs(solution @ wide(a).T - wide(b)).max()
    left /= np.abs(wide(a)).sum(axis=1).max() * np.abs(solution).max()
    called.require(
        left <= 5e-6,
        "solves the systems inexactly",
        expected="a x - b of at most 5e-06, beside the size of a and x",
        got=f"{left:.2g}",
    )


@check("solve_many", "jit", hint="Everything in the dict is traced: no branch on its values, no NumPy.")
def test_solve_many_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(systems(numbers, 17, 5),) for _ in range(2)]
    agrees_once(learner.solve_many.jit(), calls, solve_oracle, atol=ATOL)


@check(
    "solve_many",
    "jit",
    hint='A matrix that is mapped or tiled is factorised once for each right-hand side. Share it: {"a": None, "b": 0}.',
)
def test_solve_many_shares_the_matrix(learner: Learner) -> None:
    batch, n = 17, 5
    given = {"a": jnp.zeros((n, n)), "b": jnp.zeros((batch, n))}
    # Room for a few numbers for each one in b, and for no copy of a for each right-hand side.
    largest_value_at_most(learner.solve_many.jit(), 3 * batch * n, (given,))


@check(
    "solve_many",
    "jit",
    hint="One factorisation serves all right-hand sides at once: visit none by itself, in no loop of Python's or of jax.lax.",
    answers=of_kind(Kind.GROWS),  # the usual hint would be: a loop from jax.lax
)
def test_solve_many_has_no_loop(learner: Learner) -> None:
    few, many = (({"a": jnp.zeros((5, 5)), "b": jnp.zeros((batch, 5))},) for batch in (17, 34))
    same_size_for(learner.solve_many.jit(), few, many)
    takes_all_at_once(learner.solve_many.jit(), few, many)


@check(
    "solve_many",
    "jit",
    hint="Others may map your function, too: over matrices that meet the same right-hand sides.",
)
def test_solve_many_lifts_over_matrices(learner: Learner, numbers: Numbers) -> None:
    given = systems(numbers, 2, 5)
    a = np.asarray(given["a"])
    given["a"] = jnp.asarray(np.stack([a, a.T, 2 * a], axis=2))  # matrices along the last axis
    lifted = learner.solve_many.vmap(in_axes=({"a": 2, "b": None},), out_axes=1)
    each = [solve_oracle({"a": matrix, "b": given["b"]}) for matrix in (a, a.T, 2 * a)]
    lifted.jit()(given).close_to(np.stack(each, axis=1), atol=ATOL)
