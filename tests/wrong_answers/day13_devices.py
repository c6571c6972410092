"""Plausible mistakes of day 13; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from tests.answers import caught_by

# replicate


@caught_by("correct", "by_hand")
def replicate__list(tree, n_devices):
    """Makes a list of trees, not a tree of stacked leaves."""
    return [tree] * n_devices


@caught_by("correct", "by_hand")
def replicate__repeats_rows(tree, n_devices):
    """Repeats along the axis that is there: no new one."""
    return jax.tree.map(lambda leaf: jnp.tile(leaf, n_devices), tree)


@caught_by("correct", "by_hand")
def replicate__last_axis(tree, n_devices):
    """Puts the devices into the last axis."""
    return jax.tree.map(lambda leaf: jnp.stack([leaf] * n_devices, axis=-1), tree)


@caught_by("correct", "by_hand")
def replicate__sharding_alone(tree, n_devices):
    """Puts a whole copy on each device, and adds no axis: right for jit, not for pmap."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("devices",))
    return jax.device_put(tree, NamedSharding(mesh, P()))


@caught_by("correct", "keeps_trees_and_dtypes")
def replicate__floats(tree, n_devices):
    """Adds to zeros: what is true or false becomes a number."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("devices",))

    def copies(leaf):
        return leaf + jnp.zeros((n_devices, *leaf.shape), jnp.int8)

    return jax.device_put(jax.tree.map(copies, tree), NamedSharding(mesh, P("devices")))


@caught_by("correct", "puts_a_copy_on_each_device")
def replicate__one_device(tree, n_devices):
    """Stacks the copies and leaves them all on the first device."""
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (n_devices, *jnp.shape(leaf))), tree)


@caught_by("correct", "puts_a_copy_on_each_device")
def replicate__all_copies_everywhere(tree, n_devices):
    """Puts the whole stack on each device."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("devices",))
    stacked = jax.tree.map(lambda leaf: jnp.stack([leaf] * n_devices), tree)
    return jax.device_put(stacked, NamedSharding(mesh, P()))


@caught_by("correct", "takes_fewer_devices")
def replicate__all_devices(tree, n_devices):
    """Builds the mesh of all devices, however many copies there are."""
    mesh = Mesh(np.array(jax.devices()), ("devices",))
    stacked = jax.tree.map(lambda leaf: jnp.stack([leaf] * n_devices), tree)
    return jax.device_put(stacked, NamedSharding(mesh, P("devices")))


