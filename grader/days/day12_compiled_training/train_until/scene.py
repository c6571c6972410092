"""A validation loss with all that can mislead a judge, and where the run stops for more and more patience.

The parameters are a place on a given curve, one further after each epoch, so what comes back tells which epoch it belongs to.
The curve first rises, comes back to an equal value twice, and has a NaN before each of two improvements. The loss on the
training data falls all the while, and steps taken for the validation data are twice as long.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.scenes import Scene, chart, line, points, quick

NAN = float("nan")
RISES_AND_TIES = 5.0, 5.6, 4.2, 4.6, 4.2, 4.4, NAN, 3.6, 4.0, 4.3, 3.9, NAN, 3.0, 3.4, 3.3, 3.5, 3.2, 3.0, 3.4
END = 3.1, 2.6, 2.9, 2.8, 3.1, 3.0, 3.3, 3.2, 3.5, 3.6, 3.8, 4.0
CURVE = np.array([*RISES_AND_TIES, *END], np.float32)
LAST = len(CURVE) - 1
PATIENCE = np.arange(1, 9)
SHORT = np.arange(6)


def _loss(params: Any, table: Any, stride: Any) -> Any:
    """The table's value at a place, and a gradient that moves the place on by the stride."""
    place = jnp.clip(jnp.round(jax.lax.stop_gradient(params["place"])).astype(jnp.int32), 0, LAST)
    step = stride[0] * params["place"]
    return table[place] + jax.lax.stop_gradient(step) - step


def draw(train_until: Any) -> list[Any]:
    """The curve with the epochs that came back, and both results for more patience and for fewer epochs."""
    training = np.linspace(6, 1, len(CURVE), dtype=np.float32), np.ones(1, np.float32)
    validation = CURVE, np.full(1, 2, np.float32)
    optimizer = optax.sgd(1.0)
    run = quick(train_until, static=("optimizer", "loss"))

    def results(pairs: Any) -> Any:
        found = [
            run({"place": jnp.zeros(())}, *training, validation, optimizer, _loss, n, patience)
            for n, patience in pairs
        ]
        return [np.array([float(best["place"]) for best, _ in found]), np.array([float(n) for _, n in found])]

    best, ran = results([(LAST, int(patience)) for patience in PATIENCE])
    best_of_few, ran_of_few = results([(int(n), 9) for n in SHORT])
    number = np.isfinite(CURVE)
    heights = np.nan_to_num(CURVE, nan=2.3)[np.clip(np.nan_to_num(best), 0, LAST).astype(int)]
    return [
        chart(
            "the validation loss, and the epochs whose parameters came back",
            line(np.flatnonzero(number), CURVE[number], "validation loss", given=True),
            points(np.flatnonzero(~number), np.full(2, 2.3), "no number here", given=True),
            points(best, heights, "came back, for a patience of 1 to 8"),
            across="epoch",
            up="validation loss",
        ),
        chart("epochs that were run", points(PATIENCE, ran, "run"), across="patience", up="epochs"),
        chart("epoch of the parameters", points(PATIENCE, best, "came back"), across="patience", up="epoch"),
        chart(
            "with a patience of 9 and few epochs",
            points(SHORT, ran_of_few, "run"),
            line(SHORT, best_of_few, "epoch of the parameters"),
            across="epochs that are allowed",
            up="epoch",
        ),
    ]


SCENE = Scene(
    "A run over a given validation loss, which rises at first, comes back to an equal value twice, and is not a number before "
    "two of its improvements: when it stops, and of which epoch the parameters are, for a patience of 1 to 8.",
    draw,
    shows=[
        "never_stops",
        "one_too_patient",
        "last_parameters",
        "best_epoch",
        "judges_by_training_loss",
        "counts_all",
        "compares_with_the_epoch_before",
        "ties",
        "from_infinity",
        "minimum",
        "worse_the_other_way",
        "no_end",
        "trains_on_validation",
    ],
)
