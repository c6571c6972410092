"""Other honest ways to write train_step; each must pass every check."""

import flax
import jax
import jax.numpy as jnp
import optax

# train_step


def train_step__by_hand(state, images, labels, key):
    """Does what apply_gradients does, and takes the logarithm of the softmax itself."""
    key = jax.random.split(jax.random.fold_in(key, state.step), 2)[1]

    def forward(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        logits, moved = state.apply_fn(
            variables, images, train=True, mutable="batch_stats", rngs={"dropout": key}
        )
        scores = jax.nn.log_softmax(logits)
        return -jnp.mean(jnp.take_along_axis(scores, labels[:, None], axis=1)), moved

    (loss, moved), gradients = jax.value_and_grad(forward, has_aux=True)(state.params)
    updates, opt_state = state.tx.update(gradients, state.opt_state, state.params)
    state = state.replace(
        step=state.step + 1,
        params=optax.apply_updates(state.params, updates),
        opt_state=opt_state,
        batch_stats=moved["batch_stats"],
    )
    return state, loss


@jax.jit
def train_step__mutable_all(state, images, labels, key):
    """Lets all collections be mutable but the parameters, under jit of its own, with one-hot labels."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, 2 * state.step + 1)}
        logits, moved = state.apply_fn(
            variables, images, train=True, rngs=rngs, mutable=flax.core.DenyList("params")
        )
        targets = jax.nn.one_hot(labels, logits.shape[-1])
        return optax.softmax_cross_entropy(logits, targets).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, **moved), loss
