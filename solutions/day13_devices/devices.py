"""Day 13: many devices.

One program on all devices at once: each holds a part of the data, and collectives carry sums between them.
First device by device with `pmap`, then with a mesh and shardings. `jax.device_count()` says how many there
are: two, eight or any other number. Write it nowhere as a literal.
Lesson: README.md beside this file. Grade: python -m grader day13
"""

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import Array, Float, Key, PyTree


def replicate(tree: PyTree, n_devices: int) -> PyTree:
    """Copy every array of a tree to each device, as `pmap` wants it.

    out[leaf][k] = tree[leaf]   for k = 0 .. n_devices - 1

    Leaves are arrays. Each gets a new first axis with one slice a device, and each slice lies on a device of its
    own: what is returned is spread out already, and a `pmap` moves nothing. Dtypes and all other axes stay. An array
    without axes becomes one of `n_devices` numbers. `n_devices` is at most `jax.device_count()`: the first ones of
    `jax.devices()` are meant.

        replicate({"w": [1, 2], "b": 3}, 2) = {"w": [[1, 2], [1, 2]], "b": [3, 3]}     (with arrays as leaves)

    Rules: `n_devices` is static. Where the slices lie is looked at in a plain call; under `jit`, values alone count.
    Reference: JAX docs, "Distributed arrays and automatic parallelization".
    """
    devices = jax.devices()[:n_devices]
    mesh = jax.make_mesh((n_devices,), ("devices",), axis_types=(AxisType.Auto,), devices=devices)

    def copies(leaf):
        return jnp.broadcast_to(leaf, (n_devices, *jnp.shape(leaf)))

    return jax.device_put(jax.tree.map(copies, tree), NamedSharding(mesh, P("devices")))


def shard_batch(batch: PyTree, n_devices: int) -> PyTree:
    """Deal the rows of a batch out to devices, in order.

    out[leaf][k] = batch[leaf][k b : (k + 1) b]   with b = rows / n_devices, for k = 0 .. n_devices - 1

    Every leaf (rows, ...) becomes (n_devices, b, ...), and each slice lies on a device of its own, the first
    `n_devices` of `jax.devices()`. Leaves may have other numbers of rows, and none is empty. Rows that are left over
    are neither cut off nor filled up: when `n_devices` does not divide the rows of any one leaf, raise a ValueError
    whose message names both numbers.

        shard_batch({"x": [1, 2, 3, 4]}, 2) = {"x": [[1, 2], [3, 4]]}
        shard_batch({"x": [1, 2, 3]}, 2) raises ValueError: ... 3 ... 2 ...

    Rules: `n_devices` is static. Where the slices lie is looked at in a plain call; under `jit`, values alone count.
    Reference: JAX docs, "Distributed arrays and automatic parallelization".
    """
    for leaf in jax.tree.leaves(batch):
        if leaf.shape[0] % n_devices:
            raise ValueError(f"{leaf.shape[0]} rows cannot be dealt out to {n_devices} devices evenly")
    devices = jax.devices()[:n_devices]
    mesh = jax.make_mesh((n_devices,), ("devices",), axis_types=(AxisType.Auto,), devices=devices)

    def parts(leaf):
        return leaf.reshape(n_devices, -1, *leaf.shape[1:])

    return jax.device_put(jax.tree.map(parts, batch), NamedSharding(mesh, P("devices")))


def global_standardize(x: Float[Array, "n b d"]) -> Float[Array, "n b d"]:
    """Standardise features by their mean and deviation over all devices; device k holds x[k].

    mean[j] = mean of x[:, :, j]                   over devices and rows
    var[j]  = mean of (x[:, :, j] - mean[j])²      over devices and rows
    out     = (x - mean) / sqrt(var)

    The deviation is about the mean of all, with 1/N and not 1/(N - 1), and it keeps its digits: a feature around
    1000 with a deviation of 1 comes out right to three places, and so does one in units of 1e-7: nothing is added to
    var. n is the number of devices. No feature is constant.

        global_standardize([[[0], [2]], [[4], [6]]]) = [[[-1.342], [-0.447]], [[0.447], [1.342]]]
        # mean 3, variance 5; each device by itself would give -1 and 1

    Rules: each device works on its own rows. Sums travel by an all-reduce, of a few numbers a feature: the
    rows stay where they are. The number of devices is no literal.
    Reference: JAX docs, "jax.lax.pmean".
    """

    def standardize(rows):
        mean = lax.pmean(rows.mean(axis=0), "devices")
        var = lax.pmean(((rows - mean) ** 2).mean(axis=0), "devices")
        return (rows - mean) / jnp.sqrt(var)

    return jax.pmap(standardize, axis_name="devices")(x)


