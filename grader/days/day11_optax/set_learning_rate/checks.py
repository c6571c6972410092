"""Checks of set_learning_rate."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day11_optax.shared import Tree
from grader.toolkit import Called, Kind, Learner, Numbers, Shown, check, compiles_once, told_by


def sgd(learning_rate: Any, momentum: Any, momentum_rate: Any, initial_learning_rate: Any) -> Any:
    """SGD with more hyperparameters than it needs: two more are called a rate."""
    return optax.sgd(learning_rate, momentum=momentum)


INJECTED = optax.inject_hyperparams(sgd)(
    learning_rate=0.1, momentum=0.9, momentum_rate=0.25, initial_learning_rate=0.125
)
PARAMS = {"w": np.array([1.0, 2.0, 3.0], np.float32)}


def injected_state(dtype: Any = jnp.float32) -> Any:
    return INJECTED.init({"w": jnp.asarray(PARAMS["w"], dtype)})


def new_state(learner: Learner, state: Any, value: Any) -> Called:
    """The state that the exercise returns, with its dict of hyperparameters in place. Raises WrongAnswer."""
    result = learner.set_learning_rate(Shown("state", state), value)
    found = result.value
    rate = found.hyperparams.get("learning_rate") if hasattr(found, "hyperparams") else None
    result.require(
        type(found) is type(state) and rate is not None,
        "returned the wrong kind of thing",
        expected="a state like the one that was given",
        got=type(found).__name__,
        hint="A named tuple makes a changed copy of itself: state._replace(field=...).",
        kind=Kind.THING,
    )
    return result


@check(
    "set_learning_rate",
    "correct",
    hint="state.hyperparams is a dict: make a new one, with another learning_rate, and put it in by state._replace.",
)
def test_set_learning_rate_by_hand(learner: Learner) -> None:
    result = new_state(learner, injected_state(), 0.5)
    rate = result.value.hyperparams["learning_rate"]
    old = (
        "This is the old number. Does the state that comes back hold the new dict? _replace changes nothing: it returns a new"
        " state, and that one is to be returned."
    )
    hint = (
        told_by(rate, {old: 0.1})
        if isinstance(rate, jax.Array)
        else "It was an array, and is to be one: jnp.asarray(value, dtype)."
    )
    Called(f"{result.text}.hyperparams['learning_rate']", rate).close_to(0.5, hint=hint)


@check(
    "set_learning_rate",
    "correct",
    hint="Replace the one array, and hand everything else on: {**old, key: new}.",
)
def test_set_learning_rate_keeps_the_rest(learner: Learner) -> None:
    # Momentum and count are no zeros after this.
    _, state = INJECTED.update({"w": jnp.ones(3)}, injected_state(), None)
    result = new_state(learner, state, 0.5)
    found, wanted = (
        {jax.tree_util.keystr(p): leaf for p, leaf in jax.tree_util.tree_leaves_with_path(s)}
        for s in (result.value, state)
    )
    result.require(
        found.keys() == wanted.keys(), "has other parts", expected=", ".join(wanted), got=", ".join(found)
    )
    for path in wanted:
        if not path.endswith("hyperparams['learning_rate']"):
            Called(result.text + path, found[path]).equals(np.asarray(wanted[path]))


@check(
    "set_learning_rate",
    "correct",
    hint="The old dtype stays, and an int is a fine learning rate: jnp.asarray(value, old.dtype).",
)
def test_set_learning_rate_keeps_the_dtype(learner: Learner) -> None:
    for dtype, value in ((jnp.float32, 2), (jnp.float16, 0.5)):
        state = injected_state(dtype)
        result = new_state(learner, state, value)
        rate = result.value.hyperparams["learning_rate"]
        Called(f"{result.text}.hyperparams['learning_rate']", rate).equals(np.asarray(value, dtype))
    result = new_state(learner, injected_state(jnp.float16), jnp.float32(0.5))
    rate = Called(f"{result.text}.hyperparams['learning_rate']", result.value.hyperparams["learning_rate"])
    wider = "A float32 value, beside a float16 in a formula, wins. Convert it: jnp.asarray(value, old.dtype)."
    rate.equals(np.asarray(0.5, np.float16), hint=wider)


@check(
    "set_learning_rate",
    "correct",
    hint="The old learning rate has no part in the new one: inf · 0 and inf - inf are NaN, and 1e10 + 0.5 is 1e10. Take the value"
    " as it is.",
)
def test_set_learning_rate_forgets_the_old_one(learner: Learner) -> None:
    state = injected_state()
    for old in (np.inf, np.nan, 1e10):
        before = state._replace(hyperparams={**state.hyperparams, "learning_rate": jnp.float32(old)})
        result = new_state(learner, before, 0.3)
        rate = result.value.hyperparams["learning_rate"]
        text = f"{result.text}.hyperparams['learning_rate'], where it was {old:g},"
        Called(text, rate).equals(np.float32(0.3))


@check("set_learning_rate", "jit", hint="The value may be traced: jnp.asarray takes it, float() does not.")
def test_set_learning_rate_compiles_once(learner: Learner, numbers: Numbers) -> None:
    state = injected_state()
    calls = [(Shown("state", state), numbers.uniform(0.1, 0.9)) for _ in range(2)]
    results = compiles_once(learner.set_learning_rate.jit(), calls)
    for (_, value), result in zip(calls, results, strict=True):
        rate = result.value.hyperparams["learning_rate"]
        Called(f"{result.text}.hyperparams['learning_rate']", rate).equals(np.asarray(value))


@check(
    "set_learning_rate",
    "jit",
    hint="JAX tells a Python number, and an array made of one without a dtype, from float32: such a state is another "
    "type. Say the dtype: jnp.asarray(value, old.dtype).",
)
def test_set_learning_rate_needs_no_new_trace(learner: Learner) -> None:
    traces = 0

    @jax.jit
    def step(state: Any, gradient: Tree) -> Any:
        nonlocal traces
        traces += 1
        return INJECTED.update(gradient, state, None)

    state, gradient = injected_state(), {"w": jnp.ones(3)}
    _, state = step(state, gradient)
    before = traces
    result = new_state(learner, state, 0.5)
    updates, _ = learner.set_learning_rate.using(
        "a compiled step with the new state", step, result.value, gradient
    ).value
    rate = result.value.hyperparams["learning_rate"]
    weak = "f32[] of a Python number" if getattr(rate, "weak_type", True) else "another type than before"
    result.require(
        traces == before,
        "makes a state that a compiled step is traced for again",
        expected="no new trace",
        got=f"a new trace: learning_rate is {weak}",
    )
    # The momentum after two gradients of ones is 1 + 0.9.
    Called("updates of a step with the new learning rate", updates).close_to({"w": np.full(3, -0.5 * 1.9)})
