"""Other honest ways to write tensor_parallel_matmul; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

# tensor_parallel_matmul


def tensor_parallel_matmul__shardings(x, w):
    """Says where the parts are, and lets the compiler find the sum."""
    mesh = jax.make_mesh((jax.device_count(),), ("model",), axis_types=(AxisType.Auto,))
    x = lax.with_sharding_constraint(x, NamedSharding(mesh, P(None, "model")))
    w = lax.with_sharding_constraint(w, NamedSharding(mesh, P("model", None)))
    return lax.with_sharding_constraint(x @ w, NamedSharding(mesh, P()))


def tensor_parallel_matmul__pmap(x, w):
    """Splits by reshaping, multiplies under pmap, and adds up between the devices."""
    n = jax.device_count()
    columns = x.reshape(len(x), n, -1).swapaxes(0, 1)
    rows = w.reshape(n, -1, w.shape[1])
    product = jax.pmap(lambda x, w: lax.psum(x @ w, "i"), axis_name="i", out_axes=None)
    return product(columns, rows)


def tensor_parallel_matmul__scatter(x, w):
    """An all-reduce in two halves: reduce-scatter, then all-gather."""
    n = jax.device_count()
    mesh = jax.make_mesh((n,), ("model",), axis_types=(AxisType.Auto,))

    def one(x, w):
        product = (x @ w).reshape(-1)
        size = product.size
        part = lax.psum_scatter(jnp.pad(product, (0, -size % n)), "model", tiled=True)
        return lax.all_gather(part, "model", tiled=True)[:size].reshape(len(x), w.shape[1])

    specs = (P(None, "model"), P("model", None))
    return jax.shard_map(one, mesh=mesh, in_specs=specs, out_specs=P(), check_vma=False)(x, w)


def tensor_parallel_matmul__decorated(x, w):
    """As a decorator, with an einsum."""
    mesh = jax.make_mesh((jax.device_count(),), ("k",), axis_types=(AxisType.Auto,))

    @partial(jax.shard_map, mesh=mesh, in_specs=(P(None, "k"), P("k")), out_specs=P(None, None))
    def product(columns, rows):
        return lax.psum(jnp.einsum("mk,kp->mp", columns, rows), "k")

    return product(x, w)


def tensor_parallel_matmul__inner_jit(x, w):
    """A jit of its own with in_shardings and out_shardings."""
    mesh = jax.make_mesh((jax.device_count(),), ("k",), axis_types=(AxisType.Auto,))
    shardings = NamedSharding(mesh, P(None, "k")), NamedSharding(mesh, P("k", None))
    product = jax.jit(jnp.matmul, in_shardings=shardings, out_shardings=NamedSharding(mesh, P()))
    return product(x, w)


def tensor_parallel_matmul__dot_general_psum(x, w):
    """dot_general of the parts in full precision, psum in shard_map."""
    mesh = jax.make_mesh((jax.device_count(),), ("k",), axis_types=(AxisType.Auto,))

    @partial(jax.shard_map, mesh=mesh, in_specs=(P(None, "k"), P("k")), out_specs=P())
    def product(left, right):
        contract = (((1,), (0,)), ((), ()))
        return lax.psum(lax.dot_general(left, right, contract, precision=lax.Precision.HIGHEST), "k")

    return product(x, w)
