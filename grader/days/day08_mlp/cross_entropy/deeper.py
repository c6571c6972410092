"""Deeper checks of cross_entropy."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.cross_entropy.checks import cross_entropy_gradient_oracle, cross_entropy_oracle
from grader.toolkit import Array, Draw, Learner, Numbers, check, slope_agrees, wide


@check(
    "cross_entropy", "deeper", hint="The mean over the examples of minus the log-probability at the label."
)
def test_cross_entropy_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, n_classes = draw.one_of((2, 3), (3, 3), (4, 1), (1, 2))
    logits = draw.floats(
        (n, n_classes), magnitudes=draw.one_of((1e-3, 10.0), (10.0, 100.0), (1.0, 1e4), (1e6, 1e9))
    )
    labels = draw.integers((n,), 0, n_classes - 1)
    handle = learner.cross_entropy.jit(static_argnames=())
    scale = float(np.abs(wide(logits)).max())
    handle(logits, labels).close_to(cross_entropy_oracle(logits, labels), atol=2e-6 + 2e-7 * scale / n)


@check("cross_entropy", "deeper", hint="The gradient is (p - one_hot(labels)) / n, for any finite logits.")
def test_cross_entropy_gradient_in_many_cases(learner: Learner, draw: Draw) -> None:
    logits = draw.floats((3, 3), magnitudes=draw.one_of((1e-3, 10.0), (10.0, 100.0), (1.0, 1e4), (1e6, 1e9)))
    labels = draw.integers((3,), 0, 2)
    gradient = learner.cross_entropy.grad().jit()
    gradient(logits, labels).close_to(cross_entropy_gradient_oracle(logits, labels), atol=1e-5)


@check("cross_entropy", "deeper", hint="Any number of examples, and of classes.")
def test_cross_entropy_of_many(learner: Learner, numbers: Numbers) -> None:
    for n, n_classes in ((3000, 3), (4, 1500)):
        logits, labels = numbers.normal((n, n_classes), scale=3.0), numbers.integers(0, n_classes, n)
        handle = learner.cross_entropy.jit(static_argnames=())
        handle(logits, labels).close_to(cross_entropy_oracle(logits, labels), rtol=1e-4)


def as_array(logits: Array, labels: Array) -> Array:
    return np.array(cross_entropy_oracle(logits, labels))


@check(
    "cross_entropy",
    "deeper",
    hint="The gradient runs through the sum and the label's logit; nothing may stop it.",
)
def test_cross_entropy_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    slope_agrees(
        learner.cross_entropy.jit(static_argnames=()),
        as_array,
        numbers.normal((4, 3)),
        numbers.integers(0, 3, 4),
    )


@check("cross_entropy", "deeper", hint="A NaN says that something is wrong with a logit: replace nothing.")
def test_cross_entropy_lets_nan_through(learner: Learner) -> None:
    logits = jnp.array([[1.0, jnp.nan, 2.0], [0.0, 3.0, 1.0]])
    learner.cross_entropy.jit(static_argnames=())(logits, jnp.array([0, 1])).equals(np.nan)
