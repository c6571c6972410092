"""The deeper look at CNN."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from grader.days.day14_flax_cnn.CNN.checks import cnn_apply, cnn_network, cnn_variables, shortened
from grader.days.day14_flax_cnn.shared import IMAGE, cnn_oracle
from grader.toolkit import Draw, Learner, Numbers, check, compiled_if_possible


@check("CNN", "deeper", hint="The fields' own values: features (16, 32), 10 classes, a rate of 0.25.")
def test_CNN_has_its_defaults(learner: Learner) -> None:
    handle = learner.CNN
    model = handle.using("CNN()", handle.function).value

    def shapes() -> object:
        variables = jax.eval_shape(
            lambda key: model.init(key, jnp.zeros((1, 28, 28, 1)), train=False), jax.random.key(0)
        )
        return sum(leaf.size for leaf in jax.tree.leaves(variables["params"]))

    called = handle.using("the number of parameters of CNN() for images of 28 x 28", shapes)
    expected = 9 * 16 + 16 + 32 + 9 * 16 * 32 + 32 + 64 + 7 * 7 * 32 * 10 + 10
    called.require(called.value == expected, "is another", expected=f"{expected}", got=f"{called.value}")


@check(
    "CNN",
    "deeper",
    hint="As many layers as there are numbers in `features`, one or three, and images whose sides are odd.",
)
def test_CNN_has_any_number_of_layers(learner: Learner) -> None:
    handle = learner.CNN
    for features, image, inputs in (((5,), (5, 7, 3), 2 * 3 * 5), ((2, 3, 4), (9, 17, 1), 1 * 2 * 4)):
        model = handle.using(f"CNN({features}, 6)", handle.function, features, 6).value

        def shapes(model: object = model, image: tuple[int, ...] = image) -> int:
            variables = jax.eval_shape(
                lambda key: model.init(key, jnp.zeros((2, *image)), train=False),  # type: ignore[attr-defined]
                jax.random.key(0),
            )
            return sum(leaf.size for leaf in jax.tree.leaves(variables["params"]))

        channels = (image[2], *features)
        expected = sum(9 * one * two + 3 * two for one, two in zip(channels, features, strict=False))
        expected += inputs * 6 + 6
        called = handle.using(f"the number of parameters of CNN({features}, 6) for images of {image}", shapes)
        called.require(called.value == expected, "is another", expected=f"{expected}", got=f"{called.value}")


@check(
    "CNN",
    "deeper",
    hint="Conv, BatchNorm, relu, max_pool, in this order, whatever is in the images: no range is assumed.",
)
def test_CNN_in_many_cases(learner: Learner, draw: Draw) -> None:
    numbers = Numbers(draw.integer(0, 2**31 - 1), "CNN")
    images = draw.floats((3, *IMAGE), magnitudes=(1e-3, 1e3))
    variables = cnn_variables(learner.CNN, 0.5, numbers)
    called = compiled_if_possible(cnn_apply(learner.CNN, 0.5, train=False), variables, images)
    logits, _, _ = cnn_oracle(cnn_network(variables), images, train=False)
    scale = max(float(abs(logits).max()), 1.0)
    shortened(called).close_to(logits, rtol=1e-4, atol=1e-5 * scale * 10)
