"""Other honest ways to write mandelbrot; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# mandelbrot


def mandelbrot__scan(c, n_iterations):
    """Scans, and keeps nothing but the carry."""

    def iterate(carry, _):
        z, count = carry
        z = z * z + c
        return (z, count + jnp.where(jnp.abs(z) <= 2.0, 1, 0)), None

    start = jnp.zeros_like(c), jnp.zeros(c.shape, jnp.int32)
    (_, count), _ = lax.scan(iterate, start, None, length=n_iterations)
    return count


def mandelbrot__real_arithmetic(c, n_iterations):
    """Computes with real and imaginary parts, and squares instead of roots."""
    x0, y0 = c.real, c.imag

    def iterate(_, carry):
        x, y, count = carry
        x, y = x * x - y * y + x0, 2 * x * y + y0
        return x, y, count + (x * x + y * y <= 4)

    start = jnp.zeros_like(x0), jnp.zeros_like(y0), jnp.zeros(c.shape, int)
    return lax.fori_loop(0, n_iterations, iterate, start)[2]


def mandelbrot__stops_when_all_are_out(c, n_iterations):
    """A while_loop that ends early."""

    def goes_on(carry):
        k, z, _ = carry
        return (k < n_iterations) & jnp.any(jnp.abs(z) <= 2)

    def iterate(carry):
        k, z, count = carry
        z = jnp.where(jnp.abs(z) <= 2, z**2 + c, z)
        return k + 1, z, count + (jnp.abs(z) <= 2).astype(int)

    return lax.while_loop(goes_on, iterate, (0, jnp.zeros_like(c), jnp.zeros(c.shape, int)))[2]


@partial(jax.jit, static_argnums=1)
def mandelbrot__one_point_lifted(c, n_iterations):
    """Lifts the loop of one point over the grid; compiled by the learner."""

    def escape(point):
        def goes_on(carry):
            z, count = carry
            return (count < n_iterations) & (jnp.abs(z**2 + point) <= 2)

        return lax.while_loop(goes_on, lambda s: (s[0] ** 2 + point, s[1] + 1), (0 * point, jnp.array(0)))[1]

    return jax.vmap(jax.vmap(escape))(c)


def mandelbrot__numbered_scan(c, n_iterations):
    """Scans over the numbers of the iterations, and does not use them."""

    def iterate(carry, _number):
        z, count = carry
        z = jnp.square(z) + c
        return (z, jnp.where(jnp.abs(z) <= 2, count + 1, count)), None

    start = jnp.zeros(c.shape, c.dtype), jnp.zeros(c.shape, jnp.int32)
    return lax.scan(iterate, start, jnp.arange(n_iterations))[0][1]


def mandelbrot__counts_from_one(c, n_iterations):
    """Starts at z = c, and counts down from n what has left."""

    def iterate(_, carry):
        z, left, out = carry
        out = out | ~(jnp.abs(z) <= 2)
        return z * z + c, left - out.astype(jnp.int32), out

    start = c, jnp.full(c.shape, n_iterations, jnp.int32), jnp.zeros(c.shape, bool)
    return lax.fori_loop(0, n_iterations, iterate, start)[1]
