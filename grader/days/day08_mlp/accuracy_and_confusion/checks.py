"""Checks of accuracy_and_confusion."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    same_size_for,
    wide,
)


def confusion_oracle(logits: Any, labels: Any, n_classes: int) -> tuple[float, Array]:
    confusion = np.zeros((n_classes, n_classes), np.int64)
    for row, label in zip(wide(logits), np.asarray(labels), strict=True):
        if label >= 0:
            confusion[label, int(np.argmax(row))] += 1
    return float(np.trace(confusion) / max(confusion.sum(), 1)), confusion


def many_examples(numbers: Numbers, lowest: int) -> tuple[jax.Array, jax.Array]:
    """So many of five classes that some place in the matrix counts over 255; most choices are right."""
    logits, labels = np.array(numbers.normal((1000, 5))), np.array(numbers.integers(lowest, 5, 1000))
    labels[:400] = 3
    logits[np.arange(1000), labels] += 3
    return jnp.asarray(logits), jnp.asarray(labels)


@check(
    "accuracy_and_confusion",
    "correct",
    hint="Row: the label. Column: the class with the largest logit. Every example adds 1, also a second one at one place.",
)
def test_accuracy_and_confusion_by_hand(learner: Learner) -> None:
    logits = jnp.array([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0], [3.0, 1.0, 0.0], [0.0, 1.0, 9.0]])
    labels = jnp.array([0, 1, 1, 1])
    result = compiled_if_possible(learner.accuracy_and_confusion, logits, labels, 3, static="n_classes")
    result[1].equals([[1, 0, 0], [1, 0, 2], [0, 0, 0]])
    result[0].close_to(0.25, hint="Right choices lie on the diagonal; divide by the examples that count.")


@check(
    "accuracy_and_confusion", "correct", hint="Scatter with .add: one place for each pair (label, choice)."
)
def test_accuracy_and_confusion_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    logits, labels = (part[-40:] for part in many_examples(numbers, 0))
    result = compiled_if_possible(learner.accuracy_and_confusion, logits, labels, 5, static="n_classes")
    result.close_to(confusion_oracle(logits, labels, 5))


@check(
    "accuracy_and_confusion",
    "correct",
    hint="Of equal logits the first is chosen, as jnp.argmax does; an example has one choice.",
)
def test_accuracy_and_confusion_breaks_ties(learner: Learner) -> None:
    logits = jnp.array([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0], [3.0, 3.0, 3.0], [0.0, 1.0, 9.0]])
    labels = jnp.array([1, 1, 0, 2])
    result = compiled_if_possible(learner.accuracy_and_confusion, logits, labels, 3, static="n_classes")
    accuracy, confusion = confusion_oracle(logits, labels, 3)
    result[1].equals(confusion)
    result[0].close_to(accuracy)


@check(
    "accuracy_and_confusion",
    "correct",
    hint="To an index, -1 is the last row, in every mode. Send such examples past the end and drop them, or give them the"
    " weight 0; and divide by those that are left.",
)
def test_accuracy_and_confusion_leaves_padding_out(learner: Learner) -> None:
    logits = jnp.array([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0], [3.0, 1.0, 0.0], [0.0, 1.0, 9.0]])
    labels = jnp.array([0, 1, -1, -1])
    result = compiled_if_possible(learner.accuracy_and_confusion, logits, labels, 3, static="n_classes")
    result.close_to((0.5, confusion_oracle(logits, labels, 3)[1]))


@check("accuracy_and_confusion", "correct", hint="0 / 0 is nan: divide by at least 1.")
def test_accuracy_and_confusion_of_padding_alone(learner: Learner) -> None:
    logits = jnp.array([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0], [3.0, 1.0, 0.0], [0.0, 1.0, 9.0]])
    labels = jnp.array([-1, -1, -1, -1])
    result = compiled_if_possible(learner.accuracy_and_confusion, logits, labels, 3, static="n_classes")
    result.close_to((0.0, np.zeros((3, 3), int)))


@check("accuracy_and_confusion", "jit", hint="One scatter counts all examples.")
def test_accuracy_and_confusion_has_no_python_loop(learner: Learner) -> None:
    small, large = ((jnp.zeros((3 * c, c)), jnp.zeros(3 * c, jnp.int32), c) for c in (5, 10))
    handle = learner.accuracy_and_confusion.jit(static_argnames="n_classes")
    same_size_for(handle, small, large)


@check(
    "accuracy_and_confusion",
    "jit",
    hint="How many labels are padding is not known while JAX traces: keep all examples, and let some count 0.",
)
def test_accuracy_and_confusion_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(*many_examples(numbers, -1), 5) for _ in range(2)]
    handle = learner.accuracy_and_confusion.jit(static_argnames="n_classes")
    agrees_once(handle, calls, confusion_oracle)
