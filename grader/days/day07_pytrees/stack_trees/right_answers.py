"""Other honest ways to write stack_trees; each must pass every check."""

import jax
import jax.numpy as jnp

# stack_trees


def stack_trees__new_axis(trees):
    """Gives each leaf its new axis, then joins."""

    def join(*leaves):
        return jnp.concatenate([leaf[None] for leaf in leaves])

    return jax.tree.map(join, trees[0], *trees[1:])


def stack_trees__transposed(trees):
    """Turns a list of trees inside out, then stacks the lists."""
    outer, inner = jax.tree.structure([0] * len(trees)), jax.tree.structure(trees[0])
    if any(jax.tree.structure(tree) != inner for tree in trees):
        raise ValueError("trees of different structure")
    lists = jax.tree.transpose(outer, inner, list(trees))
    rows = inner.flatten_up_to(lists)
    return inner.unflatten(map(jnp.stack, rows))


def stack_trees__flattened(trees):
    """Stacks lists of leaves, after a look at the structures."""
    leaves, structures = zip(*map(jax.tree.flatten, trees), strict=True)
    if len(set(structures)) > 1:
        raise ValueError("trees of different structure")
    return structures[0].unflatten(jnp.array(row) for row in zip(*leaves, strict=True))


def stack_trees__folds(trees):
    """Begins with trees of one row, and joins one tree after the other."""
    rows = [jax.tree.map(lambda leaf: jnp.expand_dims(leaf, 0), tree) for tree in trees]
    stacked = rows[0]
    for row in rows[1:]:
        stacked = jax.tree.map(lambda one, other: jnp.concatenate([one, other]), stacked, row)
    return stacked


def stack_trees__writes_rows(trees):
    """Writes the trees into the rows of trees of zeros."""
    stacked = jax.tree.map(lambda leaf: jnp.zeros((len(trees), *leaf.shape), leaf.dtype), trees[0])
    for k, tree in enumerate(trees):
        stacked = jax.tree.map(lambda rows, leaf, k=k: rows.at[k].set(leaf), stacked, tree)
    return stacked


def stack_trees__transpose(trees):
    """Lets jax.tree.transpose turn the list inside out; it compares structures by itself."""
    trees = list(trees)
    first = jax.tree.structure(trees[0])
    if set(map(jax.tree.structure, trees)) != {first}:
        raise ValueError("all trees must be alike")
    turned = jax.tree.transpose(jax.tree.structure(["*"] * len(trees)), first, trees)
    return jax.tree.map(
        jnp.stack,
        turned,
        is_leaf=lambda node: (
            type(node) is list and len(node) == len(trees) and all(hasattr(item, "dtype") for item in node)
        ),
    )
