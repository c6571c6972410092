"""Other honest ways to write fit; each must pass every check."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax.training import train_state
from jax import lax


class TrainState(train_state.TrainState):
    """As it is given in the stub."""

    batch_stats: Any


# fit


def fit__scan(key, model, train, test, n_epochs):
    """Compiles a whole epoch: a scan over its batches, and the evaluation."""
    images, labels = map(jnp.asarray, train)
    size = min(48, len(labels))
    n_steps = len(labels) // size
    key, init_key = jax.random.split(key)
    variables = jax.jit(model.init, static_argnums=2)(init_key, images[:1], False)
    statistics = variables.get("batch_stats", {})
    state = TrainState.create(
        apply_fn=model.apply, params=variables["params"], tx=optax.adam(3e-3), batch_stats=statistics
    )

    @jax.jit
    def epoch(state, key, train, test):
        images, labels = train

        def step(state, inputs):
            rows, key = inputs

            def loss_of(params):
                logits, moved = model.apply(
                    {"params": params, "batch_stats": state.batch_stats},
                    images[rows],
                    train=True,
                    mutable=["batch_stats"],
                    rngs={"dropout": key},
                )
                losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows])
                return losses.mean(), moved.get("batch_stats", {})

            gradients, statistics = jax.grad(loss_of, has_aux=True)(state.params)
            return state.apply_gradients(grads=gradients, batch_stats=statistics), None

        order_key, dropout_key = jax.random.split(key)
        order = jax.random.permutation(order_key, len(labels))[: n_steps * size]
        xs = (order.reshape(n_steps, size), jax.random.split(dropout_key, n_steps))
        state, _ = lax.scan(step, state, xs)
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        logits = model.apply(variables, test[0], train=False)
        return state, jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for epoch_key in jax.random.split(key, n_epochs):
        state, accuracy = epoch(state, epoch_key, (images, labels), test)
        accuracies.append(accuracy)
    return state, jnp.array(accuracies)


def fit__ragged(key, model, train, test, n_epochs):
    """Takes the last, smaller batch along, shuffles with NumPy from the key, and measures in batches."""
    images, labels = (np.asarray(part) for part in train)
    n, size = len(labels), 64
    init_key, shuffle_key, dropout_key = jax.random.split(key, 3)
    shuffle = np.random.default_rng(np.asarray(jax.random.key_data(shuffle_key)))
    variables = model.init(init_key, images[:2], train=True)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optax.adamw(5e-3, weight_decay=1e-4),
        batch_stats=variables.get("batch_stats", {}),
    )

    @jax.jit
    def step(state, images, labels, key):
        def loss_of(params):
            variables = {"params": params, "batch_stats": state.batch_stats}
            logits, moved = state.apply_fn(
                variables, images, train=True, mutable=["batch_stats"], rngs={"dropout": key}
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

        (_, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    @jax.jit
    def hits(state, images, labels):
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        return jnp.sum(jnp.argmax(state.apply_fn(variables, images, train=False), -1) == labels)

    accuracies, count = [], 0
    for _ in range(n_epochs):
        order = shuffle.permutation(n)
        for start in range(0, n, size):
            rows = order[start : start + size]
            state = step(state, images[rows], labels[rows], jax.random.fold_in(dropout_key, count))
            count += 1
        right = sum(
            hits(state, test[0][i : i + 180], test[1][i : i + 180]) for i in range(0, len(test[1]), 180)
        )
        accuracies.append(right / len(test[1]))
    return state, jnp.stack(accuracies)


def fit__no_count(key, model, train, test, n_epochs):
    """Updates by the optimiser itself, and leaves the count of steps at 0."""
    images, labels = train
    n, size = len(labels), min(64, len(labels))
    init_key, order_key, dropout_key = jax.random.split(key, 3)
    variables = jax.jit(model.init, static_argnames="train")(init_key, images[:1], train=False)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optax.adam(3e-3),
        batch_stats=variables.get("batch_stats", {}),
    )

    @jax.jit
    def step(state, rows, key):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": key},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        updates, opt_state = state.tx.update(gradients, state.opt_state, state.params)
        return state.replace(params=optax.apply_updates(state.params, updates), opt_state=opt_state, **moved)

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for epoch_key in jax.random.split(order_key, n_epochs):
        order = jax.random.permutation(epoch_key, n)
        for start in range(0, n - size + 1, size):
            dropout_key, step_key = jax.random.split(dropout_key)
            state = step(state, order[start : start + size], step_key)
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)
