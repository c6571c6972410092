"""Checks of mse."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.toolkit import Learner, Numbers, agrees_once, check, compiled_if_possible, refuses, wide


def mse_oracle(predictions: Any, targets: Any) -> float:
    return float(np.mean((wide(predictions) - wide(targets)) ** 2))


@check("mse", "correct", hint="Subtract, square, and take one mean over all elements.")
def test_mse_by_hand(learner: Learner) -> None:
    predictions, targets = jnp.array([[1.0, 2.0], [3.0, 4.0]]), jnp.array([[1.0, 2.0], [3.0, 0.0]])
    learner.mse(predictions, targets).close_to(4.0)


@check("mse", "correct", hint="Any number of axes: average over all of them.")
def test_mse_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for shape in ((17, 3), ()):
        predictions, targets = numbers.normal(shape), numbers.normal(shape)
        compiled_if_possible(learner.mse, predictions, targets).close_to(mse_oracle(predictions, targets))


@check(
    "mse",
    "correct",
    hint="Shapes are known in Python, also while JAX traces: compare them with `if`, the whole tuples, and raise ValueError."
    " Else (n, 1) minus (n,) is (n, n).",
)
def test_mse_refuses_two_shapes(learner: Learner, numbers: Numbers) -> None:
    pairs: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    pairs = (
        ((3, 1), (3,)),
        ((3,), ()),
        ((3, 1), (1, 3)),
        ((3, 2), (3, 1)),
        ((1,), (3,)),
        ((1,), ()),
        ((2, 3), (3, 2)),
    )
    for first, second in pairs:
        one, other = numbers.normal(first), numbers.normal(second)
        shapes = (",".join(str(size) for size in shape) for shape in (first, second))
        refuses(learner.mse, "mse({})".format(", ".join(f"f32[{shape}]" for shape in shapes)), one, other)


@check(
    "mse",
    "correct",
    hint="Subtract first and square afterwards: multiplied out, it is a small difference of huge numbers.",
)
def test_mse_survives_large_values(learner: Learner, numbers: Numbers) -> None:
    predictions, targets = (
        jnp.asarray(1e4 + wide(numbers.integers(0, 9, (17, 3))) / 8, jnp.float32)  # exact
        for _ in range(2)
    )
    compiled_if_possible(learner.mse, predictions, targets).close_to(mse_oracle(predictions, targets))


@check(
    "mse",
    "correct",
    hint="The slope is 2 (prediction - target) / size, through both factors of the square: with stop_gradient on one of them "
    "half of it is left. A square root, or a norm, has another slope.",
)
def test_mse_gradient(learner: Learner, numbers: Numbers) -> None:
    predictions, targets = numbers.normal((17, 3)), numbers.normal((17, 3))
    expected = 2 * (wide(predictions) - wide(targets)) / targets.size
    compiled_if_possible(learner.mse.grad(), predictions, targets).close_to(expected)


@check(
    "mse",
    "correct",
    hint="A root has an infinite slope at 0, and squaring it afterwards gives nan. Never take the root.",
)
def test_mse_gradient_at_a_perfect_fit(learner: Learner, numbers: Numbers) -> None:
    targets = numbers.normal((17, 3))
    compiled_if_possible(learner.mse.grad(), targets, targets).equals(np.zeros((17, 3)))


@check("mse", "jit", hint="Branch on shapes if you like, never on values.")
def test_mse_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((17, 3)), numbers.normal((17, 3))) for _ in range(2)]
    calls.append((calls[0][0], calls[0][0]))
    agrees_once(learner.mse.jit(static_argnames=()), calls, mse_oracle)


@check(
    "mse",
    "jit",
    hint="Tracers have shapes, too: compare them in any case, and let no `isinstance` stand before it.",
)
def test_mse_refuses_two_shapes_while_it_traces(learner: Learner, numbers: Numbers) -> None:
    for first, second, text in (((3, 1), (3,), "f32[3,1], f32[3]"), ((3,), (), "f32[3], f32[]")):
        refuses(
            learner.mse.jit(static_argnames=()),
            f"jit(mse)({text})",
            numbers.normal(first),
            numbers.normal(second),
        )
