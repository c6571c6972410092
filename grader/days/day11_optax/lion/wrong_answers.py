"""Plausible mistakes in lion; each must be caught by the check named above it."""

from typing import NamedTuple

import jax
import jax.flatten_util
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by

# lion


@caught_by("correct", "uses_no_shortcut")
def lion__library(learning_rate):
    """Takes optax's own."""
    return optax.lion(learning_rate, weight_decay=0.0)


@caught_by("correct", "uses_no_shortcut")
def lion__library_link(learning_rate):
    """Takes the heart of optax's own."""
    return optax.chain(optax.scale_by_lion(), optax.scale_by_learning_rate(learning_rate))


@caught_by("correct", "by_hand")
def lion__uphill(learning_rate):
    """Forgets the sign of the update."""

    def update(gradients, m, params=None):
        updates = jax.tree.map(lambda m, g: learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "needs_no_parameters")
def lion__wants_parameters(learning_rate):
    """Makes an argument obligatory that is not needed."""

    def init(params):
        return jax.tree.map(jnp.zeros_like, params)

    def update(gradients, momentum, params):
        updates = jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), momentum, gradients)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, momentum, gradients)

    return optax.GradientTransformation(init, update)


@caught_by("correct", "takes_any_tree")
def lion__dicts_alone(learning_rate):
    """Goes through the items of a dict."""

    def init(params):
        return {name: jnp.zeros_like(leaf) for name, leaf in params.items()}

    def update(gradients, momentum, params=None):
        updates = {
            name: -learning_rate * jnp.sign(0.9 * momentum[name] + 0.1 * g) for name, g in gradients.items()
        }
        return updates, {name: 0.99 * momentum[name] + 0.01 * g for name, g in gradients.items()}

    return optax.GradientTransformation(init, update)


@caught_by("correct", "by_hand")
def lion__divides(learning_rate):
    """Makes the sign by a division, which is 0 / 0 where nothing pulls."""

    def update(gradients, m, params=None):
        c = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
        updates = jax.tree.map(lambda c: -learning_rate * c / jnp.abs(c), c)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "by_hand")
def lion__two_functions(learning_rate):
    """Returns a bare tuple."""

    def update(gradients, m, params=None):
        updates = jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)

    return (lambda params: jax.tree.map(jnp.zeros_like, params)), update


@caught_by("correct", "by_hand")
def lion__updates_alone(learning_rate):
    """Returns the updates and not the state."""

    def update(gradients, m, params=None):
        return jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients)

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "by_hand")
def lion__in_place(learning_rate):
    """Writes the new momentum into the state that it was given."""

    def update(gradients, state, params=None):
        m = state["m"]
        state["m"] = jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)
        return jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients), state

    return optax.GradientTransformation(lambda params: {"m": jax.tree.map(jnp.zeros_like, params)}, update)


@caught_by("correct", "follows_the_paper")
def lion__swapped(learning_rate):
    """Swaps 0.9 and 0.99."""

    def update(gradients, m, params=None):
        updates = jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.99 * m + 0.01 * g), m, gradients)
        return updates, jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "follows_the_paper")
def lion__new_momentum(learning_rate):
    """Updates the momentum first, and takes the sign of that."""

    def update(gradients, m, params=None):
        m = jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)
        return jax.tree.map(lambda m: -learning_rate * jnp.sign(m), m), m

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "follows_the_paper")
def lion__keeps_c(learning_rate):
    """Remembers c, made with 0.9, as the new momentum."""

    def update(gradients, m, params=None):
        c = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
        return jax.tree.map(lambda c: -learning_rate * jnp.sign(c), c), c

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "follows_the_paper")
def lion__old_momentum_back(learning_rate):
    """Returns the state that it was given."""

    def update(gradients, m, params=None):
        return jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients), m

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "takes_any_tree")
def lion__pairs(learning_rate):
    """Makes pairs at the leaves and takes every tuple for one."""

    def update(gradients, m, params=None):
        def both(m, g):
            return -learning_rate * jnp.sign(0.9 * m + 0.1 * g), 0.99 * m + 0.01 * g

        pairs = jax.tree.map(both, m, gradients)
        first = jax.tree.map(lambda pair: pair[0], pairs, is_leaf=lambda x: isinstance(x, tuple))
        second = jax.tree.map(lambda pair: pair[1], pairs, is_leaf=lambda x: isinstance(x, tuple))
        return first, second

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("jit", "compiles_once")
def lion__remembers_outside(learning_rate):
    """Keeps the momentum beside the state, where a traced value must not go."""
    memory = {}

    def init(params):
        memory["m"] = jax.tree.map(jnp.zeros_like, params)
        return optax.EmptyState()

    def update(gradients, state, params=None):
        m = memory.get("m") or jax.tree.map(jnp.zeros_like, gradients)
        memory["m"] = jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)
        return jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients), state

    return optax.GradientTransformation(init, update)


