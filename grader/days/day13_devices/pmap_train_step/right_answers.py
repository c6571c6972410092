"""Other honest ways to write pmap_train_step; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# pmap_train_step


def pmap_train_step__in_axes(params, batch_shards, learning_rate):
    """Hands the rate in as what is not mapped, and averages gradient and loss apart."""

    def loss(params, x, y):
        return jnp.mean(jnp.square(jnp.dot(x, params["w"]) + params["c"] - y))

    def step(params, x, y, learning_rate):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        gradients = jax.tree.map(lambda g: lax.pmean(g, axis_name="batch"), gradients)
        new = {key: params[key] - learning_rate * gradients[key] for key in params}
        return new, lax.pmean(value, "batch")

    mapped = jax.pmap(step, axis_name="batch", in_axes=(0, 0, 0, None))
    return mapped(params, *batch_shards, learning_rate)


def pmap_train_step__averages_parameters(params, batch_shards, learning_rate):
    """Steps alone and averages the parameters: for plain gradient descent it is the same."""

    def step(params, batch):
        x, y = batch

        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        params = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
        return lax.pmean(params, "i"), lax.pmean(value, "i")

    return jax.pmap(step, axis_name="i")(params, batch_shards)


def pmap_train_step__psum(params, batch_shards, learning_rate):
    """Writes the gradient out, as sums over all rows."""

    def step(params, x, y):
        residual = x @ params["w"] + params["c"] - y
        m = len(y) * lax.axis_size("i")
        sums = {"w": 2 * x.T @ residual / m, "c": 2 * residual.sum() / m}
        loss = lax.psum((residual**2).sum() / m, "i")
        gradients = lax.psum(sums, "i")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), loss

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


def pmap_train_step__averages_new_parameters(params, batch_shards, learning_rate):
    """Averages the parameters that each device has made of its own gradient."""

    def step(params, x, y):

        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        value = lax.pmean(value, "devices")
        return (
            lax.pmean(jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), "devices"),
            value,
        )

    return jax.pmap(step, axis_name="devices")(params, *batch_shards)


def pmap_train_step__tree_of_sums(params, batch_shards, learning_rate):
    """Averages gradient by gradient, after a vjp; the rate is closed over."""
    x, y = batch_shards

    def step(params, x, y):
        value, pull_back = jax.vjp(lambda p: jnp.square(x @ p["w"] + p["c"] - y).mean(), params)
        (gradients,) = pull_back(jnp.ones_like(value))
        gradients = jax.tree.map(lambda g: lax.psum(g, "d") / lax.psum(1, "d"), gradients)
        return {k: params[k] - learning_rate * gradients[k] for k in params}, lax.pmean(value, "d")

    return jax.pmap(step, axis_name="d")(params, x, y)


class PmapTrainStepReplicaClassReplica:
    def __init__(self, params, x, y):
        self.params, self.x, self.y = params, x, y

    def loss(self, params):
        error = self.x @ params["w"] + params["c"] - self.y
        return jnp.mean(error * error)

    def backward(self):
        value, gradients = jax.value_and_grad(self.loss)(self.params)
        return jax.lax.pmean(value, "devices"), jax.lax.pmean(gradients, "devices")

    def step(self, learning_rate):
        value, gradients = self.backward()
        moved = {}
        for name in self.params:
            moved[name] = self.params[name] - learning_rate * gradients[name]
        return moved, value


def pmap_train_step_replica_class_replica_step(params, x, y, learning_rate):
    return PmapTrainStepReplicaClassReplica(params, x, y).step(learning_rate)


def pmap_train_step__replica_class(params, batch_shards, learning_rate):
    """A replica with forward, backward and step; gradients are averaged, like DDP."""
    x, y = batch_shards
    step = jax.pmap(pmap_train_step_replica_class_replica_step, axis_name="devices", in_axes=(0, 0, 0, None))
    return step(params, x, y, jnp.asarray(learning_rate, jnp.float32))
