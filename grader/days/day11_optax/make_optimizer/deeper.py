"""Deeper checks of make_optimizer."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day11_optax.make_optimizer.checks import layer, scaled
from grader.days.day11_optax.shared import ADAM, Tree, adamw_oracle, clip_oracle, handed_numbers, stepwise
from grader.toolkit import Draw, Learner, Numbers, check, wide


@check(
    "make_optimizer",
    "deeper",
    hint="Clip by the norm over all leaves, then Adam, then the decay, then the rate; for gradients, parameters and numbers of"
    " any size.",
)
def test_make_optimizer_in_many_cases(learner: Learner, draw: Draw) -> None:
    def tree(unit: float) -> Tree:
        parts = draw.floats(3, low=-1.0, high=1.0), draw.floats((1, 2), low=-1.0, high=1.0)
        return jax.tree.map(lambda part: part * jnp.float32(unit), {"b": parts[0], "w": [parts[1]]})

    # What float32 makes of Adam's ratio is right to some 1e-4 of 1, for gradients that are far from its eps.
    gradients = [tree(10.0 ** draw.one_of(0, -3, 6, -1)) for _ in range(3)]
    params = tree(10.0 ** draw.one_of(0, 3))
    rate = draw.floats(magnitudes=(1e-4, 10.0), low=0)
    decay = draw.floats(magnitudes=(1e-4, 10.0), low=0, special=(0.0,))
    max_norm = draw.floats(magnitudes=(1e-2, 1e3), low=0)
    found = handed_numbers(learner.make_optimizer, params, gradients, (rate, decay, max_norm))
    clipped = [
        clip_oracle(gradient, float(max_norm)) if _any(gradient) else gradient for gradient in gradients
    ]
    expected = adamw_oracle([params] * 3, clipped, [float(rate)] * 3, float(decay))
    far = 1 + float(decay) * max(float(np.abs(wide(leaf)).max()) for leaf in jax.tree.leaves(params))
    for updates, wanted in zip(found, expected, strict=True):
        updates.close_to(wanted, rtol=1e-3, atol=5e-4 * float(rate) * far)


def _any(tree: Tree) -> bool:
    return any(bool(np.any(wide(leaf))) for leaf in jax.tree.leaves(tree))


def wavy(count: jax.Array) -> jax.Array:
    return 0.5 + 0.25 * jnp.sin(jnp.float32(count))


@check(
    "make_optimizer",
    "deeper",
    hint="After many steps, too, m and v are corrected for bias by their count, and the schedule is asked for the same count.",
)
def test_make_optimizer_goes_on_long(learner: Learner, numbers: Numbers) -> None:
    params, gradients = layer(numbers), [scaled(layer(numbers), 1.0 + k % 3) for k in range(60)]
    found = stepwise(learner.make_optimizer, (wavy, 0.1, 2.0), params, gradients)
    clipped = [clip_oracle(gradient, 2.0) for gradient in gradients]
    rates = [0.5 + 0.25 * np.sin(float(k)) for k in range(60)]
    expected = adamw_oracle([params] * 60, clipped, rates, 0.1)
    for k in (0, 1, 9, 29, 59):
        found[k].close_to(expected[k], rtol=1e-3, atol=1e-4)


@check(
    "make_optimizer",
    "deeper",
    hint="A gradient of zeros is no harm: its norm is 0, and nothing is divided by that.",
)
def test_make_optimizer_takes_zeros(learner: Learner, numbers: Numbers) -> None:
    params, zeros = layer(numbers), {"w": jnp.zeros(3), "b": jnp.zeros(3)}
    for updates in stepwise(learner.make_optimizer, (0.5, 0.1, 2.0), params, [zeros] * 2):
        updates.close_to({name: -0.05 * wide(leaf) for name, leaf in params.items()})


def times(tree: Tree, factor: float) -> Tree:
    return jax.tree.map(lambda leaf: leaf * jnp.float32(factor), tree)


@check(
    "make_optimizer",
    "deeper",
    hint="The numbers are used as they come, be they 1e-6 or 500: none is rounded, none has a bound.",
)
def test_make_optimizer_takes_numbers_of_any_size(learner: Learner) -> None:
    gradients = [
        {"b": jnp.array(b), "w": [jnp.array([w])]}
        for b, w in (
            ([100.0, -50.0, 20.0], [150.0, -30.0]),
            ([-900.0, 300.0, 700.0], [200.0, 1500.0]),
            ([0.5, 2.0, -1.0], [-0.25, 1.5]),
        )
    ]
    ones = jax.tree.map(jnp.ones_like, gradients[0])
    for unit, size, decay, max_norm in ((1.0, 1.0, 80.0, 301.0), (1e-7, 1e6, 3e-6, 4e-6)):
        scaled_down = [times(gradient, unit) for gradient in gradients]
        params = times(ones, size)
        numbers = tuple(map(jnp.float32, (0.5, decay, max_norm)))
        found = handed_numbers(learner.make_optimizer, params, scaled_down, numbers)
        clipped = [clip_oracle(gradient, max_norm) for gradient in scaled_down]
        expected = adamw_oracle([params] * 3, clipped, [0.5] * 3, decay)
        pull = 0.5 * decay * size
        for updates, wanted in zip(found, expected, strict=True):
            updates.close_to(wanted, rtol=1e-5, atol=2 * ADAM + 1e-6 * pull)
