"""Checks of convolve_batch."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.shared import ATOL, GATE_AGAINST_COMPILED, loop_lengths, takes_all_at_once
from grader.toolkit import (
    Array,
    Called,
    Kind,
    Learner,
    Numbers,
    agrees_once,
    check,
    hint_when,
    must_beat,
    of_kind,
    own_hint,
    raised,
    same_size_for,
    wide,
)


def convolve_oracle(signals: Any, kernel: Any) -> Array:
    columns = wide(signals).T
    return np.stack([np.convolve(column, wide(kernel), mode="valid") for column in columns], axis=1)


@check(
    "convolve_batch",
    "correct",
    hint="A signal is a column: map axis 1 of the signals, share the kernel, and put the results into axis 1 again (out_axes).",
)
def test_convolve_batch_by_hand(learner: Learner) -> None:
    signals, kernel = jnp.array([[1.0, 10.0], [2.0, 40.0], [4.0, 20.0]]), jnp.array([1.0, 1.0])
    valid = (
        'Only full overlaps count: mode="valid", and no padding. And a signal is a column: map axis 1 of the signals, and put '
        "the results into axis 1 again (out_axes)."
    )
    one_each = (
        "jnp.convolve takes one signal and one kernel, an axis each, and vmap takes an axis from all that it maps. Map the "
        "columns of signals, and share the kernel: None in in_axes."
    )
    with hint_when(of_kind(Kind.SHAPE), valid), hint_when(raised(text="1-dimensional"), one_each):
        result = learner.convolve_batch(signals, kernel)
    result.close_to([[3.0, 50.0], [6.0, 60.0]], atol=10 * ATOL)


@check(
    "convolve_batch",
    "correct",
    hint="A convolution runs through the kernel backwards: its first tap meets the newest moment.",
)
def test_convolve_batch_turns_the_kernel_round(learner: Learner) -> None:
    signals, kernel = jnp.array([[1.0, 10.0], [2.0, 40.0], [4.0, 20.0]]), jnp.array([1.0, -1.0])
    learner.convolve_batch(signals, kernel).close_to([[1.0, 30.0], [2.0, -20.0]], atol=10 * ATOL)


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


ALL_MOMENTS = (
    "jnp.convolve takes all moments of a signal at once; so does one shifted slice of all signals for each tap "
    "of the kernel."
)


@check(
    "convolve_batch",
    "jit",
    hint="A loop over signals or over moments takes turns, Python's as well as lax.map, lax.scan and fori_loop. Slices of all"
    " moments at once, or jnp.convolve, within a vmap over the signals do not.",
)
def test_convolve_batch_takes_all_signals_at_once(learner: Learner) -> None:
    # As many moments; a loop over the three taps is allowed, and nothing within it.
    few, many = ((jnp.zeros((17, n)), jnp.zeros(3)) for n in (5, 10))
    handle = learner.convolve_batch.jit()
    takes_all_at_once(handle, few, many)
    with own_hint(of_kind(Kind.GROWS)):  # the usual one would be: a loop from jax.lax
        same_size_for(handle, few, many)
    program = handle.program(*many)
    odd = sorted(loop_lengths(program.jaxpr.jaxpr) - {2, 3})
    Called(program.call, None).require(
        not set(odd) - {15, 16, 17},
        "takes one signal after the other",
        expected="no loop, or one over the 3 taps of the kernel",
        got=f"a loop of {odd[0] if odd else 0} rounds",
        kind=Kind.GROWS,
    )
    with hint_when(of_kind(Kind.GROWS), ALL_MOMENTS):
        Called(program.call, None).require(
            not odd,
            "takes one moment after the other",
            expected="no loop, or one over the 3 taps of the kernel",
            got=f"a loop of {odd[0] if odd else 0} rounds",
            kind=Kind.GROWS,
        )
        same_size_for(handle, few, (jnp.zeros((34, 5)), jnp.zeros(3)))


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
        gate=GATE_AGAINST_COMPILED,
        numbers=numbers,
    )
