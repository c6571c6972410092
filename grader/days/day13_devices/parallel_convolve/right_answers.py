"""Other honest ways to write parallel_convolve; each must pass every check."""

import jax
import jax.numpy as jnp

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
