"""Other honest ways to write remat_chain; each must pass every check."""

import functools
import math

import jax
import jax.numpy as jnp
import jax.scipy.linalg
from jax import lax

# remat_chain


def remat_chain__checkpoint_on_both_levels(weights, x):
    """Checkpoints the layers of a segment, too."""
    length = math.isqrt(len(weights))

    @jax.checkpoint
    def layer(x, w):
        return jnp.tanh(x @ w), None

    @jax.checkpoint
    def segment(x, segment_weights):
        return lax.scan(layer, x, segment_weights)

    return lax.scan(segment, x, weights.reshape(length, length, *weights.shape[1:]))[0]


def remat_chain__fori_loops(weights, x):
    """Loops with static bounds, and reads the weights by number."""
    length = math.isqrt(len(weights))

    @jax.checkpoint
    def segment(k, x):
        return lax.fori_loop(0, length, lambda j, x: jnp.tanh(x @ weights[k * length + j]), x)

    return lax.fori_loop(0, length, segment, x)


def remat_chain__without_cse_barriers(weights, x):
    """jax.remat under its other name, told that scan needs no barriers."""
    length = math.isqrt(weights.shape[0])
    segments = jnp.stack(jnp.split(weights, length))

    def segment(x, segment_weights):
        def layer(x, w):
            return jnp.tanh(jnp.einsum("nd,de->ne", x, w)), None

        return lax.scan(layer, x, segment_weights)[0], None

    return lax.scan(jax.remat(segment, prevent_cse=False), x, segments)[0]


def remat_chain__policy(weights, x):
    """Says by a policy that nothing may be kept."""
    length = math.isqrt(len(weights))
    policy = jax.checkpoint_policies.nothing_saveable

    @functools.partial(jax.checkpoint, policy=policy)
    def segment(x, segment_weights):
        def layer(x, w):
            return jnp.tanh(x @ w), None

        return lax.scan(layer, x, segment_weights)[0]

    def step(x, segment_weights):
        return segment(x, segment_weights), None

    return lax.scan(step, x, weights.reshape(length, length, *weights.shape[1:]))[0]
