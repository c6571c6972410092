"""Other honest ways to write merge_adapters; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import tree_util

# merge_adapters


def merge_adapters__maps_with_path(params, adapters):
    """Maps over leaves and paths, and crosses off the adapters that it has used."""
    unused = set(adapters)

    def merged(path, leaf):
        name = tree_util.keystr(path, simple=True, separator="/")
        if name not in adapters:
            return leaf
        unused.discard(name)
        down, up = adapters[name]
        return jnp.asarray(leaf + jnp.matmul(down, up), leaf.dtype)

    result = jax.tree.map_with_path(merged, params)
    if unused:
        raise ValueError(f"unknown paths: {unused}")
    return result


def merge_adapters__own_names(params, adapters):
    """Writes paths from the attributes of their entries, and multiplies by einsum."""

    def name(path):
        words = (getattr(key, "key", getattr(key, "name", getattr(key, "idx", None))) for key in path)
        return "/".join(map(str, words))

    leaves, structure = tree_util.tree_flatten_with_path(params)
    names = [name(path) for path, _ in leaves]
    for target in adapters:
        if target not in names:
            raise ValueError(target)
    merged = []
    for path, (_, leaf) in zip(names, leaves, strict=True):
        if path in adapters:
            leaf = (leaf + jnp.einsum("nr,rm->nm", *adapters[path])).astype(leaf.dtype)
        merged.append(leaf)
    return structure.unflatten(merged)


def merge_adapters__tree_of_updates(params, adapters):
    """Makes a tree of updates, zero where there is no adapter, and adds two trees."""
    paths = [
        tree_util.keystr(path, simple=True, separator="/") for path, _ in jax.tree.leaves_with_path(params)
    ]
    if not adapters.keys() <= set(paths):
        raise ValueError("an adapter for no leaf")
    structure = jax.tree.structure(params)
    names = structure.unflatten(paths)

    def merge(name, leaf):
        if name in adapters:
            down, up = adapters[name]
            leaf = (leaf + (down[:, :, None] * up).sum(axis=1)).astype(leaf.dtype)
        return leaf

    return jax.tree.map(merge, names, params)


def merge_adapters__lists_of_words(params, adapters):
    """Splits the adapters' paths into words, and compares lists."""
    wanted = {tuple(path.split("/")): pair for path, pair in adapters.items()}
    seen = []

    def visit(path, leaf):
        words = tuple(tree_util.keystr((key,), simple=True) for key in path)
        seen.append(words)
        if words not in wanted:
            return leaf
        down, up = wanted[words]
        return jnp.add(leaf, jnp.dot(down, up)).astype(leaf.dtype)

    merged = jax.tree.map_with_path(visit, params)
    if not set(wanted) <= set(seen):
        raise ValueError("an adapter is left over")
    return merged


def merge_adapters__one_at_a_time(params, adapters):
    """Maps over the whole tree once for each adapter."""
    paths = [
        tree_util.keystr(path, simple=True, separator="/")
        for path, _ in tree_util.tree_leaves_with_path(params)
    ]
    for target, (down, up) in adapters.items():
        if paths.count(target) != 1:
            raise ValueError(f"{target} is no leaf")
        place = paths.index(target)
        leaves, structure = jax.tree.flatten(params)
        leaves[place] = jnp.asarray(leaves[place] + down @ up, leaves[place].dtype)
        params = structure.unflatten(leaves)
    return params


def merge_adapters__default_pair(params, adapters):
    """Pops adapters off a copy of the mapping."""
    left = dict(adapters)

    def merge(path, weight):
        pair = left.pop(tree_util.keystr(path, simple=True, separator="/"), None)
        return weight if pair is None else (weight + pair[0] @ pair[1]).astype(weight.dtype)

    out = tree_util.tree_map_with_path(merge, params)
    if left:
        raise ValueError(", ".join(left))
    return out