@caught_by("jit", "compiles_once")
def replicate__numpy(tree, n_devices):
    """Stacks in NumPy, which sees no tracers."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("devices",))
    stacked = jax.tree.map(lambda leaf: np.stack([np.asarray(leaf)] * n_devices), tree)
    return jax.device_put(stacked, NamedSharding(mesh, P("devices")))


@caught_by("correct", "by_hand")
def replicate__stack_of_device_puts(tree, n_devices):
    """Puts a copy on each device first, and stacks those."""
    devices = jax.devices()[:n_devices]
    return jax.tree.map(lambda leaf: jnp.stack([jax.device_put(leaf, device) for device in devices]), tree)


# shard_batch


@caught_by("correct", "by_hand")
def shard_batch__strides(batch, n_devices):
    """Deals rows out like cards: the first row to the first device, the second to the second."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError(f"{len(leaf)} rows, {n_devices} devices")
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(-1, n_devices, *leaf.shape[1:]).swapaxes(0, 1), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("correct", "by_hand")
def shard_batch__no_axis(batch, n_devices):
    """Splits by a sharding alone: right for jit, but pmap wants an axis of devices."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    return jax.device_put(batch, NamedSharding(mesh, P("i")))


@caught_by("correct", "by_hand")
def shard_batch__list(batch, n_devices):
    """Returns lists of parts."""
    return jax.tree.map(lambda leaf: jnp.split(leaf, n_devices), batch)


@caught_by("correct", "cuts_every_leaf")
def shard_batch__flattens(batch, n_devices):
    """Runs the other axes together."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError(f"{len(leaf)} rows, {n_devices} devices")
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    return jax.device_put(
        jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1), batch), NamedSharding(mesh, P("i"))
    )


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__no_check(batch, n_devices):
    """Leaves the error to reshape, which speaks of something else."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__drops_rows(batch, n_devices):
    """Cuts off what does not fit, and says nothing."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))

    def part(leaf):
        b = len(leaf) // n_devices
        return leaf[: b * n_devices].reshape(n_devices, b, *leaf.shape[1:])

    return jax.device_put(jax.tree.map(part, batch), NamedSharding(mesh, P("i")))


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__fills_up(batch, n_devices):
    """Fills the last shard up with zeros."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))

    def part(leaf):
        missing = -len(leaf) % n_devices
        leaf = jnp.pad(leaf, ((0, missing), *[(0, 0)] * (leaf.ndim - 1)))
        return leaf.reshape(n_devices, -1, *leaf.shape[1:])

    return jax.device_put(jax.tree.map(part, batch), NamedSharding(mesh, P("i")))


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__assert(batch, n_devices):
    """Asserts, without a word."""
    for leaf in jax.tree.leaves(batch):
        assert len(leaf) % n_devices == 0
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__says_nothing(batch, n_devices):
    """Raises the right error with no numbers in it."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError("uneven batch")
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("correct", "refuses_uneven_batches")
def shard_batch__first_leaf(batch, n_devices):
    """Looks at the first leaf alone."""
    rows = len(jax.tree.leaves(batch)[0])
    if rows % n_devices:
        raise ValueError(f"{rows} rows, {n_devices} devices")
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("correct", "puts_a_shard_on_each_device")
def shard_batch__one_device(batch, n_devices):
    """Reshapes, and leaves all on one device."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError(f"{len(leaf)} rows, {n_devices} devices")
    return jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)


@caught_by("correct", "takes_fewer_devices")
def shard_batch__all_devices(batch, n_devices):
    """Builds the mesh of all devices, however many are asked for."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError(f"{len(leaf)} rows, {n_devices} devices")
    mesh = Mesh(np.array(jax.devices()), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


@caught_by("jit", "compiles_once")
def shard_batch__looks_at_values(batch, n_devices):
    """Refuses NaNs on the way: a Python branch on values."""
    for leaf in jax.tree.leaves(batch):
        if len(leaf) % n_devices:
            raise ValueError(f"{len(leaf)} rows, {n_devices} devices")
        if jnp.isnan(leaf).any():
            raise ValueError("NaN in the batch")
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    parts = jax.tree.map(lambda leaf: leaf.reshape(n_devices, -1, *leaf.shape[1:]), batch)
    return jax.device_put(parts, NamedSharding(mesh, P("i")))


# global_standardize


@caught_by("correct", "looks_at_all_devices")
def global_standardize__each_by_itself(x):
    """Standardizes each device by its own statistics."""
    return jax.pmap(lambda rows: (rows - rows.mean(0)) / rows.std(0))(x)


@caught_by("correct", "looks_at_all_devices")
def global_standardize__own_mean(x):
    """Takes the deviation of all, but each device's own mean."""

    def one(rows):
        mean = lax.pmean(rows.mean(0), "i")
        return (rows - rows.mean(0)) / jnp.sqrt(lax.pmean(((rows - mean) ** 2).mean(0), "i"))

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "looks_at_all_devices")
def global_standardize__flat(x):
    """Runs devices and rows together, and returns them so."""
    flat = x.reshape(-1, x.shape[-1])
    return (flat - flat.mean(0)) / flat.std(0)


@caught_by("correct", "by_hand")
def global_standardize__mean_of_deviations(x):
    """Averages the devices' deviations."""

    def one(rows):
        return (rows - lax.pmean(rows.mean(0), "i")) / lax.pmean(rows.std(0), "i")

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "by_hand")
def global_standardize__mean_of_variances(x):
    """Averages variances about the devices' own means."""

    def one(rows):
        return (rows - lax.pmean(rows.mean(0), "i")) / jnp.sqrt(lax.pmean(rows.var(0), "i"))

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "by_hand")
def global_standardize__one_statistic(x):
    """One mean and one deviation for all features together."""

    def one(rows):
        count = lax.psum(rows.size, "i") - 1
        mean = lax.pmean(rows.mean(), "i")
        return (rows - mean) / jnp.sqrt(lax.psum(((rows - mean) ** 2).sum(), "i") / count)

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "random")
def global_standardize__all_features(x):
    """One mean and one deviation for all features."""

    def one(rows):
        mean = lax.pmean(rows.mean(), "i")
        return (rows - mean) / jnp.sqrt(lax.pmean(((rows - mean) ** 2).mean(), "i"))

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "keeps_its_digits")
def global_standardize__mean_of_squares(x):
    """One pass: mean of squares less square of the mean."""

    def one(rows):
        mean, squares = lax.pmean((rows.mean(0), (rows**2).mean(0)), "i")
        return (rows - mean) / jnp.sqrt(squares - mean**2)

    return jax.pmap(one, axis_name="i")(x)


