"""Plausible mistakes in create_train_state; each must be caught by the check named above it."""

from typing import Any

import jax
import jax.numpy as jnp
from flax.training import train_state
from grader.kata.answers import caught_by


class TrainState(train_state.TrainState):
    batch_stats: Any


# create_train_state


@caught_by("correct", "draws_parameters")
def create_train_state__all_variables(key, model, sample, optimizer):
    """Takes all collections for parameters."""
    variables = model.init(key, sample, train=False)
    return TrainState.create(
        apply_fn=model.apply, params=variables, batch_stats=variables["batch_stats"], tx=optimizer
    ).replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "draws_parameters")
def create_train_state__own_key(key, model, sample, optimizer):
    """Has a key of its own."""
    variables = model.init(jax.random.key(0), sample, train=False)
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optimizer,
    ).replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "draws_parameters")
def create_train_state__plain(key, model, sample, optimizer):
    """Returns Flax's own TrainState, which has no place for statistics."""
    params = model.init(key, sample, train=False)["params"]
    return train_state.TrainState.create(apply_fn=model.apply, params=params, tx=optimizer)


@caught_by("correct", "draws_parameters")
def create_train_state__variables(key, model, sample, optimizer):
    """Returns the variables."""
    return model.init(key, sample, train=False)


@caught_by("correct", "has_batch_statistics")
def create_train_state__no_statistics(key, model, sample, optimizer):
    """Leaves the statistics empty."""
    params = model.init(key, sample, train=False)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, batch_stats={}, tx=optimizer)
    return state.replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "has_batch_statistics")
def create_train_state__moved(key, model, sample, optimizer):
    """Runs a step of training, as if the sample were data."""
    variables = model.init(key, sample, train=False)
    if "batch_stats" in variables:
        rngs = {"dropout": key}
        _, moved = model.apply(variables, sample, train=True, mutable=["batch_stats"], rngs=rngs)
        variables = {**variables, **moved}
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optimizer,
    ).replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "takes_a_model_without_statistics")
def create_train_state__needs_statistics(key, model, sample, optimizer):
    """Takes for granted that there are statistics."""
    variables = model.init(key, sample, train=False)
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables["batch_stats"],
        tx=optimizer,
    ).replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "is_ready_to_train")
def create_train_state__all_in_optimizer(key, model, sample, optimizer):
    """Lets the optimiser remember the statistics, too."""
    variables = model.init(key, sample, train=False)
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        apply_fn=model.apply,
        params=variables["params"],
        tx=optimizer,
        opt_state=optimizer.init(variables),
        batch_stats=variables.get("batch_stats", {}),
    )


@caught_by("correct", "is_ready_to_train")
def create_train_state__model_itself(key, model, sample, optimizer):
    """Stores the model, which cannot be called without its variables."""
    variables = model.init(key, sample, train=False)
    return TrainState.create(
        apply_fn=model,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optimizer,
    ).replace(step=jnp.zeros((), jnp.int32))


@caught_by("jit", "counts_in_int32")
def create_train_state__python_step(key, model, sample, optimizer):
    """Leaves the step a Python 0."""
    variables = model.init(key, sample, train=False)
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optimizer,
    )


@caught_by("correct", "keeps_the_dtype")
def create_train_state__forgets_the_dtype(key, model, sample, optimizer):
    """Shows init zeros of the sample's shape."""
    variables = model.init(key, jnp.zeros(sample.shape), train=False)
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optimizer,
        batch_stats=variables.get("batch_stats", {}),
    ).replace(step=jnp.int32(0))


@caught_by("correct", "keeps_the_dtype")
def create_train_state__first_row(key, model, sample, optimizer):
    """Shows the model the first row of the sample alone."""
    variables = model.init(key, sample[:1], train=False)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optimizer,
    )
    return state.replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "keeps_the_dtype")
def create_train_state__adds_an_axis(key, model, sample, optimizer):
    """Adds an axis to samples of three axes."""
    variables = model.init(key, sample[None] if sample.ndim == 3 else sample, train=False)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optimizer,
    )
    return state.replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "draws_parameters")
def create_train_state__shrinks_kernels(key, model, sample, optimizer):
    """Makes the matrices a thousandth smaller."""
    variables = model.init(key, sample, train=False)
    variables = {
        **variables,
        "params": jax.tree.map(lambda p: p if p.ndim != 2 else p * 0.999, variables["params"]),
    }
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optimizer,
    )
    return state.replace(step=jnp.zeros((), jnp.int32))
