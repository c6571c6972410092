"""Other honest ways to write lion; each must pass every check."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

# lion


def lion__named_state(learning_rate):
    """Keeps a named tuple with a count, as optax does, and optax's links for the rest."""

    class State(NamedTuple):
        count: jax.Array
        momentum: Any

    def init(params):
        return State(jnp.zeros([], jnp.int32), optax.tree_utils.tree_zeros_like(params))

    def update(updates, state, params=None):
        direction = jax.tree.map(lambda g, m: jnp.sign(g + 9 * m), updates, state.momentum)
        momentum = optax.tree_utils.tree_update_moment(updates, state.momentum, 0.99, 1)
        return direction, State(optax.safe_increment(state.count), momentum)

    return optax.chain(
        optax.GradientTransformation(init, update), optax.scale_by_learning_rate(learning_rate)
    )


def lion__by_comparison(learning_rate):
    """Makes the sign of two comparisons, on flat lists."""

    def init(params):
        return {"momentum": [jnp.zeros_like(leaf) for leaf in jax.tree.leaves(params)]}

    def update(gradients, state, params=None, **extra):
        leaves, structure = jax.tree.flatten(gradients)
        updates, momentum = [], []
        for g, m in zip(leaves, state["momentum"], strict=True):
            c = m * 0.9 + g * 0.1
            updates.append(learning_rate * ((c < 0).astype(g.dtype) - (c > 0).astype(g.dtype)))
            momentum.append(m + (1 - 0.99) * (g - m))
        return jax.tree.unflatten(structure, updates), {"momentum": momentum}

    return optax.GradientTransformationExtraArgs(init, update)


def lion__two_averages(learning_rate):
    """Compiled inside by the learner."""

    def init(params):
        return jax.tree.map(lambda p: jnp.zeros(p.shape, p.dtype), params)

    @jax.jit
    def blend(old, new, keep):
        return jax.tree.map(lambda m, g: keep * m + (1 - keep) * g, old, new)

    def update(gradients, momentum, params=None):
        c = blend(momentum, gradients, 0.9)
        return jax.tree.map(lambda x: -learning_rate * jnp.sign(x), c), blend(momentum, gradients, 0.99)

    return optax.GradientTransformation(init, update)


def lion__links(learning_rate):
    """A link for the direction, and optax's for sign and rate."""

    def init(params):
        return jax.tree.map(jnp.zeros_like, params)

    def update(gradients, m, params=None):
        c = jax.tree.map(lambda m, g: m + 0.1 * (g - m), m, gradients)
        return (c, jax.tree.map(lambda m, g: m + 0.01 * (g - m), m, gradients))

    return optax.chain(
        optax.GradientTransformation(init, update),
        optax.scale_by_sign(),
        optax.scale_by_learning_rate(learning_rate),
    )


def lion__flat_loop(learning_rate):
    """Goes over flat leaves, and keeps them as a tuple in a dict."""

    def init(params):
        return {"m": tuple(jnp.zeros(jnp.shape(p), jnp.result_type(p)) for p in jax.tree.leaves(params))}

    def update(gradients, state, params=None):
        flat, structure = jax.tree.flatten(gradients)
        moves, kept = ([], [])
        for old, g in zip(state["m"], flat):
            moves.append(-learning_rate * jnp.sign(9 * old + g))
            kept.append((99 * old + g) / 100)
        return (structure.unflatten(moves), {"m": tuple(kept)})

    return optax.GradientTransformation(init, update)


def lion__two_emas(learning_rate):
    """A named tuple, lerps and a where for the sign."""

    def lerp(old, new, share):
        return jax.tree.map(lambda a, b: (1 - share) * a + share * b, old, new)

    def towards(c):
        return jnp.where(c > 0, -learning_rate, jnp.where(c < 0, learning_rate, 0.0))

    def update(gradients, state, params=None):
        del params
        return (
            jax.tree.map(towards, lerp(state.trace, gradients, 0.1)),
            optax.TraceState(lerp(state.trace, gradients, 0.01)),
        )

    return optax.GradientTransformation(
        lambda params: optax.TraceState(optax.tree.zeros_like(params)), update
    )
