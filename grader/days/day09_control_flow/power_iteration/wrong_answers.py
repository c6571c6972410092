"""Plausible mistakes in power_iteration; each must be caught by the check named above it."""

import math

import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# power_iteration


@caught_by("correct", "by_hand")
def power_iteration__not_normalised_at_first(matrix, n_steps):
    """Returns the product of the last step without dividing."""
    start = jnp.ones(len(matrix)) / math.sqrt(len(matrix))
    vector = lax.fori_loop(0, n_steps, lambda _, v: matrix @ v, start)
    return vector @ matrix @ vector, vector


@caught_by("correct", "by_hand")
def power_iteration__largest_entry(matrix, n_steps):
    """Divides by the largest entry instead of the length."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.any(image != 0), lambda: image / jnp.abs(image).max(), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "agrees_with_a_loop")
def power_iteration__length_for_eigenvalue(matrix, n_steps):
    """Takes the length of the image for the eigenvalue: right but for its sign, once converged."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.linalg.norm(image) > 0, lambda: image / jnp.linalg.norm(image), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    value = vector @ matrix @ vector
    return jnp.abs(value), vector


@caught_by("correct", "converges")
def power_iteration__normalised_at_the_end(matrix, n_steps):
    """Divides once, at the end: by then the numbers are infinite."""
    start = jnp.ones(len(matrix)) / math.sqrt(len(matrix))
    image = lax.fori_loop(0, n_steps, lambda _, v: matrix @ v, start)
    norm = jnp.linalg.norm(image)
    vector = jnp.where(norm > 0, image / norm, start)
    return vector @ matrix @ vector, vector


@caught_by("correct", "keeps_the_vector_when_the_image_is_zero")
def power_iteration__zero_by_zero(matrix, n_steps):
    """Divides zero by zero."""

    def step(_, vector):
        image = matrix @ vector
        return image / jnp.linalg.norm(image)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "keeps_the_vector_when_the_image_is_zero")
def power_iteration__becomes_zero(matrix, n_steps):
    """Goes on with the zero vector, which is no direction."""

    def step(_, vector):
        image = matrix @ vector
        norm = jnp.linalg.norm(image)
        return image / jnp.where(norm > 0, norm, 1)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "takes_small_entries")
def power_iteration__threshold(matrix, n_steps):
    """Takes what is small for zero."""

    def step(_, vector):
        image = matrix @ vector
        norm = jnp.linalg.norm(image)
        return lax.cond(norm > 1e-6, lambda: image / norm, lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "has_finite_gradients")
def power_iteration__where_alone(matrix, n_steps):
    """Chooses with where, and divides by zero on the side that is not chosen."""

    def step(_, vector):
        image = matrix @ vector
        norm = jnp.linalg.norm(image)
        return jnp.where(norm > 0, image / norm, vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "has_finite_gradients")
def power_iteration__while_loop(matrix, n_steps):
    """Counts in a while_loop, which cannot go backwards."""

    def step(state):
        k, vector = state
        image = matrix @ vector
        norm = jnp.linalg.norm(image)
        return k + 1, lax.cond(norm > 0, lambda: image / norm, lambda: vector)

    start = jnp.ones(len(matrix)) / math.sqrt(len(matrix))
    vector = lax.while_loop(lambda s: s[0] < n_steps, step, (0, start))[1]
    return vector @ matrix @ vector, vector


@caught_by("jit", "compiles_once")
def power_iteration__python_branch(matrix, n_steps):
    """Asks in Python whether the image is zero."""
    vector = jnp.ones(len(matrix)) / math.sqrt(len(matrix))
    for _ in range(n_steps):
        image = matrix @ vector
        if not jnp.any(image != 0):
            break
        vector = image / jnp.linalg.norm(image)
    return vector @ matrix @ vector, vector


@caught_by("jit", "stays_a_loop")
def power_iteration__python_loop(matrix, n_steps):
    """Loops in Python over a static number of steps: all of them are written out."""
    vector = jnp.ones(len(matrix)) / math.sqrt(len(matrix))
    for _ in range(n_steps):
        image = matrix @ vector
        safe = jnp.where(jnp.any(image != 0), image, 1)
        vector = jnp.where(jnp.any(image != 0), image / jnp.linalg.norm(safe), vector)
    return vector @ matrix @ vector, vector


@caught_by("correct", "takes_no_steps")
def power_iteration__starts_too_long(matrix, n_steps):
    """Starts from ones, whose length is √n."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.any(image != 0), lambda: image / jnp.linalg.norm(image), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "by_hand")
def power_iteration__length_of_the_image(matrix, n_steps):
    """Takes the length of the next image for the eigenvalue."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.any(image != 0), lambda: image / jnp.linalg.norm(image), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return jnp.linalg.norm(matrix @ vector), vector


@caught_by("correct", "takes_small_entries")
def power_iteration__a_small_number_added(matrix, n_steps):
    """Keeps the denominator away from 0, and changes the answer."""

    def step(_, vector):
        image = matrix @ vector
        return image / (jnp.linalg.norm(image) + 1e-8)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "divides_unless_all_entries_are_zero")
def power_iteration__asks_the_sum(matrix, n_steps):
    """Takes an image for zero when its entries add up to 0."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.sum(image) != 0, lambda: image / jnp.linalg.norm(image), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "divides_unless_all_entries_are_zero")
def power_iteration__asks_the_mean(matrix, n_steps):
    """Takes an image for zero when its mean is."""

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.abs(jnp.mean(image)) > 0, lambda: image / jnp.linalg.norm(image), lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "has_finite_gradients")
def power_iteration__length_before_the_cond(matrix, n_steps):
    """Takes the length before the cond: it is differentiated in any case."""

    def step(_, vector):
        image = matrix @ vector
        norm = jnp.linalg.norm(image)
        return lax.cond(norm > 0, lambda: image / norm, lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "has_finite_gradients")
def power_iteration__stops_the_gradient(matrix, n_steps):
    """Gets rid of NaN by letting no gradient through the steps."""

    def step(_, vector):
        image = matrix @ vector
        found = lax.cond(jnp.any(image != 0), lambda: image / jnp.linalg.norm(image), lambda: vector)
        return lax.stop_gradient(found)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("correct", "takes_small_entries")
def power_iteration__small_is_nothing(matrix, n_steps):
    """Takes a length of up to 1e-12 for 0."""

    def step(_, vector):
        image = matrix @ vector
        length = jnp.linalg.norm(image)
        return lax.cond(length > 1e-12, lambda: image / length, lambda: vector)

    vector = lax.fori_loop(0, n_steps, step, jnp.ones(len(matrix)) / math.sqrt(len(matrix)))
    return vector @ matrix @ vector, vector


@caught_by("deeper", "lets_nan_through")
def power_iteration__mends_nan(matrix, n_steps):
    """Takes a NaN in the matrix for 0."""
    n = len(matrix)
    matrix = jnp.where(jnp.isnan(matrix), 0, matrix)

    def step(_, vector):
        image = matrix @ vector
        return lax.cond(jnp.linalg.norm(image) > 0, lambda: image / jnp.linalg.norm(image), lambda: vector)

    start = jnp.full(n, 1 / math.sqrt(n), matrix.dtype)
    vector = lax.fori_loop(0, n_steps, step, start)
    return vector @ matrix @ vector, vector
