"""Checks of create_train_state."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day14_flax_cnn.shared import (
    ADAM,
    BARE,
    DROPPING,
    KEY_HINT,
    NORMALIZED,
    STATISTICS,
    flat,
    must_be_state,
    small_images,
    small_oracle,
)
from grader.toolkit import (
    Called,
    Kind,
    Learner,
    Numbers,
    check,
    compiled_if_possible,
    compiles_once,
    own_hint,
    raised,
)

SAMPLE = np.zeros((1, 2, 2, 1), np.float32)


def created(learner: Learner, key: Any, model: Any = DROPPING) -> tuple[Called, Any]:
    """The call and the state. Raises WrongAnswer."""
    called = compiled_if_possible(
        learner.create_train_state, key, model, SAMPLE, ADAM, static=("model", "optimizer")
    )
    word = f"create_train_state(key, {type(model).__name__}(...), f32[1,2,2,1], adam)"
    called = Called(word, called.value)
    return called, must_be_state(called, called.value)


@check(
    "create_train_state",
    "correct",
    hint='model.init gives a dict of collections: the parameters are variables["params"], without the rest.',
)
def test_create_train_state_draws_parameters(learner: Learner, numbers: Numbers) -> None:
    (called, first), (_, second) = (created(learner, numbers.key()) for _ in range(2))
    shapes = {"BatchNorm_0": {"scale": (4,), "bias": (4,)}, "Dense_0": {"kernel": (4, 3), "bias": (3,)}}
    found = flat(first.params) if isinstance(first.params, Mapping) else {}
    wanted = flat(shapes)
    called.require(
        {path: jnp.shape(leaf) for path, leaf in found.items()} == wanted,
        "has other parameters",
        expected="\n".join(sorted("/".join(path) for path in wanted)),
        got="\n".join(sorted("/".join(map(str, path)) for path in found)) or type(first.params).__name__,
    )
    kernels = [np.asarray(state.params["Dense_0"]["kernel"]) for state in (first, second)]
    called.require(
        not np.array_equal(kernels[0], kernels[1]),
        "starts from the same parameters for two keys",
        expected="other parameters for another key",
        got="equal ones",
        hint=KEY_HINT,
    )


@check(
    "create_train_state",
    "correct",
    hint='The statistics are variables["batch_stats"], as `init` leaves them: mean 0, var 1.',
)
def test_create_train_state_has_batch_statistics(learner: Learner, numbers: Numbers) -> None:
    called, state = created(learner, numbers.key())
    expected = {"BatchNorm_0": {"mean": np.zeros(4), "var": np.ones(4)}}
    Called(f"{called.text}.batch_stats", state.batch_stats).equals(expected)


@check(
    "create_train_state",
    "correct",
    hint='A model without BatchNorm has no such collection: variables.get("batch_stats", {}).',
)
def test_create_train_state_takes_a_model_without_statistics(learner: Learner, numbers: Numbers) -> None:
    with own_hint(raised("KeyError")):
        called, state = created(learner, numbers.key(), BARE)
    called.require(
        isinstance(state.batch_stats, Mapping) and not state.batch_stats,
        "has the wrong batch_stats",
        expected="{}",
        got=repr(state.batch_stats)[:60],
    )


@check(
    "create_train_state",
    "correct",
    hint="opt_state is what optimizer.init(params) gives, for the parameters alone. tx is the optimiser itself, and apply_fn "
    "is model.apply.",
)
def test_create_train_state_is_ready_to_train(learner: Learner, numbers: Numbers) -> None:
    called, state = created(learner, numbers.key())
    expected = ADAM.init(state.params)
    called.require(
        operator.eq(jax.tree.structure(state.opt_state), jax.tree.structure(expected)),
        "has another opt_state",
        expected="that of adam for params",
        got=str(jax.tree.structure(state.opt_state))[:100],
    )

    @jax.jit
    def use(state: Any, images: Any) -> Any:
        logits = state.apply_fn({"params": state.params, STATISTICS: state.batch_stats}, images, train=False)
        ones = jax.tree.map(jnp.ones_like, state.params)
        updates, _ = state.tx.update(ones, state.opt_state, state.params)
        return logits, updates["Dense_0"]["bias"]

    images, labels = small_images(numbers)
    text = "state.apply_fn(variables, images, train=False)"
    logits, moved = learner.create_train_state.using(text, use, state, images).value
    Called(text, logits).close_to(small_oracle(state, images, labels, train=False)["logits"], **NORMALIZED)
    text = "state.tx.update(gradients of ones, state.opt_state, state.params)[0]['Dense_0']['bias']"
    Called(text, moved).close_to(np.full(3, -0.1), rtol=1e-4)  # Adam's first step is the learning rate


@check(
    "create_train_state",
    "jit",
    hint="TrainState.create counts from a Python 0, which JAX tells from an array: state.replace(step=jnp.zeros((), jnp.int32)) "
    "begins with what later steps have.",
)
def test_create_train_state_counts_in_int32(learner: Learner, numbers: Numbers) -> None:
    called, state = created(learner, numbers.key())
    step = state.step
    python = isinstance(step, int) or getattr(step, "weak_type", False)
    called.require(
        not python and getattr(step, "dtype", None) == jnp.int32 and jnp.shape(step) == () and int(step) == 0,
        "starts with another step",
        expected="0 as an int32 array of shape ()",
        got=_described(step),
    )


def _described(value: Any) -> str:
    if isinstance(value, int):
        return f"a Python {value}"
    if getattr(value, "weak_type", False):
        return f"{value} as an array that follows others in its dtype (weakly typed), as a Python number does"
    return f"{value} ({value.dtype}{list(value.shape)})" if isinstance(value, jax.Array) else repr(value)[:60]


@check("create_train_state", "jit", hint="With model and optimizer static all else can be traced, init too.")
def test_create_train_state_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.create_train_state.jit(static_argnames=("model", "optimizer"))
    compiles_once(handle, [(numbers.key(), DROPPING, SAMPLE, ADAM) for _ in range(2)])


class TypedNetwork(nn.Module):
    """A network whose one parameter has the dtype of the images."""

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        return images * self.param("scale", nn.initializers.ones, (), images.dtype)


TYPED = TypedNetwork()


@check(
    "create_train_state",
    "correct",
    hint="Of `sample` the dtype counts, too, and jnp.zeros(sample.shape) is float32 always: give init the sample itself, or "
    "jnp.zeros_like(sample).",
)
def test_create_train_state_keeps_the_dtype(learner: Learner, numbers: Numbers) -> None:
    handle, sample = learner.create_train_state, SAMPLE.astype(np.float16)
    called = compiled_if_possible(handle, numbers.key(), TYPED, sample, ADAM, static=("model", "optimizer"))
    scale = must_be_state(called, called.value).params["scale"]
    text = "create_train_state(key, TypedNetwork(...), f16[1,2,2,1], adam).params['scale']"
    Called(text, scale).require(
        scale.dtype == jnp.float16,
        "has another dtype",
        expected="float16",
        got=str(scale.dtype),
        kind=Kind.DTYPE,
    )
