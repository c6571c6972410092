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
