"""Plausible mistakes in sharded_train_step; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

# sharded_train_step


@caught_by("correct", "by_hand")
def sharded_train_step__sum(params, x, y, learning_rate):
    """Sums the squares, and divides by nothing."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x, y = lax.with_sharding_constraint((x, y), NamedSharding(mesh, P("data")))

    def loss(params):
        return jnp.sum((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    params = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    return lax.with_sharding_constraint((params, value), NamedSharding(mesh, P()))


@caught_by("correct", "by_hand")
def sharded_train_step__divides_again(params, x, y, learning_rate):
    """Divides by the number of devices, as if gradients had been added up."""
    n = jax.device_count()
    mesh = jax.make_mesh((n,), ("data",), axis_types=(AxisType.Auto,))
    x, y = lax.with_sharding_constraint((x, y), NamedSharding(mesh, P("data")))

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    params = jax.tree.map(lambda p, g: p - learning_rate * g / n, params, gradients)
    return lax.with_sharding_constraint((params, value), NamedSharding(mesh, P()))


@caught_by("correct", "by_hand")
def sharded_train_step__replicas(params, x, y, learning_rate):
    """Returns a replica for each device, as with pmap."""

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    params = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    return jax.tree.map(lambda leaf: jnp.stack([leaf] * jax.device_count()), params), value


@caught_by("correct", "random")
def sharded_train_step__turns_rows(params, x, y, learning_rate):
    """Turns the order of x round, and not that of y."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x, y = lax.with_sharding_constraint((x[::-1], y), NamedSharding(mesh, P("data")))

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    params = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    return lax.with_sharding_constraint((params, value), NamedSharding(mesh, P()))


@caught_by("jit", "compiles_once")
def sharded_train_step__stops(params, x, y, learning_rate):
    """Stops when the loss is NaN, by a Python branch."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x, y = lax.with_sharding_constraint((x, y), NamedSharding(mesh, P("data")))

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    if jnp.isnan(value):
        return params, value
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value


@caught_by("jit", "sends_gradients")
def sharded_train_step__nothing_said(params, x, y, learning_rate):
    """Says nothing of devices."""

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value


@caught_by("jit", "sends_gradients")
def sharded_train_step__device_put(params, x, y, learning_rate):
    """Places the rows with device_put, which asks for nothing under jit."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x, y = jax.device_put((x, y), NamedSharding(mesh, P("data")))
    params = jax.device_put(params, NamedSharding(mesh, P()))

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value


@caught_by("jit", "sends_gradients")
def sharded_train_step__rows_everywhere(params, x, y, learning_rate):
    """Puts the whole batch on every device: all do the same work."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x, y = lax.with_sharding_constraint((x, y), NamedSharding(mesh, P()))

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    params = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    return lax.with_sharding_constraint((params, value), NamedSharding(mesh, P()))


@caught_by("jit", "sends_gradients")
def sharded_train_step__gathers(params, x, y, learning_rate):
    """Splits the rows, and gathers them again before the work begins."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x, y = lax.with_sharding_constraint((x, y), NamedSharding(mesh, P("data")))
    x, y = lax.with_sharding_constraint((x, y), NamedSharding(mesh, P()))

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    params = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    return lax.with_sharding_constraint((params, value), NamedSharding(mesh, P()))


@caught_by("jit", "sends_gradients")
def sharded_train_step__splits_features(params, x, y, learning_rate):
    """Splits the other axis: each device has all rows of some features."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x = lax.with_sharding_constraint(x, NamedSharding(mesh, P(None, "data")))

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    params = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    return lax.with_sharding_constraint((params, value), NamedSharding(mesh, P()))


@caught_by("jit", "returns_whole_parameters")
def sharded_train_step__splits_parameters(params, x, y, learning_rate):
    """Splits the new parameters, too: a part on each device."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x, y = lax.with_sharding_constraint((x, y), NamedSharding(mesh, P("data")))

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    params = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    w = lax.with_sharding_constraint(params["w"], NamedSharding(mesh, P("data")))
    return {"w": w, "c": params["c"]}, value


@caught_by("correct", "by_hand")
def sharded_train_step__splits_params(params, x, y, learning_rate):
    """Splits params like the rows: they have other axes, or none."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x, y, params = lax.with_sharding_constraint((x, y, params), NamedSharding(mesh, P("data")))
    value, gradients = jax.value_and_grad(lambda p: jnp.mean((x @ p["w"] + p["c"] - y) ** 2))(params)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value


@caught_by("correct", "takes_any_number_of_devices")
def sharded_train_step__six(params, x, y, learning_rate):
    """Makes a mesh of six devices."""
    mesh = jax.make_mesh((6,), ("data",), axis_types=(AxisType.Auto,))
    x, y = lax.with_sharding_constraint((x, y), NamedSharding(mesh, P("data")))
    value, gradients = jax.value_and_grad(lambda p: jnp.mean((x @ p["w"] + p["c"] - y) ** 2))(params)
    new = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    return lax.with_sharding_constraint((new, value), NamedSharding(mesh, P()))


@caught_by("jit", "sends_gradients")
def sharded_train_step__drops_the_result(params, x, y, learning_rate):
    """Says where x and y lie, and does not keep what comes back."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    lax.with_sharding_constraint(x, NamedSharding(mesh, P("data")))
    lax.with_sharding_constraint(y, NamedSharding(mesh, P("data")))
    value, gradients = jax.value_and_grad(lambda p: jnp.mean((x @ p["w"] + p["c"] - y) ** 2))(params)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value


@caught_by("jit", "leaves_collectives_to_the_compiler")
def sharded_train_step__shard_map(params, x, y, learning_rate):
    """Writes the collectives, with shard_map."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))

    def step(params, x, y):
        residual = x @ params["w"] + params["c"] - y
        gradients = {"w": 2 * (residual[:, None] * x).mean(0), "c": 2 * residual.mean()}
        gradients, value = lax.pmean((gradients, (residual**2).mean()), "data")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


@caught_by("jit", "leaves_collectives_to_the_compiler")
def sharded_train_step__pmap(params, x, y, learning_rate):
    """Deals the rows out to a pmap."""
    n = jax.device_count()

    def step(x, y):
        residual = x @ params["w"] + params["c"] - y
        gradients = {"w": 2 * (residual[:, None] * x).mean(0), "c": 2 * residual.mean()}
        gradients, value = lax.pmean((gradients, (residual**2).mean()), "i")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    mapped = jax.pmap(step, axis_name="i", out_axes=None)
    return mapped(x.reshape(n, -1, x.shape[1]), y.reshape(n, -1))


@caught_by("deeper", "in_any_unit")
def sharded_train_step__rate_within_bounds(params, x, y, learning_rate):
    """Keeps the rate within what is usual."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x, y = lax.with_sharding_constraint((x, y), NamedSharding(mesh, P("data")))

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    rate = jnp.clip(learning_rate, 1e-5, 50.0)
    value, gradients = jax.value_and_grad(loss)(params)
    params = jax.tree.map(lambda p, g: p - rate * g, params, gradients)
    return lax.with_sharding_constraint((params, value), NamedSharding(mesh, P()))


@caught_by("deeper", "takes_a_python_number")
def sharded_train_step__array_rate(params, x, y, learning_rate):
    """Calls learning_rate.astype, which a Python number has not."""
    learning_rate = learning_rate.astype(jnp.float32)
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x, y = lax.with_sharding_constraint((x, y), NamedSharding(mesh, P("data")))

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    params = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    return lax.with_sharding_constraint((params, value), NamedSharding(mesh, P()))
