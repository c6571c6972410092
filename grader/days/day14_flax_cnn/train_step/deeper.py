"""The deeper look at train_step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day14_flax_cnn.shared import (
    MANY,
    NORMALIZED,
    PLAIN,
    ROWS,
    STATISTICS,
    in_tiny_units,
    small_images,
    small_oracle,
    small_state,
)
from grader.days.day14_flax_cnn.train_step.checks import sgd_oracle, stepped
from grader.toolkit import Called, Draw, Learner, Numbers, check, own_hint, raised, wide


@check(
    "train_step",
    "deeper",
    hint="Mean loss, gradient and optimiser as they are, at any step: nothing is clipped, skipped or smoothed.",
)
def test_train_step_in_many_cases(learner: Learner, draw: Draw) -> None:
    numbers = Numbers(draw.integer(0, 2**31 - 1), "train_step")
    state, step = small_state(numbers, PLAIN), draw.one_of(0, 1, 99, 65_535, 2**24 + 1)
    images = draw.floats((ROWS, 2, 2, 1), low=-3.0, high=3.0) + numbers.normal((ROWS, 2, 2, 1), 0.3)
    kernel = state.params["Dense_0"]["kernel"] * draw.one_of(1.0, 1e-4, 30.0)
    state = state.replace(
        params={**state.params, "Dense_0": {**state.params["Dense_0"], "kernel": kernel}},
        step=jnp.int32(step),
    )
    labels = draw.integers(ROWS, 0, MANY - 1)
    called, after = stepped(learner, state, images, labels, draw.key())
    oracle = small_oracle(state, images, labels, train=True)
    scale = 1e-4 * max(1.0, float(np.abs(oracle["logits"]).max()))
    called[1].close_to(oracle["losses"].mean(), rtol=1e-3, atol=scale)
    expected, _ = sgd_oracle(state.params, oracle["gradients"])
    for layer, parts in expected.items():
        for name, value in parts.items():
            largest = float(np.abs(oracle["gradients"][layer][name]).max())
            text = f"{called.text}[0].params[{layer!r}][{name!r}]"
            Called(text, after.params[layer][name]).close_to(value, rtol=1e-3, atol=1e-3 * largest + 1e-5)
    Called(f"{called.text}[0].step", after.step).equals(np.int32(step + 1))


@check(
    "train_step",
    "deeper",
    hint="Images go into the network as they come, however small their numbers are.",
)
def test_train_step_takes_tiny_images(learner: Learner, numbers: Numbers) -> None:
    images, labels = small_images(numbers)
    state, tiny = in_tiny_units(small_state(numbers, PLAIN), images)
    called, _ = stepped(learner, state, tiny, labels, numbers.key())
    called[1].close_to(small_oracle(state, tiny, labels, train=True)["losses"].mean(), rtol=1e-3)


DECAY = 0.125
DECAYING = optax.chain(optax.add_decayed_weights(DECAY), optax.sgd(0.5))


@check(
    "train_step",
    "deeper",
    hint="Some optimisers, weight decay for one, need the parameters: state.tx.update(gradients, state.opt_state, state.params)."
    " state.apply_gradients hands them over by itself.",
)
def test_train_step_hands_on_the_parameters(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, PLAIN), small_images(numbers)
    state = state.replace(tx=DECAYING, opt_state=DECAYING.init(state.params))
    with own_hint(raised(text="current value of parameters")):
        called, after = stepped(learner, state, images, labels, numbers.key())
    gradients = small_oracle(state, images, labels, train=True)["gradients"]
    pulled = jax.tree.map(lambda g, p: g + DECAY * wide(p), gradients, state.params)
    expected, _ = sgd_oracle(state.params, pulled)
    Called(f"{called.text}[0].params", after.params).close_to(expected, **NORMALIZED)


def noting(variables: Any, images: Any, *arguments: Any, mutable: Any = False, **keywords: Any) -> Any:
    """A linear network whose statistics say with which parameters it was run."""
    weights = variables["params"]["w"]
    logits = images.reshape(len(images), -1) @ weights
    return (logits, {STATISTICS: {"seen": jnp.sum(weights**2)}}) if mutable else logits


@check(
    "train_step",
    "deeper",
    hint="The statistics are those of the pass that gives the loss, with the parameters before the step: run the network once.",
)
def test_train_step_takes_the_statistics_of_its_one_pass(learner: Learner, numbers: Numbers) -> None:
    images, labels = small_images(numbers)
    params = {"w": numbers.normal((images[0].size, MANY))}
    tx = optax.sgd(0.5)
    state = small_state(numbers, PLAIN).replace(
        apply_fn=noting, params=params, batch_stats={"seen": jnp.float32(0)}, tx=tx, opt_state=tx.init(params)
    )
    called, after = stepped(learner, state, images, labels, numbers.key())
    seen = Called(f"{called.text}[0].batch_stats['seen']", after.batch_stats["seen"])
    seen.close_to((wide(params["w"]) ** 2).sum(), rtol=1e-4)
