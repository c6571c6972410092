"""Plausible mistakes in shapes_to_zeros; each must be caught by the check named above it."""

import math
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

# shapes_to_zeros


@caught_by("deeper", "after_a_trace")
def shapes_to_zeros__zeros_remembered(shapes):
    """Remembers the zeros of each shape: after a call under eval_shape a tracer is kept, and leaks into the next call."""

    def is_shape(node):
        return isinstance(node, tuple) and all(isinstance(item, int) for item in node)

    return jax.tree.map(remembered_zeros, shapes, is_leaf=is_shape)


@lru_cache(maxsize=None)
def remembered_zeros(shape):
    return jnp.zeros(shape, jnp.float32)


@caught_by("deeper", "keeps_tuples_of_none")
def shapes_to_zeros__no_containers_inside(shapes):
    """Takes a tuple without containers in it for a shape: (None, None) is structure, too."""

    def is_flat(node):
        return isinstance(node, tuple) and not any(isinstance(item, tuple | list | dict) for item in node)

    return jax.tree.map(lambda shape: jnp.zeros(shape, jnp.float32), shapes, is_leaf=is_flat)


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
