"""Other honest ways to write kmeans_step; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


def kmeans_step__segment_sum(points, centres):
    """Adds up points and ones by label."""
    k = centres.shape[0]
    labels = jnp.argmin(jnp.linalg.norm(points[:, None] - centres, axis=-1), axis=-1)
    total = jax.ops.segment_sum(points, labels, num_segments=k)
    count = jax.ops.segment_sum(jnp.ones(len(points)), labels, num_segments=k)
    mean = total / jnp.where(count == 0, 1, count)[:, None]
    return jnp.where((count == 0)[:, None], centres, mean), labels


def kmeans_step__scatter(points, centres):
    """Adds into zeros with .at."""
    distances = jax.vmap(lambda p: jnp.sum((p - centres) ** 2, axis=1))(points)
    labels = distances.argmin(axis=1)
    total = jnp.zeros_like(centres).at[labels].add(points)
    count = jnp.zeros(centres.shape[0]).at[labels].add(1.0)[:, None]
    return jnp.where(count > 0, total / jnp.clip(count, 1), centres), labels


@jax.jit
def kmeans_step__nan_replaced(points, centres):
    """Lets the mean of an empty cluster be NaN, then puts the old centre there."""
    labels = jnp.argmin(((points[None] - centres[:, None]) ** 2).sum(-1), axis=0)
    means = []
    for j in range(centres.shape[0]):
        means.append(jnp.mean(points, axis=0, where=(labels == j)[:, None]))
    means = jnp.stack(means)
    return jnp.where(jnp.isnan(means), centres, means), labels


def kmeans_step__one_hot_matmul(points, centres):
    """Multiplies the membership table with the points."""
    squared = jnp.square(points[:, None, :] - centres[None, :, :]).sum(axis=2)
    labels = jnp.argmin(squared, axis=1)
    member = jax.nn.one_hot(labels, centres.shape[0])
    count = member.sum(axis=0)[:, None]
    total = jnp.matmul(member.T, points, precision=lax.Precision.HIGHEST)
    return jnp.where(count == 0, centres, total / jnp.maximum(count, 1.0)), labels


def kmeans_step__best_so_far(points, centres):
    """Goes over the centres and keeps the nearest so far; only nearer ones replace it."""

    def visit(j, best):
        squared, labels = best
        here = jnp.sum((points - centres[j]) ** 2, axis=1)
        return jnp.minimum(squared, here), jnp.where(here < squared, j, labels)

    n, k = points.shape[0], centres.shape[0]
    _, labels = lax.fori_loop(0, k, visit, (jnp.full(n, jnp.inf), jnp.zeros(n, int)))

    def moved(j, centre):
        mine = labels == j
        mean = jnp.sum(points * mine[:, None], axis=0) / jnp.maximum(mine.sum(), 1)
        return jnp.where(mine.any(), mean, centre)

    return jax.vmap(moved)(jnp.arange(k), centres), labels


def kmeans_step__average_with_weights(points, centres):
    """Sorts the distances, and averages with weights that are 0 or 1."""
    labels = jnp.argsort(jnp.square(points[:, None] - centres).sum(-1), axis=1)[:, 0]
    weights = jnp.equal(labels, jnp.arange(len(centres))[:, None])
    means = jax.vmap(lambda mine: jnp.mean(points, axis=0, where=mine[:, None]))(weights)
    return jnp.where(weights.any(axis=1, keepdims=True), means, centres), labels
