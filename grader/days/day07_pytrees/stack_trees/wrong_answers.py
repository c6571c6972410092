"""Plausible mistakes in stack_trees; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

# stack_trees


@caught_by("deeper", "keeps_what_is_unusual")
def stack_trees__first_axis_guessed(trees):
    """Lets reshape find the first axis (-1): leaves without numbers leave nothing to find it by."""

    def join(*leaves):
        return jnp.concatenate([jnp.ravel(leaf) for leaf in leaves]).reshape(-1, *leaves[0].shape)

    return jax.tree.map(join, *trees)


@caught_by("correct", "by_hand")
def stack_trees__one_tree(trees):
    """Maps over the list itself, so that every leaf stays alone."""
    return jax.tree.map(jnp.stack, trees)


@caught_by("correct", "by_hand")
def stack_trees__concatenates(trees):
    """Joins along an axis that is there already."""
    return jax.tree.map(lambda *leaves: jnp.concatenate([jnp.atleast_1d(x) for x in leaves]), *trees)


@caught_by("correct", "by_hand")
def stack_trees__last_axis(trees):
    """Puts the new axis last."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves, axis=-1), *trees)


@caught_by("correct", "by_hand")
def stack_trees__tuples_of_leaves(trees):
    """Collects the leaves and forgets to make them one array."""
    return jax.tree.map(lambda *leaves: leaves, *trees)


@caught_by("correct", "agrees_with_numpy")
def stack_trees__flat_dicts(trees):
    """Takes the trees for flat dicts of arrays."""
    return {name: jnp.stack([tree[name] for tree in trees]) for name in trees[0]}


@caught_by("correct", "agrees_with_numpy")
def stack_trees__pairs(trees):
    """Joins the first two trees."""
    return jax.tree.map(lambda a, b: jnp.stack([a, b]), trees[0], trees[1])


@caught_by("correct", "takes_one_tree")
def stack_trees__one_is_enough(trees):
    """Takes a single tree for a stack already."""
    if len(trees) == 1:
        return trees[0]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


@caught_by("correct", "keeps_the_dtypes")
def stack_trees__writes_into_float32(trees):
    """Writes the leaves into float32 arrays."""

    def join(*leaves):
        out = jnp.zeros((len(leaves), *leaves[0].shape))
        for k, leaf in enumerate(leaves):
            out = out.at[k].set(leaf.astype(jnp.float32))
        return out

    return jax.tree.map(join, *trees)


@caught_by("correct", "refuses_another_structure")
def stack_trees__leaves_in_order(trees):
    """Joins leaves by their place in flat lists, whatever trees they come from."""
    rows = zip(*map(jax.tree.leaves, trees), strict=True)
    return jax.tree.structure(trees[0]).unflatten([jnp.stack(row) for row in rows])


@caught_by("jit", "compiles_once")
def stack_trees__numpy(trees):
    """Stacks in NumPy."""
    return jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *trees)


@caught_by("jit", "has_no_python_loop")
def stack_trees__row_by_row(trees):
    """Joins the rows of the leaves one by one."""

    def join(*leaves):
        if leaves[0].ndim == 0:
            return jnp.stack(leaves)
        return jnp.stack([jnp.stack([leaf[i] for leaf in leaves]) for i in range(len(leaves[0]))], axis=1)

    return jax.tree.map(join, *trees)


@caught_by("correct", "refuses_another_structure")
def stack_trees__compares_the_last(trees):
    """Compares the last tree with the first, and none between."""
    structure = jax.tree.structure(trees[0])
    if jax.tree.structure(trees[-1]) != structure:
        raise ValueError("trees of different structure")
    return structure.unflatten([jnp.stack(row) for row in zip(*map(jax.tree.leaves, trees), strict=True)])


@caught_by("correct", "refuses_another_structure")
def stack_trees__compares_the_second(trees):
    """Compares the second tree with the first, and no other."""
    structure = jax.tree.structure(trees[0])
    if len(trees) > 1 and jax.tree.structure(trees[1]) != structure:
        raise ValueError("trees of different structure")
    return structure.unflatten([jnp.stack(row) for row in zip(*map(jax.tree.leaves, trees), strict=True)])
