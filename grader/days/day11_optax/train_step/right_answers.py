"""Other honest ways to write train_step; each must pass every check."""

import jax
import jax.numpy as jnp
import optax

# train_step


def train_step__grad_and_loss_apart(params, opt_state, batch, loss, optimizer):
    """Computes loss and gradient one after the other; the compiler joins what is the same."""
    gradients = jax.grad(loss)(params, batch)
    updates, after = optimizer.update(gradients, opt_state, params)
    return jax.tree.map(jnp.add, params, updates), after, loss(params, batch)


def train_step__closure(params, opt_state, batch, loss, optimizer):
    """Closes over the batch, and names the parameters."""

    def of_params(candidate):
        return loss(candidate, batch)

    value, gradients = jax.value_and_grad(of_params)(params)
    updates, opt_state = optimizer.update(updates=gradients, state=opt_state, params=params)
    return optax.apply_updates(params, updates), opt_state, value


def train_step__vjp(params, opt_state, batch, loss, optimizer):
    """Pulls a one back through the loss."""
    value, pull = jax.vjp(lambda p: loss(p, batch), params)
    (gradients,) = pull(jnp.ones_like(value))
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@jax.jit(static_argnames=("loss", "optimizer"))
def train_step__compiled(params, opt_state, batch, loss, optimizer):
    """Compiled by the learner."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


def train_step__has_aux(params, opt_state, batch, loss, optimizer):
    """Gets the loss as what comes along with the gradient, and adds leaf by leaf."""

    def twice(params):
        value = loss(params, batch)
        return (value, value)

    gradients, value = jax.grad(twice, has_aux=True)(params)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return (jax.tree.map(jnp.add, params, updates), opt_state, value)


def train_step__pull_back(params, opt_state, batch, loss, optimizer):
    # forward
    """Forward, backward and optimiser step, one after the other, as in a torch loop."""
    value, backward = jax.vjp(lambda current: loss(current, batch), params)
    # backward
    (gradients,) = backward(jnp.ones_like(value))
    # optimiser step
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    params = optax.apply_updates(params, updates)
    return params, opt_state, value
