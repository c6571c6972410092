"""Honest other ways through day 13; every check must let them pass."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

# replicate


def replicate__pmap(tree, n_devices):
    """Lets a pmap without a mapped tree make the copies."""
    return jax.pmap(lambda _, tree: tree, in_axes=(0, None))(jnp.arange(n_devices), tree)


def replicate__stack(tree, n_devices):
    """Stacks the leaf with itself, on a mesh made by hand."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    stacked = jax.tree.map(lambda leaf: jnp.stack([leaf] * n_devices), tree)
    return jax.tree.map(lambda leaf: jax.device_put(leaf, NamedSharding(mesh, P("i"))), stacked)


def replicate__explicit(tree, n_devices):
    """Takes the axes that make_mesh gives unasked."""
    mesh = jax.make_mesh((n_devices,), ("i",), devices=jax.devices()[:n_devices])
    copies = jax.tree.map(lambda leaf: jnp.repeat(leaf[None], n_devices, axis=0), tree)
    return jax.device_put(copies, NamedSharding(mesh, P("i")))


# shard_batch


def shard_batch__split(batch, n_devices):
    """Cuts and stacks; checks leaf by leaf."""
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))

    def cut(leaf):
        if len(leaf) % n_devices != 0:
            raise ValueError(f"{n_devices} devices, but {len(leaf)} rows in a leaf of shape {leaf.shape}")
        return jax.device_put(jnp.stack(jnp.split(leaf, n_devices)), NamedSharding(mesh, P("i")))

    return jax.tree.map(cut, batch)


