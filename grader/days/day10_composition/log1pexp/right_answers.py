"""Other honest ways to write log1pexp; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# log1pexp


def log1pexp__defjvps(x):
    """The short form of the rule."""

    @jax.custom_jvp
    def value(x):
        return jnp.where(x > 0, x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    value.defjvps(lambda tangent, out, x: tangent * jnp.exp(x - out))
    return value(x)


def log1pexp__logistic(x):
    """The logistic function as the slope."""

    @jax.custom_jvp
    def value(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @value.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return value(x), lax.logistic(x) * tangent

    return value(x)


@jax.jit
def log1pexp__one_number_at_a_time(x):
    """A rule for one number, with a cond in it, lifted by vectorize and compiled by the learner."""

    @jax.custom_jvp
    def value(x):
        return lax.cond(x > 0, lambda: x + jnp.log1p(jnp.exp(-x)), lambda: jnp.log1p(jnp.exp(x)))

    @value.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        above, below = jnp.where(x > 0, x, 0), jnp.exp(jnp.where(x > 0, 0, x))
        return value(x), tangent * jnp.where(x > 0, 1 / (1 + jnp.exp(-above)), below / (1 + below))

    return jnp.vectorize(value)(x)


def log1pexp__two_formulas(x):
    """A formula for each sign, each with an input that does it no harm."""

    def parts(x):
        return jnp.where(x > 0, x, 0), jnp.where(x > 0, 0, x)

    @jax.custom_jvp
    def value(x):
        above, below = parts(x)
        return jnp.where(x > 0, above + jnp.log1p(jnp.exp(-above)), jnp.log1p(jnp.exp(below)))

    @value.defjvp
    def rule(primals, tangents):
        (x,), (dx,) = primals, tangents
        above, below = parts(x)
        slope = jnp.where(x > 0, 1 / (1 + jnp.exp(-above)), jnp.exp(below) / (1 + jnp.exp(below)))
        return value(x), slope * dx

    return value(x)


@jax.jit
def log1pexp__lax(x):
    """By lax, with the rule as a function of its own; compiled by the learner."""

    def value(x):
        return lax.add(lax.max(x, jnp.zeros_like(x)), lax.log1p(lax.exp(lax.neg(lax.abs(x)))))

    stable = jax.custom_jvp(value)

    def rule(primals, tangents):
        return (stable(*primals), tangents[0] * jnp.reciprocal(1.0 + jnp.exp(-primals[0])))

    stable.defjvp(rule)
    return stable(x)


def log1pexp__largest_of_both(x):
    """Takes the larger of both exponents out, as a log-sum-exp does."""

    @jax.custom_jvp
    def value(x):
        largest = jnp.maximum(x, 0.0)
        return largest + jnp.log1p(jnp.exp(jnp.minimum(x, 0.0) - largest))

    @value.defjvp
    def rule(primals, tangents):
        return (value(primals[0]), jnp.exp(-value(-primals[0])) * tangents[0])

    return value(x)
