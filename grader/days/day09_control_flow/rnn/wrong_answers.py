"""Plausible mistakes in rnn; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# rnn


@caught_by("correct", "keeps_shapes_apart")
def rnn__states_first(params, inputs, state):
    """Returns the states first; scan returns the carry first."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
        return state, state

    last, states = lax.scan(step, state, inputs)
    return states, last


@caught_by("correct", "by_hand")
def rnn__states_before(params, inputs, state):
    """Stacks the state that each step began with."""

    def step(state, x):
        return jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"]), state

    return lax.scan(step, state, inputs)


@caught_by("correct", "agrees_with_a_loop")
def rnn__transposed_recurrence(params, inputs, state):
    """Multiplies the state from the wrong side."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + state @ params["recurrent"] + params["bias"])
        return state, state

    return lax.scan(step, state, inputs)


@caught_by("correct", "adds_the_bias")
def rnn__bias_outside(params, inputs, state):
    """Adds the bias after the tanh."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state) + params["bias"]
        return state, state

    return lax.scan(step, state, inputs)


@caught_by("correct", "goes_on_from_the_state")
def rnn__one_state_for_all(params, inputs, state):
    """Lifts the step over the inputs: each starts from the same state."""

    def step(x):
        return jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])

    states = jax.vmap(step)(inputs)
    return states[-1], states


@caught_by("correct", "keeps_shapes_apart")
def rnn__in_place(params, inputs, state):
    """Assigns into the array of states, as NumPy does."""
    states = jnp.zeros((len(inputs), len(state)))
    for t in range(len(inputs)):
        state = jnp.tanh(params["input"] @ inputs[t] + params["recurrent"] @ state + params["bias"])
        states[t] = state
    return state, states


@caught_by("correct", "gradients_equal_the_unrolled_ones")
def rnn__while_loop(params, inputs, state):
    """Cannot be differentiated backwards: a while_loop does not say how many rounds there will be."""

    def step(carry):
        t, state, states = carry
        state = jnp.tanh(params["input"] @ inputs[t] + params["recurrent"] @ state + params["bias"])
        return t + 1, state, states.at[t].set(state)

    states = jnp.zeros((len(inputs), len(state)))
    _, state, states = lax.while_loop(lambda carry: carry[0] < len(inputs), step, (0, state, states))
    return state, states


@caught_by("correct", "gradients_equal_the_unrolled_ones")
def rnn__truncated(params, inputs, state):
    """Stops the gradient between steps."""

    def step(state, x):
        state = lax.stop_gradient(state)
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
        return state, state

    return lax.scan(step, state, inputs)


@caught_by("jit", "stays_a_loop")
def rnn__python_loop(params, inputs, state):
    """Loops in Python: under jit every step is written out."""
    states = []
    for x in inputs:
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
        states.append(state)
    return state, jnp.stack(states)


@caught_by("speed", "beats_the_loop")
def rnn__from_the_start_each_time(params, inputs, state):
    """Runs the network anew up to each input: quadratic."""
    places = jnp.arange(len(inputs))

    def up_to(last):
        def step(state, now):
            k, x = now
            found = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
            return jnp.where(k <= last, found, state), None

        return lax.scan(step, state, (places, inputs))[0]

    states = lax.map(up_to, places)
    return states[-1], states


@caught_by("correct", "goes_on_from_the_state")
def rnn__starts_from_zeros(params, inputs, state):
    """Ignores the state that is given."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
        return state, state

    return lax.scan(step, jnp.zeros_like(state), inputs)


@caught_by("correct", "adds_the_bias")
def rnn__without_the_bias(params, inputs, state):
    """Forgets the bias."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state)
        return state, state

    return lax.scan(step, state, inputs)


@caught_by("deeper", "at_any_scale")
def rnn__clipped_inputs(params, inputs, state):
    """Clips the inputs: the tanh is flat out there, so that it seems to make no difference."""
    projected = jnp.clip(inputs, -1e4, 1e4) @ params["input"].T + params["bias"]

    def step(state, x):
        state = jnp.tanh(x + params["recurrent"] @ state)
        return state, state

    return lax.scan(step, state, projected)


@caught_by("deeper", "lets_nan_through")
def rnn__missing_inputs(params, inputs, state):
    """Takes an input that is NaN for one that is missing, and leaves it out of the sum."""
    projected = jnp.nan_to_num(inputs) @ params["input"].T + params["bias"]

    def step(state, x):
        state = jnp.tanh(x + params["recurrent"] @ state)
        return state, state

    return lax.scan(step, state, projected)
