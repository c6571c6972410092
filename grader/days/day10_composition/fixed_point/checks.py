"""Checks of fixed_point."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.shared import listed
from grader.toolkit import (
    Array,
    Called,
    Handle,
    Learner,
    Numbers,
    Unavailable,
    agrees_once,
    check,
    own_hint,
    raised,
    wide,
)


def affine(x: jax.Array, theta: Any) -> Any:
    return theta["matrix"] @ x + theta["shift"]


def affine_oracle(theta: Any, v: Any) -> tuple[Array, dict[str, Array]]:
    """The fixed point of `affine`, and the gradient of its product with v: by solving two systems."""
    matrix, shift = wide(theta["matrix"]), wide(theta["shift"])
    x = np.linalg.solve(np.eye(len(shift)) - matrix, shift)
    u = np.linalg.solve(np.eye(len(shift)) - matrix.T, wide(v))
    return x, {"matrix": np.outer(u, x), "shift": u}


def slow_theta(numbers: Numbers) -> dict[str, jax.Array]:
    """A rotation, shrunk to 0.9: far from symmetric, and as slow as the docstring allows."""
    angle = float(numbers.uniform(0.5, 1.0))
    c, s = 0.9 * np.cos(angle), 0.9 * np.sin(angle)
    return {"matrix": jnp.array([[c, -s], [s, c]], jnp.float32), "shift": numbers.normal(2)}


def saturating(x: jax.Array, theta: jax.Array) -> jax.Array:
    """Shrinks distances to 0.8; nothing in it is larger than x."""
    return 0.8 * jnp.tanh(x) + theta


def arrives_at(called: Called, expected: Any) -> None:
    """Compare what took many steps: float32's errors grow to ten times their size in a system that shrinks by 0.9."""
    called.close_to(expected, rtol=5e-5, atol=2e-5)


@functools.lru_cache
def gradient_of(handle: Handle) -> Any:
    """(function, start, theta, v) -> the gradient of v · fixed_point(function, start, theta); compiled once."""

    def product(start: jax.Array, theta: Any, function: Callable[..., Any], v: jax.Array) -> jax.Array:
        return jnp.vdot(v, handle.function(function, start, theta))

    def gradient(function: Callable[..., Any], start: jax.Array, theta: Any, v: jax.Array) -> Any:
        return jax.grad(product, argnums=(0, 1))(start, theta, function, v)

    return jax.jit(gradient, static_argnums=0)


def gradient_at(handle: Handle, function: Callable[..., Any], start: Any, theta: Any, v: Any) -> Called:
    text = f"The gradient of {listed(v)} · fixed_point({function.__name__}, start, theta)"
    return handle.using(text, gradient_of(handle), function, start, theta, v)


BY_HAND = {"matrix": [[0.5, 0.25], [0.0, 0.5]], "shift": [1.0, 1.0]}  # the point is [3, 2]


@check("fixed_point", "correct", hint="Apply x ← function(x, theta) until x stands still, or 200 times.")
def test_fixed_point_by_hand(learner: Learner) -> None:
    theta = {name: jnp.array(value) for name, value in BY_HAND.items()}
    learner.fixed_point(affine, jnp.zeros(2), theta).close_to([3.0, 2.0])


