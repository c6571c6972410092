"""Honest other ways through day 14; every check must let them pass."""

from collections.abc import Sequence
from typing import Any

import flax
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from flax.training import train_state
from jax import lax


class TrainState(train_state.TrainState):
    """As it is given in the stub."""

    batch_stats: Any


# LinearRegression


class LinearRegression__dot(nn.Module):
    """Multiplies and adds row by row, with a default initialiser of another kind for b."""

    @nn.compact
    def __call__(self, x):
        b = self.param("b", lambda key: jnp.zeros(()))
        w = self.param("w", lambda key, shape: 0.01 * jax.random.normal(key, shape), (x.shape[1],))
        return jnp.sum(x * w, axis=1) + b


class LinearRegression__method(nn.Module):
    """Leaves the arithmetic to a method of its own, and maps it over the rows."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(stddev=0.01), x.shape[-1:], jnp.float32)
        b = self.param("b", nn.initializers.constant(0.0), ())
        return jax.vmap(self.predict, in_axes=(0, None, None))(x, w, b)

    def predict(self, row, w, b):
        return jnp.dot(row, w) + b


class LinearRegression__einsum(nn.Module):
    """Writes the product as an einsum, and has a field of its own."""

    deviation: float = 0.01

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(self.deviation), (x.shape[-1],))
        return jnp.einsum("nd,d->n", x, w) + self.param("b", nn.initializers.zeros_init(), ())


# RunningStandardizer


class RunningStandardizer__has_variable(nn.Module):
    """Asks whether the variables were there before, as Flax's own example does."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        initialised = self.has_variable("batch_stats", "mean")
        mean = self.variable("batch_stats", "mean", lambda: jnp.zeros(x.shape[-1]))
        var = self.variable("batch_stats", "var", lambda: jnp.ones(x.shape[-1]))
        count = self.variable("batch_stats", "count", lambda: jnp.int32(0))
        if initialised and train:
            n, k = count.value, len(x)
            total = n + k
            m, v = x.mean(axis=0), x.var(axis=0)
            new_mean = (n * mean.value + k * m) / total
            spread = n * (var.value + (mean.value - new_mean) ** 2) + k * (v + (m - new_mean) ** 2)
            mean.value, var.value, count.value = new_mean, spread / total, total
        return (x - mean.value) * lax.rsqrt(var.value + self.eps)


class RunningStandardizer__sums(nn.Module):
    """Computes with sums of squared distances, and goes back to a variance at the end."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, x.shape[1:])
        var = self.variable("batch_stats", "var", jnp.ones, x.shape[1:])
        mu, sigma2 = mean.value, var.value
        if train:
            n, k = count.value.astype(jnp.float32), jnp.float32(x.shape[0])
            delta = jnp.mean(x, axis=0) - mu
            squares = n * sigma2 + jnp.sum((x - jnp.mean(x, axis=0)) ** 2, axis=0)
            squares = squares + delta**2 * n * k / (n + k)
            mu, sigma2 = mu + delta * k / (n + k), squares / (n + k)
            if not self.is_initializing():
                count.value = count.value + x.shape[0]
                mean.value = mu
                var.value = sigma2
        return (x - mu) / jnp.sqrt(sigma2 + self.eps)


# CNN


class CNN__setup(nn.Module):
    """Makes its layers in setup."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    def setup(self):
        self.convolutions = [nn.Conv(size, (3, 3)) for size in self.features]
        self.norms = [nn.BatchNorm(momentum=0.9) for _ in self.features]
        self.dropout = nn.Dropout(self.dropout_rate)
        self.head = nn.Dense(self.n_classes)

    def __call__(self, images, train):
        x = images
        for convolution, norm in zip(self.convolutions, self.norms):
            x = norm(convolution(x), use_running_average=not train)
            x = nn.max_pool(nn.relu(x), window_shape=(2, 2), strides=(2, 2))
        x = jnp.reshape(x, (x.shape[0], -1))
        return self.head(self.dropout(x, deterministic=not train))


class CNN__named(nn.Module):
    """Names its layers, pools before the relu (which commute), and pads by hand."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for number, size in enumerate(self.features):
            x = nn.Conv(size, kernel_size=(3, 3), padding=1, name=f"stage_{number}_conv")(x)
            norm = nn.BatchNorm(use_running_average=not train, momentum=0.9, name=f"stage_{number}_norm")
            x = jax.nn.relu(nn.max_pool(norm(x), (2, 2), strides=(2, 2), padding="VALID"))
        x = x.reshape((x.shape[0], x.shape[1] * x.shape[2] * x.shape[3]))
        if train:
            x = nn.Dropout(self.dropout_rate)(x, deterministic=False)
        return nn.Dense(features=self.n_classes, name="head")(x)


class CNN__sequential(nn.Module):
    """Writes one stage as a method, and the head as a Sequential."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        def stage(x, size):
            x = nn.BatchNorm(not train, momentum=0.9)(nn.Conv(size, (3, 3), padding="SAME")(x))
            return nn.max_pool(jnp.maximum(x, 0), (2, 2), (2, 2))

        x = images
        for size in self.features:
            x = stage(x, size)
        layers = [nn.Dropout(self.dropout_rate, deterministic=not train), nn.Dense(self.n_classes)]
        return nn.Sequential(layers)(x.reshape(len(x), -1))


