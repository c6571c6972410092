"""The deeper look at create_train_state."""

from __future__ import annotations

import operator

import jax
import numpy as np

from grader.days.day14_flax_cnn.create_train_state.checks import SAMPLE
from grader.days.day14_flax_cnn.shared import ADAM, BARE, NOTING, PLAIN, SGD, STATISTICS, must_be_state
from grader.toolkit import Called, Learner, Numbers, check, compiled_if_possible


@check(
    "create_train_state",
    "deeper",
    hint="The model and the optimiser that are given, each time: nothing is kept from a call before.",
)
def test_create_train_state_takes_any_model_and_optimizer(learner: Learner, numbers: Numbers) -> None:
    handle = learner.create_train_state
    for model, optimizer, name in ((PLAIN, SGD, "sgd"), (NOTING, ADAM, "adam"), (BARE, SGD, "sgd")):
        called = compiled_if_possible(
            handle, numbers.key(), model, SAMPLE, optimizer, static=("model", "optimizer")
        )
        text = f"create_train_state(key, {type(model).__name__}(...), f32[1,2,2,1], {name})"
        state = must_be_state(Called(text, called.value), called.value)
        shapes = jax.eval_shape(
            lambda key, model=model: model.init(key, SAMPLE, train=False), jax.random.key(0)
        )
        for part, wanted in (("params", shapes["params"]), ("batch_stats", shapes.get(STATISTICS, {}))):
            found = getattr(state, part)
            Called(f"{text}.{part}", found).require(
                operator.eq(jax.tree.structure(found), jax.tree.structure(wanted)),
                "has another structure",
                expected=str(jax.tree.structure(wanted)),
                got=str(jax.tree.structure(found)),
            )
        expected = optimizer.init(state.params)
        same = operator.eq(jax.tree.structure(state.opt_state), jax.tree.structure(expected))
        same = same and all(
            np.array_equal(one, other)
            for one, other in zip(jax.tree.leaves(state.opt_state), jax.tree.leaves(expected), strict=True)
        )
        Called(f"{text}.opt_state", state.opt_state).require(
            same, "is another", expected=f"what {name} starts with, for params", got=state.opt_state
        )
