"""The deeper look at NnxCNN."""

from __future__ import annotations

import jax
from flax import nnx

from grader.days.day14_flax_cnn.NnxCNN.checks import NNX_SHAPE, nnx_flat, nnx_forward, nnx_model, nnx_network
from grader.days.day14_flax_cnn.shared import IMAGE, cnn_oracle
from grader.toolkit import Draw, Learner, Numbers, check


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
