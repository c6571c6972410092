"""Checks of rolling_mean."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Learner, Numbers, agrees_once, check, must_beat, raised, wide


def rolling_mean_oracle(x: Any, window: int) -> Array:
    return np.array([wide(x)[i : i + window].mean() for i in range(len(x) - window + 1)])


def rolling_mean_loop(x: Any, window: int) -> Any:
    return jnp.array([float(jnp.mean(x[i : i + window])) for i in range(len(x) - window + 1)])


@check(
    "rolling_mean",
    "correct",
    hint="Window i is x[i] to x[i + window - 1], summed and divided by window. There are n - window + 1 of"
    " them: none padded, none wrapped around. With running sums c: put a 0 before them, then window i is c[i + window] - c[i].",
)
def test_rolling_mean_by_hand(learner: Learner) -> None:
    x = jnp.array([1.0, 2.0, 3.0, 7.0])
    learner.rolling_mean(x, window=2).close_to([1.5, 2.5, 5.0])


@check(
    "rolling_mean",
    "correct",
    hint="A window of 1 gives x itself. Is there a slice up to -(window - 1)? That is -0 here, and empty.",
)
def test_rolling_mean_takes_a_window_of_one(learner: Learner) -> None:
    x = jnp.array([1.0, 2.0, 3.0, 7.0])
    learner.rolling_mean(x, window=1).close_to([1.0, 2.0, 3.0, 7.0])


@check("rolling_mean", "correct", hint="A window of n fits once: the result is an array of one mean.")
def test_rolling_mean_takes_a_window_of_n(learner: Learner) -> None:
    learner.rolling_mean(jnp.array([1.0, 2.0, 3.0, 7.0]), window=4).close_to([3.25])


@check(
    "rolling_mean",
    "correct",
    hint="Window i begins at x[i]: from one window to the next it is a single step.",
)
def test_rolling_mean_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(33)
    # A difference of running sums is an honest way, too: it rounds at the size of the sums, some 10 here.
    learner.rolling_mean(x, window=5).close_to(rolling_mean_oracle(x, 5), atol=1e-5)


@check(
    "rolling_mean",
    "jit",
    hint="window is a static Python int: shapes may depend on it. Values of x may decide nothing in Python, and NumPy's "
    "windows see no tracers: an array of positions, one row a window, is an index.",
    answers=raised("TracerArrayConversionError"),
)
def test_rolling_mean_compiles_once(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.rolling_mean.jit(static_argnames="window")
    xs = [numbers.normal(33), numbers.normal(33)]
    agrees_once(compiled, [(x,) for x in xs], rolling_mean_oracle, window=5, atol=1e-5)


@check(
    "rolling_mean",
    "speed",
    hint="Read all windows at once: an array of positions, one row a window, is an index as good as a "
    "single number.",
)
def test_rolling_mean_beats_the_slicing_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.rolling_mean.jit(static_argnames="window"),
        rolling_mean_loop,
        named="a Python loop over slices",
        draw=lambda size: (numbers.normal(size),),
        size=800,
        gate=30,
        numbers=numbers,
        window=8,
    )
