"""Plausible mistakes of day 7; each must be caught by the check named above it."""

import functools
import math
import operator

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree

from tests.answers import caught_by

# global_norm


@caught_by("correct", "by_hand")
def global_norm__sum_of_norms(tree):
    """Takes a root at each leaf."""
    return sum((jnp.linalg.norm(leaf) for leaf in jax.tree.leaves(tree)), jnp.float32(0))


@caught_by("correct", "by_hand")
def global_norm__no_root(tree):
    """Forgets the root."""
    return sum((jnp.sum(leaf**2) for leaf in jax.tree.leaves(tree)), jnp.float32(0))


@caught_by("correct", "by_hand")
def global_norm__top_level_only(tree):
    """Takes the tree for a flat dict of arrays."""
    return jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in tree.values()))


@caught_by("correct", "by_hand")
def global_norm__none_is_a_leaf(tree):
    """Makes leaves of the Nones and then computes with them."""
    leaves = jax.tree.leaves(tree, is_leaf=lambda node: node is None)
    return jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in leaves))


@caught_by("correct", "by_hand")
def global_norm__reduce_starts_with_a_leaf(tree):
    """Reduces without a start, so that the first leaf is never squared nor summed."""
    return jnp.sqrt(jax.tree.reduce(lambda total, leaf: total + jnp.sum(leaf**2), tree))


@caught_by("correct", "agrees_with_one_long_vector")
def global_norm__own_recursion(tree):
    """Walks dicts and lists by itself, and takes every tuple for empty."""

    def total(node):
        if isinstance(node, dict):
            return sum(total(item) for item in node.values())
        if isinstance(node, list):
            return sum(total(item) for item in node)
        if node is None or isinstance(node, tuple):
            return 0.0
        return jnp.sum(node.astype(jnp.float32) ** 2)

    return jnp.sqrt(total(tree))


@caught_by("correct", "uses_no_shortcut")
def global_norm__optax(tree):
    """Leaves the work to optax."""
    return optax.global_norm(tree)


@caught_by("correct", "uses_no_shortcut")
def global_norm__ravel_pytree(tree):
    """Leaves the work to `ravel_pytree`."""
    return jnp.linalg.norm(ravel_pytree(tree)[0].astype(jnp.float32))


@caught_by("correct", "of_nothing_is_zero")
def global_norm__concatenates_nothing(tree):
    """Joins all leaves, but there may be none."""
    parts = [leaf.ravel().astype(jnp.float32) for leaf in jax.tree.leaves(tree)]
    return jnp.linalg.norm(jnp.concatenate(parts))


@caught_by("correct", "of_nothing_is_zero")
def global_norm__reduce_without_start(tree):
    """Reduces the squares without a start."""
    squares = [jnp.sum(leaf.astype(jnp.float32) ** 2) for leaf in jax.tree.leaves(tree)]
    return jnp.sqrt(functools.reduce(operator.add, squares))


@caught_by("correct", "sums_in_float32")
def global_norm__squares_in_half(tree):
    """Squares float16 in float16, where 400² is infinite."""
    squares = [jnp.sum(leaf**2).astype(jnp.float32) for leaf in jax.tree.leaves(tree)]
    return jnp.sqrt(sum(squares, jnp.float32(0)))


@caught_by("jit", "compiles_once")
def global_norm__python_floats(tree):
    """Sums in Python, which needs the numbers."""
    total = sum(float(jnp.sum(leaf.astype(jnp.float32) ** 2)) for leaf in jax.tree.leaves(tree))
    return jnp.asarray(math.sqrt(total))


@caught_by("jit", "compiles_once")
def global_norm__guarded_root(tree):
    """Branches on the sum to be safe at 0."""
    total = sum((jnp.sum(leaf.astype(jnp.float32) ** 2) for leaf in jax.tree.leaves(tree)), jnp.float32(0))
    return jnp.sqrt(total) if total > 0 else total


@caught_by("jit", "has_no_python_loop")
def global_norm__element_by_element(tree):
    """Adds one square at a time."""
    total = jnp.float32(0)
    for leaf in jax.tree.leaves(tree):
        for x in leaf.ravel():
            total += x.astype(jnp.float32) ** 2
    return jnp.sqrt(total)


# exponential_average


