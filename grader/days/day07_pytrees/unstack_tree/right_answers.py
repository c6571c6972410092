"""Other honest ways to write unstack_tree; each must pass every check."""

import operator

import jax
import jax.numpy as jnp
from jax import lax

# unstack_tree


def unstack_tree__maps_an_index(tree):
    """Maps an index over the whole tree, once a row."""
    n = jax.tree.leaves(tree)[0].shape[0]
    return [jax.tree.map(operator.itemgetter(k), tree) for k in range(n)]


def unstack_tree__walks_the_rows(tree):
    """Walks over the rows of all leaves together."""
    leaves, structure = jax.tree.flatten(tree)
    return [structure.unflatten(row) for row in zip(*map(jnp.unstack, leaves), strict=True)]


def unstack_tree__transposed(tree):
    """Cuts the leaves into lists, then turns the tree of lists inside out."""
    structure = jax.tree.structure(tree)
    lists = jax.tree.map(list, tree)
    n = len(jax.tree.leaves(tree)[0])
    return jax.tree.transpose(structure, jax.tree.structure([0] * n), lists)


def unstack_tree__dynamic_index(tree):
    """Cuts rows with `lax`."""
    n = len(jax.tree.leaves(tree)[0])

    def row(k):
        return jax.tree.map(lambda leaf: lax.dynamic_index_in_dim(leaf, k, keepdims=False), tree)

    return [row(k) for k in range(n)]