# create_train_state


def create_train_state__step_in_create(key, model, sample, optimizer):
    """Makes the state by its constructor, with a step of its own."""
    params_key, dropout_key = jax.random.split(key)
    variables = model.init({"params": params_key, "dropout": dropout_key}, sample, train=True)
    params = variables["params"]
    return TrainState(
        step=jnp.array(0, jnp.int32),
        apply_fn=model.apply,
        params=params,
        tx=optimizer,
        opt_state=optimizer.init(params),
        batch_stats=variables.get("batch_stats", {}),
    )


def create_train_state__pop(key, model, sample, optimizer):
    """Takes the collections apart with flax.core, and initialises for zeros like the sample."""

    class State(train_state.TrainState):
        batch_stats: Any

    variables = jax.jit(model.init, static_argnames="train")(key, jnp.zeros_like(sample), train=False)
    rest, params = flax.core.pop(variables, "params")
    statistics = rest["batch_stats"] if "batch_stats" in rest else {}
    state = State.create(apply_fn=model.apply, params=params, tx=optimizer, batch_stats=statistics)
    return state.replace(step=jnp.int32(0))


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


# numpy_collate


def numpy_collate__zip(batch):
    """Takes the pairs apart first, and moves the axis of the whole batch."""
    images, labels = zip(*batch)
    images = np.stack([np.array(image) for image in images])
    if np.issubdtype(images.dtype, np.integer):
        if images.ndim == 3:
            images = np.expand_dims(images, -1)
        images = np.divide(images, 255, dtype=np.float32)
    else:
        images = np.moveaxis(images, 1, -1).astype(np.float32)
    return images, np.stack([np.asarray(label) for label in labels]).astype(np.int32)


def numpy_collate__fills(batch):
    """Fills arrays that were made beforehand."""

    def read(image):
        pixels = np.asarray(image)
        if pixels.dtype.kind == "f":
            return np.einsum("chw->hwc", pixels)
        pixels = pixels / np.float32(255)
        return pixels.reshape(*pixels.shape[:2], -1)

    first = read(batch[0][0])
    images = np.empty((len(batch), *first.shape), np.float32)
    labels = np.empty(len(batch), np.int32)
    for row, (image, label) in enumerate(batch):
        images[row], labels[row] = read(image), int(label)
    return images, labels


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


# NnxCNN


class NnxCNN__dummy_image(nnx.Module):
    """Finds the head's size by a dry run, and has the layers of a stage side by side."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        self.stages = nnx.List([])
        channels = image_shape[-1]
        for size in features:
            self.stages.append(
                nnx.Dict(
                    conv=nnx.Conv(channels, size, kernel_size=(3, 3), padding="SAME", rngs=rngs),
                    norm=nnx.BatchNorm(size, momentum=0.9, rngs=rngs),
                )
            )
            channels = size
        h, w = image_shape[0] >> len(features), image_shape[1] >> len(features)
        self.dropout = nnx.Dropout(rate=dropout_rate, rngs=rngs)
        self.linear = nnx.Linear(h * w * channels, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for stage in self.stages:
            x = jax.nn.relu(stage["norm"](stage["conv"](x)))
            x = nnx.max_pool(x, window_shape=(2, 2), strides=(2, 2))
        x = self.dropout(x.reshape(x.shape[0], -1))
        return self.linear(x)

    def train_step(self, optimizer, images, labels):
        def loss_of(model, images, labels):
            scores = jax.nn.log_softmax(model(images))
            return -jnp.take_along_axis(scores, labels[:, None], axis=1).mean()

        loss, gradients = nnx.value_and_grad(loss_of)(self, images, labels)
        optimizer.update(model=self, grads=gradients)
        return loss


class NnxCNN__attributes(nnx.Module):
    """Sets layers as numbered attributes, and has the logits come beside the loss."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        self.depth = len(features)
        for number, size in enumerate(features):
            setattr(self, f"conv{number}", nnx.Conv(c, size, (3, 3), rngs=rngs))
            setattr(self, f"norm{number}", nnx.BatchNorm(size, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, size
        self.drop = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        for number in range(self.depth):
            images = getattr(self, f"conv{number}")(images)
            images = nnx.relu(getattr(self, f"norm{number}")(images))
            images = nnx.max_pool(images, (2, 2), (2, 2))
        return self.head(self.drop(jnp.reshape(images, (len(images), -1))))

    def train_step(self, optimizer, images, labels):
        def loss_of(model):
            logits = model(images)
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), logits

        (loss, _), gradients = nnx.value_and_grad(loss_of, has_aux=True)(self)
        optimizer.update(self, gradients)
        return loss