@caught_by("correct", "by_hand")
def exponential_average__roles_swapped(average, new, decay):
    """Lets the new tree decay."""
    return jax.tree.map(lambda a, n: (decay * n + (1 - decay) * a).astype(a.dtype), average, new)


@caught_by("correct", "by_hand")
def exponential_average__whole_dict(average, new, decay):
    """Computes with the containers themselves."""
    return decay * average + (1 - decay) * new


@caught_by("correct", "agrees_with_numpy")
def exponential_average__flat_dict(average, new, decay):
    """Takes the tree for a flat dict of arrays."""
    return {name: decay * average[name] + (1 - decay) * new[name] for name in average}


@caught_by("correct", "agrees_with_numpy")
def exponential_average__none_is_a_leaf(average, new, decay):
    """Turns the Nones into zeros."""

    def blend(a, n):
        return jnp.zeros(()) if a is None else (decay * a + (1 - decay) * n).astype(a.dtype)

    return jax.tree.map(blend, average, new, is_leaf=lambda node: node is None)


@caught_by("correct", "keeps_the_dtypes")
def exponential_average__promotes(average, new, decay):
    """Lets float16 grow to float32."""
    return jax.tree.map(lambda a, n: decay * a + (1 - decay) * n, average, new)


@caught_by("correct", "keeps_the_dtypes")
def exponential_average__all_in_float32(average, new, decay):
    """Makes every leaf float32."""
    return jax.tree.map(lambda a, n: (decay * a + (1 - decay) * n).astype(jnp.float32), average, new)


@caught_by("correct", "refuses_another_structure")
def exponential_average__leaves_in_order(average, new, decay):
    """Pairs the leaves by their place in two lists, whatever trees they come from."""
    old, structure = jax.tree.flatten(average)
    pairs = zip(old, jax.tree.leaves(new), strict=True)
    return structure.unflatten([(decay * a + (1 - decay) * n).astype(a.dtype) for a, n in pairs])


@caught_by("jit", "compiles_once")
def exponential_average__nothing_to_do(average, new, decay):
    """Branches on the decay."""
    if decay == 1:
        return average
    return jax.tree.map(lambda a, n: (decay * a + (1 - decay) * n).astype(a.dtype), average, new)


@caught_by("jit", "compiles_once")
def exponential_average__float_decay(average, new, decay):
    """Makes the decay a Python number, to keep the dtypes."""
    decay = float(decay)
    return jax.tree.map(lambda a, n: (decay * a + (1 - decay) * n).astype(a.dtype), average, new)


@caught_by("speed", "beats_the_eager_loop")
def exponential_average__row_by_row(average, new, decay):
    """Averages one row at a time."""

    def blend(a, n):
        if a.ndim == 0:
            return (decay * a + (1 - decay) * n).astype(a.dtype)
        return jnp.stack([(decay * a[k] + (1 - decay) * n[k]).astype(a.dtype) for k in range(len(a))])

    return jax.tree.map(blend, average, new)


@caught_by("speed", "beats_the_eager_loop")
def exponential_average__writes_rows(average, new, decay):
    """Writes one row at a time into the old average."""

    def blend(a, n):
        out = jnp.atleast_1d(a)
        for k, row in enumerate(jnp.atleast_1d(n)):
            out = out.at[k].set((decay * out[k] + (1 - decay) * row).astype(a.dtype))
        return out.reshape(a.shape)

    return jax.tree.map(blend, average, new)


# decay_mask


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


# Dual


@caught_by("correct", "has_two_leaves")
class Dual__not_registered:
    """Has the two methods, and never tells JAX about them."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "has_two_leaves")
@jax.tree_util.register_pytree_node_class
class Dual__label_is_a_leaf:
    """Makes the label a third child."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent, self.label), None

    @classmethod
    def tree_unflatten(cls, static, children):
        return cls(*children)


@caught_by("correct", "has_two_leaves")
@jax.tree_util.register_pytree_node_class
class Dual__tangent_is_static:
    """Counts the tangent to the static data."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value,), (self.tangent, self.label)

    @classmethod
    def tree_unflatten(cls, static, children):
        return cls(*children, *static)


@caught_by("correct", "comes_back_from_tree_map")
@jax.tree_util.register_pytree_node_class
class Dual__label_lost:
    """Gives JAX no static data, and makes up a label."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), None

    @classmethod
    def tree_unflatten(cls, static, children):
        return cls(*children, "")


