"""Deeper checks of log_softmax."""

from __future__ import annotations

import math

import jax.numpy as jnp

from grader.days.day08_mlp.shared import log_softmax_oracle
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees


@check(
    "log_softmax",
    "deeper",
    hint="Each logit less the largest, less the logarithm of the sum, along the last axis.",
)
def test_log_softmax_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape = draw.one_of((3,), (2, 2), (3, 3), (1,), (2, 1, 3), (2, 1, 1, 2))
    logits = draw.floats(shape, magnitudes=draw.one_of((1e-3, 10.0), (10.0, 100.0), (1.0, 1e4), (1e6, 1e9)))
    learner.log_softmax.jit(static_argnames=())(logits).close_to(log_softmax_oracle(logits), atol=2e-6)


@check(
    "log_softmax", "deeper", hint="-inf where a class cannot be; the others of its row share what is left."
)
def test_log_softmax_takes_impossible_classes(learner: Learner, draw: Draw) -> None:
    logits = draw.floats((2, 3), low=-90.0, high=90.0, special=(-math.inf,))
    logits = logits.at[:, draw.integer(0, 2)].set(1.0)  # one class of each row can be
    learner.log_softmax.jit(static_argnames=())(logits).close_to(log_softmax_oracle(logits), atol=2e-6)


@check("log_softmax", "deeper", hint="Any number of rows, and of classes.")
def test_log_softmax_of_many_classes(learner: Learner, numbers: Numbers) -> None:
    for shape in ((2, 3000), (3000, 2)):
        logits = numbers.normal(shape, scale=3.0)
        learner.log_softmax.jit(static_argnames=())(logits).close_to(log_softmax_oracle(logits), atol=2e-6)


@check("log_softmax", "deeper", hint="The gradient runs through the sum, too; stop it nowhere.")
def test_log_softmax_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    slope_agrees(learner.log_softmax.jit(static_argnames=()), log_softmax_oracle, numbers.normal((4, 3)))


@check(
    "log_softmax",
    "deeper",
    hint="A class may be as far below the largest as float32 goes: only a logit of -inf means none, and no number stands for it.",
)
def test_log_softmax_takes_distant_logits(learner: Learner) -> None:
    logits = jnp.array([1e30, 0.0, -1e30])
    learner.log_softmax.jit(static_argnames=())(logits).close_to(log_softmax_oracle(logits))
