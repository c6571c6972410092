"""Checks of noise_at."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.shared import (
    TABLE,
    margin,
    must_be_standard_normal,
    must_have_shape,
    must_not_repeat,
    reuses_no_key,
)
from grader.toolkit import Called, Kind, Learner, Numbers, check, compiles_once, own_hint, raised


@check(
    "noise_at",
    "correct",
    hint="jax.random.normal draws with mean 0 and deviation 1; pass it the shape as it is.",
)
def test_noise_at_has_mean_0_and_deviation_1(learner: Learner, numbers: Numbers) -> None:
    for step, shape in ((0, ()), (0, TABLE), (100, TABLE)):
        called = learner.noise_at(numbers.key(), step, shape)
        must_have_shape(called, shape)
        called.require(
            called.value.dtype == jnp.float32,
            "has another dtype",
            expected="f32",
            got=called.value,
            kind=Kind.DTYPE,
        )
        values = np.asarray(called.value)  # in NumPy, where nothing is compiled
        mean, deviation = float(values.mean()), float(values.std())
        # Roughly, for a start: 50 standard errors of 16,512 draws.
        called.require(
            not shape or (abs(mean) < 0.4 and 0.6 < deviation < 1.6),
            "is not standard normal",
            expected="mean 0, deviation 1",
            got=f"mean {mean:.3g}, deviation {deviation:.3g}",
        )


@check("noise_at", "correct", hint="Draw all elements in one call with the whole shape.")
def test_noise_at_elements_are_independent(learner: Learner, numbers: Numbers) -> None:
    called = learner.noise_at(numbers.key(), 1, TABLE)
    must_not_repeat(called, "repeats itself", np.sign(called.value), 1.0)


@check(
    "noise_at",
    "correct",
    hint="The noise is to be normal: jax.random.normal, with nothing done to it afterwards.",
)
def test_noise_at_is_standard_normal(learner: Learner, numbers: Numbers) -> None:
    called = learner.noise_at(numbers.key(), 2, TABLE)
    must_be_standard_normal(called, "is not standard normal", called.value)
    different = len(np.unique(np.asarray(called.value))) / called.value.size
    # float32 noise comes from 23 bits or more: of 16,512 draws some sixteen meet another.
    called.require(
        different > 0.9,
        "is coarse",
        expected="hardly a number twice",
        got=f"{100 * different:.2g} % different numbers",
        hint="Draw float32 numbers: narrower ones hold only some thousand values.",
    )


# A step that is cut off, taken modulo something or rounded to float32 meets another one of these.
STEPS = (0, 1, 2, 100, 256, 1000, 2**16, 1_000_000, 2**20, 2**24, 2**24 + 1, 2**31 - 1)


def must_be_unrelated(draws: list[tuple[str, Called]]) -> None:
    """The signs of no two tables go together. Raises WrongAnswer."""
    pairs = list(itertools.combinations(draws, 2))
    for (one, first), (two, second) in pairs:
        correlation = float(np.mean(np.sign(first.value) * np.sign(second.value)))
        allowed = margin(first.value.size, 1.0, len(pairs))
        if abs(correlation) > allowed:
            second.require(
                False,
                "is not independent of another draw",
                expected=f"no correlation between {one} and {two} (chance: {allowed:.2g})",
                got=f"{correlation:.2g} between the signs",
            )


@check(
    "noise_at",
    "correct",
    hint="jax.random.fold_in(key, step) goes to any step at once, also to a traced one: there is nothing to walk, to count up to "
    "or to remember.",
    answers=raised(),
)
def test_noise_at_jumps_to_the_step(learner: Learner, numbers: Numbers) -> None:
    # Before late steps are asked for: a walk there, or as many keys, would take the rest of the day.
    compiled = learner.noise_at.jit(static_argnames="shape")
    program = compiled.program(numbers.key(), jnp.int32(1), shape=TABLE)
    # A scan has a length that is fixed before the step is known; only a while loop can walk to a traced step.
    if program.primitives["while"]:
        Called(program.call, None).require(False, "walks to its step", expected="no loop", got="a while loop")


@check(
    "noise_at",
    "correct",
    hint="The step must go into the key, as the whole integer that it is (float32 makes one of 2^24 and 2^24 + 1), and all of "
    "the noise must come from that new key.",
)
def test_noise_at_steps_are_independent(learner: Learner, numbers: Numbers) -> None:
    key = numbers.key()
    must_be_unrelated([(f"step {step:,}", learner.noise_at(key, step, TABLE)) for step in STEPS])


@check(
    "noise_at",
    "correct",
    hint="Make the step's key from both: fold the step into the key. Sums of seeds collide.",
)
def test_noise_at_keys_are_independent(learner: Learner) -> None:
    draws = [
        (f"key({seed}), step {step}", learner.noise_at(jax.random.key(seed), step, TABLE))
        for seed in (5, 6, 7)
        for step in (0, 1, 2)
    ]
    must_be_unrelated(draws)


@check("noise_at", "correct", hint="Only key and step may decide: keep nothing between calls.")
def test_noise_at_order_of_calls_does_not_matter(learner: Learner, numbers: Numbers) -> None:
    key = numbers.key()
    first = {step: learner.noise_at(key, step, TABLE).value for step in (3, 1, 2)}
    for step in (1, 2, 3):
        learner.noise_at(key, jnp.int32(step), TABLE).equals(first[step])


@check("noise_at", "jit", hint="fold_in takes the step as it is, traced or not, and needs no count of steps.")
def test_noise_at_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.key(), jnp.int32(step)) for step in (0, 3, 1_000_000)]
    with own_hint():  # not the step static, and no fori_loop: there is nothing to walk
        results = compiles_once(learner.noise_at.jit(static_argnames="shape"), calls, shape=TABLE)
    for arguments, called in zip(calls[:2], results, strict=False):
        called.close_to(learner.noise_at(*arguments, TABLE).value)


@check("noise_at", "jit", hint="Fold the step into the key once, and draw once from the result.")
def test_noise_at_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.noise_at, numbers.key(), 3, shape=TABLE)
