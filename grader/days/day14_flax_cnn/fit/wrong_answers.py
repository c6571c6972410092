"""Plausible mistakes in fit; each must be caught by the check named above it."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax.training import train_state
from functools import partial
from grader.kata.answers import caught_by


class TrainState(train_state.TrainState):
    batch_stats: Any


# fit


@caught_by("correct", "gives_an_accuracy_for_each_epoch")
def fit__last_accuracy(key, model, train, test, n_epochs):
    """Returns one accuracy, of the untrained network."""
    variables = model.init(key, train[0][:1], train=False)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optax.adam(1e-2),
        batch_stats=variables.get("batch_stats", {}),
    )
    logits = model.apply(variables, test[0], train=False)
    return state, jnp.mean(logits.argmax(-1) == test[1])


@caught_by("correct", "measures_in_evaluation_mode")
def fit__trains_without_training(key, model, train, test, n_epochs):
    """Trains in evaluation mode: the statistics stay where they are."""
    images, labels = train
    n, size = len(labels), min(64, len(labels))
    variables = jax.jit(model.init, static_argnames="train")(key, images[:1], train=False)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optax.adam(1e-2),
        batch_stats=variables.get("batch_stats", {}),
    )

    @jax.jit
    def step(state, rows):
        def loss_of(params):
            logits = model.apply(
                {"params": params, "batch_stats": state.batch_stats}, images[rows], train=False
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean()

        return state.apply_gradients(grads=jax.grad(loss_of)(state.params))

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for epoch_key in jax.random.split(key, n_epochs):
        order = np.asarray(jax.random.permutation(epoch_key, n))
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "moves_the_statistics")
def fit__drops_statistics(key, model, train, test, n_epochs):
    """Trains in training mode, and forgets the statistics."""
    images, labels = train
    n, size = len(labels), min(64, len(labels))
    variables = jax.jit(model.init, static_argnames="train")(key, images[:1], train=False)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optax.adam(1e-2),
        batch_stats=variables.get("batch_stats", {}),
    )

    @jax.jit
    def step(state, rows):
        def loss_of(params):
            logits, _ = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(key, state.step)},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean()

        return state.apply_gradients(grads=jax.grad(loss_of)(state.params))

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for epoch_key in jax.random.split(key, n_epochs):
        order = np.asarray(jax.random.permutation(epoch_key, n))
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "does_not_look_at_the_test_images")
def fit__shuffles_by_the_clock(key, model, train, test, n_epochs):
    """Shuffles by NumPy's own random numbers, which are others each time."""
    images, labels = train
    n, size = len(labels), min(16, len(labels))
    shuffle = np.random.default_rng()
    variables = jax.jit(model.init, static_argnames="train")(key, images[:1], train=False)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optax.adam(1e-2),
        batch_stats=variables.get("batch_stats", {}),
    )

    @jax.jit
    def step(state, rows):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(key, state.step)},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for _ in range(n_epochs):
        order = shuffle.permutation(n)
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "takes_few_images")
def fit__full_batches_only(key, model, train, test, n_epochs):
    """Takes no step when there are fewer images than fill a batch."""
    images, labels = train
    n, size = len(labels), 32
    variables = jax.jit(model.init, static_argnames="train")(key, images[:1], train=False)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optax.adam(1e-2),
        batch_stats=variables.get("batch_stats", {}),
    )

    @jax.jit
    def step(state, rows):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(key, state.step)},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for epoch_key in jax.random.split(key, n_epochs):
        order = np.asarray(jax.random.permutation(epoch_key, n))
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "uses_its_key")
def fit__own_key(key, model, train, test, n_epochs):
    """Has a key of its own."""
    key = jax.random.key(0)
    images, labels = train
    n, size = len(labels), min(32, len(labels))
    variables = jax.jit(model.init, static_argnames="train")(key, images[:1], train=False)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optax.adam(1e-2),
        batch_stats=variables.get("batch_stats", {}),
    )

    @jax.jit
    def step(state, rows):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(key, state.step)},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    shuffle = np.random.default_rng(0)
    for _ in range(n_epochs):
        order = shuffle.permutation(n)
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "learns_to_read_digits")
def fit__shuffles_apart(key, model, train, test, n_epochs):
    """Shuffles the images, and takes the labels in the order in which they come."""
    images, labels = train
    n, size = len(labels), min(32, len(labels))
    variables = jax.jit(model.init, static_argnames="train")(key, images[:1], train=False)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optax.adam(1e-2),
        batch_stats=variables.get("batch_stats", {}),
    )

    @jax.jit
    def step(state, rows, label_rows):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(key, state.step)},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[label_rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for epoch_key in jax.random.split(key, n_epochs):
        order = np.asarray(jax.random.permutation(epoch_key, n))
        for start in range(0, n - size + 1, size):
            rows = slice(start, start + size)
            state = step(state, order[rows], np.arange(n)[rows])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "learns_to_read_digits")
