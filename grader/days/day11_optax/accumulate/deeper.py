"""Deeper checks of accumulate."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day11_optax.shared import ADAM, ADAMW, MOMENTUM, Tree, adamw_oracle, build, stepwise
from grader.toolkit import Called, Draw, Learner, Named, Numbers, check, wide

SGD = Named("sgd(0.5)", optax.sgd(0.5))


@check(
    "accumulate",
    "deeper",
    hint="Zeros k - 1 times, then what the optimiser makes of the mean; round after round, for any tree and any size of"
    " gradients.",
)
def test_accumulate_in_many_cases(learner: Learner, draw: Draw) -> None:
    k = draw.one_of(2, 1, 3)
    unit = jnp.float32(10.0 ** draw.one_of(0, -6, 4))
    gradients = [
        (draw.floats(2, low=-1.0, high=1.0) * unit, [draw.floats((1, 2), low=-1.0, high=1.0) * unit])
        for _ in range(2 * k + 1)
    ]
    found = stepwise(learner.accumulate, (MOMENTUM, k), gradients[0], gradients)
    zeros: Tree = jax.tree.map(lambda g: np.zeros(g.shape), gradients[0])
    trace = zeros
    for number, updates in enumerate(found, start=1):
        expected = zeros
        if number % k == 0:
            terms = gradients[number - k : number]
            mean = jax.tree.map(lambda *g: np.mean([wide(x) for x in g], axis=0), *terms)
            trace = jax.tree.map(lambda old, new: 0.5 * old + new, trace, mean)
            expected = jax.tree.map(lambda pull: -0.25 * pull, trace)
        updates.close_to(expected, rtol=1e-5, atol=1e-6 * float(unit))


@check(
    "accumulate",
    "deeper",
    hint="Rounds may be long: count in int32, and keep a sum or a mean that 300 gradients do not wear out.",
)
def test_accumulate_waits_long(learner: Learner, numbers: Numbers) -> None:
    k = 300
    gradients = [{"w": numbers.normal(3, 1.0, 0.5)} for _ in range(2 * k)]
    params = {"w": jnp.array([1.0, -2.0, 3.0])}
    found = stepwise(learner.accumulate, (ADAMW, k), params, gradients)
    means = [{"w": np.mean([wide(g["w"]) for g in gradients[first : first + k]], axis=0)} for first in (0, k)]
    large = adamw_oracle([params] * 2, means, [0.5] * 2, 0.1)
    for number in (1, 2, 255, 256, k - 1, k, k + 1, 2 * k - 1, 2 * k):
        expected = {"w": np.zeros(3)} if number % k else large[number // k - 1]
        found[number - 1].close_to(expected, rtol=5 * ADAM, atol=1e-5)


@check(
    "accumulate",
    "deeper",
    hint="What optax.chain takes has init and update, and update can do without parameters where the optimiser can: params=None.",
)
def test_accumulate_is_a_link(learner: Learner) -> None:
    text, optimizer = build(learner.accumulate, SGD, 2)
    handle, params = learner.accumulate, {"w": jnp.ones(3)}

    def updates() -> list[Any]:
        chained, found = optax.chain(optimizer, optax.scale(2.0)), []
        state = chained.init(params)
        for pull in (1.0, 3.0):
            update, state = jax.jit(chained.update)({"w": jnp.full(3, pull)}, state)
            found.append(update)
        return found

    found = handle.using(f"optax.chain({text}, optax.scale(2)), without parameters", updates).value
    for number, (update, expected) in enumerate(zip(found, (0.0, -2.0), strict=True), start=1):
        what = f"optax.chain({text}, optax.scale(2)), without parameters, step {number}, updates"
        Called(what, update).close_to({"w": np.full(3, expected)})
