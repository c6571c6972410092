"""Other honest ways to write freeze; each must pass every check."""

import jax
import jax.numpy as jnp
import optax

# freeze


def freeze__two_masks(params, optimizer, is_frozen):
    """Chains two masked optimisers, one for each group."""

    def asks(path, leaf):
        return is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    frozen = jax.tree.map_with_path(asks, params)
    trained = jax.tree.map(lambda one: not one, frozen)
    return optax.chain(optax.masked(optimizer, trained), optax.masked(optax.set_to_zero(), frozen))


def freeze__labels_by_walking(params, optimizer, is_frozen):
    """Walks dicts and lists by itself and gives the labels as a function."""

    def labels(tree, prefix=()):
        if isinstance(tree, dict):
            return {key: labels(part, (*prefix, key)) for key, part in tree.items()}
        if isinstance(tree, list):
            return [labels(part, (*prefix, str(place))) for place, part in enumerate(tree)]
        return is_frozen("/".join(prefix))

    return optax.partition({True: optax.set_to_zero(), False: optimizer}, labels)


def freeze__selective(params, optimizer, is_frozen):
    """Takes optax's selective_transform, and joins keys of both kinds."""

    def asks(path, leaf):
        return is_frozen("/".join(str(getattr(key, "key", getattr(key, "idx", None))) for key in path))

    return optax.selective_transform(optimizer, freeze_mask=jax.tree.map_with_path(asks, params))


def freeze__trained_leaves_alone(params, optimizer, is_frozen):
    """Gives the optimiser a list of the trained leaves, and puts its updates back."""

    def name(path):
        return jax.tree_util.keystr(path, simple=True, separator="/")

    frozen = [is_frozen(name(path)) for path, _ in jax.tree_util.tree_leaves_with_path(params)]

    def trained(tree):
        return [leaf for leaf, is_out in zip(jax.tree.leaves(tree), frozen, strict=True) if not is_out]

    def init(params):
        return optimizer.init(trained(params))

    def update(gradients, state, params=None):
        leaves, structure = jax.tree.flatten(gradients)
        few, state = optimizer.update(trained(gradients), state, None if params is None else trained(params))
        rest = iter(few)
        updates = [
            jnp.zeros_like(leaf) if is_out else next(rest)
            for leaf, is_out in zip(leaves, frozen, strict=True)
        ]
        return jax.tree.unflatten(structure, updates), state

    return optax.GradientTransformation(init, update)


def freeze__dict_of_names(params, optimizer, is_frozen):
    """Trains a dict from names to leaves."""

    def named(tree):
        pairs = jax.tree_util.tree_flatten_with_path(tree)[0]
        return {
            "/".join(str(getattr(k, "key", getattr(k, "idx", k))) for k in path): leaf for path, leaf in pairs
        }

    trained = [name for name in named(params) if not is_frozen(name)]

    def some(tree):
        every = named(tree)
        return {name: every[name] for name in trained}

    def update(gradients, state, params=None):
        few, state = optimizer.update(some(gradients), state, None if params is None else some(params))
        every = named(gradients)
        leaves = [few[name] if name in few else jnp.zeros_like(leaf) for name, leaf in every.items()]
        return (jax.tree.unflatten(jax.tree.structure(gradients), leaves), state)

    return optax.GradientTransformation(lambda params: optimizer.init(some(params)), update)


def freeze__labels_of_bools(params, optimizer, is_frozen):
    """partition by True and False, its labels made by a map over names."""
    paths = jax.tree_util.tree_map_with_path(
        lambda path, _: jax.tree_util.keystr(path, simple=True, separator="/"), params
    )
    groups = {True: optax.set_to_zero(), False: optimizer}
    return optax.partition(groups, jax.tree.map(lambda name: bool(is_frozen(name)), paths))
