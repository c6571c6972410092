"""Checks of group_rates."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day11_optax.shared import ADAM, Tree, adam_oracle, close, compiled_updates_of, updates_of
from grader.toolkit import Learner, Numbers, Shown, check


def odd_model(numbers: Numbers) -> Tree:
    """Nothing is called w or b, and a weight has more axes than two, some of them of length 1."""
    return {
        "conv": {"kernel": numbers.normal((1, 3, 1))},
        "scale": numbers.normal(3),
        "tau": numbers.normal(),
    }


def group_rates_oracle(gradients: Sequence[Tree], weight_rate: float, bias_rate: float) -> list[Tree]:
    return [
        jax.tree.map(lambda a: -(weight_rate if np.ndim(a) >= 2 else bias_rate) * a, adam)
        for adam in adam_oracle(gradients)
    ]


@check(
    "group_rates",
    "correct",
    hint="Label each leaf, two axes or more making a weight, and give optax.partition an Adam for each label: weights "
    "have the first rate, all others the second.",
)
def test_group_rates_by_hand(learner: Learner) -> None:
    params = {"w": jnp.ones((2, 2)), "b": jnp.ones(2)}
    for w, b in ((1.0, 1.0), (4.0, -3.0)):
        gradient = {"w": jnp.full((2, 2), w), "b": jnp.full(2, b)}
        found = updates_of(learner.group_rates, (Shown("params", params), 0.5, 0.25), [params], [gradient])
        close(found, [{"w": np.full((2, 2), -0.5), "b": np.full(2, -0.25 * np.sign(b))}], rtol=ADAM)


@check(
    "group_rates",
    "correct",
    hint="The number of axes decides, not the name, nor how long they are: two or more make a weight, and an axis of length 1 is"
    " one, too.",
)
def test_group_rates_counts_axes(learner: Learner, numbers: Numbers) -> None:
    params, gradient = odd_model(numbers), odd_model(numbers)
    found = updates_of(learner.group_rates, (Shown("params", params), 0.5, 0.25), [params], [gradient])
    close(found, group_rates_oracle([gradient], 0.5, 0.25), rtol=ADAM)


@check(
    "group_rates",
    "correct",
    hint="One Adam for each group, which remembers over the steps; its rate comes last.",
)
def test_group_rates_goes_on(learner: Learner, numbers: Numbers) -> None:
    params, gradients = odd_model(numbers), [odd_model(numbers) for _ in range(3)]
    found = updates_of(learner.group_rates, (Shown("params", params), 0.5, 0.25), [params] * 3, gradients)
    close(found, group_rates_oracle(gradients, 0.5, 0.25), rtol=ADAM)


@check(
    "group_rates",
    "correct",
    hint="These gradients are so small that Adam's eps shows, the 1e-8 beside the root: in both groups it is optax's own number.",
)
def test_group_rates_takes_tiny_gradients(learner: Learner, numbers: Numbers) -> None:
    params = odd_model(numbers)
    gradient = jax.tree.map(lambda p: jnp.float32(1e-6) * (p + jnp.sign(p)), params)
    found = updates_of(learner.group_rates, (Shown("params", params), 0.5, 0.25), [params], [gradient])
    close(found, group_rates_oracle([gradient], 0.5, 0.25), rtol=1e-3)


@check("group_rates", "correct", hint="A rate of 0 freezes its group, and the other one goes on as ever.")
def test_group_rates_stands_still_at_zero(learner: Learner, numbers: Numbers) -> None:
    params, gradients = odd_model(numbers), [odd_model(numbers) for _ in range(2)]
    for rates in ((0.0, 0.25), (0.5, 0.0)):
        found = updates_of(learner.group_rates, (Shown("params", params), *rates), [params] * 2, gradients)
        close(found, group_rates_oracle(gradients, *rates), rtol=ADAM)


@check("group_rates", "jit", hint="The rates are traced: hand them to optax as they come.")
def test_group_rates_compiles_once(learner: Learner, numbers: Numbers) -> None:
    params, gradients = [odd_model(numbers) for _ in range(2)], [odd_model(numbers) for _ in range(2)]
    rates = [(jnp.float32(0.5), jnp.float32(0.25)), (jnp.float32(0.0), jnp.float32(1.0))]
    first, second = compiled_updates_of(learner.group_rates, rates, params, gradients)
    close([first], group_rates_oracle(gradients[:1], 0.5, 0.25), rtol=ADAM)
    close([second], group_rates_oracle(gradients, 0.0, 1.0)[1:], rtol=ADAM)