def fit__jit_in_the_loop(key, model, train, test, n_epochs):
    """Measures with a function that is put under jit anew in each epoch."""
    images, labels = train
    n, size = len(labels), min(64, len(labels))
    variables = jax.jit(model.init, static_argnames="train")(key, images[:1], train=False)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optax.adam(1e-2),
        batch_stats=variables.get("batch_stats", {}),
    )

    @jax.jit
    def step(state, rows):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(key, state.step)},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    accuracies = []
    for epoch_key in jax.random.split(key, n_epochs):
        order = np.asarray(jax.random.permutation(epoch_key, n))
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        logits = jax.jit(lambda v: model.apply(v, test[0], train=False))(variables)
        accuracies.append(jnp.mean(logits.argmax(-1) == test[1]))
    return state, jnp.stack(accuracies)


@caught_by("correct", "takes_a_new_order_each_epoch")
def fit__no_order(key, model, train, test, n_epochs):
    """Takes the images as they come."""
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
    def step(state, rows):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(dropout_key, state.step)},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for _ in range(n_epochs):
        order = np.arange(n)
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "takes_a_new_order_each_epoch")
def fit__same_order(key, model, train, test, n_epochs):
    """Shuffles by the same key in each epoch."""
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
    def step(state, rows):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(dropout_key, state.step)},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for _ in range(n_epochs):
        order = jax.random.permutation(order_key, n)
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "visits_the_images_once_an_epoch")
def fit__with_replacement(key, model, train, test, n_epochs):
    """Draws images with replacement."""
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
    def step(state, rows):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(dropout_key, state.step)},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for epoch_key in jax.random.split(order_key, n_epochs):
        order = jax.random.randint(epoch_key, (n,), 0, n)
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "drops_anew_at_each_step")
def fit__same_dropout(key, model, train, test, n_epochs):
    """Drops with one key all the time."""
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
    def step(state, rows):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": dropout_key},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for epoch_key in jax.random.split(order_key, n_epochs):
        order = jax.random.permutation(epoch_key, n)
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "does_not_look_at_the_test_images")
def fit__unseeded(key, model, train, test, n_epochs):
    """Shuffles by NumPy's global random numbers."""
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
    def step(state, rows):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(dropout_key, state.step)},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    @jax.jit
    def accuracy(state):
        logits = model.apply({"params": state.params, "batch_stats": state.batch_stats}, test[0], train=False)
        return jnp.mean(logits.argmax(-1) == test[1])

    accuracies = []
    for _ in range(n_epochs):
        order = np.random.permutation(n)
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "gives_an_accuracy_for_each_epoch")
def fit__part_of_test(key, model, train, test, n_epochs):
    """Measures full batches of the test images alone."""
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
    def step(state, rows):
        def loss_of(params):
            logits, moved = model.apply(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(dropout_key, state.step)},
            )
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean(), moved

        gradients, moved = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, **moved)

    @jax.jit
    def accuracy(state):
        logits = model.apply(
            {"params": state.params, "batch_stats": state.batch_stats}, test[0][:-23], train=False
        )
        return jnp.mean(logits.argmax(-1) == test[1][:-23])

    accuracies = []
    for epoch_key in jax.random.split(order_key, n_epochs):
        order = jax.random.permutation(epoch_key, n)
        for start in range(0, n - size + 1, size):
            state = step(state, order[start : start + size])
        accuracies.append(accuracy(state))
    return state, jnp.stack(accuracies)


