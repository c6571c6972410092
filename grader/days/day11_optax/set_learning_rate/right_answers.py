"""Other honest ways to write set_learning_rate; each must pass every check."""

import jax
import jax.numpy as jnp
import optax
from jax import lax

# set_learning_rate


def set_learning_rate__tree_set(opt_state, value):
    """Lets optax find the place."""
    dtype = opt_state.hyperparams["learning_rate"].dtype
    return optax.tree_utils.tree_set(opt_state, learning_rate=jnp.asarray(value, dtype))


def set_learning_rate__copied_dict(opt_state, value):
    """Copies the dict and writes into the copy."""
    hyperparams = dict(opt_state.hyperparams)
    hyperparams["learning_rate"] = jnp.full_like(hyperparams["learning_rate"], value)
    return opt_state._replace(hyperparams=hyperparams)


def set_learning_rate__copied_state(opt_state, value):
    """Copies the whole tree, dict and all, and writes into the copy."""
    copy = jax.tree.map(lambda leaf: leaf, opt_state)
    old = copy.hyperparams["learning_rate"]
    copy.hyperparams["learning_rate"] = jnp.asarray(value).astype(old.dtype) + jnp.zeros_like(old)
    return copy


def set_learning_rate__by_path(opt_state, value):
    """Goes over all leaves with their paths."""

    def replace(path, leaf):
        if jax.tree_util.keystr(path, simple=True, separator="/") == "hyperparams/learning_rate":
            return jnp.asarray(value, leaf.dtype)
        return leaf

    return jax.tree.map_with_path(replace, opt_state)


def set_learning_rate__type_of_the_state(opt_state, value):
    """Makes a new tuple of the old one's class."""
    fields = opt_state._asdict()
    old = fields["hyperparams"]["learning_rate"]
    fields["hyperparams"] = fields["hyperparams"] | {
        "learning_rate": lax.convert_element_type(value, old.dtype)
    }
    return type(opt_state)(**fields)


def set_learning_rate__comprehension(opt_state, value):
    """Builds the dict anew, name by name."""
    new = {
        name: jnp.array(value, dtype=old.dtype) if name == "learning_rate" else old
        for name, old in opt_state.hyperparams.items()
    }
    return opt_state._replace(hyperparams=new)
