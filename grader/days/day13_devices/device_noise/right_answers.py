"""Other honest ways to write device_noise; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

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


def device_noise__shard_map(key, shape):
    """Each device folds its place in the mesh into the key."""
    mesh = jax.make_mesh((jax.device_count(),), ("i",), axis_types=(AxisType.Auto,))

    def draw(key):
        return jax.random.normal(jax.random.fold_in(key, lax.axis_index("i")), (1, *shape))

    return jax.shard_map(draw, mesh=mesh, in_specs=P(), out_specs=P("i"))(key)


def device_noise__key_data(key, shape):
    """Hands the keys over as words, and makes keys of them on the devices."""
    words = jax.random.key_data(jax.random.split(key, jax.device_count()))
    impl = jax.random.key_impl(key)
    return jax.pmap(lambda word: jax.random.normal(jax.random.wrap_key_data(word, impl=impl), shape))(words)


def device_noise__vmapped_folds(key, shape):
    """Makes the keys by a vmap of fold_in."""
    numbers = jnp.arange(jax.device_count(), dtype=jnp.uint32)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, numbers)
    return jax.pmap(jax.random.normal, static_broadcasted_argnums=1)(keys, tuple(shape))
