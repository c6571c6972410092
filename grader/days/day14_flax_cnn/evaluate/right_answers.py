"""Other honest ways to write evaluate; each must pass every check."""

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
