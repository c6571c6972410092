"""Plausible mistakes in unstack_tree; each must be caught by the check named above it."""

import math
import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

# unstack_tree


@caught_by("correct", "keeps_the_dtypes")
def unstack_tree__through_float(tree):
    """Sends the rows through one float32 matrix: integers beyond 2**24 come back changed."""
    leaves, form = jax.tree.flatten(tree)
    n = leaves[0].shape[0]
    sheet = jnp.concatenate([jnp.reshape(leaf, (n, -1)).astype(jnp.float32) for leaf in leaves], axis=1)
    shapes, dtypes = [leaf.shape[1:] for leaf in leaves], [leaf.dtype for leaf in leaves]
    return [form.unflatten(cut_row(sheet[k], shapes, dtypes)) for k in range(n)]


def cut_row(row, shapes, dtypes):
    parts, start = [], 0
    for shape, dtype in zip(shapes, dtypes):
        size = math.prod(shape)
        parts.append(row[start : start + size].reshape(shape).astype(dtype))
        start += size
    return parts


@caught_by("correct", "by_hand")
def unstack_tree__tree_of_lists(tree):
    """Cuts the leaves and leaves the lists where they are."""
    return jax.tree.map(list, tree)


@caught_by("correct", "by_hand")
def unstack_tree__counts_the_keys(tree):
    """Takes the tree's own length for the number of rows."""
    return [jax.tree.map(lambda leaf: leaf[k], tree) for k in range(len(tree))]


@caught_by("correct", "by_hand")
def unstack_tree__keeps_the_axis(tree):
    """Cuts slices, which keep the first axis."""
    n = len(jax.tree.leaves(tree)[0])
    return [jax.tree.map(lambda leaf: leaf[k : k + 1], tree) for k in range(n)]


@caught_by("correct", "by_hand")
def unstack_tree__bare_leaves(tree):
    """Forgets to rebuild the structure."""
    return [list(row) for row in zip(*jax.tree.leaves(tree), strict=True)]


@caught_by("correct", "by_hand")
def unstack_tree__late_binding(tree):
    """Makes lazy rows, a generator instead of a list."""
    n = len(jax.tree.leaves(tree)[0])
    return (jax.tree.map(lambda leaf: leaf[k], tree) for k in range(n))


@caught_by("correct", "by_hand")
def unstack_tree__python_numbers(tree):
    """Turns the rows into Python lists and numbers."""
    n = len(jax.tree.leaves(tree)[0])
    return [jax.tree.map(lambda leaf: leaf[k].tolist(), tree) for k in range(n)]


@caught_by("correct", "agrees_with_numpy")
def unstack_tree__flat_dict(tree):
    """Takes the tree for a flat dict of arrays."""
    n = len(next(iter(tree.values())))
    return [{name: leaf[k] for name, leaf in tree.items()} for k in range(n)]


@caught_by("correct", "takes_one_row")
def unstack_tree__squeezes(tree):
    """Splits and squeezes away every axis of length 1."""
    n = len(jax.tree.leaves(tree)[0])
    if n == 1:
        return [tree]
    pieces = jax.tree.map(lambda leaf: [part.squeeze(0) for part in jnp.split(leaf, n)], tree)
    return [jax.tree.map(lambda leaf, parts: parts[k], tree, pieces) for k in range(n)]


@caught_by("correct", "keeps_the_dtypes")
def unstack_tree__through_one_table(tree):
    """Goes through one float32 table of all leaves and forgets the dtypes."""
    leaves, structure = jax.tree.flatten(tree)
    n = len(leaves[0])
    rows = [[leaf.reshape(n, -1)[k].astype(jnp.float32) for leaf in leaves] for k in range(n)]
    shapes = [leaf.shape[1:] for leaf in leaves]
    return [structure.unflatten([x.reshape(s) for x, s in zip(row, shapes, strict=True)]) for row in rows]


@caught_by("jit", "compiles_once")
def unstack_tree__numpy(tree):
    """Cuts in NumPy."""
    leaves, structure = jax.tree.flatten(tree)
    rows = zip(*(np.asarray(leaf) for leaf in leaves), strict=True)
    return [structure.unflatten([jnp.asarray(x) for x in row]) for row in rows]


@caught_by("jit", "compiles_once")
def unstack_tree__counts_with_an_array(tree):
    """Counts the rows in an array, where Python needs a number."""
    leaves, structure = jax.tree.flatten(tree)
    n = jnp.max(jnp.array([leaf.shape[0] for leaf in leaves]))
    return [structure.unflatten([leaf[k] for leaf in leaves]) for k in range(int(n))]


@caught_by("jit", "has_no_python_loop")
def unstack_tree__element_by_element(tree):
    """Builds each row from its own rows."""

    def row(leaf, k):
        if leaf.ndim == 1:
            return leaf[k]
        return jnp.stack([leaf[k, i] for i in range(leaf.shape[1])])

    n = len(jax.tree.leaves(tree)[0])
    return [jax.tree.map(lambda leaf: row(leaf, k), tree) for k in range(n)]


@caught_by("correct", "agrees_with_numpy")
def unstack_tree__known_containers(tree):
    """Walks dicts, lists and tuples, and takes all else for a leaf."""

    def cut(node, k):
        if isinstance(node, dict):
            return {name: cut(item, k) for name, item in node.items()}
        if hasattr(node, "_fields"):
            return type(node)(*(cut(item, k) for item in node))
        if isinstance(node, list | tuple):
            return type(node)(cut(item, k) for item in node)
        return None if node is None else node[k]

    return [cut(tree, k) for k in range(len(jax.tree.leaves(tree)[0]))]


@caught_by("correct", "agrees_with_numpy")
def unstack_tree__of_the_largest_leaf(tree):
    """Counts rows where a leaf has most numbers along its last axis."""
    leaves, structure = jax.tree.flatten(tree)
    n = max(leaf.shape[-1] for leaf in leaves)
    return [structure.unflatten([leaf[k] for leaf in leaves]) for k in range(n - (len(leaves) > 2))]
