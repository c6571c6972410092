"""Other honest ways to write attention; each must pass every check."""

import jax
import jax.numpy as jnp

# attention


def attention__einsum(q, k, v):
    """Names all axes."""
    scores = jnp.einsum("bnhd,bmhd->bhnm", q, k) / jnp.sqrt(q.shape[-1])
    return jnp.einsum("bhnm,bmhe->bnhe", jax.nn.softmax(scores, axis=-1), v)


def attention__batch_inside(q, k, v):
    """Lifts over examples first, then over heads, with softmax by hand."""

    def head(q, k, v):
        scores = q @ k.T * q.shape[1] ** -0.5
        weights = jnp.exp(scores - scores.max(axis=1, keepdims=True))
        return (weights @ v) / weights.sum(axis=1, keepdims=True)

    return jax.vmap(jax.vmap(head), in_axes=2, out_axes=2)(q, k, v)


def attention__matmul(q, k, v):
    """Moves the heads to the front and multiplies batches of matrices."""
    q, k, v = (jnp.moveaxis(x, 2, 1) for x in (q, k, v))
    weights = jax.nn.softmax(q @ jnp.swapaxes(k, -1, -2) / q.shape[-1] ** 0.5, axis=-1)
    return jnp.moveaxis(weights @ v, 1, 2)


@jax.jit
def attention__one_query_at_a_time(q, k, v):
    """Lifts three times: over queries, heads and examples; compiled by the learner."""

    def query(q, k, v):
        return jax.nn.softmax(k @ q / jnp.sqrt(1.0 * q.size)) @ v

    head = jax.vmap(query, in_axes=(0, None, None))
    return jax.vmap(jax.vmap(head, in_axes=(1, 1, 1), out_axes=1))(q, k, v)


def attention__logsumexp(q, k, v):
    """Weights by exp of scores minus their logsumexp, scaled before the product."""
    scores = jnp.einsum("bnhd,bmhd->bnhm", q * q.shape[-1] ** -0.5, k)
    weights = jnp.exp(scores - jax.scipy.special.logsumexp(scores, axis=-1, keepdims=True))
    return jnp.einsum("bnhm,bmhe->bnhe", weights, v)


def attention__flat_batch_of_heads(q, k, v):
    """Folds examples and heads into one axis, lifts once, and unfolds."""
    batch, _, heads, width = q.shape

    def folded(x):
        return x.swapaxes(1, 2).reshape(batch * heads, x.shape[1], x.shape[3])

    def head(q, k, v):
        scores = jnp.matmul(q, k.T) / jnp.sqrt(jnp.float32(width))
        return jnp.matmul(jax.nn.softmax(scores, axis=-1), v)

    out = jax.vmap(head)(folded(q), folded(k), folded(v))
    return out.reshape(batch, heads, *out.shape[1:]).swapaxes(1, 2)


def attention__sums_of_products(q, k, v):
    """Broadcasts and sums, without any product of matrices."""
    scores = (q[:, :, None] * k[:, None]).sum(-1) / q.shape[-1] ** 0.5  # (batch, n, m, heads)
    powers = jnp.exp(scores - jnp.max(scores, axis=2, keepdims=True))
    weights = powers / jnp.sum(powers, axis=2, keepdims=True)
    return (weights[..., None] * v[:, None]).sum(axis=2)