@check(
    "fixed_point",
    "correct",
    hint="Steps may shrink by no more than 0.9: go on until nothing changes any more.",
)
def test_fixed_point_arrives(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        theta, start = slow_theta(numbers), numbers.normal(2, scale=10.0)
        point, _ = affine_oracle(theta, np.zeros(2))
        arrives_at(learner.fixed_point.jit(static_argnums=0)(affine, start, theta), point)


# (matrix, start, shift, v) of an affine function: on the way to its point a sum, a mean, one number or the length does
# not move.
STANDING = {
    "the sum of x stands still": ([[0.5, 0.0], [0.0, 0.5]], [8.0, -8.0], [1.0, -1.0], [1.0, -1.0]),
    "x[0] stands still": ([[0.5, 0.0], [0.25, 0.5]], [2.0, 9.0], [1.0, 1.0], [0.0, 1.0]),
    "the length of x stands still": ([[0.0, -0.5], [0.5, 0.0]], [3.0, 4.0], [-1.0, -5.5], [1.0, 0.0]),
}


@check(
    "fixed_point",
    "correct",
    hint="It stands still when no number of x moves. A sum, a length or one of the numbers may stand while others go on: "
    "jnp.any(x != before).",
)
def test_fixed_point_goes_on_while_anything_moves(learner: Learner) -> None:
    for what, (matrix, start, shift, v) in STANDING.items():
        theta = {"matrix": jnp.array(matrix), "shift": jnp.array(shift)}
        point, _ = affine_oracle(theta, v)
        result = learner.fixed_point.jit(static_argnums=0)(affine, jnp.array(start), theta)
        arrives_at(Called(f"{result.call}, where at first {what},", result.value), point)


def small(scale: float) -> tuple[dict[str, jax.Array], jax.Array]:
    """A problem, and a start or a gradient that comes back, where all numbers are of that size."""
    theta = {"matrix": jnp.array([[0.5, 0.25], [-0.25, 0.5]]), "shift": jnp.array([scale, scale])}
    return theta, jnp.array([2 * scale, scale])


# Where loops stop at a tolerance of 1e-7 three digits are right; at 1e-6, one.
SMALL, SMALL_RTOL = 1e-4, 5e-3


@check(
    "fixed_point",
    "correct",
    hint="This point is 1e-4 in size, and a step of 1e-6 is a long one: what tolerance is small enough? None is the best: go on "
    "until x equals what it was.",
)
def test_fixed_point_finds_a_tiny_point(learner: Learner) -> None:
    theta, start = small(SMALL)
    point, _ = affine_oracle(theta, np.zeros(2))
    result = learner.fixed_point.jit(static_argnums=0)(affine, start, theta)
    result.close_to(point, rtol=SMALL_RTOL, atol=0)


@check(
    "fixed_point",
    "correct",
    hint="Give the point a rule of its own, jax.custom_vjp: no loop is differentiated then. Keep x* and theta in forwards. "
    "In backwards jax.vjp(function, x*, theta) gives A and B, transposed: settle u = v + Aᵀu first, then send u through Bᵀ.",
)
def test_fixed_point_has_the_implicit_gradient(learner: Learner) -> None:
    theta = {name: jnp.array(value) for name, value in BY_HAND.items()}
    # For v = [1, 0]: u = [2, 1], and the gradient of the matrix is u times [3, 2].
    with own_hint(raised(text="while_loop")):
        result = gradient_at(learner.fixed_point, affine, jnp.zeros(2), theta, jnp.array([1.0, 0.0]))
    result[1].close_to({"matrix": [[6.0, 4.0], [3.0, 2.0]], "shift": [2.0, 1.0]})


@check(
    "fixed_point",
    "correct",
    hint="Wherever it began, it ends at x*: the gradient with respect to start is 0.",
)
def test_fixed_point_forgets_its_start(learner: Learner, numbers: Numbers) -> None:
    theta = {name: jnp.array(value) for name, value in BY_HAND.items()}
    gradient_at(learner.fixed_point, affine, numbers.normal(2), theta, numbers.normal(2))[0].close_to(
        np.zeros(2)
    )


@check(
    "fixed_point",
    "correct",
    hint="Backwards, u = v + Aᵀu takes as many steps to settle as x did: go on until it stands still.",
)
def test_fixed_point_gradient_arrives(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        theta, v = slow_theta(numbers), numbers.normal(2)
        _, gradient = affine_oracle(theta, v)
        arrives_at(gradient_at(learner.fixed_point, affine, numbers.normal(2), theta, v)[1], gradient)


@check(
    "fixed_point",
    "correct",
    hint="Backwards as forwards: go on while any number of u moves, however little, not until a sum or a tolerance is met.",
)
def test_fixed_point_gradient_goes_on_while_anything_moves(learner: Learner) -> None:
    for matrix, start, shift, v in STANDING.values():
        theta = {"matrix": jnp.array(matrix), "shift": jnp.array(shift)}
        _, gradient = affine_oracle(theta, v)
        result = gradient_at(learner.fixed_point, affine, jnp.array(start), theta, jnp.array(v))
        arrives_at(result[1], gradient)
    theta, direction = small(SMALL)
    _, gradient = affine_oracle(theta, direction)
    found = gradient_at(learner.fixed_point, affine, direction, theta, direction)[1]
    found["shift"].close_to(gradient["shift"], rtol=SMALL_RTOL, atol=0)


@check(
    "fixed_point", "jit", hint="How many steps it takes depends on values: let lax.while_loop look at them."
)
def test_fixed_point_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(affine, numbers.normal(2), slow_theta(numbers)) for _ in range(2)]
    agrees_once(
        learner.fixed_point.jit(static_argnums=0),
        calls,
        lambda *call: affine_oracle(call[2], np.zeros(2))[0],
        by=arrives_at,
    )


@check(
    "fixed_point",
    "jit",
    hint="Differentiating the loop keeps every step, and a Jacobian is n x n. Give the point a rule of its own: "
    "jax.custom_vjp, which keeps x* and theta alone.",
)
def test_fixed_point_is_flat_in_memory(learner: Learner) -> None:
    if jax.default_backend() != "cpu":
        raise Unavailable(
            "Memory is judged on CPUs only: other compilers count what their libraries take, too."
        )
    handle, n = learner.fixed_point, 2000
    x = jnp.zeros(n)
    text = "The gradient of sum(fixed_point(saturating, f32[2000], f32[2000]))"
    compiled = handle.using(text, lambda: gradient_of(handle).lower(saturating, x, x, x).compile())
    analysis = compiled.value.memory_analysis()
    needed = float("inf") if analysis is None else analysis.temp_size_in_bytes / x.nbytes
    if analysis is not None:
        # The rule needs some ten arrays of the size of x, two hundred kept steps two hundred, the matrix A two thousand.
        complaint = "needs too much memory while it runs"
        expected, got = "less than 50 arrays of the size of x", f"{needed:.0f} of them"
        compiled.require(needed < 50, complaint, expected=expected, got=got)


@check(
    "fixed_point",
    "jit",
    hint="Under vmap every problem has its own theta, and its own number of steps: branch on nothing.",
)
def test_fixed_point_composes(learner: Learner, numbers: Numbers) -> None:
    handle, theta = learner.fixed_point, numbers.uniform(-1.0, 1.0, 3)

    def point(theta: jax.Array) -> Any:
        return handle.function(saturating, jnp.zeros(()), theta)

    text = "vmap(value_and_grad(fixed_point)) of saturating with respect to theta"
    result = handle.using(text, jax.jit(jax.vmap(jax.value_and_grad(point))), theta)
    points = np.zeros(3)
    for _ in range(500):
        points = 0.8 * np.tanh(points) + wide(theta)
    slopes = 1 / (1 - 0.8 * (1 - np.tanh(points) ** 2))
    arrives_at(result, (points, slopes))
