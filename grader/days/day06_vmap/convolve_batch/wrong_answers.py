"""Plausible mistakes in convolve_batch; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax import lax

# convolve_batch


@caught_by("speed", "beats_the_loop")
def convolve_batch__all_signals_for_each(signals, kernel):
    """Convolves all signals for each of them, the others blotted out: quadratic in the batch."""
    own = jnp.eye(signals.shape[1])
    convolve_all = jax.vmap(lambda signal: jnp.convolve(signal, kernel, mode="valid"), in_axes=1, out_axes=1)
    return jax.vmap(lambda only: convolve_all(signals * only).sum(axis=1), out_axes=1)(own)


@caught_by("deeper", "in_many_cases")
def convolve_batch__one_long_transform(signals, kernel):
    """Sends all signals through one Fourier transform, end to end: a small one drowns in a large one's rounding."""
    n, batch = signals.shape
    k = kernel.shape[0]
    stride = n + k - 1
    strung = jnp.pad(signals.T, ((0, 0), (0, k - 1))).reshape(-1)
    length = strung.shape[0]
    passed = jnp.fft.irfft(jnp.fft.rfft(strung) * jnp.fft.rfft(kernel, length), length)
    return passed.reshape(batch, stride)[:, k - 1 : n].T.astype(signals.dtype)


@caught_by("correct", "by_hand")
def convolve_batch__rows(signals, kernel):
    """Takes the rows to be the signals."""
    return jax.vmap(lambda signal: jnp.convolve(signal, kernel, mode="valid"))(signals)


@caught_by("correct", "by_hand")
def convolve_batch__transposed(signals, kernel):
    """Maps the columns and forgets where the results go."""
    return jax.vmap(lambda signal: jnp.convolve(signal, kernel, mode="valid"), in_axes=1)(signals)


@caught_by("correct", "by_hand")
def convolve_batch__kernel_mapped(signals, kernel):
    """Maps the kernel as well."""
    return jax.vmap(lambda s, k: jnp.convolve(s, k, mode="valid"), in_axes=(1, 0), out_axes=1)(
        signals, kernel
    )


@caught_by("correct", "by_hand")
def convolve_batch__same_length(signals, kernel):
    """Pads: the result is as long as the signal."""
    return jax.vmap(lambda signal: jnp.convolve(signal, kernel, mode="same"), in_axes=1, out_axes=1)(signals)


@caught_by("correct", "turns_the_kernel_round")
def convolve_batch__correlates(signals, kernel):
    """Runs through the kernel forwards."""
    return jax.vmap(lambda signal: jnp.correlate(signal, kernel, mode="valid"), in_axes=1, out_axes=1)(
        signals
    )


@caught_by("correct", "turns_the_kernel_round")
def convolve_batch__windows_forwards(signals, kernel):
    """Multiplies windows with a kernel that nobody has turned."""
    n, k = len(signals), len(kernel)
    windows = signals[jnp.arange(n - k + 1)[:, None] + jnp.arange(k)]
    return jnp.einsum("tkb,k->tb", windows, kernel)


@caught_by("correct", "takes_one_signal_and_a_long_kernel")
def convolve_batch__squeezed(signals, kernel):
    """Squeezes, and loses a batch of one."""
    return jnp.squeeze(
        jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"), in_axes=1, out_axes=1)(signals)
    )


@caught_by("jit", "compiles_once")
def convolve_batch__through_numpy(signals, kernel):
    """Asks NumPy."""
    columns = [np.convolve(column, kernel, mode="valid") for column in np.asarray(signals).T]
    return jnp.asarray(np.stack(columns, axis=1))


@caught_by("jit", "takes_all_signals_at_once")
def convolve_batch__lax_map(signals, kernel):
    """Takes the signals one after the other, compiled."""
    return lax.map(lambda signal: jnp.convolve(signal, kernel, mode="valid"), signals.T).T


@caught_by("jit", "takes_all_signals_at_once")
def convolve_batch__loop_over_signals(signals, kernel):
    """Convolves signal after signal."""
    columns = [jnp.convolve(signals[:, b], kernel, mode="valid") for b in range(signals.shape[1])]
    return jnp.stack(columns, axis=1)


@caught_by("jit", "takes_all_signals_at_once")
def convolve_batch__loop_over_moments(signals, kernel):
    """Slides the kernel along in Python."""
    n, k = len(signals), len(kernel)
    backwards = kernel[::-1]
    return jnp.stack([backwards @ signals[t + jnp.arange(k)] for t in range(n - k + 1)])


@caught_by("jit", "takes_all_signals_at_once")
def convolve_batch__map_in_one_batch(signals, kernel):
    """Walks the signals in a loop of one round."""
    one = lambda signal: jnp.convolve(signal, kernel, mode="valid")  # noqa: E731
    return lax.map(one, signals.T, batch_size=signals.shape[1]).T


@caught_by("correct", "takes_one_signal_and_a_long_kernel")
def convolve_batch__one_moment_short(signals, kernel):
    """Leaves the last moment out where the kernel is longer than two taps."""
    n, k = len(signals), len(kernel)
    taps = [kernel[j] * signals[k - 1 - j : n - j - (k > 2)] for j in range(k)]
    return sum(taps)


@caught_by("jit", "takes_all_signals_at_once")
def convolve_batch__scan_over_moments(signals, kernel):
    """Walks through the moments of each signal, compiled."""

    def one_signal(signal):
        def at(t):
            return jnp.dot(lax.dynamic_slice(signal, (t,), (len(kernel),)), kernel[::-1])

        return lax.map(at, jnp.arange(len(signal) - len(kernel) + 1))

    return jax.vmap(one_signal, in_axes=1, out_axes=1)(signals)


@caught_by("deeper", "in_many_cases")
def convolve_batch__noise_cleared(signals, kernel):
    """Takes what is below 1e-5 for noise, and clears it away."""
    signals = jnp.where(jnp.abs(signals) < 1e-5, 0, signals)
    return jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"), in_axes=1, out_axes=1)(signals)


@caught_by("deeper", "lets_nan_through")
def convolve_batch__nan_to_num(signals, kernel):
    """Makes zeros of what is not a number."""
    signals, kernel = jnp.nan_to_num(signals), jnp.nan_to_num(kernel)
    return jax.vmap(lambda s: jnp.convolve(s, kernel, mode="valid"), in_axes=1, out_axes=1)(signals)
