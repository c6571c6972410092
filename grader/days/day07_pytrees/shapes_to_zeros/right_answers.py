"""Other honest ways to write shapes_to_zeros; each must pass every check."""

import jax
import jax.numpy as jnp

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


def shapes_to_zeros__plain_tuples(shapes):
    """Takes plain tuples alone for shapes: a named tuple of integers does not occur."""
    is_shape = lambda node: type(node) is tuple and all(isinstance(size, int) for size in node)  # noqa: E731
    return jax.tree.map(lambda shape: jnp.broadcast_to(jnp.float32(0), shape), shapes, is_leaf=is_shape)


def shapes_to_zeros__tests_by_making(shapes):
    """Asks whether the items can be indices."""
    import operator

    def is_shape(node):
        if not isinstance(node, tuple):
            return False
        try:
            list(map(operator.index, node))
        except TypeError:
            return False
        return True

    return jax.tree.map(lambda shape: jnp.zeros(shape=shape, dtype="float32"), shapes, is_leaf=is_shape)


def shapes_to_zeros__with_paths(shapes):
    """Maps with paths, and does not look at them."""

    def is_shape(node):
        return isinstance(node, tuple) and not [item for item in node if not isinstance(item, int)]

    return jax.tree_util.tree_map_with_path(lambda path, shape: jnp.zeros(shape), shapes, is_leaf=is_shape)
