"""Plausible mistakes in shard_map_train_step; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax
from jax.sharding import AxisType
from jax.sharding import PartitionSpec as P

# shard_map_train_step


@caught_by("correct", "counts_the_gradient_once")
def shard_map_train_step__pmap_idiom(params, x, y, learning_rate, mesh):
    """Averages gradients that have been summed already: n times too large."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = lax.pmean(jax.value_and_grad(loss)(params), "data")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("correct", "counts_the_gradient_once")
def shard_map_train_step__trusts_the_sum(params, x, y, learning_rate, mesh):
    """Uses the summed gradient as it is."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        new = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
        return new, lax.pmean(value, "data")

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("correct", "counts_the_gradient_once")
def shard_map_train_step__psum_loss(params, x, y, learning_rate, mesh):
    """Adds the losses up inside the gradient."""

    def step(params, x, y):
        def loss(params):
            return lax.psum(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "data")

        value, gradients = jax.value_and_grad(loss)(params)
        new = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
        return new, value / mesh.size

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("correct", "counts_the_gradient_once")
def shard_map_train_step__psum_unchecked(params, x, y, learning_rate, mesh):
    """Without the check, psum where pmean is meant."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        gradients = lax.psum(gradients, "data")
        new = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
        return new, lax.pmean(value, "data")

    specs = (P(), P("data"), P("data"))
    return jax.shard_map(step, mesh=mesh, in_specs=specs, out_specs=P(), check_vma=False)(params, x, y)


@caught_by("correct", "counts_the_gradient_once")
def shard_map_train_step__stacks_replicas(params, x, y, learning_rate, mesh):
    """Says of the results that they are split, so that they are laid one behind the other."""

    def step(params, x, y):
        def loss(params):
            return lax.pmean(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "data")

        value, gradients = jax.value_and_grad(loss)(params)
        new = jax.tree.map(lambda p, g: jnp.atleast_1d(p - learning_rate * g), params, gradients)
        return new, value

    specs = (P(), P("data"), P("data"))
    return jax.shard_map(step, mesh=mesh, in_specs=specs, out_specs=(P("data"), P()))(params, x, y)


@caught_by("correct", "keeps_devices_alike")
def shard_map_train_step__never_meets(params, x, y, learning_rate, mesh):
    """Switches the check off and averages nothing: what looks like one array differs from device to device."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        new = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
        return new, lax.pmean(value, "data")

    specs = (P(), P("data"), P("data"))
    return jax.shard_map(step, mesh=mesh, in_specs=specs, out_specs=P(), check_vma=False)(params, x, y)


@caught_by("correct", "by_hand")
def shard_map_train_step__summed_loss(params, x, y, learning_rate, mesh):
    """The step is right; the loss is the sum over the devices."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        new = jax.tree.map(lambda p, g: p - learning_rate * g / mesh.size, params, gradients)
        return new, lax.psum(value, "data")

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("correct", "by_hand")
def shard_map_train_step__first_targets(params, x, y, learning_rate, mesh):
    """Splits the rows of x, gives every device all targets, and takes the first ones."""

    def step(params, x, y):
        y = y[: len(x)]

        def loss(params):
            return lax.pmean(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "data")

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P()), out_specs=P())(params, x, y)


@caught_by("correct", "equals_the_full_batch_step")
def shard_map_train_step__strides(params, x, y, learning_rate, mesh):
    """Deals the targets out like cards, and the rows in blocks."""

    def step(params, x, y):
        def loss(params):
            return lax.pmean(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "data")

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    if len(y) % mesh.size:
        raise ValueError(f"{len(y)} rows on {mesh.size} devices")
    y = y.reshape(-1, max(mesh.size, 2)).T.reshape(-1)
    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("correct", "takes_a_smaller_mesh")
def shard_map_train_step__counts_all_devices(params, x, y, learning_rate, mesh):
    """Divides by the number of all devices, whatever the mesh holds."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        new = jax.tree.map(lambda p, g: p - learning_rate * g / jax.device_count(), params, gradients)
        return new, lax.pmean(value, "data")

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("correct", "changes_no_batch")
def shard_map_train_step__drops_rows(params, x, y, learning_rate, mesh):
    """Cuts off the rows that are left over."""
    kept = len(y) // mesh.size * mesh.size
    x, y = x[:kept], y[:kept]

    def step(params, x, y):
        def loss(params):
            return lax.pmean(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "data")

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("correct", "changes_no_batch")
def shard_map_train_step__fills_up(params, x, y, learning_rate, mesh):
    """Fills up with rows of zeros, which count in the mean."""
    missing = -len(y) % mesh.size
    x, y = jnp.pad(x, ((0, missing), (0, 0))), jnp.pad(y, (0, missing))

    def step(params, x, y):
        def loss(params):
            return lax.pmean(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "data")

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("jit", "compiles_once")
def shard_map_train_step__static_rate(params, x, y, learning_rate, mesh):
    """Makes a Python float of the learning rate."""
    rate = float(learning_rate)

    def step(params, x, y):
        def loss(params):
            return lax.pmean(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "data")

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - rate * g, params, gradients), value

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("jit", "sends_gradients")
def shard_map_train_step__everything_everywhere(params, x, y, learning_rate, mesh):
    """Gives every device the whole batch."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    if len(y) % mesh.size:
        raise ValueError(f"{len(y)} rows on {mesh.size} devices")
    return jax.shard_map(step, mesh=mesh, in_specs=P(), out_specs=P())(params, x, y)


@caught_by("jit", "sends_gradients")
def shard_map_train_step__gathers(params, x, y, learning_rate, mesh):
    """Fetches all rows to all devices."""

    def step(params, x, y):
        x, y = lax.all_gather((x, y), "data", tiled=True)

        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    specs = (P(), P("data"), P("data"))
    return jax.shard_map(step, mesh=mesh, in_specs=specs, out_specs=P(), check_vma=False)(params, x, y)


@caught_by("correct", "takes_a_smaller_mesh")
def shard_map_train_step__own_mesh(params, x, y, learning_rate, mesh):
    """Makes a mesh of all devices, and forgets the one that is given."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))

    def step(params, x, y):
        def loss(params):
            return lax.pmean(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "data")

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("correct", "takes_a_smaller_mesh")
def shard_map_train_step__first_devices(params, x, y, learning_rate, mesh):
    """Makes a mesh of the right size, on the first devices."""
    mesh = jax.make_mesh((mesh.size,), ("data",), axis_types=(AxisType.Auto,))

    def step(params, x, y):
        def loss(params):
            return lax.pmean(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "data")

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("jit", "splits_the_rows")
def shard_map_train_step__all_rows_on_each(params, x, y, learning_rate, mesh):
    """Gives all rows to each device."""

    def step(params, x, y):

        def loss(params):
            return lax.pmean(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "data")

        value, gradients = jax.value_and_grad(loss)(params)
        return (jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value)

    rows, whole = (P(), P())
    return jax.shard_map(step, mesh=mesh, in_specs=(whole, rows, rows), out_specs=whole)(params, x, y)
