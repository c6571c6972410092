"""Checks of learning_rate_sweep."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day12_compiled_training.shared import (
    ATOL,
    MOMENTUM,
    NO_EPOCH,
    RTOL,
    START,
    TRACED,
    Data,
    N,
    Tree,
    called,
    compiled,
    drawn_data,
    like,
    simple_data,
)
from grader.toolkit import (
    Array,
    Called,
    Learner,
    Numbers,
    check,
    compiles_once,
    hint_when,
    own_hint,
    raised,
    same_size_for,
    wide,
)


def plain_error(params: Tree, x: Any, y: Any) -> Any:
    """Mean squared error of a linear model; column 0 of x counts for nothing."""
    return jnp.mean((x[:, 1:] @ params["w"] - y) ** 2)


def error_oracle(w: Any, x: Any, y: Any) -> float:
    return float(np.mean((wide(x)[:, 1:] @ wide(w) - wide(y)) ** 2))


N_RATES = 5


ONE_RUN = "The parameters of one run, the best: index every leaf of the stacked ones with its number."


TREE_OF_RUNS = "The stacked parameters are a tree, here a dict: jax.tree.map indexes every leaf with the number of the best run."


DECAY = 0.125


def decaying_sgd(rate: Any) -> optax.GradientTransformation:
    """Momentum, and weight decay, which needs the parameters."""
    return optax.chain(optax.add_decayed_weights(DECAY), optax.sgd(rate, momentum=MOMENTUM))


def run_oracle(w: Any, data: Data, n_epochs: int, rate: float) -> Array:
    """The last w of one run, in float64."""
    inputs, y = wide(data[0])[:, 1:], wide(data[1])
    now, velocity = wide(w), np.zeros(2)
    for _ in range(n_epochs):
        gradient = 2 * inputs.T @ (inputs @ now - y) / N
        velocity = gradient + DECAY * now + MOMENTUM * velocity
        now = now - rate * velocity
    return now


def sweep_arguments(rates: Any, w: Any, data: Data, n_epochs: int) -> tuple[Any, ...]:
    params = {"w": jnp.asarray(w, jnp.float32)}
    return jnp.asarray(rates, jnp.float32), params, *data, decaying_sgd, plain_error, jnp.int32(n_epochs)


def sweep(learner: Learner, rates: Any, w: Any, data: Data, n_epochs: int) -> Called:
    with hint_when(raised(text="(?i)non-hashable|unhashable"), TREE_OF_RUNS):
        result = called(learner.learning_rate_sweep, *sweep_arguments(rates, w, data, n_epochs))
    like(result[0], {"w": jnp.zeros(2)}, ONE_RUN)
    return result


@check(
    "learning_rate_sweep",
    "correct",
    hint="One whole run for each rate, all from the same start; losses[r] is that of the last parameters of run r.",
)
def test_learning_rate_sweep_by_hand(learner: Learner) -> None:
    # The loss is (w - 3)² at w = 1, and 1/8 of w decays: one step leads to 1 + 31/8 · rate.
    result = sweep(learner, [0.25, 0.0, 0.5, 1.0, 0.125], START, simple_data(0.0), 1)
    result[1].close_to([1.0634765625, 4.0, 0.00390625, 3.515625, 2.297119140625])
    result[0]["w"].close_to(
        [2.9375, 0.0],
        hint="Index every leaf of the stacked parameters with the run of the least loss: argmin.",
    )


@check(
    "learning_rate_sweep",
    "correct",
    hint="Each run has a state of its own, made by its own optimiser, which lives through all epochs.",
)
def test_learning_rate_sweep_agrees_with_single_runs(learner: Learner, numbers: Numbers) -> None:
    (rates, w, data), best, losses = drawn_sweep(numbers, 5)
    right_sweep(sweep(learner, rates, w, data, 5), best, losses)


@check(
    "learning_rate_sweep",
    "correct",
    hint="argmin takes a NaN for the least of all. Put infinity in its place where you choose, and leave losses as they are.",
)
def test_learning_rate_sweep_never_chooses_nan(learner: Learner) -> None:
    # With 1e30 the square of the first step overflows, and then the parameters: infinity minus infinity in the third epoch.
    rates = [0.0, 1e30, 0.125, 1e15, 0.03125]
    data = simple_data(0.0)
    for n_epochs, wild in ((4, [np.nan, np.nan]), (1, [np.inf, (3.875e15) ** 2])):
        result = sweep(learner, rates, START, data, n_epochs)
        ends = [run_oracle(START, data, n_epochs, rate) for rate in rates[::2]]
        losses = np.array([error_oracle(end, *data) for end in ends])
        result[1].close_to(
            np.array([losses[0], wild[0], losses[1], wild[1], losses[2]]),
            rtol=RTOL,
            atol=ATOL,
            hint="losses tell what happened, infinity and NaN included: every run takes all its steps, none is left out or mended"
            " where a number grows, and only the choice passes over what is not finite.",
        )
        result[0]["w"].close_to(ends[1], rtol=RTOL, atol=ATOL)


@check(
    "learning_rate_sweep",
    "correct",
    hint="A loss is finite up to 3.4e38: only infinity and NaN are passed over, and among the others the least wins, "
    "however large.",
)
def test_learning_rate_sweep_compares_large_losses(learner: Learner) -> None:
    # One step from 1 leads to 1 + 31/8 · rate, and the loss is the square of that less 3.
    rates = [1e30, 1e15, 1e12, 1e14, 1e13]
    result = sweep(learner, rates, START, simple_data(0.0), 1)
    result[0]["w"].close_to([3.875e12, 0.0], rtol=RTOL)


@check("learning_rate_sweep", "correct", hint=NO_EPOCH)
def test_learning_rate_sweep_for_no_epoch(learner: Learner) -> None:
    with own_hint(raised(text="out of bounds")):
        result = sweep(learner, [0.25, 0.0, 0.5, 1.0, 0.125], START, simple_data(0.0), 0)
    result[1].close_to([4.0] * N_RATES)
    result[0]["w"].equals([1.0, 0.0])


def drawn_sweep(numbers: Numbers, n_epochs: int) -> tuple[tuple[jax.Array, jax.Array, Data], Array, Array]:
    """Rates, start, data, and what comes of them; the best run is clearly ahead."""
    while True:
        rates, w, data = numbers.uniform(0.01, 0.5, N_RATES), numbers.normal(2), drawn_data(numbers, 0.0)
        ends = [run_oracle(w, data, n_epochs, float(rate)) for rate in rates]
        losses = np.array([error_oracle(end, *data) for end in ends])
        first, second = np.sort(losses)[:2]
        if second > 1.001 * first + 1e-4:
            return (rates, w, data), ends[int(np.argmin(losses))], losses


def right_sweep(result: Called, best: Array, losses: Array) -> None:
    result[1].close_to(losses, rtol=RTOL, atol=ATOL)
    result[0]["w"].close_to(best, rtol=RTOL, atol=ATOL)


@check("learning_rate_sweep", "jit", hint=TRACED)
def test_learning_rate_sweep_compiles_once(learner: Learner, numbers: Numbers) -> None:
    drawn = [(n, drawn_sweep(numbers, n)) for n in (5, 7)]
    calls = [sweep_arguments(*problem, n) for n, (problem, _, _) in drawn]
    with own_hint(raised(line="n_epochs")):
        results = compiles_once(compiled(learner.learning_rate_sweep), calls)
    for (_, (_, best, losses)), result in zip(drawn, results, strict=True):
        like(result[0], {"w": jnp.zeros(2)}, ONE_RUN)
        right_sweep(result, best, losses)


@check(
    "learning_rate_sweep",
    "jit",
    hint="One run as a function of its rate, which is traced: make the optimiser in there, and vmap over the rates.",
)
def test_learning_rate_sweep_does_not_grow_with_its_rates(learner: Learner, numbers: Numbers) -> None:
    (rates, w, data), _, _ = drawn_sweep(numbers, 5)
    twice = np.tile(np.asarray(rates), 2)
    few, many = (sweep_arguments(some, w, data, 5) for some in (rates, twice))
    with own_hint():
        same_size_for(compiled(learner.learning_rate_sweep), few, many)
