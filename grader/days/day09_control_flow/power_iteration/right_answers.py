"""Other honest ways to write power_iteration; each must pass every check."""

import functools
import math

import jax
import jax.numpy as jnp
import jax.scipy.linalg
from jax import lax

# power_iteration


def power_iteration__where_twice(matrix, n_steps):
    """Makes the denominator safe before it divides."""

    def step(_, vector):
        image = matrix @ vector
        squares = jnp.sum(image**2)
        norm = jnp.sqrt(jnp.where(squares > 0, squares, 1))
        return jnp.where(squares > 0, image / norm, vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return jnp.vdot(vector, matrix @ vector), vector


def power_iteration__scan(matrix, n_steps):
    """A scan without inputs, and a cond that asks the entries."""

    def normalised(image, _):
        return image / jnp.sqrt(jnp.sum(image * image))

    def step(vector, _):
        image = matrix @ vector
        return lax.cond(jnp.any(image != 0), normalised, lambda _, v: v, image, vector), None

    n = matrix.shape[0]
    vector, _ = lax.scan(step, jnp.full(n, n**-0.5), length=n_steps)
    return jnp.sum(vector * (matrix @ vector)), vector


@functools.partial(jax.jit, static_argnames="n_steps")
def power_iteration__scaled(matrix, n_steps):
    """Scales by the largest entry before it takes the length; compiled by the learner."""

    def step(k, vector):
        image = matrix @ vector
        largest = jnp.max(jnp.abs(image))
        safe = jnp.where(largest > 0, image / jnp.where(largest > 0, largest, 1), vector)
        return safe / jnp.linalg.norm(safe)

    n = len(matrix)
    vector = lax.fori_loop(0, n_steps, step, jnp.ones(n) / jnp.sqrt(n))
    return vector @ matrix @ vector, vector


def power_iteration__squares_before_the_cond(matrix, n_steps):
    """A sum of squares has the slope 0 at 0, so it may stand before the cond; the root may not."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(image @ image > 0, lambda w, v: w / jnp.sqrt(w @ w), lambda w, v: v, image, vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.full(len(matrix), len(matrix) ** -0.5))
    return vector @ (matrix @ vector), vector


def power_iteration__any(matrix, n_steps):
    """Asks whether anything is not 0, and divides by a length of one's own."""

    def step(vector, _):
        image = jnp.dot(matrix, vector)

        def divided(image):
            return image / jnp.sqrt(jnp.sum(image * image))

        return (lax.cond(jnp.any(image != 0), divided, lambda _: vector, image), None)

    vector, _ = lax.scan(
        step, jnp.ones(matrix.shape[0]) / jnp.sqrt(1.0 * matrix.shape[0]), None, length=n_steps
    )
    return (jnp.einsum("i,ij,j->", vector, matrix, vector), vector)


def power_iteration__remembers_the_image(matrix, n_steps):
    """Carries vector and image, and divides safely."""

    def step(_, state):
        vector, image = state
        is_zero = jnp.all(image == 0)
        safe = jnp.where(is_zero, jnp.ones_like(image), image)
        vector = jnp.where(is_zero, vector, safe / jnp.linalg.norm(safe))
        return (vector, matrix @ vector)

    start = jnp.full((len(matrix),), len(matrix) ** (-0.5))
    vector, image = lax.fori_loop(0, n_steps, step, (start, matrix @ start))
    return (jnp.vdot(vector, image), vector)
