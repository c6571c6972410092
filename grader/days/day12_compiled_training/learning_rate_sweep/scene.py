"""Losses over rates of four decades, and the fit of the parameters that were kept, beside the one that came in.

Small rates hardly move, and large ones run off: their losses are huge, infinite or no number at all, and stay so in the list.
A choice that is led astray by them shows as no fit, or as a fit that has not begun.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.scenes import Scene, chart, line, points, quick

RATES = np.logspace(-3, 1.3, 18).astype(np.float32)
EPOCHS = 40


def _bumps(x: Any) -> Any:
    return jnp.exp(-18 * (x[:, None] - jnp.linspace(0, 1, 7)) ** 2)


def _loss(params: Any, x: Any, y: Any) -> Any:
    return jnp.mean((_bumps(x) @ params["w"] - y) ** 2)


def _optimizer(rate: Any) -> Any:
    return optax.sgd(rate, momentum=0.7)


def draw(learning_rate_sweep: Any) -> list[Any]:
    """The losses, and the curve that was kept."""
    x = np.linspace(0, 1, 24, dtype=np.float32)
    y = np.sin(7 * x) + 0.25 * np.random.default_rng(7).normal(size=24).astype(np.float32)
    run = quick(learning_rate_sweep, static=("make_optimizer", "loss"))
    best, losses = run(RATES, {"w": jnp.zeros(7)}, x, y, _optimizer, _loss, EPOCHS)
    fine = np.linspace(0, 1, 50, dtype=np.float32)
    curve = np.asarray(_bumps(fine)) @ np.asarray(best["w"])
    losses = np.asarray(losses, np.float64).ravel()
    finite = np.isfinite(losses)
    kind = np.where(finite, 0, np.where(np.isinf(losses), 1, 2))
    return [
        chart(
            "the losses that are numbers",
            points(RATES[finite], losses[finite], "loss"),
            across="rate",
            up="loss",
            log_up=True,
            log_across=True,
        ),
        chart(
            "what a loss is: 0 a number, 1 infinite, 2 no number",
            points(RATES, kind, "kind of loss"),
            across="rate",
            up="kind",
            log_across=True,
        ),
        chart(
            "data, and the fit that was kept",
            points(x, y, "data", given=True),
            line(fine, np.zeros(50), "before", given=True),
            line(fine, curve, "kept"),
            across="x",
            up="y",
        ),
    ]


SCENE = Scene(
    "The same training of 40 epochs for rates from 0.001 to 20, of which the largest end in infinity or in no number: the "
    "losses of all, and the curve of the best beside the one before the training.",
    draw,
    shows=[
        "worst",
        "one_after_the_other",
        "argmin",
        "zeros_for_nan",
        "state_anew",
        "losses_at_most",
        "nan_told_as_infinity",
        "keeps_last_finite",
    ],
)
