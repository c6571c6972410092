"""Other honest ways to write global_norm; each must pass every check."""

import functools
import operator

import jax
import jax.numpy as jnp
from jax import tree_util

# global_norm


def global_norm__reduce(tree):
    """Adds one leaf's squares after the other to a start of 0."""
    total = jax.tree.reduce(
        lambda total, leaf: total + jnp.sum(jnp.square(leaf.astype(jnp.float32))), tree, jnp.float32(0)
    )
    return jnp.sqrt(total)


def global_norm__norm_of_norms(tree):
    """Takes the norm of the leaves' norms."""
    norms = [jnp.linalg.norm(leaf.astype(jnp.float32).ravel()) for leaf in jax.tree.leaves(tree)]
    return jnp.linalg.norm(jnp.array(norms, jnp.float32))


def global_norm__one_vector(tree):
    """Joins everything after an empty array, and takes one dot product."""
    parts = [jnp.zeros(0), *(jnp.ravel(leaf).astype(jnp.float32) for leaf in jax.tree.leaves(tree))]
    vector = jnp.concatenate(parts)
    return jnp.sqrt(vector @ vector)


@jax.jit
def global_norm__maps_first(tree):
    """Maps leaves to sums, then sums the tree; compiled by the learner."""
    sums = jax.tree.map(lambda leaf: jnp.sum(leaf.astype(jnp.float32) ** 2), tree)
    return jnp.sqrt(sum(jax.tree.leaves(sums), start=jnp.zeros(())))


def global_norm__dots(tree):
    """Multiplies each leaf with itself, and adds up by `operator`."""
    leaves = [jnp.asarray(leaf, jnp.float32).ravel() for leaf in tree_util.tree_leaves(tree)]
    return functools.reduce(operator.add, map(jnp.vdot, leaves, leaves), jnp.float32(0)) ** 0.5


def global_norm__map_reduce(tree):
    """Maps leaves to their sums and reduces the tree, with a start."""
    sums = jax.tree.map(lambda leaf: jnp.sum(jnp.abs(leaf.astype(jnp.float32)) ** 2), tree)
    return jnp.sqrt(jax.tree.reduce(operator.add, sums, jnp.float32(0)))
