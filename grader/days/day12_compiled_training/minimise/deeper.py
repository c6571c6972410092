"""The deeper look at minimise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day12_compiled_training.shared import PYTHONS_NUMBERS, compiled, takes_pythons_numbers
from grader.toolkit import Draw, Learner, check, raised

CURVATURES = np.array([1.0, 0.5, 0.25, 1.0, 0.25])


def bowl(x: Any) -> Any:
    """Of any number of dimensions, with other curvatures in each."""
    return jnp.sum(jnp.asarray(CURVATURES[: x.shape[0]], jnp.float32) * x**2) / 2


def slope(x: Any) -> Any:
    """The gradient is (1, -2) everywhere."""
    return x[0] - 2 * x[1]


def pull(strength: float) -> Callable[[Any], Any]:
    """Towards 0, by one share of the way for each strength; all of these functions have the same code and name."""

    def function(x: Any) -> Any:
        return strength * jnp.sum(x**2) / 2

    return function


@check(
    "minimise",
    "deeper",
    hint="x = x - learning_rate · gradient, n_steps times, for points of any number of dimensions, large and small, whether the"
    " value falls or rises.",
)
def test_minimise_in_many_cases(learner: Learner, draw: Draw) -> None:
    d, rate = draw.one_of(1, 3, 5), draw.one_of(0.5, 0.125, 1.0, 3.0, -0.5)
    n_steps, start = (
        draw.integer(0, 40 if rate > 1 or rate < 0 else 300),
        draw.floats(d, magnitudes=(1e-7, 1e6)),
    )
    expected = np.asarray(start, np.float64) * (1 - rate * CURVATURES[:d]) ** n_steps
    found = compiled(learner.minimise)(bowl, start, jnp.float32(rate), jnp.int32(n_steps))
    found.close_to(expected, rtol=1e-4, atol=1e-30)


@check(
    "minimise",
    "deeper",
    hint="n_steps steps, and not a number of yours: no bound, and no counter of few bits. The rate is as small or as large as it"
    " comes, and a NaN stays in its place.",
)
def test_minimise_takes_all_steps(learner: Learner) -> None:
    # Every step is exact in float32.
    steps = [(2.0**-18, n_steps) for n_steps in (255, 256, 1001, 65_537, 200_003)]
    for rate, n_steps in [*steps, (2.0**10, 3)]:
        found = compiled(learner.minimise)(slope, jnp.zeros(2), jnp.float32(rate), jnp.int32(n_steps))
        found.equals(np.array([-1.0, 2.0]) * rate * n_steps)
    start = jnp.array([np.nan, 0.0], jnp.float32)
    found = compiled(learner.minimise)(slope, start, jnp.float32(0.5), jnp.int32(4))
    found.equals(np.array([np.nan, 4.0]))


@check(
    "minimise",
    "deeper",
    hint="The function that is given is the one to minimise: what was made for an earlier one, of the same name, is another's.",
)
def test_minimise_keeps_functions_apart(learner: Learner) -> None:
    functions = [(share, pull(share)) for share in (1.0, 0.5)]
    for share, function in functions * 2:
        found = compiled(learner.minimise)(function, jnp.full(2, 8.0), jnp.float32(0.5), jnp.int32(3))
        found.close_to(np.full(2, 8 * (1 - share / 2) ** 3))


@check("minimise", "deeper", hint=PYTHONS_NUMBERS, answers=raised())
def test_minimise_takes_python_numbers(learner: Learner) -> None:
    takes_pythons_numbers(learner.minimise, ("learning_rate", "n_steps"), slope, jnp.zeros(2), 0.5, 3)
