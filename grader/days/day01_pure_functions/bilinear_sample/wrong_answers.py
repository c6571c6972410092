"""Plausible mistakes in bilinear_sample; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by


@caught_by("correct", "by_hand")
def bilinear_sample__nearest_pixel(image, coordinates):
    """Rounds to the nearest pixel."""
    row = jnp.clip(jnp.round(coordinates[:, 0]).astype(int), 0, image.shape[0] - 1)
    column = jnp.clip(jnp.round(coordinates[:, 1]).astype(int), 0, image.shape[1] - 1)
    return image[row, column]


@caught_by("correct", "reads_rows_before_columns")
def bilinear_sample__x_before_y(image, coordinates):
    """Takes the first coordinate for the column."""
    h, w = image.shape
    c, r = jnp.clip(coordinates[:, 0], 0, w - 1), jnp.clip(coordinates[:, 1], 0, h - 1)
    top, left = jnp.floor(r).astype(int), jnp.floor(c).astype(int)
    a, b = r - top, c - left
    above = (1 - b) * image[top, left] + b * image[top, left + 1]
    below = (1 - b) * image[top + 1, left] + b * image[top + 1, left + 1]
    return (1 - a) * above + a * below


@caught_by("correct", "weighs_the_nearer_pixel_more")
def bilinear_sample__weights_swapped(image, coordinates):
    """Gives the far pixel the large weight; in the middle nobody sees it."""
    h, w = image.shape
    r, c = jnp.clip(coordinates[:, 0], 0, h - 1), jnp.clip(coordinates[:, 1], 0, w - 1)
    top, left = jnp.floor(r).astype(int), jnp.floor(c).astype(int)
    bottom, right = jnp.ceil(r).astype(int), jnp.ceil(c).astype(int)
    a, b = r - top, c - left
    above = b * image[top, left] + (1 - b) * image[top, right]
    below = b * image[bottom, left] + (1 - b) * image[bottom, right]
    return a * above + (1 - a) * below


@caught_by("correct", "clamps_at_the_border")
def bilinear_sample__not_clamped(image, coordinates):
    """Trusts JAX to clamp; but -1 is the last row, and the weights still extrapolate."""
    r, c = coordinates[:, 0], coordinates[:, 1]
    top, left = jnp.floor(r).astype(int), jnp.floor(c).astype(int)
    a, b = r - top, c - left
    above = (1 - b) * image[top, left] + b * image[top, left + 1]
    below = (1 - b) * image[top + 1, left] + b * image[top + 1, left + 1]
    return (1 - a) * above + a * below


@caught_by("correct", "clamps_at_the_border")
def bilinear_sample__clamps_the_indices_only(image, coordinates):
    """Clamps the upper left pixel but not the coordinates, and so extrapolates outside."""
    h, w = image.shape
    r, c = coordinates[:, 0], coordinates[:, 1]
    top = jnp.clip(jnp.floor(r).astype(int), 0, h - 2)
    left = jnp.clip(jnp.floor(c).astype(int), 0, w - 2)
    a, b = r - top, c - left
    above = (1 - b) * image[top, left] + b * image[top, left + 1]
    below = (1 - b) * image[top + 1, left] + b * image[top + 1, left + 1]
    return (1 - a) * above + a * below


@caught_by("correct", "keeps_to_its_rules")
def bilinear_sample__from_the_library(image, coordinates):
    """Calls the function that it should write."""
    return jax.scipy.ndimage.map_coordinates(image, list(coordinates.T), order=1, mode="nearest")


@caught_by("jit", "compiles_once")
def bilinear_sample__python_integers(image, coordinates):
    """Pulls each coordinate out of the array to use it as an index."""
    h, w = image.shape
    values = []
    for row, column in coordinates:
        r, c = float(jnp.clip(row, 0, h - 1)), float(jnp.clip(column, 0, w - 1))
        top, left = int(r), int(c)
        bottom, right = min(top + 1, h - 1), min(left + 1, w - 1)
        above = image[top, left] * (1 - c + left) + image[top, right] * (c - left)
        below = image[bottom, left] * (1 - c + left) + image[bottom, right] * (c - left)
        values.append(above * (1 - r + top) + below * (r - top))
    return jnp.stack(values)


@caught_by("speed", "beats_a_loop_over_the_points")
def bilinear_sample__point_by_point(image, coordinates):
    """Right, but reads one point after the other in Python."""
    h, w = image.shape
    values = []
    for row, column in coordinates:
        r, c = jnp.clip(row, 0, h - 1), jnp.clip(column, 0, w - 1)
        top, left = jnp.floor(r).astype(int), jnp.floor(c).astype(int)
        bottom, right = jnp.minimum(top + 1, h - 1), jnp.minimum(left + 1, w - 1)
        a, b = r - top, c - left
        above = (1 - b) * image[top, left] + b * image[top, right]
        below = (1 - b) * image[bottom, left] + b * image[bottom, right]
        values.append((1 - a) * above + a * below)
    return jnp.stack(values)


@caught_by("deeper", "reads_all_of_a_wide_image")
def bilinear_sample__clips_at_fifty(image, coordinates):
    """Clips coordinates to 50, and only then to the image."""
    coordinates = jnp.minimum(coordinates, 50.0)
    last = jnp.array(image.shape) - 1
    point = jnp.clip(coordinates, 0, last)
    low = jnp.floor(point).astype(jnp.int32)
    high = jnp.minimum(low + 1, last)
    (r, c), (i, j), (k, m) = (point - low).T, low.T, high.T
    top = image[i, j] * (1 - c) + image[i, m] * c
    return top * (1 - r) + (image[k, j] * (1 - c) + image[k, m] * c) * r


@caught_by("deeper", "takes_small_weights_as_they_are")
def bilinear_sample__snaps_to_pixels(image, coordinates):
    """Takes what lies within a hundred-thousandth of a pixel for the pixel."""
    last = jnp.array(image.shape) - 1
    point = jnp.clip(coordinates, 0, last)
    point = jnp.where(jnp.abs(point - jnp.round(point)) < 1e-5, jnp.round(point), point)
    low = jnp.floor(point).astype(jnp.int32)
    high = jnp.minimum(low + 1, last)
    (r, c), (i, j), (k, m) = (point - low).T, low.T, high.T
    top = image[i, j] * (1 - c) + image[i, m] * c
    return top * (1 - r) + (image[k, j] * (1 - c) + image[k, m] * c) * r