@caught_by("correct", "comes_back_from_tree_map")
@jax.tree_util.register_pytree_node_class
class Dual__children_in_one:
    """Hands the tuple of children over as the value."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(children, label)


@caught_by("correct", "comes_back_from_tree_map")
@jax.tree_util.register_pytree_node_class
class Dual__arguments_swapped:
    """Takes the children first, where JAX gives the static data first."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, children, label):
        return cls(*children, label)


@caught_by("correct", "labels_are_structure")
@jax.tree_util.register_pytree_node_class
class Dual__itself_static:
    """Keeps the whole object as static data: every Dual is a structure of its own."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self

    @classmethod
    def tree_unflatten(cls, old, children):
        return cls(*children, old.label)


@caught_by("correct", "is_rebuilt_around_anything")
@jax.tree_util.register_pytree_node_class
class Dual__converts:
    """Converts in the constructor, and rebuilds through it."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = jnp.asarray(value), jnp.asarray(tangent), label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "is_rebuilt_around_anything")
@jax.tree_util.register_pytree_node_class
class Dual__checks_shapes:
    """Checks in the constructor, and rebuilds through it."""

    def __init__(self, value, tangent, label):
        if value.shape != tangent.shape:
            raise ValueError("value and tangent have different shapes")
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "adds_and_multiplies")
@jax.tree_util.register_pytree_node_class
class Dual__product_of_tangents:
    """Multiplies the tangents with each other."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value * other.value, self.tangent * other.tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "refuses_two_variables")
@jax.tree_util.register_pytree_node_class
class Dual__mixes_variables:
    """Takes the first label, whatever the second one is."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "refuses_two_variables")
@jax.tree_util.register_pytree_node_class
class Dual__label_of_the_class:
    """Keeps the label on the class, where all Duals share it."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent = value, tangent
        type(self).label = label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "passes_through_vmap")
@jax.tree_util.register_pytree_node_class
class Dual__branches_on_the_tangent:
    """Saves a product where the tangent is zero: a branch on a value."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent
        if self.tangent != 0:
            tangent += self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


@caught_by("correct", "has_two_leaves")
class Dual__inherits_from_dict(dict):
    """Keeps its parts in a dict, and hopes that JAX takes it for one."""

    def __init__(self, value, tangent, label):
        super().__init__(value=value, tangent=tangent)
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)


# stack_trees


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


# unstack_tree


@caught_by("correct", "by_hand")
def unstack_tree__tree_of_lists(tree):
    """Cuts the leaves and leaves the lists where they are."""
    return jax.tree.map(list, tree)


@caught_by("correct", "by_hand")
def unstack_tree__counts_the_keys(tree):
    """Takes the tree's own length for the number of rows."""
    return [jax.tree.map(lambda leaf: leaf[k], tree) for k in range(len(tree))]


@caught_by("correct", "by_hand")
def unstack_tree__keeps_the_axis(tree):
    """Cuts slices, which keep the first axis."""
    n = len(jax.tree.leaves(tree)[0])
    return [jax.tree.map(lambda leaf: leaf[k : k + 1], tree) for k in range(n)]


@caught_by("correct", "by_hand")
def unstack_tree__bare_leaves(tree):
    """Forgets to rebuild the structure."""
    return [list(row) for row in zip(*jax.tree.leaves(tree), strict=True)]


@caught_by("correct", "by_hand")
def unstack_tree__late_binding(tree):
    """Makes lazy rows, a generator instead of a list."""
    n = len(jax.tree.leaves(tree)[0])
    return (jax.tree.map(lambda leaf: leaf[k], tree) for k in range(n))


@caught_by("correct", "by_hand")
def unstack_tree__python_numbers(tree):
    """Turns the rows into Python lists and numbers."""
    n = len(jax.tree.leaves(tree)[0])
    return [jax.tree.map(lambda leaf: leaf[k].tolist(), tree) for k in range(n)]


@caught_by("correct", "agrees_with_numpy")
def unstack_tree__flat_dict(tree):
    """Takes the tree for a flat dict of arrays."""
    n = len(next(iter(tree.values())))
    return [{name: leaf[k] for name, leaf in tree.items()} for k in range(n)]


@caught_by("correct", "takes_one_row")
def unstack_tree__squeezes(tree):
    """Splits and squeezes away every axis of length 1."""
    n = len(jax.tree.leaves(tree)[0])
    if n == 1:
        return [tree]
    pieces = jax.tree.map(lambda leaf: [part.squeeze(0) for part in jnp.split(leaf, n)], tree)
    return [jax.tree.map(lambda leaf, parts: parts[k], tree, pieces) for k in range(n)]