def pmap_train_step(
    params: PyTree,
    batch_shards: tuple[Float[Array, "n b d"], Float[Array, "n b"]],
    learning_rate: Float[Array, ""],
) -> tuple[PyTree, Float[Array, "n"]]:
    """Take one step of linear regression on all devices, with gradients in step.

    loss    = mean of (x @ w + c - y)²     over all rows of all devices
    params' = params - learning_rate · ∇ loss(params)

    `params` is {"w": (n, d), "c": (n,)}: one replica for each of the n devices, all equal. `batch_shards` is (x, y);
    device k holds x[k] and y[k]. Returns (params', loss) in the same form: each device has the same new parameters
    and the loss of the whole batch. It is the step that one device would take with all the rows.

        params {"w": [[0], [0]], "c": [0, 0]}, x = [[[1]], [[1]]], y = [[0], [1]], rate 0.5
        gives {"w": [[0.5], [0.5]], "c": [0.5, 0.5]} and the loss [0.5, 0.5]

    Rules: each device is given its own rows, and works on them; only gradients and losses travel, by an all-reduce. (The
    mean of what each device would make of the parameters is the same thing, and may travel instead.) `learning_rate`
    is a Python number or traced. The number of devices is no literal.
    Reference: JAX docs, "jax.pmap".
    """

    def step(params, x, y):
        def loss(params):
            return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

        value, gradients = lax.pmean(jax.value_and_grad(loss)(params), "devices")
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return jax.pmap(step, axis_name="devices")(params, *batch_shards)


def parallel_convolve(signals: Float[Array, "m t"], kernel: Float[Array, "k"]) -> Float[Array, "m t-k+1"]:
    """Convolve many signals with one kernel, on all devices.

    out[i, s] = Σ_j kernel[j] · signals[i, s + k - 1 - j]     for s = 0 .. t - k

    `vmap` maps over the signals of a device, `pmap` over the devices. Each signal gives
    `jnp.convolve(signals[i], kernel, mode="valid")`, which you may use. m is any number from 1 on, below the
    number of devices too. Signals know nothing of each other, so here rows may be filled up: a few rows of
    zeros make m a multiple of the number of devices, and their results are dropped.

        parallel_convolve([[1, 2, 4, 8]], [1, -1]) = [[1, 2, 4]]

    Rules: no Python loop over signals. Each device does its share of the work, also where the devices do not divide m.
    The number of devices is `jax.device_count()`, no literal.
    Reference: JAX docs, "jax.pmap".
    """
    m, t = signals.shape
    n_devices = jax.device_count()
    padded = jnp.pad(signals, ((0, -m % n_devices), (0, 0)))

    def convolve(signal, kernel):
        return jnp.convolve(signal, kernel, mode="valid")

    on_a_device = jax.vmap(convolve, in_axes=(0, None))
    shards = padded.reshape(n_devices, -1, t)
    found = jax.pmap(on_a_device, in_axes=(0, None))(shards, kernel)
    return found.reshape(padded.shape[0], -1)[:m]


