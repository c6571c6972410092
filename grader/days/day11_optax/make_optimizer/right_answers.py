"""Other honest ways to write make_optimizer; each must pass every check."""

import jax
import jax.numpy as jnp
import optax

# make_optimizer


def make_optimizer__adamw(learning_rate, weight_decay, max_norm):
    """Takes adamw, which has the last three links in it."""
    return optax.chain(
        optax.clip_by_global_norm(max_norm), optax.adamw(learning_rate, weight_decay=weight_decay)
    )


def make_optimizer__rates_in_the_state(learning_rate, weight_decay, max_norm):
    """Rate and decay are hyperparameters in the state, where they can be changed."""
    adamw = optax.inject_hyperparams(optax.adamw)
    return optax.chain(
        optax.clip_by_global_norm(max_norm), adamw(learning_rate=learning_rate, weight_decay=weight_decay)
    )


def make_optimizer__nested(learning_rate, weight_decay, max_norm):
    """Chains chains, with the rate as a schedule in any case."""
    schedule = learning_rate if callable(learning_rate) else optax.constant_schedule(learning_rate)
    decayed = optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(weight_decay))
    return optax.chain(
        optax.clip_by_global_norm(max_norm), decayed, optax.scale_by_schedule(lambda step: -schedule(step))
    )


def make_optimizer__by_hand(learning_rate, weight_decay, max_norm):
    """Writes the whole optimiser out."""

    def init(params):
        zeros = jax.tree.map(jnp.zeros_like, params)
        return {"count": jnp.zeros((), jnp.int32), "m": zeros, "v": zeros}

    def update(gradients, state, params=None):
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradients)))
        factor = jnp.minimum(1.0, max_norm / jnp.maximum(norm, 1e-30))
        gradients = jax.tree.map(lambda g: g * factor, gradients)
        rate = learning_rate(state["count"]) if callable(learning_rate) else learning_rate
        count = state["count"] + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, state["m"], gradients)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, state["v"], gradients)

        def one(m, v, p):
            direction = m / (1 - 0.9**count) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8)
            return -rate * (direction + weight_decay * p)

        return jax.tree.map(one, m, v, params), {"count": count, "m": m, "v": v}

    return optax.GradientTransformation(init, update)


def make_optimizer__adamw_by_keywords(learning_rate, weight_decay, max_norm):
    """Clips first, then optax's adamw, all of it said."""
    adamw = optax.adamw(learning_rate, b1=0.9, b2=0.999, eps=1e-08, weight_decay=weight_decay)
    clip = optax.clip_by_global_norm(max_norm)

    def init(params):
        return (clip.init(params), adamw.init(params))

    def update(gradients, state, params=None):
        clipped, first = clip.update(gradients, state[0])
        updates, second = adamw.update(clipped, state[1], params)
        return (updates, (first, second))

    return optax.GradientTransformation(init, update)


def make_optimizer__own_clip(learning_rate, weight_decay, max_norm):
    """A clip of one's own, without a state; the sign turned by scale."""

    def clip(gradients, params=None):
        norm = jnp.sqrt(sum(jnp.sum(jnp.square(g)) for g in jax.tree.leaves(gradients)))
        factor = jnp.where(norm > max_norm, max_norm / jnp.where(norm > 0, norm, 1.0), 1.0)
        return jax.tree.map(lambda g: g * factor, gradients)

    rate = optax.scale_by_schedule(learning_rate) if callable(learning_rate) else optax.scale(learning_rate)
    links = (
        optax.scale_by_adam(b1=0.9, b2=0.999),
        optax.add_decayed_weights(weight_decay),
        rate,
        optax.scale(-1.0),
    )
    return optax.chain(optax.stateless(clip), *links)
