"""Deeper checks of mandelbrot."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day05_jit.mandelbrot.checks import clear_points, counts_by_hand, escape_oracle, grid_by_hand
from grader.toolkit import Learner, Numbers, check


@check(
    "mandelbrot",
    "deeper",
    hint="Is it off by 2^8 or 2^16? Then the counter is too narrow: count in int32. Off by one? The first iterate is z = c.",
)
def test_mandelbrot_goes_on_and_on(learner: Learner) -> None:
    for n in (1, 255, 256, 2**16 + 5):
        learner.mandelbrot.jit(static_argnums=1)(grid_by_hand(), n).equals(
            np.minimum(counts_by_hand(max(n, 2)), n).tolist()
        )


@check("mandelbrot", "deeper", hint="Each point is counted by itself, until its z has left the circle.")
def test_mandelbrot_agrees_far_and_near(learner: Learner, numbers: Numbers) -> None:
    for n in (12, 60):
        c = clear_points(numbers, (11, 13), n)
        learner.mandelbrot.jit(static_argnums=1)(c, n).equals(escape_oracle(c, n))
    far = jnp.asarray(np.array([[1e3, -1e10j, 1e30], [3.0, -2.5 + 1e-3j, 2.25j]], np.complex64))
    learner.mandelbrot(far, 12).equals(np.zeros((2, 3), np.int64))


@check(
    "mandelbrot",
    "deeper",
    hint="A point may stay for a hundred iterations and then leave: nothing tells that before.",
)
def test_mandelbrot_waits_for_slow_points(learner: Learner) -> None:
    slow = jnp.array([[0.2505 + 0j, 0.251 + 0j]], jnp.complex64)
    result = learner.mandelbrot.jit(static_argnums=1)(slow, 1000)
    expected = escape_oracle(slow, 1000)
    # Near the edge a rounding may count one more or less.
    near = bool((np.abs(np.asarray(result.value) - expected) <= 3).all())
    result.require(
        near, "is wrong", expected=f"about {expected.tolist()}", got=f"{np.asarray(result.value).tolist()}"
    )
