"""Other honest ways to write td0_gradient; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# td0_gradient


def td0_gradient__closed_form(weights, state, reward, next_state, discount):
    """Works the semi-gradient out by hand."""
    value = jnp.tanh(jnp.dot(weights, state))
    surprise = reward + discount * jnp.tanh(jnp.dot(weights, next_state)) - value
    return -surprise * (1 - value**2) * state


def td0_gradient__target_outside(weights, state, reward, next_state, discount):
    """Computes the target outside the function that is differentiated."""
    target = reward + discount * jnp.tanh(weights @ next_state)
    return jax.grad(lambda w: (target - jnp.tanh(w @ state)) ** 2 / 2)(weights)


def td0_gradient__target_network(weights, state, reward, next_state, discount):
    """Gives the target weights of its own, which are not differentiated."""

    def loss(online, held_still):
        target = reward + discount * jnp.tanh(jnp.sum(held_still * next_state))
        return 0.5 * (target - jnp.tanh(jnp.sum(online * state))) ** 2

    return jax.grad(loss)(weights, weights)


@jax.jit
def td0_gradient__error_times_slope(weights, state, reward, next_state, discount):
    """Multiplies the error with the gradient of the value; compiled by the learner."""

    def value(w, features):
        return jnp.tanh(jnp.inner(w, features))

    estimate, slope = jax.value_and_grad(value)(weights, state)
    return (estimate - reward - discount * value(weights, next_state)) * slope


def td0_gradient__stopped_weights(weights, state, reward, next_state, discount):
    """Stops the gradient at the weights of the target."""

    def loss(w):
        following = jnp.tanh(lax.stop_gradient(w) @ next_state)
        return 0.5 * jnp.square(reward + discount * following - jnp.tanh(w @ state))

    return jax.grad(loss)(weights)


def td0_gradient__pulls_the_error_back(weights, state, reward, next_state, discount):
    """Pulls the error back through the value of the state."""
    estimate, pull_back = jax.vjp(lambda w: jnp.tanh(jnp.vdot(w, state)), weights)
    target = reward + discount * jnp.tanh(jnp.vdot(weights, next_state))
    return pull_back(estimate - target)[0]
