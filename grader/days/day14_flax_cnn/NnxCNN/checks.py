"""Checks of NnxCNN."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from flax import nnx
from jax.extend.core import Var as Variable

from grader.days.day14_flax_cnn.shared import (
    CALLS,
    CLASSES,
    FEATURES,
    IMAGE,
    LOGITS,
    NORMALIZED,
    Leaves,
    Network,
    cnn_oracle,
    constants,
    drawn,
    flat,
    has_layers,
    masks_of,
    must_differ,
    network_of,
    not_logits,
    softmax_losses,
)
from grader.toolkit import Array, Called, Handle, Learner, Numbers, Pattern, check, hint_when, looks_like


def nnx_call(model_class: Any) -> Callable[..., Any]:
    """The same for NNX, in evaluation."""

    def call(x: Any) -> Any:
        structure, shapes = nnx.split(
            nnx.eval_shape(lambda: model_class(IMAGE, nnx.Rngs(0), FEATURES, CLASSES, 0.0))
        )
        model = nnx.merge(structure, constants(shapes))
        model.eval()
        return model(x)

    return call


NNX_SHAPE = f"{IMAGE}, rngs, {FEATURES}, {CLASSES}"
NNX_SGD = optax.sgd(0.1)


@nnx.jit
def nnx_forward(model: Any, images: Any) -> Any:
    return model(images)


class Steps:
    """How often a step of training was traced."""

    traces = 0


@nnx.jit
def nnx_step(model: Any, optimizer: Any, images: Any, labels: Any) -> Any:
    Steps.traces += 1
    return model.train_step(optimizer, images, labels)


def nnx_flat(model: Any, kind: Any) -> Leaves:
    return {tuple(path): leaf for path, leaf in flat(nnx.to_pure_dict(nnx.state(model, kind))).items()}


def nnx_network(model: Any) -> Network:
    return network_of({**nnx_flat(model, nnx.Param), **nnx_flat(model, nnx.BatchStat)})


@functools.cache
def nnx_parts(handle: Handle, rate: float) -> tuple[str, Any, Any]:
    """The structure of a model, and its arrays as shapes, with its layers in place. Raises WrongAnswer."""
    text = f"NnxCNN({NNX_SHAPE}, {rate:g})"

    def make() -> Any:
        return handle.function(IMAGE, nnx.Rngs(0), FEATURES, CLASSES, rate)

    called = handle.using(text, lambda: nnx.eval_shape(make))
    has_layers(called, nnx_flat(called.value, nnx.Param), nnx_flat(called.value, nnx.BatchStat))
    return text, *nnx.split(called.value)


def nnx_model(handle: Handle, rate: float, numbers: Numbers, *, lively: bool = False) -> tuple[str, Any]:
    """A model of random numbers, in training mode; nothing is compiled to make it."""
    text, structure, shapes = nnx_parts(handle, rate)

    def filled(path: Any, leaf: Any) -> Any:
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.key(0)
        if leaf.dtype == jnp.uint32:
            return jnp.zeros(leaf.shape, leaf.dtype)
        names = [getattr(key, "key", None) for key in path]
        path = tuple(name for name in names if isinstance(name, str))
        return drawn(numbers, path, leaf.shape, lively=lively)

    return text, nnx.merge(structure, jax.tree.map_with_path(filled, shapes))


@check(
    "NnxCNN",
    "correct",
    hint="One nnx.Conv and one nnx.BatchNorm for each number in `features`, in an nnx.List, then one nnx.Linear. Its inputs are "
    "what is left of h and w after the pools, times the last number of features.",
)
def test_NnxCNN_has_these_layers(learner: Learner) -> None:
    nnx_parts(learner.NnxCNN, 0.0)


@check(
    "NnxCNN",
    "correct",
    hint="model.eval() makes nnx.BatchNorm use what it has stored and nnx.Dropout let all pass, if both are NNX's own layers "
    "and no call says otherwise. The order is Conv, BatchNorm, relu, max_pool.",
)
def test_NnxCNN_evaluates(learner: Learner, numbers: Numbers) -> None:
    text, model = nnx_model(learner.NnxCNN, 0.5, numbers)
    images = numbers.normal((3, *IMAGE))
    model.eval()
    called = learner.NnxCNN.using(f"{text} after eval(), on f32[3,9,6,2]", nnx_forward, model, images)
    logits, _, _ = cnn_oracle(nnx_network(model), images, train=False)
    with hint_when(looks_like(Pattern.NEIGHBOUR), LOGITS):
        called.close_to(logits, **NORMALIZED, neighbours=not_logits(logits))


@check(
    "NnxCNN",
    "correct",
    hint="nnx.Dropout(dropout_rate, rngs=rngs) stands once, right before the last layer: of that layer's inputs some are 0 then, "
    "and the others are divided by 1 - dropout_rate.",
)
def test_NnxCNN_drops_before_the_last_layer(learner: Learner, numbers: Numbers) -> None:
    text, model = nnx_model(learner.NnxCNN, 0.5, numbers, lively=True)
    images = numbers.normal((3, *IMAGE))
    network = nnx_network(model)
    _, given, _ = cnn_oracle(network, images, train=True)
    masks = []
    for _ in range(CALLS):
        called = learner.NnxCNN.using(f"{text} in training mode, on f32[3,9,6,2]", nnx_forward, model, images)
        masks.append(masks_of(called, called.value, network, given))
    must_differ(called, masks, given)


@check(
    "NnxCNN",
    "correct",
    hint="Pass the `rngs` that you are given to every layer, to nnx.Dropout too. With nnx.Rngs(0) of your own all "
    "models are one.",
)
def test_NnxCNN_takes_its_randomness_from_rngs(learner: Learner) -> None:
    handle = learner.NnxCNN

    def arrays(key: Any) -> Any:
        model = handle.function(IMAGE, nnx.Rngs(key), FEATURES, CLASSES, 0.5)
        return nnx.to_pure_dict(nnx.split(model)[1])

    text = f"NnxCNN({NNX_SHAPE}, 0.5)"
    traced = handle.using(text, lambda: jax.make_jaxpr(arrays, return_shape=True)(jax.random.key(0))).value
    program, shapes = traced[0].jaxpr, traced[1]
    reached = set(program.invars)
    for equation in program.eqns:
        if any(isinstance(variable, Variable) and variable in reached for variable in equation.invars):
            reached.update(equation.outvars)
    for (path, leaf), variable in zip(jax.tree.leaves_with_path(shapes), program.outvars, strict=True):
        is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        if is_key or getattr(path[-1], "key", None) == "kernel":
            Called(text, None).require(
                isinstance(variable, Variable) and variable in reached,
                "has randomness that is not from rngs",
                expected="other keys and kernels for another rngs",
                got=f"always the same in {jax.tree_util.keystr(path)}",
            )


def nnx_trained(
    learner: Learner, numbers: Numbers, *, largest: float = 0.0
) -> tuple[Called, Any, Network, Array, Array]:
    """A step of training: the call, the model after it, the numbers before it, images and labels.

    `largest` is added to the logit of the first class, and the labels are those of others.
    """
    text, model = nnx_model(learner.NnxCNN, 0.0, numbers)
    if largest:
        parameters = nnx.state(model, nnx.Param)
        nnx.update(model, jax.tree.map(lambda leaf: more_in_the_first(leaf, largest), parameters))
    before = nnx_network(model)
    optimizer = nnx.Optimizer(model, NNX_SGD, wrt=nnx.Param)
    images, labels = numbers.normal((3, *IMAGE)), numbers.integers(1 if largest else 0, CLASSES, 3)
    called = learner.NnxCNN.using(
        f"{text}.train_step(optimizer, f32[3,9,6,2], i32[3])", nnx_step, model, optimizer, images, labels
    )
    return called, model, before, np.asarray(images), np.asarray(labels)


@check(
    "NnxCNN",
    "correct",
    hint="train_step returns the mean cross-entropy, in training mode: nnx.value_and_grad gives it beside the gradient.",
)
def test_NnxCNN_train_step_returns_the_loss(learner: Learner, numbers: Numbers) -> None:
    called, _, before, images, labels = nnx_trained(learner, numbers)
    logits, _, _ = cnn_oracle(before, images, train=True)
    called.close_to(softmax_losses(logits, labels).mean(), **NORMALIZED)


def more_in_the_first(leaf: Any, by: float) -> Any:
    """The biases of the last layer, with that much more in the first place; other parameters as they are."""
    return leaf.at[0].add(by) if leaf.shape == (CLASSES,) else leaf


@check(
    "NnxCNN",
    "correct",
    hint="exp(1e4) is infinite, and the log of a probability that underflowed is -inf: take the log-softmax in one go, as"
    " optax.softmax_cross_entropy_with_integer_labels does, and add nothing to a probability.",
)
def test_NnxCNN_survives_large_logits(learner: Learner, numbers: Numbers) -> None:
    called, model, before, images, labels = nnx_trained(learner, numbers, largest=1e4)
    logits, _, _ = cnn_oracle(before, images, train=True)
    called.close_to(softmax_losses(logits, labels).mean(), rtol=1e-4)
    error = np.eye(CLASSES)[0] - np.eye(CLASSES)[labels]
    text = f"{called.text}: the last layer's bias after it"
    moved = before.head["bias"] - 0.1 * error.mean(axis=0)
    after = nnx_network(model).head["bias"]
    told = Called(text, jnp.float32(after))
    told.require(
        not np.array_equal(after, before.head["bias"]),
        "is what it was before",
        expected="parameters moved by one step of the optimiser",
        got="no change",
        hint="optimizer.update(self, gradients) moves the parameters in place. Is it called, with the gradients of this loss?",
    )
    step = (
        "The loss is right, and the step is not: is the gradient that of the mean loss, and is it used once, by "
        "optimizer.update? Where a probability is clipped, its gradient is 0."
    )
    told.close_to(moved, atol=2e-3, hint=step if np.isfinite(after).all() else None)


@check(
    "NnxCNN",
    "correct",
    hint="nnx.value_and_grad(loss_of)(self) differentiates with respect to all parameters; optimizer.update(self, gradients) "
    "moves them in place.",
)
def test_NnxCNN_train_step_moves_the_parameters(learner: Learner, numbers: Numbers) -> None:
    called, model, before, images, labels = nnx_trained(learner, numbers)
    logits, given, _ = cnn_oracle(before, images, train=True)
    error = np.exp(logits - logits.max(axis=1, keepdims=True))
    error /= error.sum(axis=1, keepdims=True)
    error[np.arange(3), labels] -= 1
    after = nnx_network(model)
    expected = {
        "kernel": before.head["kernel"] - 0.1 * given.T @ error / 3,
        "bias": before.head["bias"] - 0.1 * error.mean(axis=0),
    }
    for name, value in expected.items():
        text = f"{called.text}: the last layer's {name} after it"
        Called(text, jnp.float32(after.head[name])).close_to(value, **NORMALIZED)
    for number in range(len(FEATURES)):
        called.require(
            not np.array_equal(after.convolutions[number]["kernel"], before.convolutions[number]["kernel"]),
            f"leaves the kernel of Conv number {number + 1} as it was",
            expected="all parameters moved",
            got="no change",
        )


@check(
    "NnxCNN",
    "correct",
    hint="Statistics move by a tenth of the way, once a step: momentum=0.9, and one call of the model in train_step. The "
    "default is 0.99.",
)
def test_NnxCNN_train_step_moves_the_statistics(learner: Learner, numbers: Numbers) -> None:
    called, model, before, images, _ = nnx_trained(learner, numbers)
    _, _, expected = cnn_oracle(before, images, train=True)
    for number, (norm, wanted) in enumerate(zip(nnx_network(model).norms, expected, strict=True), start=1):
        for name in ("mean", "var"):
            text = f"{called.text}: {name} of BatchNorm number {number} after it"
            Called(text, jnp.float32(norm[name])).close_to(wanted[name], **NORMALIZED)


def python_values(model: Any) -> dict[str, Any]:
    """The model's own attributes that are plain Python values, and so part of its structure."""
    return {name: value for name, value in vars(model).items() if isinstance(value, bool | int | float | str)}


