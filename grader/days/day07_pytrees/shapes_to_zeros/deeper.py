"""Deeper checks of shapes_to_zeros."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from grader.days.day07_pytrees.shared import Layer, must_be_tree_exactly
from grader.toolkit import Draw, Learner, check, own_hint, raised

SHAPES = ((2,), (), (0,), (1, 3), (2, 1, 2), (3, 0, 2, 1), (1,) * 6)


def drawn(draw: Draw, depth: int) -> tuple[Any, Any]:
    """A tree of shapes, and the same tree of zeros."""
    kind = draw.one_of("shape", "dict", "list", "tuple", "named", "none") if depth else "shape"
    if kind == "shape":
        shape = draw.one_of(*SHAPES)
        return shape, np.zeros(shape)
    if kind == "none":
        return None, None
    (one, first), (two, second) = drawn(draw, depth - 1), drawn(draw, depth - 1)
    if kind == "dict":
        return {"one": one, "two": two}, {"one": first, "two": second}
    if kind == "list":
        return [one, two], [first, second]
    if kind == "named":
        return Layer(one, two), Layer(first, second)
    return (one, two, one), (first, second, first)


@check(
    "shapes_to_zeros",
    "deeper",
    hint="A tuple whose items are all integers is a shape; go into every other container.",
)
def test_shapes_to_zeros_in_many_cases(learner: Learner, draw: Draw) -> None:
    shapes, expected = drawn(draw, 3)
    must_be_tree_exactly(learner.shapes_to_zeros(shapes), expected)


@check("shapes_to_zeros", "deeper", hint="As many shapes as there are.")
def test_shapes_to_zeros_of_many_layers(learner: Learner) -> None:
    shapes: dict[str, Any] = {f"layer{k}": [(k + 1, 2), ((3,), {"b": ()})] for k in range(40)}
    expected = {
        name: [np.zeros(one), (np.zeros(3), {"b": np.zeros(())})] for name, (one, _) in shapes.items()
    }
    must_be_tree_exactly(learner.shapes_to_zeros(shapes), expected)


@check(
    "shapes_to_zeros",
    "deeper",
    hint="None is no integer: a tuple of Nones is structure, and stays. A shape is a tuple whose items are all integers.",
)
def test_shapes_to_zeros_keeps_tuples_of_none(learner: Learner) -> None:
    shapes = {"pair": (None, None), "layer": Layer(None, None), "w": ((None,), (2,))}
    with own_hint(raised("TypeError")):
        called = learner.shapes_to_zeros(shapes)
    must_be_tree_exactly(called, shapes | {"w": ((None,), np.zeros(2))})


@check(
    "shapes_to_zeros",
    "deeper",
    hint="What is made while JAX traces belongs to that trace. Make the zeros anew in each call, and remember none.",
)
def test_shapes_to_zeros_after_a_trace(learner: Learner) -> None:
    handle, shapes = learner.shapes_to_zeros, {"w": (5, 7), "b": (11,)}
    handle.using(
        f"jax.eval_shape(lambda: shapes_to_zeros({shapes}))",
        lambda: len(jax.eval_shape(lambda: handle.function(shapes))),
    )
    with own_hint():
        called = handle.using(f"After that, shapes_to_zeros({shapes})", lambda: handle.function(shapes))
        must_be_tree_exactly(called, {"w": np.zeros((5, 7)), "b": np.zeros(11)})
