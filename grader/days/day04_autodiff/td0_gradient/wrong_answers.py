"""Plausible mistakes in td0_gradient; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax import lax

# td0_gradient


@caught_by("correct", "by_hand")
def td0_gradient__full_gradient(weights, state, reward, next_state, discount):
    """Differentiates through the target, too."""

    def loss(w):
        target = reward + discount * jnp.tanh(w @ next_state)
        return 0.5 * (target - jnp.tanh(w @ state)) ** 2

    return jax.grad(loss)(weights)


@caught_by("correct", "by_hand")
def td0_gradient__stops_everything(weights, state, reward, next_state, discount):
    """Stops the gradient of the whole error: nothing is left."""

    def loss(w):
        error = reward + discount * jnp.tanh(w @ next_state) - jnp.tanh(w @ state)
        return 0.5 * lax.stop_gradient(error) ** 2

    return jax.grad(loss)(weights)


@caught_by("correct", "by_hand")
def td0_gradient__stops_the_value(weights, state, reward, next_state, discount):
    """Holds the value still and moves the target."""

    def loss(w):
        target = reward + discount * jnp.tanh(w @ next_state)
        return 0.5 * (target - lax.stop_gradient(jnp.tanh(w @ state))) ** 2

    return jax.grad(loss)(weights)


@caught_by("correct", "by_hand")
def td0_gradient__stops_the_reward(weights, state, reward, next_state, discount):
    """Stops the gradient of the reward alone, which has none."""

    def loss(w):
        target = lax.stop_gradient(reward) + discount * jnp.tanh(w @ next_state)
        return 0.5 * (target - jnp.tanh(w @ state)) ** 2

    return jax.grad(loss)(weights)


@caught_by("correct", "by_hand")
def td0_gradient__update_direction(weights, state, reward, next_state, discount):
    """Returns the step that lowers the loss: the gradient's opposite."""
    value = jnp.tanh(weights @ state)
    error = reward + discount * jnp.tanh(weights @ next_state) - value
    return error * (1 - value**2) * state


@caught_by("correct", "by_hand")
def td0_gradient__without_the_half(weights, state, reward, next_state, discount):
    """Leaves the half out."""
    target = reward + discount * jnp.tanh(weights @ next_state)
    return jax.grad(lambda w: (target - jnp.tanh(w @ state)) ** 2)(weights)


@caught_by("correct", "agrees_with_the_closed_form")
def td0_gradient__linear_value(weights, state, reward, next_state, discount):
    """Forgets the tanh."""
    target = reward + discount * (weights @ next_state)
    return jax.grad(lambda w: 0.5 * (target - w @ state) ** 2)(weights)


@caught_by("correct", "agrees_with_the_closed_form")
def td0_gradient__undiscounted(weights, state, reward, next_state, discount):
    """Forgets the discount."""
    target = reward + jnp.tanh(weights @ next_state)
    return jax.grad(lambda w: 0.5 * (target - jnp.tanh(w @ state)) ** 2)(weights)


@caught_by("correct", "is_finite_at_saturation")
def td0_gradient__tanh_by_hand(weights, state, reward, next_state, discount):
    """Writes tanh with exponentials, which overflow."""

    def value(w, features):
        up, down = jnp.exp(w @ features), jnp.exp(-(w @ features))
        return (up - down) / (up + down)

    target = lax.stop_gradient(reward + discount * value(weights, next_state))
    return jax.grad(lambda w: 0.5 * (target - value(w, state)) ** 2)(weights)


@caught_by("jit", "compiles_once")
def td0_gradient__branches_at_the_end(weights, state, reward, next_state, discount):
    """Branches on the discount, which is traced."""
    target = reward
    if discount > 0:
        target = reward + discount * jnp.tanh(weights @ next_state)
    return jax.grad(lambda w: 0.5 * (target - jnp.tanh(w @ state)) ** 2)(weights)


@caught_by("jit", "compiles_once")
def td0_gradient__target_as_a_float(weights, state, reward, next_state, discount):
    """Stops the gradient by making the target a Python float."""
    target = float(reward + discount * jnp.tanh(weights @ next_state))
    return jax.grad(lambda w: 0.5 * (target - jnp.tanh(w @ state)) ** 2)(weights)


@caught_by("jit", "compiles_once")
def td0_gradient__target_through_numpy(weights, state, reward, next_state, discount):
    """Stops the gradient by leaving JAX."""
    target = np.asarray(reward + discount * jnp.tanh(weights @ next_state))
    return jax.grad(lambda w: 0.5 * (target - jnp.tanh(w @ state)) ** 2)(weights)


@caught_by("correct", "agrees_with_the_closed_form")
def td0_gradient__clipped(weights, state, reward, next_state, discount):
    """Clips the error at 10, as some agents do."""
    value = jnp.tanh(weights @ state)
    surprise = jnp.clip(reward + discount * jnp.tanh(weights @ next_state) - value, -10, 10)
    return -surprise * (1 - value**2) * state


@caught_by("correct", "by_hand")
def td0_gradient__floats_alone(weights, state, reward, next_state, discount):
    """Adds with lax, which takes no whole number beside a float."""

    def loss(weights):
        value_there = jnp.tanh(jnp.dot(weights, next_state))
        target = lax.stop_gradient(lax.add(reward, lax.mul(discount, value_there)))
        return 0.5 * (target - jnp.tanh(jnp.dot(weights, state))) ** 2

    return jax.grad(loss)(weights)
