"""Other honest ways to write loss_and_gradient; each must pass every check."""

import jax
import jax.numpy as jnp

# loss_and_gradient


def loss_and_gradient__closed_form(params, batch):
    """Works the gradient out by hand."""
    x, y = batch
    predictions = x @ params["weights"] + params["bias"]
    errors = predictions - y
    gradients = {"weights": 2 / len(y) * (x.T @ errors), "bias": 2 * jnp.mean(errors)}
    return (jnp.mean(errors**2), predictions), gradients


def loss_and_gradient__pulls_back(params, batch):
    """Pulls the gradient by the predictions back to the parameters."""
    x, y = batch
    predictions, pull_back = jax.vjp(lambda p: x @ p["weights"] + p["bias"], params)
    loss, by_predictions = jax.value_and_grad(lambda p: jnp.mean(jnp.square(p - y)))(predictions)
    (gradients,) = pull_back(by_predictions)
    return (loss, predictions), gradients


@jax.jit
def loss_and_gradient__one_example_at_a_time(params, batch):
    """Lifts the model of one example; compiled by the learner."""

    def loss(params, x, y):
        predictions = jax.vmap(lambda row: jnp.dot(params["weights"], row) + params["bias"])(x)
        return jnp.sum((predictions - y) ** 2) / len(y), predictions

    (value, predictions), gradients = jax.value_and_grad(loss, has_aux=True)(params, *batch)
    return (value, predictions), gradients


def loss_and_gradient__per_example_gradients(params, batch):
    """Takes each example's loss, prediction and gradient, and averages."""

    def loss(params, x, y):
        prediction = jnp.sum(x * params["weights"]) + params["bias"]
        return (prediction - y) ** 2, prediction

    each = jax.vmap(jax.value_and_grad(loss, has_aux=True), in_axes=(None, 0, 0))
    (losses, predictions), gradients = each(params, *batch)
    return (losses.mean(), predictions), jax.tree.map(lambda g: g.mean(axis=0), gradients)


def loss_and_gradient__reverse_jacobian(params, batch):
    """Differentiates with jacrev, which takes an auxiliary result, too."""
    x, y = batch

    def loss(w, b):
        predictions = jnp.dot(x, w) + b
        value = jnp.mean(jnp.square(y - predictions))
        return value, (value, predictions)

    by_each, (value, predictions) = jax.jacrev(loss, argnums=(0, 1), has_aux=True)(
        params["weights"], params["bias"]
    )
    return (value, predictions), dict(zip(("weights", "bias"), by_each, strict=True))


def loss_and_gradient__linearized(params, batch):
    """Linearizes the model and transposes it."""
    x, y = batch
    predictions, push = jax.linearize(lambda p: x @ p["weights"] + p["bias"], params)
    errors = predictions - y
    (gradients,) = jax.linear_transpose(push, params)(2 * errors / errors.size)
    return (jnp.sum(errors * errors) / errors.size, predictions), gradients
