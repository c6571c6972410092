"""Other honest ways to write forward; each must pass every check."""

import functools

import jax
import jax.numpy as jnp

# forward


def forward__counts_layers(params, x, activation):
    """Asks of each layer whether it is the last."""
    for i, layer in enumerate(params):
        x = jnp.dot(x, layer["w"]) + layer["b"]
        if i < len(params) - 1:
            x = activation(x)
    return x


def forward__folds(params, x, activation):
    """Folds the hidden layers with reduce."""

    def through(h, layer):
        return activation(jnp.einsum("i,ij->j", h, layer["w"]) + layer["b"])

    h = functools.reduce(through, params[:-1], x)
    return params[-1]["b"] + params[-1]["w"].T @ h


def forward__recursive(params, x, activation):
    """Peels the first layer off."""
    z = x @ params[0]["w"] + params[0]["b"]
    return z if len(params) == 1 else forward(params[1:], activation(z), activation)  # noqa: F821


@functools.partial(jax.jit, static_argnames="activation")
def forward__compiled(params, x, activation):
    """Compiled by the learner, with a batch of one inside."""
    h = x[None]
    for layer in params[:-1]:
        h = activation(jnp.matmul(h, layer["w"]) + layer["b"])
    return (jnp.matmul(h, params[-1]["w"]) + params[-1]["b"])[0]


def forward__activates_before(params, x, activation):
    """Activates on the way into each layer but the first."""
    for number, layer in enumerate(params):
        h = activation(x) if number else x
        x = jnp.sum(h[:, None] * layer["w"], axis=0) + layer["b"]
    return x


def forward__pairs_with_what_comes_between(params, x, activation):
    """Pairs each layer with what follows it: the activation, or nothing."""
    between = [activation] * (len(params) - 1) + [lambda h: h]
    for layer, after in zip(params, between, strict=True):
        x = after(jnp.matmul(x, layer["w"]) + layer["b"])
    return x
