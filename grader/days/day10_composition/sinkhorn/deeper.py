"""Deeper checks of sinkhorn."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.sinkhorn.checks import STEPS, sinkhorn_oracle
from grader.toolkit import Array, Draw, Learner, check, wide


def drawn_weights(draw: Draw, n: int) -> Array:
    parts = wide(draw.floats(n, magnitudes=(1e-6, 1.0), low=0))
    return parts / parts.sum()  # type: ignore[no-any-return]


@check(
    "sinkhorn",
    "deeper",
    hint="The two lines of the docstring, n_steps times, with logarithms throughout: for any weights, costs and epsilon, in any"
    " unit.",
)
def test_sinkhorn_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, m, n_steps = draw.one_of((4, 3, STEPS), (1, 3, 1), (2, 5, 3))
    # Costs and epsilon are in one unit, any, and the plan does not depend on it.
    unit = jnp.float32(10.0 ** draw.one_of(0, -6, 6))
    epsilon = float(draw.floats(magnitudes=(1e-2, 10.0), low=0) * unit)
    cost = draw.floats((n, m), low=0.0, high=draw.one_of(1.0, 30.0)) * unit
    a, b = (jnp.asarray(drawn_weights(draw, size), jnp.float32) for size in (n, m))
    plan = learner.sinkhorn.jit(static_argnums=4)(cost, a, b, jnp.float32(epsilon), n_steps)
    # Exponents are known to some roundings of the largest of them, in each step.
    exponents = float(cost.max()) / epsilon + 20
    rtol = 2e-6 * (exponents + 5) * max(1, n_steps / 5)
    plan.close_to(sinkhorn_oracle(cost, a, b, float(jnp.float32(epsilon)), n_steps), rtol=rtol, atol=1e-37)


@check(
    "sinkhorn",
    "deeper",
    hint="n_steps steps are taken, however little moves in each: here the plan creeps on through all of them. Stop at no"
    " tolerance.",
)
def test_sinkhorn_takes_all_steps(learner: Learner) -> None:
    """Almost no weight has to move, through a door that is almost closed."""
    cost, n_steps = jnp.array([[0.0, 1.0], [1.0, 0.0]]), 2000
    for imbalance, epsilon in ((1e-3, 0.1), (2e-4, 0.1)):
        a, b = jnp.array([0.5, 0.5]), jnp.array([0.5 + imbalance, 0.5 - imbalance])
        plan = learner.sinkhorn.jit(static_argnums=4)(cost, a, b, epsilon, n_steps)
        expected = sinkhorn_oracle(cost, a, b, epsilon, n_steps)
        # Here it shows: what goes from one side to the other.
        plan.close_to(expected, rtol=2e-2, atol=0)


@check("sinkhorn", "deeper", hint="Weights of one and of many: no size is special.")
def test_sinkhorn_takes_wide_costs(learner: Learner) -> None:
    generator = np.random.default_rng(0)
    cost = jnp.asarray(generator.uniform(0, 1, (3, 70)), jnp.float32)
    a, b = (
        jnp.asarray(part / part.sum(), jnp.float32)
        for part in (generator.uniform(1, 2, 3), generator.uniform(1, 2, 70))
    )
    plan = learner.sinkhorn.jit(static_argnums=4)(cost, a, b, 0.25, 3)
    plan.close_to(sinkhorn_oracle(cost, a, b, 0.25, 3), rtol=1e-4, atol=0)
