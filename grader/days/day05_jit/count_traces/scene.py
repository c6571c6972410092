"""Two calls each: the second is like the first, or differs in one thing. Which of them makes jit trace again?

Each bar stands for a pair of calls. Who counts calls, or compiles anew each time, has bars of two throughout; who knows by
shape and dtype alone has a bar of one where a Python number takes the place of an array, or a list that of a tuple.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart

ONES = np.ones(3, np.float32)
PAIRS = (
    (ONES, 2 * ONES),
    (ONES, np.ones(4, np.float32)),
    (ONES, np.ones(3, np.int32)),
    (1.5, 2.5),
    (np.float32(1), 1.0),
    (1, 1.0),
    ((ONES, ONES), [ONES, ONES]),
    ({"a": ONES}, {"b": ONES}),
)
ACROSS = (
    "second call: 1 other values, 2 other shape, 3 other dtype, 4 another Python number, 5 a Python number for an array, "
    "6 a float for an int, 7 a list for a tuple, 8 another key"
)


def draw(count_traces: Any) -> list[Any]:
    """Eight pairs of calls."""
    counts = [_count(count_traces, first, second) for first, second in PAIRS]
    return [
        chart(
            "traces over two calls",
            bars(range(1, len(PAIRS) + 1), counts),
            across=ACROSS,
            up="traces",
        )
    ]


def _count(count_traces: Any, first: Any, second: Any) -> Any:
    """How many traces; NaN for a kind of argument that a wrong answer does not take."""
    try:
        return float(count_traces(_nothing, [(first,), (second,)]))
    except Exception:
        return np.nan


def _nothing(x: Any) -> Any:
    return jnp.float32(0)


SCENE = Scene(
    "The traces of a function that is called twice: the second time with the same kind of argument, or with one that differs.",
    draw,
    shows=[
        "counts_calls",
        "jit_anew",
        "no_jit",
        "distinct_shapes",
        "makes_arrays",
        "by_shape_and_dtype",
        "by_leaves_alone",
    ],
)
