"""Other honest ways to write shard_map_train_step; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import PartitionSpec as P

# shard_map_train_step


def shard_map_train_step__sums_already(params, x, y, learning_rate, mesh):
    """Takes the gradient that has been summed, and divides it by the number of devices."""

    def step(params, x, y, learning_rate):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        new = jax.tree.map(lambda p, g: p - learning_rate * g / mesh.size, params, gradients)
        return new, lax.pmean(value, "data")

    specs = (P(), P("data"), P("data"), P())
    return jax.shard_map(step, mesh=mesh, in_specs=specs, out_specs=P())(params, x, y, learning_rate)


def shard_map_train_step__unchecked(params, x, y, learning_rate, mesh):
    """Without the check of what varies, the idiom of pmap is right."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = lax.pmean(jax.value_and_grad(loss)(params), "data")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    specs = (P(), P("data"), P("data"))
    return jax.shard_map(step, mesh=mesh, in_specs=specs, out_specs=P(), check_vma=False)(params, x, y)


def shard_map_train_step__grad_outside(params, x, y, learning_rate, mesh):
    """Maps the loss alone, and differentiates through the map."""

    def share(params, x, y):
        return lax.psum(jnp.sum((x @ params["w"] + params["c"] - y) ** 2), "data") / m

    m = len(y)
    loss = jax.shard_map(share, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value


def shard_map_train_step__by_hand(params, x, y, learning_rate, mesh):
    """Writes the gradient out; refuses uneven batches first."""
    if len(y) % mesh.size:
        raise ValueError(f"{len(y)} rows on {mesh.size} devices")

    def step(params, x, y):
        residual = x @ params["w"] + params["c"] - y
        gradients = {"w": 2 * residual @ x / len(y), "c": 2 * residual.mean()}
        gradients, value = lax.pmean((gradients, (residual**2).mean()), "data")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.shard_map(step, mesh=mesh, in_specs=(P(), P("data"), P("data")), out_specs=P())(params, x, y)


def shard_map_train_step__decorated(params, x, y, learning_rate, mesh):
    """As a decorator, with sums over the number of rows."""
    m = x.shape[0]

    @partial(jax.shard_map, mesh=mesh, in_specs=(P(), P("data", None), P("data"), P()), out_specs=(P(), P()))
    def step(params, x, y, rate):
        def loss(params):
            return lax.psum(jnp.sum((x @ params["w"] + params["c"] - y) ** 2), "data") / m

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - rate * g, params, gradients), value

    return step(params, x, y, learning_rate)


def shard_map_train_step__normal_sums(params, x, y, learning_rate, mesh):
    """Sums of error² and of error times input travel in one psum; the step follows from them."""
    m = x.shape[0]

    def local_step(params, rate, x, y):
        error = x @ params["w"] + params["c"] - y
        local = jnp.vdot(error, error), jnp.einsum("b,bd->d", error, x), jnp.sum(error)
        squares, by_w, by_c = lax.psum(local, "data")
        gradient = {"w": 2 * by_w / m, "c": 2 * by_c / m}
        return {name: params[name] - rate * gradient[name] for name in params}, squares / m

    specs = P(), P(), P("data"), P("data")
    mapped = jax.shard_map(local_step, mesh=mesh, in_specs=specs, out_specs=P())
    return mapped(params, jnp.asarray(learning_rate, jnp.float32), x, y)
