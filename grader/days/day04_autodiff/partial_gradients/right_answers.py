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
