"""The deeper look at keys_like: many leaves, and trees of all kinds."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from grader.days.day03_random_keys.keys_like.checks import Layer, bits, checked_keys
from grader.toolkit import Draw, Learner, Numbers, check


@check(
    "keys_like",
    "deeper",
    hint="As many keys as there are leaves, however many: no table that runs out, no number that comes round again.",
)
def test_keys_like_makes_hundreds(learner: Learner, numbers: Numbers) -> None:
    tree = {f"layer{i}": {"w": 0.0, "b": [0.0]} for i in range(150)}
    called = learner.keys_like(numbers.key(), tree)
    different = len({bits(key) for key in checked_keys(called, tree)})
    called.require(
        different == 300,
        "gives a key to two leaves",
        expected="300 different keys",
        got=f"{different} different",
    )


def grown(draw: Draw, depth: int) -> Any:
    """A tree of any containers, with leaves of any kind."""
    kinds = ("leaf", "none", "list", "dict", "tuple", "named", "ordered", "empty")
    kind = draw.one_of(*(kinds if depth else kinds[:2]))
    if kind == "leaf":
        return draw.one_of(0.0, 1, "relu", np.zeros(2))
    if kind == "none":
        return None
    if kind == "empty":
        return draw.one_of((), [], {})
    children = [grown(draw, depth - 1) for _ in range(2)]
    if kind == "dict":
        return dict(zip(("w", "b"), children, strict=True))
    if kind == "ordered":
        return OrderedDict(zip(("w", "b"), children, strict=True))
    if kind == "named":
        return Layer(*children)
    return children if kind == "list" else tuple(children)


@check("keys_like", "deeper", hint="Take any tree apart with jax.tree, and put it together again as it was.")
def test_keys_like_in_many_trees(learner: Learner, draw: Draw) -> None:
    key, tree = draw.key(), grown(draw, 3)
    called = learner.keys_like(key, tree)
    keys = [bits(leaf) for leaf in checked_keys(called, tree)]
    distinct = len({*keys, bits(key)})
    called.require(
        distinct == len(keys) + 1,
        "gives a key to two leaves, or its own",
        expected=f"{len(keys)} different keys, and none of them the given one",
        got=f"{distinct - 1} of that kind",
    )
