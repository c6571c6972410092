"""Plausible mistakes in global_norm; each must be caught by the check named above it."""

import functools
import math
import operator

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by
from jax.flatten_util import ravel_pytree

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


@caught_by("correct", "agrees_with_one_long_vector")
def global_norm__known_containers(tree):
    """Walks the containers that it knows; what else JAX knows is left out."""

    def squares(node):
        if isinstance(node, dict):
            return sum(map(squares, node.values()), jnp.float32(0))
        if isinstance(node, list | tuple):
            return sum(map(squares, node), jnp.float32(0))
        return jnp.sum(jnp.square(node.astype(jnp.float32))) if hasattr(node, "astype") else jnp.float32(0)

    return jnp.sqrt(squares(tree))


@caught_by("deeper", "in_many_cases")
def global_norm__nan_to_num(tree):
    """Clears NaNs away."""
    leaves = [jnp.nan_to_num(leaf.astype(jnp.float32), posinf=jnp.inf) for leaf in jax.tree.leaves(tree)]
    return jnp.sqrt(sum((jnp.sum(leaf**2) for leaf in leaves), jnp.float32(0)))


@caught_by("deeper", "of_small_leaves")
def global_norm__tiny_is_nothing(tree):
    """Takes a norm below 1e-8 for rounding noise, and so for 0."""
    squares = [jnp.sum(jnp.square(leaf.astype(jnp.float32))) for leaf in jax.tree.leaves(tree)]
    norm = jnp.sqrt(sum(squares, jnp.float32(0)))
    return jnp.where(norm < 1e-8, 0, norm)


@caught_by("deeper", "of_empty_arrays")
def global_norm__in_units_of_the_largest(tree):
    """Divides by the largest number, lest a square overflow; an array without numbers has none."""
    leaves = [leaf.astype(jnp.float32) for leaf in jax.tree.leaves(tree)]
    if not leaves:
        return jnp.zeros(())
    largest = jnp.max(jnp.stack([jnp.max(jnp.abs(leaf)) for leaf in leaves]))
    unit = jax.lax.stop_gradient(jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1.0))
    return unit * jnp.sqrt(sum(jnp.sum((leaf / unit) ** 2) for leaf in leaves))
