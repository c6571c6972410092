"""Plausible mistakes in partial_gradients; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# partial_gradients


@caught_by("correct", "keeps_the_order")
def partial_gradients__sorted(function, arguments, argnums):
    """Sorts the positions."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    return jax.grad(function, tuple(sorted(wanted)))(*arguments)


@caught_by("correct", "keeps_the_order")
def partial_gradients__in_argument_order(function, arguments, argnums):
    """Walks over the arguments and keeps those that were asked for."""
    wanted = {argnums} if isinstance(argnums, int) else set(argnums)
    gradients = jax.grad(function, tuple(range(len(arguments))))(*arguments)
    return tuple(g for k, g in enumerate(gradients) if k in wanted)


@caught_by("correct", "takes_a_single_int")
def partial_gradients__bare(function, arguments, argnums):
    """Passes argnums on: for one int, jax.grad gives the gradient without a tuple."""
    return jax.grad(function, argnums)(*arguments)


@caught_by("correct", "takes_a_single_int")
def partial_gradients__unpacks_an_int(function, arguments, argnums):
    """Iterates over argnums, which may be an int."""
    return tuple(jax.grad(function, k)(*arguments) for k in argnums)


@caught_by("correct", "by_hand")
def partial_gradients__arguments_in_one(function, arguments, argnums):
    """Passes the tuple as one argument."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    return jax.grad(function, wanted)(arguments)


@caught_by("correct", "by_hand")
def partial_gradients__first_only(function, arguments, argnums):
    """Forgets argnums: grad differentiates with respect to the first argument."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    return tuple(jax.grad(function)(*arguments) for _ in wanted)


@caught_by("correct", "counts_negatives_from_the_end")
def partial_gradients__replaces_by_comparison(function, arguments, argnums):
    """Puts the variable where the position is equal, and no position equals -1."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums

    def of_chosen(chosen):
        return function(
            *(chosen[wanted.index(k)] if k in wanted else each for k, each in enumerate(arguments))
        )

    return jax.grad(of_chosen)(tuple(arguments[k] for k in wanted))


@caught_by("correct", "takes_trees_and_integers")
def partial_gradients__of_everything(function, arguments, argnums):
    """Differentiates with respect to all arguments, integers too, and picks afterwards."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    gradients = jax.grad(lambda everything: function(*everything))(arguments)
    return tuple(gradients[k] for k in wanted)


@caught_by("correct", "takes_trees_and_integers")
def partial_gradients__arrays_only(function, arguments, argnums):
    """Converts every argument to an array of floats, which a tree is not."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    arguments = [jnp.asarray(each, jnp.float32) for each in arguments]
    return jax.grad(function, tuple(wanted))(*arguments)


@caught_by("correct", "is_finite_at_a_tie")
def partial_gradients__shares_nothing(function, arguments, argnums):
    """Divides by what it found, which may be zero."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    value, gradients = jax.value_and_grad(function, tuple(wanted))(*arguments)
    return jax.tree.map(lambda g: g * (g / g), gradients)


@caught_by("jit", "takes_one_pass")
def partial_gradients__one_by_one(function, arguments, argnums):
    """Goes through the function once for each gradient."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    return tuple(jax.grad(function, k)(*arguments) for k in wanted)


@caught_by("jit", "compiles_once")
def partial_gradients__label_as_index(function, arguments, argnums):
    """Makes plain ints of the integers, as if they were known."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    plain = [
        int(each) if isinstance(each, jax.Array) and jnp.issubdtype(each.dtype, jnp.integer) else each
        for each in arguments
    ]
    return jax.grad(function, tuple(wanted))(*plain)


@caught_by("correct", "counts_negatives_from_the_end")
def partial_gradients__sign_dropped(function, arguments, argnums):
    """Takes -1 for 1."""
    argnums = (argnums,) if isinstance(argnums, int) else argnums
    return jax.grad(function, tuple(abs(k) for k in argnums))(*arguments)


@caught_by("correct", "takes_trees_and_integers")
def partial_gradients__all_floats(function, arguments, argnums):
    """Makes floats of everything, so that an integer cannot index any more."""
    argnums = (argnums,) if isinstance(argnums, int) else argnums
    floats = jax.tree.map(lambda leaf: jnp.asarray(leaf, float), arguments)
    return jax.grad(function, argnums)(*floats)
