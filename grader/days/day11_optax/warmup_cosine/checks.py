"""Checks of warmup_cosine."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Array,
    Kind,
    Learner,
    Numbers,
    Pattern,
    agrees_once,
    bans,
    came,
    check,
    hint_when,
    looks_like,
    of_kind,
)


def warmup_cosine_oracle(step: Any, peak: Any, warmup_steps: int, total_steps: int) -> Array:
    now, top = int(step), float(peak)
    if now < warmup_steps:
        return np.float64(top * now / warmup_steps)  # type: ignore[return-value]
    if now > total_steps:
        return np.float64(0.0)  # type: ignore[return-value]
    t = (now - warmup_steps) / (total_steps - warmup_steps)
    return np.float64(top * (1 + np.cos(np.pi * t)) / 2)  # type: ignore[return-value]


@check("warmup_cosine", "correct", hint="The rules leave optax out: a where and a cosine will do.")
def test_warmup_cosine_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.warmup_cosine, "optax", on=(jnp.int32(3), jnp.float32(1.0), 5, 11))


@check(
    "warmup_cosine", "correct", hint="Before warmup_steps a straight line from 0: peak · step / warmup_steps."
)
def test_warmup_cosine_rises(learner: Learner) -> None:
    hint = "Return an array. A traced step cannot be compared by Python's if: let jnp.where or jnp.select choose."
    with hint_when(came(float), hint):
        for step, expected in ((1, 0.5), (2, 1.0), (3, 1.5)):
            learner.warmup_cosine(step, 2, 4, 12).close_to(expected)


@check(
    "warmup_cosine",
    "correct",
    hint="t runs from 0 to 1 between warmup_steps and total_steps, and half a cosine, from π · 0 to π · 1, leads down.",
)
def test_warmup_cosine_falls(learner: Learner) -> None:
    for step, expected in ((6, 1.7071068), (8, 1.0), (10, 0.2928932)):
        learner.warmup_cosine(step, 2, 4, 12).close_to(expected)


@check(
    "warmup_cosine",
    "correct",
    hint="0 at step 0, the peak itself at warmup_steps, 0 at total_steps: count steps from 0, and t from warmup_steps.",
)
def test_warmup_cosine_meets_its_corners(learner: Learner) -> None:
    # One rounding of the peak, 2: the corners are no approximations.
    for step, expected in ((0, 0.0), (4, 2.0), (12, 0.0)):
        learner.warmup_cosine(step, 2, 4, 12).close_to(expected, rtol=0.0, atol=2.5e-7)


@check("warmup_cosine", "correct", hint="The cosine comes up again after t = 1: keep t within 0 and 1.")
def test_warmup_cosine_stays_down(learner: Learner) -> None:
    for step in (13, 20, 2_000_000_000):
        learner.warmup_cosine(step, 2, 4, 12).close_to(0.0)


@check(
    "warmup_cosine",
    "correct",
    hint="With warmup_steps = 0 the line has no length: do not divide by 0. The first rate is the peak.",
)
def test_warmup_cosine_starts_without_a_warmup(learner: Learner) -> None:
    for step, expected in ((0, 2.0), (4, 1.0), (8, 0.0)):
        learner.warmup_cosine(step, 2, 0, 8).close_to(expected)


@check(
    "warmup_cosine",
    "jit",
    hint="The step is traced inside a compiled step. jnp.where picks the part; Python cannot.",
)
def test_warmup_cosine_compiles_once(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.warmup_cosine.jit(static_argnames=("warmup_steps", "total_steps"))
    # Every step from the first to one after the last.
    calls = [(jnp.int32(step), numbers.uniform(0.5, 2.0)) for step in range(19)]
    part = (
        "Which part takes this step? The line those below warmup_steps, the cosine all from there to total_steps; the rate is"
        " small one step before total_steps, and 0 from total_steps on."
    )
    compiled_alone = looks_like(Pattern.COMPILED)
    with hint_when(lambda finding: of_kind(Kind.VALUE)(finding) and not compiled_alone(finding), part):
        agrees_once(compiled, calls, warmup_cosine_oracle, warmup_steps=7, total_steps=17)
