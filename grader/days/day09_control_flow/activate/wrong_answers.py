"""Plausible mistakes in activate; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# activate


def _soft(x):
    return jnp.where(x > 20, x, jnp.log1p(jnp.exp(jnp.minimum(x, 20))))


@caught_by("correct", "by_hand")
def activate__counts_from_one(x, name_index):
    """Leaves the identity out of the list."""
    return lax.switch(name_index - 1, (lambda x: x, jax.nn.relu, jnp.tanh, jax.nn.softplus), x)


@caught_by("correct", "applies_each")
def activate__naive_softplus(x, name_index):
    """Computes e¹⁰⁰ on the way, which is infinite."""
    return lax.switch(name_index, (lambda x: x, jax.nn.relu, jnp.tanh, lambda x: jnp.log(1 + jnp.exp(x))), x)


@caught_by("correct", "applies_each")
def activate__sigmoid(x, name_index):
    """Takes softplus for the sigmoid."""
    return lax.switch(name_index, (lambda x: x, jax.nn.relu, jnp.tanh, jax.nn.sigmoid), x)


@caught_by("correct", "clamps_the_number")
def activate__wraps_around(x, name_index):
    """Takes the number modulo four."""
    return lax.switch(name_index % 4, (lambda x: x, jax.nn.relu, jnp.tanh, jax.nn.softplus), x)


@caught_by("correct", "keeps_shape_and_dtype")
def activate__float32_branches(x, name_index):
    """Computes in float32; the branches no longer agree for a float16."""
    functions = (lambda x: x, jax.nn.relu, lambda x: jnp.tanh(x.astype(jnp.float32)), jax.nn.softplus)
    return lax.switch(name_index, functions, x)


@caught_by("correct", "clamps_the_number")
def activate__python_list(x, name_index):
    """Indexes a Python list, which only a concrete number can."""
    return [lambda x: x, jax.nn.relu, jnp.tanh, jax.nn.softplus][name_index](x)


@caught_by("correct", "lifts_over_numbers")
def activate__python_branch(x, name_index):
    """Branches in Python."""
    if name_index <= 0:
        return x
    if name_index == 1:
        return jax.nn.relu(x)
    return jnp.tanh(x) if name_index == 2 else jax.nn.softplus(x)


@caught_by("jit", "runs_one_function")
def activate__selects(x, name_index):
    """Computes all four and selects."""
    results = [x, jax.nn.relu(x), jnp.tanh(x), jax.nn.softplus(x)]
    index = jnp.clip(name_index, 0, 3)
    return jnp.select([index == k for k in range(4)], results)


@caught_by("jit", "runs_one_function")
def activate__indexes_a_stack(x, name_index):
    """Computes all four and takes one from the stack."""
    results = jnp.stack([x, jax.nn.relu(x), jnp.tanh(x), jax.nn.softplus(x)])
    return results[jnp.clip(name_index, 0, 3)]


@caught_by("correct", "by_hand")
def activate__hands_over_results(x, name_index):
    """Gives switch what the functions return, not the functions."""
    return lax.switch(name_index, [x, jax.nn.relu(x), jnp.tanh(x), jax.nn.softplus(x)])


@caught_by("jit", "computes_within_the_branches")
def activate__picks_among_results(x, name_index):
    """Computes all four, and lets a switch pick one."""
    results = (x, jax.nn.relu(x), jnp.tanh(x), jax.nn.softplus(x))
    return lax.switch(name_index, [lambda r: r[0], lambda r: r[1], lambda r: r[2], lambda r: r[3]], results)


@caught_by("jit", "computes_within_the_branches")
def activate__computed_before(x, name_index):
    """Computes all four beforehand; the branches close over what is there."""
    bent, curved, soft = jnp.maximum(x, 0), jnp.tanh(x), jnp.logaddexp(x, 0)
    return lax.switch(name_index, [lambda: x, lambda: bent, lambda: curved, lambda: soft])


@caught_by("jit", "computes_within_the_branches")
def activate__selects_within_a_branch(x, name_index):
    """Splits the identity off, and selects among the others."""

    def others():
        soft = jnp.where(name_index == 2, jnp.tanh(x), jnp.logaddexp(x, 0))
        return jnp.where(name_index == 1, jnp.maximum(x, 0), soft)

    return lax.cond(name_index <= 0, lambda: x, others)


@caught_by("correct", "applies_each")
def activate__softplus_tail(x, name_index):
    """Takes softplus for 0 where it is small."""
    functions = (lambda x: x, jax.nn.relu, jnp.tanh, lambda x: jnp.where(x < -10, 0, jax.nn.softplus(x)))
    return lax.switch(name_index, functions, x)


@caught_by("jit", "computes_within_the_branches")
def activate__rest_by_where(x, name_index):
    """Has a branch for softplus alone, and selects among the others."""
    functions = lambda x: x, jax.nn.relu, jnp.tanh, jax.nn.softplus
    others = lambda x: jnp.where(name_index == 2, jnp.tanh(x), jnp.where(name_index == 1, jax.nn.relu(x), x))
    return lax.cond(name_index >= 3, jax.nn.softplus, others, x)