@caught_by("jit", "compiles_once")
def lion__starts_with_a_number(learning_rate):
    """Begins with the Python number 0 for every leaf."""

    def update(gradients, m, params=None):
        updates = jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)

    return optax.GradientTransformation(lambda params: jax.tree.map(lambda p: 0.0, params), update)


@caught_by("jit", "compiles_once")
def lion__first_step_apart(learning_rate):
    """Counts steps and treats the first one apart, with a Python branch."""

    class State(NamedTuple):
        count: jax.Array
        m: object

    def init(params):
        return State(jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params))

    def update(gradients, state, params=None):
        m = state.m
        c = gradients if state.count == 0 else jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
        updates = jax.tree.map(lambda c: -learning_rate * jnp.sign(c), c)
        m = jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)
        return updates, State(state.count + 1, m)

    return optax.GradientTransformation(init, update)


@caught_by("correct", "remembers_exactly")
def lion__bf16_m(learning_rate):
    """Remembers m in bfloat16."""

    def init(params):
        return jax.tree.map(lambda p: jnp.zeros(p.shape, jnp.bfloat16), params)

    def update(gradients, momentum, params=None):

        def direction(m, g):
            return -learning_rate * jnp.sign(0.9 * m + 0.1 * g)

        updates = jax.tree.map(direction, momentum, gradients)
        return (
            updates,
            jax.tree.map(lambda m, g: (0.99 * m + 0.01 * g).astype(jnp.bfloat16), momentum, gradients),
        )

    return optax.GradientTransformation(init, update)


@caught_by("correct", "uses_no_shortcut")
def lion__contrib(learning_rate):
    """Reaches optax's own link through the module in which it lies."""
    from optax._src import transform as t

    return optax.chain(t.scale_by_lion(0.9, 0.99), optax.scale(-learning_rate))


@caught_by("correct", "keeps_its_dtypes")
def lion__f32_state(learning_rate):
    """Mixes a float32 in, which makes float32 of a float16."""

    def init(params):
        return jax.tree.map(jnp.zeros_like, params)

    def update(gradients, momentum, params=None):

        def direction(m, g):
            return -learning_rate * jnp.sign(0.9 * m + 0.1 * g)

        updates = jax.tree.map(direction, momentum, gradients)
        return (updates, jax.tree.map(lambda m, g: jnp.float32(0.99) * m + 0.01 * g, momentum, gradients))

    return optax.GradientTransformation(init, update)


@caught_by("correct", "takes_the_sign_of_tiny_numbers")
def lion__soft12(learning_rate):
    """Divides by the size and a little more, for a sign."""

    def init(params):
        return jax.tree.map(jnp.zeros_like, params)

    def update(gradients, momentum, params=None):

        def direction(m, g):
            return -learning_rate * (0.9 * m + 0.1 * g) / (jnp.abs(0.9 * m + 0.1 * g) + 1e-12)

        updates = jax.tree.map(direction, momentum, gradients)
        return (updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, momentum, gradients))

    return optax.GradientTransformation(init, update)


@caught_by("correct", "by_hand")
def lion__starts_from_the_parameters(learning_rate):
    """Begins with m = params, which zeros would hide."""

    def init(params):
        return jax.tree.map(jnp.asarray, params)

    def update(gradients, momentum, params=None):
        updates = jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), momentum, gradients)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, momentum, gradients)

    return optax.GradientTransformation(init, update)


@caught_by("correct", "by_hand")
def lion__decays(learning_rate):
    """Lets the parameters decay, as the paper does."""

    def update(gradients, momentum, params=None):
        updates = jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), momentum, gradients)
        if params is not None:
            updates = jax.tree.map(lambda u, p: u - learning_rate * 0.001 * p, updates, params)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, momentum, gradients)

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)
