"""Plausible mistakes in train_step; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by

# train_step


@caught_by("correct", "returns_the_loss")
def train_step__not_mutable(state, images, labels, key):
    """Says nothing of what may change."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits = state.apply_fn(variables, images, train=True, rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, gradients = jax.value_and_grad(loss_of)(state.params)
    return state.apply_gradients(grads=gradients), loss


@caught_by("correct", "returns_the_loss")
def train_step__evaluation_mode(state, images, labels, key):
    """Trains in evaluation mode, which raises nothing."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        logits = state.apply_fn(variables, images, train=False)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, gradients = jax.value_and_grad(loss_of)(state.params)
    return state.apply_gradients(grads=gradients), loss


@caught_by("correct", "returns_the_loss")
def train_step__sum(state, images, labels, key):
    """Adds the losses up, so that large batches take large steps."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, **moved), loss


@caught_by("correct", "returns_the_loss")
def train_step__params_and_loss(state, images, labels, key):
    """Returns the loss first."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return loss, state.apply_gradients(grads=gradients, **moved)


@caught_by("correct", "moves_the_parameters")
def train_step__drops_the_result(state, images, labels, key):
    """Calls apply_gradients as if it changed the state in place."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    state.apply_gradients(grads=gradients, **moved)
    return state, loss


@caught_by("correct", "moves_the_statistics")
def train_step__keeps_statistics(state, images, labels, key):
    """Gets the new statistics, and drops them."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, _ = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, gradients = jax.value_and_grad(loss_of)(state.params)
    return state.apply_gradients(grads=gradients), loss


@caught_by("correct", "moves_the_statistics")
def train_step__nested_statistics(state, images, labels, key):
    """Stores the collection under its name once more."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, batch_stats=moved), loss


@caught_by("correct", "goes_on")
def train_step__forgets_the_optimizer(state, images, labels, key):
    """Replaces parameters and statistics, and neither step nor optimiser's state."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    updates, _ = state.tx.update(gradients, state.opt_state, state.params)
    return state.replace(params=optax.apply_updates(state.params, updates), **moved), loss


@caught_by("correct", "drops")
def train_step__own_key(state, images, labels, key):
    """Drops by a key of its own."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(jax.random.key(0), state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, **moved), loss


@caught_by("correct", "drops")
def train_step__no_key(state, images, labels, key):
    """Gives dropout no key."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"])
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, **moved), loss


@caught_by("correct", "drops_anew_at_each_step")
def train_step__same_mask(state, images, labels, key):
    """Uses the key as it comes, which is the same at every step."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        logits, moved = state.apply_fn(
            variables, images, train=True, mutable=["batch_stats"], rngs={"dropout": key}
        )
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, **moved), loss


@caught_by("jit", "compiles_once")
def train_step__stops_at_nan(state, images, labels, key):
    """Looks at the loss in Python."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    if jnp.isnan(loss):
        raise ValueError("the loss is no number")
    return state.apply_gradients(grads=gradients, **moved), loss


@caught_by("correct", "survives_large_logits")
def train_step__log_of_softmax(state, images, labels, key):
    """Takes the logarithm of a probability."""

    def loss_of(params):
        logits, moved = state.apply_fn(
            {"params": params, "batch_stats": state.batch_stats},
            images,
            train=True,
            mutable=["batch_stats"],
            rngs={"dropout": jax.random.fold_in(key, state.step)},
        )
        p = jax.nn.softmax(logits)
        return -jnp.log(p[jnp.arange(len(labels)), labels]).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, batch_stats=moved["batch_stats"]), loss


@caught_by("correct", "drops_anew_at_each_step")
def train_step__every_other_step(state, images, labels, key):
    """Makes the key for dropout from half of the step count."""

    def loss_of(params):
        logits, moved = state.apply_fn(
            {"params": params, "batch_stats": state.batch_stats},
            images,
            train=True,
            mutable=["batch_stats"],
            rngs={"dropout": jax.random.fold_in(key, state.step // 2)},
        )
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
        return (losses.mean(), moved["batch_stats"])

    (loss, batch_stats), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return (state.apply_gradients(grads=gradients, batch_stats=batch_stats), loss)


@caught_by("correct", "drops_anew_at_each_step")
def train_step__hundred_keys(state, images, labels, key):
    """Has a hundred keys for dropout, which come round again."""

    def loss_of(params):
        logits, moved = state.apply_fn(
            {"params": params, "batch_stats": state.batch_stats},
            images,
            train=True,
            mutable=["batch_stats"],
            rngs={"dropout": jax.random.fold_in(key, state.step % 100)},
        )
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
        return (losses.mean(), moved["batch_stats"])

    (loss, batch_stats), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return (state.apply_gradients(grads=gradients, batch_stats=batch_stats), loss)


@caught_by("correct", "drops_anew_at_each_step")
def train_step__two_keys(state, images, labels, key):
    """Has two keys for dropout, in turn."""

    def loss_of(params):
        logits, moved = state.apply_fn(
            {"params": params, "batch_stats": state.batch_stats},
            images,
            train=True,
            mutable=["batch_stats"],
            rngs={"dropout": jax.random.fold_in(key, state.step % 2)},
        )
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
        return (losses.mean(), moved["batch_stats"])

    (loss, batch_stats), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return (state.apply_gradients(grads=gradients, batch_stats=batch_stats), loss)


@caught_by("deeper", "hands_on_the_parameters")
def train_step__without_parameters(state, images, labels, key):
    """Does not hand the parameters to the optimiser."""

    def loss_of(params):
        logits, moved = state.apply_fn(
            {"params": params, "batch_stats": state.batch_stats},
            images,
            train=True,
            mutable=["batch_stats"],
            rngs={"dropout": jax.random.fold_in(key, state.step)},
        )
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
        return losses.mean(), moved["batch_stats"]

    (loss, batch_stats), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    updates, opt_state = state.tx.update(gradients, state.opt_state)
    params = optax.apply_updates(state.params, updates)
    return (
        state.replace(step=state.step + 1, params=params, opt_state=opt_state, batch_stats=batch_stats),
        loss,
    )


@caught_by("deeper", "takes_the_statistics_of_its_one_pass")
def train_step__statistics_afterwards(state, images, labels, key):
    """Takes the batch statistics of a second pass, with the new parameters."""
    own = jax.random.fold_in(key, state.step)

    def passed(params):
        return state.apply_fn(
            {"params": params, "batch_stats": state.batch_stats},
            images,
            train=True,
            mutable=["batch_stats"],
            rngs={"dropout": own},
        )

    def loss(params):
        each = optax.softmax_cross_entropy_with_integer_labels(passed(params)[0], labels)
        return jnp.mean(each)

    value, gradients = jax.value_and_grad(loss)(state.params)
    after = state.apply_gradients(grads=gradients)
    moved = passed(after.params)[1]
    return after.replace(batch_stats=moved.get("batch_stats", state.batch_stats)), value
