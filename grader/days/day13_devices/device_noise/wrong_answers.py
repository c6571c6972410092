"""Plausible mistakes in device_noise; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# device_noise


@caught_by("jit", "is_drawn_where_it_is_used")
def device_noise__drawn_in_one_place(key, shape):
    """Draws everything on one device, and hands the slices out."""
    everything = jax.random.normal(key, (jax.device_count(), *shape))
    return jax.pmap(lambda own: own)(everything)


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
def device_noise__six(key, shape):
    """Splits the key in six."""
    return jax.pmap(lambda key: jax.random.normal(key, shape))(jax.random.split(key, 6))


@caught_by("correct", "is_normal")
def device_noise__deviation_1_05(key, shape):
    """Draws with a deviation of 1.05."""

    def draw(key):
        return 1.05 * jax.random.normal(key, shape)

    return jax.pmap(draw)(jax.random.split(key, jax.device_count()))


@caught_by("deeper", "repeats_for_no_key")
def device_noise__few_bits_of_the_key(key, shape):
    """Makes the devices' keys from twelve bits of the key."""

    def draw(key):
        return jax.random.normal(key, shape)

    return jax.pmap(draw)(
        jax.vmap(
            lambda k: jax.random.fold_in(
                jax.random.key(0), jax.random.bits(key, (), jnp.uint32) // 2**20 * 64 + k.astype(jnp.uint32)
            )
        )(jnp.arange(jax.device_count()))
    )


@caught_by("deeper", "is_the_same_at_each_call")
def device_noise__counts_calls(key, shape):
    """Takes the number of its calls into the key."""
    device_noise__counts_calls.calls = getattr(device_noise__counts_calls, "calls", 0) + 1
    key = jax.random.fold_in(key, device_noise__counts_calls.calls)
    return jax.pmap(lambda one: jax.random.normal(one, shape))(jax.random.split(key, jax.device_count()))
