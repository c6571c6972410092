"""Other honest ways to write partial_gradients; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp

# partial_gradients


def partial_gradients__pulls_back(function, arguments, argnums):
    """Closes over the arguments that are held still, and pulls 1 back to the others."""
    wanted = [argnums] if isinstance(argnums, int) else list(argnums)
    wanted = [k % len(arguments) for k in wanted]

    def of_chosen(*chosen):
        everything = list(arguments)
        for k, value in zip(wanted, chosen, strict=True):
            everything[k] = value
        return function(*everything)

    value, pull_back = jax.vjp(of_chosen, *(arguments[k] for k in wanted))
    return pull_back(jnp.ones_like(value))


@partial(jax.jit, static_argnames=("function", "argnums"))
def partial_gradients__compiled(function, arguments, argnums):
    """Takes value and gradient and drops the value; compiled by the learner."""
    wanted = argnums if isinstance(argnums, tuple) else (argnums,)
    return jax.value_and_grad(function, argnums=wanted)(*arguments)[1]


def partial_gradients__wraps_afterwards(function, arguments, argnums):
    """Wraps the single gradient when it is there."""
    gradients = jax.grad(function, argnums)(*arguments)
    return (gradients,) if isinstance(argnums, int) else gradients


def partial_gradients__reverse_jacobian(function, arguments, argnums):
    """The Jacobian of a single number is its gradient."""
    return jax.jacrev(function, argnums=argnums if isinstance(argnums, tuple) else (argnums,))(*arguments)


def partial_gradients__linearized(function, arguments, argnums):
    """Linearizes by the chosen arguments and transposes."""
    wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    wanted = tuple(k + len(arguments) if k < 0 else k for k in wanted)

    def of_chosen(chosen):
        return function(*(chosen[wanted.index(k)] if k in wanted else a for k, a in enumerate(arguments)))

    chosen = tuple(arguments[k] for k in wanted)
    value, push = jax.linearize(of_chosen, chosen)
    return jax.linear_transpose(push, chosen)(jnp.ones_like(value))[0]


def partial_gradients__a_dict_of_arguments(function, arguments, argnums):
    """Gathers the chosen arguments in a dict, and differentiates by that."""
    wanted = [argnums] if isinstance(argnums, int) else list(argnums)
    places = {f"argument {k % len(arguments)}": k % len(arguments) for k in wanted}

    def of_chosen(chosen):
        filled = list(arguments)
        for name, place in places.items():
            filled[place] = chosen[name]
        return function(*filled)

    gradients = jax.grad(of_chosen)({name: arguments[place] for name, place in places.items()})
    return tuple(gradients[name] for name in places)
