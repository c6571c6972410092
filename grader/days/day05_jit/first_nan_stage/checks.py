"""Checks of first_nan_stage."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from grader.days.day05_jit.shared import shown
from grader.toolkit import Called, Learner, check, compiles_once, told_by


def clear_nans(x: jax.Array) -> jax.Array:
    return jnp.where(jnp.isnan(x), 0.0, x)


def out_of_range(x: Any) -> Any:
    return x * 1e30 * 1e30


def minus_itself(x: jax.Array) -> jax.Array:
    return x - x


def total(x: jax.Array) -> jax.Array:
    return jnp.sum(x)


EXP_LOG_SQRT = (jnp.exp, jnp.log, jnp.sqrt)
LOG_CLEAR_LOG_SQRT = (jnp.log, clear_nans, jnp.log, jnp.sqrt)


@check(
    "first_nan_stage",
    "correct",
    hint="Each stage gets what the last one gave. Which output is the first with a NaN?",
)
def test_first_nan_stage_by_hand(learner: Learner) -> None:
    result = learner.first_nan_stage(EXP_LOG_SQRT, jnp.array([-1.0, -2.0]))
    unseen = "No NaN was seen, and the root makes two. nan == nan is False: ask jnp.isnan."
    result.equals(2, hint=told_by(result.value, {unseen: -1}))
    learner.first_nan_stage((jnp.log, jnp.exp), jnp.array([-1.0, -2.0])).equals(0)


@check("first_nan_stage", "correct", hint="Where no stage makes a NaN, the answer is -1.")
def test_first_nan_stage_finds_none(learner: Learner) -> None:
    learner.first_nan_stage(EXP_LOG_SQRT, jnp.array([1.0, 2.0])).equals(-1)


@check("first_nan_stage", "correct", hint="One NaN among many numbers will do: any, not all.")
def test_first_nan_stage_needs_one_nan(learner: Learner) -> None:
    learner.first_nan_stage(EXP_LOG_SQRT, jnp.array([1.0, -2.0])).equals(2)


@check(
    "first_nan_stage", "correct", hint="A later NaN does not count, also when the first one was cleared away."
)
def test_first_nan_stage_finds_the_first(learner: Learner) -> None:
    # log(-1) is NaN; cleared to 0; log(0) is -inf; its root is NaN again.
    learner.first_nan_stage(LOG_CLEAR_LOG_SQRT, jnp.array([-1.0, 5.0])).equals(0)


@check("first_nan_stage", "correct", hint="An infinity is no NaN: ask jnp.isnan, not jnp.isfinite.")
def test_first_nan_stage_lets_infinity_pass(learner: Learner) -> None:
    learner.first_nan_stage((jnp.log, minus_itself), jnp.array([0.0, 5.0])).equals(1)
    # Both infinities, whose sum is NaN.
    learner.first_nan_stage((out_of_range,), jnp.array([1.0, -1.0])).equals(
        -1,
        hint="inf and -inf are no NaN, and their sum is: ask jnp.isnan of the elements, not of a sum or a mean.",
    )


@check(
    "first_nan_stage",
    "correct",
    hint="A stage makes a NaN when there is one in what it gives and none in what it was given.",
)
def test_first_nan_stage_blames_nobody_for_x(learner: Learner) -> None:
    learner.first_nan_stage(LOG_CLEAR_LOG_SQRT, jnp.array([jnp.nan, 5.0])).equals(3)
    # The root makes a second NaN, in another place: there was one already.
    learner.first_nan_stage(EXP_LOG_SQRT, jnp.array([jnp.nan, -1.0])).equals(-1)


@check("first_nan_stage", "correct", hint="Outputs may have different shapes: bring each down to one flag.")
def test_first_nan_stage_takes_any_shape(learner: Learner) -> None:
    learner.first_nan_stage((jnp.exp, total, jnp.log), jnp.array([1.0, 5.0])).equals(-1)
    learner.first_nan_stage((total, jnp.sqrt), jnp.array([-7.0, 5.0])).equals(1)


@check("first_nan_stage", "correct", hint="No stages, no NaN: -1, as an array.")
def test_first_nan_stage_takes_no_stages(learner: Learner) -> None:
    learner.first_nan_stage((), jnp.array([1.0, 2.0])).equals(-1)


@check(
    "first_nan_stage",
    "jit",
    hint="A Python loop over the stages is fine, an if on a NaN is not: carry the answer along with jnp.where.",
)
def test_first_nan_stage_compiles_once(learner: Learner) -> None:
    handle = learner.first_nan_stage.jit(static_argnums=0)
    calls = [
        (LOG_CLEAR_LOG_SQRT, jnp.array(x)) for x in ([-1.0, 5.0], [0.5, 5.0], [jnp.nan, 5.0], [5.0, 5.0])
    ]
    for result, expected in zip(compiles_once(handle, calls), (0, 2, 3, -1), strict=True):
        result.equals(expected)


@check("first_nan_stage", "jit", hint="Keep the last output, and go on from there.")
def test_first_nan_stage_runs_each_stage_once(learner: Learner) -> None:
    stages = (jnp.sin, jnp.cos, jnp.tan)
    program = learner.first_nan_stage.jit(static_argnums=0).program(stages, jnp.array([1.0, 2.0]))
    runs = {name: program.primitives[name] for name in ("sin", "cos", "tan")}
    Called(program.call, None).require(
        set(runs.values()) == {1},
        "does not run each stage once",
        expected=shown(dict.fromkeys(runs, 1)),
        got=shown(runs),
    )
