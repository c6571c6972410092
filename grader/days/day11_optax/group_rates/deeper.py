"""Deeper checks of group_rates."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from grader.days.day11_optax.group_rates.checks import group_rates_oracle
from grader.days.day11_optax.shared import Tree, handed_numbers, stepwise
from grader.toolkit import Draw, Learner, Numbers, Shown, check

SHAPES: Tree = {"stem": [(3, 1, 1, 2), (1,)], "row": (1, 2), "column": (2, 1), "scale": (), "bias": (2,)}


def ones() -> Tree:
    return jax.tree.map(jnp.ones, SHAPES, is_leaf=lambda shape: isinstance(shape, tuple))


@check(
    "group_rates",
    "deeper",
    hint="Each leaf has the rate of its group, weights from two axes on; both groups are Adam's, with its own m, v and eps.",
)
def test_group_rates_in_many_cases(learner: Learner, draw: Draw) -> None:
    params, n_steps = ones(), 3
    unit = 10.0 ** draw.one_of(0, -7, 5)
    gradients = [
        jax.tree.map(lambda p: draw.floats(p.shape, low=-1.0, high=1.0) * jnp.float32(unit), params)
        for _ in range(n_steps)
    ]
    rates = tuple(draw.floats(magnitudes=(1e-4, 10.0), low=0, special=(0.0,)) for _ in range(2))
    found = handed_numbers(learner.group_rates, params, gradients, rates)
    expected = group_rates_oracle(gradients, float(rates[0]), float(rates[1]))
    for updates, wanted in zip(found, expected, strict=True):
        updates.close_to(wanted, rtol=1e-3, atol=1e-4 * max(map(float, rates)))


@check(
    "group_rates", "deeper", hint="After forty steps, too, both are corrected for bias by their own count."
)
def test_group_rates_goes_on_long(learner: Learner, numbers: Numbers) -> None:
    params = {"w": jnp.zeros((2, 2)), "b": jnp.zeros(2)}
    gradients = [{"w": numbers.normal((2, 2)), "b": numbers.normal(2)} for _ in range(40)]
    found = stepwise(learner.group_rates, (Shown("params", params), 0.5, 0.25), params, gradients)
    wanted = group_rates_oracle(gradients, 0.5, 0.25)
    for k in (0, 9, 19, 39):
        found[k].close_to(wanted[k], rtol=1e-3, atol=1e-4)


def scaled(tree: Tree, by: float) -> Tree:
    return jax.tree.map(lambda leaf: leaf * jnp.float32(by), tree)


@check(
    "group_rates",
    "deeper",
    hint="The rates are used as they come, be they 3e-6 or 80: none is rounded, none has a bound.",
)
def test_group_rates_takes_rates_of_any_size(learner: Learner) -> None:
    params = ones()
    gradients = [scaled(params, pull) for pull in (1.0, -0.5, 2.0)]
    for rates in ((3e-6, 80.2), (80.2, 3e-6)):
        found = handed_numbers(learner.group_rates, params, gradients, tuple(map(jnp.float32, rates)))
        for updates, wanted in zip(found, group_rates_oracle(gradients, *rates), strict=True):
            updates.close_to(wanted, rtol=1e-3, atol=0)
