"""The norm of a tree while one number in it changes, for tiny and for huge leaves, and with the leaf in different containers.

The norm is a smooth curve that comes near to straight lines far out: a sum of norms has a corner, a square without its root is
a parabola, a number that is not squared leans to one side. Half-precision leaves overflow in their squares long before they do
themselves, and a bar that is missing in the last chart is a container whose arrays nobody found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, line, quick


class Pair(NamedTuple):
    """A container with fields."""

    one: Any
    other: Any


@jax.tree_util.register_dataclass
@dataclass
class Layer:
    """A container that JAX was told about."""

    weights: Any


def _first(norm: Any) -> float:
    """The norm as a number, also where a wrong one is an array."""
    return float(np.asarray(norm).ravel()[0])


def _of_a_container(global_norm: Any, tree: Any) -> float:
    """NaN for a container that a wrong answer does not take."""
    try:
        return _first(global_norm(tree))
    except Exception:
        return np.nan


def draw(global_norm: Any) -> list[Any]:
    """The tree holds a 3, a 4, and the number that changes; the containers one leaf each."""
    norm = quick(global_norm)
    numbers = np.linspace(-12, 12, 41)
    trees = [{"b": jnp.float32(x), "w": [jnp.array([[3.0, 0.0]]), None, jnp.array([4.0])]} for x in numbers]
    exact = np.logspace(-12, 12, 25)
    half = np.logspace(-3, 4.6, 20)
    leaf = jnp.array([3.0, 4.0])
    containers = (
        leaf,
        {"w": leaf},
        [None, leaf],
        (leaf,),
        Pair(None, leaf),
        Layer(leaf),
        {"a": [({"b": leaf},)]},
    )
    return [
        chart(
            "the norm of 3, 4 and a number",
            line(numbers, [_first(norm(tree)) for tree in trees]),
            across="the number",
            up="norm",
        ),
        chart(
            "the norm of one leaf with a single number",
            line(exact, [_first(norm({"w": jnp.array([x], jnp.float32)})) for x in exact], "float32"),
            line(half, [_first(norm({"w": jnp.array([x], jnp.float16)})) for x in half], "float16"),
            across="the number",
            up="norm",
            log_up=True,
            log_across=True,
        ),
        chart(
            "the norm of 3 and 4 in a container",
            bars(range(1, len(containers) + 1), [_of_a_container(global_norm, tree) for tree in containers]),
            across="1 bare, 2 dict, 3 list, 4 tuple, 5 named tuple, 6 a class that JAX knows, 7 one in the other",
            up="norm",
        ),
    ]


SCENE = Scene(
    "The norm of a tree: while one number of three changes, for tiny and huge numbers, and in different containers.",
    draw,
    shows=[
        "sum_of_norms",
        "no_root",
        "reduce_starts_with_a_leaf",
        "own_recursion",
        "known_containers",
        "squares_in_half",
        "tiny_is_nothing",
    ],
)