@check(
    "NnxCNN",
    "jit",
    hint="nnx.jit traces again when the structure of the model changes, and a Python number kept on self is structure, too. Make "
    "all layers in __init__, leave train() and eval() to the caller, and read no value in Python.",
)
def test_NnxCNN_compiles_once(learner: Learner, numbers: Numbers) -> None:
    text, model = nnx_model(learner.NnxCNN, 0.0, numbers)
    optimizer = nnx.Optimizer(model, NNX_SGD, wrt=nnx.Param)
    before, kept = Steps.traces, python_values(model)
    for _ in range(3):
        called = learner.NnxCNN.using(
            f"three times {text}.train_step(optimizer, f32[3,9,6,2], i32[3])",
            nnx_step,
            model,
            optimizer,
            numbers.normal((3, *IMAGE)),
            numbers.integers(0, CLASSES, 3),
        )
    traces = Steps.traces - before
    changed = [f"self.{name}" for name, value in python_values(model).items() if kept.get(name) != value]
    counts = (
        f"{', '.join(changed)} holds a plain Python value, and a step changes it: to nnx.jit that is another structure. Keep it "
        "in an nnx.Variable, or leave it out."
    )
    called.require(
        traces <= 1,
        "is traced again and again",
        expected="one trace",
        got=f"{traces} traces for three steps",
        hint=counts if changed else None,
    )
    learner.NnxCNN.compare_on(text, nnx_call, numbers.normal((3, *IMAGE)))
