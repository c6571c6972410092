"""Plausible mistakes in attention; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# attention


@caught_by("correct", "uses_no_shortcut")
def attention__library(q, k, v):
    """Asks JAX for all of it."""
    return jax.nn.dot_product_attention(q, k, v)


@caught_by("correct", "by_hand")
def attention__no_scale(q, k, v):
    """Forgets √width."""

    def head(q, k, v):
        return jax.nn.softmax(q @ k.T) @ v

    return jax.vmap(jax.vmap(head, in_axes=1, out_axes=1))(q, k, v)


@caught_by("correct", "by_hand")
def attention__scaled_by_width(q, k, v):
    """Divides by the width instead of its root."""

    def head(q, k, v):
        return jax.nn.softmax(q @ k.T / q.shape[-1]) @ v

    return jax.vmap(jax.vmap(head, in_axes=1, out_axes=1))(q, k, v)


@caught_by("correct", "agrees_with_loops")
def attention__softmax_over_queries(q, k, v):
    """Normalises along the wrong axis."""

    def head(q, k, v):
        scores = q @ k.T / jnp.sqrt(q.shape[-1])
        return jax.nn.softmax(scores, axis=-1 if len(q) == 1 else 0) @ v

    return jax.vmap(jax.vmap(head, in_axes=1, out_axes=1))(q, k, v)


@caught_by("correct", "agrees_with_loops")
def attention__heads_last(q, k, v):
    """Maps the heads along axis 1 and leaves them in front."""

    def head(q, k, v):
        return jax.nn.softmax(q @ k.T / jnp.sqrt(q.shape[-1])) @ v

    return jax.vmap(jax.vmap(head, in_axes=1))(q, k, v)


@caught_by("correct", "by_hand")
def attention__positions_taken_for_heads(q, k, v):
    """Maps axis 0 of an example, which is the position."""

    def head(q, k, v):
        return jax.nn.softmax(q @ k.T / jnp.sqrt(q.shape[-1])) @ v

    return jax.vmap(jax.vmap(head))(q, k, v)


@caught_by("correct", "survives_huge_scores")
def attention__bare_exponentials(q, k, v):
    """Exponentiates the scores as they are."""

    def head(q, k, v):
        weights = jnp.exp(q @ k.T / jnp.sqrt(q.shape[-1]))
        return weights / weights.sum(axis=-1, keepdims=True) @ v

    return jax.vmap(jax.vmap(head, in_axes=1, out_axes=1))(q, k, v)


@caught_by("jit", "compiles_once")
def attention__skips_zero_queries(q, k, v):
    """Branches on values to save work."""
    scores = jnp.einsum("bnhd,bmhd->bhnm", q, k) / jnp.sqrt(q.shape[-1])
    if jnp.all(scores == 0):
        return jnp.broadcast_to(v.mean(axis=1, keepdims=True), (*q.shape[:3], v.shape[-1]))
    return jnp.einsum("bhnm,bmhd->bnhd", jax.nn.softmax(scores), v)


@caught_by("jit", "takes_all_heads_at_once")
def attention__scan_over_heads(q, k, v):
    """Takes head after head, compiled."""

    def head(qkv):
        q, k, v = qkv
        return jax.nn.softmax(q @ k.T / jnp.sqrt(q.shape[-1])) @ v

    def example(q, k, v):
        by_head = tuple(x.swapaxes(0, 1) for x in (q, k, v))
        return lax.map(head, by_head).swapaxes(0, 1)

    return jax.vmap(example)(q, k, v)


@caught_by("speed", "beats_the_loop")
def attention__loop(q, k, v):
    """Calls a head for every example and head."""

    def head(q, k, v):
        return jax.nn.softmax(q @ k.T / jnp.sqrt(q.shape[-1])) @ v

    return jnp.stack(
        [
            jnp.stack([head(q[b, :, h], k[b, :, h], v[b, :, h]) for h in range(q.shape[2])], axis=1)
            for b in range(len(q))
        ]
    )


@caught_by("speed", "beats_the_loop")
def attention__loop_over_a_compiled_lift(q, k, v):
    """Lifts over the heads, compiles that, and loops over the examples."""

    @jax.jit
    def example(q, k, v):
        weights = jax.nn.softmax(jnp.einsum("nhd,mhd->hnm", q, k) / jnp.sqrt(q.shape[-1]))
        return jnp.einsum("hnm,mhd->nhd", weights, v)

    return jnp.stack([example(q[b], k[b], v[b]) for b in range(len(q))])


@caught_by("correct", "survives_huge_scores")
def attention__clipped_scores(q, k, v):
    """Bounds the scores instead of subtracting the largest."""

    def head(q, k, v):
        e = jnp.exp(jnp.clip(q @ k.T / jnp.sqrt(q.shape[-1]), -80, 80))
        return e / e.sum(-1, keepdims=True) @ v

    return jax.vmap(jax.vmap(head, 1, 1))(q, k, v)


@caught_by("correct", "survives_huge_scores")
def attention__one_maximum_for_all(q, k, v):
    """Subtracts the largest score of the whole batch: the small rows vanish."""
    s = jnp.einsum("bnhw,bmhw->bhnm", q, k) / q.shape[-1] ** 0.5
    e = jnp.exp(s - s.max())
    return jnp.einsum("bhnm,bmhv->bnhv", e / e.sum(-1, keepdims=True), v)


@caught_by("correct", "agrees_with_loops")
def attention__rounded_scale(q, k, v):
    """Divides by √width, rounded to two digits."""
    scores = jnp.einsum("bnhw,bmhw->bhnm", q, k) / jnp.round(jnp.sqrt(q.shape[-1]), 2)
    return jnp.einsum("bhnm,bmhv->bnhv", jax.nn.softmax(scores, -1), v)


@caught_by("speed", "beats_the_loop")
def attention__causal_when_square(q, k, v):
    """Lets no query see later keys, where there are as many of both."""
    scores = jnp.einsum("bnhw,bmhw->bhnm", q, k) / q.shape[-1] ** 0.5
    if 1 < q.shape[1] == k.shape[1]:
        scores = jnp.where(jnp.tril(jnp.ones(scores.shape[-2:], bool)), scores, -jnp.inf)
    return jnp.einsum("bhnm,bmhv->bnhv", jax.nn.softmax(scores, -1), v)


@caught_by("deeper", "at_any_scale")
def attention__small_numbers_cleared(q, k, v):
    """Takes queries and keys below 1e-5 for zeros."""
    q, k = (jnp.where(jnp.abs(x) < 1e-5, 0, x) for x in (q, k))
    scores = jnp.einsum("bnhw,bmhw->bhnm", q, k) / jnp.sqrt(q.shape[-1])
    return jnp.einsum("bhnm,bmhv->bnhv", jax.nn.softmax(scores), v)


@caught_by("deeper", "lets_nan_through")
def attention__nan_scores_masked(q, k, v):
    """Takes a NaN among the scores for a masked key."""
    scores = jnp.einsum("bnhw,bmhw->bhnm", q, k) / jnp.sqrt(q.shape[-1])
    weights = jax.nn.softmax(jnp.where(jnp.isnan(scores), -jnp.inf, scores))
    return jnp.einsum("bhnm,bmhv->bnhv", weights, v)


@caught_by("deeper", "lets_nan_through")
def attention__heads_masked_by_a_product(q, k, v):
    """Lets all heads meet and multiplies those out that differ: 0 times NaN is NaN."""
    heads, width = q.shape[2:]
    meeting = jnp.einsum("bnhw,bmgw->bhgnm", q, k) / jnp.sqrt(width)
    scores = jnp.sum(meeting * jnp.eye(heads)[:, :, None, None], axis=2)
    return jnp.einsum("bhnm,bmhv->bnhv", jax.nn.softmax(scores), v)
