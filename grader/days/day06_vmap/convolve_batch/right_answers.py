"""Other honest ways to write convolve_batch; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy.signal import convolve2d

# convolve_batch


def convolve_batch__in_axes_for_both(signals, kernel):
    """Shares the kernel with None."""
    one = partial(jnp.convolve, mode="valid")
    return jax.vmap(one, in_axes=(1, None), out_axes=1)(signals, kernel)


def convolve_batch__transposes(signals, kernel):
    """Turns the columns into rows and back."""
    return jax.vmap(lambda signal: jnp.convolve(signal, kernel, mode="valid"))(signals.T).T


def convolve_batch__taps(signals, kernel):
    """Adds one shifted copy of all signals for each tap."""
    n, k = len(signals), len(kernel)
    return sum(kernel[j] * signals[k - 1 - j : n - j] for j in range(k))


def convolve_batch__windows(signals, kernel):
    """Gathers all windows and contracts them with the kernel, turned round."""
    n, k = len(signals), len(kernel)
    windows = signals[jnp.arange(n - k + 1)[:, None] + jnp.arange(k)]
    return jnp.einsum("tkb,k->tb", windows, kernel[::-1])


def convolve_batch__two_dimensions(signals, kernel):
    """Convolves in two dimensions with a kernel one column wide."""
    return convolve2d(signals, kernel[:, None], mode="valid")


def convolve_batch__lax(signals, kernel):
    """Calls XLA's convolution, which has a batch axis of its own."""
    out = lax.conv(signals.T[:, None, :], kernel[None, None, ::-1], (1,), "VALID")
    return out[:, 0].T


def convolve_batch__fourier(signals, kernel):
    """Multiplies in Fourier space."""
    n, k = len(signals), len(kernel)
    spectrum = jnp.fft.rfft(signals, axis=0) * jnp.fft.rfft(kernel, n)[:, None]
    return jnp.fft.irfft(spectrum, n, axis=0)[k - 1 :]
