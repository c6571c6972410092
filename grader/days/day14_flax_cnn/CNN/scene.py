"""What a network of given weights makes of six small images, in both modes; its statistics afterwards; and what it drops.

The weights are filled in by the shapes of the arrays, whatever the layers are called. How many answers there are to sixteen
copies of one image tells whether anything is dropped, and whether each image is dropped from by itself.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, image

COPIES = 16
FIELDS = (8,), 5  # features and classes


def _images() -> Any:
    """Strokes: down, across, two slanted ones, a box, and nothing but a dot."""
    down, across = np.mgrid[:9, :8]
    strokes = [
        across == 3,
        down == 5,
        down == across,
        down + across == 7,
        (np.maximum(abs(down - 4), abs(across - 4)) == 3),
        (down == 8) & (across == 7),
    ]
    return np.stack(strokes).astype(np.float32)[..., None]


def _filled(shapes: Any) -> Any:
    """Numbers for all arrays, by their names and shapes; variances are positive."""

    def fill(path: Any, leaf: Any) -> Any:
        name = path[-1].key
        generator = np.random.default_rng([7, len(name), *leaf.shape])
        low = 0.5 if name in ("var", "scale") or (name == "bias" and len(leaf.shape) == 1) else -1.0
        return jnp.asarray(generator.uniform(low, 1.5 if low > 0 else 1.0, leaf.shape), jnp.float32)

    return jax.tree_util.tree_map_with_path(fill, shapes)


def draw(CNN: Any) -> list[Any]:  # noqa: N803 - the class is called so
    """Logits, statistics and the count of answers."""
    still, dropping = CNN(*FIELDS, 0.0), CNN(*FIELDS, 0.5)
    images = jnp.asarray(_images())
    shapes = jax.eval_shape(lambda: still.init(jax.random.key(7), images, train=False))
    variables = _filled(shapes)
    copies = jnp.repeat(images[:1], COPIES, axis=0)

    @jax.jit
    def run(variables: Any) -> Any:
        def applied(model: Any, images: Any, seed: Any, train: bool) -> Any:
            key = {"dropout": jax.random.key(seed)}
            return model.apply(variables, images, train=train, rngs=key, mutable=["batch_stats"])

        calm = applied(dropping, jnp.concatenate([images, copies]), 7, False)[0]
        trained, moved = applied(still, images, 7, True)
        many = jax.vmap(lambda seed: applied(dropping, copies, seed, True)[0])(jnp.arange(8, 10))
        return calm[: len(images)], trained, moved, [calm[len(images) :], *many]

    calm, trained, moved, many = run(variables)
    answers = [len(np.unique(np.asarray(one).round(4), axis=0)) for one in (*many, np.concatenate(many[1:]))]
    leaves = jax.tree_util.tree_leaves_with_path(moved)
    sorted_leaves = sorted(leaves, key=lambda pair: (pair[1].shape, pair[0][-1].key))
    statistics = np.concatenate([np.ravel(leaf) for _, leaf in sorted_leaves])
    return [
        image("logits of each image, for evaluation", calm, scale="signed"),
        image("logits of each image, in training without dropout", trained, scale="signed"),
        chart(
            "statistics after that: means and variances",
            bars(range(len(statistics)), statistics, "statistic"),
            across="number",
            up="value",
        ),
        chart(
            "different answers to 16 copies of an image",
            bars(range(1, 5), answers, "answers"),
            across="1 evaluation, 2 and 3 training with two keys, 4 both of these",
            up="answers",
        ),
    ]


SCENE = Scene(
    "Six strokes read by a network of given weights: logits in both modes, the statistics afterwards, and how many different "
    "answers there are to 16 copies of one image at a dropout rate of one half.",
    draw,
    shows=[
        "always_trains",
        "never_trains",
        "drops_in_evaluation",
        "norm_after_relu",
        "probabilities",
        "default_momentum",
        "no_dropout",
        "fixed_key",
        "one_mask",
        "drops_whole_images",
        "ten_classes",
    ],
)
