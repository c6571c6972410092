"""Other honest ways to write straight_through_round; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# straight_through_round


def straight_through_round__custom_jvp(x):
    """A rule that passes the tangent on."""

    @jax.custom_jvp
    def rounded(x):
        return jnp.round(x)

    rounded.defjvp(lambda primals, tangents: (rounded(primals[0]), tangents[0]))
    return rounded(x)


def straight_through_round__custom_vjp(x):
    """A rule that passes the gradient on."""

    @jax.custom_vjp
    def rounded(x):
        return jnp.rint(x)

    rounded.defvjp(lambda x: (rounded(x), None), lambda _, gradient: (gradient,))
    return rounded(x)


def straight_through_round__zero_with_a_gradient(x):
    """Adds a zero that has the gradient of x."""
    return lax.stop_gradient(jnp.round(x)) + (x - lax.stop_gradient(x))


@jax.jit
def straight_through_round__takes_the_fraction_off(x):
    """Takes away what is too much, held still; compiled by the learner."""
    return x - lax.stop_gradient(x - lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN))


def straight_through_round__two_rules(x):
    """A custom_vjp that keeps nothing, on a function with a name."""

    def forwards(x):
        return (lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN), ())

    @jax.custom_vjp
    def quantise(x):
        return forwards(x)[0]

    def backwards(_, gradient):
        return (gradient,)

    quantise.defvjp(forwards, backwards)
    return quantise(x)


def straight_through_round__zero_plus_value(x):
    """The rounded value is held still; x - stop(x) is an exact 0 with slope 1."""
    x = jnp.asarray(x)
    return lax.stop_gradient(jnp.rint(x)) + (x - lax.stop_gradient(x))
