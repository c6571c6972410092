"""Other honest ways to write decay_mask; each must pass every check."""

import jax
from jax import tree_util

# decay_mask


def decay_mask__by_kind_of_key(params):
    """Asks each entry of the path what it is."""

    def name(key):
        if isinstance(key, tree_util.DictKey):
            return key.key
        if isinstance(key, tree_util.GetAttrKey):
            return key.name
        return None

    def is_decayed(path, leaf):
        return all(name(key) not in ("b", "bias", "scale") for key in path)

    return tree_util.tree_map_with_path(is_decayed, params)


def decay_mask__first_attribute(params):
    """Takes whichever attribute the entry has."""
    exempt = {"b", "bias", "scale"}

    def word(key):
        return getattr(key, "key", getattr(key, "name", getattr(key, "idx", None)))

    return jax.tree.map_with_path(lambda path, _: not any(word(key) in exempt for key in path), params)
