"""Checks of power_iteration."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.shared import stays_a_loop
from grader.toolkit import (
    Array,
    Called,
    Handle,
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    wide,
)


def power_oracle(matrix: Any, n_steps: int) -> tuple[Array, Array]:
    a = wide(matrix)
    vector = np.full(len(a), 1 / np.sqrt(len(a)))
    for _ in range(n_steps):
        image = a @ vector
        norm = np.sqrt(np.sum(image**2))
        vector = image / norm if norm > 0 else vector
    return vector @ a @ vector, vector


def positive_matrix(numbers: Numbers, n: int, scale: float = 1.0) -> jax.Array:
    """Positive entries, so one eigenvalue stands far above the others and the iteration forgets roundings."""
    return numbers.uniform(0.5 * scale, 1.5 * scale, (n, n))


def power(learner: Learner, matrix: jax.Array, n_steps: int) -> Called:
    return compiled_if_possible(learner.power_iteration, matrix, n_steps, static="n_steps")


EIGENVALUE = "The eigenvalue is vᵀ matrix v for the last v. The length of an image loses the sign and is one step late."


def close_pair(result: Called, value: Any, vector: Any) -> None:
    """First the vector, which the check's own hint is about; with a right vector the eigenvalue is a mistake by itself."""
    result[1].close_to(vector)
    result[0].close_to(value, hint=EIGENVALUE)


@check(
    "power_iteration",
    "correct",
    hint="Start from ones / √n. Each step multiplies, then divides by the length.",
)
def test_power_iteration_by_hand(learner: Learner) -> None:
    result = power(learner, jnp.array([[2.0, 0.0], [0.0, 1.0]]), 1)
    close_pair(result, 1.8, [2 / np.sqrt(5), 1 / np.sqrt(5)])


@check(
    "power_iteration",
    "correct",
    hint="No steps: v is the start, which has length 1: ones / √n.",
)
def test_power_iteration_takes_no_steps(learner: Learner) -> None:
    half = 1 / np.sqrt(2)
    result = learner.power_iteration(jnp.array([[2.0, 0.0], [0.0, 1.0]]), 0)
    close_pair(result, 1.5, [half, half])


@check(
    "power_iteration",
    "correct",
    hint="Exactly n_steps times: multiply, then divide by the length, unless all entries of the image are 0.",
)
def test_power_iteration_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    matrix = -positive_matrix(numbers, 5)
    close_pair(power(learner, matrix, 3), *power_oracle(matrix, 3))


@check(
    "power_iteration",
    "correct",
    hint="Divide in every step: with entries of 100, fifty products without it leave the range of float32.",
)
def test_power_iteration_converges(learner: Learner, numbers: Numbers) -> None:
    matrix = positive_matrix(numbers, 5, 100.0)
    largest = np.linalg.eigvals(wide(matrix)).real.max()
    power(learner, matrix, 50)[0].close_to(largest)


@check(
    "power_iteration",
    "correct",
    hint="A constant added to the length, or a threshold, changes the answer where entries are small. Ask for 0 exactly.",
)
def test_power_iteration_takes_small_entries(learner: Learner) -> None:
    result = power(learner, jnp.array([[2e-12, 0.0], [0.0, 1e-12]]), 1)
    result[1].close_to([2 / np.sqrt(5), 1 / np.sqrt(5)])
    result[0].close_to(1.8e-12, atol=0, hint=EIGENVALUE)
    power(learner, jnp.array([[1e-12, 0.0], [0.0, 0.0]]), 1)[1].close_to([1.0, 0.0])
    huge = power(learner, jnp.array([[2e12, 0.0], [0.0, 1e12]]), 1)
    huge[1].close_to([2 / np.sqrt(5), 1 / np.sqrt(5)], hint="Entries of 1e12 are fine: cut nothing off.")
    huge[0].close_to(1.8e12, hint=EIGENVALUE)


