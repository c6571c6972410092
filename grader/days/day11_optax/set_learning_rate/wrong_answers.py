"""Plausible mistakes in set_learning_rate; each must be caught by the check named above it."""

import jax
import jax.flatten_util
import jax.numpy as jnp
from grader.kata.answers import caught_by

# set_learning_rate


@caught_by("correct", "by_hand")
def set_learning_rate__in_place(opt_state, value):
    """Writes into the given state's dict."""
    opt_state.hyperparams["learning_rate"] = jnp.asarray(value, jnp.float32)
    return opt_state


@caught_by("correct", "by_hand")
def set_learning_rate__python_number(opt_state, value):
    """Puts the Python number in."""
    return opt_state._replace(hyperparams={**opt_state.hyperparams, "learning_rate": value})


@caught_by("correct", "by_hand")
def set_learning_rate__only_the_dict(opt_state, value):
    """Returns the hyperparameters, not the state."""
    dtype = opt_state.hyperparams["learning_rate"].dtype
    return {**opt_state.hyperparams, "learning_rate": jnp.asarray(value, dtype)}


@caught_by("correct", "by_hand")
def set_learning_rate__result_dropped(opt_state, value):
    """Forgets that _replace returns a new tuple."""
    dtype = opt_state.hyperparams["learning_rate"].dtype
    opt_state._replace(hyperparams={**opt_state.hyperparams, "learning_rate": jnp.asarray(value, dtype)})
    return opt_state


@caught_by("correct", "keeps_the_rest")
def set_learning_rate__others_dropped(opt_state, value):
    """Makes a dict with nothing but the learning rate."""
    return opt_state._replace(hyperparams={"learning_rate": jnp.asarray(value, jnp.float32)})


@caught_by("correct", "keeps_the_rest")
def set_learning_rate__all_of_them(opt_state, value):
    """Sets every hyperparameter to the value."""
    return opt_state._replace(
        hyperparams=jax.tree.map(lambda old: jnp.asarray(value, old.dtype), opt_state.hyperparams)
    )


@caught_by("correct", "keeps_the_rest")
def set_learning_rate__begins_anew(opt_state, value):
    """Makes the state of a new optimiser: momentum and count begin again."""
    zeros = jax.tree.map(jnp.zeros_like, opt_state)
    old = opt_state.hyperparams
    return zeros._replace(
        hyperparams={**old, "learning_rate": jnp.asarray(value, old["learning_rate"].dtype)}
    )


@caught_by("correct", "keeps_the_dtype")
def set_learning_rate__integer(opt_state, value):
    """Makes an array without a dtype: an int gives an integer."""
    return opt_state._replace(hyperparams={**opt_state.hyperparams, "learning_rate": jnp.array(value)})


@caught_by("correct", "keeps_the_dtype")
def set_learning_rate__always_float32(opt_state, value):
    """Makes it float32, whatever it was."""
    return opt_state._replace(hyperparams={**opt_state.hyperparams, "learning_rate": jnp.float32(value)})


@caught_by("correct", "keeps_the_dtype")
def set_learning_rate__added_to_nothing(opt_state, value):
    """Keeps the type by arithmetic, in which the wider of two arrays wins."""
    old = opt_state.hyperparams
    rate = 0 * old["learning_rate"] + value
    return opt_state._replace(hyperparams={**old, "learning_rate": rate})


@caught_by("correct", "keeps_the_dtype")
def set_learning_rate__times_one(opt_state, value):
    """The same by a product."""
    old = opt_state.hyperparams
    rate = value * jnp.ones_like(old["learning_rate"])
    return opt_state._replace(hyperparams={**old, "learning_rate": rate})


@caught_by("jit", "compiles_once")
def set_learning_rate__float(opt_state, value):
    """Asks for a Python float on the way."""
    old = opt_state.hyperparams
    rate = jnp.full((), float(value), old["learning_rate"].dtype)
    return opt_state._replace(hyperparams={**old, "learning_rate": rate})


@caught_by("jit", "needs_no_new_trace")
def set_learning_rate__still_a_python_number(opt_state, value):
    """Converts the dtype, and keeps what marks an array as made of a Python number."""
    old = opt_state.hyperparams
    rate = jnp.asarray(value * 1.0)
    if rate.dtype != old["learning_rate"].dtype:
        rate = rate.astype(old["learning_rate"].dtype)
    return opt_state._replace(hyperparams={**old, "learning_rate": rate})


@caught_by("correct", "forgets_the_old_one")
def set_learning_rate__add(opt_state, value):
    """Adds what is missing to the old learning rate."""
    old = opt_state.hyperparams
    rate = jnp.asarray(old["learning_rate"] + (value - old["learning_rate"]), old["learning_rate"].dtype)
    return opt_state._replace(hyperparams={**old, "learning_rate": rate})


@caught_by("correct", "keeps_the_rest")
def set_learning_rate__inner_state_adam(opt_state, value):
    """Sets whatever is called a rate."""
    old = opt_state.hyperparams
    rate = jnp.asarray(value, old["learning_rate"].dtype)
    return opt_state._replace(
        hyperparams={k: rate if v.shape == () and k.endswith("rate") else v for k, v in old.items()}
    )


@caught_by("correct", "forgets_the_old_one")
def set_learning_rate__times_zero(opt_state, value):
    """Multiplies the old learning rate by 0 and adds the new one."""
    old = opt_state.hyperparams
    rate = (old["learning_rate"] * 0 + value).astype(old["learning_rate"].dtype)
    return opt_state._replace(hyperparams={**old, "learning_rate": rate})
