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


def decay_mask__words_of_keystr(params):
    """Writes each key of the path down by itself, and meets sets."""
    leaves, structure = jax.tree.flatten_with_path(params)
    words = [{tree_util.keystr((key,), simple=True) for key in path} for path, _ in leaves]
    return structure.unflatten([found.isdisjoint({"b", "bias", "scale"}) for found in words])


def decay_mask__recursion(params):
    """Walks one level after the other, with `None` for what is exempt above."""

    def walk(node, exempt):
        children, structure = jax.tree.flatten_with_path(node, is_leaf=lambda inner: inner is not node)
        if jax.tree_util.treedef_is_leaf(structure) and not (children and children[0][0]):
            return not exempt if children else node
        out = []
        for (key,), child in children:
            name = getattr(key, "key", getattr(key, "name", None))
            out.append(walk(child, exempt or name in ("b", "bias", "scale")))
        return structure.unflatten(out)

    return walk(params, False)


def decay_mask__by_matching(params):
    """Matches the kinds of keys."""

    def word(key):
        match key:
            case tree_util.DictKey(key=name) | tree_util.GetAttrKey(name=name):
                return name
        return ""

    def decayed(path, _leaf):
        for key in path:
            if word(key) in {"b", "bias", "scale"}:
                return False
        return True

    return jax.tree.map_with_path(decayed, params)


def decay_mask__slashes_that_cannot_occur(params):
    """Joins the keys with a character that no key holds, and looks for whole words between."""

    def decayed(path, _):
        text = "\0" + tree_util.keystr(path, simple=True, separator="\0") + "\0"
        return not any(f"\0{word}\0" in text for word in ("b", "bias", "scale"))

    return jax.tree.map_with_path(decayed, params)
