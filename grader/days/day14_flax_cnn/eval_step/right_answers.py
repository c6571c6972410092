"""Other honest ways to write eval_step; each must pass every check."""

import jax
import jax.numpy as jnp

# eval_step


def eval_step__by_hand(state, images, labels):
    """Subtracts the label's logit from the log of the sum."""
    logits = state.apply_fn({"params": state.params, "batch_stats": state.batch_stats}, images, False)
    rows = jnp.arange(logits.shape[0])
    losses = jax.nn.logsumexp(logits, axis=1) - logits[rows, labels]
    return losses, logits.argmax(1) == labels


@jax.jit
def eval_step__one_by_one(state, images, labels):
    """Judges one example, and maps over all."""

    def judge(image, label):
        variables = dict(params=state.params, batch_stats=state.batch_stats)
        logits = state.apply_fn(variables, image[None], train=False)[0]
        return -jax.nn.log_softmax(logits)[label], jnp.argmax(logits) == label

    return jax.vmap(judge)(images, labels)
