"""Other honest ways to write bilinear_sample; each must pass every check."""

import jax
import jax.numpy as jnp


def bilinear_sample__one_point_lifted(image, coordinates):
    """One coordinate pair, lifted over the rest."""
    h, w = image.shape

    def one(point):
        row = jnp.clip(point[0], 0.0, h - 1.0)
        column = jnp.clip(point[1], 0.0, w - 1.0)
        top = row.astype(jnp.int32)
        left = column.astype(jnp.int32)
        a, b = row - top, column - left
        # Past the last row or column the index is clamped by JAX, and its weight is 0.
        return (
            (1 - a) * (1 - b) * image[top, left]
            + (1 - a) * b * image[top, left + 1]
            + a * (1 - b) * image[top + 1, left]
            + a * b * image[top + 1, left + 1]
        )

    return jax.vmap(one)(coordinates)


def bilinear_sample__padded_image(image, coordinates):
    """Repeats the last row and column, so that there is always a next one."""
    limits = jnp.array(image.shape) - 1
    coordinates = jnp.clip(coordinates, 0, limits)
    corner = jnp.floor(coordinates).astype(int)
    a, b = (coordinates - corner).T
    padded = jnp.pad(image, ((0, 1), (0, 1)), mode="edge")
    i, j = corner.T
    return (
        padded[i, j] * (1 - a) * (1 - b)
        + padded[i, j + 1] * (1 - a) * b
        + padded[i + 1, j] * a * (1 - b)
        + padded[i + 1, j + 1] * a * b
    )


@jax.jit
def bilinear_sample__hat_weights(image, coordinates):
    """Every pixel has a tent of weight around it; most of them are 0."""
    h, w = image.shape
    row = jnp.clip(coordinates[:, 0], 0, h - 1)
    column = jnp.clip(coordinates[:, 1], 0, w - 1)
    down = jnp.maximum(0, 1 - jnp.abs(row[:, None] - jnp.arange(h)))
    across = jnp.maximum(0, 1 - jnp.abs(column[:, None] - jnp.arange(w)))
    return jnp.einsum("nh,hw,nw->n", down, image, across, precision="highest")


def bilinear_sample__corner_kept_inside(image, coordinates):
    """Moves the corner up by one at the last row; in an image of one row, -1 is that row."""
    h, w = image.shape
    r, c = jnp.clip(coordinates[:, 0], 0, h - 1), jnp.clip(coordinates[:, 1], 0, w - 1)
    top = jnp.minimum(jnp.floor(r).astype(int), h - 2)
    left = jnp.minimum(jnp.floor(c).astype(int), w - 2)
    a, b = r - top, c - left
    above = (1 - b) * image[top, left] + b * image[top, left + 1]
    below = (1 - b) * image[top + 1, left] + b * image[top + 1, left + 1]
    return (1 - a) * above + a * below


def bilinear_sample__flat(image, coordinates):
    """Numbers the pixels through and takes them from the flat image."""
    h, w = image.shape
    r, c = jnp.clip(coordinates, 0, jnp.array([h - 1, w - 1])).T
    top, left = r.astype(int), c.astype(int)
    corners = jnp.stack([top, jnp.minimum(top + 1, h - 1)]), jnp.stack([left, jnp.minimum(left + 1, w - 1)])
    pixels = jnp.take(image.ravel(), corners[0][:, None] * w + corners[1][None])  # (2, 2, n)
    down, across = jnp.stack([1 - (r - top), r - top]), jnp.stack([1 - (c - left), c - left])
    return jnp.sum(pixels * down[:, None] * across[None], axis=(0, 1))


def bilinear_sample__rows_then_columns(image, coordinates):
    """Interpolates two numbers at a time: first down, then across."""
    h, w = image.shape

    def between(first, second, share):
        return first + share * (second - first)

    def one(point):
        r, c = jnp.clip(point[0], 0, h - 1), jnp.clip(point[1], 0, w - 1)
        i, j = jnp.floor(r).astype(int), jnp.floor(c).astype(int)
        line = between(image[i], image[jnp.minimum(i + 1, h - 1)], r - i)
        return between(line[j], line[jnp.minimum(j + 1, w - 1)], c - j)

    return jax.vmap(one)(coordinates)
