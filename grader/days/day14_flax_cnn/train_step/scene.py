"""Twelve steps of a small network: losses, the running mean that the batches move, and the keys that dropout was given.

The network keeps its key for dropout among its statistics. That no two steps have the same, with one key or with another,
can be seen whatever the keys are.
"""

from __future__ import annotations

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from flax.training import train_state

from grader.scenes import Scene, chart, image, line, points, quick

STEPS = 10
OPTIMIZER = optax.sgd(0.15, momentum=0.8)


class TrainState(train_state.TrainState):  # type: ignore[no-untyped-call]
    """With batch statistics, as the exercise has it."""

    batch_stats: Any


class Network(nn.Module):
    """Normalisation and a dense layer; the key for dropout is noted."""

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        """The logits."""
        noted = self.variable("batch_stats", "key", jnp.zeros, 2, jnp.uint32)
        if train and not self.is_initializing():
            noted.value = jax.random.key_data(self.make_rng("dropout")).ravel()[-2:]
        x = nn.BatchNorm(use_running_average=not train, momentum=0.75)(images.reshape(images.shape[0], -1))
        return nn.Dense(3)(x)


APPLY = Network().apply


def draw(train_step: Any) -> list[Any]:
    """Ten steps with one key, and ten with another."""
    generator = np.random.default_rng(7)
    labels = np.arange(24) % 3
    images = (
        (3 + 2 * np.eye(4)[labels] + generator.normal(0, 0.6, (24, 4)))
        .astype(np.float32)
        .reshape(24, 2, 2, 1)
    )
    step = quick(train_step)
    keys, losses, means = [], [], []
    for seed in (7, 8):
        params: Any = {
            "BatchNorm_0": {"scale": jnp.ones(4), "bias": jnp.zeros(4)},
            "Dense_0": {"kernel": jnp.zeros((4, 3)), "bias": jnp.zeros(3)},
        }
        statistics = {
            "BatchNorm_0": {"mean": jnp.zeros(4), "var": jnp.ones(4)},
            "key": jnp.zeros(2, jnp.uint32),
        }
        state = TrainState(jnp.int32(0), APPLY, params, OPTIMIZER, OPTIMIZER.init(params), statistics)
        for _ in range(STEPS):
            state, loss = step(state, images, labels.astype(np.int32), jax.random.key(seed))
            keys.append(np.asarray(state.batch_stats["key"]))
            losses.append(np.asarray(loss))
            means.append(np.asarray(state.batch_stats["BatchNorm_0"]["mean"])[0])
    same = np.all(np.array(keys)[:, None] == np.array(keys), axis=-1) & np.any(keys, axis=1)
    numbers = range(1, STEPS + 1)
    return [
        chart("loss", points(numbers, losses[:STEPS], "loss"), across="step", up="loss"),
        chart(
            "running mean of the first number",
            line(numbers, np.full(STEPS, images[:, 0, 0, 0].mean()), "mean of every batch", given=True),
            points(numbers, means[:STEPS], "running mean"),
            across="step",
            up="mean",
        ),
        image("steps whose keys for dropout are the same", same, scale="labels", high=1),
    ]


SCENE = Scene(
    "Ten steps with one and the same batch: the loss; the running mean, which nears that of the batch; and which steps had the "
    "same key for dropout, of ten with one key and of ten with another.",
    draw,
    shows=[
        "evaluation_mode",
        "sum",
        "drops_the_result",
        "keeps_statistics",
        "forgets_the_optimizer",
        "own_key",
        "same_mask",
        "every_other_step",
        "two_keys",
    ],
)