@caught_by("correct", "keeps_the_dtypes")
def unstack_tree__through_one_table(tree):
    """Goes through one float32 table of all leaves and forgets the dtypes."""
    leaves, structure = jax.tree.flatten(tree)
    n = len(leaves[0])
    rows = [[leaf.reshape(n, -1)[k].astype(jnp.float32) for leaf in leaves] for k in range(n)]
    shapes = [leaf.shape[1:] for leaf in leaves]
    return [structure.unflatten([x.reshape(s) for x, s in zip(row, shapes, strict=True)]) for row in rows]


@caught_by("jit", "compiles_once")
def unstack_tree__numpy(tree):
    """Cuts in NumPy."""
    leaves, structure = jax.tree.flatten(tree)
    rows = zip(*(np.asarray(leaf) for leaf in leaves), strict=True)
    return [structure.unflatten([jnp.asarray(x) for x in row]) for row in rows]


@caught_by("jit", "compiles_once")
def unstack_tree__counts_with_an_array(tree):
    """Counts the rows in an array, where Python needs a number."""
    leaves, structure = jax.tree.flatten(tree)
    n = jnp.max(jnp.array([leaf.shape[0] for leaf in leaves]))
    return [structure.unflatten([leaf[k] for leaf in leaves]) for k in range(int(n))]


@caught_by("jit", "has_no_python_loop")
def unstack_tree__element_by_element(tree):
    """Builds each row from its own rows."""

    def row(leaf, k):
        if leaf.ndim == 1:
            return leaf[k]
        return jnp.stack([leaf[k, i] for i in range(leaf.shape[1])])

    n = len(jax.tree.leaves(tree)[0])
    return [jax.tree.map(lambda leaf: row(leaf, k), tree) for k in range(n)]


# ravel


@caught_by("correct", "by_hand")
def ravel__order_of_the_dict(tree):
    """Takes a dict's items in the order in which they were written."""
    parts = [leaf for value in tree.values() for leaf in jax.tree.leaves(value)]
    return jnp.concatenate([jnp.ravel(part) for part in parts]), lambda vector: tree


@caught_by("correct", "by_hand")
def ravel__column_by_column(tree):
    """Reads matrices down their columns."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            part = vector[start : start + leaf.size]
            rebuilt.append(part.reshape(leaf.shape, order="F").astype(leaf.dtype))
            start += leaf.size
        return structure.unflatten(rebuilt)

    return jnp.concatenate([leaf.T.ravel().astype(jnp.float32) for leaf in leaves]), unravel


@caught_by("correct", "by_hand")
def ravel__no_flattening(tree):
    """Joins leaves without making them flat."""
    leaves, structure = jax.tree.flatten(tree)
    return jnp.concatenate(leaves), structure.unflatten


@caught_by("correct", "by_hand")
def ravel__vector_alone(tree):
    """Forgets the second result."""
    return jnp.concatenate([leaf.ravel().astype(jnp.float32) for leaf in jax.tree.leaves(tree)])


@caught_by("correct", "uses_no_shortcut")
def ravel__ravel_pytree(tree):
    """Leaves the work to `ravel_pytree`."""
    return ravel_pytree(tree)


@caught_by("correct", "is_undone")
def ravel__remembers_the_tree(tree):
    """Gives the old tree back, whatever the vector."""
    parts = [jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in jax.tree.leaves(tree))]
    return jnp.concatenate(parts), lambda vector: tree


@caught_by("correct", "is_undone")
def ravel__cuts_by_rows(tree):
    """Cuts as many numbers as a leaf has rows."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            n = leaf.shape[0] if leaf.ndim else 1
            rebuilt.append(vector[start : start + n].astype(leaf.dtype))
            start += n
        return structure.unflatten(rebuilt)

    return jnp.concatenate([jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in leaves)]), unravel


@caught_by("correct", "is_undone")
def ravel__bare_leaves(tree):
    """Gives the leaves back in a list."""
    leaves = jax.tree.leaves(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            rebuilt.append(vector[start : start + leaf.size].reshape(leaf.shape).astype(leaf.dtype))
            start += leaf.size
        return rebuilt

    return jnp.concatenate([jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in leaves)]), unravel


