"""Plausible mistakes in merge_adapters; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# merge_adapters


@caught_by("deeper", "rounds_no_update")
def merge_adapters__update_rounded_first(params, adapters):
    """Rounds the update to the leaf's dtype before the sum: float16 leaf -60000 and an update of 70000 give inf."""

    def spelled(path):
        return jax.tree_util.keystr(path, simple=True, separator="/")

    known = {spelled(path) for path, _ in jax.tree_util.tree_leaves_with_path(params)}
    for name in adapters:
        if name not in known:
            raise ValueError(f"no such leaf: {name}")

    def merge(path, leaf):
        if spelled(path) not in adapters:
            return leaf
        down, up = adapters[spelled(path)]
        return leaf + (down.astype(jnp.float32) @ up.astype(jnp.float32)).astype(leaf.dtype)

    return jax.tree_util.tree_map_with_path(merge, params)


@caught_by("correct", "by_hand")
def merge_adapters__order_swapped(params, adapters):
    """Multiplies up by down."""

    def merged(path, leaf):
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        return leaf + adapters[name][1] @ adapters[name][0] if name in adapters else leaf

    return jax.tree.map_with_path(merged, params)


@caught_by("correct", "by_hand")
def merge_adapters__elementwise(params, adapters):
    """Multiplies element by element."""

    def merged(path, leaf):
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        return leaf * adapters[name][0] * adapters[name][1] if name in adapters else leaf

    return jax.tree.map_with_path(merged, params)


@caught_by("correct", "by_hand")
def merge_adapters__in_place(params, adapters):
    """Writes into the caller's own dicts."""
    for path, (down, up) in adapters.items():
        *parents, last = path.split("/")
        node = params
        for key in parents:
            node = node[key]
        node[last] = node[last] + down @ up
    return params


@caught_by("correct", "finds_every_path")
def merge_adapters__dict_keys_only(params, adapters):
    """Writes paths from the keys of dicts and the numbers of lists alone."""

    def merged(path, leaf):
        name = "/".join(str(getattr(key, "key", getattr(key, "idx", ""))) for key in path)
        if name not in adapters:
            return leaf
        down, up = adapters[name]
        return (leaf + down @ up).astype(leaf.dtype)

    return jax.tree.map_with_path(merged, params)


@caught_by("correct", "finds_every_path")
def merge_adapters__keystr_with_brackets(params, adapters):
    """Strips brackets and quotes off a written path, as if there were dicts alone."""

    def merged(path, leaf):
        name = jax.tree_util.keystr(path).replace("']['", "/").strip("[']")
        if name not in adapters:
            return leaf
        down, up = adapters[name]
        return (leaf + down @ up).astype(leaf.dtype)

    return jax.tree.map_with_path(merged, params)


@caught_by("correct", "leaves_similar_paths_alone")
def merge_adapters__ends_with(params, adapters):
    """Takes a path that ends with an adapter's for that path."""

    def merged(path, leaf):
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        for target, (down, up) in adapters.items():
            if name.endswith(target):
                leaf = (leaf + down @ up).astype(leaf.dtype)
        return leaf

    return jax.tree.map_with_path(merged, params)


@caught_by("correct", "leaves_similar_paths_alone")
def merge_adapters__begins_with(params, adapters):
    """Takes a path that begins with an adapter's for that path."""

    def merged(path, leaf):
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        for target, (down, up) in adapters.items():
            if name.startswith(target):
                leaf = (leaf + down @ up).astype(leaf.dtype)
        return leaf

    return jax.tree.map_with_path(merged, params)


@caught_by("correct", "leaves_similar_paths_alone")
def merge_adapters__substring(params, adapters):
    """Looks for the adapter's path anywhere in the leaf's."""

    def merged(path, leaf):
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        for target, (down, up) in adapters.items():
            if target in name:
                leaf = (leaf + down @ up).astype(leaf.dtype)
        return leaf

    return jax.tree.map_with_path(merged, params)


@caught_by("correct", "keeps_the_dtypes")
def merge_adapters__promotes(params, adapters):
    """Lets a float16 weight grow to float32."""
    leaves, structure = jax.tree.flatten_with_path(params)
    names = [jax.tree_util.keystr(path, simple=True, separator="/") for path, _ in leaves]
    if not set(adapters) <= set(names):
        raise ValueError("no such path")
    pairs = zip(names, leaves, strict=True)
    return structure.unflatten(
        [
            leaf + adapters[name][0] @ adapters[name][1] if name in adapters else leaf
            for name, (_, leaf) in pairs
        ]
    )


@caught_by("correct", "refuses_unknown_paths")
def merge_adapters__ignores_unknown(params, adapters):
    """Loses an adapter for a path that is not there."""

    def merged(path, leaf):
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        if name not in adapters:
            return leaf
        down, up = adapters[name]
        return (leaf + down @ up).astype(leaf.dtype)

    return jax.tree.map_with_path(merged, params)


