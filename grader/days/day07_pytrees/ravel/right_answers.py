"""Other honest ways to write ravel; each must pass every check."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

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


def ravel__pops(tree):
    """Cuts from the front of what is left, leaf by leaf."""
    like = [(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(tree)]
    structure = jax.tree.structure(tree)
    flat = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32).reshape(-1), tree)
    vector = jax.tree.reduce(lambda a, b: jnp.append(a, b), flat, jnp.zeros((0,), jnp.float32))

    def unravel(rest):
        out = []
        for shape, dtype in like:
            size = math.prod(shape)
            head, rest = rest[:size], rest[size:]
            out.append(head.reshape(shape).astype(dtype))
        return jax.tree.unflatten(structure, out)

    return vector, unravel


def ravel__a_class(tree):
    """Has an object that undoes it."""

    class Undo:
        def __init__(self, tree):
            leaves, self.structure = jax.tree.flatten(tree)
            self.kinds = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in leaves]
            self.ends = list(itertools.accumulate(kind.size for kind in self.kinds))

        def __call__(self, vector):
            parts = [
                jnp.reshape(vector[end - kind.size : end], kind.shape).astype(kind.dtype)
                for kind, end in zip(self.kinds, self.ends, strict=True)
            ]
            return self.structure.unflatten(parts)

    vector = jnp.zeros(0)
    for leaf in jax.tree.leaves(tree):
        vector = jnp.concatenate([vector, leaf.flatten().astype(vector.dtype)])
    return vector, Undo(tree)


def ravel__nested_maps(tree):
    """Maps over a tree of places, made once."""
    ends, places = 0, []
    for leaf in jax.tree.leaves(tree):
        places.append((ends, ends + leaf.size, leaf.shape, leaf.dtype))
        ends += leaf.size
    where = jax.tree.unflatten(jax.tree.structure(tree), places)
    columns = [leaf.astype(jnp.float32).reshape(leaf.size, 1) for leaf in jax.tree.leaves(tree)]
    vector = jnp.concatenate([jnp.zeros((0, 1)), *columns])[:, 0]

    def unravel(vector):
        def cut(place):
            begin, end, shape, dtype = place
            return lax.slice(vector, (begin,), (end,)).reshape(shape).astype(dtype)

        def is_place(node):
            return type(node) is tuple and len(node) == 4 and type(node[0]) is int and type(node[2]) is tuple

        return jax.tree.map(cut, where, is_leaf=is_place)

    return vector, unravel
