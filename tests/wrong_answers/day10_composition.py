"""Plausible mistakes of day 10; each must be caught by the check named above it."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.answers import caught_by

# batch_loss_gradient


@caught_by("correct", "by_hand")
def batch_loss_gradient__whole_batch_at_once(loss, params, x, y):
    """Hands the loss of one example the whole batch."""
    return jax.grad(lambda params: jnp.mean(loss(params, x, y)))(params)


@caught_by("correct", "by_hand")
def batch_loss_gradient__sum(loss, params, x, y):
    """Sums where the mean is asked for."""
    return jax.grad(lambda params: jnp.sum(jax.vmap(loss, (None, 0, 0))(params, x, y)))(params)


@caught_by("correct", "by_hand")
def batch_loss_gradient__params_mapped(loss, params, x, y):
    """Forgets in_axes, so that vmap maps over the parameters, too."""
    return jax.grad(lambda params: jnp.mean(jax.vmap(loss)(params, x, y)))(params)


@caught_by("correct", "by_hand")
def batch_loss_gradient__no_mean(loss, params, x, y):
    """Returns one gradient an example."""
    return jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)


@caught_by("correct", "by_hand")
def batch_loss_gradient__by_x(loss, params, x, y):
    """Differentiates with respect to the data."""
    return jax.grad(lambda params, x: jnp.mean(jax.vmap(loss, (None, 0, 0))(params, x, y)), argnums=1)(
        params, x
    )


@caught_by("jit", "has_no_python_loop")
def batch_loss_gradient__python_loop(loss, params, x, y):
    """Adds the losses up in Python."""

    def mean_loss(params):
        return sum(loss(params, x[i], y[i]) for i in range(len(x))) / len(x)

    return jax.grad(mean_loss)(params)


@caught_by("jit", "holds_no_single_gradients")
def batch_loss_gradient__mean_of_gradients(loss, params, x, y):
    """Right, but holds the gradients of all examples before it takes their mean."""
    gradients = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    return jax.tree.map(lambda leaf: jnp.mean(leaf, axis=0), gradients)


@caught_by("jit", "holds_no_single_gradients")
def batch_loss_gradient__map_of_gradients(loss, params, x, y):
    """One example after the other, but all gradients are kept."""
    gradients = lax.map(lambda example: jax.grad(loss)(params, *example), (x, y))
    return jax.tree.map(lambda leaf: leaf.mean(0), gradients)


# newton_roots


@caught_by("correct", "by_hand")
def newton_roots__whole_array(function, starts, n_steps):
    """Gives the function all starts at once."""
    x = starts
    for _ in range(n_steps):
        x = x - function(x) / jax.vmap(jax.grad(function))(x)
    return x


@caught_by("correct", "by_hand")
def newton_roots__one_step_too_many(function, starts, n_steps):
    """Counts to n_steps, inclusive."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return jnp.where(slope == 0, x, x - value / slope)

    return jax.vmap(lambda x: lax.fori_loop(0, n_steps + 1, step, x))(starts)


@caught_by("correct", "by_hand")
def newton_roots__uphill(function, starts, n_steps):
    """Adds the step where it should subtract it."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return jnp.where(slope == 0, x, x + value / slope)

    return jax.vmap(lambda x: lax.fori_loop(0, n_steps, step, x))(starts)


@caught_by("correct", "by_hand")
def newton_roots__python_branch(function, starts, n_steps):
    """Asks in Python whether the slope is 0, under vmap."""

    def root(x):
        for _ in range(n_steps):
            value, slope = jax.value_and_grad(function)(x)
            if slope != 0:
                x = x - value / slope
        return x

    return jax.vmap(root)(starts)


@caught_by("correct", "stays_where_it_is_flat")
def newton_roots__divides_by_zero(function, starts, n_steps):
    """Divides by whatever the slope is."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return x - value / slope

    return jax.vmap(lambda x: lax.fori_loop(0, n_steps, step, x))(starts)


