"""Checks of bilinear_sample."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Learner, Numbers, agrees_once, bans, check, must_beat, wide


def bilinear_oracle(image: Any, coordinates: Any) -> Array:
    image = wide(image)
    last_row, last_column = image.shape[0] - 1, image.shape[1] - 1
    values = []
    for row, column in wide(coordinates):
        r, c = min(max(row, 0.0), last_row), min(max(column, 0.0), last_column)
        top, left = int(r), int(c)
        bottom, right = min(top + 1, last_row), min(left + 1, last_column)
        above = image[top, left] * (left + 1 - c) + image[top, right] * (c - left)
        below = image[bottom, left] * (left + 1 - c) + image[bottom, right] * (c - left)
        values.append(above * (top + 1 - r) + below * (r - top))
    return np.array(values)


def bilinear_loop(image: Any, coordinates: Any) -> Any:
    last_row, last_column = image.shape[0] - 1, image.shape[1] - 1
    values = []
    for i in range(len(coordinates)):
        r = float(jnp.clip(coordinates[i, 0], 0, last_row))
        c = float(jnp.clip(coordinates[i, 1], 0, last_column))
        top, left = int(r), int(c)
        bottom, right = min(top + 1, last_row), min(left + 1, last_column)
        above = image[top, left] * (left + 1 - c) + image[top, right] * (c - left)
        below = image[bottom, left] * (left + 1 - c) + image[bottom, right] * (c - left)
        values.append(float(above * (top + 1 - r) + below * (r - top)))
    return jnp.array(values)


def points_around(numbers: Numbers, n: int, h: int, w: int) -> jax.Array:
    """n points in and around an image: a few in ten lie outside."""
    rows, columns = numbers.uniform(-1.0, h, n), numbers.uniform(-1.0, w, n)
    return jnp.asarray(np.stack([np.asarray(rows), np.asarray(columns)], axis=1))


SQUARE = [[0.0, 1.0], [2.0, 3.0]]


@check(
    "bilinear_sample",
    "correct",
    hint="In the middle of four pixels each has the weight 1/4; on a pixel it alone counts.",
)
def test_bilinear_sample_by_hand(learner: Learner) -> None:
    learner.bilinear_sample(jnp.array(SQUARE), jnp.array([[0.5, 0.5], [1.0, 1.0]])).close_to([1.5, 3.0])


@check(
    "bilinear_sample",
    "correct",
    hint="A coordinate is (row, column), as in image[row, column]. It is not (x, y).",
)
def test_bilinear_sample_reads_rows_before_columns(learner: Learner) -> None:
    learner.bilinear_sample(jnp.array(SQUARE), jnp.array([[1.0, 0.0], [0.0, 1.0]])).close_to([2.0, 1.0])


@check(
    "bilinear_sample",
    "correct",
    hint="A quarter of the way from top to bottom, the top still has the weight 3/4.",
)
def test_bilinear_sample_weighs_the_nearer_pixel_more(learner: Learner) -> None:
    learner.bilinear_sample(jnp.array(SQUARE), jnp.array([[0.25, 0.0], [0.0, 0.25]])).close_to([0.5, 0.25])


@check(
    "bilinear_sample",
    "correct",
    hint="Clamp the coordinates before you take floor and fraction. Index -1 is the last row, and a "
    "fraction taken outside extrapolates.",
)
def test_bilinear_sample_clamps_at_the_border(learner: Learner) -> None:
    image = jnp.array(SQUARE)
    learner.bilinear_sample(image, jnp.array([[-0.25, 0.5], [1.5, 1.0]])).close_to([0.5, 3.0])
    learner.bilinear_sample(image, jnp.array([[-5.0, 1.0], [9.0, -5.0]])).close_to([1.0, 2.0])
    learner.bilinear_sample(image, jnp.array([[-1e6, 1e6], [1e6, 0.5]])).close_to([1.0, 2.5])


@check(
    "bilinear_sample",
    "correct",
    hint="Below the last row there is no other: bottom and right stay at h - 1 and w - 1.",
)
def test_bilinear_sample_reads_an_image_of_one_row(learner: Learner) -> None:
    image = jnp.array([[1.0, 3.0, 7.0]])
    learner.bilinear_sample(image, jnp.array([[0.0, 1.5], [2.0, 2.0]])).close_to([5.0, 7.0])


@check(
    "bilinear_sample", "correct", hint="Height and width differ here: rows end at h - 1, columns at w - 1."
)
def test_bilinear_sample_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    image = numbers.normal((5, 3))
    for _ in range(10):  # two points at a time: the shape that is compiled already
        coordinates = points_around(numbers, 2, 5, 3)
        # A coordinate of 4 is rounded by 2e-7, and so is each weight.
        learner.bilinear_sample(image, coordinates).close_to(bilinear_oracle(image, coordinates), atol=5e-6)


@check(
    "bilinear_sample",
    "correct",
    hint="The library has it; here you write it. image[rows, columns] reads many pixels at once.",
)
def test_bilinear_sample_keeps_to_its_rules(learner: Learner) -> None:
    bans(learner.bilinear_sample, "jax.scipy", on=(jnp.zeros((4, 7)), jnp.ones((5, 2))))


@check(
    "bilinear_sample",
    "jit",
    hint="Index with arrays, jnp.floor(row).astype(int), and keep int() and float() out of it.",
)
def test_bilinear_sample_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((5, 3)), points_around(numbers, 17, 5, 3)) for _ in range(2)]
    agrees_once(learner.bilinear_sample.jit(), calls, bilinear_oracle, atol=5e-6)


@check(
    "bilinear_sample",
    "speed",
    hint="Take the columns of `coordinates` apart, not its rows: every step works on all n points together.",
)
def test_bilinear_sample_beats_a_loop_over_the_points(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.bilinear_sample.jit(),
        bilinear_loop,
        named="a Python loop over the points",
        draw=lambda size: (numbers.normal((9, 7)), points_around(numbers, size, 9, 7)),
        size=48,
        gate=40,
        numbers=numbers,
    )