def shard_batch__pmap(batch, n_devices):
    """Spreads by a pmap of the identity."""
    sizes = {leaf.shape[0] for leaf in jax.tree.leaves(batch)}
    for rows in sizes:
        b, left = divmod(rows, n_devices)
        if left:
            raise ValueError(f"a batch of {rows} rows leaves {left} over on {n_devices} devices")
    parts = jax.tree.map(
        lambda leaf: leaf.reshape(n_devices, leaf.shape[0] // n_devices, *leaf.shape[1:]), batch
    )
    return jax.pmap(lambda part: part)(parts)


# global_standardize


def global_standardize__psum(x):
    """Adds up sums, and divides by the number of all rows."""

    def one(rows):
        count = rows.shape[0] * lax.psum(1, "i")
        centred = rows - lax.psum(rows.sum(0), "i") / count
        return centred * lax.rsqrt(lax.psum((centred**2).sum(0), "i") / count)

    return jax.pmap(one, axis_name="i")(x)


def global_standardize__shardings(x):
    """Says where the rows are, and lets the compiler find the collectives."""
    mesh = jax.make_mesh((len(x),), ("i",), axis_types=(AxisType.Auto,))
    x = lax.with_sharding_constraint(x, NamedSharding(mesh, P("i")))
    return (x - x.mean((0, 1))) / x.std((0, 1))


def global_standardize__mean_outside(x):
    """Takes mean and deviation outside of the map: under jit the compiler makes all-reduces of them."""
    mean, deviation = x.mean((0, 1)), x.std((0, 1))
    return jax.pmap(lambda rows: (rows - mean) / deviation)(x)


def global_standardize__moments(x):
    """Joins local means and variances by the law of total variance, in one message."""

    def one(rows):
        mean, var = rows.mean(0), rows.var(0)
        everywhere = lax.pmean(mean, "i")
        var = lax.pmean(var + (mean - everywhere) ** 2, "i")
        return (rows - everywhere) / jnp.sqrt(var)

    return jax.pmap(one, axis_name="i")(x)


def global_standardize__shard_map(x):
    """The same with shard_map."""
    mesh = jax.make_mesh((len(x),), ("i",), axis_types=(AxisType.Auto,))

    @partial(jax.shard_map, mesh=mesh, in_specs=P("i"), out_specs=P("i"))
    def one(rows):
        mean = lax.pmean(rows.mean((0, 1)), "i")
        return (rows - mean) / jnp.sqrt(lax.pmean(((rows - mean) ** 2).mean((0, 1)), "i"))

    return one(x)


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


# parallel_convolve


def parallel_convolve__full(signals, kernel):
    """Cuts the middle out of a full convolution; pads by concatenation."""
    n, (m, t), k = jax.device_count(), signals.shape, len(kernel)
    share = -(-m // n)
    zeros = jnp.zeros((n * share - m, t))
    shards = jnp.concatenate([signals, zeros]).reshape(n, share, t)
    one = jax.vmap(lambda signal: jnp.convolve(signal, kernel)[k - 1 : t])
    return jax.pmap(one)(shards).reshape(n * share, -1)[:m]


def parallel_convolve__windows(signals, kernel):
    """Gathers windows and multiplies; deals the signals out crosswise, and puts them back in order."""
    n, (m, t), k = jax.device_count(), signals.shape, kernel.shape[0]
    padded = jnp.pad(signals, ((0, -m % n), (0, 0)))

    def one(signal):
        return signal[jnp.arange(t - k + 1)[:, None] + jnp.arange(k)] @ kernel[::-1]

    shards = padded.reshape(-1, n, t).swapaxes(0, 1)
    return jax.pmap(jax.vmap(one))(shards).swapaxes(0, 1).reshape(len(padded), -1)[:m]


def parallel_convolve__fourier(signals, kernel):
    """Goes through a Fourier transform."""
    n, (m, t), k = jax.device_count(), signals.shape, kernel.shape[0]
    shards = jnp.pad(signals, ((0, -m % n), (0, 0))).reshape(n, -1, t)

    def one(signal, kernel):
        size = t + k - 1
        return jnp.fft.irfft(jnp.fft.rfft(signal, size) * jnp.fft.rfft(kernel, size), size)[k - 1 : t]

    return jax.pmap(jax.vmap(one, (0, None)), in_axes=(0, None))(shards, kernel).reshape(-1, t - k + 1)[:m]


# device_noise


def device_noise__fold_in(key, shape):
    """One key for all, folded with the number of the device."""
    n = jax.device_count()

    def draw(_, key):
        return jax.random.normal(jax.random.fold_in(key, lax.axis_index("i")), shape)

    return jax.pmap(draw, axis_name="i", in_axes=(0, None))(jnp.zeros(n), key)


def device_noise__fold_in_outside(key, shape):
    """Closes over the key and folds the mapped number in."""
    n = jax.device_count()
    return jax.pmap(lambda k: jax.random.normal(jax.random.fold_in(key, k), shape))(jnp.arange(n))


def device_noise__sharded(key, shape):
    """One large draw, of which each device makes its part."""
    n = jax.device_count()
    mesh = jax.make_mesh((n,), ("i",), axis_types=(AxisType.Auto,))
    return lax.with_sharding_constraint(jax.random.normal(key, (n, *shape)), NamedSharding(mesh, P("i")))


# sharded_train_step


def sharded_train_step__inner_jit(params, x, y, learning_rate):
    """Compiles with in_shardings and out_shardings."""
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    rows, whole = NamedSharding(mesh, P("data")), NamedSharding(mesh, P())

    @partial(jax.jit, in_shardings=(whole, rows, rows, whole), out_shardings=whole)
    def step(params, x, y, learning_rate):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return step(params, x, y, learning_rate)


def sharded_train_step__two_axes(params, x, y, learning_rate):
    """A mesh of two axes, one of them of size 1, and the parameters constrained, too."""
    mesh = Mesh(np.array(jax.devices()).reshape(-1, 1), ("data", "model"))
    whole = NamedSharding(mesh, P())
    x = lax.with_sharding_constraint(x, NamedSharding(mesh, P("data", None)))
    y = lax.with_sharding_constraint(y, NamedSharding(mesh, P("data")))
    params = lax.with_sharding_constraint(params, whole)
    residual = x @ params["w"] + params["c"] - y
    gradients = {"w": 2 * (residual[:, None] * x).mean(0), "c": 2 * residual.mean()}
    new = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    return lax.with_sharding_constraint(new, whole), lax.with_sharding_constraint((residual**2).mean(), whole)


def sharded_train_step__given_mesh(params, x, y, learning_rate):
    """Constrains each array by itself, and the parameters on the way in, too."""
    mesh = Mesh(np.array(jax.devices()), ("rows",))
    x = lax.with_sharding_constraint(x, NamedSharding(mesh, P("rows", None)))
    y = lax.with_sharding_constraint(y, NamedSharding(mesh, P("rows")))
    params = lax.with_sharding_constraint(params, NamedSharding(mesh, P()))
    value, pull_back = jax.vjp(lambda p: ((x @ p["w"] + p["c"] - y) ** 2).sum() / len(y), params)
    (gradients,) = pull_back(jnp.ones_like(value))
    new = {name: params[name] - learning_rate * gradients[name] for name in params}
    return jax.tree.map(
        lambda leaf: lax.with_sharding_constraint(leaf, NamedSharding(mesh, P())), (new, value)
    )


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