@caught_by("correct", "by_hand")
def newton_roots__epsilon(function, starts, n_steps):
    """Adds an epsilon to the slope, and misses."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return x - value / (slope + 1e-2)

    return jax.vmap(lambda x: lax.fori_loop(0, n_steps, step, x))(starts)


@caught_by("correct", "goes_on_where_it_is_nearly_flat")
def newton_roots__stops_where_it_is_nearly_flat(function, starts, n_steps):
    """Takes a small slope for none."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return jnp.where(jnp.abs(slope) < 1e-6, x, x - value / slope)

    return jax.vmap(lambda start: lax.fori_loop(0, n_steps, step, start))(starts)


@caught_by("correct", "goes_on_where_it_is_nearly_flat")
def newton_roots__bounded_slope(function, starts, n_steps):
    """Stands still below a thousandth."""

    def step(x, _):
        value, slope = jax.vmap(jax.value_and_grad(function))(x)
        flat = jnp.abs(slope) < 1e-3
        return jnp.where(flat, x, x - value / jnp.where(flat, 1, slope)), None

    return lax.scan(step, starts, length=n_steps)[0]


@caught_by("jit", "compiles_once")
def newton_roots__one_start_after_the_other(function, starts, n_steps):
    """Walks over the starts in Python, with a branch on each slope."""
    roots = []
    for x in starts:
        for _ in range(n_steps):
            value, slope = jax.value_and_grad(function)(x)
            if slope != 0:
                x = x - value / slope
        roots.append(x)
    return jnp.stack(roots)


@caught_by("jit", "has_no_python_loop_over_steps")
def newton_roots__steps_written_out(function, starts, n_steps):
    """Lifts over starts, but writes the steps out."""

    def step(x):
        value, slope = jax.value_and_grad(function)(x)
        return jnp.where(slope == 0, x, x - value / slope)

    for _ in range(n_steps):
        starts = jax.vmap(step)(starts)
    return starts


