"""Checks of eval_step."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day14_flax_cnn.shared import (
    DROPPING,
    MANY,
    NORMALIZED,
    ROWS,
    small_images,
    small_oracle,
    small_state,
    with_large_logits,
)
from grader.toolkit import (
    Learner,
    Numbers,
    check,
    compiled_if_possible,
    compiles_once,
    hint_when,
    own_hint,
    raised,
)


@check(
    "eval_step",
    "correct",
    hint="A loss and a True or False for each example, not their means. The network needs both collections, and with train=False "
    "neither `mutable` nor a key.",
)
def test_eval_step_judges_each_example(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, DROPPING), small_images(numbers)
    classes = (
        "Logits have a row for each example and a column for each class: argmax and softmax go along axis=-1."
    )
    with hint_when(raised(text="(?i)incompatible shapes"), classes), own_hint():
        compiled_if_possible(learner.eval_step, state, images, labels)


@check(
    "eval_step",
    "correct",
    hint="In training mode BatchNorm mixes the examples of a batch. Evaluation is train=False, with the stored statistics; and "
    "softmax goes along the classes, axis=-1.",
)
def test_eval_step_knows_no_neighbours(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, DROPPING), small_images(numbers)
    neighbours, _ = small_images(numbers)
    called = compiled_if_possible(learner.eval_step, state, images, labels)
    # Called with other neighbours, the first example is the same.
    other = compiled_if_possible(learner.eval_step, state, neighbours.at[0].set(images[0]), labels)
    expected, got = (float(result.value[0][0]) for result in (called, other))
    other[0].require(
        np.isclose(expected, got, rtol=1e-5, atol=1e-6),
        "has another loss for the first example, among other neighbours",
        expected=f"{expected:.5g}, as before",
        got=f"{got:.5g}",
    )


@check(
    "eval_step",
    "correct",
    hint="A loss for each example, not their mean: -log softmax(logits)[label], from logits in evaluation mode. "
    "state.apply_fn needs both collections.",
)
def test_eval_step_measures_each_example(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, DROPPING), small_images(numbers)
    called = compiled_if_possible(learner.eval_step, state, images, labels)
    called[0].close_to(small_oracle(state, images, labels, train=False)["losses"], **NORMALIZED)


@check("eval_step", "correct", hint="The prediction is the argmax over the classes, the last axis.")
def test_eval_step_says_which_are_correct(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, DROPPING), small_images(numbers)
    # Faint logits: the largest of twelve has a probability of a tenth or so. In half of the rounds the last class wins.
    kernel, bias = (np.array(state.params["Dense_0"][name]) for name in ("kernel", "bias"))
    for last in (bias[-1], 9.0):
        bias[-1] = last
        faint = {"kernel": jnp.asarray(0.01 * kernel), "bias": jnp.asarray(0.1 * bias)}
        asked = state.replace(params={**state.params, "Dense_0": faint})
        best = small_oracle(asked, images, labels, train=False)["logits"].argmax(axis=1)
        half = np.where(np.arange(ROWS) % 2, best, (best + 1) % MANY)
        called = compiled_if_possible(learner.eval_step, asked, images, jnp.asarray(half, jnp.int32))
        hint = (
            "The prediction is the argmax over all classes, however small its probability is. Each is compared with the label of "
            "its own example: with `labels`, not with one of them."
        )
        called[1].equals(best == half, hint=hint)


@check(
    "eval_step",
    "correct",
    hint="exp(1e4) is infinite, and the log of a probability that underflowed is -inf. Take the log-softmax in one go, "
    "as optax.softmax_cross_entropy_with_integer_labels does.",
)
def test_eval_step_survives_large_logits(learner: Learner, numbers: Numbers) -> None:
    (state, labels), (images, _) = with_large_logits(small_state(numbers, DROPPING)), small_images(numbers)
    called = compiled_if_possible(learner.eval_step, state, images, labels)
    # Relative to 1e4: the differences to the largest logit carry its rounding.
    called[0].close_to(small_oracle(state, images, labels, train=False)["losses"], rtol=1e-4, atol=1e-2)


@check("eval_step", "jit", hint="State, images and labels are traced: compare arrays, and return arrays.")
def test_eval_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(small_state(numbers, DROPPING), *small_images(numbers)) for _ in range(2)]
    for (state, images, labels), result in zip(
        calls, compiles_once(learner.eval_step.jit(), calls), strict=True
    ):
        result[0].close_to(small_oracle(state, images, labels, train=False)["losses"], **NORMALIZED)
