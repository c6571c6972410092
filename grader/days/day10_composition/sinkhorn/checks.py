"""Checks of sinkhorn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.shared import listed
from grader.toolkit import (
    Array,
    Handle,
    Learner,
    Numbers,
    agrees_once,
    check,
    hint_when,
    must_beat,
    raised,
    same_size_for,
    told_by,
    wide,
)


def sinkhorn_oracle(cost: Any, a: Any, b: Any, epsilon: float, n_steps: int) -> Array:
    cost, a, b = wide(cost), wide(a), wide(b)
    f, g = np.zeros(len(a)), np.zeros(len(b))
    for _ in range(n_steps):
        f = epsilon * (np.log(a) - np.logaddexp.reduce((g - cost) / epsilon, axis=1))
        g = epsilon * (np.log(b) - np.logaddexp.reduce((f[:, None] - cost) / epsilon, axis=0))
    return np.exp((f[:, None] + g - cost) / epsilon)  # type: ignore[no-any-return]


def weights_of(numbers: Numbers, n: int) -> jax.Array:
    drawn = np.asarray(numbers.uniform(0.5, 1.5, n))
    return jnp.asarray(drawn / drawn.sum())


def transport_problem(
    numbers: Numbers, n: int = 4, m: int = 3, low: float = 0.0, high: float = 1.0
) -> tuple[jax.Array, jax.Array, jax.Array]:
    return numbers.uniform(low, high, (n, m)), weights_of(numbers, n), weights_of(numbers, m)


STEPS = 10


@check(
    "sinkhorn",
    "correct",
    hint="By the two lines of the docstring: f sums over columns (axis 1), g over rows (axis 0) with the new f; the plan "
    "is made of both.",
)
def test_sinkhorn_by_hand(learner: Learner) -> None:
    cost, half = jnp.array([[0.0, 1.0], [1.0, 0.0]]), jnp.array([0.5, 0.5])
    near, far = 0.5 / (1 + np.exp(-1)), 0.5 / (1 + np.exp(1))
    plan = learner.sinkhorn.jit(static_argnums=4)(cost, half, half, 1.0, 3)
    mistakes = {
        "Each column adds up to 1 here, and should add up to its weight in b, a half: is log b in g, and log a in f, as in the "
        "docstring's two lines?": [[2 * near, 2 * far], [2 * far, 2 * near]]
    }
    plan.close_to([[near, far], [far, near]], hint=told_by(plan.value, mistakes))


@check(
    "sinkhorn",
    "correct",
    hint="Where nothing costs anything, the plan is a[i] · b[j] for every epsilon. ε multiplies both logarithms, that of the "
    "weights, too: f = ε · (log a - log Σ ...).",
)
def test_sinkhorn_without_costs(learner: Learner) -> None:
    cost, a, b = jnp.zeros((2, 2)), jnp.array([0.75, 0.25]), jnp.array([0.5, 0.5])
    plan = learner.sinkhorn.jit(static_argnums=4)(cost, a, b, 0.5, 3)
    plan.close_to([[0.375, 0.375], [0.125, 0.125]])


@check(
    "sinkhorn",
    "correct",
    hint="One step is one f and then one g that uses the new f. Weights differ, and rows and columns are of different "
    "number.",
)
def test_sinkhorn_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    problem = transport_problem(numbers)
    # So small an epsilon takes more steps to converge, and the order of the updates shows. Exponents are some 20,
    # of which float32 keeps 1e-6 in each step.
    axes = (
        "f has a number for each row and sums over the columns (axis 1); g has one for each column and sums over rows (axis 0). "
        "Is it the other way round, or does f lack its second axis, f[:, None]? Here there are 4 rows and 3 columns."
    )
    with hint_when(raised("TypeError", "ValueError", text="roadcast|incompatible shapes"), axes):
        plan = learner.sinkhorn.jit(static_argnums=4)(*problem, 0.05, STEPS)
    right = sinkhorn_oracle(*problem, 0.05, STEPS)
    plan.close_to(right, rtol=1e-3, atol=1e-5, hint=sinkhorn_mistake(plan.value, *problem))


def sinkhorn_mistake(plan: Any, cost: jax.Array, a: jax.Array, b: jax.Array) -> str | None:
    """What is known of wrong plans for an epsilon of 0.05."""
    within = "Within the exponentials f, g and the costs are divided by ε."
    mistakes = {
        f"That is the plan for ε = 1, and not for 0.05: is a division by ε forgotten? {within}": 0.05,
        f"That is the plan for 1 / ε in the place of ε: are the costs multiplied by it? {within}": 0.05**2,
    }
    wrong = {
        hint: sinkhorn_oracle(wide(cost) * factor, a, b, 0.05, STEPS) for hint, factor in mistakes.items()
    }
    return told_by(plan, wrong)


@check(
    "sinkhorn",
    "correct",
    hint="Rows of the plan sum to a, columns to b: f looks after the rows, g after the columns.",
)
def test_sinkhorn_has_the_right_marginals(learner: Learner, numbers: Numbers) -> None:
    problem = transport_problem(numbers)
    plan = learner.sinkhorn.jit(static_argnums=4)(*problem, 1.0, STEPS)
    rows, columns = wide(plan.value).sum(axis=1), wide(plan.value).sum(axis=0)
    for sums, weights, name in ((rows, problem[1], "rows"), (columns, problem[2], "columns")):
        near = np.allclose(sums, wide(weights), rtol=1e-4, atol=1e-5)
        plan.require(near, f"has the wrong sums of {name}", expected=listed(weights), got=listed(sums))


@check(
    "sinkhorn",
    "correct",
    hint="One weight is 1e-20, and its row of the plan is in proportion: add nothing to a weight before its logarithm.",
)
def test_sinkhorn_takes_tiny_weights(learner: Learner, numbers: Numbers) -> None:
    cost, a, b = transport_problem(numbers)
    a, b = a.at[0].set(1e-20), b.at[-1].set(1e-12)
    plan = learner.sinkhorn.jit(static_argnums=4)(cost, a, b, 1.0, STEPS)
    # Logarithms of 46, in float32: 3e-6 a step.
    plan.close_to(sinkhorn_oracle(cost, a, b, 1.0, STEPS), rtol=1e-3, atol=0)


@check(
    "sinkhorn",
    "correct",
    hint="exp(-cost / epsilon) is 0 here. Stay with logarithms: a log-sum-exp that subtracts the largest exponent, and "
    "one exp at the very end, of the whole sum.",
)
def test_sinkhorn_is_stable(learner: Learner, numbers: Numbers) -> None:
    problem = transport_problem(numbers, low=50.0, high=250.0)
    plan = learner.sinkhorn.jit(static_argnums=4)(*problem, 0.05, STEPS).finite()
    # The exponents are some thousands, of which float32 keeps 3e-4 or so, in each of the steps.
    plan.close_to(sinkhorn_oracle(*problem, 0.05, STEPS), rtol=2e-2, atol=1e-3)


def moved_cost(handle: Handle) -> Callable[..., Any]:
    """The gradient of what a plan gains, as a function that is compiled once."""

    def gain(cost: jax.Array, a: jax.Array, b: jax.Array, prices: jax.Array) -> jax.Array:
        return jnp.sum(prices * handle.function(cost, a, b, 0.2, STEPS))

    return jax.jit(jax.grad(gain, argnums=(0, 1, 2)))


@check(
    "sinkhorn",
    "correct",
    hint="The gradient flows back through all steps: a lax loop with a static number of them, and no stop_gradient.",
)
def test_sinkhorn_can_be_differentiated(learner: Learner, numbers: Numbers) -> None:
    handle = learner.sinkhorn
    gradient = moved_cost(handle)
    cost, a, b = transport_problem(numbers)
    prices = numbers.normal(cost.shape)
    text = "The gradient of sum(prices * sinkhorn(cost, a, b, 0.2, 10)) with respect to (cost, a, b)"
    result = handle.using(text, gradient, cost, a, b, prices)

    def gain(cost: Array, a: Array, b: Array) -> Any:
        return np.sum(wide(prices) * sinkhorn_oracle(cost, a, b, 0.2, STEPS))

    # In float64 a central difference has eight right digits and more; float32 sums over all steps keep four.
    at, step = (wide(cost), wide(a), wide(b)), 1e-6
    expected = tuple(np.zeros_like(part) for part in at)
    for part, slopes in zip(at, expected, strict=True):
        for place in np.ndindex(part.shape):
            kept = part[place]
            part[place] = kept + step
            above = gain(*at)
            part[place] = kept - step
            slopes[place] = (above - gain(*at)) / (2 * step)
            part[place] = kept
    result.close_to(expected, rtol=2e-3, atol=2e-4)


@check("sinkhorn", "jit", hint="Costs, weights and epsilon are data; only the number of steps is static.")
def test_sinkhorn_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(*transport_problem(numbers), epsilon, STEPS) for epsilon in (0.5, 0.8)]
    agrees_once(learner.sinkhorn.jit(static_argnums=4), calls, sinkhorn_oracle, rtol=1e-4)


@check(
    "sinkhorn",
    "jit",
    hint="A Python loop over steps is written out, step by step. lax.fori_loop and lax.scan keep one copy of the body.",
)
def test_sinkhorn_has_no_python_loop(learner: Learner, numbers: Numbers) -> None:
    problem, handle = transport_problem(numbers), learner.sinkhorn.jit(static_argnums=4)
    same_size_for(handle, (*problem, 0.5, 4), (*problem, 0.5, 8))


def sinkhorn_loop(cost: jax.Array, a: jax.Array, b: jax.Array, epsilon: float, n_steps: int) -> jax.Array:
    log_a, log_b = jnp.log(a), jnp.log(b)
    f, g = jnp.zeros_like(a), jnp.zeros_like(b)
    for _ in range(n_steps):
        f = epsilon * (log_a - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (log_b - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@check("sinkhorn", "speed", hint="Put the steps into lax.fori_loop, and work on the whole matrix in each.")
def test_sinkhorn_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.sinkhorn.jit(static_argnums=4),
        sinkhorn_loop,
        named="the same steps, one operation at a time",
        draw=lambda size: (*transport_problem(numbers, size, size), 0.5, 2 * STEPS),
        size=8,
        gate=50,
        numbers=numbers,
    )