@caught_by("speed", "beats_the_loop")
def newton_roots__starts_written_out(function, starts, n_steps):
    """A compiled loop over steps, and a Python loop over starts."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return jnp.where(slope == 0, x, x - value / slope)

    return jnp.stack([lax.fori_loop(0, n_steps, step, starts[i]) for i in range(len(starts))])


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


# clip_gradient


@caught_by("correct", "is_the_identity_forwards")
def clip_gradient__clips_the_value(x, low, high):
    """Clips x itself."""
    return jnp.clip(x, low, high)


@caught_by("correct", "by_hand")
def clip_gradient__value_through_stop_gradient(x, low, high):
    """The identity forwards, but the gradient is masked by x, not clipped."""
    clipped = jnp.clip(x, low, high)
    return jnp.where(jnp.isfinite(x), clipped + lax.stop_gradient(x - clipped), x)


@caught_by("correct", "by_hand")
def clip_gradient__no_rule(x, low, high):
    """Forgets the gradient."""
    return x


@caught_by("correct", "by_hand")
def clip_gradient__by_norm(x, low, high):
    """Scales the gradient as a whole."""

    @jax.custom_vjp
    def identity(x, high):
        return x

    def backwards(high, gradient):
        return gradient * jnp.minimum(1, high / jnp.linalg.norm(gradient)), None

    identity.defvjp(lambda x, high: (x, high), backwards)
    return identity(x, high)


@caught_by("correct", "agrees_with_numpy")
def clip_gradient__symmetric(x, low, high):
    """Takes for granted that low is -high."""

    @jax.custom_vjp
    def identity(x, high):
        return x

    def backwards(high, gradient):
        return jnp.clip(gradient, -high, high).astype(gradient.dtype), None

    identity.defvjp(lambda x, high: (x, high), backwards)
    return identity(x, high)


@caught_by("correct", "by_hand")
def clip_gradient__one_gradient_for_three(x, low, high):
    """backwards returns one gradient, though there are three arguments."""

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def backwards(bounds, gradient):
        return (jnp.clip(gradient, *bounds),)

    identity.defvjp(lambda x, low, high: (x, (low, high)), backwards)
    return identity(x, low, high)


@caught_by("correct", "keeps_the_dtype")
def clip_gradient__wider_gradient(x, low, high):
    """Clips into float32, whatever x is."""

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def backwards(bounds, gradient):
        return jnp.clip(gradient.astype(jnp.float32), *bounds), None, None

    identity.defvjp(lambda x, low, high: (x, (low, high)), backwards)
    return identity(x, low, high)


@caught_by("correct", "gives_the_bounds_no_gradient")
def clip_gradient__static_bounds(x, low, high):
    """Declares the bounds as not differentiable, which leaves no room for traced ones."""

    @partial(jax.custom_vjp, nondiff_argnums=(1, 2))
    def identity(x, low, high):
        return x

    def backwards(low, high, _, gradient):
        return (jnp.clip(gradient, low, high).astype(gradient.dtype),)

    identity.defvjp(lambda x, low, high: (x, None), backwards)
    return identity(x, low, high)


@caught_by("correct", "gives_the_bounds_no_gradient")
def clip_gradient__bounds_closed_over(x, low, high):
    """The rule closes over the bounds, past the front door."""

    @jax.custom_vjp
    def identity(x):
        return x

    def backwards(_, gradient):
        return (jnp.clip(gradient, low, high).astype(gradient.dtype),)

    identity.defvjp(lambda x: (x, None), backwards)
    return identity(x)


@caught_by("correct", "gives_the_bounds_no_gradient")
def clip_gradient__bounds_take_the_rest(x, low, high):
    """Gives the bounds what was cut off."""

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def backwards(bounds, gradient):
        low, high = bounds
        clipped = jnp.clip(gradient, low, high).astype(gradient.dtype)
        below, above = jnp.sum(jnp.minimum(gradient - low, 0)), jnp.sum(jnp.maximum(gradient - high, 0))
        return clipped, below.astype(jnp.result_type(low)), above.astype(jnp.result_type(high))

    identity.defvjp(lambda x, low, high: (x, (low, high)), backwards)
    return identity(x, low, high)


@caught_by("jit", "compiles_once")
def clip_gradient__checks_its_bounds(x, low, high):
    """Looks at the bounds in Python."""
    if low > high:
        raise ValueError("low must not be above high")

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def backwards(bounds, gradient):
        return jnp.clip(gradient, *bounds).astype(gradient.dtype), None, None

    identity.defvjp(lambda x, low, high: (x, (low, high)), backwards)
    return identity(x, low, high)


# straight_through_round


@caught_by("correct", "lets_the_gradient_through")
def straight_through_round__plain(x):
    """Rounds, and the gradient is 0."""
    return jnp.round(x)


@caught_by("correct", "by_hand")
def straight_through_round__halves_up(x):
    """Rounds halves up."""
    return x + lax.stop_gradient(jnp.floor(x + 0.5) - x)


@caught_by("correct", "lets_the_gradient_through")
def straight_through_round__stops_it_all(x):
    """Stops the gradient of the rounded number, and has no other."""
    return lax.stop_gradient(jnp.round(x))


@caught_by("correct", "agrees_with_numpy")
def straight_through_round__cancels(x):
    """Adds x and takes it away again, both with a gradient."""
    return jnp.round(x) + x - x


@caught_by("correct", "by_hand")
def straight_through_round__stops_the_wrong_part(x):
    """Returns x: the rounding is lost."""
    return x + lax.stop_gradient(x - jnp.round(x)) * 0


@caught_by("correct", "lets_the_gradient_through")
def straight_through_round__saturates(x):
    """Lets the gradient through near 0 only, as some papers do."""
    inside = jnp.clip(x, -1, 1)
    return inside + lax.stop_gradient(jnp.round(x) - inside)


@caught_by("correct", "lets_the_gradient_through")
def straight_through_round__sums_the_gradient(x):
    """Its rule mixes the elements."""

    @jax.custom_vjp
    def rounded(x):
        return jnp.round(x)

    rounded.defvjp(lambda x: (rounded(x), x), lambda x, gradient: (jnp.full_like(x, jnp.sum(gradient)),))
    return rounded(x)


@caught_by("correct", "works_in_the_middle")
def straight_through_round__value_of_the_past(x):
    """What comes after the rounding sees x, as far as the gradient goes."""

    @jax.custom_vjp
    def rounded(x):
        return jnp.round(x)

    def backwards(x, gradient):
        return (jnp.where(gradient == 2 * jnp.round(x), 2 * x, gradient),)

    rounded.defvjp(lambda x: (rounded(x), x), backwards)
    return rounded(x)


@caught_by("correct", "agrees_with_numpy")
def straight_through_round__through_int32(x):
    """Rounds to integers, which end at two thousand millions."""
    return x + lax.stop_gradient(jnp.round(x).astype(jnp.int32) - x)


@caught_by("jit", "compiles_once")
def straight_through_round__through_numpy(x):
    """Rounds with NumPy, where there are numbers."""
    rounded = jnp.asarray(np.round(np.asarray(lax.stop_gradient(x) if jnp.shape(x) else x)))
    return x + lax.stop_gradient(rounded - x)


# sinkhorn


@caught_by("correct", "is_stable")
def sinkhorn__kernel(cost, a, b, epsilon, n_steps):
    """The textbook's kernel, which underflows."""
    kernel = jnp.exp(-cost / epsilon)

    def step(_, scalings):
        _, v = scalings
        u = a / (kernel @ v)
        return u, b / (kernel.T @ u)

    u, v = lax.fori_loop(0, n_steps, step, (jnp.ones_like(a), jnp.ones_like(b)))
    return u[:, None] * kernel * v


