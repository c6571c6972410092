"""Other honest ways to write keys_like; each must pass every check."""

import zlib

import jax


def keys_like__by_folding_in_the_position(key, tree):
    """Numbers the leaves and folds the number in; never splits."""
    leaves, structure = jax.tree.flatten(tree)
    keys = [jax.random.fold_in(key, i) for i in range(len(leaves))]
    return jax.tree.unflatten(structure, keys)


def keys_like__by_an_iterator(key, tree):
    """Splits once and hands the keys out one by one while mapping."""
    keys = iter(jax.random.split(key, len(jax.tree.leaves(tree))))
    return jax.tree.map(lambda _: next(keys), tree)


def keys_like__by_splitting_on_the_way(key, tree):
    """Splits the key again for every leaf, the way a training loop does."""
    fresh = []
    for _ in jax.tree.leaves(tree):
        key, leaf_key = jax.random.split(key)
        fresh.append(leaf_key)
    return jax.tree.unflatten(jax.tree.structure(tree), fresh)


def keys_like__by_the_names_of_paths(key, tree):
    """Folds in a checksum of each path, so that adding a leaf leaves the other keys alone."""

    def fresh(path, _):
        return jax.random.fold_in(key, zlib.crc32(jax.tree_util.keystr(path).encode()))

    return jax.tree_util.tree_map_with_path(fresh, tree)


def keys_like__by_transposing_a_tree_of_positions(key, tree):
    """Clumsy: a tree of positions first, then one key looked up for each."""
    leaves, structure = jax.tree.flatten(tree)
    positions = jax.tree.unflatten(structure, range(len(leaves)))
    keys = jax.random.split(key, len(leaves) + 1)[1:]
    return jax.tree.map(lambda i: keys[i], positions)


def keys_like__two_folds(key, tree):
    """Folds in the number of leaves first and each leaf's number then."""
    leaves, structure = jax.tree.flatten(tree)
    own = jax.random.fold_in(key, len(leaves))
    return structure.unflatten(jax.random.fold_in(own, i) for i, _ in enumerate(leaves))
