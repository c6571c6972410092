"""Checks of shapes_to_zeros."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from grader.days.day07_pytrees.shared import Layer, must_be_tree_exactly
from grader.toolkit import Kind, Learner, check, hint_when, own_hint, raised


@check(
    "shapes_to_zeros",
    "correct",
    hint="A tuple is a container to jax.tree.map, and () an empty one. is_leaf=... says which nodes to hand over whole. "
    "The zeros are float32.",
)
def test_shapes_to_zeros_by_hand(learner: Learner) -> None:
    shapes = {"w": (1, 2), "b": [(2,), ()]}
    must_be_tree_exactly(
        learner.shapes_to_zeros(shapes), {"w": np.zeros((1, 2)), "b": [np.zeros(2), np.zeros(())]}
    )


@check(
    "shapes_to_zeros",
    "correct",
    hint="A tuple of shapes is a container, a tuple of integers is a shape: look inside before you call it a leaf.",
)
def test_shapes_to_zeros_goes_into_tuples_of_shapes(learner: Learner) -> None:
    expected = (np.zeros(2), (np.zeros((1, 2)), np.zeros(())))
    must_be_tree_exactly(learner.shapes_to_zeros(((2,), ((1, 2), ()))), expected)


@check(
    "shapes_to_zeros",
    "correct",
    hint="A named tuple is a tuple to isinstance. Its items tell: a shape's are all integers.",
)
def test_shapes_to_zeros_goes_into_named_tuples(learner: Learner) -> None:
    shapes = {"layer": Layer(weight=(1, 2), bias=(2,))}
    expected = {"layer": Layer(weight=np.zeros((1, 2)), bias=np.zeros(2))}
    with hint_when(
        raised("TypeError", text=r"__new__\(\)"),
        "A named tuple is made of its items one by one, type(node)(*items), and not of a list of them. jax.tree.map with "
        "is_leaf=... puts any container together again.",
    ):
        called = learner.shapes_to_zeros(shapes)
    must_be_tree_exactly(called, expected)


@check("shapes_to_zeros", "correct", hint="None and empty dicts and lists hold no shape: they are structure.")
def test_shapes_to_zeros_keeps_what_is_empty(learner: Learner) -> None:
    shapes: dict[str, Any] = {"w": (1, 2), "none": None, "dict": {}, "list": [], "no_rows": (0, 2)}
    expected = shapes | {"w": np.zeros((1, 2)), "no_rows": np.zeros((0, 2))}
    must_be_tree_exactly(learner.shapes_to_zeros(shapes), expected)


@check("shapes_to_zeros", "jit", hint="Shapes are static, and plain Python: jit need not see them.")
def test_shapes_to_zeros_runs_under_jit(learner: Learner) -> None:
    handle = learner.shapes_to_zeros
    shapes = {"w": (1, 2), "b": [(2,), ()]}
    called = handle.using(f"shapes_to_zeros({shapes}) under jit", jax.jit(lambda: handle.function(shapes)))
    must_be_tree_exactly(called, {"w": np.zeros((1, 2)), "b": [np.zeros(2), np.zeros(())]})


HUGE = (2**20, 2**20, 2**20)  # four exabytes of float32


@check(
    "shapes_to_zeros",
    "jit",
    hint="While JAX traces, jnp.zeros is only noted down. Lists of numbers and NumPy arrays are made at once.",
)
def test_shapes_to_zeros_makes_nothing_while_tracing(learner: Learner) -> None:
    handle = learner.shapes_to_zeros
    text = "jax.eval_shape(lambda: shapes_to_zeros({'w': (2**20, 2**20, 2**20)}))"
    with own_hint():
        called = handle.using(text, lambda: jax.eval_shape(lambda: handle.function({"w": HUGE}))["w"].shape)
    called.require(
        called.value == HUGE, "has another shape", expected=str(HUGE), got=str(called.value), kind=Kind.SHAPE
    )
