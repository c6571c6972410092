"""Deeper checks of set_learning_rate."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day11_optax.set_learning_rate.checks import injected_state, new_state
from grader.toolkit import Called, Draw, Learner, check


@check(
    "set_learning_rate",
    "deeper",
    hint="The value itself, in the old one's dtype, whatever kind of number it is: tiny, infinite, NaN.",
)
def test_set_learning_rate_in_many_cases(learner: Learner, draw: Draw) -> None:
    dtype = draw.one_of("float32", "float16", "bfloat16")
    least = 1e-4 if dtype == "float16" else 1e-7
    # NaN of bfloat16 are not compared.
    special = (0.0, math.inf) if dtype == "bfloat16" else (0.0, math.inf, math.nan)
    value = draw.floats(magnitudes=(least, 1e4), special=special)
    kind = draw.one_of("array", "float", "int")
    given: Any = value if kind == "array" else float(value)
    if kind == "int" and math.isfinite(given):
        given = round(given)
    state = injected_state(jnp.dtype(dtype))
    state = state._replace(
        hyperparams={**state.hyperparams, "learning_rate": jnp.asarray(draw.floats(), jnp.dtype(dtype))}
    )
    result = new_state(learner, state, given)
    rate = Called(f"{result.text}.hyperparams['learning_rate']", result.value.hyperparams["learning_rate"])
    rate.equals(np.asarray(np.float32(given)).astype(jnp.dtype(dtype)))


@check(
    "set_learning_rate",
    "deeper",
    hint="Any optimiser's injected state will do: what is in it is handed on as it is.",
)
def test_set_learning_rate_takes_other_optimizers(learner: Learner) -> None:
    params = {"w": jnp.ones(3)}
    halving = optax.exponential_decay(0.5, 1, 0.5)
    injected = (
        optax.inject_hyperparams(optax.adamw)(learning_rate=0.1, weight_decay=halving),
        optax.inject_hyperparams(optax.rmsprop)(learning_rate=0.1, decay=0.5),
    )
    for optimizer in injected:
        state = optimizer.init(params)
        result = new_state(learner, state, 0.25)
        expected = state._replace(hyperparams={**state.hyperparams, "learning_rate": jnp.float32(0.25)})
        same = bool(jax.tree.structure(result.value) == jax.tree.structure(expected))  # type: ignore[operator]
        result.require(same, "has other parts", expected="the parts of the old state", got="others")
        for (path, wanted), found in zip(
            jax.tree_util.tree_leaves_with_path(expected), jax.tree.leaves(result.value), strict=True
        ):
            Called(result.text + jax.tree_util.keystr(path), found).equals(np.asarray(wanted))


@check(
    "set_learning_rate",
    "deeper",
    hint="Two states live side by side: each has the learning rate that it was given.",
)
def test_set_learning_rate_keeps_states_apart(learner: Learner) -> None:
    state = injected_state()
    results = [(value, new_state(learner, state, value)) for value in (0.5, 0.25, jnp.float32(1e-6))]
    for value, result in [(0.1, Called("The old state", state)), *results]:
        rate = Called(
            f"{result.text}.hyperparams['learning_rate'], later,", result.value.hyperparams["learning_rate"]
        )
        rate.equals(np.float32(value))