def device_noise(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
    """Draw standard normals on every device: others on each, and the same again for the same key.

    out[k] = what device k draws, an array of `shape`     for k = 0 .. jax.device_count() - 1

    Which numbers they are is your choice. But no device repeats what another one drew, neither for this key
    nor for another key. Device k draws slice k, and holds it.

        device_noise(key, (4,)) has the shape (8, 4) on eight devices

    Rules: `shape` is static. Each key is used once. Nothing depends on anything but `key` and `shape`. The number of
    devices is `jax.device_count()`, no literal.
    Reference: JAX docs, "Pseudorandom numbers".
    """

    def draw(key):
        return jax.random.normal(key, shape)

    return jax.pmap(draw)(jax.random.split(key, jax.device_count()))


def sharded_train_step(
    params: PyTree, x: Float[Array, "m d"], y: Float[Array, "m"], learning_rate: Float[Array, ""]
) -> tuple[PyTree, Float[Array, ""]]:
    """Take one step of linear regression by saying where arrays lie; the compiler does the rest.

    loss    = mean of (x @ w + c - y)²     over all m rows
    params' = params - learning_rate · ∇ loss(params)

    `params` is {"w": (d,), "c": ()}. The rows of x and y are split over all devices, `params` is whole on each, and so
    are (params', loss), which you return. The compiler finds that a sum over rows must become an all-reduce. m is
    a multiple of the number of devices.

        params {"w": [0], "c": 0}, x = [[1], [1]], y = [0, 1], rate 0.5   gives {"w": [0.5], "c": 0.5}, 0.5

    Rules: it is called under `jit`, with arrays that lie on one device; what you say must hold in there. Each
    device works on its own rows: only gradients and losses travel. No collective is written: no `shard_map` and no
    `pmap`. `learning_rate` is a Python number or traced. The number of devices is `jax.device_count()`, no literal.
    Reference: JAX docs, "Distributed arrays and automatic parallelization".
    """
    mesh = jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))
    x, y = lax.with_sharding_constraint((x, y), NamedSharding(mesh, P("data")))

    def loss(params):
        return jnp.mean((x @ params["w"] + params["c"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    params = jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients)
    return lax.with_sharding_constraint((params, value), NamedSharding(mesh, P()))


def shard_map_train_step(
    params: PyTree,
    x: Float[Array, "m d"],
    y: Float[Array, "m"],
    learning_rate: Float[Array, ""],
    mesh: Mesh,
) -> tuple[PyTree, Float[Array, ""]]:
    """Take the same step with `jax.shard_map`, where each device runs your code on its own rows.

    loss    = mean of (x @ w + c - y)²     over all m rows
    params' = params - learning_rate · ∇ loss(params)

    `params` is {"w": (d,), "c": ()}. `mesh` has one axis, "data", over some of the devices or all. The rows of x and y
    are split along it, `params` is whole on each of these devices, and so is (params', loss), which you return. The
    gradient is that of the whole batch, once: not as often as there are devices.
    When the devices do not divide m, either raise a ValueError (`shard_map` does so by itself) or take the right step
    all the same: no row is dropped, none is added.

        params {"w": [0], "c": 0}, x = [[1], [1]], y = [0, 1], rate 0.5   gives {"w": [0.5], "c": 0.5}, 0.5

    Rules: `mesh` is static. Each device is given its own rows: only gradients and losses travel, by an all-reduce.
    `learning_rate` is a Python number or traced.
    Reference: JAX docs, "Manual parallelism with shard_map".
    """

    def step(params, x, y):
        def loss(params):
            return lax.pmean(jnp.mean((x @ params["w"] + params["c"] - y) ** 2), "data")

        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    rows, whole = P("data"), P()
    return jax.shard_map(step, mesh=mesh, in_specs=(whole, rows, rows), out_specs=whole)(params, x, y)


def ring_all_reduce(x: Float[Array, "n d"]) -> Float[Array, "n d"]:
    """★ Add up the rows of all devices, by messages round a ring.

    out[k] = x[0] + x[1] + ... + x[n - 1]     on every device k; device k holds x[k]

    The devices stand in a ring, and each one hands an array to the next: after n - 1 rounds everybody has seen all
    of them. n is the number of devices, and d any number. The order of the additions is yours, so the last bits may
    differ.

        ring_all_reduce([[1, 2], [10, 20]]) = [[11, 22], [11, 22]]

    Rules: `lax.ppermute` is the only collective: no `psum`, no `all_gather` or the like. Each device is given its own
    row of x, and nothing is added up outside the map. The number of devices is `jax.device_count()`, no literal.
    Reference: A. Gibiansky, "Bringing HPC Techniques to Deep Learning", 2017.
    """
    n_devices = jax.device_count()
    to_the_next = [(k, (k + 1) % n_devices) for k in range(n_devices)]

    def add_up(row):
        def turn(_, carry):
            passing, total = carry
            passing = lax.ppermute(passing, "ring", to_the_next)
            return passing, total + passing

        return lax.fori_loop(0, n_devices - 1, turn, (row, row))[1]

    return jax.pmap(add_up, axis_name="ring")(x)


def tensor_parallel_matmul(x: Float[Array, "m k"], w: Float[Array, "k p"]) -> Float[Array, "m p"]:
    """★ Multiply two matrices whose inner axis is split over all devices.

    out = x @ w = Σ_i x[:, part i] @ w[part i, :]     device i computes the i-th product

    So a layer whose weights fit on no device runs on all of them together. The result is whole on each device. k is
    a multiple of the number of devices.

        on two devices [[1, 2]] @ [[3], [4]] = 3 on the first one + 8 on the second one = [[11]]

    Rules: it is called under `jit`. No device holds more than its part of x and of w, which do not travel: what travels is
    partial results, by an all-reduce. The number of devices is `jax.device_count()`, no literal.
    Reference: M. Shoeybi et al., "Megatron-LM: Training Multi-Billion Parameter Language Models", 2019.
    """
    mesh = jax.make_mesh((jax.device_count(),), ("model",), axis_types=(AxisType.Auto,))

    def partial_product(x, w):
        return lax.psum(x @ w, "model")

    return jax.shard_map(
        partial_product, mesh=mesh, in_specs=(P(None, "model"), P("model", None)), out_specs=P()
    )(x, w)
