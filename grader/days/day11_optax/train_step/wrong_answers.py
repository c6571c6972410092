"""Plausible mistakes in train_step; each must be caught by the check named above it."""

import jax
import jax.flatten_util
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by

# train_step


@caught_by("deeper", "steps_without_a_slope")
def train_step__zero_gradient_skipped(params, opt_state, batch, loss, optimizer):
    """Takes no step where the gradient is all zero, though momentum moves on and weights decay."""
    value, grads = jax.value_and_grad(loss)(params, batch)
    updates, moved_state = optimizer.update(grads, opt_state, params)
    moved = optax.apply_updates(params, updates)
    still = jnp.all(jnp.stack([jnp.all(g == 0) for g in jax.tree.leaves(grads)]))
    keep = lambda old, new: jax.tree.map(lambda a, b: jnp.where(still, a, b), old, new)
    return keep(params, moved), keep(opt_state, moved_state), value


@caught_by("correct", "by_hand")
def train_step__subtracts(params, opt_state, batch, loss, optimizer):
    """Subtracts the updates; optax has turned the sign already."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return jax.tree.map(lambda p, u: p - u, params, updates), opt_state, value


@caught_by("correct", "by_hand")
def train_step__result_taken_apart_wrongly(params, opt_state, batch, loss, optimizer):
    """Takes the state for the updates."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    opt_state, updates = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("correct", "hands_the_loss_its_batch")
def train_step__loss_of_each_example(params, opt_state, batch, loss, optimizer):
    """Lifts the loss over the batch, and averages once more."""

    def mean_loss(params):
        return jnp.mean(jax.vmap(loss, in_axes=(None, 0))(params, batch))

    value, gradients = jax.value_and_grad(mean_loss)(params)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("correct", "by_hand")
def train_step__updates_for_parameters(params, opt_state, batch, loss, optimizer):
    """Returns the updates in place of the parameters."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    params, opt_state = optimizer.update(gradients, opt_state, params)
    return params, opt_state, value


@caught_by("correct", "by_hand")
def train_step__loss_afterwards(params, opt_state, batch, loss, optimizer):
    """Computes the loss once more, with the new parameters."""
    gradients = jax.grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    params = optax.apply_updates(params, updates)
    return params, opt_state, loss(params, batch)


@caught_by("correct", "by_hand")
def train_step__applies_gradients(params, opt_state, batch, loss, optimizer):
    """Adds the gradients themselves."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    _, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, gradients), opt_state, value


@caught_by("correct", "by_hand")
def train_step__two_of_three(params, opt_state, batch, loss, optimizer):
    """Forgets the loss."""
    gradients = jax.grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state


@caught_by("correct", "hands_on_the_parameters")
def train_step__no_parameters(params, opt_state, batch, loss, optimizer):
    """Leaves the parameters out of the update."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("correct", "carries_the_state_on")
def train_step__old_state(params, opt_state, batch, loss, optimizer):
    """Returns the state that was given."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, _ = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("correct", "carries_the_state_on")
def train_step__begins_anew(params, opt_state, batch, loss, optimizer):
    """Makes a fresh state for every step."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, optimizer.init(params), params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("jit", "compiles_once")
def train_step__float_loss(params, opt_state, batch, loss, optimizer):
    """Pulls the loss out as a Python float."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, jnp.asarray(float(value))


@caught_by("correct", "takes_every_step")
def train_step__stops_at_nan(params, opt_state, batch, loss, optimizer):
    """Skips the step when the loss is NaN, with a Python branch."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    if jnp.isnan(value):
        return params, opt_state, value
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("speed", "beats_the_eager_step")
def train_step__one_parameter_at_a_time(params, opt_state, batch, loss, optimizer):
    """Differentiates forwards, with respect to one number after the other."""
    flat, unravel = jax.flatten_util.ravel_pytree(params)

    def slope(direction):
        return jax.jvp(lambda flat: loss(unravel(flat), batch), (flat,), (direction,))[1]

    gradients = unravel(jax.lax.map(slope, jnp.eye(flat.size)))
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss(params, batch)


@caught_by("correct", "hands_the_loss_its_batch")
def train_step__one_example_at_a_time(params, opt_state, batch, loss, optimizer):
    """Walks over the batch in Python and averages the gradients."""
    n = len(jax.tree.leaves(batch)[0])
    value, gradients = 0.0, jax.tree.map(jnp.zeros_like, params)
    for k in range(n):
        one = jax.tree.map(lambda leaf, k=k: leaf[k : k + 1], batch)
        part, gradient = jax.value_and_grad(loss)(params, one)
        value = value + part / n
        gradients = jax.tree.map(lambda total, g: total + g / n, gradients, gradient)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("correct", "takes_every_step")
def train_step__clip(params, opt_state, batch, loss, optimizer):
    """Clips gradients to a norm of 100."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    gradients, _ = optax.clip_by_global_norm(100.0).update(gradients, optax.EmptyState())
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return (optax.apply_updates(params, updates), opt_state, value)


@caught_by("correct", "takes_every_step")
def train_step__skip_nan(params, opt_state, batch, loss, optimizer):
    """Takes no step where the loss is NaN."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return (
        jax.tree.map(lambda p, u: jnp.where(jnp.isnan(value), p, p + u), params, updates),
        opt_state,
        value,
    )


@caught_by("correct", "hands_the_loss_its_batch")
def train_step__tuple_batch(params, opt_state, batch, loss, optimizer):
    """Makes a tuple of the batch."""
    value, gradients = jax.value_and_grad(lambda p: loss(p, tuple(batch)))(params)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return (optax.apply_updates(params, updates), opt_state, value)


@caught_by("correct", "hands_the_loss_its_batch")
def train_step__all_floats(params, opt_state, batch, loss, optimizer):
    """Makes floats of the batch, its indices included."""
    batch = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), batch)
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("deeper", "mends_nothing")
def train_step__mends_its_parameters(params, opt_state, batch, loss, optimizer):
    """Makes 0 of parameters that are NaN."""
    params = jax.tree.map(jnp.nan_to_num, params)
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value
