"""How far each of six leaves travels, with three optimisers that each have their own way of moving what is frozen.

Plain steps show which leaves are frozen at all: one of two leaves in a module, and one in a list. With decay, what has no
gradient moves all the same. With a clip, the huge gradients of frozen leaves leave nothing for the others, unless they are
left out. At last the gradients of the frozen leaves are not numbers.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.scenes import Scene, bars, chart, quick

NAMES = ("encoder/b", "encoder/w", "head/w", "layers/0/w", "layers/1/w", "scale")
FROZEN = ("encoder/w", "layers/0/w", "scale")
LISTED = ", ".join(f"{k} {name}{' (frozen)' * (name in FROZEN)}" for k, name in enumerate(NAMES, 1))


def tree(values: Any) -> Any:
    """Six numbers as parameters of those names, in their order."""
    a, b, c, d, e, f = (jnp.asarray([value], jnp.float32) for value in values)
    return {"encoder": {"b": a, "w": b}, "head": {"w": c}, "layers": [{"w": d}, {"w": e}], "scale": f}


def draw(freeze: Any) -> list[Any]:
    """The length of each leaf's way."""
    params = tree([2.0] * 6)
    frozen = np.array([name in FROZEN for name in NAMES])
    gradients = np.array([1.0, 1, 2, 1, 1.5, 1])
    panels = []
    for title, optimizer, values in (
        ("plain steps", optax.sgd(0.5), gradients),
        ("steps with decay", optax.chain(optax.add_decayed_weights(0.5), optax.sgd(0.5)), gradients),
        (
            "steps with a clip, huge frozen gradients",
            optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.5)),
            np.where(frozen, 100, gradients),
        ),
        (
            "frozen gradients are not numbers",
            optax.sgd(0.5),
            np.where(frozen, np.nan, gradients),
        ),
    ):
        made = freeze(params, optimizer, lambda name: name in FROZEN)

        def moved(params: Any, gradients: Any, made: Any = made) -> Any:
            return made.update(gradients, made.init(params), params)[0]

        updates = jax.tree.leaves(quick(moved)(params, tree(values)))
        lengths = [np.abs(np.asarray(update)).sum() for update in updates]
        panels.append(
            chart(title, bars(np.arange(1, 7), lengths, "way"), across="leaf", up="length of the step")
        )
    return panels


SCENE = Scene(
    f"How far one step takes each of six leaves: {LISTED}. Those that are frozen stay where they are, "
    "whatever the optimiser does and whatever their gradients are; the others do not notice them.",
    draw,
    shows=[
        "masked_alone",
        "the_other_way_round",
        "bare_path",
        "keystr_as_it_is",
        "zero_gradients",
        "rate_zero",
        "afterwards",
    ],
)