@caught_by("correct", "is_stable")
def sinkhorn__log_of_sum_of_exp(cost, a, b, epsilon, n_steps):
    """In the log domain, but without taking the largest exponent out."""

    def step(_, potentials):
        _, g = potentials
        f = epsilon * (jnp.log(a) - jnp.log(jnp.sum(jnp.exp((g - cost) / epsilon), axis=1)))
        g = epsilon * (jnp.log(b) - jnp.log(jnp.sum(jnp.exp((f[:, None] - cost) / epsilon), axis=0)))
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "by_hand")
def sinkhorn__both_at_once(cost, a, b, epsilon, n_steps):
    """Makes the new g from the old f."""

    def step(_, potentials):
        f, g = potentials
        new_f = epsilon * (jnp.log(a) - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        new_g = epsilon * (jnp.log(b) - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
        return new_f, new_g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "agrees_with_numpy")
def sinkhorn__axes_swapped(cost, a, b, epsilon, n_steps):
    """Sums over the wrong axes, which a square matrix lets pass."""

    def step(_, potentials):
        _, g = potentials
        f = epsilon * (jnp.log(a) - jax.nn.logsumexp((g - cost) / epsilon, axis=0))
        g = epsilon * (jnp.log(b) - jax.nn.logsumexp((f - cost) / epsilon, axis=1))
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "without_costs")
def sinkhorn__weights_without_epsilon(cost, a, b, epsilon, n_steps):
    """Has no epsilon before the logarithms of the weights."""

    def step(_, potentials):
        f, g = potentials
        f = jnp.log(a) - epsilon * jax.nn.logsumexp((g - cost) / epsilon, axis=1)
        g = jnp.log(b) - epsilon * jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0)
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "by_hand")
def sinkhorn__epsilon_forgotten(cost, a, b, epsilon, n_steps):
    """Forgets the logarithm of the weights."""

    def step(_, potentials):
        _, g = potentials
        f = -epsilon * jax.nn.logsumexp((g - cost) / epsilon, axis=1)
        g = -epsilon * jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0)
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "agrees_with_numpy")
def sinkhorn__temperature_upside_down(cost, a, b, epsilon, n_steps):
    """Multiplies by epsilon where it should divide."""

    def step(_, potentials):
        _, g = potentials
        f = jnp.log(a) - jax.nn.logsumexp(g - cost * epsilon, axis=1)
        g = jnp.log(b) - jax.nn.logsumexp(f[:, None] - cost * epsilon, axis=0)
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp(f[:, None] + g - cost * epsilon)


