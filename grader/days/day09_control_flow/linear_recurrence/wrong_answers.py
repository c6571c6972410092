"""Plausible mistakes in linear_recurrence; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# linear_recurrence


@caught_by("correct", "by_hand")
def linear_recurrence__wrong_way_round(a, b):
    """Joins two steps in the wrong order."""

    def after(first, second):
        return first[0] * second[0], first[0] * second[1] + first[1]

    return lax.associative_scan(after, (a, b))[1]


@caught_by("correct", "without_terms")
def linear_recurrence__returns_products(a, b):
    """Returns the products of the coefficients."""

    def after(first, second):
        return first[0] * second[0], second[0] * first[1] + second[1]

    return lax.associative_scan(after, (a, b))[0]


@caught_by("correct", "agrees_with_a_loop")
def linear_recurrence__not_associative(a, b):
    """Joins states with the recurrence itself, which is not associative."""

    def after(first, second):
        return second[0], second[0] * first[1] + second[1]

    return lax.associative_scan(after, (a, b))[1]


@caught_by("correct", "without_terms")
def linear_recurrence__starts_at_one(a, b):
    """Starts from h₀ = 1."""

    def after(first, second):
        return first[0] * second[0], second[0] * first[1] + second[1]

    products, states = lax.associative_scan(after, (a, b))
    return products + states


@caught_by("correct", "takes_a_zero")
def linear_recurrence__divides_by_products(a, b):
    """Divides by the product of all coefficients so far; one of them may be 0."""
    products = jnp.cumprod(a, axis=0)
    return products * jnp.cumsum(b / products, axis=0)


@caught_by("jit", "is_no_loop")
def linear_recurrence__scan(a, b):
    """Goes step after step."""

    def step(h, now):
        h = now[0] * h + now[1]
        return h, h

    return lax.scan(step, jnp.zeros_like(b[0]), (a, b))[1]


@caught_by("jit", "is_not_written_out")
def linear_recurrence__python_loop(a, b):
    """Loops in Python: under jit every step is written out."""
    h, states = jnp.zeros_like(b[0]), []
    for t in range(len(b)):
        h = a[t] * h + b[t]
        states.append(h)
    return jnp.stack(states)


@caught_by("jit", "builds_no_table")
def linear_recurrence__table_of_pairs(a, b):
    """Multiplies out all pairs of steps."""
    t = jnp.arange(len(a))
    shape = (len(a), len(a)) + (1,) * (a.ndim - 1)
    later = (t > t[:, None]).reshape(shape)  # [s, t]: the coefficient of step t acts on term s
    products = jnp.cumprod(jnp.where(later, a[None], 1), axis=1)
    upto = (t >= t[:, None]).reshape(shape)
    return jnp.sum(jnp.where(upto, products * b[:, None], 0), axis=0)


@caught_by("correct", "takes_zeros_and_small_coefficients")
def linear_recurrence__divides_by_safe_products(a, b):
    """Divides by the product of all coefficients so far, and begins anew after a single zero at the end."""
    products = jnp.cumprod(a, axis=0)
    found = products * jnp.cumsum(b / jnp.where(products == 0, 1, products), axis=0)
    return jnp.where(a == 0, b, found)


@caught_by("deeper", "takes_numbers_as_they_are")
def linear_recurrence__nan_to_num(a, b):
    """Makes zeros of what is not a number."""

    def after(first, second):
        return first[0] * second[0], second[0] * first[1] + second[1]

    return lax.associative_scan(after, (jnp.nan_to_num(a), jnp.nan_to_num(b)))[1]
