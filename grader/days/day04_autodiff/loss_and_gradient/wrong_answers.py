"""Plausible mistakes in loss_and_gradient; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# loss_and_gradient


@caught_by("deeper", "multiplies_no_more_than_it_must")
def loss_and_gradient__forward_mode(params, batch):
    """Forward mode: multiplies x with a d x d identity (d products forwards) and never goes backwards; numbers are right."""
    x, y = batch

    def cost(p):
        predictions = x @ p["weights"] + p["bias"]
        loss = jnp.mean((predictions - y) ** 2)
        return loss, (loss, predictions)

    gradients, both = jax.jacfwd(cost, has_aux=True)(params)
    return both, gradients


@caught_by("deeper", "predicts_far_from_the_targets")
def loss_and_gradient__error_plus_target(params, batch):
    """Rebuilds predictions as error + y: with targets near 1e8 and predictions near 1 they lose their digits."""
    x, y = batch

    def cost(p):
        error = x @ p["weights"] + p["bias"] - y
        return jnp.mean(error**2), error

    (loss, error), gradients = jax.value_and_grad(cost, has_aux=True)(params)
    return (loss, error + y), gradients


@caught_by("correct", "by_hand")
def loss_and_gradient__without_has_aux(params, batch):
    """Returns the predictions beside the loss and does not tell JAX."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions

    return jax.value_and_grad(loss)(params)


@caught_by("correct", "by_hand")
def loss_and_gradient__gradient_first(params, batch):
    """Takes grad with has_aux, which gives the gradient first, and never the loss."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions

    return jax.grad(loss, has_aux=True)(params)


@caught_by("correct", "by_hand")
def loss_and_gradient__flat(params, batch):
    """Returns three things in a row instead of a pair in a pair."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions

    (value, predictions), gradients = jax.value_and_grad(loss, has_aux=True)(params)
    return value, predictions, gradients


@caught_by("correct", "by_hand")
def loss_and_gradient__sum(params, batch):
    """Sums over the batch instead of taking the mean."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return jnp.sum((predictions - y) ** 2), predictions

    return jax.value_and_grad(loss, has_aux=True)(params)


@caught_by("correct", "by_hand")
def loss_and_gradient__half(params, batch):
    """Halves the loss, as textbooks do for a prettier gradient."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return 0.5 * jnp.mean((predictions - y) ** 2), predictions

    return jax.value_and_grad(loss, has_aux=True)(params)


@caught_by("correct", "by_hand")
def loss_and_gradient__weights_only(params, batch):
    """Differentiates with respect to the weights alone."""
    x, y = batch

    def loss(weights):
        predictions = x @ weights + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions

    result, gradient = jax.value_and_grad(loss, has_aux=True)(params["weights"])
    return result, {"weights": gradient}


@caught_by("correct", "by_hand")
def loss_and_gradient__residuals(params, batch):
    """Hands back the errors instead of the predictions."""
    x, y = batch

    def loss(params):
        errors = x @ params["weights"] + params["bias"] - y
        return jnp.mean(errors**2), errors

    return jax.value_and_grad(loss, has_aux=True)(params)


@caught_by("correct", "by_hand")
def loss_and_gradient__outer_difference(params, batch):
    """Makes columns of the predictions, and subtracts a row from them."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"][:, None] + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions[:, 0]

    return jax.value_and_grad(loss, has_aux=True)(params)


@caught_by("jit", "takes_one_pass")
def loss_and_gradient__predicts_again(params, batch):
    """Predicts once more beside the gradient."""
    x, y = batch

    def loss(params):
        return jnp.mean((x @ params["weights"] + params["bias"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    return (value, x @ params["weights"] + params["bias"]), gradients


@caught_by("jit", "takes_one_pass")
def loss_and_gradient__three_calls(params, batch):
    """Asks for loss, predictions and gradient one after the other."""
    x, y = batch

    def predict(params):
        return x @ params["weights"] + params["bias"]

    def loss(params):
        return jnp.mean((predict(params) - y) ** 2)

    return (loss(params), predict(params)), jax.grad(loss)(params)


@caught_by("jit", "compiles_once")
def loss_and_gradient__keeps_the_predictions(params, batch):
    """Stores the predictions on the way; under jit that leaks a tracer."""
    x, y = batch
    global kept_predictions

    def loss(params):
        global kept_predictions
        kept_predictions = x @ params["weights"] + params["bias"]
        return jnp.mean((kept_predictions - y) ** 2), kept_predictions

    return jax.value_and_grad(loss, has_aux=True)(params)


@caught_by("jit", "compiles_once")
def loss_and_gradient__stops_when_done(params, batch):
    """Branches on the loss."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions

    result = loss(params)
    if result[0] == 0:
        return result, jax.tree.map(jnp.zeros_like, params)
    return jax.value_and_grad(loss, has_aux=True)(params)


@caught_by("correct", "keeps_its_digits")
def loss_and_gradient__expanded_square(params, batch):
    """Squares first and subtracts afterwards, where little is left of the difference."""
    x, y = batch

    def loss(params):
        p = x @ params["weights"] + params["bias"]
        return jnp.mean(p**2) - 2 * jnp.mean(p * y) + jnp.mean(y**2), p

    return jax.value_and_grad(loss, has_aux=True)(params)
