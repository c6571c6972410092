"""Plausible mistakes in bucketed_sum; each must be caught by the check named above it."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

# bucketed_sum


@caught_by("correct", "by_hand")
def bucketed_sum__rounds_down(x):
    """Takes the power of two below: the end of x is cut off."""
    size = 2 ** (len(x).bit_length() - 1)
    return jax.jit(jnp.sum)(x[:size])


@caught_by("correct", "by_hand")
def bucketed_sum__repeats_the_edge(x):
    """Pads with the last element, which then counts again."""
    size = 2 ** (len(x) - 1).bit_length()
    return jax.jit(jnp.sum)(np.pad(x, (0, size - len(x)), mode="edge"))


@caught_by("correct", "by_hand")
def bucketed_sum__mean(x):
    """Multiplies the mean of the padded array by the length of x."""
    padded = np.pad(x, (0, 2 ** (len(x) - 1).bit_length() - len(x)))
    return jax.jit(jnp.mean)(padded) * len(x)


@caught_by("correct", "agrees_with_numpy")
def bucketed_sum__one_short(x):
    """Is one short where the length is a power of two."""
    size = 2 ** (len(x) - 1).bit_length()
    padded = np.pad(x, (0, size - len(x)))
    return jax.jit(lambda padded: padded[:-1].sum())(padded) if len(x) < size else jax.jit(jnp.sum)(x[:-1])


@caught_by("correct", "agrees_with_numpy")
def bucketed_sum__fixed_room(x):
    """Has room for sixteen numbers."""
    padded = np.zeros(16, x.dtype)
    padded[: len(x)] = x
    return jax.jit(jnp.sum)(padded)


@caught_by("correct", "sums_nothing")
def bucketed_sum__logarithm(x):
    """Takes the logarithm of the length; that of 0 is -inf."""
    size = 2 ** int(np.ceil(np.log2(len(x))))
    return jax.jit(jnp.sum)(np.pad(x, (0, size - len(x))))


@caught_by("jit", "makes_few_programs")
@jax.jit
def bucketed_sum__outer_jit(x):
    """Compiles the whole function: a program for each length."""
    size = 2 ** (len(x) - 1).bit_length()
    return jnp.pad(x, (0, size - len(x))).sum()


@caught_by("jit", "makes_few_programs")
def bucketed_sum__no_padding(x, total=jax.jit(lambda x: jnp.sum(x))):
    """Compiles the sum and does not pad."""
    return total(x)


@caught_by("jit", "makes_few_programs")
def bucketed_sum__jit_anew(x):
    """Puts a new function under jit in each call."""
    size = 2 ** (len(x) - 1).bit_length()
    padded = np.pad(x, (0, size - len(x)))
    return jax.jit(lambda padded: jnp.sum(padded))(padded)


@caught_by("jit", "makes_few_programs")
def bucketed_sum__static_length(x, total=jax.jit(lambda padded, n: padded[:n].sum(), static_argnums=1)):
    """Tells the compiled function the length, as a static argument."""
    size = 2 ** (len(x) - 1).bit_length()
    return total(np.pad(x, (0, size - len(x))), len(x))


@caught_by("jit", "makes_few_programs")
def bucketed_sum__many_buckets(x, total=jax.jit(lambda padded: padded.sum())):
    """Pads to the next multiple of eight: still far too many sizes."""
    return total(np.pad(x, (0, -len(x) % 8)))


@caught_by("jit", "makes_few_programs")
def bucketed_sum__cached_by_length(
    x, made=functools.cache(lambda n: jax.jit(lambda padded: padded[:n].sum()))
):
    """Keeps one compiled function for each length."""
    return made(len(x))(np.pad(x, (0, 2 ** (len(x) - 1).bit_length() - len(x))))


@caught_by("jit", "compiles_the_sum")
def bucketed_sum__no_jit(x):
    """Compiles nothing."""
    size = 2 ** (len(x) - 1).bit_length()
    return jnp.sum(np.pad(x, (0, size - len(x))))


@caught_by("correct", "remembers_no_answers")
def bucketed_sum__keeps_answers(x, seen={}):  # noqa: B006
    """Keeps its answers by length, first and last element."""
    known = len(x), float(x[0]) if len(x) else 0.0, float(x[-1]) if len(x) else 0.0
    if known not in seen:
        padded = np.zeros(1 << max(len(x) - 1, 0).bit_length(), np.float32)
        padded[: len(x)] = x
        seen[known] = jax.jit(jnp.sum)(padded)
    return seen[known]


@caught_by("jit", "compiles_the_sum")
def bucketed_sum__cuts_the_rest(x):
    """Knows one size, 1024, and cuts off what does not fit."""
    padded = np.zeros(1024, np.float32)
    padded[: min(len(x), 1024)] = np.asarray(x)[:1024]
    return jax.jit(jnp.sum)(padded)


@caught_by("correct", "clears_nothing_away")
def bucketed_sum__pads_with_nan(x):
    """Pads with NaN and skips all NaNs, those of x, too."""
    padded = np.full(1 << max(len(x) - 1, 0).bit_length(), np.nan, np.float32)
    padded[: len(x)] = x
    return jax.jit(jnp.nansum)(padded)


@caught_by("deeper", "has_no_last_size")
def bucketed_sum__list_ends(x):
    """Looks the size up in a list that ends at 65536, and cuts off what does not fit."""
    sizes = [2**k for k in range(17)]
    size = next((size for size in sizes if size >= len(x)), sizes[-1])
    padded = np.zeros(size, np.float32)
    padded[: min(len(x), size)] = np.asarray(x)[:size]
    return jax.jit(jnp.sum)(padded)


@caught_by("correct", "agrees_with_numpy")
def bucketed_sum__whole_numbers(x):
    """Sums in integers, as if there were nothing but whole numbers."""
    padded = np.zeros(1 << max(len(x) - 1, 0).bit_length(), np.int32)
    padded[: len(x)] = x
    return jax.jit(jnp.sum)(padded).astype(jnp.float32)
