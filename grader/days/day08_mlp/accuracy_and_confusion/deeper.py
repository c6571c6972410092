"""Deeper checks of accuracy_and_confusion."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.accuracy_and_confusion.checks import confusion_oracle
from grader.toolkit import Draw, Learner, check


@check(
    "accuracy_and_confusion",
    "deeper",
    hint="Each example that counts adds 1 at (label, choice); the first largest logit is the choice.",
)
def test_accuracy_and_confusion_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, n_classes = draw.one_of((3, 2), (3, 3))
    # Few different numbers, so that there are ties.
    logits = draw.one_of(
        jnp.asarray(np.asarray(draw.integers((n, n_classes), -1, 1)), jnp.float32),
        draw.floats((n, n_classes), special=(0.0, -0.0, math.inf, -math.inf)),
    )
    labels = draw.integers((n,), -1, n_classes - 1)
    handle = learner.accuracy_and_confusion.jit(static_argnames="n_classes")
    handle(logits, labels, n_classes).close_to(confusion_oracle(logits, labels, n_classes))


@check(
    "accuracy_and_confusion",
    "deeper",
    hint="Count in int32: there may be any number of examples, and of classes.",
)
def test_accuracy_and_confusion_of_many(learner: Learner) -> None:
    handle = learner.accuracy_and_confusion.jit(static_argnames="n_classes")
    logits, labels = np.zeros((70_001, 2), np.float32), np.zeros(70_001, np.int32)
    labels[:5] = 1
    handle(jnp.asarray(logits), jnp.asarray(labels), 2).close_to(
        (69_996 / 70_001, np.array([[69_996, 0], [5, 0]]))
    )
    classes = np.arange(300)
    logits = np.eye(300, dtype=np.float32)[np.roll(classes, 1)]
    expected = np.eye(300, dtype=int)[np.roll(classes, 1)]
    handle(jnp.asarray(logits), jnp.asarray(classes), 300).close_to((0.0, expected))
