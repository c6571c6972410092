"""Other honest ways to write evaluate; each must pass every check."""

import functools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

# evaluate


def evaluate__outer_function(state, batches):
    """Compiles a function of the module, which stays the same object from call to call."""
    losses, correct = [], []
    for images, labels in batches:
        some_losses, some_correct = judged(state, jnp.asarray(images), jnp.asarray(labels))
        losses.append(some_losses)
        correct.append(some_correct)
    return jnp.concatenate(losses).mean(), jnp.concatenate(correct).astype(jnp.float32).mean()


@jax.jit
def judged(state, images, labels):
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    logits = state.apply_fn(variables, images, train=False)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return losses, jnp.argmax(logits, -1) == labels


def evaluate__pads(state, batches):
    """Weighs the means of batches by their sizes."""
    forward = jax.jit(state.apply_fn, static_argnums=2)
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    sums = jnp.zeros(2)
    n = 0
    for images, labels in batches:
        logits = forward(variables, images, False)
        scores = jax.nn.log_softmax(logits)[np.arange(len(labels)), labels]
        means = jnp.stack([-scores.mean(), jnp.mean(logits.argmax(-1) == labels)])
        sums, n = sums + len(labels) * means, n + len(labels)
    return sums[0] / n, sums[1] / n


def evaluate__cached(state, batches):
    """Keeps the compiled function for an apply_fn in a cache of functools."""
    judge = judging(state.apply_fn)
    total, right, count = 0.0, 0, 0
    for images, labels in batches:
        losses, hits = judge(state.params, state.batch_stats, images, labels)
        total, right, count = total + losses, right + hits, count + labels.shape[0]
    return jnp.asarray(total / count), jnp.asarray(right / count)


@functools.cache
def judging(apply_fn):
    @jax.jit
    def judge(params, statistics, images, labels):
        logits = apply_fn({"params": params, "batch_stats": statistics}, images, train=False)
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
        return losses.sum(), jnp.sum(logits.argmax(axis=-1) == labels)

    return judge


def evaluate__lists(state, batches):
    """Runs the network compiled, and does the rest in NumPy."""
    forward = jax.jit(state.apply_fn, static_argnames=("train",))
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    losses, hits = [], []
    for images, labels in batches:
        logits = np.asarray(forward(variables, images, train=False), np.float64)
        labels = np.asarray(labels)
        shifted = logits - logits.max(axis=1, keepdims=True)
        losses.extend(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels])
        hits.extend(shifted.argmax(axis=1) == labels)
    return jnp.float32(np.mean(losses)), jnp.float32(np.mean(hits))


@jax.jit
def evaluate_meters_sums_of_batch(state, images, labels):
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    logits = state.apply_fn(variables, images, train=False)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    hits = jnp.argmax(logits, axis=-1) == labels
    return jnp.sum(losses), jnp.sum(hits)


class EvaluateMetersAveragemeter:
    def __init__(self):
        self.total = 0.0
        self.count = 0

    def update(self, batch_sum, batch_size):
        self.total += float(batch_sum)
        self.count += batch_size

    def average(self):
        return jnp.asarray(self.total / self.count, jnp.float32)


def evaluate__meters(state, batches):
    """Average meters updated in a Python loop, the network compiled at top level."""
    loss_meter, hit_meter = EvaluateMetersAveragemeter(), EvaluateMetersAveragemeter()
    for images, labels in batches:
        loss_sum, hit_sum = evaluate_meters_sums_of_batch(state, images, labels)
        loss_meter.update(loss_sum, labels.shape[0])
        hit_meter.update(hit_sum, labels.shape[0])
    return loss_meter.average(), hit_meter.average()


@partial(jax.jit, static_argnums=0)
def evaluate_static_apply_batch_totals(apply_fn, variables, images, labels):
    logits = apply_fn(variables, images, train=False)
    labels = labels.astype(jnp.int32)
    own = jnp.take_along_axis(logits, labels[:, None], axis=-1)
    losses = jax.nn.logsumexp(logits - own, axis=-1)
    return jnp.sum(losses), jnp.count_nonzero(jnp.argmax(logits, axis=-1) == labels)


def evaluate__static_apply(state, batches):
    """The compiled function is given variables and a static apply; sums in float64."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    totals, sizes = [], []
    for images, labels in batches:
        totals.append(evaluate_static_apply_batch_totals(state.apply_fn, variables, images, labels))
        sizes.append(len(labels))
    n = sum(sizes)
    losses, hits = (np.asarray([float(v) for v in column], np.float64) for column in zip(*totals))
    return jnp.float32(losses.sum() / n), jnp.float32(hits.sum() / n)
