"""Plausible mistakes in evaluate; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by

# evaluate


@caught_by("correct", "weighs_each_example_alike")
def evaluate__mean_of_means(state, batches):
    """Takes the mean over batches."""
    forward = jax.jit(state.apply_fn, static_argnames="train")
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    losses, accuracies = [], []
    for images, labels in batches:
        logits = forward(variables, images, train=False)
        losses.append(optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean())
        accuracies.append(jnp.mean(logits.argmax(-1) == labels))
    return jnp.stack(losses).mean(), jnp.stack(accuracies).mean()


@caught_by("correct", "weighs_each_example_alike")
def evaluate__drops_the_last(state, batches):
    """Leaves out what fills no batch."""
    forward = jax.jit(state.apply_fn, static_argnames="train")
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    total, correct, count, size = 0.0, 0, 0, None
    for images, labels in batches:
        size = size or len(labels)
        if len(labels) == size:
            logits = forward(variables, images, train=False)
            total += optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum()
            correct += jnp.sum(logits.argmax(-1) == labels)
            count += size
    return total / count, correct / count


@caught_by("correct", "weighs_each_example_alike")
def evaluate__floats(state, batches):
    """Returns Python floats."""
    forward = jax.jit(state.apply_fn, static_argnames="train")
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    total, correct, count = 0.0, 0, 0
    for images, labels in batches:
        logits = forward(variables, images, train=False)
        total += float(optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum())
        correct += int(jnp.sum(logits.argmax(-1) == labels))
        count += len(labels)
    return total / count, correct / count


@caught_by("correct", "averages_the_losses")
def evaluate__loss_of_means(state, batches):
    """Weighs the accuracy right, and the loss by batches."""
    forward = jax.jit(state.apply_fn, static_argnames="train")
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    losses, correct, count = [], 0, 0
    for images, labels in batches:
        logits = forward(variables, images, train=False)
        losses.append(optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean())
        correct += jnp.sum(logits.argmax(-1) == labels)
        count += len(labels)
    return jnp.stack(losses).mean(), correct / count


@caught_by("correct", "walks_through_the_batches_once")
def evaluate__reads_twice(state, batches):
    """Counts the examples first, and finds nothing left to evaluate."""
    forward = jax.jit(state.apply_fn, static_argnames="train")
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    count = sum(len(labels) for _, labels in batches)
    total, correct = jnp.zeros(()), jnp.zeros(())
    for images, labels in batches:
        logits = forward(variables, images, train=False)
        total += optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum()
        correct += jnp.sum(logits.argmax(-1) == labels)
    return total / count, correct / count


@caught_by("jit", "compiles_once_for_each_shape")
def evaluate__eager(state, batches):
    """Runs the network operation by operation."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    total, correct, count = 0.0, 0, 0
    for images, labels in batches:
        logits = state.apply_fn(variables, images, train=False)
        total += optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum()
        correct += jnp.sum(logits.argmax(-1) == labels)
        count += len(labels)
    return total / count, correct / count


@caught_by("jit", "compiles_once_for_each_shape")
def evaluate__fresh_function(state, batches):
    """Puts a function under jit that is new in each call."""

    @jax.jit
    def forward(images):
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        return state.apply_fn(variables, images, train=False)

    total, correct, count = 0.0, 0, 0
    for images, labels in batches:
        logits = forward(images)
        total += optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum()
        correct += jnp.sum(logits.argmax(-1) == labels)
        count += len(labels)
    return total / count, correct / count


@caught_by("correct", "survives_large_logits")
def evaluate__eps_in_the_log(state, batches):
    """Adds 1e-9 to the probabilities."""
    forward = jax.jit(state.apply_fn, static_argnames="train")
    losses_of = lambda z, l: -jnp.log(jax.nn.softmax(z) + 1e-09)[jnp.arange(len(l)), l]
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    total, correct, count = (0.0, 0, 0)
    for images, labels in batches:
        logits = forward(variables, images, train=False)
        total += losses_of(logits, labels).sum()
        correct += jnp.sum(jnp.argmax(logits, axis=-1) == labels)
        count += len(labels)
    return (total / count, correct / count)


@caught_by("deeper", "takes_images_as_they_are")
def evaluate__leaves_nan_out(state, batches):
    """Leaves out of the mean what is NaN."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    forward = jax.jit(state.apply_fn, static_argnames="train")
    total, correct, count = 0.0, 0, 0
    for images, labels in batches:
        logits = forward(variables, images, train=False)
        total += jnp.nansum(optax.softmax_cross_entropy_with_integer_labels(logits, labels))
        correct += jnp.sum(jnp.argmax(logits, axis=-1) == labels)
        count += len(labels)
    return total / count, correct / count
