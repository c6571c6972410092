"""Checks of device_noise."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.shared import (
    ANY_NUMBER,
    must_use_all_devices,
    names_no_number_of_devices,
    one_slice_on_each_device,
)
from grader.toolkit import (
    Called,
    Handle,
    Kind,
    Learner,
    Numbers,
    check,
    compiled_if_possible,
    compiles_once,
    uses_each_key_once,
    wide,
)

SHAPE = (125, 80)


def noise(learner: Learner, key: Any) -> Called:
    """What the devices draw, a row for each."""
    called = compiled_if_possible_of(learner.device_noise, key, SHAPE)
    hint = "One slice for each device: (jax.device_count(), *shape), which jax.pmap over a key for each device gives."
    return called.close_to(np.zeros((jax.device_count(), *SHAPE)), atol=math.inf, hint=hint)


def compiled_if_possible_of(handle: Handle, key: Any, shape: tuple[int, ...]) -> Called:
    return compiled_if_possible(handle, key, shape, static="shape")


@check(
    "device_noise",
    "correct",
    hint="The devices must not share a key: jax.random.split(key, n) gives one each, or each device makes its own with "
    "jax.random.fold_in(key, lax.axis_index(axis_name)).",
)
def test_device_noise_differs_on_each_device(learner: Learner, numbers: Numbers) -> None:
    called = noise(learner, numbers.key())
    rows = np.asarray(called.value).reshape(jax.device_count(), -1)
    for k in range(len(rows)):
        for i in range(k):
            same = float(np.isin(rows[k], rows[i]).mean())
            called.require(
                same < 0.5,
                "is not independent",
                expected="other numbers on each device",
                got=f"the same numbers on devices {i} and {k}",
            )


@check(
    "device_noise",
    "correct",
    hint="jax.random.normal(key, shape) draws standard normals: mean 0, variance 1.",
)
def test_device_noise_is_normal(learner: Learner, numbers: Numbers) -> None:
    called = noise(learner, numbers.key())
    for k, row in enumerate(wide(called.value).reshape(jax.device_count(), -1)):
        # Within six standard errors and more of 10,000 draws.
        for name, got, wanted, low, high in (
            ("mean", row.mean(), 0.0, -0.07, 0.07),
            ("variance", row.var(), 1.0, 0.91, 1.09),
            ("share beyond ±2", (np.abs(row) > 2).mean(), 0.0455, 0.03, 0.06),
        ):
            called.require(
                low < got < high,
                f"has another {name} than standard normals",
                expected=f"on device {k} about {wanted:.3g}",
                got=f"{got:.3g}",
            )


@check(
    "device_noise",
    "correct",
    hint="Draws of two devices are to have nothing to do with each other: a key of its own for each device, and nothing "
    "added or shifted afterwards.",
)
def test_device_noise_is_independent(learner: Learner, numbers: Numbers) -> None:
    called = noise(learner, numbers.key())
    rows = wide(called.value).reshape(jax.device_count(), -1)
    for k, row in enumerate(rows):
        following, different = (
            float(np.corrcoef(row[1:], row[:-1])[0, 1]),
            len(np.unique(np.abs(row))) / len(row),
        )
        called.require(
            abs(following) < 0.07 and different > 0.95,
            "is not independent",
            expected=f"numbers on device {k} that have nothing to do with each other",
            got=f"a correlation of {following:.2g} with the next one, {100 * (1 - different):.0f} % of them repeated",
        )
    correlations = np.atleast_2d(np.corrcoef(rows))
    related = np.abs(correlations) - np.eye(len(rows))
    i, k = (int(index) for index in np.unravel_index(int(np.argmax(related)), related.shape))
    # The correlation of 10,000 independent pairs is 0 ± 0.01; these are seven of those.
    called.require(
        related[i, k] < 0.07,
        "is not independent",
        expected=f"devices {min(i, k)} and {max(i, k)} unrelated",
        got=f"a correlation of {correlations[i, k]:.2g}",
    )


@check(
    "device_noise",
    "correct",
    hint="The key decides everything: derive the devices' keys from it, with split or fold_in, and from nothing else. "
    "key(seed + k) would be another run's key.",
)
def test_device_noise_follows_the_key(learner: Learner, numbers: Numbers) -> None:
    data = np.asarray(numbers.integers(1, 2**30, 2)).astype(np.uint32)
    # A key has two words: in the next key, and in one far away, the one or the other is what it was.
    keys = [
        jax.random.wrap_key_data(jnp.asarray(data + np.array(other, np.uint32)))
        for other in ((0, 0), (0, 1), (1, 0), (2**30, 0))
    ]
    first, *others = (noise(learner, key) for key in keys)
    for other in others:
        # Of float32 numbers a few in a hundred are the same by chance.
        same = float(np.isin(np.asarray(first.value), np.asarray(other.value)).mean())
        first.require(
            same < 0.1,
            "repeats the numbers of another key",
            expected="other numbers for another key",
            got=f"{100 * same:.0f} % of them again",
        )


@check("device_noise", "correct", hint=ANY_NUMBER)
def test_device_noise_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.device_noise)


@check("device_noise", "jit", hint="Only the key is traced; shape and jax.device_count() are known.")
def test_device_noise_compiles_once(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.device_noise.jit(static_argnames="shape")
    first, second = compiles_once(compiled, [(numbers.key(),), (numbers.key(),)], leaks=False, shape=SHAPE)
    first.finite()
    second.finite()


@check("device_noise", "jit", hint="One slice a device: (jax.device_count(), *shape), for any shape, () too.")
def test_device_noise_takes_any_shape(learner: Learner, numbers: Numbers) -> None:
    key = numbers.key()
    for shape in ((), (2, 0), (3, 1, 2)):
        handle, expected = learner.device_noise, (jax.device_count(), *shape)
        found = handle.using(
            f"device_noise(key, {shape})",
            lambda shape=shape: jax.eval_shape(lambda key: learner.device_noise.function(key, shape), key),
        )
        found.require(
            getattr(found.value, "shape", None) == expected,
            "has the wrong shape",
            expected=f"shape {expected}",
            got=f"shape {getattr(found.value, 'shape', None)}",
            kind=Kind.SHAPE,
        )


@check(
    "device_noise",
    "jit",
    hint="jax.pmap runs the drawing on every device, with a key of its own: no device draws for the others.",
)
def test_device_noise_is_drawn_where_it_is_used(learner: Learner, numbers: Numbers) -> None:
    compiled, key = learner.device_noise.jit(static_argnames="shape"), numbers.key()
    must_use_all_devices(compiled, key, shape=SHAPE)
    program = compiled.program(key, shape=SHAPE)
    Called(compiled.shown, None, about="The program of").require(
        not program.draws_outside_of_maps or max(program.given_to_devices, default=0) < math.prod(SHAPE),
        "draws before it goes to the devices",
        expected="keys for the devices, and the drawing on each of them",
        got="all numbers drawn first, and handed out",
    )
    of_the_right_shape = compiled(key, shape=SHAPE).close_to(
        np.zeros((jax.device_count(), *SHAPE)), atol=math.inf
    )
    one_slice_on_each_device(of_the_right_shape, jax.device_count())


@check("device_noise", "jit", hint="Split the key, and use each part once.")
def test_device_noise_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    uses_each_key_once(learner.device_noise.jit(static_argnames="shape"), numbers.key(), shape=SHAPE)
