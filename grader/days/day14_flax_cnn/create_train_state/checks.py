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
    MANY,
    NORMALIZED,
    STATISTICS,
    flat,
    must_be_state,
    small_images,
    small_oracle,
    two_kernels,
)
from grader.toolkit import (
    Array,
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


def plain_kernel_of(angle: float, shape: tuple[int, ...] = (4, 12)) -> Array:
    """What plain_kernel draws for a key of that angle."""
    one, other = two_kernels(shape)
    kernel: Array = np.cos(angle) * one + np.sin(angle) * other
    return kernel


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
    shapes = {"BatchNorm_0": {"scale": (4,), "bias": (4,)}, "Dense_0": {"kernel": (4, MANY), "bias": (MANY,)}}
    found = flat(first.params) if isinstance(first.params, Mapping) else {}
    wanted = flat(shapes)
    called.require(
        {path: jnp.shape(leaf) for path, leaf in found.items()} == wanted,
        "has other parameters",
        expected="\n".join(sorted("/".join(path) for path in wanted)),
        got="\n".join(sorted("/".join(map(str, path)) for path in found)) or type(first.params).__name__,
    )
    as_drawn(called, first.params)
    kernels = [np.asarray(state.params["Dense_0"]["kernel"]) for state in (first, second)]
    called.require(
        not np.array_equal(kernels[0], kernels[1]),
        "starts from the same parameters for two keys",
        expected="other parameters for another key",
        got="equal ones",
        hint=KEY_HINT,
    )


def as_drawn(called: Called, params: Any) -> None:
    """The parameters are what `init` has drawn, by whatever key, and nothing has been done to them. Raises WrongAnswer."""
    norm, dense = params["BatchNorm_0"], params["Dense_0"]
    for part, value in ((norm["scale"], 1.0), (norm["bias"], 0.0), (dense["bias"], 0.0)):
        called.require(
            np.all(np.asarray(part) == value),
            "has other parameters",
            expected="scale of ones and bias of zeros, as `init` makes them",
            got=part,
            hint="What model.init draws goes into the state as it is.",
        )
    # plain_kernel is cos t and sin t times two fixed matrices, where t comes from the key.
    fixed = [plain_kernel_of(angle).ravel() for angle in (0.0, np.pi / 2)]
    drawn = np.asarray(dense["kernel"], np.float64).ravel()
    (cosine, sine), *_ = np.linalg.lstsq(np.stack(fixed, axis=1), drawn, rcond=None)
    left = np.abs(cosine * fixed[0] + sine * fixed[1] - drawn).max()
    called.require(
        left < 1e-5 and abs(np.hypot(cosine, sine) - 1) < 1e-5,
        "has other parameters",
        expected="a kernel as `init` draws it",
        got=f"one that is {np.hypot(cosine, sine):.5g} times what some key draws"
        if left < 1e-5
        else "another kernel",
        hint="What model.init draws goes into the state as it is.",
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
    Called(text, moved).close_to(np.full(MANY, -0.1), rtol=1e-4)  # Adam's first step is the learning rate


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
    """A network whose one parameter has the shape and the dtype of the images."""

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        return images * self.param("scale", nn.initializers.ones, images.shape, images.dtype)


TYPED = TypedNetwork()


@check(
    "create_train_state",
    "correct",
    hint="Of `sample` shape and dtype count, all of both, and jnp.zeros(sample.shape) is float32 always: give init the sample "
    "itself, or jnp.zeros_like(sample).",
)
def test_create_train_state_keeps_the_dtype(learner: Learner, numbers: Numbers) -> None:
    handle, sample = learner.create_train_state, np.zeros((3, 2, 5), np.float16)
    called = compiled_if_possible(handle, numbers.key(), TYPED, sample, ADAM, static=("model", "optimizer"))
    params = must_be_state(called, called.value).params
    text = "create_train_state(key, TypedNetwork(...), f16[3,2,5], adam).params"
    Called(text, params).require(
        isinstance(params, Mapping) and "scale" in params,
        "has other parameters",
        expected="a parameter `scale`",
        got=params,
    )
    scale, text = params["scale"], f"{text}['scale']"
    Called(text, scale).require(
        scale.shape == sample.shape,
        "has another shape",
        expected=f"{sample.shape}, that of `sample`",
        got=f"{scale.shape}",
        hint="The model is shown `sample` as it is: no axis is added, and no row left out.",
        kind=Kind.SHAPE,
    )
    Called(text, scale).require(
        scale.dtype == jnp.float16,
        "has another dtype",
        expected="float16",
        got=str(scale.dtype),
        kind=Kind.DTYPE,
    )
