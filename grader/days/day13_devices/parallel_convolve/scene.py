"""Two more signals than devices, each with a step at another place and of another height, convolved with a crooked kernel.

The answer to a step is the kernel, summed: turned round it leans to the other side. Signals out of order, dropped or added
can be told by where the steps are.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line, quick

LENGTH = 36


def draw(parallel_convolve: Any) -> list[Any]:
    """All signals and results as rows, and one of them as a curve."""
    m = jax.device_count() + 2
    place = np.linspace(8, LENGTH - 8, m).astype(int)
    signals = (np.arange(LENGTH) >= place[:, None]) * np.linspace(0.5, 1.5, m)[:, None].astype(np.float32)
    kernel = np.array([2, 1, 0.5, 0, 0, -1.5, -1], np.float32)
    found = np.asarray(quick(parallel_convolve)(jnp.asarray(signals, jnp.float32), kernel))
    return [
        image("the signals, one in each row", signals, scale="signed", given=True),
        image("the results", found, scale="signed"),
        chart(
            "the last result",
            line(range(found.shape[-1]), found[m - 1], "result"),
            across="place",
            up="value",
        ),
    ]


SCENE = Scene(
    "Two more signals than there are devices, each with a step at another place: what a kernel that answers at once and "
    "turns its sign later makes of them.",
    draw,
    shows=["same", "correlates", "out_of_order", "drops", "keeps_the_padding"],
)
