"""Other honest ways to write parallel_convolve; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import AxisType
from jax.sharding import PartitionSpec as P

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


def parallel_convolve__einsum(signals, kernel):
    """Sums products of shifted slices; a Python loop over the kernel alone."""
    n, (m, t), k = jax.device_count(), signals.shape, kernel.shape[0]
    rows = -(-m // n)
    shards = jnp.zeros((n * rows, t), signals.dtype).at[:m].set(signals).reshape(n, rows, t)

    def on_a_device(part):
        shifted = jnp.stack([part[:, k - 1 - j : t - j] for j in range(k)])
        return jnp.einsum("j,jrs->rs", kernel, shifted)

    return jax.pmap(on_a_device)(shards).reshape(n * rows, t - k + 1)[:m]


def parallel_convolve__lax_conv(signals, kernel):
    """One convolution with a batch of signals, under pmap."""
    n, (m, t) = jax.device_count(), signals.shape
    padded = jnp.pad(signals, ((0, -m % n), (0, 0)))

    def on_a_device(part, kernel):
        found = lax.conv_general_dilated(part[:, None, :], kernel[::-1][None, None], (1,), "VALID")
        return found[:, 0]

    mapped = jax.pmap(on_a_device, in_axes=(0, None))
    return mapped(padded.reshape(n, -1, t), kernel).reshape(len(padded), -1)[:m]


def parallel_convolve__shard_map(signals, kernel):
    """The rows split by a shard_map."""
    n, (m, _) = jax.device_count(), signals.shape
    mesh = jax.make_mesh((n,), ("d",), axis_types=(AxisType.Auto,))
    padded = jnp.pad(signals, ((0, -m % n), (0, 0)))
    one = jax.vmap(lambda signal, kernel: jnp.convolve(signal, kernel, mode="valid"), (0, None))
    return jax.shard_map(one, mesh=mesh, in_specs=(P("d"), P()), out_specs=P("d"))(padded, kernel)[:m]
