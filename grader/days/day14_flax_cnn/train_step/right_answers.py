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


def train_step__sums(state, images, labels, key):
    """Sums the losses over the batch, divides by its size, and keeps the logits for nobody."""
    dropout_key = jax.random.fold_in(key, state.step)

    def loss_of(params, statistics):
        logits, moved = state.apply_fn(
            {"params": params, "batch_stats": statistics},
            images,
            True,
            rngs={"dropout": dropout_key},
            mutable=["batch_stats"],
        )
        chosen = logits[jnp.arange(len(labels)), labels]
        return jnp.sum(jax.nn.logsumexp(logits, axis=-1) - chosen) / len(labels), moved["batch_stats"]

    gradient = jax.value_and_grad(loss_of, argnums=0, has_aux=True)
    (loss, statistics), slope = gradient(state.params, state.batch_stats)
    return state.apply_gradients(grads=slope, batch_stats=statistics), loss


def train_step__vjp(state, images, labels, key):
    """Pulls one back through the loss, and folds in both words of a key that has been split first."""
    first, _ = jax.random.split(key)

    def loss_of(params):
        variables = dict(params=params, batch_stats=state.batch_stats)
        logits, moved = state.apply_fn(
            variables,
            images,
            train=True,
            mutable=["batch_stats"],
            rngs=dict(dropout=jax.random.fold_in(first, state.step)),
        )
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    loss, pull_back, moved = jax.vjp(loss_of, state.params, has_aux=True)
    (gradients,) = pull_back(jnp.ones_like(loss))
    return state.apply_gradients(grads=gradients).replace(batch_stats=moved["batch_stats"]), loss


def train_step__logsumexp_and_replace(state, images, labels, key):
    """Loss as logsumexp minus the label's logit; the new state by replace."""
    rngs = {"dropout": jax.random.fold_in(key, state.step)}

    def objective(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        logits, moved = state.apply_fn(variables, images, train=True, rngs=rngs, mutable=["batch_stats"])
        own = jnp.take_along_axis(logits, labels[:, None].astype(jnp.int32), axis=-1)
        return jnp.mean(jax.nn.logsumexp(logits - own, axis=-1)), moved

    (loss, moved), gradient = jax.value_and_grad(objective, has_aux=True)(state.params)
    updates, opt_state = state.tx.update(gradient, state.opt_state, state.params)
    new_state = state.replace(
        step=state.step + 1,
        params=optax.apply_updates(state.params, updates),
        opt_state=opt_state,
        batch_stats=moved.get("batch_stats", state.batch_stats),
    )
    return new_state, loss


class TrainStepForwardMethodForward:
    def __init__(self, state, images, labels, dropout_key):
        self.state, self.images, self.labels, self.dropout_key = state, images, labels, dropout_key

    def __call__(self, params):
        variables = {"params": params, "batch_stats": self.state.batch_stats}
        logits, moved = self.state.apply_fn(
            variables, self.images, train=True, mutable=["batch_stats"], rngs={"dropout": self.dropout_key}
        )
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, self.labels)
        return losses.mean(), moved


def train_step__forward_method(state, images, labels, key):
    """A helper object that runs the network forward and measures it."""
    dropout_key = jax.random.fold_in(key, state.step)
    forward = TrainStepForwardMethodForward(state, images, labels, dropout_key)
    (loss, moved), gradients = jax.value_and_grad(forward, has_aux=True)(state.params)
    batch_stats = moved["batch_stats"] if "batch_stats" in moved else state.batch_stats
    new_state = state.apply_gradients(grads=gradients, batch_stats=batch_stats)
    return new_state, loss