@caught_by("jit", "compiles_once")
def global_standardize__branches(x):
    """Divides only where there is something to divide by: a Python branch on values."""

    def one(rows):
        mean = lax.pmean(rows.mean(0), "i")
        return (rows - mean) / jnp.sqrt(lax.pmean(((rows - mean) ** 2).mean(0), "i"))

    if (x.std((0, 1)) == 0).any():
        return jnp.zeros_like(x)
    return jax.pmap(one, axis_name="i")(x)


@caught_by("jit", "sends_statistics")
def global_standardize__one_device(x):
    """Computes everything in one place."""
    return (x - x.mean((0, 1))) / x.std((0, 1))


@caught_by("jit", "sends_statistics")
def global_standardize__vmap(x):
    """The right collectives on the wrong map: vmap stays on one device."""

    def one(rows):
        mean = lax.pmean(rows.mean(0), "i")
        return (rows - mean) / jnp.sqrt(lax.pmean(((rows - mean) ** 2).mean(0), "i"))

    return jax.vmap(one, axis_name="i")(x)


@caught_by("jit", "sends_statistics")
def global_standardize__gathers(x):
    """Every device fetches the rows of all others."""

    def one(rows):
        everything = lax.all_gather(rows, "i")
        return (rows - everything.mean((0, 1))) / everything.std((0, 1))

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "by_hand")
def global_standardize__one_less(x):
    """Divides by N - 1."""

    def one(rows):
        mean = lax.pmean(rows.mean(0), "i")
        count = jax.device_count() * len(rows)
        return (rows - mean) / jnp.sqrt(lax.psum(((rows - mean) ** 2).sum(0), "i") / (count - 1))

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "takes_any_number_of_devices")
def global_standardize__eight(x):
    """Divides the sums by eight times the rows."""

    def one(rows):
        mean = lax.psum(rows.mean(0), "i") / 8
        return (rows - mean) / jnp.sqrt(lax.psum(((rows - mean) ** 2).mean(0), "i") / 8)

    return jax.pmap(one, axis_name="i")(x)


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
def pmap_train_step__eight(params, batch_shards, learning_rate):
    """Divides the sums by eight, however many devices there are."""

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = lax.psum(jax.value_and_grad(loss)(params), "i")
        return jax.tree.map(lambda p, g: p - learning_rate * g / 8, params, gradients), value / 8

    return jax.pmap(step, axis_name="i")(params, *batch_shards)


# parallel_convolve


@caught_by("correct", "by_hand")
def parallel_convolve__same(signals, kernel):
    """Keeps the length of the signals."""
    n, (m, t) = jax.device_count(), signals.shape
    shards = jnp.pad(signals, ((0, -m % n), (0, 0))).reshape(n, -1, t)
    one = jax.vmap(lambda s: jnp.convolve(s, kernel, mode="same"))
    return jax.pmap(one)(shards).reshape(-1, t)[:m]


@caught_by("correct", "by_hand")
def parallel_convolve__correlates(signals, kernel):
    """Does not turn the kernel round."""
    n, (m, t) = jax.device_count(), signals.shape
    shards = jnp.pad(signals, ((0, -m % n), (0, 0))).reshape(n, -1, t)
    one = jax.vmap(lambda s: jnp.correlate(s, kernel, mode="valid"))
    return jax.pmap(one)(shards).reshape(-1, t - len(kernel) + 1)[:m]


@caught_by("correct", "random")
def parallel_convolve__out_of_order(signals, kernel):
    """Deals the signals out crosswise, and does not put them back."""
    n, (m, t) = jax.device_count(), signals.shape
    shards = jnp.pad(signals, ((0, -m % n), (0, 0))).reshape(-1, n, t).swapaxes(0, 1)
    one = jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"))
    return jax.pmap(one)(shards).reshape(-1, t - len(kernel) + 1)[:m]


@caught_by("correct", "takes_any_number_of_signals")
def parallel_convolve__even_alone(signals, kernel):
    """Trusts that the devices divide the signals."""
    n, (m, t) = jax.device_count(), signals.shape
    one = jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"))
    return jax.pmap(one)(signals.reshape(n, -1, t)).reshape(m, -1)


