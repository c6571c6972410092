"""Plausible mistakes in parallel_convolve; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# parallel_convolve


@caught_by("jit", "divides_the_work")
def parallel_convolve__rest_on_one(signals, kernel):
    """The rows that the devices do not divide are convolved by vmap alone: right values, shows with m = 15 on 8."""
    m, t = signals.shape
    crew = jax.device_count()
    share, rest = divmod(m, crew)

    def some(rows, kernel):
        return jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"))(rows)

    parts = []
    if share:
        even = signals[: share * crew].reshape(crew, share, t)
        parts.append(jax.pmap(some, in_axes=(0, None))(even, kernel).reshape(share * crew, -1))
    if rest:
        parts.append(some(signals[share * crew :], kernel))
    return jnp.concatenate([jax.device_put(p, jax.devices()[0]) for p in parts])


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
def parallel_convolve__six(signals, kernel):
    """Writes the number of devices that it has seen."""
    n, (m, t) = 6, signals.shape
    padded = jnp.pad(signals, ((0, -m % n), (0, 0)))
    convolve = jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"))
    return jax.pmap(convolve)(padded.reshape(n, -1, t)).reshape(len(padded), -1)[:m]


@caught_by("jit", "divides_the_work")
def parallel_convolve__one_device_if_uneven(signals, kernel):
    """Leaves all signals to one device where the devices do not divide them."""
    m, t = signals.shape
    n_devices = jax.device_count() if m % jax.device_count() == 0 else 1
    padded = jnp.pad(signals, ((0, -m % n_devices), (0, 0)))

    def convolve(signal, kernel):
        return jnp.convolve(signal, kernel, mode="valid")

    on_a_device = jax.vmap(convolve, in_axes=(0, None))
    shards = padded.reshape(n_devices, -1, t)
    found = jax.pmap(on_a_device, in_axes=(0, None))(shards, kernel)
    return found.reshape(padded.shape[0], -1)[:m]


@caught_by("jit", "stays_as_small_for_many_signals")
def parallel_convolve__loop_on_a_device(signals, kernel):
    """Walks over the signals of a device in Python."""
    n, (m, t) = jax.device_count(), signals.shape
    rows_each = -(-m // n)
    shards = jnp.pad(signals, ((0, n * rows_each - m), (0, 0))).reshape(n, rows_each, t)

    def part(rows):
        return jnp.stack([jnp.convolve(rows[i], kernel, mode="valid") for i in range(rows_each)])

    return jax.pmap(part)(shards).reshape(n * rows_each, -1)[:m]
