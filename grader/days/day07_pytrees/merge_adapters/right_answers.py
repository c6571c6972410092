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
            leaf = leaf + (down[:, :, None] * up).sum(axis=1).astype(leaf.dtype)
        return leaf

    return jax.tree.map(merge, names, params)
