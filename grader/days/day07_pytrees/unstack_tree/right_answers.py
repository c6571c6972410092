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


def unstack_tree__splits(tree):
    """Splits each leaf into its rows, which are there: at least one."""
    leaves, structure = jax.tree.flatten(tree)
    rows = zip(*[jnp.split(leaf, leaf.shape[0]) for leaf in leaves], strict=True)
    return [structure.unflatten([part[0] for part in row]) for row in rows]


def unstack_tree__takes(tree):
    """Appends tree after tree, with rows by jnp.take."""
    trees = []
    while len(trees) < jax.tree.leaves(tree)[0].shape[0]:
        k = len(trees)
        trees.append(jax.tree.map(lambda leaf, k=k: jnp.take(leaf, k, axis=0), tree))
    return trees
