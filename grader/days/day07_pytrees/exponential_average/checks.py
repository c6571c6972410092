"""Checks of exponential_average."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.shared import Layer, must_be_narrow, must_be_tree, nested
from grader.toolkit import Learner, Numbers, agrees_once, check, float16, must_beat, refuses, wide

# float16 carries 11 bits: one rounding is 5e-4 of the value, and an average takes three.
HALF = 2e-3


def average_oracle(average: Any, new: Any, decay: Any) -> Any:
    rate = float(decay)
    return jax.tree.map(lambda old, latest: rate * wide(old) + (1 - rate) * wide(latest), average, new)


@check(
    "exponential_average",
    "correct",
    hint="decay belongs to the old average, 1 - decay to the new tree.",
)
def test_exponential_average_by_hand(learner: Learner) -> None:
    average, new = {"w": jnp.array([1.0, 3.0])}, {"w": jnp.array([5.0, 3.0])}
    must_be_tree(learner.exponential_average(average, new, 0.75), {"w": np.array([2.0, 3.0])})


@check(
    "exponential_average",
    "correct",
    hint="jax.tree.map takes several trees: the function gets one leaf of each, and None stays None.",
)
def test_exponential_average_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    average, new = nested(numbers), nested(numbers)
    for decay in (0.9, jnp.float32(0.25)):
        called = learner.exponential_average(average, new, decay)
        must_be_tree(called, average_oracle(average, new, decay))


@check(
    "exponential_average",
    "correct",
    hint="float16 meets a float32 array and becomes float32. Convert back to the old leaf's dtype.",
)
def test_exponential_average_keeps_the_dtypes(learner: Learner, numbers: Numbers) -> None:
    average = {"half": float16(numbers.normal(3)), "full": numbers.normal(3)}
    new = {"half": numbers.normal(3), "full": float16(numbers.normal(3))}
    expected = average_oracle(average, new, 0.75)
    expected["half"] = expected["half"].astype(np.float16)
    for decay in (0.75, jnp.float32(0.75)):
        called = learner.exponential_average(average, new, decay)
        # The average of two numbers of opposite sign is small, its rounding is not.
        must_be_tree(called, expected, rtol=HALF, atol=HALF)


@check(
    "exponential_average",
    "correct",
    hint="0.999 is 1 in bfloat16, and an average with that decay never moves. Let a float32 decay be float32; convert the "
    "sum alone.",
)
def test_exponential_average_does_not_round_the_decay(learner: Learner) -> None:
    average = {"w": jnp.asarray(np.array([1.0, 2.0], jnp.bfloat16))}
    called = learner.exponential_average(average, {"w": jnp.array([1000.0, -3000.0])}, jnp.float32(0.999))
    # bfloat16 carries 8 bits: a few roundings of 0.4 per cent.
    must_be_narrow(called["w"], np.array([1.999, -1.002]), "bfloat16", tolerance=0.02)


@check(
    "exponential_average",
    "correct",
    hint="Two lists of leaves always fit together. Give jax.tree.map both trees; it compares their structures.",
)
def test_exponential_average_refuses_another_structure(learner: Learner) -> None:
    x = jnp.array([1.0, 2.0])
    text = "exponential_average({'w': ..., 'b': ...}, {'w': ..., 'c': ...}, 0.5)"
    refuses(learner.exponential_average, text, {"w": x, "b": x}, {"w": x, "c": x}, 0.5)
    text = "exponential_average({'net': [{'w': ...}]}, {'net': [{'v': ...}]}, 0.5)"
    refuses(learner.exponential_average, text, {"net": [{"w": x}]}, {"net": [{"v": x}]}, 0.5)
    text = "exponential_average({'net': (..., ...)}, {'net': [..., ...]}, 0.5)"
    refuses(learner.exponential_average, text, {"net": (x, x)}, {"net": [x, x]}, 0.5)
    text = "exponential_average([..., ...], [..., ..., ...], 0.5)"
    refuses(learner.exponential_average, text, [x, x], [x, x, x], 0.5)


@check("exponential_average", "jit", hint="decay is traced: compute with it, and branch on nothing.")
def test_exponential_average_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(nested(numbers), nested(numbers), jnp.float32(decay)) for decay in (0.5, 1.0)]
    agrees_once(learner.exponential_average.jit(), calls, average_oracle, by=must_be_tree)


def average_row_by_row(average: Any, new: Any, decay: Any) -> Any:
    def blend(old: Any, latest: Any) -> Any:
        rows = [decay * old[k] + (1 - decay) * latest[k] for k in range(len(old))]
        return jnp.stack(rows)

    return jax.tree.map(blend, average, new)


@check(
    "exponential_average",
    "speed",
    hint="Leaves are arrays: one multiplication meets all of a leaf's elements. Loop over leaves at most.",
)
def test_exponential_average_beats_the_eager_loop(learner: Learner, numbers: Numbers) -> None:
    def draw(size: int) -> tuple[Any, ...]:
        average, new = (
            [Layer(numbers.normal((size, 3)), numbers.normal((size, 3))) for _ in range(2)] for _ in range(2)
        )
        return average, new, jnp.float32(0.75)

    must_beat(
        learner,
        learner.exponential_average.jit(),
        average_row_by_row,
        named="an eager loop over rows",
        draw=draw,
        size=24,
        gate=60,
        numbers=numbers,
    )
