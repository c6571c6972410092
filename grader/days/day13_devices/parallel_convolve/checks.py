"""Checks of parallel_convolve."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.shared import ANY_NUMBER, must_use_all_devices, names_no_number_of_devices
from grader.toolkit import (
    Array,
    Called,
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    operations_at_most,
    same_size_for,
    wide,
)

LENGTH, SIGNALS = 6, 8  # of a signal, and how many a device gets, the last one fewer


def convolve_oracle(signals: Any, kernel: Any) -> Array:
    signals, kernel = (wide(part) for part in (signals, kernel))
    return np.stack([np.convolve(signal, kernel, mode="valid") for signal in signals])


def check_parallel_convolve(learner: Learner, numbers: Numbers, m: int) -> None:
    signals, kernel = numbers.normal((m, LENGTH)), numbers.normal(3)
    called = compiled_if_possible(learner.parallel_convolve, signals, kernel)
    called.close_to(convolve_oracle(signals, kernel), rtol=1e-4, atol=1e-5)


def uneven() -> int:
    """A number of signals that the devices do not divide."""
    return SIGNALS * jax.device_count() - 1


@check(
    "parallel_convolve",
    "correct",
    hint="The kernel is turned round: out[s] = Σ kernel[j] · signal[s + k - 1 - j]. Only where all of the kernel "
    'fits: mode="valid".',
)
def test_parallel_convolve_by_hand(learner: Learner) -> None:
    n = jax.device_count()
    signals = jnp.asarray(np.array([[1.0, 2.0, 4.0, 8.0, 16.0, 32.0]] * (SIGNALS * n)), jnp.float32)
    expected = np.array([[2.0, 4.0, 8.0, 16.0]] * (SIGNALS * n))
    compiled_if_possible(learner.parallel_convolve, signals, jnp.array([1.0, -1.0, 0.0])).close_to(expected)


@check(
    "parallel_convolve",
    "correct",
    hint="Each device convolves its own signals, and the results come back in the signals' order.",
)
def test_parallel_convolve_random(learner: Learner, numbers: Numbers) -> None:
    check_parallel_convolve(learner, numbers, SIGNALS * jax.device_count())


@check(
    "parallel_convolve",
    "correct",
    hint="With n devices, -m % n rows of zeros (jnp.pad) make m a multiple of n. Of the results keep the first m.",
)
def test_parallel_convolve_takes_any_number_of_signals(learner: Learner, numbers: Numbers) -> None:
    for m in (uneven(), 1):
        check_parallel_convolve(learner, numbers, m)


@check(
    "parallel_convolve",
    "correct",
    hint="Signals know nothing of each other: each is convolved by itself, and what is wrong with one stays there.",
)
def test_parallel_convolve_keeps_signals_apart(learner: Learner, numbers: Numbers) -> None:
    signals, kernel = numbers.normal((uneven(), LENGTH)), numbers.normal(3)
    mixed = np.array(signals)
    mixed[::3], mixed[1::3] = np.nan, 1e-6 * mixed[1::3]
    broken = jnp.asarray(mixed)
    called = compiled_if_possible(learner.parallel_convolve, broken, kernel)
    expected = convolve_oracle(broken, kernel)
    for first in (0, 1, 2):
        part = Called(f"{called.text}[{first}::3]", jnp.asarray(np.asarray(called.value)[first::3]))
        size = {0: 1.0, 1: 1e-6, 2: 1.0}[first]
        part.close_to(expected[first::3], rtol=1e-4, atol=1e-5 * size)


@check("parallel_convolve", "correct", hint=ANY_NUMBER)
def test_parallel_convolve_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.parallel_convolve)


@check(
    "parallel_convolve",
    "jit",
    hint="How many signals there are is in signals.shape; nothing else decides a size.",
)
def test_parallel_convolve_compiles_once(learner: Learner, numbers: Numbers) -> None:
    m = SIGNALS * jax.device_count()
    calls = [(numbers.normal((m, LENGTH)), numbers.normal(3)) for _ in range(2)]
    agrees_once(learner.parallel_convolve.jit(), calls, convolve_oracle, rtol=1e-4, atol=1e-5, leaks=False)


@check(
    "parallel_convolve",
    "jit",
    hint="Where the devices do not divide m, as here, rows of zeros fill it up, and all are shared out: take no other way "
    "for an uneven number. jax.pmap takes the axis of devices, jax.vmap the signals on one device; the kernel has in_axes=None.",
)
def test_parallel_convolve_divides_the_work(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    # The devices do not divide the signals: that is no reason to leave all of them to one.
    call = (numbers.normal((uneven(), LENGTH)), numbers.normal(3))
    compiled = learner.parallel_convolve.jit()
    must_use_all_devices(compiled, *call)
    program = compiled.program(*call)
    outside = program.floats_outside_of_maps
    mapped = program.primitives["shard_map"] + program.primitives["xla_pmap"] > 0
    alone = mapped and outside["conv_general_dilated"] + outside["dot_general"] > 0
    compiled(*call).require(
        not alone,
        "leaves some of the signals to one device",
        expected="all convolutions inside of the map over the devices",
        got="some outside of it",
    )
    # A product and a sum for each number of the kernel; XLA counts those of one device. Through a Fourier transform
    # another number is right.
    if "fft" not in program.primitives:
        everything = SIGNALS * n * (LENGTH - 2) * 3 * 2
        operations_at_most(compiled, everything * (0.25 + 1 / n), call)


@check(
    "parallel_convolve",
    "jit",
    hint="A device convolves its signals at once, by vmap over its rows: a Python loop over them is written out.",
)
def test_parallel_convolve_stays_as_small_for_many_signals(learner: Learner, numbers: Numbers) -> None:
    few, many = (numbers.normal((m * jax.device_count(), LENGTH)) for m in (SIGNALS, 8 * SIGNALS))
    kernel = numbers.normal(3)
    same_size_for(learner.parallel_convolve.jit(), (few, kernel), (many, kernel))
