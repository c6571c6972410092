"""Checks of tensor_parallel_matmul."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.shared import (
    ANY_NUMBER,
    holds_no_more_than_its_part,
    must_sum_over_devices,
    names_no_number_of_devices,
    whole_on_each_device,
)
from grader.toolkit import (
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    hint_when,
    operations_at_most,
    raised,
    wide,
)

INNER, WIDTH = 16, 2  # columns of x on a device, columns of w for each device


def whole_numbers(numbers: Numbers) -> tuple[jax.Array, jax.Array]:
    """Two matrices of small whole numbers: whatever the order and the hardware, their product is exact."""
    k = INNER * jax.device_count()
    x, w = numbers.integers(-8, 9, (5, k)), numbers.integers(-8, 9, (k, WIDTH * jax.device_count()))
    return jnp.asarray(np.asarray(x), jnp.float32), jnp.asarray(np.asarray(w), jnp.float32)


@check(
    "tensor_parallel_matmul",
    "correct",
    hint='Device i has the columns i of x, P(None, "model"), and the rows i of w, P("model", None). Add their products up: '
    "lax.psum.",
)
def test_tensor_parallel_matmul_by_hand(learner: Learner) -> None:
    # Column 16 k of x, the first one of device k, holds k + 1; the rest is 0. So device k brings k + 1.
    n = jax.device_count()
    x = np.zeros((5, INNER * n))
    x[:, ::INNER] = np.arange(1, n + 1)
    ones = jnp.ones((INNER * n, WIDTH * n))
    adds = "Each device has one term of the sum, not the sum: lax.psum over the mesh's axis adds them up."
    with hint_when(raised("ValueError", text="out_specs which require replication"), adds):
        called = compiled_if_possible(learner.tensor_parallel_matmul, jnp.asarray(x, jnp.float32), ones)
    called.close_to(np.full((5, WIDTH * n), n * (n + 1) / 2))


@check(
    "tensor_parallel_matmul",
    "correct",
    hint="Device i multiplies the columns i of x with the rows i of w, and no others. The sum of the devices' products is the "
    "product of the whole.",
)
def test_tensor_parallel_matmul_random(learner: Learner, numbers: Numbers) -> None:
    x, w = whole_numbers(numbers)
    called = compiled_if_possible(learner.tensor_parallel_matmul, x, w)
    others = {
        f"on device i the columns i of x times the rows of device i {sign} 1 of w": functools.partial(
            np.matmul, wide(x), np.roll(wide(w), places, axis=0)
        )
        for sign, places in (("-", INNER), ("+", -INNER))
    }
    called.close_to(wide(x) @ wide(w), neighbours=others)


@check("tensor_parallel_matmul", "correct", hint=ANY_NUMBER)
def test_tensor_parallel_matmul_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.tensor_parallel_matmul)


@check("tensor_parallel_matmul", "jit", hint="Shapes and jax.device_count() are known while JAX traces.")
def test_tensor_parallel_matmul_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [whole_numbers(numbers) for _ in range(2)]
    agrees_once(learner.tensor_parallel_matmul.jit(), calls, lambda x, w: wide(x) @ wide(w), leaks=False)


@check(
    "tensor_parallel_matmul",
    "jit",
    hint="Split the inner axis, which is summed over: columns of x and rows of w. Then no device needs more than its part, "
    "and an all-reduce adds the partial products.",
)
def test_tensor_parallel_matmul_sends_partial_products(learner: Learner, numbers: Numbers) -> None:
    x, w = whole_numbers(numbers)
    compiled = learner.tensor_parallel_matmul.jit()
    # Twice the size of the result: somebody may fill it up, to cut it evenly.
    at_most = 2 * 5 * w.shape[1]
    must_sum_over_devices(compiled, x, w, at_most=at_most, each="partial products", hint=None)
    everything = 2 * 5 * w.size
    operations_at_most(compiled, everything * (0.25 + 1 / jax.device_count()), (x, w))


@check(
    "tensor_parallel_matmul",
    "jit",
    hint='Neither x nor w is whole on any device: P(None, "model") cuts the columns of x, P("model", None) the rows of w.',
)
def test_tensor_parallel_matmul_holds_its_parts(learner: Learner, numbers: Numbers) -> None:
    x, w = whole_numbers(numbers)
    largest = max(x.size, w.size) // jax.device_count()
    each = "columns of x, or rows of w"
    holds_no_more_than_its_part(learner.tensor_parallel_matmul.jit(), x, w, at_most=largest, each=each)


@check(
    "tensor_parallel_matmul",
    "jit",
    hint="out_specs=P(): what psum gives is the same on every device, and each keeps all of it.",
)
def test_tensor_parallel_matmul_returns_a_whole_result(learner: Learner, numbers: Numbers) -> None:
    called = learner.tensor_parallel_matmul.jit()(*whole_numbers(numbers))
    whole_on_each_device(called, jax.device_count())
