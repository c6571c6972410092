"""Plausible mistakes in forward; each must be caught by the check named above it."""

import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

# forward


@caught_by("deeper", "lets_nan_through_behind_a_unit_that_is_off")
def forward__dead_units_skipped(params, x, activation):
    """Units that are 0 are left out of the sum: shows with a NaN in the weights behind a dead unit, and in the."""
    h = x
    for layer in params[:-1]:
        h = activation(_send(h, layer))
    return _send(h, params[-1])


def _send(h, layer):
    share = jnp.where(h[:, None] == 0, 0.0, h[:, None] * layer["w"])
    return share.sum(axis=0) + layer["b"]


@caught_by("correct", "by_hand")
def forward__activates_the_last_layer(params, x, activation):
    """Treats all layers alike."""
    for layer in params:
        x = activation(x @ layer["w"] + layer["b"])
    return x


@caught_by("correct", "by_hand")
def forward__bias_after_the_activation(params, x, activation):
    """Adds the bias when the activation is done."""
    for layer in params[:-1]:
        x = activation(x @ layer["w"]) + layer["b"]
    return x @ params[-1]["w"] + params[-1]["b"]


@caught_by("correct", "by_hand")
def forward__no_activation(params, x, activation):
    """Forgets the activation, so that all layers are one linear map."""
    for layer in params:
        x = x @ layer["w"] + layer["b"]
    return x


@caught_by("correct", "by_hand")
def forward__weights_from_the_left(params, x, activation):
    """Multiplies as textbooks with column vectors do."""
    for layer in params[:-1]:
        x = activation(layer["w"] @ x + layer["b"])
    return params[-1]["w"] @ x + params[-1]["b"]


@caught_by("correct", "by_hand")
def forward__pops_the_last_layer(params, x, activation):
    """Takes the last layer off the caller's list."""
    last = params.pop()
    for layer in params:
        x = activation(x @ layer["w"] + layer["b"])
    return x @ last["w"] + last["b"]


@caught_by("correct", "takes_a_single_layer")
def forward__activates_the_first_layer_always(params, x, activation):
    """Handles the first layer apart, as if there were always a second."""
    x = activation(x @ params[0]["w"] + params[0]["b"])
    for layer in params[1:-1]:
        x = activation(x @ layer["w"] + layer["b"])
    return x @ params[-1]["w"] + params[-1]["b"] if len(params) > 1 else x


@caught_by("correct", "agrees_with_numpy")
def forward__always_relu(params, x, activation):
    """Has relu built in and ignores the activation that is given."""
    for layer in params[:-1]:
        x = jnp.maximum(x @ layer["w"] + layer["b"], 0)
    return x @ params[-1]["w"] + params[-1]["b"]


@caught_by("correct", "agrees_with_numpy")
def forward__two_layers_only(params, x, activation):
    """Knows networks with one hidden layer at most."""
    if len(params) > 1:
        x = activation(x @ params[0]["w"] + params[0]["b"])
    return x[: len(params[-1]["w"])] @ params[-1]["w"] + params[-1]["b"]


@caught_by("correct", "agrees_with_numpy")
def forward__turns_square_weights_round(params, x, activation):
    """Turns w whenever its second side fits, which for a square w is always."""

    def through(layer, x):
        w = layer["w"].T if layer["w"].shape[1] == len(x) and layer["w"].shape[0] > 2 else layer["w"]
        return x @ w + layer["b"]

    for layer in params[:-1]:
        x = activation(through(layer, x))
    return through(params[-1], x)


@caught_by("correct", "by_hand")
def forward__keeps_a_batch_axis(params, x, activation):
    """Makes a batch of one, and forgets to take it off again."""
    x = x[None]
    for layer in params[:-1]:
        x = activation(x @ layer["w"] + layer["b"])
    return x @ params[-1]["w"] + params[-1]["b"]


@caught_by("jit", "compiles_once")
def forward__asserts_finite_inputs(params, x, activation):
    """Looks at the values before it begins."""
    assert jnp.all(jnp.isfinite(x))
    for layer in params[:-1]:
        x = activation(x @ layer["w"] + layer["b"])
    return x @ params[-1]["w"] + params[-1]["b"]


@caught_by("jit", "compiles_once")
def forward__sums_in_numpy(params, x, activation):
    """Multiplies in NumPy."""
    for layer in params[:-1]:
        x = activation(jnp.asarray(np.dot(x, layer["w"])) + layer["b"])
    return jnp.asarray(np.dot(x, params[-1]["w"])) + params[-1]["b"]


@caught_by("correct", "takes_a_layer_twice")
def forward__knows_the_last_layer_by_identity(params, x, activation):
    """Asks of each layer whether it is the same object as the last."""
    for layer in params:
        x = x @ layer["w"] + layer["b"]
        if layer is not params[-1]:
            x = activation(x)
    return x


@caught_by("correct", "gives_the_activation_a_vector")
def forward__activates_number_by_number(params, x, activation):
    """Lifts the activation over the numbers of a layer."""
    *hidden, last = params
    for layer in hidden:
        x = jax.vmap(activation)(x @ layer["w"] + layer["b"])
    return x @ last["w"] + last["b"]


@caught_by("deeper", "takes_x_as_it_is")
def forward__cleaned_input(params, x, activation):
    """Makes zeros of what is not a number."""
    *hidden, last = params
    x = jnp.nan_to_num(x)
    for layer in hidden:
        x = activation(x @ layer["w"] + layer["b"])
    return x @ last["w"] + last["b"]
