"""Plausible mistakes in tensor_parallel_matmul; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

# tensor_parallel_matmul


@caught_by("correct", "by_hand")
def tensor_parallel_matmul__mean(x, w):
    """Averages the partial products."""
    mesh = jax.make_mesh((jax.device_count(),), ("model",), axis_types=(AxisType.Auto,))
    specs = (P(None, "model"), P("model", None))
    product = jax.shard_map(lambda x, w: lax.pmean(x @ w, "model"), mesh=mesh, in_specs=specs, out_specs=P())
    return product(x, w)


@caught_by("correct", "by_hand")
def tensor_parallel_matmul__no_sum(x, w):
    """Adds nothing up, and switches off the check that says so."""
    mesh = jax.make_mesh((jax.device_count(),), ("model",), axis_types=(AxisType.Auto,))
    specs = (P(None, "model"), P("model", None))
    product = jax.shard_map(lambda x, w: x @ w, mesh=mesh, in_specs=specs, out_specs=P(), check_vma=False)
    return product(x, w)


@caught_by("correct", "by_hand")
def tensor_parallel_matmul__no_sum_checked(x, w):
    """Adds nothing up; shard_map refuses the out_specs."""
    mesh = jax.make_mesh((jax.device_count(),), ("model",), axis_types=(AxisType.Auto,))
    specs = (P(None, "model"), P("model", None))
    return jax.shard_map(lambda x, w: x @ w, mesh=mesh, in_specs=specs, out_specs=P())(x, w)


@caught_by("correct", "by_hand")
def tensor_parallel_matmul__transposed_specs(x, w):
    """Splits the rows of x and the columns of w."""
    mesh = jax.make_mesh((jax.device_count(),), ("model",), axis_types=(AxisType.Auto,))
    specs = (P("model", None), P(None, "model"))
    product = jax.shard_map(lambda x, w: lax.psum(x @ w, "model"), mesh=mesh, in_specs=specs, out_specs=P())
    return product(x, w)


@caught_by("correct", "by_hand")
def tensor_parallel_matmul__stacks(x, w):
    """Lays the partial products one below the other."""
    mesh = jax.make_mesh((jax.device_count(),), ("model",), axis_types=(AxisType.Auto,))
    specs = (P(None, "model"), P("model", None))
    return jax.shard_map(lambda x, w: x @ w, mesh=mesh, in_specs=specs, out_specs=P("model"))(x, w)


@caught_by("correct", "random")
def tensor_parallel_matmul__shifted(x, w):
    """Multiplies its part of x with the neighbour's part of w."""
    n = jax.device_count()
    mesh = jax.make_mesh((n,), ("model",), axis_types=(AxisType.Auto,))

    def one(x, w):
        w = lax.ppermute(w, "model", [(k, (k + 1) % n) for k in range(n)])
        return lax.psum(x @ w, "model")

    specs = (P(None, "model"), P("model", None))
    return jax.shard_map(one, mesh=mesh, in_specs=specs, out_specs=P())(x, w)


@caught_by("jit", "compiles_once")
def tensor_parallel_matmul__branches(x, w):
    """Skips the work where there is none: a Python branch on values."""
    if not w.any():
        return jnp.zeros((len(x), w.shape[1]))
    mesh = jax.make_mesh((jax.device_count(),), ("model",), axis_types=(AxisType.Auto,))
    specs = (P(None, "model"), P("model", None))
    product = jax.shard_map(lambda x, w: lax.psum(x @ w, "model"), mesh=mesh, in_specs=specs, out_specs=P())
    return product(x, w)


@caught_by("jit", "sends_partial_products")
def tensor_parallel_matmul__one_device(x, w):
    """Multiplies in one place."""
    return x @ w


@caught_by("jit", "sends_partial_products")
def tensor_parallel_matmul__gathers(x, w):
    """Splits x and w, fetches all parts to all devices, and multiplies the whole."""
    mesh = jax.make_mesh((jax.device_count(),), ("model",), axis_types=(AxisType.Auto,))

    def one(x, w):
        x = lax.all_gather(x, "model", axis=1, tiled=True)
        w = lax.all_gather(w, "model", axis=0, tiled=True)
        return x @ w

    specs = (P(None, "model"), P("model", None))
    return jax.shard_map(one, mesh=mesh, in_specs=specs, out_specs=P(), check_vma=False)(x, w)


@caught_by("jit", "sends_partial_products")
def tensor_parallel_matmul__splits_columns(x, w):
    """Splits the columns of w: every device needs all of x, and nothing is added up."""
    mesh = jax.make_mesh((jax.device_count(),), ("model",), axis_types=(AxisType.Auto,))
    w = lax.with_sharding_constraint(w, NamedSharding(mesh, P(None, "model")))
    return lax.with_sharding_constraint(x @ w, NamedSharding(mesh, P()))


@caught_by("jit", "returns_a_whole_result")
def tensor_parallel_matmul__leaves_it_split(x, w):
    """Leaves a part of the result on each device."""
    n = jax.device_count()
    mesh = jax.make_mesh((n,), ("model",), axis_types=(AxisType.Auto,))

    def one(x, w):
        return lax.psum_scatter(x @ w, "model", scatter_dimension=1, tiled=True)

    specs = (P(None, "model"), P("model", None))
    return jax.shard_map(one, mesh=mesh, in_specs=specs, out_specs=P(None, "model"))(x, w)


@caught_by("correct", "takes_any_number_of_devices")
def tensor_parallel_matmul__six(x, w):
    """Makes a mesh of six devices."""
    mesh = jax.make_mesh((6,), ("model",), axis_types=(AxisType.Auto,))
    specs = (P(None, "model"), P("model", None))
    return jax.shard_map(lambda x, w: lax.psum(x @ w, "model"), mesh=mesh, in_specs=specs, out_specs=P())(
        x, w
    )


@caught_by("jit", "holds_its_parts")
def tensor_parallel_matmul__w_whole_on_each(x, w):
    """Gives all of w to each device, which takes its rows of it."""
    mesh = jax.make_mesh((jax.device_count(),), ("model",), axis_types=(AxisType.Auto,))

    def partial_product(x, w):
        return lax.psum(
            x @ lax.dynamic_slice_in_dim(w, lax.axis_index("model") * x.shape[1], x.shape[1], 0), "model"
        )

    return jax.shard_map(partial_product, mesh=mesh, in_specs=(P(None, "model"), P()), out_specs=P())(x, w)
