"""The deeper look at NnxCNN."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from grader.days.day14_flax_cnn.NnxCNN.checks import NNX_SHAPE, nnx_flat, nnx_forward, nnx_model, nnx_network
from grader.days.day14_flax_cnn.shared import IMAGE, cnn_oracle
from grader.toolkit import Draw, Kind, Learner, Numbers, check, own_hint


@check("NnxCNN", "deeper", hint="The arguments' own values: features (16, 32), 10 classes, a rate of 0.25.")
def test_NnxCNN_has_its_defaults(learner: Learner) -> None:
    handle = learner.NnxCNN

    def size() -> int:
        model = nnx.eval_shape(lambda: handle.function((28, 28, 1), nnx.Rngs(0)))
        return sum(leaf.size for leaf in jax.tree.leaves(nnx_flat(model, nnx.Param)))

    called = handle.using("the number of parameters of NnxCNN((28, 28, 1), rngs)", size)
    expected = 9 * 16 + 16 + 32 + 9 * 16 * 32 + 32 + 64 + 7 * 7 * 32 * 10 + 10
    called.require(called.value == expected, "is another", expected=f"{expected}", got=f"{called.value}")


@check(
    "NnxCNN",
    "deeper",
    hint="Conv, BatchNorm, relu, max_pool, in this order, whatever is in the images: no range is assumed.",
)
def test_NnxCNN_in_many_cases(learner: Learner, draw: Draw) -> None:
    numbers = Numbers(draw.integer(0, 2**31 - 1), "NnxCNN")
    images = draw.floats((3, *IMAGE), magnitudes=(1e-3, 1e3))
    _, model = nnx_model(learner.NnxCNN, 0.5, numbers)
    model.eval()
    text = f"NnxCNN({NNX_SHAPE}, 0.5) after eval(), on f32[3,9,6,2]"
    called = learner.NnxCNN.using(text, nnx_forward, model, images)
    logits, _, _ = cnn_oracle(nnx_network(model), images, train=False)
    called.close_to(logits, rtol=1e-4, atol=1e-4 * max(float(abs(logits).max()), 1.0))


@check(
    "NnxCNN",
    "deeper",
    hint="As many layers as there are numbers in `features`, one or three, and images whose sides are odd. All of them are used.",
)
def test_NnxCNN_has_any_number_of_layers(learner: Learner) -> None:
    handle = learner.NnxCNN
    for features, image, inputs in (((5,), (5, 7, 3), 2 * 3 * 5), ((2, 3, 4), (9, 17, 1), 1 * 2 * 4)):

        def made(features: tuple[int, ...] = features, image: tuple[int, ...] = image) -> Any:
            model = handle.function(image, nnx.Rngs(0), features, 6)
            return model, model(jnp.zeros((2, *image)))

        text = f"NnxCNN({image}, rngs, {features}, 6)"
        with own_hint():
            called = handle.using(
                f"{text} on f32[2,{image[0]},{image[1]},{image[2]}]", lambda: nnx.eval_shape(made)
            )
        model, logits = called.value
        shape = getattr(logits, "shape", None)
        called.require(
            shape == (2, 6),
            "has the wrong shape",
            expected="shape (2, 6)",
            got=f"shape {shape}",
            kind=Kind.SHAPE,
        )
        channels = (image[2], *features)
        expected = sum(9 * one * two + 3 * two for one, two in zip(channels, features, strict=False))
        expected += inputs * 6 + 6
        count = sum(leaf.size for leaf in jax.tree.leaves(nnx_flat(model, nnx.Param)))
        called.require(
            count == expected, "has the wrong size", expected=f"{expected} parameters", got=f"{count}"
        )