@caught_by("correct", "is_undone")
def ravel__zero_takes_one(tree):
    """Takes at least one number for each leaf, also where it holds none."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            n = max(leaf.size, 1)
            rebuilt.append(vector[start : start + n].reshape(leaf.shape).astype(leaf.dtype))
            start += n
        return structure.unflatten(rebuilt)

    return jnp.concatenate([jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in leaves)]), unravel


@caught_by("correct", "gives_the_dtypes_back")
def ravel__dtypes_lost(tree):
    """Remembers shapes and forgets dtypes."""
    leaves, structure = jax.tree.flatten(tree)
    shapes = [leaf.shape for leaf in leaves]
    ends = np.cumsum([0, *(leaf.size for leaf in leaves)])

    def unravel(vector):
        cuts = zip(ends, ends[1:], shapes, strict=False)
        return structure.unflatten([vector[start:end].reshape(shape) for start, end, shape in cuts])

    return jnp.concatenate([jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in leaves)]), unravel


@caught_by("correct", "takes_a_tree_without_leaves")
def ravel__concatenates_nothing(tree):
    """Joins all leaves, but there may be none."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            rebuilt.append(vector[start : start + leaf.size].reshape(leaf.shape).astype(leaf.dtype))
            start += leaf.size
        return structure.unflatten(rebuilt)

    return jnp.concatenate([leaf.ravel().astype(jnp.float32) for leaf in leaves]), unravel