@check(
    "power_iteration",
    "correct",
    hint="The image is zero when all its entries are; their sum, or their mean, is 0 for [0.7, -0.7], too. Ask for its"
    " length, or jnp.any(image != 0).",
)
def test_power_iteration_divides_unless_all_entries_are_zero(learner: Learner) -> None:
    half = 1 / np.sqrt(2)
    close_pair(power(learner, jnp.array([[1.0, 0.0], [0.0, -1.0]]), 1), 0.0, [half, -half])
    close_pair(power(learner, jnp.array([[0.0, 1.0], [0.0, 0.0]]), 1), 0.0, [1.0, 0.0])


@check(
    "power_iteration",
    "correct",
    hint="0 / 0 is NaN. When the image is zero, keep the vector: lax.cond on its length, or where with a safe denominator.",
)
def test_power_iteration_keeps_the_vector_when_the_image_is_zero(learner: Learner) -> None:
    half = 1 / np.sqrt(2)
    close_pair(power(learner, jnp.array([[1.0, -1.0], [-1.0, 1.0]]), 3), 0.0, [half, half])
    close_pair(power(learner, jnp.array([[0.0, 1.0], [0.0, 0.0]]), 3), 0.0, [1.0, 0.0])


def power_gradient(learner: Learner) -> Handle:
    function = learner.power_iteration.function

    def gradient(matrix: jax.Array, n_steps: int) -> Any:
        return jax.grad(lambda matrix: function(matrix, n_steps)[0])(matrix)

    return learner.power_iteration.derive("grad(eigenvalue of power_iteration)", gradient)


def power_gradient_oracle(matrix: jax.Array, n_steps: int) -> Array:
    """Central differences in float64: right to about 1e-9."""
    a, step = wide(matrix), 1e-5
    slopes = np.zeros_like(a)
    for place in np.ndindex(*a.shape):
        moved = np.zeros_like(a)
        moved[place] = step
        up, down = power_oracle(a + moved, n_steps)[0], power_oracle(a - moved, n_steps)[0]
        slopes[place] = (up - down) / (2 * step)
    return slopes


@check(
    "power_iteration",
    "correct",
    hint="where differentiates both sides, and 0 / 0 is NaN, chosen or not. cond differentiates the side that ran, and all that"
    " was computed before it: the slope of a length at 0 is NaN, so take the length within the branch.",
)
def test_power_iteration_has_finite_gradients(learner: Learner) -> None:
    gradient = power_gradient(learner)
    at_zero = compiled_if_possible(gradient, jnp.zeros((2, 2)), 3, static="n_steps").finite()
    v_stays = "At the zero matrix v stays v₀, whatever direction the matrix takes: the slope of vᵀ matrix v is v vᵀ."
    at_zero.close_to([[0.5, 0.5], [0.5, 0.5]], hint=v_stays)
    # Not symmetric, so that the last product alone gives another slope.
    matrix = jnp.array([[1.0, 2.0], [0.5, 1.5]])
    compiled_if_possible(gradient, matrix, 3, static="n_steps").close_to(
        power_gradient_oracle(matrix, 3),
        rtol=1e-4,
        atol=1e-5,
        hint="Each v depends on the matrix: gradients go through all steps. Nothing may stop them.",
    )


@check(
    "power_iteration",
    "jit",
    hint="Whether the image is zero is data: lax.cond, or where. Only n_steps is known while JAX traces.",
)
def test_power_iteration_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(matrix, 3) for matrix in (positive_matrix(numbers, 5), jnp.zeros((5, 5)))]
    handle = learner.power_iteration.jit(static_argnames="n_steps")
    agrees_once(handle, calls, power_oracle)


@check(
    "power_iteration",
    "jit",
    hint="Under jit a Python loop is written out. lax.fori_loop(0, n_steps, step, start) compiles the step once.",
)
def test_power_iteration_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    matrix = positive_matrix(numbers, 5)
    stays_a_loop(learner.power_iteration.jit(static_argnames="n_steps"), lambda length: (matrix, length))
