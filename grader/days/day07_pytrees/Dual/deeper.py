"""Deeper checks of Dual."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.Dual.checks import (
    SPEED,
    TIME,
    cubic,
    cubic_oracle,
    dual_from,
    make,
    must_be_dual,
)
from grader.toolkit import Draw, Learner, check, refuses, wide

LABELS = ("speed", "", "x", "speeds", "SPEED", "0")


@check("Dual", "deeper", hint="(a + b ε) · (c + d ε) = a · c + (a · d + b · c) ε, element by element.")
def test_Dual_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape, label = draw.one_of((), (2,), (2, 2), (0,), (1, 3)), draw.one_of(*LABELS)
    a, b, c, d = (draw.floats(shape, magnitudes=(1e-3, 1e3)) for _ in range(4))
    text = f"Dual(a, b, {label!r}) {{}} Dual(c, d, {label!r}), with arrays of shape {shape},"
    one, two = make(learner, a, b, label), make(learner, c, d, label)
    called = dual_from(learner, text.format("+"), lambda: one + two)
    must_be_dual(called, wide(a) + wide(c), wide(b) + wide(d), label)
    called = dual_from(learner, text.format("*"), lambda: one * two)
    tangent = wide(a) * wide(d) + wide(b) * wide(c)
    scale = float((np.abs(wide(a) * wide(d)) + np.abs(wide(b) * wide(c))).max(initial=0.0))
    value, derivative = called[0].close_to(wide(a) * wide(c)), called[1]
    derivative.close_to(tangent, atol=1e-6 * scale + 1e-12)
    value.require(
        called.value[2] == label, "loses the label", expected=repr(label), got=repr(called.value[2])
    )


@check("Dual", "deeper", hint="Any two labels that are not equal are two variables.")
def test_Dual_tells_labels_apart(learner: Learner, draw: Draw) -> None:
    first, second = draw.one_of(*LABELS), draw.one_of(*LABELS)
    one, two = make(learner, 2.0, 3.0, first), make(learner, 5.0, 7.0, second)
    names = f"Dual(2, 3, {first!r}) + Dual(5, 7, {second!r})"
    if first == second:
        must_be_dual(dual_from(learner, names, lambda: one + two), 7.0, 10.0, first)
    else:
        refuses(learner.Dual.derive("Dual", lambda: one + two), names)
        refuses(learner.Dual.derive("Dual", lambda: one * two), names.replace("+", "*"))


@check("Dual", "deeper", hint="Duals may lie in trees, and trees in lists: JAX takes them all apart.")
def test_Dual_lies_in_trees(learner: Learner) -> None:
    speed, time = make(learner, [1.0, 2.0], [3.0, 4.0]), make(learner, [5.0, 6.0], [7.0, 8.0], TIME)

    def both(tree: Any) -> Any:
        (one,), two = tree["a"], tree["b"]
        return (one * one).value + two.tangent, jax.tree.map(lambda x: 2 * x, tree)

    def run() -> Any:
        total, tree = jax.jit(jax.vmap(both))({"a": [speed], "b": time})
        last = tree["b"]
        return last.value, last.tangent, last.label, total

    text = "Doubling {'a': [Dual(..., 'speed')], 'b': Dual(..., 'time')} under jit(vmap(...))"
    called = learner.Dual.using(text, run)
    must_be_dual(called, [10.0, 12.0], [14.0, 16.0], TIME)
    called[3].close_to([8.0, 12.0])


@check("Dual", "deeper", hint="Arrays of any dtype go through as they are.")
def test_Dual_keeps_dtypes(learner: Learner) -> None:
    value, tangent = jnp.asarray(np.array([3.0], np.float16)), jnp.asarray(np.array([1.0], np.float16))
    dual = learner.Dual(value, tangent, SPEED).value
    called = dual_from(learner, "jit(cubic)(Dual(f16[1], f16[1], 'speed'))", jax.jit(cubic), dual)
    expected = [part.astype(np.float16) for part in cubic_oracle(value, tangent)]
    must_be_dual(called, expected[0], expected[1], SPEED)
