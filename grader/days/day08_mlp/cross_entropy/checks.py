"""Checks of cross_entropy."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.shared import SHORTCUTS, log_softmax_oracle, softmax_oracle
from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    Pattern,
    agrees_once,
    bans,
    check,
    compiled_if_possible,
    hint_when,
    largest_value_at_most,
    looks_like,
    same_size_for,
)


def cross_entropy_oracle(logits: Any, labels: Any) -> float:
    each = [-row[label] for row, label in zip(log_softmax_oracle(logits), np.asarray(labels), strict=True)]
    return float(np.mean(each))


def cross_entropy_gradient_oracle(logits: Any, labels: Any) -> Array:
    p = softmax_oracle(logits)
    p[np.arange(len(p)), np.asarray(labels)] -= 1
    return p / len(p)


@check(
    "cross_entropy",
    "correct",
    hint="From each row pick the entry at its own label: rows and labels are walked together. Then minus, then the mean.",
)
def test_cross_entropy_by_hand(learner: Learner) -> None:
    logits = jnp.asarray(np.log([[1.0, 3.0, 4.0], [2.0, 2.0, 4.0]]), jnp.float32)
    called = compiled_if_possible(learner.cross_entropy, logits, jnp.array([1, 0]))
    with hint_when(
        looks_like(Pattern.NEIGHBOUR),
        "Logits are no logarithms of probabilities: first take from each row the logarithm of the sum of its exponentials. A "
        "cross-entropy is never negative.",
    ):
        called.close_to(
            -(np.log(0.375) + np.log(0.25)) / 2,
            neighbours={"the logits at the labels, as they came": lambda: -(np.log(3.0) + np.log(2.0)) / 2},
        )


@check("cross_entropy", "correct", hint="Build it from exp, log and a sum; the rules name what is left out.")
def test_cross_entropy_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.cross_entropy, *SHORTCUTS, on=(jnp.ones((7, 3)), jnp.arange(7) % 3))


@check(
    "cross_entropy",
    "correct",
    hint="The mean is over the n examples; each counts with one class, its label. "
    "Labels may be int8: count positions in int32.",
)
def test_cross_entropy_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    # More logits than labels of 8 bits can count.
    logits, labels = numbers.normal((40, 5), scale=3.0), numbers.integers(0, 5, 40).astype(jnp.int8)
    compiled_if_possible(learner.cross_entropy, logits, labels).close_to(cross_entropy_oracle(logits, labels))


@check(
    "cross_entropy",
    "correct",
    hint="A probability that is too small for float32 becomes 0, and log 0 is -inf. Stay with logarithms: subtract the"
    " largest logit of each row, then the logarithm of the sum. Pick with an index: 0 times an infinity is NaN.",
)
def test_cross_entropy_survives_huge_logits(learner: Learner) -> None:
    logits = np.array([[1e4, 0.0, -1e4], [-2e4, -1e4, -3e4]], np.float32)
    for z, labels in ((logits, [2, 0]), (logits, [0, 1]), (1e20 * logits, [2, 0])):
        arguments = jnp.asarray(z, jnp.float32), jnp.array(labels)
        compiled_if_possible(learner.cross_entropy, *arguments).close_to(cross_entropy_oracle(*arguments))
    # Their differences are infinite. Operation by operation: XLA makes a choice of a product with zeros and ones.
    farthest = jnp.array([[3e38, -3e38, 0.0], [0.0, 3e38, 1.0]]), jnp.array([0, 1])
    learner.cross_entropy(*farthest).close_to(0.0)


@check(
    "cross_entropy",
    "correct",
    hint="Never add the largest logit back: beside 10000 a float32 steps by 0.001. Pick from the shifted logits.",
)
def test_cross_entropy_keeps_its_digits(learner: Learner) -> None:
    logits, labels = jnp.array([[1e4, 9999.0, 9998.5], [-1e4, -9999.0, -1e4]]), jnp.array([0, 1])
    compiled_if_possible(learner.cross_entropy, logits, labels).close_to(cross_entropy_oracle(logits, labels))


@check(
    "cross_entropy",
    "correct",
    hint="It is (p - one_hot(labels)) / n, and p is the slope of the logarithm of the sum: stop_gradient may stand on the "
    "largest logit alone. Clipping and adding a small number change it, too.",
)
def test_cross_entropy_gradient(learner: Learner, numbers: Numbers) -> None:
    logits, labels = numbers.normal((17, 5), scale=3.0), numbers.integers(0, 5, 17)
    huge = np.array(logits)
    huge[3:5] = [1e4, 0.0, -1e4, 50.0, 9999.0]
    for z in (logits, jnp.asarray(huge)):
        expected = cross_entropy_gradient_oracle(z, labels)
        compiled_if_possible(learner.cross_entropy.grad(), z, labels).close_to(expected)


@check(
    "cross_entropy",
    "jit",
    hint="Labels are traced: index with them through jnp, never through Python or NumPy.",
)
def test_cross_entropy_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((17, 5), scale=3.0), numbers.integers(0, 5, 17)) for _ in range(2)]
    agrees_once(learner.cross_entropy.jit(static_argnames=()), calls, cross_entropy_oracle)


@check("cross_entropy", "jit", hint="logits[jnp.arange(n), labels] picks for all rows at once.")
def test_cross_entropy_has_no_python_loop(learner: Learner) -> None:
    small, large = ((jnp.zeros((n, 5)), jnp.zeros(n, jnp.int32)) for n in (17, 34))
    same_size_for(learner.cross_entropy.jit(static_argnames=()), small, large)


@check(
    "cross_entropy",
    "jit",
    hint="x[:, labels] reads every label in every row, n² numbers. Two index arrays are walked together: one read a row.",
)
def test_cross_entropy_builds_nothing_large(learner: Learner) -> None:
    arguments = jnp.zeros((34, 5)), jnp.zeros(34, jnp.int32)
    largest_value_at_most(learner.cross_entropy.jit(static_argnames=()), 2 * 34 * 5, arguments)
