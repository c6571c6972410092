"""Plausible mistakes in decay_mask; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# decay_mask


@caught_by("deeper", "keeps_every_container")
def decay_mask__dicts_become_plain(params):
    """Walks by hand and builds plain dicts: an OrderedDict (or defaultdict) in params does not keep its structure."""
    names = ("b", "bias", "scale")

    def walk(node, spared):
        if isinstance(node, dict):
            return {key: walk(item, spared or key in names) for key, item in node.items()}
        if hasattr(node, "_fields"):
            items = zip(node._fields, node, strict=True)
            return type(node)(*(walk(item, spared or field in names) for field, item in items))
        if isinstance(node, list | tuple):
            return type(node)(walk(item, spared) for item in node)
        return jax.tree.map(lambda _: not spared, node)

    return walk(params, False)


@caught_by("correct", "by_hand")
def decay_mask__dict_keys_only(params):
    """Expects a dict's key in every place of the path."""
    exempt = {"b", "bias", "scale"}
    return jax.tree.map_with_path(lambda path, leaf: not {key.key for key in path} & exempt, params)


@caught_by("correct", "by_hand")
def decay_mask__compares_entries(params):
    """Compares entries of the path with strings, which they are not."""
    exempt = {"b", "bias", "scale"}
    return jax.tree.map_with_path(lambda path, leaf: not any(key in exempt for key in path), params)


@caught_by("correct", "by_hand")
def decay_mask__inverted(params):
    """Says which leaves are exempt."""
    exempt = {"b", "bias", "scale"}

    def is_exempt(path, leaf):
        return any(jax.tree_util.keystr((key,), simple=True) in exempt for key in path)

    return jax.tree.map_with_path(is_exempt, params)


@caught_by("correct", "by_hand")
def decay_mask__none_is_a_leaf(params):
    """Gives None an entry of its own."""
    exempt = {"b", "bias", "scale"}

    def is_decayed(path, leaf):
        return not any(jax.tree_util.keystr((key,), simple=True) in exempt for key in path)

    return jax.tree.map_with_path(is_decayed, params, is_leaf=lambda node: node is None)


@caught_by("correct", "by_hand")
def decay_mask__arrays(params):
    """Gives arrays instead of Python bools."""
    exempt = {"b", "bias", "scale"}

    def is_decayed(path, leaf):
        return jnp.array(not any(jax.tree_util.keystr((key,), simple=True) in exempt for key in path))

    return jax.tree.map_with_path(is_decayed, params)


@caught_by("correct", "by_hand")
@jax.jit
def decay_mask__compiled(params):
    """Compiles it: what leaves jit is an array."""
    exempt = {"b", "bias", "scale"}

    def is_decayed(path, leaf):
        return not any(jax.tree_util.keystr((key,), simple=True) in exempt for key in path)

    return jax.tree.map_with_path(is_decayed, params)


@caught_by("correct", "by_hand")
def decay_mask__list_of_bools(params):
    """Forgets to put the flags back into the structure."""
    exempt = {"b", "bias", "scale"}
    paths = [path for path, _ in jax.tree.leaves_with_path(params)]
    return [not any(jax.tree_util.keystr((k,), simple=True) in exempt for k in path) for path in paths]


@caught_by("correct", "compares_whole_words")
def decay_mask__substrings(params):
    """Looks for the words anywhere in the written path."""

    def is_decayed(path, leaf):
        text = jax.tree_util.keystr(path)
        return not ("'b'" in text or "bias" in text or "scale" in text)

    return jax.tree.map_with_path(is_decayed, params)


@caught_by("correct", "looks_at_the_whole_path")
def decay_mask__last_key(params):
    """Looks at the last key alone."""
    exempt = {"b", "bias", "scale"}

    def is_decayed(path, leaf):
        return jax.tree_util.keystr(path[-1:], simple=True) not in exempt

    return jax.tree.map_with_path(is_decayed, params)


@caught_by("correct", "compares_whole_words")
def decay_mask__first_letter(params):
    """Takes every name that begins with b for a bias."""

    def is_decayed(path, leaf):
        names = [jax.tree_util.keystr((key,), simple=True) for key in path]
        return not any(name.startswith("b") or name == "scale" for name in names)

    return jax.tree.map_with_path(is_decayed, params)


@caught_by("correct", "ignores_shapes")
def decay_mask__by_shape(params):
    """Guesses from the number of axes, as many optimisers do."""
    exempt = {"b", "bias", "scale"}

    def is_decayed(path, leaf):
        names = {jax.tree_util.keystr((key,), simple=True) for key in path}
        return not names & exempt and leaf.ndim > 1

    return jax.tree.map_with_path(is_decayed, params)


@caught_by("correct", "reads_fields_and_numbers")
def decay_mask__no_fields(params):
    """Knows the keys of dicts and lists, and takes the field of a named tuple for nothing."""
    exempt = {"b", "bias", "scale"}

    def is_decayed(path, leaf):
        return not any(getattr(key, "key", None) in exempt for key in path)

    return jax.tree.map_with_path(is_decayed, params)


@caught_by("correct", "never_looks_at_the_leaves")
def decay_mask__asks_the_leaf(params):
    """Leaves out what is no floating-point array."""
    exempt = {"b", "bias", "scale"}

    def is_decayed(path, leaf):
        names = {jax.tree_util.keystr((key,), simple=True) for key in path}
        return not names & exempt and bool(jnp.issubdtype(leaf.dtype, jnp.floating))

    return jax.tree.map_with_path(is_decayed, params)


@caught_by("correct", "compares_whole_words")
def decay_mask__splits_the_path(params):
    """Writes the path with slashes and splits it again: keys may hold slashes."""
    paths_and_leaves, structure = jax.tree_util.tree_flatten_with_path(params)
    mask = []
    for path, _ in paths_and_leaves:
        words = jax.tree_util.keystr(path, simple=True, separator="/").split("/")
        mask.append(set(words).isdisjoint({"b", "bias", "scale"}))
    return structure.unflatten(mask)
