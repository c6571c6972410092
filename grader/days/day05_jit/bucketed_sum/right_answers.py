"""Other honest ways to write bucketed_sum; each must pass every check."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

# bucketed_sum


def bucketed_sum__pads_with_jax(x, total=jax.jit(lambda padded: jnp.sum(padded))):
    """Pads with JAX, and has its compiled function made beforehand."""
    size = 16
    while size < x.shape[0]:
        size *= 2
    return total(jnp.pad(x, (0, size - x.shape[0])))


def bucketed_sum__multiples(x, total=jax.jit(lambda padded: padded.sum())):
    """Pads to the next multiple of 256."""
    buckets = max(1, -(-len(x) // 256))
    return total(np.concatenate([np.asarray(x), np.zeros(256 * buckets - len(x), np.float32)]))


def bucketed_sum__one_for_each_size(
    x, made=functools.cache(lambda size: jax.jit(lambda padded: jnp.ones(size) @ padded))
):
    """Keeps one compiled function a size."""
    size = 1 << (max(len(x), 1) - 1).bit_length()
    return made(size)(np.pad(x, (0, size - len(x))))


def bucketed_sum__masked(
    x, total=jax.jit(lambda padded, n: jnp.where(jnp.arange(len(padded)) < n, padded, 0).sum())
):
    """Tells the compiled function the length as a traced number."""
    padded = np.full(2 ** (len(x) - 1).bit_length(), 7, x.dtype)
    padded[: len(x)] = x
    return total(padded, len(x))


def bucketed_sum__kept_on_the_function(x):
    """Keeps the compiled function as an attribute."""
    if not hasattr(bucketed_sum, "total"):

        @jax.jit
        def total(padded):
            return padded.sum()

        bucketed_sum.total = total
    sizes = [0, 64, 128, 256, 512, 1024]
    size = next((size for size in sizes if size >= len(x)), -(-len(x) // 1024) * 1024)
    return bucketed_sum.total(np.pad(np.asarray(x), (0, size - len(x))))


def bucketed_sum__in_pieces(x, total=jax.jit(lambda piece: piece.sum())):
    """Cuts x into pieces of 512, the last one padded, and adds up their sums."""
    x = np.asarray(x)
    pieces = [x[start : start + 512] for start in range(0, max(len(x), 1), 512)]
    return functools.reduce(jnp.add, [total(np.pad(piece, (0, 512 - len(piece)))) for piece in pieces])
