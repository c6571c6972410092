"""A small network learns to read real digits: its accuracy after each epoch, its confusion, and what it misreads most surely.

The digits for training come in the order of their labels, and fill no last batch. Without a new order, or with labels of
other images, the accuracy stays low; who never sees the last images never reads an eight or a nine.
"""

from __future__ import annotations

import functools
import gzip
import itertools
from importlib.metadata import distribution
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line, points

EPOCHS, TRAIN, TEST = 12, 310, 150
ENOUGH = 0.97
FILE = "sklearn/datasets/data/digits.csv.gz"  # read as it lies there: importing scikit-learn's data sets takes a second


@functools.cache
def _digits() -> Any:
    """The first digits of scikit-learn: images of 8 x 8 from 0 to 1, and labels; for training, by label, and for measuring."""
    with gzip.open(str(distribution("scikit-learn").locate_file(FILE)), "rt") as file:
        rows = np.array([row.split(",") for row in itertools.islice(file, TRAIN + TEST)], np.float32)
    images, labels = rows[:, :64].reshape(-1, 8, 8, 1) / 16, rows[:, 64].astype(np.int32)
    order = np.argsort(labels[:TRAIN], kind="stable")
    parts = (images[:TRAIN][order], labels[:TRAIN][order]), (images[TRAIN:], labels[TRAIN:])
    return jax.tree.map(jnp.asarray, parts)


def _kernel(key: Any, shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Always the same weights: drawing them takes longer to compile than a training step."""
    return jnp.asarray(np.random.default_rng(7).normal(0, 0.05, shape).astype(np.float32))


class Reader(nn.Module):
    """Batch normalisation and a dense layer: the least that compiles at once and reads most digits."""

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        """The logits."""
        x = nn.BatchNorm(use_running_average=not train, momentum=0.8)(images.reshape(images.shape[0], -1))
        return nn.Dense(10, kernel_init=_kernel)(x)


MODEL = Reader()


def draw(fit: Any) -> list[Any]:
    """Accuracy, confusion and misreadings."""
    train, test = _digits()
    state, accuracies = fit(jax.random.key(7), MODEL, train, test, EPOCHS)
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    logits = np.asarray(MODEL.apply(variables, test[0], train=False), np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    images, labels = map(np.asarray, test)
    read = shares.argmax(axis=1)
    confusion = np.zeros((10, 10))
    np.add.at(confusion, (labels, read), 1)
    sure = np.where(read == labels, -1, shares.max(axis=1))
    worst = [one for one in np.argsort(-sure)[:6] if sure[one] > 0]
    strip = np.zeros((8, 6 * 9 - 1))
    for place, one in enumerate(worst):
        strip[:, 9 * place : 9 * place + 8] = images[one, :, :, 0]
    told = ", ".join(f"{labels[one]} as {read[one]}" for one in worst) or "none"
    epochs = np.arange(1, EPOCHS + 1)
    return [
        chart(
            "accuracy on the digits kept back",
            line(epochs, np.full(EPOCHS, ENOUGH), "asked for, with all digits and 20 epochs", given=True),
            line(epochs, accuracies, "accuracy"),
            points([EPOCHS], [np.mean(read == labels)], "measured again at the end", given=True),
            across="epoch",
            up="accuracy",
        ),
        image("digits, down, and what they are read as, across", confusion, scale="heat", low=0),
        image(f"misread most surely: {told}", strip, scale="grey", low=0, high=1),
    ]


SCENE = Scene(
    "A small network learns from 310 real digits, in 12 epochs: its accuracy on 150 others against what is asked for with all "
    "digits; what is read as what; and the digits that it misreads most surely.",
    draw,
    shows=[
        "trains_without_training",
        "drops_statistics",
        "shuffles_apart",
        "no_order",
        "last_images_never_seen",
        "part_of_test",
    ],
    by_chance=True,
)
