"""Other honest ways to write safe_norm; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# safe_norm


def safe_norm__safe_vector(x):
    """Replaces the whole vector at the origin."""
    at_origin = jnp.all(x == 0)
    safe = jnp.where(at_origin, jnp.ones_like(x), x)
    return jnp.where(at_origin, 0.0, jnp.linalg.norm(safe))


def safe_norm__custom_jvp(x):
    """Gives the derivative itself."""

    @jax.custom_jvp
    def norm(x):
        return jnp.sqrt(jnp.sum(x * x))

    @norm.defjvp
    def norm_jvp(primals, tangents):
        (x,), (v,) = primals, tangents
        length = norm(x)
        return length, jnp.dot(x, v) / jnp.where(length == 0, 1.0, length)

    return norm(x)


def safe_norm__custom_vjp(x):
    """Gives the backward pass itself."""

    @jax.custom_vjp
    def norm(x):
        return jnp.sqrt(x @ x)

    def forwards(x):
        return norm(x), x

    def backwards(x, cotangent):
        squares = x @ x
        length = jnp.sqrt(jnp.where(squares == 0, 1.0, squares))
        return (cotangent * x / length,)

    norm.defvjp(forwards, backwards)
    return norm(x)


def safe_norm__scaled(x):
    """Divides by the largest entry first, so that no square over- or underflows."""
    largest = lax.stop_gradient(jnp.max(jnp.abs(x)))
    at_origin = largest == 0
    scale = jnp.where(at_origin, 1.0, largest)
    squares = jnp.sum((x / scale) ** 2)
    return jnp.where(at_origin, 0.0, scale * jnp.sqrt(jnp.where(at_origin, 1.0, squares)))


@jax.jit
def safe_norm__cond(x):
    """Runs one branch; where vmap makes it run both, JAX keeps the origin out of the root. Compiled by the learner."""
    squares = jnp.sum(jnp.square(x))
    return lax.cond(squares == 0, jnp.zeros_like, jnp.sqrt, squares)


def safe_norm__shifted_vector(x):
    """At the origin takes the norm of another vector, and gives it no say."""
    nowhere = jnp.sum(jnp.abs(x)) == 0
    instead = jnp.where(nowhere, jnp.ones_like(x), x)
    return jnp.where(nowhere, 0.0, jnp.sqrt(jnp.dot(instead, instead)))


def safe_norm__with_a_cond(x):
    """Chooses with cond, whose other side is never differentiated."""
    squares = jnp.sum(x * x)
    return jax.lax.cond(squares > 0, jnp.sqrt, jnp.zeros_like, squares)


def safe_norm__lax_cond(x):
    """A cond around the root: under vmap it becomes a select, whose derivative JAX keeps apart."""
    square = jnp.sum(x * x)
    return lax.cond(square > 0, jnp.sqrt, jnp.zeros_like, square)
