"""Plausible mistakes in mandelbrot; each must be caught by the check named above it."""

import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax import lax

# mandelbrot


@caught_by("deeper", "waits_for_slow_points")
def mandelbrot__patience_of_fifty(c, n_iterations):
    """Stops when nobody has left for 50 iterations: c = 0.251 alone, n = 300, leaves after about 97 and is given 300."""

    def going(state):
        k, quiet = state[0], state[1]
        return (k < n_iterations) & (quiet < 50)

    def once(state):
        k, quiet, z, inside, count = state
        z = z * z + c
        now = inside & (jnp.abs(z) <= 2)
        quiet = jnp.where(jnp.any(now != inside), 0, quiet + 1)
        return k + 1, quiet, z, now, count + now

    start = (0, 0, jnp.zeros_like(c), jnp.ones(c.shape, bool), jnp.zeros(c.shape, jnp.int32))
    _, _, _, inside, count = lax.while_loop(going, once, start)
    return jnp.where(inside, n_iterations, count)


@caught_by("correct", "by_hand")
def mandelbrot__counts_the_start(c, n_iterations):
    """Counts before it steps: z₀ is counted and zₙ is not."""

    def iterate(_, carry):
        z, count = carry
        return z**2 + c, count + (jnp.abs(z) <= 2)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape, int)))[1]


@caught_by("correct", "by_hand")
def mandelbrot__strictly_within(c, n_iterations):
    """Takes the circle itself for outside."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + (jnp.abs(z) < 2)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape, int)))[1]


@caught_by("correct", "by_hand")
def mandelbrot__real_start(c, n_iterations):
    """Starts from a real 0: the carry comes out complex."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + (jnp.abs(z) <= 2)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros(c.shape), jnp.zeros(c.shape, int)))[1]


@caught_by("correct", "by_hand")
def mandelbrot__float_counts(c, n_iterations):
    """Counts in floats."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + (jnp.abs(z) <= 2)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape)))[1]


@caught_by("correct", "by_hand")
def mandelbrot__all_or_nothing(c, n_iterations):
    """Looks at the end alone."""
    z = lax.fori_loop(0, n_iterations, lambda _, z: z**2 + c, jnp.zeros_like(c))
    return jnp.where(jnp.abs(z) <= 2, n_iterations, 0)


@caught_by("correct", "counts_no_nan")
def mandelbrot__not_outside(c, n_iterations):
    """Takes what is not outside for inside, NaN too."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + jnp.where(jnp.abs(z) > 2, 0, 1)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape, int)))[1]


@caught_by("jit", "compiles_once")
def mandelbrot__stops_early(c, n_iterations):
    """Stops when all have left, by a Python branch."""
    z, count = jnp.zeros_like(c), jnp.zeros(c.shape, int)
    for _ in range(n_iterations):
        z = z**2 + c
        within = jnp.abs(z) <= 2
        if not within.any():
            break
        count = count + within
    return count


@caught_by("jit", "compiles_once")
def mandelbrot__through_numpy(c, n_iterations):
    """Iterates in NumPy."""
    z, count = np.zeros(c.shape, np.complex64), np.zeros(c.shape, np.int32)
    with np.errstate(all="ignore"):
        for _ in range(n_iterations):
            z = z**2 + np.asarray(c)
            count += np.abs(z) <= 2
    return jnp.asarray(count)


@caught_by("jit", "has_no_python_loop")
def mandelbrot__python_loop(c, n_iterations):
    """Writes each iteration out."""
    z, count = jnp.zeros_like(c), jnp.zeros(c.shape, int)
    for _ in range(n_iterations):
        z = z**2 + c
        count = count + (jnp.abs(z) <= 2)
    return count


@caught_by("jit", "keeps_no_history")
def mandelbrot__whole_path(c, n_iterations):
    """Collects every grid on the way and counts afterwards."""

    def iterate(z, _):
        z = z**2 + c
        return z, z

    _, path = lax.scan(iterate, jnp.zeros_like(c), length=n_iterations)
    return jnp.sum(jnp.abs(path) <= 2, axis=0)


@caught_by("speed", "beats_eager_steps")
def mandelbrot__each_from_the_start(c, n_iterations):
    """Computes each z from the start again."""

    def z_after(k):
        return lax.fori_loop(0, k, lambda _, z: z**2 + c, jnp.zeros_like(c))

    def iterate(k, count):
        return count + (jnp.abs(z_after(k + 1)) <= 2)

    return lax.fori_loop(0, n_iterations, iterate, jnp.zeros(c.shape, int))


@caught_by("correct", "counts_no_nan")
def mandelbrot__eight_bits(c, n_iterations):
    """Counts in int8."""

    def iterate(_, carry):
        z, count = carry
        z = z * z + c
        return z, count + (jnp.abs(z) <= 2)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape, jnp.int8)))[1]


@caught_by("correct", "counts_no_nan")
def mandelbrot__at_most_500(c, n_iterations):
    """Takes 500 iterations for enough."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + (jnp.abs(z) <= 2)

    start = jnp.zeros_like(c), jnp.zeros(c.shape, int)
    return lax.fori_loop(0, min(n_iterations, 500), iterate, start)[1]


@caught_by("deeper", "goes_on_and_on")
def mandelbrot__sixteen_bits(c, n_iterations):
    """Counts in int16."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + (jnp.abs(z) <= 2).astype(jnp.int16)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape, jnp.int16)))[1]


@caught_by("correct", "by_hand")
def mandelbrot__in_a_square(c, n_iterations):
    """Asks real and imaginary part for themselves: a square, and no circle."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + ((jnp.abs(z.real) <= 2) & (jnp.abs(z.imag) <= 2))

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape, int)))[1]


@caught_by("correct", "by_hand")
def mandelbrot__wide_circle(c, n_iterations):
    """Lets points go a little too far."""

    def iterate(_, carry):
        z, count = carry
        z = z**2 + c
        return z, count + (jnp.abs(z) ** 2 <= 4.05)

    return lax.fori_loop(0, n_iterations, iterate, (jnp.zeros_like(c), jnp.zeros(c.shape, int)))[1]
