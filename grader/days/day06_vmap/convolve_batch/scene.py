"""Four signals and what an echo makes of them: a click, a step, one that is very faint, and one with a gap.

The kernel is loud at first and dies away. Behind the click it is to be seen as it is, and turned round it would come before the
click; what is padded is longer than it should be, and shorter what ends too early. The faint signal is a millionth of the
others, and the missing number of the last one must be noticed in it, and in no other.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, line, quick

LENGTH, TAPS = 48, 7
KERNEL = 0.8 ** np.arange(TAPS) * np.array([1, 0.4, 0.8, 0.3, 0.6, 0.2, 0.4])


def draw(convolve_batch: Any) -> list[Any]:
    """Each signal is a column of what goes in."""
    moments = np.arange(LENGTH)
    signals = np.zeros((LENGTH, 4))
    signals[[8, 30], 0] = 1, -0.6
    signals[:, 1] = np.where(moments < 20, 0.0, 1.0)
    signals[:, 2] = 1e-6 * np.sin(moments / 4)
    signals[:, 3] = np.cos(moments / 3)
    signals[25, 3] = np.nan
    out = quick(convolve_batch)(jnp.asarray(signals, jnp.float32), jnp.asarray(KERNEL, jnp.float32))
    after = [np.asarray(out[:, k]) for k in range(out.shape[1])]
    titles = "two clicks", "a step", "a faint wave"
    return [
        *(
            chart(
                title,
                line(moments, signals[:, k], "signal", given=True),
                line(np.arange(len(after[k])) + TAPS - 1, after[k], "with its echo"),
                across="moment",
                up="loudness",
            )
            for k, title in enumerate(titles)
        ),
        chart(
            "does a NaN come out?",
            bars(range(1, len(after) + 1), [np.isnan(one).any() for one in after]),
            across="signal; the fourth one has a number missing",
            up="1 for yes",
        ),
    ]


SCENE = Scene(
    "Four signals and their echo, which is loud at first and dies away; where the whole echo fits into what was recorded.",
    draw,
    shows=[
        "transposed",
        "rows",
        "same_length",
        "correlates",
        "windows_forwards",
        "one_moment_short",
        "noise_cleared",
        "nan_to_num",
    ],
)
