"""Other honest ways to write ring_all_reduce; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import AxisType
from jax.sharding import PartitionSpec as P

# ring_all_reduce


def ring_all_reduce__written_out(x):
    """A Python loop over the rounds, the other way round."""
    n = jax.device_count()

    def one(row):
        passing = total = row
        for _ in range(n - 1):
            passing = lax.ppermute(passing, "i", [(k, (k - 1) % n) for k in range(n)])
            total += passing
        return total

    return jax.pmap(one, axis_name="i")(x)


def ring_all_reduce__total_travels(x):
    """Hands the total on and adds the own row to it, round by round."""
    n = len(x)
    perm = [(k, (k + 1) % n) for k in range(n)]

    def one(row):
        return lax.fori_loop(0, n - 1, lambda _, total: lax.ppermute(total, "i", perm) + row, row)

    return jax.pmap(one, axis_name="i")(x)


def ring_all_reduce__in_chunks(x):
    """The ring of the paper: chunks are summed on one way round, and collected on the next."""
    n, d = x.shape
    perm = [(k, (k + 1) % n) for k in range(n)]

    def one(row):
        me = lax.axis_index("i")
        chunks = jnp.pad(row, (0, -d % n)).reshape(n, -1)
        for r in range(n - 1):
            came = lax.ppermute(chunks[(me - r) % n], "i", perm)
            chunks = chunks.at[(me - r - 1) % n].add(came)
        for r in range(n - 1):
            came = lax.ppermute(chunks[(me + 1 - r) % n], "i", perm)
            chunks = chunks.at[(me - r) % n].set(came)
        return chunks.reshape(-1)[:d]

    return jax.pmap(one, axis_name="i")(x)


def ring_all_reduce__scan(x):
    """shard_map and a scan."""
    n = jax.device_count()
    mesh = jax.make_mesh((n,), ("ring",), axis_types=(AxisType.Auto,))

    @partial(jax.shard_map, mesh=mesh, in_specs=P("ring"), out_specs=P("ring"))
    def one(row):
        def turn(carry, _):
            passing, total = carry
            passing = lax.ppermute(passing, "ring", [(k, (k + 1) % n) for k in range(n)])
            return (passing, total + passing), None

        return lax.scan(turn, (row, row), length=n - 1)[0][1]

    return one(x)


def ring_all_reduce__keeps_all(x):
    """Collects all rows in an array, each at its place, and adds up at the end: the same order on every device."""
    n = jax.device_count()
    to_the_next = [(k, (k + 1) % n) for k in range(n)]

    def one(row):
        me = lax.axis_index("r")

        def turn(r, carry):
            passing, all_rows = carry
            passing = lax.ppermute(passing, "r", to_the_next)
            return passing, all_rows.at[(me - r - 1) % n].set(passing)

        start = jnp.zeros((n, *row.shape), row.dtype).at[me].set(row)
        return lax.fori_loop(0, n - 1, turn, (row, start))[1].sum(axis=0)

    return jax.pmap(one, axis_name="r")(x)


def ring_all_reduce__shard_map_fori(x):
    """shard_map instead of pmap, and a fori_loop of n - 1 hand-overs."""
    n = jax.device_count()
    mesh = jax.make_mesh((n,), ("ring",), axis_types=(AxisType.Auto,))
    ring = [(k, (k + 1) % n) for k in range(n)]

    def local(own):
        def hand_over(_, carry):
            total, visitor = carry
            visitor = lax.ppermute(visitor, "ring", ring)
            return total + visitor, visitor

        return lax.fori_loop(0, n - 1, hand_over, (own, own))[0]

    return jax.shard_map(local, mesh=mesh, in_specs=P("ring"), out_specs=P("ring"))(x)
