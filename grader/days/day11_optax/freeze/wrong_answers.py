"""Plausible mistakes in freeze; each must be caught by the check named above it."""

import jax
import jax.flatten_util
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by

# freeze


@caught_by("correct", "by_hand")
def freeze__masked_alone(params, optimizer, is_frozen):
    """Masks the optimiser, which lets the gradients of the others through as updates."""

    def is_trained(path, leaf):
        return not is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    return optax.masked(optimizer, jax.tree.map_with_path(is_trained, params))


@caught_by("correct", "by_hand")
def freeze__the_other_way_round(params, optimizer, is_frozen):
    """Freezes what should be trained."""

    def label(path, leaf):
        return is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    labels = jax.tree.map_with_path(label, params)
    return optax.partition({True: optimizer, False: optax.set_to_zero()}, labels)


@caught_by("correct", "by_hand")
def freeze__bare_path(params, optimizer, is_frozen):
    """Hands the path over as it is, a tuple of keys."""
    labels = jax.tree.map_with_path(lambda path, leaf: "frozen" if is_frozen(path) else "trained", params)
    return optax.partition({"trained": optimizer, "frozen": optax.set_to_zero()}, labels)


@caught_by("correct", "by_hand")
def freeze__keystr_as_it_is(params, optimizer, is_frozen):
    """Writes the name as ['encoder']['w']."""

    def label(path, leaf):
        return "frozen" if is_frozen(jax.tree_util.keystr(path)) else "trained"

    labels = jax.tree.map_with_path(label, params)
    return optax.partition({"trained": optimizer, "frozen": optax.set_to_zero()}, labels)


@caught_by("correct", "names_places_in_lists")
def freeze__names_of_dicts_alone(params, optimizer, is_frozen):
    """Knows the keys of dicts, and no others."""

    def label(path, leaf):
        return "frozen" if is_frozen("/".join(entry.key for entry in path)) else "trained"

    labels = jax.tree.map_with_path(label, params)
    return optax.partition({"trained": optimizer, "frozen": optax.set_to_zero()}, labels)


@caught_by("correct", "by_hand")
def freeze__labels_first(params, optimizer, is_frozen):
    """Gives partition its arguments the other way round."""

    def label(path, leaf):
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        return "frozen" if is_frozen(name) else "trained"

    labels = jax.tree.map_with_path(label, params)
    return optax.partition(labels, {"trained": optimizer, "frozen": optax.set_to_zero()})


@caught_by("correct", "asks_by_the_whole_name")
def freeze__whole_modules(params, optimizer, is_frozen):
    """Asks once for each module, not for each leaf."""
    labels = {name: "frozen" if is_frozen(f"{name}/") else "trained" for name in params}
    return optax.partition({"trained": optimizer, "frozen": optax.set_to_zero()}, labels)


@caught_by("correct", "holds_against_decay")
def freeze__zero_gradients(params, optimizer, is_frozen):
    """Sets gradients to zero, before the optimiser adds its decay."""

    def asks(path, leaf):
        return is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    mask = jax.tree.map_with_path(asks, params)
    return optax.chain(optax.masked(optax.set_to_zero(), mask), optimizer)


@caught_by("correct", "holds_against_nan")
def freeze__rate_zero(params, optimizer, is_frozen):
    """Trains the frozen leaves with a learning rate of 0."""

    def label(path, leaf):
        return "frozen" if is_frozen(jax.tree_util.keystr(path, simple=True, separator="/")) else "trained"

    labels = jax.tree.map_with_path(label, params)
    return optax.partition({"trained": optimizer, "frozen": optax.sgd(0.0)}, labels)


@caught_by("correct", "leaves_frozen_gradients_out_of_the_norm")
def freeze__afterwards(params, optimizer, is_frozen):
    """Lets the optimiser see everything, and sets updates to zero afterwards."""

    def asks(path, leaf):
        return is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    mask = jax.tree.map_with_path(asks, params)
    return optax.chain(optimizer, optax.masked(optax.set_to_zero(), mask))


@caught_by("correct", "remembers_nothing_of_frozen_leaves")
def freeze__zeros_in_and_out(params, optimizer, is_frozen):
    """Sets gradients and updates to zero, and keeps moments of zeros."""

    def asks(path, leaf):
        return is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    mask = jax.tree.map_with_path(asks, params)
    zero = optax.masked(optax.set_to_zero(), mask)
    return optax.chain(zero, optimizer, zero)


@caught_by("jit", "compiles_once")
def freeze__names_in_the_state(params, optimizer, is_frozen):
    """Keeps the names of the trained leaves in the state."""

    def name(path):
        return jax.tree_util.keystr(path, simple=True, separator="/")

    def pick(tree, names):
        return {
            name(path): leaf
            for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
            if name(path) in names
        }

    def init(params):
        names = [name(path) for path, _ in jax.tree_util.tree_leaves_with_path(params)]
        trained = [one for one in names if not is_frozen(one)]
        return trained, optimizer.init(pick(params, trained))

    def update(gradients, state, params=None):
        trained, inner = state
        small, inner = optimizer.update(pick(gradients, trained), inner, pick(params, trained))
        updates = jax.tree.map_with_path(lambda p, g: small.get(name(p), jnp.zeros_like(g)), gradients)
        return updates, (trained, inner)

    return optax.GradientTransformation(init, update)
