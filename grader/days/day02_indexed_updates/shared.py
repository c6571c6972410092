"""What several exercises of day 2 use in their checks."""

from __future__ import annotations

import jax

from grader.toolkit import Draw

FARTHEST = 2**31 - 1  # the largest int32: an index as far out of range as one can be

# A scalar loop on the host costs about 0.2 ms an element, the scatter 5 to 50 µs for all of them.
GATE = 100.0


def sizes_of(dtype: str) -> tuple[float, float]:
    """The magnitudes that a dtype holds at its full precision, with some room."""
    return (1e-4, 1e4) if dtype == "float16" else (1e-30, 1e30)


def draw_indices(draw: Draw, count: int, size: int) -> jax.Array:
    """Indices into an axis of that size: inside as a rule, or a little outside, or as far outside as can be."""
    farthest = draw.one_of(0, 1, size + 1, FARTHEST - size)
    return draw.integers(count, -farthest, size - 1 + farthest)
