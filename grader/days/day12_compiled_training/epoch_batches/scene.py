"""Who sits in which batch, epoch by epoch; and over many epochs, who is left out and who sits with whom.

All of it is drawn at random. Yet each row of the first image holds each batch as often as it is large, over many epochs nobody
is left out more often than others, and nobody has favourite company.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from grader.scenes import Scene, bars, chart, image, line

EXAMPLES, SIZE = 14, 4
BATCHES = EXAMPLES // SIZE
EPOCHS, FIRST = 1000, 16


def draw(epoch_batches: Any) -> list[Any]:
    """Sixteen epochs one by one, and what comes of a thousand."""
    keys = jax.random.split(jax.random.key(7), EPOCHS)
    dealt = np.asarray(jax.vmap(lambda key: epoch_batches(key, EXAMPLES, SIZE))(keys))
    dealt = dealt.reshape(EPOCHS, -1, dealt.shape[-1])
    seats = np.zeros((EPOCHS, len(dealt[0]), EXAMPLES + 2))
    np.add.at(
        seats,
        (
            np.arange(EPOCHS)[:, None, None],
            np.arange(len(dealt[0]))[:, None],
            np.clip(dealt, 0, EXAMPLES + 1),
        ),
        1,
    )
    seats = seats[:, :, : max(EXAMPLES, int(dealt.max()) + 1)]
    batch = (seats.argmax(axis=1) + 1) * (seats.sum(axis=1) > 0)
    batch[seats.sum(axis=1) > 1] = BATCHES + 2
    out = np.mean(seats.sum(axis=1) == 0, axis=0)
    company = np.einsum("ebi,ebj->ij", seats, seats) / EPOCHS
    np.fill_diagonal(company, 0)
    examples = np.arange(seats.shape[2])
    places = (
        np.array(
            [np.bincount(np.clip(dealt[:, 0, 0], 0, EXAMPLES), minlength=EXAMPLES + 1)[:EXAMPLES]]
        ).ravel()
        / EPOCHS
    )
    return [
        image(
            "batch of each example, epoch by epoch; 0 is left out",
            batch[:FIRST],
            scale="labels",
            high=BATCHES + 2,
        ),
        chart(
            "how often an example is left out",
            bars(examples, out, "share of all epochs"),
            line(range(EXAMPLES), np.full(EXAMPLES, EXAMPLES % SIZE / EXAMPLES), "expected", given=True),
            across="example",
            up="share",
        ),
        chart(
            "how often an example comes first of all",
            bars(range(EXAMPLES), places, "share of all epochs"),
            line(range(EXAMPLES), np.full(EXAMPLES, 1 / EXAMPLES), "expected", given=True),
            across="example",
            up="share",
        ),
        image("how often two examples share a batch", company, scale="heat", low=0, high=0.5),
    ]


SCENE = Scene(
    "14 examples dealt into batches of 4: the batches of 16 epochs, row by row, an example in each column; and over 1000 "
    "epochs how often an example is left out or comes first, and how often two share a batch. All of them should be alike.",
    draw,
    shows=[
        "no_shuffle",
        "key_of_its_own",
        "with_replacement",
        "batch_by_batch",
        "counts_from_one",
        "ragged",
        "drops_before",
        "same_company",
        "rotates",
        "sorted_rows",
        "last_never_first",
    ],
    by_chance=True,
)
