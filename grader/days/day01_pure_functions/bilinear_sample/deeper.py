"""The deeper look at bilinear_sample."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day01_pure_functions.bilinear_sample.checks import bilinear_oracle
from grader.toolkit import Draw, Learner, Numbers, check


@check(
    "bilinear_sample",
    "deeper",
    hint="Clamp rows to [0, h - 1] and columns to [0, w - 1] first; at the last row or column there is no next one to read.",
)
def test_bilinear_sample_in_many_cases(learner: Learner, draw: Draw) -> None:
    h, w = draw.one_of((2, 3), (1, 1), (3, 1), (1, 4), (5, 3))
    image = draw.floats((h, w), low=-100, high=100)
    sides = np.array([h, w])
    # Inside, on the last pixel and outside, in about equal parts; whole numbers and far outside among them.
    shares = np.asarray(draw.floats((3, 2), low=-0.5, high=1.5), np.float64)
    coordinates = shares * sides
    how = draw.one_of("any", "whole", "nearly whole", "far")
    if "whole" in how:
        coordinates = np.round(coordinates) + (
            draw.one_of(0.003, 1e-5) * shares if how == "nearly whole" else 0
        )
    elif how == "far":
        coordinates = 1e5 * coordinates
    points = jnp.asarray(coordinates, jnp.float32)
    # A coordinate of 5 is rounded by 2e-7, and a weight with it; pixels have the size 100.
    learner.bilinear_sample.jit()(image, points).close_to(bilinear_oracle(image, points), atol=2e-4)


@check("bilinear_sample", "deeper", hint="Coordinates are clamped to the image alone, however wide it is.")
def test_bilinear_sample_reads_all_of_a_wide_image(learner: Learner, numbers: Numbers) -> None:
    image = numbers.normal((2, 90))
    points = jnp.array([[0.5, 70.25], [1.0, 88.5], [0.25, 51.75]])
    learner.bilinear_sample(image, points).close_to(bilinear_oracle(image, points), atol=1e-5)


@check("bilinear_sample", "deeper", hint="A small weight counts, too: nothing is rounded to a pixel.")
def test_bilinear_sample_takes_small_weights_as_they_are(learner: Learner) -> None:
    image, points = jnp.array([[0.0, 1e9], [0.0, 1e9]]), jnp.array([[0.0, 9e-6], [1.0, 7e-6]])
    # Beside 1, float32 keeps of such a weight one digit in a hundred.
    learner.bilinear_sample(image, points).close_to(bilinear_oracle(image, points), rtol=0.03)