@caught_by("correct", "takes_any_number_of_signals")
def parallel_convolve__drops(signals, kernel):
    """Drops the signals that are left over, and fills with zeros."""
    n, (m, t) = jax.device_count(), signals.shape
    share = max(m // n, 1)
    kept = jnp.resize(signals, (n * share, t)) if m < n else signals[: n * share]
    one = jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"))
    found = jax.pmap(one)(kept.reshape(n, share, t)).reshape(n * share, -1)
    return jnp.pad(found[:m], ((0, max(m - n * share, 0)), (0, 0)))


@caught_by("correct", "takes_any_number_of_signals")
def parallel_convolve__keeps_the_padding(signals, kernel):
    """Returns the results of the padding, too."""
    n, (m, t) = jax.device_count(), signals.shape
    shards = jnp.pad(signals, ((0, -m % n), (0, 0))).reshape(n, -1, t)
    one = jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"))
    return jax.pmap(one)(shards).reshape(-1, t - len(kernel) + 1)


@caught_by("jit", "compiles_once")
def parallel_convolve__short_cut(signals, kernel):
    """Takes a short cut for kernels of zeros: a Python branch on values."""
    n, (m, t) = jax.device_count(), signals.shape
    if not kernel.any():
        return jnp.zeros((m, t - len(kernel) + 1))
    shards = jnp.pad(signals, ((0, -m % n), (0, 0))).reshape(n, -1, t)
    one = jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"))
    return jax.pmap(one)(shards).reshape(-1, t - len(kernel) + 1)[:m]


@caught_by("jit", "divides_the_work")
def parallel_convolve__vmap(signals, kernel):
    """vmap alone: one device does everything."""
    return jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"))(signals)


@caught_by("jit", "divides_the_work")
def parallel_convolve__everything_everywhere(signals, kernel):
    """Every device convolves all signals, and one result is taken."""
    one = jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"))
    return jax.pmap(lambda _, s: one(s), in_axes=(0, None))(jnp.arange(jax.device_count()), signals)[0]


@caught_by("correct", "by_hand")
def parallel_convolve__cuts_the_kernel(signals, kernel):
    """Forgets in_axes of the pmap: the kernel is to be cut, too."""
    n, (m, t) = jax.device_count(), signals.shape
    padded = jnp.pad(signals, ((0, -m % n), (0, 0)))
    convolve = jax.vmap(lambda s, k: jnp.convolve(s, k, mode="valid"), in_axes=(0, None))
    return jax.pmap(convolve)(padded.reshape(n, -1, t), kernel).reshape(len(padded), -1)[:m]


@caught_by("correct", "takes_any_number_of_devices")
def parallel_convolve__eight(signals, kernel):
    """Writes the number of devices that it has seen."""
    n, (m, t) = 8, signals.shape
    padded = jnp.pad(signals, ((0, -m % n), (0, 0)))
    convolve = jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"))
    return jax.pmap(convolve)(padded.reshape(n, -1, t)).reshape(len(padded), -1)[:m]


# device_noise


@caught_by("correct", "differs_on_each_device")
def device_noise__same_key(key, shape):
    """Gives every device the same key."""
    n = jax.device_count()
    return jax.pmap(lambda _: jax.random.normal(key, shape))(jnp.arange(n))


@caught_by("correct", "differs_on_each_device")
def device_noise__folds_the_same(key, shape):
    """Folds in the number of devices, not that of the device."""
    n = jax.device_count()
    draw = lambda k: jax.random.normal(jax.random.fold_in(key, lax.axis_size("i")), shape)  # noqa: E731
    return jax.pmap(draw, axis_name="i")(jnp.arange(n))


@caught_by("correct", "differs_on_each_device")
def device_noise__one_row(key, shape):
    """Draws on one device alone, without an axis of devices."""
    return jax.random.normal(key, shape)


@caught_by("correct", "is_normal")
def device_noise__uniform(key, shape):
    """Draws uniform numbers."""
    keys = jax.random.split(key, jax.device_count())
    return jax.pmap(lambda key: jax.random.uniform(key, shape, minval=-1.7320508, maxval=1.7320508))(keys)


@caught_by("correct", "is_normal")
def device_noise__adds_the_number(key, shape):
    """Draws the same everywhere, and adds the number of the device."""
    return jax.pmap(lambda k: jax.random.normal(key, shape) + k)(jnp.arange(jax.device_count()) / 1.0)


@caught_by("correct", "is_independent")
def device_noise__common_part(key, shape):
    """Mixes numbers of all devices with the device's own."""
    n = jax.device_count()
    common, own = jax.random.split(key)
    keys = jax.random.split(own, n)
    shared = jax.random.normal(common, shape)
    return jax.pmap(lambda key, s: (s + jax.random.normal(key, shape)) / 2**0.5, in_axes=(0, None))(
        keys, shared
    )


@caught_by("correct", "is_independent")
def device_noise__turns_the_sign(key, shape):
    """Turns the sign of what the neighbour has."""
    n = jax.device_count()
    keys = jnp.repeat(jax.random.split(key, n // 2 + 1), 2)[:n]
    signs = 1.0 - 2.0 * (jnp.arange(n) % 2)
    return jax.pmap(lambda key, sign: sign * jax.random.normal(key, shape))(keys, signs)


@caught_by("correct", "follows_the_key")
def device_noise__seeds(key, shape):
    """Seeds with the number of the device, and forgets the key."""
    return jax.pmap(lambda k: jax.random.normal(jax.random.key(k), shape))(jnp.arange(jax.device_count()))


@caught_by("correct", "follows_the_key")
def device_noise__next_seeds(key, shape):
    """Takes the seeds that follow: on device 1 what device 0 draws for the next key."""
    first = jax.random.key_data(key)[-1]
    numbers = first + jnp.arange(jax.device_count(), dtype=jnp.uint32)
    return jax.pmap(lambda k: jax.random.normal(jax.random.key(k), shape))(numbers)


@caught_by("jit", "takes_any_shape")
def device_noise__matrices(key, shape):
    """Works for matrices only."""
    rows, columns = shape
    keys = jax.random.split(key, jax.device_count())
    return jax.pmap(lambda key: jax.random.normal(key, (rows, columns)))(keys)


@caught_by("jit", "compiles_once")
def device_noise__numpy_seed(key, shape):
    """Takes a seed out of the key, in Python."""
    seed = int(jax.random.key_data(key).sum())
    keys = jax.random.split(jax.random.key(seed), jax.device_count())
    return jax.pmap(lambda key: jax.random.normal(key, shape))(keys)


@caught_by("jit", "is_drawn_where_it_is_used")
def device_noise__one_device(key, shape):
    """Draws all slices on one device."""
    return jax.random.normal(key, (jax.device_count(), *shape))


@caught_by("jit", "is_drawn_where_it_is_used")
def device_noise__vmap(key, shape):
    """A key each, but vmap stays on one device."""
    keys = jax.random.split(key, jax.device_count())
    return jax.vmap(lambda key: jax.random.normal(key, shape))(keys)


@caught_by("jit", "uses_each_key_once")
def device_noise__key_twice(key, shape):
    """Draws from the key itself, and then splits it."""
    offset = jax.random.normal(key, (jax.device_count(),)) * 1e-6
    keys = jax.random.split(key, jax.device_count())
    return jax.pmap(lambda key, o: jax.random.normal(key, shape) + o)(keys, offset)


@caught_by("correct", "takes_any_number_of_devices")
def device_noise__eight(key, shape):
    """Splits the key in eight."""
    return jax.pmap(lambda key: jax.random.normal(key, shape))(jax.random.split(key, 8))


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
def sharded_train_step__eight(params, x, y, learning_rate):
    """Makes a mesh of eight devices."""
    mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))
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
def ring_all_reduce__eight(x):
    """A ring of eight, and seven rounds."""
    ring = [(k, (k + 1) % 8) for k in range(8)]

    def add_up(row):
        total = passing = row
        for _ in range(7):
            passing = lax.ppermute(passing, "i", ring)
            total = total + passing
        return total

    return jax.pmap(add_up, axis_name="i")(x)


@caught_by("correct", "takes_any_number_of_devices")
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
def tensor_parallel_matmul__eight(x, w):
    """Makes a mesh of eight devices."""
    mesh = jax.make_mesh((8,), ("model",), axis_types=(AxisType.Auto,))
    specs = (P(None, "model"), P("model", None))
    return jax.shard_map(lambda x, w: lax.psum(x @ w, "model"), mesh=mesh, in_specs=specs, out_specs=P())(
        x, w
    )
