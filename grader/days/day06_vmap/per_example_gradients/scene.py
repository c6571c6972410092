"""The gradient of each of twelve examples: a row each, so that it can be seen whose is whose.

Each example sees three of eight features, so that its row has a pattern of its own. A mean in the place of the rows is a
single row, or the same one everywhere; a share of the mean is too faint. An example that holds a NaN comes alone,
and its gradient must say so.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image, quick

EXAMPLES, FEATURES, CLASSES = 12, 8, 4


def _loss(params: Any, x: Any, y: Any) -> Any:
    weights, bias = params
    return -jax.nn.log_softmax(x @ weights + bias)[y]


def draw(per_example_gradients: Any) -> list[Any]:
    """Four classes, which the examples have in turn."""
    x = np.zeros((EXAMPLES, FEATURES), np.float32)
    for example in range(EXAMPLES):
        x[example, [example % FEATURES, (example + 1) % FEATURES, (example + 4) % FEATURES]] = 1, 0.5, -1
    params = jnp.zeros((FEATURES, CLASSES)), jnp.zeros(CLASSES)
    y = jnp.arange(EXAMPLES) % CLASSES
    gradients = quick(per_example_gradients, static="loss")
    each = gradients(_loss, params, jnp.asarray(x), y)
    x[0, 1] = np.nan
    broken = gradients(_loss, params, jnp.asarray(x[:1]), y[:1])
    weights, bias = (np.asarray(leaf) for leaf in each)
    one_class = weights[..., 0] if weights.ndim == 3 else weights.T[0]
    return [
        image("examples (down), weights of one class (across)", one_class, scale="signed"),
        image("examples (down), biases (across)", bias, scale="signed"),
        image("a broken example alone: biases", broken[1], scale="signed", low=-1, high=1),
    ]


SCENE = Scene(
    "The gradient of each of twelve examples in a row of its own, which have four classes in turn. Then one that holds a NaN.",
    draw,
    shows=["of_the_mean", "averaged", "share_of_the_mean", "nan_to_num"],
)
