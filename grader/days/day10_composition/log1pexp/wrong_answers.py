"""Plausible mistakes in log1pexp; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax import lax

# log1pexp


@caught_by("correct", "survives_large_numbers")
def log1pexp__plain(x):
    """The formula, as it stands."""
    return jnp.log(1 + jnp.exp(x))


@caught_by("correct", "uses_no_shortcut")
def log1pexp__logaddexp(x):
    """One library call."""
    return jnp.logaddexp(x, 0.0)


@caught_by("correct", "uses_no_shortcut")
def log1pexp__softplus(x):
    """Another library call."""
    return jax.nn.softplus(x)


@caught_by("correct", "survives_large_numbers")
def log1pexp__custom_rule_on_the_plain_formula(x):
    """The derivative is repaired, the value is not."""

    @jax.custom_jvp
    def value(x):
        return jnp.log1p(jnp.exp(x))

    @value.defjvp
    def rule(primals, tangents):
        return value(primals[0]), tangents[0] / (1 + jnp.exp(-primals[0]))

    return value(x)


@caught_by("correct", "keeps_the_digits_of_tiny_values")
def log1pexp__log_of_one_plus(x):
    """Stable above, but log(1 + tiny) is 0."""

    @jax.custom_jvp
    def value(x):
        return jnp.maximum(x, 0) + jnp.log(1 + jnp.exp(-jnp.abs(x)))

    @value.defjvp
    def rule(primals, tangents):
        return value(primals[0]), tangents[0] / (1 + jnp.exp(-primals[0]))

    return value(x)


@caught_by("correct", "has_the_right_derivative")
def log1pexp__forgets_the_tangent(x):
    """The rule returns the slope by another sign of x."""

    @jax.custom_jvp
    def value(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @value.defjvp
    def rule(primals, tangents):
        return value(primals[0]), tangents[0] / (1 + jnp.exp(primals[0]))

    return value(x)


@caught_by("correct", "has_a_finite_derivative_far_out")
def log1pexp__where_without_a_safe_input(x):
    """Chooses with where, and differentiates the branch that overflowed, too."""
    return jnp.where(x > 30, x, jnp.log1p(jnp.exp(x)))


@caught_by("correct", "has_a_finite_derivative_far_out")
def log1pexp__slope_overflows(x):
    """exp(x) / (1 + exp(x)) is inf / inf."""

    @jax.custom_jvp
    def value(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @value.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return value(x), tangent * jnp.exp(x) / (1 + jnp.exp(x))

    return value(x)


@caught_by("correct", "keeps_the_digits_of_tiny_derivatives")
def log1pexp__slope_cancels(x):
    """1 - 1 / (1 + exp(x)) is 0 from -17 down."""

    @jax.custom_jvp
    def value(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @value.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return value(x), (1 - 1 / (1 + jnp.exp(x))) * tangent

    return value(x)


@caught_by("correct", "keeps_its_value_under_its_rule")
def log1pexp__plain_value_in_the_rule(x):
    """Stable by itself, and the plain formula while it is differentiated."""

    @jax.custom_jvp
    def stable(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @stable.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return jnp.log(1 + jnp.exp(x)), tangent / (1 + jnp.exp(-x))

    return stable(x)


@caught_by("correct", "keeps_its_value_under_its_rule")
def log1pexp__tiny_values_lost_in_the_rule(x):
    """No overflow in the rule, and no digits at -20 either."""

    @jax.custom_jvp
    def stable(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @stable.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return jnp.maximum(x, 0) + jnp.log(1 + jnp.exp(-jnp.abs(x))), tangent / (1 + jnp.exp(-x))

    return stable(x)


@caught_by("correct", "keeps_the_digits_of_tiny_derivatives")
def log1pexp__slope_by_tanh(x):
    """The logistic function as a hyperbolic tangent, which ends in 1 - 1."""

    @jax.custom_jvp
    def stable(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @stable.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return stable(x), tangent * (1 + jnp.tanh(x / 2)) / 2

    return stable(x)


@caught_by("correct", "has_the_right_derivative")
def log1pexp__tangent_alone(x):
    """A rule that returns no value."""

    @jax.custom_jvp
    def stable(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @stable.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return tangent / (1 + jnp.exp(-x))

    return stable(x)


@caught_by("correct", "by_hand")
def log1pexp__rule_never_said(x):
    """Writes the rule, and forgets to say whose it is."""

    @jax.custom_jvp
    def stable(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return stable(x), tangent / (1 + jnp.exp(-x))

    return stable(x)


@caught_by("correct", "has_a_rule_of_its_own")
def log1pexp__left_to_the_chain_rule(x):
    """Right in value and derivative, without a rule."""
    big, small = jnp.where(x > 0, x, 0), jnp.where(x > 0, 0, x)
    return jnp.where(x > 0, big + jnp.log1p(jnp.exp(-big)), jnp.log1p(jnp.exp(small)))


@caught_by("correct", "has_a_rule_of_its_own")
def log1pexp__reverse_mode_only(x):
    """A custom_vjp, which has no forward mode."""

    @jax.custom_vjp
    def value(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    value.defvjp(lambda x: (value(x), x), lambda x, gradient: (gradient / (1 + jnp.exp(-x)),))
    return value(x)


@caught_by("correct", "can_be_differentiated_twice")
def log1pexp__slope_held_still(x):
    """Stops the gradient inside of its rule."""

    @jax.custom_jvp
    def value(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @value.defjvp
    def rule(primals, tangents):
        slope = 1 / (1 + jnp.exp(-lax.stop_gradient(primals[0])))
        return value(primals[0]), slope * tangents[0]

    return value(x)


@caught_by("correct", "has_a_rule_of_its_own")
def log1pexp__value_through_numpy(x):
    """Computes the value in NumPy, which needs numbers."""

    @jax.custom_jvp
    def value(x):
        if isinstance(x, jax.core.Tracer) and not jnp.shape(x):
            return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))
        return jnp.asarray(np.logaddexp(0, np.asarray(x)))

    @value.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x))), tangent / (1 + jnp.exp(-x))

    return value(x)


@caught_by("correct", "uses_no_shortcut")
def log1pexp__alias(x):
    """Reaches what the rules leave out by another name."""
    f = jax.custom_jvp(getattr(jnp, "logadd" + "exp"))

    @jax.custom_jvp
    def stable(x):
        return getattr(jnp, "logadd" + "exp")(x, 0)

    @stable.defjvp
    def rule(p, t):
        return (stable(p[0]), t[0] / (1 + jnp.exp(-p[0])))

    return stable(x)


@caught_by("correct", "keeps_its_bend")
def log1pexp__linear10(x):
    """Takes the straight line from 10 on."""

    @jax.custom_jvp
    def stable(x):
        return jnp.where(x > 10, x, jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x))))

    @stable.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = (primals, tangents)
        return (stable(x), tangent / (1 + jnp.exp(-x)))

    return stable(x)
