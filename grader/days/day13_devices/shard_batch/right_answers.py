"""Other honest ways to write shard_batch; each must pass every check."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

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


def shard_batch__swapped(batch, n_devices):
    """Looks at all sizes first, and puts each leaf by itself."""
    mesh = jax.make_mesh((n_devices,), ("d",), devices=jax.devices()[:n_devices])
    for path, leaf in jax.tree_util.tree_leaves_with_path(batch):
        if leaf.shape[0] % n_devices != 0:
            raise ValueError(f"leaf {path}: {leaf.shape[0]} is no multiple of {n_devices}")

    def spread(leaf):
        rows = leaf.shape[0] // n_devices
        parts = jnp.reshape(leaf, (n_devices, rows) + leaf.shape[1:])
        return jax.device_put(parts, NamedSharding(mesh, P("d")))

    return jax.tree.map(spread, batch)


def shard_batch__gathers(batch, n_devices):
    """Gathers rows by an array of indices, on a mesh made by hand."""
    devices = np.array(jax.devices())[:n_devices]
    placed = NamedSharding(Mesh(devices, ("i",)), P("i"))

    def parts(leaf):
        rows, left = divmod(leaf.shape[0], n_devices)
        if left:
            raise ValueError(f"cannot deal {leaf.shape[0]} rows to {n_devices} devices")
        return jnp.take(leaf, np.arange(n_devices * rows).reshape(n_devices, rows), axis=0)

    return jax.device_put(jax.tree.map(parts, batch), placed)


def shard_batch__splits_at(batch, n_devices):
    """Stacks slices that a list comprehension cuts."""
    leaves, structure = jax.tree.flatten(batch)
    uneven = [leaf.shape[0] for leaf in leaves if leaf.shape[0] % n_devices]
    if uneven:
        raise ValueError(f"{n_devices} devices do not divide {uneven[0]} rows")
    mesh = Mesh(np.array(jax.devices()[:n_devices]), ("i",))
    found = []
    for leaf in leaves:
        b = leaf.shape[0] // n_devices
        parts = jnp.stack([leaf[k * b : (k + 1) * b] for k in range(n_devices)])
        found.append(jax.device_put(parts, NamedSharding(mesh, P("i"))))
    return jax.tree.unflatten(structure, found)


def shard_batch__divmod_rows(batch, n_devices):
    """divmod decides; all remainders are looked at before anything moves."""
    place = NamedSharding(Mesh(np.asarray(jax.devices()[:n_devices]), ("d",)), P("d"))
    for leaf in jax.tree.leaves(batch):
        rows = np.shape(leaf)[0]
        if divmod(rows, n_devices)[1]:
            raise ValueError(f"a leaf of {rows} rows does not divide among {n_devices} devices")

    def deal(leaf):
        parts = jnp.stack(jnp.split(jnp.asarray(leaf), n_devices))
        return parts if isinstance(parts, jax.core.Tracer) else jax.device_put(parts, place)

    return jax.tree.map(deal, batch)
