"""A polynomial of dual numbers with its derivative, what comes back from JAX's transformations, and which structures are equal.

Tangents multiplied with each other, or a product rule with one term, draw another curve. In the second chart a missing bar is a
transformation that a Dual does not survive, half a bar one that loses its label. In the table a Dual should agree with those of
its label, whatever their values and shapes, and with no other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from grader.scenes import Scene, bars, chart, image, line

_SURVIVES = (
    lambda dual: jax.tree.map(jnp.negative, dual),
    lambda dual: jax.jit(lambda dual: dual)(dual),
    lambda dual: jax.vmap(lambda dual: dual)(dual),
    lambda dual: jax.grad(lambda dual: (dual.value * dual.tangent).sum())(dual),
    lambda dual: lax.scan(lambda dual, _: (dual, None), dual, length=2)[0],
    lambda dual: jax.tree.map(lambda leaf: None, dual),
)


def _share(dual: Any, transformation: Callable[[Any], Any]) -> float:
    try:
        back = transformation(dual)
        return 1.0 if back.label == "x" else 0.5
    except Exception:
        return 0.0


def _refuses(one: Any, other: Any) -> float:
    try:
        one * other
    except ValueError:
        return 1.0
    except Exception:
        return 0.5
    return 0.0


def _equal(one: Any, other: Any) -> int:
    """1 or 0; 2 where it cannot be told, since arrays are a part of the structure."""
    try:
        return int(one == other)
    except Exception:
        return 2


def draw(dual: Any) -> list[Any]:
    """x³ - 2x from -2 to 2; six transformations; five Duals against each other."""
    numbers = np.linspace(-2, 2, 41)
    x = dual(jnp.asarray(numbers, jnp.float32), jnp.ones(41), "x")
    y = x * x * x + dual(jnp.full(41, -2.0), jnp.zeros(41), "x") * x
    three, four = jnp.arange(3.0), jnp.ones(4)
    pairs = (
        (three, three, "x"),
        (four, four, "x"),
        (2 * three, three, "x"),
        (three, three, "y"),
        (four, four, ""),
    )
    duals = [dual(*pair) for pair in pairs]
    structures = [jax.tree.structure(one) for one in duals]
    equal = np.asarray([[_equal(one, other) for other in structures] for one in structures])
    mixed = [_refuses(duals[0], duals[3]), _refuses(duals[1], duals[4])]
    return [
        chart("value", line(numbers, y.value), across="x", up="x³ - 2x"),
        chart("tangent", line(numbers, y.tangent), across="x", up="derivative"),
        chart(
            "what works",
            bars(range(1, 9), [*(_share(duals[0], each) for each in _SURVIVES), *mixed]),
            across="1 tree.map, 2 jit, 3 vmap, 4 grad, 5 scan, 6 leaves that become None, 7 x times y refused, 8 x times no name",
            up="1 for yes",
        ),
        image("equal structures: 1 yes, 0 no, 2 an error", equal, scale="labels", high=2),
    ]


SCENE = Scene(
    "x³ - 2x and its derivative by dual numbers; what they survive, and which of five have equal structures: "
    "x of three numbers, x of four, other values, y, and one without a name.",
    draw,
    shows=[
        "product_of_tangents",
        "not_registered",
        "label_is_a_leaf",
        "tangent_is_static",
        "label_lost",
        "arguments_swapped",
        "itself_static",
        "mixes_variables",
        "label_of_the_class",
        "static_shape",
        "no_label_fits_all",
    ],
)
