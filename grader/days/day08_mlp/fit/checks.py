"""Checks of fit."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.shared import (
    HALF_OF_ALL_SQUARES,
    descent_oracle,
    drawn_problem,
    forward_oracle,
    half_of_all_squares,
    keeps_dtypes,
    line,
    line_loss,
    mixed_tree,
    network_loss,
    no_data,
    odd_tree,
    scaled,
)
from grader.toolkit import (
    Array,
    Handle,
    Kind,
    Learner,
    Numbers,
    agrees_once,
    bans,
    check,
    compiled_if_possible,
    hint_when,
    of_kind,
    own_hint,
    raised,
    same_size_for,
)

STATIC = ("n_steps", "loss")


@check(
    "fit",
    "correct",
    hint="There are n_steps steps. Each starts from the parameters that the last one gave, with the gradient at those: "
    "p - learning_rate · gradient.",
)
def test_fit_by_hand(learner: Learner) -> None:
    # Two steps: (w, b) = (2, 1), (1.25, 0.5), (1.6875, 0.5).
    all_losses = "Return (params, losses): the last parameters, and an array with the loss of every step."
    with hint_when(of_kind(Kind.THING, Kind.SHAPE, Kind.DTYPE), all_losses):
        result = learner.fit(*line(), 0.125, 2, line_loss)
    result[0].close_to(
        {"w": 1.6875, "b": 0.5},
        neighbours={
            "one step in the place of two": lambda: {"w": 1.25, "b": 0.5},
            "two steps by the gradient of the start, which belongs into the loop": lambda: {
                "w": 0.5,
                "b": 0.0,
            },
        },
    )
    losses = result[1]
    losses.require(
        np.any(losses.value),
        "stays as it began",
        expected="[5, 3.0625]",
        got=losses.value,
        hint="losses.at[k].set(value) leaves losses as they are, and gives a new array: keep that one.",
    )
    losses.close_to(
        [5.0, 3.0625],
        hint="losses[0] is the loss of the parameters that came in, before any step; value_and_grad gives it"
        " together with the gradient.",
    )


@check(
    "fit",
    "correct",
    hint="jax.tree.map(function, params, gradients) goes through both trees together, whatever they are made of.",
)
def test_fit_takes_any_tree(learner: Learner) -> None:
    tree = odd_tree()
    start = HALF_OF_ALL_SQUARES
    result = compiled_if_possible(learner.fit, tree, *no_data(), 0.5, 3, half_of_all_squares, static=STATIC)
    result.close_to((scaled(tree, 0.125), np.array([start, start / 4, start / 16])))


@check(
    "fit",
    "correct",
    hint="All steps are taken, whatever the loss is: it may rise (a learning rate that is too large), be nearly 0 already, or "
    "NaN, which everybody shall see.",
)
def test_fit_takes_all_steps(learner: Learner) -> None:
    # Uphill each step takes every number times -3 / 2; down, from 2**-12 of where it began, it halves them.
    for begin, rate in ((1.0, 2.5), (2.0**-12, 0.5)):
        tree, start = jax.tree.map(jnp.asarray, scaled(odd_tree(), begin)), HALF_OF_ALL_SQUARES * begin**2
        result = compiled_if_possible(
            learner.fit, tree, *no_data(), rate, 3, half_of_all_squares, static=STATIC
        )
        losses = start * (1 - rate) ** (2 * np.arange(3))
        result.close_to((scaled(tree, (1 - rate) ** 3), losses), atol=0.0)
    tree = jax.tree.map(lambda leaf: leaf * jnp.nan, odd_tree())
    result = compiled_if_possible(
        learner.fit, odd_tree(), *no_data(), jnp.nan, 3, half_of_all_squares, static=STATIC
    )
    result.close_to((tree, np.array([HALF_OF_ALL_SQUARES, np.nan, np.nan])))


@check(
    "fit",
    "correct",
    hint="A float32 learning rate makes float32 of a float16 leaf. Convert each new leaf: .astype(p.dtype).",
)
def test_fit_keeps_the_dtypes(learner: Learner) -> None:
    tree = mixed_tree()
    with own_hint(raised("TypeError", text="carry")):  # ours says what to convert
        arguments = tree, *no_data(), jnp.float32(0.5), 3, half_of_all_squares
        result = compiled_if_possible(learner.fit, *arguments, static=STATIC)
    keeps_dtypes(result[0], tree)
    result[0].close_to(scaled(tree, 0.125))


@check("fit", "correct", hint="All examples at every step, and the same learning rate at each.")
def test_fit_agrees_with_backpropagation(learner: Learner, numbers: Numbers) -> None:
    params, x, y = drawn_problem(numbers)
    # Roundings of five steps of size 0.1 add up.
    expected = descent_oracle(params, x, y, 0.1, 5)
    arguments = params, x, y, jnp.float32(0.1), 5, network_loss
    compiled_if_possible(learner.fit, *arguments, static=STATIC).close_to(expected, rtol=3e-5, atol=1e-5)


@check("fit", "correct", hint="A step is one line with jax.tree.map; optax comes on day 11.")
def test_fit_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.fit, "optax", on=({"w": jnp.ones((7, 2))}, *no_data(), 0.5, 3, half_of_all_squares))


A_LOOP = (
    "lax.scan(step, params, length=n_steps) carries the parameters along and stacks the losses; in lax.fori_loop the carry is"
    " (params, losses). A Python loop is written out, and so is a scan with unroll=True."
)


def compiled_fit(learner: Learner) -> Handle:
    """jit(fit), when its program is a loop: a thousand steps written out would compile for minutes. Raises WrongAnswer."""
    handle = learner.fit.jit(static_argnames=STATIC)
    params, x, y = line()
    few, many = ((params, x, y, jnp.float32(0.1), n_steps, line_loss) for n_steps in (5, 10))
    with hint_when(of_kind(Kind.GROWS), A_LOOP):
        same_size_for(handle, few, many)
    return handle


@check("fit", "jit", hint=A_LOOP)
def test_fit_does_not_grow_with_its_steps(learner: Learner) -> None:
    compiled_fit(learner)


@check(
    "fit",
    "jit",
    hint="The learning rate, the data and the loss are traced: compute with them, branch on nothing.",
)
def test_fit_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = compiled_fit(learner)
    calls: list[tuple[Any, ...]]
    calls = [(*drawn_problem(numbers), jnp.float32(rate), 5, network_loss) for rate in (0.1, 0.05)]
    agrees_once(handle, calls, lambda *call: descent_oracle(*call[:5]), rtol=3e-5, atol=1e-5)


N_STEPS = 3000
ERROR = 0.15


def must_learn(learner: Learner, name: str, curve: Callable[[Array], Array], noise: float) -> None:
    """A tanh network, trained on 64 points of a curve, is near the curve itself, from three starts. Raises WrongAnswer."""
    handle = compiled_fit(learner)
    x = np.linspace(-1, 1, 64)[:, None]
    sizes = (1, 16, 16, 1)
    for seed in range(3):
        generator = np.random.default_rng(seed)
        y = jnp.asarray(curve(x) + noise * generator.normal(size=x.shape), jnp.float32)
        params = [
            {
                "w": jnp.asarray(generator.normal(0, 5 / 3 / np.sqrt(n_in), (n_in, n_out)), jnp.float32),
                "b": jnp.zeros(n_out),
            }
            for n_in, n_out in itertools.pairwise(sizes)
        ]
        points = jnp.asarray(x, jnp.float32)
        result = handle(params, points, y, jnp.float32(0.06), N_STEPS, network_loss)
        error = np.sqrt(np.mean((forward_oracle(result.value[0], x, np.tanh) - curve(x)) ** 2))
        result.require(
            error <= ERROR,
            f"has not learned {name}",
            expected=f"a root mean square error of at most {ERROR}",
            got=f"{error:.3g}; the last loss is {float(result.value[1][-1]):.3g}",
        )


# Over fifty seeds the error was at most 0.11 for sin 3x and 0.10 for the cubic; the best line has 0.42 and 0.32.
LEARNS = "All steps count: go on at the same learning rate until n_steps are done, whatever the loss is."


@check("fit", "jit", hint=LEARNS)
def test_fit_learns_sin_3x(learner: Learner) -> None:
    must_learn(learner, "sin 3x", lambda x: np.sin(3 * x), noise=0.0)


@check("fit", "jit", hint=LEARNS)
def test_fit_learns_a_noisy_cubic(learner: Learner) -> None:
    must_learn(learner, "2x³ - x from noisy points", lambda x: 2 * x**3 - x, noise=0.1)
