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


def remat_chain__remat_by_decorator(weights, x):
    """jax.remat around a function that closes over nothing; the root by powers."""
    length = round(weights.shape[0] ** 0.5)

    @jax.remat
    def run(x, part):

        def layer(k, x):
            return jnp.tanh(jnp.matmul(x, part[k]))

        return (lax.fori_loop(0, length, layer, x), jnp.zeros(()))

    x, _ = lax.scan(run, x, jnp.reshape(weights, (length, length) + weights.shape[1:]))
    return x


@jax.jit
def remat_chain__dynamic_slices(weights, x):
    """Cuts the weights of a segment out within it; compiled by the learner."""
    length = math.isqrt(weights.shape[0])

    def segment(x, first):
        part = lax.dynamic_slice_in_dim(weights, first, length)
        return (lax.scan(lambda x, w: (jnp.tanh(x @ w), ()), x, part)[0], ())

    return lax.scan(jax.checkpoint(segment), x, jnp.arange(length) * length)[0]
