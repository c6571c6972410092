"""Plausible mistakes in keys_like; each must be caught by the check named above it."""

import jax
import numpy as np
from grader.kata.answers import caught_by


@caught_by("correct", "all_keys_differ")
def keys_like__same_key_everywhere(key, tree):
    """Puts the one key at every leaf."""
    return jax.tree.map(lambda _: key, tree)


@caught_by("correct", "all_keys_differ")
def keys_like__splits_anew_at_each_leaf(key, tree):
    """Splits inside the map, always from the same parent."""
    return jax.tree.map(lambda _: jax.random.split(key)[0], tree)


@caught_by("correct", "all_keys_differ")
def keys_like__hands_out_the_parent(key, tree):
    """Gives the first leaf the key that the caller already has."""
    leaves, structure = jax.tree.flatten(tree)
    keys = [key, *(jax.random.fold_in(key, i) for i in range(1, len(leaves)))]
    return jax.tree.unflatten(structure, keys[: len(leaves)])


@caught_by("correct", "keeps_the_structure")
def keys_like__pairs_of_keys(key, tree):
    """Leaves an array of two keys at each leaf."""
    leaves, structure = jax.tree.flatten(tree)
    return jax.tree.unflatten(structure, [jax.random.split(k) for k in jax.random.split(key, len(leaves))])


@caught_by("correct", "keeps_the_structure")
def keys_like__raw_bits(key, tree):
    """Gives the bits of the keys, as old code did."""
    leaves, structure = jax.tree.flatten(tree)
    return jax.tree.unflatten(structure, list(jax.random.key_data(jax.random.split(key, len(leaves)))))


@caught_by("correct", "keeps_the_structure")
def keys_like__a_key_for_none(key, tree):
    """Takes None for a leaf."""
    leaves, structure = jax.tree.flatten(tree, is_leaf=lambda leaf: leaf is None)
    return jax.tree.unflatten(structure, list(jax.random.split(key, len(leaves))))


@caught_by("correct", "keys_are_unused")
def keys_like__hands_out_keys_it_goes_on_splitting(key, tree):
    """Hands out each key and then splits it for the next leaf."""
    fresh = []
    for _ in jax.tree.leaves(tree):
        key, _ = jax.random.split(key)
        fresh.append(key)
    return jax.tree.unflatten(jax.tree.structure(tree), fresh)


@caught_by("correct", "depends_on_the_key")
def keys_like__numbers_as_seeds(key, tree):
    """Makes keys of 1, 2, 3 and forgets the key that it was given."""
    leaves, structure = jax.tree.flatten(tree)
    return jax.tree.unflatten(structure, [jax.random.key(i + 1) for i in range(len(leaves))])


@caught_by("correct", "depends_on_the_key")
def keys_like__counts_seeds_upwards(key, tree):
    """Adds 1, 2, 3 to the seed, so that neighbouring seeds share keys."""
    leaves, structure = jax.tree.flatten(tree)
    seed = jax.random.key_data(key)[-1]
    return jax.tree.unflatten(structure, [jax.random.key(seed + i + 1) for i in range(len(leaves))])


@caught_by("correct", "never_looks_at_the_leaves")
def keys_like__folds_in_the_size_of_the_leaf(key, tree):
    """Tells leaves apart by their position and their size."""
    leaves, structure = jax.tree.flatten(tree)
    keys = jax.random.split(key, len(leaves))
    return jax.tree.unflatten(
        structure,
        [jax.random.fold_in(k, np.size(leaf)) for k, leaf in zip(keys, leaves, strict=True)],
    )


@caught_by("jit", "compiles_once")
def keys_like__turns_leaves_into_numpy(key, tree):
    """Turns every leaf into a NumPy array, for no good reason."""
    leaves, structure = jax.tree.flatten(jax.tree.map(np.asarray, tree))
    return jax.tree.unflatten(structure, list(jax.random.split(key, len(leaves))))


@caught_by("correct", "is_the_same_in_every_process")
def keys_like__hash_of_the_path(key, tree):
    """Folds in Python's hash of each path: another key in every process."""

    def fresh(path, _):
        return jax.random.fold_in(key, hash(jax.tree_util.keystr(path)) & 0x7FFFFFFF)

    return jax.tree_util.tree_map_with_path(fresh, tree)


@caught_by("correct", "all_keys_differ")
def keys_like__by_the_last_name(key, tree):
    """Tells leaves apart by the last part of their path, which two of them may share."""

    def fresh(path, _):
        return jax.random.fold_in(key, sum(map(ord, str(path[-1] if path else ""))))

    return jax.tree_util.tree_map_with_path(fresh, tree)


@caught_by("deeper", "makes_hundreds")
def keys_like__table_of_a_hundred(key, tree):
    """Splits a hundred keys and begins again where they run out."""
    keys = jax.random.split(key, 100)
    leaves, structure = jax.tree.flatten(tree)
    return jax.tree.unflatten(structure, [keys[i % 100] for i in range(len(leaves))])


@caught_by("correct", "all_keys_differ")
def keys_like__joined_paths(key, tree):
    """Joins the parts of a path by a slash, which a key of a dict may hold, too."""

    def fresh(path, _):
        name = "/".join(str(getattr(part, "key", getattr(part, "idx", ""))) for part in path)
        return jax.random.fold_in(
            key, sum(ord(letter) * 257**place for place, letter in enumerate(name)) % 2**31
        )

    return jax.tree_util.tree_map_with_path(fresh, tree)
