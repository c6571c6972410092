"""Plausible mistakes in ring_all_reduce; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# ring_all_reduce


@caught_by("correct", "adds_each_row_once")
def ring_all_reduce__one_too_few(x):
    """Stops one round too early."""
    n = jax.device_count()

    def one(row):
        passing = total = row
        for _ in range(n - 2):
            passing = lax.ppermute(passing, "i", [(k, (k + 1) % n) for k in range(n)])
            total += passing
        return total

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "adds_each_row_once")
def ring_all_reduce__one_too_many(x):
    """Goes on until everybody has the own array again."""
    n = jax.device_count()

    def one(row):
        passing = total = row
        for _ in range(n):
            passing = lax.ppermute(passing, "i", [(k, (k + 1) % n) for k in range(n)])
            total += passing
        return total

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "adds_each_row_once")
def ring_all_reduce__open_chain(x):
    """The last device sends nothing to the first one."""
    n = jax.device_count()

    def one(row):
        passing = total = row
        for _ in range(n - 1):
            passing = lax.ppermute(passing, "i", [(k, k + 1) for k in range(n - 1)])
            total += passing
        return total

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "adds_each_row_once")
def ring_all_reduce__passes_totals(x):
    """Passes the total on, and adds totals up."""
    n = jax.device_count()

    def one(total):
        for _ in range(n - 1):
            total += lax.ppermute(total, "i", [(k, (k + 1) % n) for k in range(n)])
        return total

    return jax.pmap(one, axis_name="i")(x * 1.0)


@caught_by("correct", "adds_each_row_once")
def ring_all_reduce__sends_the_first(x):
    """Sends the own array in every round."""
    n = jax.device_count()

    def one(row):
        total = row
        for _ in range(n - 1):
            total += lax.ppermute(row, "i", [(k, (k + 1) % n) for k in range(n)])
        return total * (1 if n > 2 else 3)

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "adds_each_row_once")
def ring_all_reduce__one_total(x):
    """Returns the total once."""
    return x.sum(0)


@caught_by("correct", "random")
def ring_all_reduce__largest(x):
    """Keeps the largest of what comes, and adds nothing."""
    n = jax.device_count()

    def one(row):
        passing = total = row
        for _ in range(n - 1):
            passing = lax.ppermute(passing, "i", [(k, (k + 1) % n) for k in range(n)])
            total = jnp.maximum(total, passing)
        return total

    return jax.pmap(one, axis_name="i")(x)


@caught_by("jit", "compiles_once")
def ring_all_reduce__skips_zeros(x):
    """Returns early when there is nothing to add: a Python branch on values."""
    n = jax.device_count()
    if not x.any():
        return x

    def one(row):
        passing = total = row
        for _ in range(n - 1):
            passing = lax.ppermute(passing, "i", [(k, (k + 1) % n) for k in range(n)])
            total += passing
        return total

    return jax.pmap(one, axis_name="i")(x)


@caught_by("jit", "passes_messages_on")
def ring_all_reduce__psum(x):
    """Lets psum do it."""
    return jax.pmap(lambda row: lax.psum(row, "i"), axis_name="i")(x)


@caught_by("jit", "passes_messages_on")
def ring_all_reduce__gathers(x):
    """Fetches all rows at once."""
    return jax.pmap(lambda row: lax.all_gather(row, "i").sum(0), axis_name="i")(x)


@caught_by("jit", "passes_messages_on")
def ring_all_reduce__outside(x):
    """Adds up before the map, on one device, and hands copies out."""
    total = x.sum(0)
    return jax.pmap(lambda row, total: total + 0 * row, in_axes=(0, None))(x, total)


@caught_by("jit", "passes_messages_on")
def ring_all_reduce__one_device(x):
    """Adds up in one place."""
    return jnp.broadcast_to(x.sum(0), x.shape)


@caught_by("correct", "takes_any_number_of_devices")
def ring_all_reduce__six(x):
    """A ring of six, and seven rounds."""
    ring = [(k, (k + 1) % 6) for k in range(6)]

    def add_up(row):
        total = passing = row
        for _ in range(5):
            passing = lax.ppermute(passing, "i", ring)
            total = total + passing
        return total

    return jax.pmap(add_up, axis_name="i")(x)


@caught_by("correct", "adds_each_row_once")
def ring_all_reduce__seven_rounds(x):
    """Asks for the number of devices, and still goes seven rounds."""
    n = len(x)
    ring = [(k, (k + 1) % n) for k in range(n)]

    def add_up(row):
        total = passing = row
        for _ in range(7):
            passing = lax.ppermute(passing, "i", ring)
            total = total + passing
        return total

    return jax.pmap(add_up, axis_name="i")(x)


@caught_by("jit", "adds_on_the_devices")
def ring_all_reduce__total_outside(x):
    """Adds up before the map, and sends the total round."""
    n = jax.device_count()
    total = jnp.einsum("nd->d", x)

    def f(r):
        return lax.ppermute(total, "ring", [(k, (k + 1) % n) for k in range(n)])

    return jax.pmap(f, axis_name="ring")(x)


@caught_by("deeper", "lets_nan_through")
def ring_all_reduce__mends_nan(x):
    """Makes 0 of what is NaN in the rows."""
    n_devices = jax.device_count()
    to_the_next = [(k, (k + 1) % n_devices) for k in range(n_devices)]

    def add_up(row):
        row = jnp.where(jnp.isnan(row), 0, row)

        def turn(_, carry):
            passing, total = carry
            passing = lax.ppermute(passing, "ring", to_the_next)
            return passing, total + passing

        return lax.fori_loop(0, n_devices - 1, turn, (row, row))[1]

    return jax.pmap(add_up, axis_name="ring")(x)
