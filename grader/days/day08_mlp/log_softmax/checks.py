"""Checks of log_softmax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.shared import SHORTCUTS, log_softmax_oracle, softmax_oracle
from grader.toolkit import (
    Finding,
    Learner,
    Numbers,
    Pattern,
    RaisedError,
    agrees_once,
    bans,
    check,
    compiled_if_possible,
    hint_when,
    looks_like,
    wide,
)


@check("log_softmax", "correct", hint="Each logit minus the logarithm of the sum of all exponentials.")
def test_log_softmax_by_hand(learner: Learner) -> None:
    logits = jnp.asarray(np.log([1.0, 3.0, 4.0]), jnp.float32)
    learner.log_softmax(logits).close_to(np.log([0.125, 0.375, 0.5]))


@check("log_softmax", "correct", hint="Build it from exp, log and a sum; the rules name what is left out.")
def test_log_softmax_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.log_softmax, *SHORTCUTS, on=(jnp.arange(7.0),))


@check("log_softmax", "correct", hint="One sum for each row: axis=-1, keepdims=True.")
def test_log_softmax_goes_along_the_last_axis(learner: Learner, numbers: Numbers) -> None:
    for shape in ((4, 3), (2, 4, 3)):
        logits = numbers.normal(shape, scale=3.0)
        compiled_if_possible(learner.log_softmax, logits).close_to(log_softmax_oracle(logits))


@check(
    "log_softmax",
    "correct",
    hint="exp(10000) is infinite, and the logarithm of a probability that has become 0 is -inf. Subtract the largest logit"
    " first, and never form the probabilities.",
)
def test_log_softmax_survives_huge_logits(learner: Learner) -> None:
    for logits in ([1e4, 0.0, -1e4], [-2e4, -1e4, -3e4]):
        x = jnp.array(logits)
        learner.log_softmax(x).close_to(log_softmax_oracle(x))


@check(
    "log_softmax",
    "correct",
    hint="Each row has a largest logit of its own; far below another row's, its exponentials are all 0.",
)
def test_log_softmax_scales_each_row(learner: Learner) -> None:
    logits = jnp.array([[1e4, 0.0, -1e4], [-1e4, -2e4, -3e4], [3.0, 2.0, 1.0], [0.0, 0.0, 0.0]])
    compiled_if_possible(learner.log_softmax, logits).close_to(log_softmax_oracle(logits))


@check(
    "log_softmax",
    "correct",
    hint="Never add the largest logit back: beside 10000 a float32 steps by 0.001. Go on with the shifted logits.",
    answers=looks_like(Pattern.ROUNDED),
)
def test_log_softmax_keeps_its_digits(learner: Learner) -> None:
    logits = jnp.array([1e4, 9999.0, 9998.5])

    def added_back() -> Any:
        z = np.asarray(logits)  # in float32, step by step
        top = z.max()
        return z - (top + np.log(np.exp(z - top).sum()))

    learner.log_softmax(logits).close_to(
        log_softmax_oracle(logits),
        neighbours={"the largest logit is added to the logarithm, whose digits are lost": added_back},
    )


@check(
    "log_softmax",
    "correct",
    hint="-inf minus a number is -inf, and exp(-inf) is 0: no special case is needed.",
)
def test_log_softmax_takes_an_impossible_class(learner: Learner) -> None:
    expected = [np.log(0.25), -np.inf, np.log(0.75)]
    logits = jnp.asarray([0.0, -np.inf, np.log(3.0)], jnp.float32)
    learner.log_softmax(logits).close_to(np.array(expected))


def first_wrong_in_a_row_of_ties(logits: jax.Array) -> Callable[[Finding], bool]:
    ties = bool((logits[3] == logits[3, 0]).all())
    return lambda finding: ties and finding.where[:1] == (3,)


@check(
    "log_softmax",
    "correct",
    hint="The slope of output i by logit j is (i = j) - p[j]. stop_gradient may stand on the largest logit alone, not on what is "
    "computed with it; clipping, rounding and where() give other slopes, too.",
)
def test_log_softmax_gradient(learner: Learner, numbers: Numbers) -> None:
    huge = jnp.array([[1e4, 0.0, -1e4], [0.0, 1.0, 50.0], [-1e4, -9999.0, -1e4], [0.0, 0.0, 0.0]])
    handle = learner.log_softmax

    def pulled_back(logits: jax.Array, weights: jax.Array) -> Any:
        return jax.vjp(handle.function, logits)[1](weights)[0]

    quick = jax.jit(pulled_back)
    for logits in (numbers.normal((4, 3), scale=3.0), huge):
        weights = numbers.normal((4, 3))
        total = wide(weights).sum(axis=-1, keepdims=True)
        expected = wide(weights) - softmax_oracle(logits) * total
        text = "grad of a weighted sum of log_softmax(f32[4,3])"
        # Sums of three weights of size 1 that cancel: a few roundings of 1.
        try:  # compiled, which is quicker; whether it compiles is a question for later
            result = handle.using(text, quick, logits, weights)
        except RaisedError:
            result = handle.using(text, pulled_back, logits, weights)
        with hint_when(
            first_wrong_in_a_row_of_ties(logits),
            "The logits of row 3 are equal, so each is the largest. Has the exponential of one become the number 1? A number "
            "has no slope: leave exp(z - largest) as it is, for the largest one, too.",
        ):
            result.close_to(expected, atol=1e-5)


@check("log_softmax", "jit", hint="No branch on how large the logits are: subtract the largest in any case.")
def test_log_softmax_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((4, 3), scale=scale),) for scale in (1.0, 1e4)]
    agrees_once(learner.log_softmax.jit(static_argnames=()), calls, log_softmax_oracle)
