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
