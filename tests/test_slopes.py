"""Derivatives held against an oracle: right ones pass, stopped ones are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from grader.toolkit import Shown, WrongAnswer, slope_agrees
from tests.toolkit_session import learner_of

X = jnp.array([[0.5, -1.0, 2.0], [3.0, 0.1, -0.7]])


def softmax(x: Any) -> Any:
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("forward", [False, True])
@pytest.mark.parametrize("shift", ["x.max(-1, keepdims=True)", "lax.stop_gradient(x.max(-1, keepdims=True))"])
def test_other_ways_to_the_same_derivative_pass(tmp_path: Path, shift: str, forward: bool) -> None:
    learner = learner_of(
        tmp_path, f"def f(x):\n    e = jnp.exp(x - {shift})\n    return e / e.sum(-1, keepdims=True)\n"
    )
    slope_agrees(learner.f, softmax, X, forward=forward)


@pytest.mark.parametrize("forward", [False, True])
def test_a_gradient_that_is_stopped_on_the_way_is_told(tmp_path: Path, forward: bool) -> None:
    learner = learner_of(
        tmp_path,
        "def f(x):\n    e = jnp.exp(x)\n    return e / lax.stop_gradient(e.sum(-1, keepdims=True))\n",
    )
    with pytest.raises(WrongAnswer, match="derivative along a direction of f") as caught:
        slope_agrees(learner.f, softmax, X, forward=forward)
    assert "stop_gradient" in (caught.value.hint or "")


def test_trees_move_and_results_that_are_no_floats_do_not_count(tmp_path: Path) -> None:
    learner = learner_of(
        tmp_path, "def f(n, p):\n    return {'y': n * p['w'] ** 2, 'n': n}, p['b'] * p['w'].sum()\n"
    )

    def oracle(n: int, p: Any) -> Any:
        return {"y": n * p["w"] ** 2, "n": n}, p["b"] * p["w"].sum()

    params = {"w": jnp.array([1.0, 2.0]), "b": jnp.float32(3.0)}
    slope_agrees(learner.f, oracle, 2, Shown("params", params), wrt=1)
    wrong = learner_of(tmp_path, "def f(n, p):\n    return {'y': n * p['w'] ** 2, 'n': n}, p['b'] * 3.0\n")
    with pytest.raises(WrongAnswer, match="params"):
        slope_agrees(wrong.f, oracle, 2, Shown("params", params), wrt=1)
