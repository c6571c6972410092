"""Plausible mistakes in ravel; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax.flatten_util import ravel_pytree

# ravel


@caught_by("deeper", "of_empty_arrays")
def ravel__first_axis_guessed(tree):
    """Lets reshape find the first axis (-1): a leaf of shape (2, 0) cannot be restored, and unravel raises."""
    leaves, structure = jax.tree.flatten(tree)
    kinds = [(leaf.shape, leaf.dtype, leaf.size) for leaf in leaves]
    vector = jnp.concatenate([jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in leaves)])

    def unravel(v):
        at, parts = 0, []
        for shape, dtype, size in kinds:
            piece = v[at : at + size]
            piece = piece.reshape((-1,) + shape[1:]) if shape else piece[0]
            parts.append(piece.astype(dtype))
            at += size
        return jax.tree.unflatten(structure, parts)

    return vector, unravel


@caught_by("correct", "gives_the_dtypes_back")
def ravel__joined_then_widened(tree):
    """Joins the leaves in their common dtype and widens them afterwards: beside float16, 70,000 becomes infinite."""
    leaves, form = jax.tree.flatten(tree)
    leaves = [jnp.asarray(leaf) for leaf in leaves]
    molds = [(leaf.shape, leaf.dtype, leaf.size) for leaf in leaves]

    def unravel(row):
        refilled, start = [], 0
        for shape, dtype, size in molds:
            refilled.append(row[start : start + size].reshape(shape).astype(dtype))
            start += size
        return jax.tree.unflatten(form, refilled)

    if not leaves:
        return jnp.zeros(0, jnp.float32), unravel
    joined = jnp.concatenate([leaf.reshape(-1) for leaf in leaves])
    return joined.astype(jnp.float32), unravel


@caught_by("correct", "gives_the_dtypes_back")
def ravel__integers_kept(tree):
    """Fills only the float leaves from v; integers and booleans stay those of the tree."""
    leaves, form = jax.tree.flatten(tree)
    leaves = [jnp.asarray(leaf) for leaf in leaves]

    def unravel(row):
        refilled, start = [], 0
        for leaf in leaves:
            piece = row[start : start + leaf.size].reshape(leaf.shape)
            start += leaf.size
            refilled.append(piece.astype(leaf.dtype) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf)
        return jax.tree.unflatten(form, refilled)

    flat = [leaf.reshape(-1).astype(jnp.float32) for leaf in leaves]
    return jnp.concatenate([jnp.zeros(0, jnp.float32), *flat]), unravel


@caught_by("correct", "by_hand")
def ravel__order_of_the_dict(tree):
    """Takes a dict's items in the order in which they were written."""
    parts = [leaf for value in tree.values() for leaf in jax.tree.leaves(value)]
    return jnp.concatenate([jnp.ravel(part) for part in parts]), lambda vector: tree


@caught_by("correct", "by_hand")
def ravel__column_by_column(tree):
    """Reads matrices down their columns."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            part = vector[start : start + leaf.size]
            rebuilt.append(part.reshape(leaf.shape, order="F").astype(leaf.dtype))
            start += leaf.size
        return structure.unflatten(rebuilt)

    return jnp.concatenate([leaf.T.ravel().astype(jnp.float32) for leaf in leaves]), unravel


@caught_by("correct", "by_hand")
def ravel__no_flattening(tree):
    """Joins leaves without making them flat."""
    leaves, structure = jax.tree.flatten(tree)
    return jnp.concatenate(leaves), structure.unflatten


@caught_by("correct", "by_hand")
def ravel__vector_alone(tree):
    """Forgets the second result."""
    return jnp.concatenate([leaf.ravel().astype(jnp.float32) for leaf in jax.tree.leaves(tree)])


@caught_by("correct", "uses_no_shortcut")
def ravel__ravel_pytree(tree):
    """Leaves the work to `ravel_pytree`."""
    return ravel_pytree(tree)


@caught_by("correct", "is_undone")
def ravel__remembers_the_tree(tree):
    """Gives the old tree back, whatever the vector."""
    parts = [jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in jax.tree.leaves(tree))]
    return jnp.concatenate(parts), lambda vector: tree


@caught_by("correct", "is_undone")
def ravel__cuts_by_rows(tree):
    """Cuts as many numbers as a leaf has rows."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            n = leaf.shape[0] if leaf.ndim else 1
            rebuilt.append(vector[start : start + n].astype(leaf.dtype))
            start += n
        return structure.unflatten(rebuilt)

    return jnp.concatenate([jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in leaves)]), unravel


