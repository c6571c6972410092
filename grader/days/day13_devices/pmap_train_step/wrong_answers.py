"""Plausible mistakes in pmap_train_step; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# pmap_train_step


@caught_by("correct", "counts_the_gradient_once")
def pmap_train_step__psum(params, batch_shards, learning_rate):
    """Adds the gradients up: a step n times too long."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        gradients = lax.psum(gradients, "i")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), lax.pmean(value, "i")

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("correct", "counts_the_gradient_once")
def pmap_train_step__divides_twice(params, batch_shards, learning_rate):
    """Takes the mean, and divides by the number of devices once more."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2) / lax.axis_size("i")

        value, gradients = lax.pmean(jax.value_and_grad(loss)(params), "i")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("correct", "counts_the_gradient_once")
def pmap_train_step__uphill(params, batch_shards, learning_rate):
    """Adds the gradient to the parameters."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = lax.pmean(jax.value_and_grad(loss)(params), "i")
        return jax.tree.map(lambda p, g: p + learning_rate * g, params, gradients), value

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("correct", "counts_the_gradient_once")
def pmap_train_step__one_replica(params, batch_shards, learning_rate):
    """Returns one set of parameters: no replica for each device."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = lax.pmean(jax.value_and_grad(loss)(params), "i")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.pmap(step, axis_name="i", out_axes=None)(params, *batch_shards)


@caught_by("correct", "counts_the_gradient_once")
def pmap_train_step__no_loss(params, batch_shards, learning_rate):
    """Forgets the loss."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        gradients = lax.pmean(jax.grad(loss)(params), "i")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("correct", "keeps_replicas_equal")
def pmap_train_step__never_meets(params, batch_shards, learning_rate):
    """Averages nothing: every device trains by itself."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("correct", "keeps_replicas_equal")
def pmap_train_step__weights_alone(params, batch_shards, learning_rate):
    """Averages the gradient of w, and forgets that of c."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        gradients = {"w": lax.pmean(gradients["w"], "i"), "c": gradients["c"]}
        new = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
        return new, lax.pmean(value, "i")

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("correct", "keeps_replicas_equal")
def pmap_train_step__own_loss(params, batch_shards, learning_rate):
    """Returns each device's own loss."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        gradients = lax.pmean(gradients, "i")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("correct", "by_hand")
def pmap_train_step__summed_loss(params, batch_shards, learning_rate):
    """The step is right, the loss is the sum of the devices' losses."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        gradients = lax.pmean(gradients, "i")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), lax.psum(value, "i")

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("correct", "by_hand")
def pmap_train_step__new_loss(params, batch_shards, learning_rate):
    """Returns the loss of the new parameters."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        gradients = lax.pmean(jax.grad(loss)(params), "i")
        params = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
        return params, lax.pmean(loss(params), "i")

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("jit", "compiles_once")
def pmap_train_step__static_rate(params, batch_shards, learning_rate):
    """Makes a Python float of the learning rate."""
    rate = float(learning_rate)

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = lax.pmean(jax.value_and_grad(loss)(params), "i")
        return jax.tree.map(lambda p, g: p - rate * g, params, gradients), value

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("jit", "sends_gradients")
def pmap_train_step__one_device(params, batch_shards, learning_rate):
    """Puts the batch together again, computes on one device, and copies the result."""
    x, y = batch_shards
    n = len(x)
    x, y = x.reshape(-1, x.shape[-1]), y.reshape(-1)

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    first = jax.tree.map(lambda p: p[0], params)
    value, gradients = jax.value_and_grad(loss)(first)
    new = jax.tree.map(lambda p, g: p - learning_rate * g, first, gradients)
    return jax.tree.map(lambda leaf: jnp.stack([leaf] * n), (new, value))


@caught_by("jit", "sends_gradients")
def pmap_train_step__gathers(params, batch_shards, learning_rate):
    """Every device fetches all rows and does all the work."""

    def step(params, x, y):
        x, y = lax.all_gather((x, y), "i", tiled=True)

        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("jit", "sends_gradients")
def pmap_train_step__vmap(params, batch_shards, learning_rate):
    """The right step on the wrong map."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = lax.pmean(jax.value_and_grad(loss)(params), "i")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.vmap(step, axis_name="i")(params, *batch_shards)


@caught_by("correct", "keeps_replicas_equal")
def pmap_train_step__mean_in_the_loss(params, batch_shards, learning_rate):
    """Averages in the loss, as shard_map wants it: under pmap each device keeps its own gradient."""

    def step(params, x, y):
        def loss(params):
            return lax.pmean(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "i")

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("correct", "takes_any_number_of_devices")
def pmap_train_step__six(params, batch_shards, learning_rate):
    """Divides the sums by six, however many devices there are."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = lax.psum(jax.value_and_grad(loss)(params), "i")
        return jax.tree.map(lambda p, g: p - learning_rate * g / 6, params, gradients), value / 6

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


@caught_by("deeper", "takes_a_python_number")
def pmap_train_step__array_rate(params, batch_shards, learning_rate):
    """Calls learning_rate.astype, which a Python number has not."""

    learning_rate = learning_rate.astype(jnp.float32)

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = lax.pmean(jax.value_and_grad(loss)(params), "devices")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.pmap(step, axis_name="devices")(params, *batch_shards)
