"""The deeper look at evaluate."""

from __future__ import annotations

import numpy as np

from grader.days.day14_flax_cnn.evaluate.checks import evaluated, watched_state
from grader.days.day14_flax_cnn.shared import small_images, small_oracle
from grader.toolkit import Draw, Learner, Numbers, check


@check(
    "evaluate",
    "deeper",
    hint="Every example weighs the same, in however many batches, and wherever the small ones stand.",
)
def test_evaluate_in_many_cases(learner: Learner, draw: Draw) -> None:
    seed, n_batches, small = draw.integer(0, 2**31 - 1), draw.one_of(1, 3, 7, 150), draw.booleans(150)
    numbers = Numbers(seed, "evaluate")
    state = watched_state(numbers)
    sizes = [2 if one else 6 for one in np.asarray(small)[:n_batches]]
    drawn = [small_images(numbers, size) for size in sizes]
    batches = [(np.asarray(images), np.asarray(labels)) for images, labels in drawn]
    oracles = [small_oracle(state, images, labels, train=False) for images, labels in batches]
    hits = [
        oracle["logits"].argmax(axis=1) == labels
        for oracle, (_, labels) in zip(oracles, batches, strict=True)
    ]
    called = evaluated(learner, state, batches)
    called[0].close_to(np.concatenate([oracle["losses"] for oracle in oracles]).mean(), rtol=1e-4, atol=1e-4)
    # One example may have two logits that are as good as equal.
    called[1].close_to(np.concatenate(hits).mean(), rtol=0.0, atol=1e-5)


@check(
    "evaluate",
    "deeper",
    hint="Images go into the network as they come, however large their numbers are; and one loss of NaN makes the mean NaN.",
)
def test_evaluate_takes_images_as_they_are(learner: Learner, numbers: Numbers) -> None:
    state, handle = watched_state(numbers), learner.evaluate
    images, labels = (np.asarray(part) for part in small_images(numbers, 6))
    best = small_oracle(state, 1000 * images, labels, train=False)["logits"].argmax(axis=1)
    labels = np.where(np.arange(6) % 3, labels, best).astype(np.int32)
    oracle = small_oracle(state, 1000 * images, labels, train=False)
    large = [(1000 * images, labels)]
    called = handle.using("evaluate(state, [(large images, labels)])", handle.function, state, large)
    called[0].close_to(oracle["losses"].mean(), rtol=1e-3)
    called[1].close_to((oracle["logits"].argmax(axis=1) == labels).mean(), rtol=0.0, atol=1e-5)
    lost = images.copy()
    lost[2] = np.nan
    batches = [(images, labels), (lost, labels)]
    called = handle.using("evaluate(state, batches with an image of NaN)", handle.function, state, batches)
    called[0].close_to(np.nan)