@caught_by("correct", "refuses_unknown_paths")
def merge_adapters__key_error(params, adapters):
    """Lets a dict's KeyError do the refusing."""
    leaves, structure = jax.tree.flatten_with_path(params)
    by_path = {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}
    for path, (down, up) in adapters.items():
        by_path[path] = (by_path[path] + down @ up).astype(by_path[path].dtype)
    return structure.unflatten(by_path.values())


@caught_by("jit", "compiles_once")
def merge_adapters__skips_zeros(params, adapters):
    """Branches on the numbers to save a product."""
    leaves, structure = jax.tree.flatten_with_path(params)
    by_path = {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}
    for path, (down, up) in adapters.items():
        if path not in by_path:
            raise ValueError("no such path")
        if up.any():
            by_path[path] = (by_path[path] + down @ up).astype(by_path[path].dtype)
    return structure.unflatten(by_path.values())


@caught_by("jit", "lets_gradients_through")
def merge_adapters__stops_the_gradient(params, adapters):
    """Cuts the gradient off at the update instead of at the weight."""
    leaves, structure = jax.tree.flatten_with_path(params)
    by_path = {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}
    for path, (down, up) in adapters.items():
        if path not in by_path:
            raise ValueError("no such path")
        weight = by_path[path]
        by_path[path] = (weight + jax.lax.stop_gradient(down @ up)).astype(weight.dtype)
    return structure.unflatten(by_path.values())


@caught_by("correct", "leaves_the_others_bit_for_bit")
def merge_adapters__adds_zero(params, adapters):
    """Adds something to every leaf: -0 becomes 0."""
    unused = set(adapters)

    def merged(path, leaf):
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        unused.discard(name)
        down, up = adapters.get(name, (jnp.zeros((1, 1)), jnp.zeros((1, 1))))
        update = down @ up if name in adapters else 0.0
        return (leaf + update).astype(leaf.dtype)

    result = jax.tree.map_with_path(merged, params)
    if unused:
        raise ValueError(f"unknown paths: {unused}")
    return result


@caught_by("correct", "rounds_the_sum_alone")
def merge_adapters__rounds_the_adapters(params, adapters):
    """Gives the adapters the weight's dtype before it multiplies."""
    leaves, structure = jax.tree.flatten_with_path(params)
    by_path = {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}
    if adapters.keys() - by_path.keys():
        raise ValueError("no such path")
    for path, (down, up) in adapters.items():
        dtype = by_path[path].dtype
        by_path[path] = by_path[path] + down.astype(dtype) @ up.astype(dtype)
    return structure.unflatten(by_path.values())


@caught_by("correct", "refuses_unknown_paths")
def merge_adapters__looks_at_the_first(params, adapters):
    """Looks whether the first adapter has a place."""
    leaves, structure = jax.tree.flatten_with_path(params)
    by_path = {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}
    if adapters and next(iter(adapters)) not in by_path:
        raise ValueError("no such path")
    for path in adapters.keys() & by_path.keys():
        down, up = adapters[path]
        by_path[path] = (by_path[path] + down @ up).astype(by_path[path].dtype)
    return structure.unflatten(by_path.values())


@caught_by("correct", "finds_every_path")
def merge_adapters__outer_product(params, adapters):
    """Multiplies the first column with the first row, as if every rank were 1."""
    leaves, structure = jax.tree.flatten_with_path(params)
    by_path = {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}
    if adapters.keys() - by_path.keys():
        raise ValueError("no such path")
    for path, (down, up) in adapters.items():
        by_path[path] = (by_path[path] + jnp.outer(down[:, 0], up[0])).astype(by_path[path].dtype)
    return structure.unflatten(by_path.values())


@caught_by("correct", "leaves_similar_paths_alone")
def merge_adapters__strips_underscores(params, adapters):
    """Strips underscores off the keys: `_w` becomes `w`."""

    def name(path):
        return "/".join(
            word.strip("_") for word in jax.tree_util.keystr(path, simple=True, separator="/").split("/")
        )

    def merged(path, leaf):
        if name(path) not in adapters:
            return leaf
        down, up = adapters[name(path)]
        return (leaf + down @ up).astype(leaf.dtype)

    if set(adapters) - {name(path) for path, _ in jax.tree.leaves_with_path(params)}:
        raise ValueError("no such path")
    return jax.tree.map_with_path(merged, params)


@caught_by("deeper", "leaves_numbers_as_they_are")
def merge_adapters__clipped(params, adapters):
    """Keeps merged weights within a range that looks large enough."""
    leaves, structure = jax.tree.flatten_with_path(params)
    by_path = {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}
    for path, (down, up) in adapters.items():
        if path not in by_path:
            raise ValueError(f"no leaf has the path {path!r}")
        by_path[path] = jnp.clip(by_path[path] + down @ up, -1000, 1000).astype(by_path[path].dtype)
    return structure.unflatten(by_path.values())
