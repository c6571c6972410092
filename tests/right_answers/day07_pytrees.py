"""Right answers of day 7, written another way than the solutions; all must pass."""

import dataclasses
import functools
import itertools
import math
import operator
from typing import Any

import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, tree_util

# global_norm


def global_norm__reduce(tree):
    """Adds one leaf's squares after the other to a start of 0."""
    total = jax.tree.reduce(
        lambda total, leaf: total + jnp.sum(jnp.square(leaf.astype(jnp.float32))), tree, jnp.float32(0)
    )
    return jnp.sqrt(total)


def global_norm__norm_of_norms(tree):
    """Takes the norm of the leaves' norms."""
    norms = [jnp.linalg.norm(leaf.astype(jnp.float32).ravel()) for leaf in jax.tree.leaves(tree)]
    return jnp.linalg.norm(jnp.array(norms, jnp.float32))


def global_norm__one_vector(tree):
    """Joins everything after an empty array, and takes one dot product."""
    parts = [jnp.zeros(0), *(jnp.ravel(leaf).astype(jnp.float32) for leaf in jax.tree.leaves(tree))]
    vector = jnp.concatenate(parts)
    return jnp.sqrt(vector @ vector)


@jax.jit
def global_norm__maps_first(tree):
    """Maps leaves to sums, then sums the tree; compiled by the learner."""
    sums = jax.tree.map(lambda leaf: jnp.sum(leaf.astype(jnp.float32) ** 2), tree)
    return jnp.sqrt(sum(jax.tree.leaves(sums), start=jnp.zeros(())))


def global_norm__dots(tree):
    """Multiplies each leaf with itself, and adds up by `operator`."""
    leaves = [jnp.asarray(leaf, jnp.float32).ravel() for leaf in tree_util.tree_leaves(tree)]
    return functools.reduce(operator.add, map(jnp.vdot, leaves, leaves), jnp.float32(0)) ** 0.5


# exponential_average


def exponential_average__step_towards(average, new, decay):
    """Goes a part of the way to the new tree."""

    def blend(old, latest):
        step = (1 - decay) * (latest.astype(old.dtype) - old)
        return jnp.asarray(old + step, old.dtype)

    return jax.tree.map(blend, average, new)


def exponential_average__weighted_sum(average, new, decay):
    """Scales both trees, then adds them, then restores the dtypes."""
    kept = jax.tree.map(lambda x: x.astype(jnp.float32) * decay, average)
    added = jax.tree.map(lambda x: x.astype(jnp.float32) * (1 - decay), new)
    total = jax.tree.map(jnp.add, kept, added)
    return jax.tree.map(lambda like, x: x.astype(like.dtype), average, total)


def exponential_average__flattened(average, new, decay):
    """Works on lists of leaves, after a look at the structures."""
    old, structure = jax.tree.flatten(average)
    latest, other = jax.tree.flatten(new)
    if structure != other:
        raise ValueError(f"{structure} is not {other}")
    blended = [(decay * a + (1 - decay) * b).astype(a.dtype) for a, b in zip(old, latest, strict=True)]
    return jax.tree.unflatten(structure, blended)


@jax.jit
def exponential_average__compiled(average, new, decay):
    """Compiled by the learner; the decay takes each leaf's dtype first."""

    def blend(old, latest):
        rate = jnp.asarray(decay, old.dtype)
        return rate * old + (1 - rate) * latest.astype(old.dtype)

    return jax.tree.map(blend, average, new)


def exponential_average__fori_loop(average, new, decay):
    """Visits the rows of a leaf in a compiled loop."""

    def blend(old, latest):
        if old.ndim == 0:
            return (decay * old + (1 - decay) * latest).astype(old.dtype)

        def visit(k, out):
            return out.at[k].set((decay * out[k] + (1 - decay) * latest[k]).astype(old.dtype))

        return lax.fori_loop(0, len(old), visit, old)

    return jax.tree.map(blend, average, new)


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


# Dual


