"""Plausible mistakes in group_rates; each must be caught by the check named above it."""

import jax
import jax.flatten_util
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by

# group_rates


@caught_by("correct", "by_hand")
def group_rates__swapped(params, weight_rate, bias_rate):
    """Gives each group the other one's rate."""
    labels = jax.tree.map(lambda leaf: leaf.ndim >= 2, params)
    return optax.partition({False: optax.adam(weight_rate), True: optax.adam(bias_rate)}, labels)


@caught_by("correct", "by_hand")
def group_rates__chained(params, weight_rate, bias_rate):
    """Chains the two optimisers, so that both see all."""
    return optax.chain(optax.adam(weight_rate), optax.adam(bias_rate))


@caught_by("correct", "by_hand")
def group_rates__sgd(params, weight_rate, bias_rate):
    """Steps along the plain gradient."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim >= 2 else "bias", params)
    return optax.partition({"weight": optax.sgd(weight_rate), "bias": optax.sgd(bias_rate)}, labels)


@caught_by("correct", "by_hand")
def group_rates__biases_masked_only(params, weight_rate, bias_rate):
    """Masks one optimiser and forgets that the others' gradients pass through."""
    biases = jax.tree.map(lambda leaf: leaf.ndim < 2, params)
    return optax.chain(optax.masked(optax.adam(bias_rate), biases), optax.scale(-weight_rate))


@caught_by("correct", "counts_axes")
def group_rates__by_name(params, weight_rate, bias_rate):
    """Goes by the name: w is a weight, everything else is a bias."""

    def label(path, leaf):
        return "weight" if path[-1].key == "w" else "bias"

    labels = jax.tree.map_with_path(label, params)
    return optax.partition({"weight": optax.adam(weight_rate), "bias": optax.adam(bias_rate)}, labels)


@caught_by("correct", "counts_axes")
def group_rates__matrices_only(params, weight_rate, bias_rate):
    """Takes two axes for a weight, and three for a bias."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim == 2 else "bias", params)
    return optax.partition({"weight": optax.adam(weight_rate), "bias": optax.adam(bias_rate)}, labels)


@caught_by("correct", "counts_axes")
def group_rates__vectors_only(params, weight_rate, bias_rate):
    """Takes one axis for a bias, and a single number for a weight."""
    labels = jax.tree.map(lambda leaf: "bias" if leaf.ndim == 1 else "weight", params)
    return optax.partition({"weight": optax.adam(weight_rate), "bias": optax.adam(bias_rate)}, labels)


@caught_by("correct", "goes_on")
def group_rates__sign_only(params, weight_rate, bias_rate):
    """Steps by the gradient's sign, which is Adam's first step alone."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim >= 2 else "bias", params)
    return optax.partition({"weight": optax.sign_sgd(weight_rate), "bias": optax.sign_sgd(bias_rate)}, labels)


@caught_by("correct", "stands_still_at_zero")
def group_rates__by_ratio(params, weight_rate, bias_rate):
    """Scales the biases' updates by the ratio of the rates, which may be one by zero."""
    biases = jax.tree.map(lambda leaf: leaf.ndim < 2, params)
    return optax.chain(optax.adam(weight_rate), optax.masked(optax.scale(bias_rate / weight_rate), biases))


@caught_by("jit", "compiles_once")
def group_rates__branches(params, weight_rate, bias_rate):
    """Replaces Adam where the rate is 0, which is not known while a step is compiled."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim >= 2 else "bias", params)
    rates = {"weight": weight_rate, "bias": bias_rate}
    return optax.partition(
        {name: optax.adam(rate) if rate > 0 else optax.set_to_zero() for name, rate in rates.items()}, labels
    )


@caught_by("jit", "compiles_once")
def group_rates__floats(params, weight_rate, bias_rate):
    """Turns the rates into Python floats."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim >= 2 else "bias", params)
    return optax.partition(
        {"weight": optax.adam(float(weight_rate)), "bias": optax.adam(float(bias_rate))}, labels
    )


@caught_by("correct", "takes_tiny_gradients")
def group_rates__eps(params, weight_rate, bias_rate):
    """Another number beside the root, for biases alone."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim >= 2 else "bias", params)
    return optax.partition(
        {"weight": optax.adam(weight_rate), "bias": optax.adam(bias_rate, eps=1e-06)}, labels
    )


@caught_by("correct", "counts_axes")
def group_rates__squeeze(params, weight_rate, bias_rate):
    """Does not count axes of length 1."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.squeeze().ndim >= 2 else "bias", params)
    return optax.partition({"weight": optax.adam(weight_rate), "bias": optax.adam(bias_rate)}, labels)


@caught_by("deeper", "takes_rates_of_any_size")
def group_rates__least_rate(params, weight_rate, bias_rate):
    """Takes a rate below 1e-5 for 0."""
    labels = jax.tree.map(lambda leaf: "weight" if jnp.ndim(leaf) >= 2 else "bias", params)
    rates = {"weight": weight_rate, "bias": bias_rate}
    groups = {name: optax.adam(jnp.where(rate < 1e-5, 0, rate)) for name, rate in rates.items()}
    return optax.partition(groups, labels)
