"""Checks of convolve_batch."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.shared import ATOL, GATES_AGAINST_COMPILED, takes_all_at_once
from grader.toolkit import Array, Learner, Numbers, agrees_once, check, must_beat, wide


def convolve_oracle(signals: Any, kernel: Any) -> Array:
    columns = wide(signals).T
    return np.stack([np.convolve(column, wide(kernel), mode="valid") for column in columns], axis=1)


@check(
    "convolve_batch",
    "correct",
    hint="A signal is a column: map axis 1 of the signals, share the kernel, and put the results into axis 1 again (out_axes).",
)
def test_convolve_batch_by_hand(learner: Learner) -> None:
    signals, kernel = jnp.array([[1.0, 0.0, 5.0], [2.0, 0.0, 6.0], [4.0, 3.0, 0.0]]), jnp.array([1.0, 1.0])
    learner.convolve_batch(signals, kernel).close_to([[3.0, 0.0, 11.0], [6.0, 3.0, 6.0]], atol=ATOL)


@check(
    "convolve_batch",
    "correct",
    hint="A convolution runs through the kernel backwards: its first tap meets the newest moment.",
)
def test_convolve_batch_turns_the_kernel_round(learner: Learner) -> None:
    signals, kernel = jnp.array([[1.0, 0.0, 0.0], [2.0, 1.0, 0.0], [4.0, 0.0, 1.0]]), jnp.array([1.0, -10.0])
    expected = [[-8.0, 1.0, 0.0], [-16.0, -10.0, 1.0]]
    learner.convolve_batch(signals, kernel).close_to(expected, atol=ATOL)


@check(
    "convolve_batch",
    "correct",
    hint="One signal is a batch of one, and a kernel as long as the signals leaves one moment.",
)
def test_convolve_batch_takes_one_signal_and_a_long_kernel(learner: Learner, numbers: Numbers) -> None:
    signals, kernel = numbers.normal((5, 1)), numbers.normal(5)
    learner.convolve_batch(signals, kernel).close_to(convolve_oracle(signals, kernel), atol=ATOL)


@check("convolve_batch", "jit", hint="Signals and kernel are traced; take every size from a shape.")
def test_convolve_batch_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((17, 2)), numbers.normal(5)) for _ in range(2)]
    agrees_once(learner.convolve_batch.jit(), calls, convolve_oracle, atol=ATOL)


@check(
    "convolve_batch", "jit", hint="lax.map and lax.scan take turns. vmap makes one convolution of them all."
)
def test_convolve_batch_takes_all_signals_at_once(learner: Learner) -> None:
    few, many = ((jnp.zeros((2 * n + 1, n)), jnp.zeros(2)) for n in (3, 6))
    takes_all_at_once(learner.convolve_batch.jit(), few, many)


def convolve_loop(signals: jax.Array, kernel: jax.Array) -> Array:
    each = range(signals.shape[1])
    return np.stack([np.asarray(jnp.convolve(signals[:, b], kernel, mode="valid")) for b in each], axis=1)


@check("convolve_batch", "speed", hint="Write one signal's convolution, then vmap it over the columns.")
def test_convolve_batch_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.convolve_batch.jit(),
        convolve_loop,
        named="a Python loop over signals",
        draw=lambda size: (numbers.normal((size // 16, size)), numbers.normal(4)),
        size=192,
        gate=GATES_AGAINST_COMPILED,
        numbers=numbers,
    )