@functools.partial(tree_util.register_dataclass, data_fields=["value", "tangent"], meta_fields=["label"])
@dataclasses.dataclass
class Dual__dataclass:
    """A dataclass, registered by naming its fields."""

    value: Any
    tangent: Any
    label: str

    def _same(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        return self.label

    def __add__(self, other):
        return Dual(self.value + other.value, self.tangent + other.tangent, self._same(other))

    def __mul__(self, other):
        label = self._same(other)
        return Dual(self.value * other.value, self.value * other.tangent + other.value * self.tangent, label)


@tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Dual__static_field:
    """A frozen dataclass that marks its label as static, and unpacks by `replace`."""

    value: Any
    tangent: Any
    label: str = dataclasses.field(metadata={"static": True})

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        return dataclasses.replace(self, value=self.value + other.value, tangent=self.tangent + other.tangent)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        tangent = self.tangent * other.value + self.value * other.tangent
        return dataclasses.replace(self, value=self.value * other.value, tangent=tangent)


@flax.struct.dataclass
class Dual__flax:
    """Lets flax register it."""

    value: Any
    tangent: Any
    label: str = flax.struct.field(pytree_node=False)

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        tangent = self.tangent * other.value + self.value * other.tangent
        return Dual(self.value * other.value, tangent, self.label)


class Dual__registered_below:
    """A plain class; two functions take it apart and put it together."""

    def __init__(self, value, tangent, label):
        self.value = value
        self.tangent = tangent
        self.label = label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        return type(self)(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        tangent = self.tangent * other.value + self.value * other.tangent
        return type(self)(self.value * other.value, tangent, self.label)


tree_util.register_pytree_node(
    Dual__registered_below,
    lambda dual: ((dual.value, dual.tangent), {"label": dual.label}),
    lambda static, children: Dual__registered_below(*children, **static),
)


@tree_util.register_pytree_with_keys_class
class Dual__with_keys:
    """Gives its leaves names, and keeps the label in a tuple."""

    def __init__(self, value, tangent, label):
        self.value = value
        self.tangent = tangent
        self.label = label

    def __add__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")
        tangent = self.tangent * other.value + self.value * other.tangent
        return Dual(self.value * other.value, tangent, self.label)

    def tree_flatten_with_keys(self):
        names = ("value", "tangent")
        return [(tree_util.GetAttrKey(name), getattr(self, name)) for name in names], (self.label,)

    @classmethod
    def tree_unflatten(cls, static, children):
        return cls(*children, *static)


@jax.tree_util.register_pytree_node_class
class Dual__converting:
    """Converts and checks in the constructor, and goes round it when rebuilt."""

    def __init__(self, value, tangent, label):
        self.value, self.tangent, self.label = jnp.asarray(value), jnp.asarray(tangent), str(label)
        if self.value.shape != self.tangent.shape:
            raise ValueError("value and tangent have different shapes")

    def __add__(self, other):
        self.must_match(other)
        return Dual(self.value + other.value, self.tangent + other.tangent, self.label)

    def __mul__(self, other):
        self.must_match(other)
        tangent = self.tangent * other.value + self.value * other.tangent
        return Dual(self.value * other.value, tangent, self.label)

    def must_match(self, other):
        if self.label != other.label:
            raise ValueError("Duals of different variables")

    def tree_flatten(self):
        return [self.value, self.tangent], self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        dual = object.__new__(cls)
        dual.value, dual.tangent = children
        dual.label = label
        return dual


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


# unstack_tree


def unstack_tree__maps_an_index(tree):
    """Maps an index over the whole tree, once a row."""
    n = jax.tree.leaves(tree)[0].shape[0]
    return [jax.tree.map(operator.itemgetter(k), tree) for k in range(n)]


def unstack_tree__walks_the_rows(tree):
    """Walks over the rows of all leaves together."""
    leaves, structure = jax.tree.flatten(tree)
    return [structure.unflatten(row) for row in zip(*map(jnp.unstack, leaves), strict=True)]


def unstack_tree__transposed(tree):
    """Cuts the leaves into lists, then turns the tree of lists inside out."""
    structure = jax.tree.structure(tree)
    lists = jax.tree.map(list, tree)
    n = len(jax.tree.leaves(tree)[0])
    return jax.tree.transpose(structure, jax.tree.structure([0] * n), lists)


def unstack_tree__dynamic_index(tree):
    """Cuts rows with `lax`."""
    n = len(jax.tree.leaves(tree)[0])

    def row(k):
        return jax.tree.map(lambda leaf: lax.dynamic_index_in_dim(leaf, k, keepdims=False), tree)

    return [row(k) for k in range(n)]


# ravel


def ravel__split(tree):
    """Splits the vector at sums of sizes, known to NumPy."""
    leaves, structure = jax.tree.flatten(tree)
    shapes, dtypes = [leaf.shape for leaf in leaves], [leaf.dtype for leaf in leaves]
    ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
    vector = jnp.hstack([leaf.ravel().astype(jnp.float32) for leaf in leaves]) if leaves else jnp.zeros(0)

    def unravel(vector):
        parts = jnp.split(vector, ends) if leaves else []
        return structure.unflatten(
            part.reshape(shape).astype(dtype)
            for part, shape, dtype in zip(parts, shapes, dtypes, strict=True)
        )

    return vector, unravel


def ravel__maps_a_template(tree):
    """Keeps a tree of shapes, and an iterator over where leaves begin."""
    template = jax.eval_shape(lambda: jax.tree.map(jnp.zeros_like, tree))
    parts = [jnp.reshape(leaf, -1).astype(jnp.float32) for leaf in jax.tree.leaves(tree)]

    def unravel(vector):
        starts = itertools.accumulate((leaf.size for leaf in jax.tree.leaves(template)), initial=0)

        def cut(like):
            part = lax.dynamic_slice_in_dim(vector, next(starts), like.size)
            return part.reshape(like.shape).astype(like.dtype)

        return jax.tree.map(cut, template)

    return jnp.concatenate(parts or [jnp.zeros(0)]), unravel


def ravel__gathers(tree):
    """Numbers all elements, and reads the vector by number."""
    leaves, structure = jax.tree.flatten(tree)
    sizes = [leaf.size for leaf in leaves]
    starts = [sum(sizes[:k]) for k in range(len(sizes))]

    def unravel(vector):
        def read(start, leaf):
            places = start + np.arange(leaf.size).reshape(leaf.shape)
            return jnp.asarray(vector[places], leaf.dtype)

        return jax.tree.unflatten(structure, [read(s, leaf) for s, leaf in zip(starts, leaves, strict=True)])

    vector = jnp.zeros(sum(sizes), jnp.float32)
    for start, leaf in zip(starts, leaves, strict=True):
        vector = vector.at[start : start + leaf.size].set(leaf.astype(jnp.float32).ravel())
    return vector, unravel


# shapes_to_zeros


def shapes_to_zeros__flattened(shapes):
    """Takes the tree apart at its shapes, by what their items are."""

    def is_shape(node):
        return type(node) is tuple and not any(not isinstance(item, int) for item in node)

    leaves, structure = jax.tree.flatten(shapes, is_leaf=is_shape)
    return structure.unflatten([jnp.full(shape, 0.0, jnp.float32) for shape in leaves])


def shapes_to_zeros__through_structs(shapes):
    """Goes through a tree of `jax.ShapeDtypeStruct`."""

    def is_shape(node):
        return isinstance(node, tuple) and all(type(item) is int for item in node)

    structs = jax.tree.map(lambda shape: jax.ShapeDtypeStruct(shape, jnp.float32), shapes, is_leaf=is_shape)
    return jax.tree.map(jnp.zeros_like, structs)


def shapes_to_zeros__own_recursion(shapes):
    """Walks the tree by itself; knows dicts, lists, tuples and named tuples."""
    if isinstance(shapes, tuple) and all(isinstance(item, int) for item in shapes):
        return jnp.zeros(shapes, jnp.float32)
    if isinstance(shapes, dict):
        return {key: shapes_to_zeros__own_recursion(item) for key, item in shapes.items()}
    if hasattr(shapes, "_fields"):
        return type(shapes)(*map(shapes_to_zeros__own_recursion, shapes))
    if isinstance(shapes, list | tuple):
        return type(shapes)(map(shapes_to_zeros__own_recursion, shapes))
    return shapes


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
