"""Checks of make_optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day11_optax.shared import (
    ADAM,
    Tree,
    adamw_oracle,
    clip_oracle,
    close,
    compiled_updates_of,
    updates_of,
)
from grader.toolkit import Learner, Numbers, check, own_hint, raised


def scaled(gradient: Tree, norm: float) -> Tree:
    """The same direction, of that length."""
    size = float(np.sqrt(sum(np.sum(np.square(g)) for g in jax.tree.leaves(gradient))))
    return jax.tree.map(lambda g: jnp.asarray(np.asarray(g) * (norm / size), jnp.float32), gradient)


def layer(numbers: Numbers) -> Tree:
    """A weight and a bias of one shape, so that few programs are compiled."""
    return {"w": numbers.normal(3), "b": numbers.normal(3)}


def layers(numbers: Numbers, n: int) -> list[Tree]:
    return [layer(numbers) for _ in range(n)]


@check(
    "make_optimizer",
    "correct",
    hint="Without decay Adam's first step is the gradient's sign, times -learning_rate: updates are added, so they point "
    "downhill. optax.scale_by_learning_rate turns the sign.",
)
def test_make_optimizer_goes_downhill(learner: Learner) -> None:
    params = {"w": jnp.array([2.0, -4.0, 0.0]), "b": jnp.array([0.0, 0.0, 10.0])}
    gradient = {"w": jnp.array([3.0, -4.0, 0.0]), "b": jnp.zeros(3)}
    expected = {"w": np.array([-0.5, 0.5, 0.0]), "b": np.zeros(3)}
    found = updates_of(learner.make_optimizer, (0.5, 0.0, 10.0), [params], [gradient])
    found[0].close_to(expected, atol=0.1)
    places = "The signs are right. Is each argument in its place? The second one of optax.adamw is b1: name weight_decay."
    found[0].close_to(expected, rtol=ADAM, hint=places)


@check(
    "make_optimizer",
    "correct",
    hint="Decay comes after Adam has scaled the gradient and before the learning rate: -rate · (a + decay · params). Was it "
    "forgotten? Or given by its place: in optax.adamw(rate, decay) the second place is b1. Name it, weight_decay=...",
)
def test_make_optimizer_by_hand(learner: Learner) -> None:
    params = {"w": jnp.array([2.0, -4.0, 0.0]), "b": jnp.array([0.0, 0.0, 10.0])}
    gradient = {"w": jnp.array([3.0, -4.0, 0.0]), "b": jnp.zeros(3)}
    expected = {"w": np.array([-0.6, 0.7, 0.0]), "b": np.array([0.0, 0.0, -0.5])}
    close(updates_of(learner.make_optimizer, (0.5, 0.1, 10.0), [params], [gradient]), [expected], rtol=ADAM)


def check_make_optimizer(
    learner: Learner, numbers: Numbers, norms: Sequence[float], max_norm: float = 2.0
) -> None:
    params = layers(numbers, len(norms))
    gradients = [scaled(layer(numbers), norm) for norm in norms]
    clipped = [clip_oracle(gradient, max_norm) for gradient in gradients]
    found = updates_of(learner.make_optimizer, (0.5, 0.1, max_norm), params, gradients)
    close(found, adamw_oracle(params, clipped, [0.5] * len(norms), 0.1), rtol=ADAM)


@check(
    "make_optimizer",
    "correct",
    hint="This gradient is so small that Adam's eps shows, the 1e-8 beside the root. Leave optax's numbers as they are, and "
    "scale only what is longer than max_norm.",
)
def test_make_optimizer_leaves_tiny_gradients(learner: Learner) -> None:
    params = {"w": jnp.array([2.0, -4.0, 0.0]), "b": jnp.array([0.0, 0.0, 10.0])}
    gradient = {"w": jnp.array([1e-6, -1e-6, 0.0]), "b": jnp.zeros(3)}
    expected = {"w": np.array([-0.5, 0.5, 0.0]) / 1.01, "b": np.zeros(3)}
    close(updates_of(learner.make_optimizer, (0.5, 0.0, 10.0), [params], [gradient]), [expected], rtol=1e-3)


@check(
    "make_optimizer",
    "correct",
    hint="Adam forgets the length of its first gradient, but not of the next ones. Is one scaled that is no longer than"
    " max_norm, here 2? Or are b1 and b2 others than optax's 0.9 and 0.999, which the first step does not show?",
)
def test_make_optimizer_leaves_short_gradients(learner: Learner, numbers: Numbers) -> None:
    check_make_optimizer(learner, numbers, (0.1, 1.5, 0.02))


@check(
    "make_optimizer",
    "correct",
    hint="The second gradient is 1e6 long. Clip by the norm over all leaves, and as the first link of the chain: "
    "before Adam remembers the square of what it gets.",
)
def test_make_optimizer_survives_a_huge_gradient(learner: Learner, numbers: Numbers) -> None:
    check_make_optimizer(learner, numbers, (1.0, 1e6, 0.5, 0.5))


@check(
    "make_optimizer",
    "correct",
    hint="These gradients are some 1e-5 long, and so is max_norm: the factor is max_norm / ‖g‖, with nothing added to the norm.",
)
def test_make_optimizer_clips_tiny_gradients(learner: Learner, numbers: Numbers) -> None:
    check_make_optimizer(learner, numbers, (1e-4, 5e-6, 3e-5), max_norm=1e-5)


def halving(count: Any) -> Any:
    return 0.5 * 0.5**count


@check(
    "make_optimizer",
    "correct",
    hint="A schedule is a function of the step, and cannot be multiplied. optax.scale_by_learning_rate takes both.",
)
def test_make_optimizer_takes_a_schedule(learner: Learner, numbers: Numbers) -> None:
    params, gradients = layers(numbers, 3), [scaled(layer(numbers), 1.0) for _ in range(3)]
    with own_hint(raised("TypeError", text="'function'")):
        found = updates_of(learner.make_optimizer, (halving, 0.1, 2.0), params, gradients)
    close(found, adamw_oracle(params, gradients, [0.5, 0.25, 0.125], 0.1), rtol=ADAM)


@check(
    "make_optimizer",
    "jit",
    hint="The three numbers may be traced: whether they are 0 is not known while the step is compiled.",
)
def test_make_optimizer_compiles_once(learner: Learner, numbers: Numbers) -> None:
    params = layers(numbers, 2)
    gradients = [scaled(layer(numbers), norm) for norm in (1.0, 50.0)]
    calls = [tuple(map(jnp.float32, values)) for values in ((0.5, 0.1, 2.0), (0.25, 0.0, 4.0))]
    clipped = [clip_oracle(gradients[0], 2.0), clip_oracle(gradients[1], 4.0)]
    first, second = compiled_updates_of(learner.make_optimizer, calls, params, gradients)
    close([first], adamw_oracle(params[:1], clipped[:1], [0.5], 0.1), rtol=ADAM)
    close([second], adamw_oracle(params, clipped, [0.5, 0.25], 0.0)[1:], rtol=ADAM)