@caught_by("correct", "leaves_no_image_out_for_good")
def fit__last_images_never_seen(key, model, train, test, n_epochs):
    """Cuts off before it shuffles: the last images are never seen."""
    images, labels = (jnp.asarray(part) for part in train)
    test_images, test_labels = (jnp.asarray(part) for part in test)
    n = len(labels)
    size = min(64, n)
    n_steps = n // size
    init_key, order_key, dropout_key = jax.random.split(key, 3)
    variables = jax.jit(partial(model.init, train=False))(init_key, images[:1])
    rate = optax.cosine_decay_schedule(0.01, n_epochs * n_steps)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optax.adam(rate),
    ).replace(step=jnp.zeros((), jnp.int32))

    @jax.jit
    def step(state, images, labels, rows):

        def loss_of(params):
            logits, moved = state.apply_fn(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(dropout_key, state.step)},
            )
            losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows])
            return (losses.mean(), moved.get("batch_stats", {}))

        gradients, batch_stats = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, batch_stats=batch_stats)

    @jax.jit
    def accuracy(state, images, labels):
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        logits = state.apply_fn(variables, images, train=False)
        return jnp.mean(jnp.argmax(logits, axis=-1) == labels)

    accuracies = []
    for epoch_key in jax.random.split(order_key, n_epochs):
        order = np.asarray(jax.random.permutation(epoch_key, n_steps * size))
        for rows in order[: n_steps * size].reshape(n_steps, size):
            state = step(state, images, labels, rows)
        accuracies.append(accuracy(state, test_images, test_labels))
    return (state, jnp.stack(accuracies))


@caught_by("deeper", "takes_a_network_without_statistics")
def fit__needs_statistics(key, model, train, test, n_epochs):
    """Expects batch statistics of any network."""
    images, labels = (jnp.asarray(part) for part in train)
    test_images, test_labels = (jnp.asarray(part) for part in test)
    n = len(labels)
    size = min(64, n)
    n_steps = n // size
    init_key, order_key, dropout_key = jax.random.split(key, 3)
    variables = jax.jit(partial(model.init, train=False))(init_key, images[:1])
    rate = optax.cosine_decay_schedule(0.01, n_epochs * n_steps)
    state = TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables["batch_stats"],
        tx=optax.adam(rate),
    ).replace(step=jnp.zeros((), jnp.int32))

    @jax.jit
    def step(state, images, labels, rows):
        def loss_of(params):
            logits, moved = state.apply_fn(
                {"params": params, "batch_stats": state.batch_stats},
                images[rows],
                train=True,
                mutable=["batch_stats"],
                rngs={"dropout": jax.random.fold_in(dropout_key, state.step)},
            )
            losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows])
            return losses.mean(), moved["batch_stats"]

        gradients, batch_stats = jax.grad(loss_of, has_aux=True)(state.params)
        return state.apply_gradients(grads=gradients, batch_stats=batch_stats)

    @jax.jit
    def accuracy(state, images, labels):
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        logits = state.apply_fn(variables, images, train=False)
        return jnp.mean(jnp.argmax(logits, axis=-1) == labels)

    accuracies = []
    for epoch_key in jax.random.split(order_key, n_epochs):
        order = np.asarray(jax.random.permutation(epoch_key, n))
        for rows in order[: n_steps * size].reshape(n_steps, size):
            state = step(state, images, labels, rows)
        accuracies.append(accuracy(state, test_images, test_labels))
    return state, jnp.stack(accuracies)
