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


def fit__jitted_closures(key, model, train, test, n_epochs: int):
    """Everything inside: a jitted step and a jitted count, Python loops around them."""
    images, labels = jnp.asarray(train[0]), jnp.asarray(train[1]).astype(jnp.int32)
    test_images, test_labels = jnp.asarray(test[0]), jnp.asarray(test[1]).astype(jnp.int32)
    n, m = images.shape[0], test_images.shape[0]
    size = min(64, n)
    per_epoch = n // size
    init_key, order_key, drop_key = jax.random.split(key, 3)

    variables = model.init(init_key, images[:1], train=False)
    schedule = optax.cosine_decay_schedule(4e-3, max(1, n_epochs * per_epoch))
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optax.adam(schedule),
        batch_stats=variables.get("batch_stats", {}),
    ).replace(step=jnp.zeros((), jnp.int32))

    @jax.jit
    def step(state, images, labels, rows):
        rngs = {"dropout": jax.random.fold_in(drop_key, state.step)}

        def objective(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs=rngs,
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(objective, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, batch_stats=moved.get("batch_stats", state.batch_stats))

    @jax.jit
    def count_right(params, batch_stats, images, labels):
        logits = model.apply({"params": params, "batch_stats": batch_stats}, images, train=False)
        return jnp.sum(jnp.argmax(logits, axis=-1) == labels)

    accuracies = []
    for epoch in range(n_epochs):
        order = jax.random.permutation(jax.random.fold_in(order_key, epoch), n)
        for rows in order[: per_epoch * size].reshape(per_epoch, size):
            state = step(state, images, labels, rows)
        right = sum(
            int(
                count_right(
                    state.params, state.batch_stats, test_images[k : k + 500], test_labels[k : k + 500]
                )
            )
            for k in range(0, m, 500)
        )
        accuracies.append(right / m)
    return state, jnp.array(accuracies, jnp.float32)


@jax.jit
def fit_trainer_class_fit_step(state, images, labels, key):
    dropout_key = jax.random.fold_in(key, state.step)

    def loss_of(params):
        logits, moved = state.apply_fn(
            {"params": params, "batch_stats": state.batch_stats},
            images,
            train=True,
            mutable=["batch_stats"],
            rngs={"dropout": dropout_key},
        )
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (_, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, batch_stats=moved.get("batch_stats", state.batch_stats))


@jax.jit
def fit_trainer_class_fit_hits(state, images, labels):
    logits = state.apply_fn({"params": state.params, "batch_stats": state.batch_stats}, images, train=False)
    return jnp.sum(jnp.argmax(logits, axis=-1) == labels)


class FitTrainerClassDigittrainer:
    largest_batch = 32
    test_chunk = 500

    def __init__(self, key, model, images, labels):
        init_key, self.order_key, self.dropout_key = jax.random.split(key, 3)
        self.images, self.labels = jnp.asarray(images), jnp.asarray(labels)
        self.n = self.images.shape[0]
        self.batch_size = min(self.largest_batch, self.n)
        variables = model.init(init_key, self.images[: self.batch_size], train=False)
        state = TrainState.create(
            apply_fn=model.apply,
            params=variables["params"],
            tx=optax.adam(2e-3),
            batch_stats=variables.get("batch_stats", {}),
        )
        self.state = state.replace(step=jnp.zeros((), jnp.int32))

    def train_epoch(self, epoch):
        order = jax.random.permutation(jax.random.fold_in(self.order_key, epoch), self.n)
        for number in range(self.n // self.batch_size):
            rows = order[number * self.batch_size : (number + 1) * self.batch_size]
            self.state = fit_trainer_class_fit_step(
                self.state, self.images[rows], self.labels[rows], self.dropout_key
            )

    def test(self, images, labels):
        hits = 0
        for begin in range(0, len(labels), self.test_chunk):
            end = begin + self.test_chunk
            hits += int(fit_trainer_class_fit_hits(self.state, images[begin:end], labels[begin:end]))
        return hits / len(labels)


def fit__trainer_class(key, model, train, test, n_epochs):
    """A trainer object with train_epoch and test methods around compiled steps at top level."""
    trainer = FitTrainerClassDigittrainer(key, model, *train)
    test_images, test_labels = jnp.asarray(test[0]), jnp.asarray(test[1])
    accuracies = []
    for epoch in range(n_epochs):
        trainer.train_epoch(epoch)
        accuracies.append(trainer.test(test_images, test_labels))
    return trainer.state, jnp.asarray(accuracies, jnp.float32)


@jax.jit
def fit_cosine_adamw_descend(state, images, labels, rows, key):
    x, y = images[rows], labels[rows]
    rngs = {"dropout": jax.random.fold_in(key, state.step)}

    def objective(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        logits, moved = state.apply_fn(variables, x, train=True, rngs=rngs, mutable=["batch_stats"])
        own = jnp.take_along_axis(logits, y[:, None], axis=-1)
        return jnp.mean(jax.nn.logsumexp(logits - own, axis=-1)), moved

    gradient, moved = jax.grad(objective, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradient, batch_stats=moved.get("batch_stats", state.batch_stats))


@jax.jit
def fit_cosine_adamw_hits(state, images, labels):
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    return jnp.count_nonzero(jnp.argmax(state.apply_fn(variables, images, train=False), axis=-1) == labels)


def fit__cosine_adamw(key, model, train, test, n_epochs):
    """AdamW under a cosine schedule; the epoch's index table is made first, then one compiled step a row."""
    (x, y), (u, v) = (tuple(map(jnp.asarray, pair)) for pair in (train, test))
    y, v = y.astype(jnp.int32), v.astype(jnp.int32)
    n, m = x.shape[0], u.shape[0]
    size = min(32, n)
    n_batches = n // size
    init_key, deal_key, drop_key = jax.random.split(key, 3)
    variables = model.init(init_key, x[:1], train=False)
    optimizer = optax.adamw(
        optax.cosine_decay_schedule(3e-3, max(n_epochs * n_batches, 1)), weight_decay=1e-4
    )
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optimizer,
        batch_stats=variables.get("batch_stats", {}),
    ).replace(step=jnp.int32(0))
    accuracies = []
    for epoch_key in jax.random.split(deal_key, n_epochs):
        table = jax.random.permutation(epoch_key, n)[: n_batches * size].reshape(n_batches, size)
        for rows in table:
            state = fit_cosine_adamw_descend(state, x, y, rows, drop_key)
        hits = sum(
            int(fit_cosine_adamw_hits(state, u[k : k + 512], v[k : k + 512])) for k in range(0, m, 512)
        )
        accuracies.append(hits / m)
    return state, jnp.asarray(accuracies, jnp.float32)