@caught_by("correct", "is_undone")
def ravel__bare_leaves(tree):
    """Gives the leaves back in a list."""
    leaves = jax.tree.leaves(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            rebuilt.append(vector[start : start + leaf.size].reshape(leaf.shape).astype(leaf.dtype))
            start += leaf.size
        return rebuilt

    return jnp.concatenate([jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in leaves)]), unravel


@caught_by("correct", "is_undone")
def ravel__zero_takes_one(tree):
    """Takes at least one number for each leaf, also where it holds none."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            n = max(leaf.size, 1)
            rebuilt.append(vector[start : start + n].reshape(leaf.shape).astype(leaf.dtype))
            start += n
        return structure.unflatten(rebuilt)

    return jnp.concatenate([jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in leaves)]), unravel


@caught_by("correct", "gives_the_dtypes_back")
def ravel__dtypes_lost(tree):
    """Remembers shapes and forgets dtypes."""
    leaves, structure = jax.tree.flatten(tree)
    shapes = [leaf.shape for leaf in leaves]
    ends = np.cumsum([0, *(leaf.size for leaf in leaves)])

    def unravel(vector):
        cuts = zip(ends, ends[1:], shapes, strict=False)
        return structure.unflatten([vector[start:end].reshape(shape) for start, end, shape in cuts])

    return jnp.concatenate([jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in leaves)]), unravel


@caught_by("correct", "takes_a_tree_without_leaves")
def ravel__concatenates_nothing(tree):
    """Joins all leaves, but there may be none."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            rebuilt.append(vector[start : start + leaf.size].reshape(leaf.shape).astype(leaf.dtype))
            start += leaf.size
        return structure.unflatten(rebuilt)

    return jnp.concatenate([leaf.ravel().astype(jnp.float32) for leaf in leaves]), unravel


@caught_by("jit", "compiles_once")
def ravel__sizes_in_an_array(tree):
    """Computes the cuts in jax.numpy, which gives traced numbers."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        ends = jnp.cumsum(jnp.array([0, *(leaf.size for leaf in leaves)], int))
        rebuilt = []
        for k, leaf in enumerate(leaves):
            rebuilt.append(vector[ends[k] : ends[k + 1]].reshape(leaf.shape).astype(leaf.dtype))
        return structure.unflatten(rebuilt)

    return jnp.concatenate([jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in leaves)]), unravel


@caught_by("jit", "compiles_once")
def ravel__numpy(tree):
    """Lays the numbers out in NumPy."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            rebuilt.append(vector[start : start + leaf.size].reshape(leaf.shape).astype(leaf.dtype))
            start += leaf.size
        return structure.unflatten(rebuilt)

    parts = [np.zeros(0), *(np.asarray(leaf).ravel() for leaf in leaves)]
    return jnp.asarray(np.concatenate(parts), jnp.float32), unravel


@caught_by("jit", "has_no_python_loop")
def ravel__element_by_element(tree):
    """Takes the leaves apart to their numbers."""
    leaves, structure = jax.tree.flatten(tree)
    numbers = [x.astype(jnp.float32) for leaf in leaves for x in leaf.ravel()]

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            rebuilt.append(vector[start : start + leaf.size].reshape(leaf.shape).astype(leaf.dtype))
            start += leaf.size
        return structure.unflatten(rebuilt)

    return jnp.stack(numbers) if numbers else jnp.zeros(0), unravel


@caught_by("correct", "of_two_trees")
def ravel__the_last_tree(tree, last={}):  # noqa: B006
    """Keeps shapes where the next call writes its own."""
    leaves, structure = jax.tree.flatten(tree)
    last["kinds"], last["structure"] = [(leaf.shape, leaf.dtype, leaf.size) for leaf in leaves], structure

    def unravel(vector):
        rebuilt, start = [], 0
        for shape, dtype, size in last["kinds"]:
            rebuilt.append(vector[start : start + size].reshape(shape).astype(dtype))
            start += size
        return last["structure"].unflatten(rebuilt)

    parts = [leaf.ravel().astype(jnp.float32) for leaf in leaves]
    return jnp.concatenate([jnp.zeros(0), *parts]), unravel
