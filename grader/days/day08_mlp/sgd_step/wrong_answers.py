"""Plausible mistakes in sgd_step; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by

# sgd_step


@caught_by("correct", "takes_gradients_as_they_are")
def sgd_step__mean_over_examples(params, x, y, learning_rate, loss):
    """Averages the loss over batches of one example: wrong for a loss that is no mean."""

    def averaged(p):
        one = lambda xi, yi: loss(p, xi[None], yi[None])
        return jnp.mean(jax.vmap(one)(x, y))

    value, g = jax.value_and_grad(averaged)(params)
    return jax.tree.map(lambda p, d: (p - learning_rate * d).astype(jnp.asarray(p).dtype), params, g), value


@caught_by("correct", "by_hand")
def sgd_step__uphill(params, x, y, learning_rate, loss):
    """Adds the gradient."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: (p + learning_rate * g).astype(p.dtype), params, gradients), value


@caught_by("correct", "by_hand")
def sgd_step__loss_afterwards(params, x, y, learning_rate, loss):
    """Tells the loss after the step."""
    gradients = jax.grad(loss)(params, x, y)
    params = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
    return params, loss(params, x, y)


@caught_by("correct", "by_hand")
def sgd_step__loss_first(params, x, y, learning_rate, loss):
    """Returns the two the other way round."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return value, jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)


@caught_by("correct", "by_hand")
def sgd_step__writes_into_params(params, x, y, learning_rate, loss):
    """Changes the caller's dict."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    for name in params:
        params[name] = params[name] - learning_rate * gradients[name]
    return params, value


@caught_by("correct", "by_hand")
def sgd_step__unit_gradient(params, x, y, learning_rate, loss):
    """Takes only the direction of the gradient."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    length = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradients)))
    return jax.tree.map(
        lambda p, g: (p - learning_rate * g / length).astype(p.dtype), params, gradients
    ), value


@caught_by("correct", "takes_any_tree")
def sgd_step__a_list_of_dicts(params, x, y, learning_rate, loss):
    """Walks through dicts and lists of dicts, and nothing else."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)

    def descend(layer, gradient):
        return {name: layer[name] - learning_rate * gradient[name] for name in layer}

    if isinstance(params, dict):
        return descend(params, gradients), value
    return [descend(p, g) for p, g in zip(params, gradients, strict=True)], value


@caught_by("correct", "takes_any_tree")
def sgd_step__forgets_the_structure(params, x, y, learning_rate, loss):
    """Rebuilds a dict as it came, and anything else as a list of leaves."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    pairs = zip(jax.tree.leaves(params), jax.tree.leaves(gradients), strict=True)
    leaves = [p - learning_rate * g for p, g in pairs]
    return (dict(zip(sorted(params), leaves, strict=True)) if isinstance(params, dict) else leaves), value


@caught_by("correct", "keeps_the_dtypes")
def sgd_step__promotes(params, x, y, learning_rate, loss):
    """Lets the float32 learning rate make float32 of everything."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value


@caught_by("correct", "agrees_with_backpropagation")
def sgd_step__a_batch_of_four(params, x, y, learning_rate, loss):
    """Takes the first four examples for a batch."""
    value, gradients = jax.value_and_grad(loss)(params, x[:4], y[:4])
    return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value


@caught_by("correct", "uses_no_shortcut")
def sgd_step__by_optax(params, x, y, learning_rate, loss):
    """Asks optax."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    updates = jax.tree.map(lambda g: -learning_rate * g, gradients)
    return optax.apply_updates(params, updates), value


@caught_by("correct", "takes_gradients_as_they_are")
def sgd_step__stops_at_nan(params, x, y, learning_rate, loss):
    """Keeps the old parameters when the loss is not finite, by a Python branch."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    if not jnp.isfinite(value):
        return params, value
    return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value


@caught_by("jit", "compiles_once")
def sgd_step__float_of_the_loss(params, x, y, learning_rate, loss):
    """Pulls the loss out of the program."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    params = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
    return params, jnp.asarray(float(value))


@caught_by("speed", "beats_the_eager_step")
def sgd_step__forward_mode(params, x, y, learning_rate, loss):
    """Takes a derivative forwards for each single parameter."""
    gradients = jax.jacfwd(loss)(params, x, y)
    params_after = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
    return params_after, loss(params, x, y)


@caught_by("correct", "takes_gradients_as_they_are")
def sgd_step__example_by_example(params, x, y, learning_rate, loss):
    """Averages the gradients of single examples in a Python loop."""
    n = len(x)
    total, gradients = jnp.float32(0), jax.tree.map(jnp.zeros_like, params)
    for i in range(n):
        value, gradient = jax.value_and_grad(loss)(params, x[i : i + 1], y[i : i + 1])
        total = total + value / n
        gradients = jax.tree.map(lambda g, one: g + one / n, gradients, gradient)
    return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), total


@caught_by("correct", "takes_gradients_as_they_are")
def sgd_step__replaces_nan(params, x, y, learning_rate, loss):
    """Takes NaN in a gradient for 0."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    after = jax.tree.map(
        lambda p, g: (p - learning_rate * jnp.nan_to_num(g)).astype(p.dtype), params, gradients
    )
    return after, value


@caught_by("correct", "takes_gradients_as_they_are")
def sgd_step__clips(params, x, y, learning_rate, loss):
    """Clips the numbers of a gradient at 1000."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    after = jax.tree.map(
        lambda p, g: (p - learning_rate * jnp.clip(g, -1e3, 1e3)).astype(p.dtype), params, gradients
    )
    return after, value


@caught_by("deeper", "leaves_numbers_as_they_are")
def sgd_step__clipped_data(params, x, y, learning_rate, loss):
    """Clips the inputs, so that no outlier counts for much."""
    value, gradients = jax.value_and_grad(loss)(params, jnp.clip(x, -50, 50), y)
    after = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
    return after, value
