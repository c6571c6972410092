"""The deeper look at eval_step."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day14_flax_cnn.shared import (
    DROPPING,
    MANY,
    NORMALIZED,
    ROWS,
    in_tiny_units,
    small_images,
    small_oracle,
    small_state,
)
from grader.toolkit import Draw, Learner, Numbers, check, compiled_if_possible


@check(
    "eval_step",
    "deeper",
    hint="-log softmax(logits)[label] and the argmax, for logits near each other and far apart, and for a batch of one.",
)
def test_eval_step_in_many_cases(learner: Learner, draw: Draw) -> None:
    numbers = Numbers(draw.integer(0, 2**31 - 1), "eval_step")
    n, state = draw.one_of(ROWS, 1), small_state(numbers, DROPPING)
    images, labels = draw.floats((n, 2, 2, 1), magnitudes=(1e-3, 1e2)), draw.integers(n, 0, MANY - 1)
    dense = {"kernel": state.params["Dense_0"]["kernel"] * draw.one_of(1.0, 1e-3, 30.0)}
    dense["bias"] = draw.floats(MANY, magnitudes=(1e-3, 1e3))
    state = state.replace(params={**state.params, "Dense_0": dense})
    oracle = small_oracle(state, images, labels, train=False)
    logits = oracle["logits"]
    size = float(np.abs(logits).max())
    if draw.one_of(True, False):
        labels = jnp.asarray(logits.argmax(axis=1), jnp.int32)
        oracle = small_oracle(state, images, labels, train=False)
    called = compiled_if_possible(learner.eval_step, state, images, labels)
    called[0].close_to(oracle["losses"], rtol=1e-4, atol=1e-5 * size)
    first, second = np.sort(logits, axis=1)[:, -1], np.sort(logits, axis=1)[:, -2]
    clear = first - second > 1e-4 * size + 1e-6
    right = logits.argmax(axis=1) == np.asarray(labels)
    # Where two logits are as good as equal, either may be the largest.
    called[1].equals(np.where(clear, right, np.asarray(called.value[1])))


@check(
    "eval_step",
    "deeper",
    hint="Images go into the network as they come, however small their numbers are; and an image of NaN has a loss of NaN, its"
    " neighbours their own.",
)
def test_eval_step_takes_images_as_they_are(learner: Learner, numbers: Numbers) -> None:
    images, labels = small_images(numbers)
    state, tiny = in_tiny_units(small_state(numbers, DROPPING), images)
    called = compiled_if_possible(learner.eval_step, state, tiny, labels)
    called[0].close_to(small_oracle(state, tiny, labels, train=False)["losses"], **NORMALIZED)
    lost = tiny.at[1].set(jnp.nan)
    called = compiled_if_possible(learner.eval_step, state, lost, labels)
    called[0].close_to(small_oracle(state, lost, labels, train=False)["losses"], **NORMALIZED)
