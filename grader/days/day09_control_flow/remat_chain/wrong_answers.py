"""Plausible mistakes in remat_chain; each must be caught by the check named above it."""

import math

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# remat_chain


@caught_by("correct", "by_hand")
def remat_chain__backwards(weights, x):
    """Applies the last layer first."""
    return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, weights, reverse=True)[0]


@caught_by("correct", "by_hand")
def remat_chain__tanh_at_the_end(weights, x):
    """Applies tanh once."""
    return jnp.tanh(lax.scan(lambda x, w: (x @ w, None), x, weights)[0])


@caught_by("correct", "agrees_with_a_loop")
def remat_chain__transposed(weights, x):
    """Multiplies by the transposed weights."""
    return lax.scan(lambda x, w: (jnp.tanh(x @ w.T), None), x, weights)[0]


@caught_by("correct", "by_hand")
def remat_chain__layers_dealt_out(weights, x):
    """Takes every √L-th layer for a segment: the layers come in another order."""
    length = math.isqrt(len(weights))
    dealt = weights.reshape(length, length, *weights.shape[1:]).swapaxes(0, 1)

    @jax.checkpoint
    def segment(x, segment_weights):
        return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, segment_weights)

    return lax.scan(segment, x, dealt)[0]


@caught_by("correct", "has_the_same_gradients")
def remat_chain__gradient_cut(weights, x):
    """Saves memory by cutting the gradient between segments."""
    length = math.isqrt(len(weights))

    def segment(x, segment_weights):
        return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), lax.stop_gradient(x), segment_weights)

    return lax.scan(segment, x, weights.reshape(length, length, *weights.shape[1:]))[0]


@caught_by("correct", "has_the_same_gradients")
def remat_chain__fori_loop_with_traced_bound(weights, x):
    """Hides the number of layers in a traced value: reverse mode does not know it."""
    n_layers = jnp.asarray(len(weights))
    return lax.fori_loop(0, n_layers, lambda k, x: jnp.tanh(x @ weights[k]), x)


@caught_by("correct", "has_the_same_gradients")
def remat_chain__root_by_jnp(weights, x):
    """Takes the root of a size through jnp, which makes a tracer of it."""
    length = int(jnp.sqrt(weights.shape[0]))

    @jax.checkpoint
    def segment(x, segment_weights):
        return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, segment_weights)

    return lax.scan(segment, x, weights.reshape(length, length, *weights.shape[1:]))[0]


@caught_by("jit", "stays_a_loop")
def remat_chain__python_loop(weights, x):
    """Loops in Python over checkpointed layers."""
    layer = jax.checkpoint(lambda x, w: jnp.tanh(x @ w))
    for k in range(len(weights)):
        x = layer(x, weights[k])
    return x


@caught_by("jit", "stays_a_loop")
def remat_chain__python_loop_of_segments(weights, x):
    """Loops in Python over √L segments: fewer copies, but more for more layers."""
    length = math.isqrt(len(weights))

    @jax.checkpoint
    def segment(x, segment_weights):
        return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, segment_weights)[0]

    for k in range(length):
        x = segment(x, weights[k * length : (k + 1) * length])
    return x


@caught_by("jit", "keeps_little")
def remat_chain__plain_scan(weights, x):
    """Keeps everything."""
    return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, weights)[0]


@caught_by("jit", "keeps_little")
def remat_chain__each_layer(weights, x):
    """Checkpoints each layer: one array a layer is kept."""
    return lax.scan(jax.checkpoint(lambda x, w: (jnp.tanh(x @ w), None)), x, weights)[0]


@caught_by("jit", "keeps_little")
def remat_chain__around_everything(weights, x):
    """Checkpoints the whole chain: when it is computed again, everything is kept again."""

    @jax.checkpoint
    def whole(weights, x):
        return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, weights)[0]

    return whole(weights, x)


@caught_by("deeper", "takes_numbers_as_they_are")
def remat_chain__clipped(weights, x):
    """Clips x: the tanh is flat out there, so that it seems to make no difference."""
    length = math.isqrt(len(weights))

    @jax.checkpoint
    def segment(x, segment_weights):
        return lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, segment_weights)

    segments = weights.reshape(length, length, *weights.shape[1:])
    return lax.scan(segment, jnp.clip(x, -1e5, 1e5), segments)[0]
