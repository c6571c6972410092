"""Plausible mistakes in make_optimizer; each must be caught by the check named above it."""

import jax
import jax.flatten_util
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by

# make_optimizer


@caught_by("correct", "by_hand")
def make_optimizer__l2(learning_rate, weight_decay, max_norm):
    """Adds the decay to the gradient, before Adam: L2 regularisation, which Adam scales away."""
    return optax.chain(
        optax.clip_by_global_norm(max_norm),
        optax.add_decayed_weights(weight_decay),
        optax.adam(learning_rate),
    )


@caught_by("correct", "by_hand")
def make_optimizer__decays_last(learning_rate, weight_decay, max_norm):
    """Decays after the learning rate has turned the sign: the weights grow."""
    return optax.chain(
        optax.clip_by_global_norm(max_norm),
        optax.adam(learning_rate),
        optax.add_decayed_weights(weight_decay),
    )


@caught_by("correct", "goes_downhill")
def make_optimizer__second_place(learning_rate, weight_decay, max_norm):
    """Gives the decay as adamw's second argument, which is b1."""
    return optax.chain(optax.clip_by_global_norm(max_norm), optax.adamw(learning_rate, weight_decay))


@caught_by("correct", "goes_downhill")
def make_optimizer__uphill(learning_rate, weight_decay, max_norm):
    """Scales by the learning rate and forgets to turn the sign."""
    return optax.chain(
        optax.clip_by_global_norm(max_norm),
        optax.scale_by_adam(),
        optax.add_decayed_weights(weight_decay),
        optax.scale(learning_rate),
    )


@caught_by("correct", "by_hand")
def make_optimizer__no_decay(learning_rate, weight_decay, max_norm):
    """Forgets the decay."""
    return optax.chain(optax.clip_by_global_norm(max_norm), optax.adam(learning_rate))


@caught_by("correct", "leaves_short_gradients")
def make_optimizer__shorter_memory(learning_rate, weight_decay, max_norm):
    """Another b2, which the first step does not show."""
    adamw = optax.adamw(learning_rate, b2=0.99, weight_decay=weight_decay)
    return optax.chain(optax.clip_by_global_norm(max_norm), adamw)


@caught_by("correct", "leaves_tiny_gradients")
def make_optimizer__larger_epsilon(learning_rate, weight_decay, max_norm):
    """Another number beside the root."""
    adamw = optax.adamw(learning_rate, eps=1e-6, weight_decay=weight_decay)
    return optax.chain(optax.clip_by_global_norm(max_norm), adamw)


@caught_by("correct", "goes_downhill")
def make_optimizer__a_list(learning_rate, weight_decay, max_norm):
    """Returns the links, not the chain."""
    return [optax.clip_by_global_norm(max_norm), optax.adamw(learning_rate, weight_decay=weight_decay)]


@caught_by("correct", "survives_a_huge_gradient")
def make_optimizer__clips_last(learning_rate, weight_decay, max_norm):
    """Clips the updates: by then Adam remembers the huge gradient."""
    return optax.chain(
        optax.adamw(learning_rate, weight_decay=weight_decay), optax.clip_by_global_norm(max_norm)
    )


@caught_by("correct", "survives_a_huge_gradient")
def make_optimizer__clips_between(learning_rate, weight_decay, max_norm):
    """Clips what Adam has scaled already, in the middle of the chain."""
    return optax.chain(
        optax.scale_by_adam(),
        optax.clip_by_global_norm(1e3 * max_norm),
        optax.add_decayed_weights(weight_decay),
        optax.scale_by_learning_rate(learning_rate),
    )


@caught_by("correct", "survives_a_huge_gradient")
def make_optimizer__no_clip(learning_rate, weight_decay, max_norm):
    """Forgets the clip."""
    return optax.adamw(learning_rate, weight_decay=weight_decay)


@caught_by("correct", "survives_a_huge_gradient")
def make_optimizer__clips_numbers(learning_rate, weight_decay, max_norm):
    """Clips each number by itself, which changes the direction."""
    return optax.chain(optax.clip(max_norm), optax.adamw(learning_rate, weight_decay=weight_decay))


@caught_by("correct", "survives_a_huge_gradient")
def make_optimizer__clips_leaves(learning_rate, weight_decay, max_norm):
    """Clips each leaf by its own norm."""

    def clip(updates, state, params=None):
        def cut(g):
            return g * jnp.minimum(1, max_norm / jnp.linalg.norm(g))

        return jax.tree.map(cut, updates), state

    clipping = optax.GradientTransformation(lambda params: optax.EmptyState(), clip)
    return optax.chain(clipping, optax.adamw(learning_rate, weight_decay=weight_decay))


@caught_by("correct", "leaves_tiny_gradients")
def make_optimizer__normalizes(learning_rate, weight_decay, max_norm):
    """Brings every gradient to max_norm, short ones too."""
    return optax.chain(
        optax.normalize_by_update_norm(max_norm), optax.adamw(learning_rate, weight_decay=weight_decay)
    )


@caught_by("correct", "takes_a_schedule")
def make_optimizer__a_number_only(learning_rate, weight_decay, max_norm):
    """Negates the learning rate; a schedule has no sign."""
    return optax.chain(
        optax.clip_by_global_norm(max_norm),
        optax.scale_by_adam(),
        optax.add_decayed_weights(weight_decay),
        optax.scale(-learning_rate),
    )


@caught_by("jit", "compiles_once")
def make_optimizer__saves_a_link(learning_rate, weight_decay, max_norm):
    """Leaves the decay out when it is 0: a Python branch on a traced number."""
    links = [optax.clip_by_global_norm(max_norm), optax.scale_by_adam()]
    if weight_decay > 0:
        links.append(optax.add_decayed_weights(weight_decay))
    return optax.chain(*links, optax.scale_by_learning_rate(learning_rate))


@caught_by("jit", "compiles_once")
def make_optimizer__floats(learning_rate, weight_decay, max_norm):
    """Turns the numbers into Python floats."""
    return optax.chain(
        optax.clip_by_global_norm(float(max_norm)),
        optax.adamw(learning_rate, weight_decay=float(weight_decay)),
    )


@caught_by("correct", "clips_tiny_gradients")
def make_optimizer__torch_eps(learning_rate, weight_decay, max_norm):
    """Adds 1e-6 to the norm, as PyTorch does."""
    return optax.chain(
        optax.stateless(
            lambda u, p: jax.tree.map(
                lambda g: g * jnp.minimum(1, max_norm / (optax.global_norm(u) + 1e-06)), u
            )
        ),
        optax.scale_by_adam(),
        optax.add_decayed_weights(weight_decay),
        optax.scale_by_learning_rate(learning_rate),
    )


@caught_by("deeper", "takes_numbers_of_any_size")
def make_optimizer__bounds_its_numbers(learning_rate, weight_decay, max_norm):
    """Keeps decay and norm within what is usual."""
    return optax.chain(
        optax.clip_by_global_norm(jnp.clip(max_norm, 1e-8, 100.0)),
        optax.adamw(learning_rate, weight_decay=jnp.clip(weight_decay, 0.0, 100.0)),
    )