@caught_by("jit", "compiles_once")
def ravel__sizes_in_an_array(tree):
    """Computes the cuts in jax.numpy, which gives traced numbers."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        ends = jnp.cumsum(jnp.array([0, *(leaf.size for leaf in leaves)], int))
        rebuilt = []
        for k, leaf in enumerate(leaves):
            rebuilt.append(vector[ends[k] : ends[k + 1]].reshape(leaf.shape).astype(leaf.dtype))
        return structure.unflatten(rebuilt)

    return jnp.concatenate([jnp.zeros(0), *(leaf.ravel().astype(jnp.float32) for leaf in leaves)]), unravel


@caught_by("jit", "compiles_once")
def ravel__numpy(tree):
    """Lays the numbers out in NumPy."""
    leaves, structure = jax.tree.flatten(tree)

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            rebuilt.append(vector[start : start + leaf.size].reshape(leaf.shape).astype(leaf.dtype))
            start += leaf.size
        return structure.unflatten(rebuilt)

    parts = [np.zeros(0), *(np.asarray(leaf).ravel() for leaf in leaves)]
    return jnp.asarray(np.concatenate(parts), jnp.float32), unravel


@caught_by("jit", "has_no_python_loop")
def ravel__element_by_element(tree):
    """Takes the leaves apart to their numbers."""
    leaves, structure = jax.tree.flatten(tree)
    numbers = [x.astype(jnp.float32) for leaf in leaves for x in leaf.ravel()]

    def unravel(vector):
        rebuilt, start = [], 0
        for leaf in leaves:
            rebuilt.append(vector[start : start + leaf.size].reshape(leaf.shape).astype(leaf.dtype))
            start += leaf.size
        return structure.unflatten(rebuilt)

    return jnp.stack(numbers) if numbers else jnp.zeros(0), unravel


# shapes_to_zeros


@caught_by("correct", "by_hand")
def shapes_to_zeros__tuples_are_containers(shapes):
    """Maps over the integers inside the shapes."""
    return jax.tree.map(jnp.zeros, shapes)


@caught_by("correct", "by_hand")
def shapes_to_zeros__empty_is_no_shape(shapes):
    """Wants at least one integer in a shape."""

    def is_shape(node):
        return isinstance(node, tuple) and len(node) > 0 and all(isinstance(size, int) for size in node)

    return jax.tree.map(jnp.zeros, shapes, is_leaf=is_shape)


@caught_by("correct", "by_hand")
def shapes_to_zeros__numpy(shapes):
    """Makes NumPy arrays."""

    def is_shape(node):
        return isinstance(node, tuple) and all(isinstance(size, int) for size in node)

    return jax.tree.map(np.zeros, shapes, is_leaf=is_shape)


@caught_by("correct", "by_hand")
def shapes_to_zeros__integers(shapes):
    """Makes integer zeros."""

    def is_shape(node):
        return isinstance(node, tuple) and all(isinstance(size, int) for size in node)

    return jax.tree.map(lambda shape: jnp.zeros(shape, int), shapes, is_leaf=is_shape)


@caught_by("correct", "goes_into_tuples_of_shapes")
def shapes_to_zeros__every_tuple_is_a_shape(shapes):
    """Takes every tuple for a shape."""
    return jax.tree.map(jnp.zeros, shapes, is_leaf=lambda node: isinstance(node, tuple))


@caught_by("correct", "goes_into_named_tuples")
def shapes_to_zeros__named_tuples_are_shapes(shapes):
    """Knows plain tuples of shapes, but not named ones."""

    def is_shape(node):
        return isinstance(node, tuple) and (type(node) is not tuple or all(isinstance(i, int) for i in node))

    return jax.tree.map(jnp.zeros, shapes, is_leaf=is_shape)


@caught_by("correct", "goes_into_named_tuples")
def shapes_to_zeros__own_recursion(shapes):
    """Walks dicts, lists and tuples by itself; a named tuple is not made from one list."""

    def make(node):
        if isinstance(node, dict):
            return {key: make(item) for key, item in node.items()}
        if isinstance(node, tuple) and all(isinstance(item, int) for item in node):
            return jnp.zeros(node)
        if node is None:
            return None
        return type(node)([make(item) for item in node])

    return make(shapes)


@caught_by("correct", "keeps_what_is_empty")
def shapes_to_zeros__none_is_a_number(shapes):
    """Makes a number of None."""

    def is_shape(node):
        return node is None or isinstance(node, tuple) and all(isinstance(size, int) for size in node)

    return jax.tree.map(lambda shape: jnp.zeros(shape or ()), shapes, is_leaf=is_shape)


@caught_by("correct", "keeps_what_is_empty")
def shapes_to_zeros__lists_are_shapes(shapes):
    """Takes a list without anything in it for a shape, too."""

    def is_shape(node):
        return isinstance(node, tuple | list) and all(isinstance(size, int) for size in node)

    return jax.tree.map(jnp.zeros, shapes, is_leaf=is_shape)


@caught_by("jit", "makes_nothing_while_tracing")
def shapes_to_zeros__list_of_zeros(shapes):
    """Makes a Python list of zeros first."""

    def is_shape(node):
        return isinstance(node, tuple) and all(isinstance(size, int) for size in node)

    def zeros(shape):
        return jnp.array([0.0] * math.prod(shape), jnp.float32).reshape(shape)

    return jax.tree.map(zeros, shapes, is_leaf=is_shape)


@caught_by("jit", "makes_nothing_while_tracing")
def shapes_to_zeros__from_numpy(shapes):
    """Makes the zeros in NumPy, where nothing is put off."""

    def is_shape(node):
        return isinstance(node, tuple) and all(isinstance(size, int) for size in node)

    return jax.tree.map(lambda s: jnp.asarray(np.zeros(s, np.float32)), shapes, is_leaf=is_shape)


@caught_by("jit", "runs_under_jit")
def shapes_to_zeros__shapes_as_arrays(shapes):
    """Makes arrays of the shapes on the way: traced numbers are no sizes."""

    def is_shape(node):
        return isinstance(node, tuple) and all(isinstance(size, int) for size in node)

    def zeros(shape):
        sizes = jnp.array(shape, int)
        return jnp.zeros([int(size) for size in sizes])

    return jax.tree.map(zeros, shapes, is_leaf=is_shape)


# merge_adapters


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


@caught_by("correct", "compares_whole_words")
def decay_mask__splits_the_path(params):
    """Writes the path with slashes and splits it again: keys may hold slashes."""
    paths_and_leaves, structure = jax.tree_util.tree_flatten_with_path(params)
    mask = []
    for path, _ in paths_and_leaves:
        words = jax.tree_util.keystr(path, simple=True, separator="/").split("/")
        mask.append(set(words).isdisjoint({"b", "bias", "scale"}))
    return structure.unflatten(mask)


@caught_by("correct", "compares_labels_by_their_text")
@jax.tree_util.register_pytree_node_class
class Dual__same_label_object:
    """Compares labels by identity."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = value, tangent, label

    def __add__(self, other):
        if self.label is not other.label:
            raise ValueError("different labels")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label is not other.label:
            raise ValueError("different labels")
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten(self):
        return (self.value, self.tangent), self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)


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
