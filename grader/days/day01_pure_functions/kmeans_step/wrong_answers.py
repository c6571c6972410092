"""Plausible mistakes in kmeans_step; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by


@caught_by("deeper", "counts_hundreds_of_points")
def kmeans_step__byte_counts(points, centres):
    """Counts members in uint8: a cluster of 256 or more points wraps around."""
    d = jnp.sum((points[:, None] - centres[None]) ** 2, axis=-1)
    labels = jnp.argmin(d, axis=1)
    counts = jnp.zeros(centres.shape[0], jnp.uint8).at[labels].add(1)[:, None]
    sums = jnp.zeros_like(centres).at[labels].add(points)
    return jnp.where(counts > 0, sums / jnp.maximum(counts, 1), centres), labels


@caught_by("correct", "keeps_the_centre_of_an_empty_cluster")
def kmeans_step__mean_of_nothing(points, centres):
    """Divides by the count, even where it is 0."""
    labels = jnp.argmin(jnp.sum((points[:, None] - centres) ** 2, -1), axis=1)
    member = labels[:, None] == jnp.arange(len(centres))
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    return total / jnp.sum(member, axis=0)[:, None], labels


@caught_by("correct", "keeps_the_centre_of_an_empty_cluster")
def kmeans_step__empty_goes_to_the_origin(points, centres):
    """Avoids 0 / 0, but lets an empty cluster fall to zero."""
    labels = jnp.argmin(jnp.sum((points[:, None] - centres) ** 2, -1), axis=1)
    member = labels[:, None] == jnp.arange(len(centres))
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    return total / jnp.maximum(jnp.sum(member, axis=0), 1)[:, None], labels


@caught_by("correct", "labels_by_the_old_centres")
def kmeans_step__labels_after_the_move(points, centres):
    """Labels the points again by the new centres."""
    squared = jnp.sum((points[:, None] - centres) ** 2, -1)
    member = jnp.argmin(squared, axis=1)[:, None] == jnp.arange(len(centres))
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    count = jnp.sum(member, axis=0)[:, None]
    moved = jnp.where(count > 0, total / jnp.maximum(count, 1), centres)
    return moved, jnp.argmin(jnp.sum((points[:, None] - moved) ** 2, -1), axis=1)


@caught_by("correct", "breaks_ties_by_the_first_centre")
def kmeans_step__last_of_equals(points, centres):
    """Loops with <=, so that the last of equally near centres wins."""
    labels = jnp.zeros(len(points), int)
    nearest = jnp.full(len(points), jnp.inf)
    for j in range(len(centres)):
        squared = jnp.sum((points - centres[j]) ** 2, axis=1)
        labels = jnp.where(squared <= nearest, j, labels)
        nearest = jnp.minimum(squared, nearest)
    member = labels[:, None] == jnp.arange(len(centres))
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    count = jnp.sum(member, axis=0)[:, None]
    return jnp.where(count > 0, total / jnp.maximum(count, 1), centres), labels


@caught_by("correct", "breaks_ties_by_the_first_centre")
def kmeans_step__shared_by_all_nearest(points, centres):
    """Counts a point in every cluster that is equally near."""
    squared = jnp.sum((points[:, None] - centres) ** 2, -1)
    member = squared == jnp.min(squared, axis=1, keepdims=True)
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    count = jnp.sum(member, axis=0)[:, None]
    moved = jnp.where(count > 0, total / jnp.maximum(count, 1), centres)
    return moved, jnp.argmin(squared, axis=1)


@caught_by("correct", "by_hand")
def kmeans_step__divides_by_all_points(points, centres):
    """Divides each total by the number of all points."""
    labels = jnp.argmin(jnp.sum((points[:, None] - centres) ** 2, -1), axis=1)
    member = labels[:, None] == jnp.arange(len(centres))
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    count = jnp.sum(member, axis=0)[:, None]
    return jnp.where(count > 0, total / len(points), centres), labels


@caught_by("jit", "compiles_once")
def kmeans_step__cuts_the_clusters_out(points, centres):
    """Indexes with a mask, whose result has no static shape."""
    labels = jnp.argmin(jnp.sum((points[:, None] - centres) ** 2, -1), axis=1)
    moved = []
    for j in range(len(centres)):
        cluster = points[labels == j]
        moved.append(cluster.mean(axis=0) if len(cluster) else centres[j])
    return jnp.stack(moved), labels


@caught_by("speed", "beats_python_loops")
def kmeans_step__python_loops(points, centres):
    """Right, but visits every point and every centre in Python."""
    labels = jnp.stack([jnp.argmin(jnp.stack([jnp.sum((p - c) ** 2) for c in centres])) for p in points])
    moved = []
    for j, centre in enumerate(centres):
        total, count = jnp.zeros_like(centre), jnp.zeros(())
        for i, point in enumerate(points):
            total = total + jnp.where(labels[i] == j, point, 0)
            count = count + jnp.where(labels[i] == j, 1.0, 0.0)
        moved.append(jnp.where(count > 0, total / jnp.maximum(count, 1), centre))
    return jnp.stack(moved), labels


@caught_by("correct", "labels_far_from_the_origin")
def kmeans_step__expanded_square(points, centres):
    """Compares |c|² - 2 p·c, where far from the origin nothing is left of the difference."""
    labels = jnp.argmin((centres**2).sum(1) - 2 * points @ centres.T, axis=1)
    member = labels[:, None] == jnp.arange(centres.shape[0])
    count = member.sum(0)[:, None]
    total = jnp.where(member[..., None], points[:, None], 0).sum(0)
    return jnp.where(count > 0, total / jnp.maximum(count, 1), centres), labels


@caught_by("correct", "squares_the_differences")
def kmeans_step__absolute_differences(points, centres):
    """Adds up absolute differences: another centre is the nearest then."""
    labels = jnp.argmin(jnp.sum(jnp.abs(points[:, None] - centres[None]), axis=-1), axis=1)
    member = labels[:, None] == jnp.arange(len(centres))
    count = jnp.sum(member, axis=0)[:, None]
    total = jnp.sum(jnp.where(member[:, :, None], points[:, None], 0), axis=0)
    return jnp.where(count > 0, total / jnp.maximum(count, 1), centres), labels
