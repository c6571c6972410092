"""Deeper checks of collatz_steps."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Learner, check

LAST = 100_000


def all_counts() -> Array:
    """The steps of 0 .. 100,000 (0 for 0), all at once: as long as any has not come to 1."""
    n, steps = np.arange(LAST + 1), np.zeros(LAST + 1, np.int64)
    going = np.flatnonzero(n > 1)
    while going.size:
        now = n[going]
        n[going] = np.where(now % 2 == 0, now // 2, 3 * now + 1)
        steps[going] += 1
        going = going[n[going] != 1]
    return steps


@check(
    "collatz_steps", "deeper", hint="Every n from 1 to 100,000 comes to 1: none may be cut off on the way."
)
def test_collatz_steps_counts_for_all(learner: Learner) -> None:
    learner.collatz_steps.vmap().jit()(jnp.arange(1, LAST + 1)).equals(all_counts()[1:])
