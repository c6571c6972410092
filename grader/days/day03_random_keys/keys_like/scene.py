"""Which keys are the same: within a tree, between the trees of two keys, and between two trees whose leaves hold other things.

Whatever way is taken to new keys, the pictures are the same: all keys differ, from the one that was given, from what they
lead to and from those of another key; and what leaves hold changes nothing. A key that is handed out twice, or goes on being
split, is a cell more.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image


def draw(keys_like: Any) -> list[Any]:
    """Keys are compared by their bits."""
    tree = {"a": 0.0, "b": [1, None, {"w": 2, "a": 3}], "c/w": 4, "c": {"w": 6, "b": 5}}
    other = {
        "a": jnp.ones(3),
        "b": [np.zeros((2, 2)), None, {"w": "text", "a": 7.5}],
        "c/w": -1,
        "c": {"w": jnp.zeros((4, 4)), "b": 5},
    }

    def bits(keys: list[Any]) -> Any:
        return np.stack([np.asarray(jax.random.key_data(key)).ravel() for key in keys])

    def same(one: Any, another: Any) -> Any:
        return (one[:, None] == another[None]).all(axis=-1)

    key = jax.random.key(7)
    leaves = jax.tree.leaves(keys_like(key, tree))
    own = bits(leaves)
    after = bits([child for leaf in leaves for child in jax.random.split(leaf)])
    next_door = bits(jax.tree.leaves(keys_like(jax.random.key(8), tree)))
    changed = bits(jax.tree.leaves(keys_like(key, other)))
    labels: dict[str, Any] = {"scale": "labels", "high": 1}
    return [
        image("keys of a tree, by each other", same(own, own), **labels),
        image(
            "by the key that was given, and by what they split into",
            same(own, np.concatenate([bits([key]), after])),
            **labels,
        ),
        image("by those of key 8", same(own, next_door), **labels),
        image("by those for other leaves", same(own, changed), **labels),
    ]


SCENE = Scene(
    "Which keys of a tree with seven leaves are the same: each as itself and as the one for other leaves in its place, and no "
    "other.",
    draw,
    shows=[
        "same_key_everywhere",
        "splits_anew_at_each_leaf",
        "hands_out_the_parent",
        "a_key_for_none",
        "hands_out_keys_it_goes_on_splitting",
        "numbers_as_seeds",
        "counts_seeds_upwards",
        "folds_in_the_size_of_the_leaf",
        "by_the_last_name",
        "joined_paths",
    ],
)
