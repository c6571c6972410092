"""Deeper checks of linear_recurrence."""

from __future__ import annotations

import jax.numpy as jnp

from grader.days.day09_control_flow.linear_recurrence.checks import recurrence, recurrence_oracle
from grader.days.day09_control_flow.shared import close_in_scale
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees


@check(
    "linear_recurrence",
    "deeper",
    hint="Each state comes from all that was before, elementwise, for any number of steps and any shape of an item.",
)
def test_linear_recurrence_in_many_cases(learner: Learner, draw: Draw) -> None:
    # Products of coefficients stay within float32, and what cancels is no smaller than it was by much.
    shape, far = draw.one_of(((3,), 4.0), ((5, 2, 3), 4.0), ((1000, 2), 1.0))
    a = draw.floats(shape, low=-far, high=far)
    b = draw.floats(shape, magnitudes=(1e-5, 1e5))
    close_in_scale(learner.linear_recurrence.jit()(a, b), recurrence_oracle(a, b), 2e-4)


@check("linear_recurrence", "deeper", hint="A thousand steps: nothing that lies far back is forgotten.")
def test_linear_recurrence_remembers_long(learner: Learner, numbers: Numbers) -> None:
    # Coefficients of almost 1: the first term is still there at the end.
    a, b = numbers.uniform(0.999, 1.001, (1000, 2)), numbers.uniform(0.0, 1.0, (1000, 2))
    b = b.at[0].set(500.0)
    close_in_scale(learner.linear_recurrence.jit()(a, b), recurrence_oracle(a, b), 2e-4)


@check(
    "linear_recurrence", "deeper", hint="Coefficients and terms have derivatives: nothing may hold them up."
)
def test_linear_recurrence_has_derivatives(learner: Learner, numbers: Numbers) -> None:
    function = learner.linear_recurrence.function
    handle = learner.linear_recurrence.derive("linear_recurrence of a pair", lambda pair: function(*pair))
    slope_agrees(handle.jit(), lambda pair: recurrence_oracle(*pair), recurrence(numbers, 9), forward=True)


@check(
    "linear_recurrence",
    "deeper",
    hint="Coefficients and terms count as they are, tiny ones and NaN: round and replace nothing.",
)
def test_linear_recurrence_takes_numbers_as_they_are(learner: Learner, numbers: Numbers) -> None:
    solve = learner.linear_recurrence.jit()
    solve(jnp.array([0.0, 1e-6, 3.0]), jnp.array([1e6, 1.0, 0.0])).close_to([1e6, 2.0, 6.0])
    solve(jnp.array([0.0, 2.0, 3.0]), jnp.array([1e-7, 2e-7, 0.0])).close_to([1e-7, 4e-7, 12e-7], atol=0.0)
    a, b = recurrence(numbers, 9)
    for call in ((a.at[4, 0].set(jnp.nan), b), (a, b.at[4, 0].set(jnp.nan))):
        solve(*call).close_to(recurrence_oracle(*call), rtol=1e-4, atol=1e-4)
