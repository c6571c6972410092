"""Checks of CNN."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from flax import traverse_util

from grader.days.day14_flax_cnn.shared import (
    CALLS,
    CLASSES,
    FEATURES,
    IMAGE,
    LOGITS,
    NORMALIZED,
    STATISTICS,
    Network,
    cnn_oracle,
    collections_of,
    drawn,
    flat,
    has_layers,
    linen_call,
    masks_of,
    must_differ,
    network_of,
    not_logits,
    with_function,
)
from grader.toolkit import (
    Called,
    Handle,
    Learner,
    Numbers,
    Pattern,
    check,
    compiled_if_possible,
    compiles_once,
    hint_when,
    looks_like,
    own_hint,
    raised,
)


@functools.cache
def cnn(handle: Handle, rate: float) -> tuple[str, Any]:
    text = f"CNN({FEATURES}, {CLASSES}, {rate:g})"
    return text, handle.using(text, handle.function, FEATURES, CLASSES, rate).value


@functools.cache
def cnn_shapes(handle: Handle, rate: float) -> Any:
    """The variables of a CNN as shapes, with its layers in place. Raises WrongAnswer."""
    text, model = cnn(handle, rate)
    images = jnp.zeros((1, *IMAGE))

    def shapes() -> Any:
        return jax.eval_shape(lambda key: model.init(key, images, train=False), jax.random.key(0))

    called = handle.using(f"{text}.init(key, f32[1,9,6,2], train=False)", shapes)
    variables = collections_of(called, {"params", STATISTICS})
    has_layers(called, flat(variables["params"]), flat(variables[STATISTICS]))
    return variables


def cnn_variables(handle: Handle, rate: float, numbers: Numbers, *, lively: bool = False) -> Any:
    """Variables of a CNN, of random numbers."""
    leaves = flat(cnn_shapes(handle, rate))
    values = {path: drawn(numbers, path, leaf.shape, lively=lively) for path, leaf in leaves.items()}
    return traverse_util.unflatten_dict(values)  # type: ignore[no-untyped-call]


def cnn_network(variables: Any) -> Network:
    return network_of({**flat(variables["params"]), **flat(variables[STATISTICS])})


@functools.cache
def cnn_apply(handle: Handle, rate: float, train: bool) -> Handle:
    """A handle on a CNN. In training it gives (logits, statistics)."""
    text, model = cnn(handle, rate)

    def evaluate(variables: Any, images: Any) -> Any:
        return model.apply(variables, images, train=False)

    def training(variables: Any, images: Any, key: Any) -> Any:
        return model.apply(variables, images, train=True, mutable=[STATISTICS], rngs={"dropout": key})

    return with_function(handle, f"{text}.apply with train={train}", training if train else evaluate)


def shortened(called: Called) -> Called:
    """The call without its variables, which nobody wants to read."""
    head, _, rest = called.text.partition("({")
    return Called(f"{head}(variables, f32[3,9,6,2])" if rest else called.text, called.value)


@check(
    "CNN",
    "correct",
    hint="One Conv and one BatchNorm for each number in `features`, then one Dense. Kernels are 3 x 3 with padding SAME; each "
    "pool halves both sides; flattening keeps all numbers of an image.",
)
def test_CNN_has_these_layers(learner: Learner) -> None:
    emptied = (
        'Is nothing left to flatten? With padding "SAME" 9 x 6 is pooled to 4 x 3 and to 2 x 1; without it each convolution cuts '
        "the border off."
    )
    with hint_when(raised("ZeroDivisionError"), emptied):
        cnn_shapes(learner.CNN, 0.0)


@check(
    "CNN",
    "correct",
    hint="Sizes come from the image: 8 x 8 is pooled to 4 x 4 and 2 x 2, 28 x 28 to 14 x 14 and 7 x 7.",
)
def test_CNN_takes_images_of_any_size(learner: Learner) -> None:
    handle = learner.CNN
    model = handle.using("CNN((8, 16))", handle.function, (8, 16)).value
    for side, expected in ((8, 1946), (28, 9146)):
        images = jnp.zeros((2, side, side, 1))

        def shapes(images: Any = images) -> Any:
            return jax.eval_shape(lambda key: model.init(key, images, train=False), jax.random.key(0))

        called = handle.using(f"CNN((8, 16)).init(key, f32[2,{side},{side},1], train=False)", shapes)
        count = sum(leaf.size for leaf in jax.tree.leaves(called.value["params"]))
        called.require(
            count == expected, "has the wrong size", expected=f"{expected} parameters", got=f"{count}"
        )


@check(
    "CNN",
    "correct",
    hint="In evaluation nothing is drawn and BatchNorm uses what it has stored: use_running_average=not train, "
    "deterministic=not train. The order is Conv, BatchNorm, relu, max_pool.",
)
def test_CNN_evaluates(learner: Learner, numbers: Numbers) -> None:
    variables, images = cnn_variables(learner.CNN, 0.5, numbers), numbers.normal((3, *IMAGE))
    with own_hint():
        called = compiled_if_possible(cnn_apply(learner.CNN, 0.5, train=False), variables, images)
    logits, _, _ = cnn_oracle(cnn_network(variables), images, train=False)
    with hint_when(looks_like(Pattern.NEIGHBOUR), LOGITS):
        shortened(called).close_to(logits, **NORMALIZED, neighbours=not_logits(logits))


def trained_once(learner: Learner, numbers: Numbers, rate: float) -> tuple[Called, Any, Any]:
    """A call in training mode, with its variables and images."""
    variables, images = cnn_variables(learner.CNN, rate, numbers), numbers.normal((3, *IMAGE))
    called = compiled_if_possible(cnn_apply(learner.CNN, rate, train=True), variables, images, numbers.key())
    return shortened(called), variables, images


@check(
    "CNN",
    "correct",
    hint="In training BatchNorm uses the mean and variance of the batch: use_running_average is False then.",
)
def test_CNN_uses_the_batch_in_training(learner: Learner, numbers: Numbers) -> None:
    called, variables, images = trained_once(learner, numbers, 0.0)
    logits, _, _ = cnn_oracle(cnn_network(variables), images, train=True)
    Called(called.text, called.value[0]).close_to(logits, **NORMALIZED)


@check(
    "CNN",
    "correct",
    hint="Statistics move by a tenth of the way: momentum=0.9. Flax's own default is 0.99, a hundredth, and a short run "
    "ends before the statistics arrive.",
)
def test_CNN_moves_its_statistics(learner: Learner, numbers: Numbers) -> None:
    called, variables, images = trained_once(learner, numbers, 0.0)
    _, _, after = cnn_oracle(cnn_network(variables), images, train=True)
    found = cnn_network({"params": variables["params"], STATISTICS: called.value[1][STATISTICS]}).norms
    for number, (norm, expected) in enumerate(zip(found, after, strict=True), start=1):
        for name in ("mean", "var"):
            text = f"{called.text}: {name} of BatchNorm number {number}"
            Called(text, jnp.float32(norm[name])).close_to(expected[name], **NORMALIZED)


@check(
    "CNN",
    "correct",
    hint="Dropout(self.dropout_rate, deterministic=not train) stands once, right before the last layer: of that layer's "
    "inputs some are 0 then, and the others are divided by 1 - dropout_rate.",
)
def test_CNN_drops_before_the_last_layer(learner: Learner, numbers: Numbers) -> None:
    handle = learner.CNN
    variables, images = cnn_variables(handle, 0.5, numbers, lively=True), numbers.normal((3, *IMAGE))
    network = cnn_network(variables)
    _, given, _ = cnn_oracle(network, images, train=True)
    masks = []
    for _ in range(CALLS):
        called = shortened(
            compiled_if_possible(cnn_apply(handle, 0.5, train=True), variables, images, numbers.key())
        )
        masks.append(masks_of(called, called.value[0], network, given))
    must_differ(called, masks, given)


@check("CNN", "jit", hint="Images are traced, and `train` is a Python bool: branch on the latter alone.")
def test_CNN_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(cnn_variables(learner.CNN, 0.5, numbers), numbers.normal((3, *IMAGE))) for _ in range(2)]
    for (variables, images), result in zip(
        calls, compiles_once(cnn_apply(learner.CNN, 0.5, train=False).jit(), calls), strict=True
    ):
        logits, _, _ = cnn_oracle(cnn_network(variables), images, train=False)
        shortened(result).close_to(logits, **NORMALIZED)
    forward = linen_call(FEATURES, CLASSES, 0.0, train=False)
    learner.CNN.compare_on(f"CNN({FEATURES}, {CLASSES}).apply", forward, calls[0][1])
