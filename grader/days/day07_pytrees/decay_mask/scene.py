"""A table of a tree: the parts of a model are its rows, the leaves of each part its columns, with True or False in each cell.

Names that hold an exempt one as a part of theirs, begin with it or follow a slash are there to be mixed up; a whole row is
exempt by the name of the part. One column has vectors and one whole numbers, for those who ask the leaf instead of its path.
The last row is a named tuple with the same fields.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import jax
import numpy as np

from grader.scenes import Scene, image

PARTS = "dense", "block", "unbiased", "enc/b", "b", "head", "scale"
LEAVES = "w", "table", "gamma", "b", "bias", "scale", "upscale", "base"
Named = namedtuple("Named", LEAVES)  # type: ignore[misc]


def draw(decay_mask: Any) -> list[Any]:
    """Seven dicts of eight leaves, a named tuple of eight, and what comes out."""
    shapes: dict[str, Any] = dict.fromkeys(LEAVES, jax.ShapeDtypeStruct((4, 4), np.float32))
    shapes |= {
        "table": jax.ShapeDtypeStruct((4, 4), np.int32),
        "gamma": jax.ShapeDtypeStruct((4,), np.float32),
    }
    params: dict[str, Any] = {part: dict(shapes) for part in PARTS}
    params["tuple"] = Named(**shapes)
    mask = decay_mask(params)
    rows = [[mask[part][leaf] for leaf in LEAVES] for part in PARTS]
    rows.append([getattr(mask["tuple"], leaf) for leaf in LEAVES])
    return [image("parts (down), leaves (across): 1 is True", np.asarray(rows), scale="labels", high=1)]


SCENE = Scene(
    f"What weight decay applies to. The parts, from the top: {', '.join(PARTS)}, a named tuple. "
    f"The leaves, from the left: {', '.join(LEAVES)}; gamma is a vector, table holds whole numbers.",
    draw,
    shows=[
        "inverted",
        "substrings",
        "last_key",
        "first_letter",
        "by_shape",
        "no_fields",
        "asks_the_leaf",
        "splits_the_path",
    ],
)