@caught_by("correct", "can_be_differentiated")
def sinkhorn__until_it_stands_still(cost, a, b, epsilon, n_steps):
    """A while_loop, through which no gradient flows back."""

    def step(state):
        k, _, g = state
        f = epsilon * (jnp.log(a) - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (jnp.log(b) - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
        return k + 1, f, g

    start = (0, jnp.zeros_like(a), jnp.zeros_like(b))
    _, f, g = lax.while_loop(lambda state: state[0] < n_steps, step, start)
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "can_be_differentiated")
def sinkhorn__potentials_held_still(cost, a, b, epsilon, n_steps):
    """Stops the gradient of the potentials."""

    def step(_, potentials):
        _, g = potentials
        f = epsilon * (jnp.log(a) - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (jnp.log(b) - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
        return f, g

    f, g = lax.stop_gradient(lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b))))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("jit", "has_no_python_loop")
def sinkhorn__written_out(cost, a, b, epsilon, n_steps):
    """A Python loop over steps."""
    f, g = jnp.zeros_like(a), jnp.zeros_like(b)
    for _ in range(n_steps):
        f = epsilon * (jnp.log(a) - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (jnp.log(b) - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


# transform


@caught_by("correct", "init_collects_the_parameters")
def transform__init_returns_the_result(function):
    """init returns what the function returns."""

    def init(key, *args):
        return function(lambda name, shape, initializer: initializer(key, shape), *args)

    def apply(params, *args):
        return function(lambda name, shape, initializer: params[name], *args)

    return init, apply


@caught_by("correct", "gives_each_name_its_own_key")
def transform__one_key_for_all(function):
    """Every initializer gets the same key."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            params.setdefault(name, initializer(key, shape))
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "remembers_nothing")
def transform__one_dict_for_all_runs(function):
    """The dict outlives the run: a second init finds the parameters of the first."""
    params = {}

    def init(key, *args):
        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return dict(params)

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "apply_uses_the_parameters")
def transform__apply_with_its_own_parameters(function):
    """apply computes with what init made last."""
    made = {}

    def init(key, *args):
        made.clear()

        def get_parameter(name, shape, initializer):
            nonlocal key
            key, own = jax.random.split(key)
            made[name] = initializer(own, shape)
            return made[name]

        function(get_parameter, *args)
        return dict(made)

    def apply(params, *args):
        return function(lambda name, shape, initializer: made[name], *args)

    return init, apply


@caught_by("correct", "shares_what_has_one_name")
def transform__makes_it_again(function):
    """Asked a second time for a name, init makes another array."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            key, own = jax.random.split(key)
            params[name] = initializer(own, shape)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "refuses_another_shape")
def transform__shapes_unchecked(function):
    """A name stands for whatever shape is there."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        return function(lambda name, shape, initializer: params[name], *args)

    return init, apply


@caught_by("correct", "gives_the_same_in_every_run")
def transform__salted_hash(function):
    """Makes a key of the name's hash, which Python salts."""

    def looked_up(params, name, shape):
        if params[name].shape != tuple(shape):
            raise ValueError(name)
        return params[name]

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            if name not in params:
                params[name] = initializer(jax.random.fold_in(key, hash(name) % 2**31), shape)
            return looked_up(params, name, shape)

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        return function(lambda name, shape, _: looked_up(params, name, shape), *args)

    return init, apply


@caught_by("correct", "apply_makes_no_parameters")
def transform__makes_and_drops_it(function):
    """Asks the initializer for the shape in apply, too, and throws away what it made."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != initializer(jax.random.key(0), shape).shape:
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "apply_makes_no_parameters")
def transform__apply_fills_in(function):
    """apply makes what is missing."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            value = params[name] if name in params else initializer(jax.random.key(0), shape)
            if value.shape != tuple(shape):
                raise ValueError(name)
            return value

        return function(get_parameter, *args)

    return init, apply


@caught_by("correct", "can_be_nested")
def transform__one_global_frame(function):
    """Keeps the parameters of the current run in an attribute of transform, as if runs were never nested."""

    def get_parameter(name, shape, initializer):
        params = transform.params
        if transform.key is not None and name not in params:
            transform.key, own = jax.random.split(transform.key)
            params[name] = initializer(own, shape)
        if params[name].shape != tuple(shape):
            raise ValueError(name)
        return params[name]

    def init(key, *args):
        transform.key, transform.params = key, {}
        function(get_parameter, *args)
        return transform.params

    def apply(params, *args):
        transform.key, transform.params = None, params
        return function(get_parameter, *args)

    return init, apply


@caught_by("jit", "apply_is_a_pure_function")
def transform__through_numpy(function):
    """apply turns the parameters into NumPy arrays."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            value = np.asarray(params[name])
            if value.shape != tuple(shape):
                raise ValueError(name)
            return jnp.asarray(value)

        return function(get_parameter, *args)

    return init, apply


@caught_by("jit", "init_can_be_traced")
def transform__seed_from_the_key(function):
    """Makes new keys from the bits of the key, which must be numbers for that."""

    def init(key, *args):
        params, seed = {}, int(jax.random.key_data(key)[-1])

        def get_parameter(name, shape, initializer):
            if name not in params:
                params[name] = initializer(jax.random.key((seed + len(params)) % 2**31), shape)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


@caught_by("jit", "uses_each_key_once")
def transform__parent_and_child(function):
    """Hands the key out and splits it afterwards."""

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                params[name] = initializer(key, shape)
                key, _ = jax.random.split(key)
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            if params[name].shape != tuple(shape):
                raise ValueError(name)
            return params[name]

        return function(get_parameter, *args)

    return init, apply


# fixed_point


@caught_by("correct", "by_hand")
def fixed_point__one_step(function, start, theta):
    """Applies the function once."""
    return function(start, theta)


@caught_by("correct", "arrives")
def fixed_point__gives_up_early(function, start, theta):
    """Takes fifty steps, which are too few."""
    return lax.fori_loop(0, 50, lambda _, x: function(x, theta), start)


@caught_by("correct", "has_the_implicit_gradient")
def fixed_point__plain_while(function, start, theta):
    """A while_loop and no rule: no gradient flows back."""

    def moves(state):
        return jnp.any(jnp.abs(state[0] - state[1]) > 1e-7) & (state[2] < 300)

    def advance(state):
        return function(state[0], theta), state[0], state[2] + 1

    return lax.while_loop(moves, advance, (function(start, theta), start, 0))[0]


@caught_by("correct", "has_the_implicit_gradient")
def fixed_point__last_step_only(function, start, theta):
    """Differentiates the last step and forgets that x* depends on theta, too."""
    x = lax.stop_gradient(lax.fori_loop(0, 250, lambda _, x: function(x, theta), start))
    return function(x, theta)


@caught_by("correct", "has_the_implicit_gradient")
def fixed_point__not_transposed(function, start, theta):
    """Solves with A where its transpose is needed."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        x, theta = kept

        def push(u):
            return jax.jvp(lambda x: function(x, theta), (x,), (u,))[1]

        u = lax.fori_loop(0, 250, lambda _, u: v + push(u), v)
        return jnp.zeros_like(x), jax.vjp(function, x, theta)[1](u)[1]

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


@caught_by("correct", "has_the_implicit_gradient")
def fixed_point__v_left_out(function, start, theta):
    """Iterates u = Aᵀu, which dies away."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        _, pull_back = jax.vjp(function, *kept)
        u = lax.fori_loop(0, 250, lambda _, u: pull_back(u)[0], v)
        return jnp.zeros_like(kept[0]), pull_back(u)[1]

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


@caught_by("correct", "forgets_its_start")
def fixed_point__gradient_of_the_start(function, start, theta):
    """Gives the start the gradient that belongs to x."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        _, pull_back = jax.vjp(function, *kept)
        u = lax.fori_loop(0, 250, lambda _, u: v + pull_back(u)[0], v)
        return pull_back(u)

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


@caught_by("correct", "gradient_arrives")
def fixed_point__short_way_back(function, start, theta):
    """Takes thirty steps backwards: enough for a quick function, not for a slow one."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        _, pull_back = jax.vjp(function, *kept)
        u = lax.fori_loop(0, 30, lambda _, u: v + pull_back(u)[0], v)
        return jnp.zeros_like(kept[0]), pull_back(u)[1]

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


@caught_by("jit", "is_flat_in_memory")
def fixed_point__differentiates_the_loop(function, start, theta):
    """Right, but reverse mode keeps two hundred steps."""
    return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)


@caught_by("jit", "is_flat_in_memory")
def fixed_point__checkpointed(function, start, theta):
    """Recomputes each step, and keeps one x for each all the same."""
    step = jax.checkpoint(lambda x: function(x, theta))
    return lax.fori_loop(0, 250, lambda _, x: step(x), start)


@caught_by("jit", "is_flat_in_memory")
def fixed_point__builds_the_matrix(function, start, theta):
    """Solves with the whole Jacobian."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        x, theta = kept
        matrix = jax.jacobian(function)(x, theta).reshape(x.size, x.size)
        u = jnp.linalg.solve(jnp.eye(x.size) - matrix.T, v.ravel()).reshape(x.shape)
        return jnp.zeros_like(x), jax.vjp(function, x, theta)[1](u)[1]

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


@caught_by("correct", "arrives")
def fixed_point__python_while(function, start, theta):
    """Looks at the values in Python."""
    before, x = start, function(start, theta)
    while jnp.any(jnp.abs(x - before) > 1e-6):
        before, x = x, function(x, theta)
    return x


# hmc_chain


@caught_by("correct", "keeps_the_density")
def hmc_chain__no_accept_step(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Trusts leapfrog and accepts everything that is a number."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def sample(x, key):
        p = jax.random.normal(key, x.shape)
        proposal, _ = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        x = jnp.where(jnp.all(jnp.abs(proposal) < 50), proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "finds_the_density")
def hmc_chain__downhill(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Takes the log density for the potential, and walks away from it."""
    gradient = jax.grad(lambda x: -log_density(x))

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "finds_the_density")
def hmc_chain__momentum_never_refreshed(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Draws one momentum for all samples."""
    gradient = jax.grad(log_density)
    momentum_key, accept_key = jax.random.split(key)
    p = jax.random.normal(momentum_key, start.shape)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(key)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(accept_key, n_samples))[1]


@caught_by("correct", "finds_the_density")
def hmc_chain__kinetic_energy_forgotten(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Compares densities alone when it accepts."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, _ = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < log_density(proposal) - log_density(x)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "rejects_what_is_no_number")
def hmc_chain__rejects_by_comparison(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Asks whether to reject: NaN answers no."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        rejected = jnp.log(jax.random.uniform(two)) >= energy(x, p) - energy(proposal, p_after)
        x = jnp.where(rejected, x, proposal)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "stands_still_with_step_zero")
def hmc_chain__accepts_the_wrong_way_round(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Returns momenta beside positions."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        return jnp.where(accepted, proposal, x), jnp.where(accepted, p_after, p)

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "finds_the_density")
def hmc_chain__euler(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Whole steps of p and x from the same old state."""
    gradient = jax.grad(log_density)

    def euler(_, state):
        x, p = state
        return x + step_size * p, p + step_size * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, euler, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "keeps_the_density")
def hmc_chain__whole_kicks(log_density, start, key, n_samples, step_size, n_leapfrog):
    """A whole step of p, then a whole one of x: not the same backwards."""
    gradient = jax.grad(log_density)

    def step(_, state):
        x, p = state
        p = p + step_size * gradient(x)
        return x + step_size * p, p

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, step, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("jit", "uses_each_key_once")
def hmc_chain__key_used_twice(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Splits a key that it has drawn from."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        p = jax.random.normal(key, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(jax.random.split(key)[1])) < energy(x, p) - energy(
            proposal, p_after
        )
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("jit", "has_no_python_loop")
def hmc_chain__leapfrog_written_out(log_density, start, key, n_samples, step_size, n_leapfrog):
    """A Python loop over leapfrog steps."""
    gradient = jax.grad(log_density)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = p_after = jax.random.normal(one, x.shape)
        proposal = x
        for _ in range(n_leapfrog):
            p_after = p_after + step_size / 2 * gradient(proposal)
            proposal = proposal + step_size * p_after
            p_after = p_after + step_size / 2 * gradient(proposal)
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("jit", "has_no_python_loop")
def hmc_chain__samples_written_out(log_density, start, key, n_samples, step_size, n_leapfrog):
    """A Python loop over samples."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    x, samples = start, []
    for _ in range(n_samples):
        key, one, two = jax.random.split(key, 3)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        samples.append(x)
    return jnp.stack(samples)


@caught_by("correct", "has_a_row_for_each_sample")
def hmc_chain__python_branch(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Accepts with a Python if."""
    gradient = jax.grad(log_density)
    x, samples = start, []
    for _ in range(n_samples):
        key, one, two = jax.random.split(key, 3)
        p = jax.random.normal(one, x.shape)
        before = log_density(x) - jnp.sum(p**2) / 2
        proposal = x
        for _ in range(n_leapfrog):
            p = p + step_size / 2 * gradient(proposal)
            proposal = proposal + step_size * p
            p = p + step_size / 2 * gradient(proposal)
        after = log_density(proposal) - jnp.sum(p**2) / 2
        if jnp.log(jax.random.uniform(two)) < after - before:
            x = proposal
        samples.append(x)
    return jnp.stack(samples)


@caught_by("correct", "leaves_its_start")
def hmc_chain__start_is_a_sample(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Puts out the place that each sample began at."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "leaves_its_start")
def hmc_chain__start_in_front(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Puts the start before the rows, and drops the last one."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, new

    rows = lax.scan(sample, start, jax.random.split(key, n_samples))[1]
    return jnp.concatenate([start[None], rows[:-1]])


@caught_by("correct", "has_a_row_for_each_sample")
def hmc_chain__one_row_too_many(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Counts the start, and all samples."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, new

    rows = lax.scan(sample, start, jax.random.split(key, n_samples))[1]
    return jnp.concatenate([start[None], rows])


@caught_by("correct", "takes_all_leapfrog_steps")
def hmc_chain__one_leapfrog_too_many(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Counts from 0 to n_leapfrog, both included."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog + 1, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, new

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "takes_all_leapfrog_steps")
def hmc_chain__six_leapfrog_steps(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Has a number of its own."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, 6, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, new

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "decides_anew_each_time")
def hmc_chain__one_threshold(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Draws one u for the whole chain."""
    gradient = jax.grad(log_density)

    key, two = jax.random.split(key)
    threshold = jnp.log(jax.random.uniform(two))

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        p = jax.random.normal(key, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = threshold < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, new

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "takes_all_leapfrog_steps")
def hmc_chain__lays_the_proposal_aside(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Goes on from where it was."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, x, x)
        return new, new

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "finds_the_density")
def hmc_chain__energies_swapped(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Takes the energies the other way round."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(proposal, p_after) - energy(x, p)
        new = jnp.where(accepted, proposal, x)
        return new, new

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]
