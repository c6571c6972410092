"""Other honest ways to write rnn; each must pass every check."""

import jax
import jax.numpy as jnp
import jax.scipy.linalg
from jax import lax

# rnn


def rnn__input_in_the_step(params, inputs, state):
    """Multiplies the input within the step."""

    def step(state, x):
        state = jnp.tanh(params["input"] @ x + params["recurrent"] @ state + params["bias"])
        return state, state

    return lax.scan(step, state, inputs, unroll=4)


def rnn__fori_loop(params, inputs, state):
    """A loop with static bounds, which becomes a scan and goes backwards as well."""

    def step(t, carry):
        state, states = carry
        state = jnp.tanh(params["input"] @ inputs[t] + params["recurrent"] @ state + params["bias"])
        return state, states.at[t].set(state)

    return lax.fori_loop(0, len(inputs), step, (state, jnp.zeros((len(inputs), len(state)))))


def rnn__one_matrix(params, inputs, state):
    """Joins state, input and a one to a vector, and the params to one matrix."""
    weights = jnp.concatenate([params["recurrent"], params["input"], params["bias"][:, None]], axis=1)
    one = jnp.ones(1)

    @jax.checkpoint
    def step(state, x):
        state = jnp.tanh(weights @ jnp.concatenate([state, x, one]))
        return state, state

    _, states = lax.scan(step, state, inputs)
    return states[-1], states


def rnn__last_is_out(params, inputs, state):
    """Takes the last of the states for the last one."""
    projected = inputs @ params["input"].T + params["bias"]

    def step(s, x):
        s = jnp.tanh(x + params["recurrent"] @ s)
        return (s, s)

    _, states = lax.scan(step, state, projected)
    return (states[-1], states)


def rnn__over_places(params, inputs, state):
    """Scans over places and looks inputs up."""

    def step(h, t):
        x = lax.dynamic_index_in_dim(inputs, t, keepdims=False)
        total = jnp.einsum("hd,d->h", params["input"], x) + jnp.einsum("hk,k->h", params["recurrent"], h)
        h = lax.tanh(total + params["bias"])
        return (h, h)

    return lax.scan(step, state, jnp.arange(inputs.shape[0]))


@jax.jit
def rnn__dict_of_states(params, inputs, state):
    """A dict is carried, a closure steps, all inputs are projected beforehand; compiled by the learner."""
    projected = jax.vmap(lambda x: params["input"] @ x)(inputs)

    def step(carry, wx):
        h = jnp.tanh(wx + params["bias"] + jnp.dot(carry["h"], params["recurrent"].T))
        return ({"h": h}, h)

    carry, states = lax.scan(step, {"h": state}, projected)
    return (carry["h"], states)
