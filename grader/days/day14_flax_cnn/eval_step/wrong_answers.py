"""Plausible mistakes in eval_step; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by

# eval_step


@caught_by("correct", "knows_no_neighbours")
def eval_step__training_mode(state, images, labels):
    """Evaluates in training mode."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    rngs = {"dropout": jax.random.key(0)}
    logits, _ = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels), logits.argmax(-1) == labels


@caught_by("correct", "judges_each_example")
def eval_step__mean(state, images, labels):
    """Returns the means over the batch."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    logits = state.apply_fn(variables, images, train=False)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return losses.mean(), jnp.mean(logits.argmax(-1) == labels)


@caught_by("correct", "judges_each_example")
def eval_step__forgets_statistics(state, images, labels):
    """Gives the network its parameters alone."""
    logits = state.apply_fn({"params": state.params}, images, train=False)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels), logits.argmax(-1) == labels


@caught_by("correct", "measures_each_example")
def eval_step__sign(state, images, labels):
    """Forgets the minus."""
    logits = state.apply_fn({"params": state.params, "batch_stats": state.batch_stats}, images, train=False)
    losses = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)[:, 0]
    return losses, logits.argmax(-1) == labels


@caught_by("correct", "says_which_are_correct")
def eval_step__predictions(state, images, labels):
    """Compares each prediction with the first label."""
    logits = state.apply_fn({"params": state.params, "batch_stats": state.batch_stats}, images, train=False)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels), logits.argmax(-1) == labels[0]


@caught_by("correct", "survives_large_logits")
def eval_step__log_of_softmax(state, images, labels):
    """Takes the logarithm of what underflowed."""
    logits = state.apply_fn({"params": state.params, "batch_stats": state.batch_stats}, images, train=False)
    probabilities = jax.nn.softmax(logits)
    losses = -jnp.log(jnp.take_along_axis(probabilities, labels[:, None], axis=1)[:, 0])
    return losses, logits.argmax(-1) == labels


@caught_by("jit", "compiles_once")
def eval_step__refuses_labels(state, images, labels):
    """Looks at the labels in Python."""
    if labels.min() < 0:
        raise ValueError("labels begin at 0")
    logits = state.apply_fn({"params": state.params, "batch_stats": state.batch_stats}, images, train=False)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels), logits.argmax(-1) == labels


@caught_by("correct", "says_which_are_correct")
def eval_step__ten_classes(state, images, labels):
    """Looks for the largest of ten logits, however many there are."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    logits = state.apply_fn(variables, images, train=False)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return (losses, jnp.argmax(logits[:, :10], axis=-1) == labels)


@caught_by("correct", "says_which_are_correct")
def eval_step__more_than_half(state, images, labels):
    """Calls correct what has a probability above one half."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    logits = state.apply_fn(variables, images, train=False)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return (losses, jnp.exp(-losses) > 0.5)


@caught_by("deeper", "takes_images_as_they_are")
def eval_step__mends_nan(state, images, labels):
    """Makes 0 of losses that are NaN."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    logits = state.apply_fn(variables, images, train=False)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return jnp.nan_to_num(losses), jnp.argmax(logits, axis=-1) == labels
