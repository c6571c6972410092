"""Other right answers of day 8; all must pass every check."""

import functools

import jax
import jax.numpy as jnp
from jax import lax

# init_mlp


def init_mlp__folds_in_the_layer(key, sizes, gain):
    """Numbers the layers."""
    return [
        {
            "w": (gain * fan_in**-0.5) * jax.random.normal(jax.random.fold_in(key, i), (fan_in, fan_out)),
            "b": jnp.zeros((fan_out,)),
        }
        for i, (fan_in, fan_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True))
    ]


def init_mlp__splits_as_it_goes(key, sizes, gain):
    """Carries the key along."""
    params = []
    for i in range(len(sizes) - 1):
        key, subkey = jax.random.split(key)
        w = jax.random.normal(subkey, sizes[i : i + 2], dtype=jnp.float32)
        scale = jnp.sqrt(jnp.square(gain) / sizes[i])
        params.append({"w": scale * w, "b": jnp.zeros_like(w[0])})
    return params


def init_mlp__one_long_draw(key, sizes, gain):
    """Draws all weights at once, and cuts them up."""
    pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
    numbers = jax.random.normal(key, (sum(m * n for m, n in pairs),))
    layers, start = [], 0
    for m, n in pairs:
        w = numbers[start : start + m * n].reshape(m, n)
        layers.append({"b": jnp.zeros(n), "w": w * gain / jnp.sqrt(jnp.float32(m))})
        start += m * n
    return layers


@functools.partial(jax.jit, static_argnames="sizes")
def init_mlp__multivariate(key, sizes, gain):
    """Compiled by the learner, by another way to normals."""
    layers = []
    for k, m, n in zip(jax.random.split(key, len(sizes) - 1), sizes[:-1], sizes[1:], strict=True):
        radius_key, angle_key = jax.random.split(k)
        radius = jnp.sqrt(2 * jax.random.exponential(radius_key, (m, n)))
        angle = jax.random.uniform(angle_key, (m, n), maxval=2 * jnp.pi)
        layers.append({"w": radius * jnp.cos(angle) * gain / m**0.5, "b": jnp.zeros(n)})
    return layers


# forward


def forward__counts_layers(params, x, activation):
    """Asks of each layer whether it is the last."""
    for i, layer in enumerate(params):
        x = jnp.dot(x, layer["w"]) + layer["b"]
        if i < len(params) - 1:
            x = activation(x)
    return x


def forward__folds(params, x, activation):
    """Folds the hidden layers with reduce."""

    def through(h, layer):
        return activation(jnp.einsum("i,ij->j", h, layer["w"]) + layer["b"])

    h = functools.reduce(through, params[:-1], x)
    return params[-1]["b"] + params[-1]["w"].T @ h


def forward__recursive(params, x, activation):
    """Peels the first layer off."""
    z = x @ params[0]["w"] + params[0]["b"]
    return z if len(params) == 1 else forward(params[1:], activation(z), activation)  # noqa: F821


@functools.partial(jax.jit, static_argnames="activation")
def forward__compiled(params, x, activation):
    """Compiled by the learner, with a batch of one inside."""
    h = x[None]
    for layer in params[:-1]:
        h = activation(jnp.matmul(h, layer["w"]) + layer["b"])
    return (jnp.matmul(h, params[-1]["w"]) + params[-1]["b"])[0]


# mse


def mse__dot_product(predictions, targets):
    """Multiplies the residual with itself."""
    if jnp.shape(predictions) != jnp.shape(targets):
        raise ValueError(f"{predictions.shape} is not {targets.shape}")
    residual = jnp.ravel(predictions - targets)
    return residual @ residual / residual.size


def mse__average(predictions, targets):
    """Compares the shapes axis by axis, and averages powers."""
    if predictions.ndim != targets.ndim or any(m != n for m, n in zip(predictions.shape, targets.shape)):  # noqa: B905
        raise ValueError("two shapes")
    return jnp.average((predictions - targets) ** 2)


@jax.jit
def mse__sum_over_size(predictions, targets):
    """Compiled by the learner."""
    if predictions.shape != targets.shape:
        raise ValueError("two shapes")
    difference = targets - predictions
    return jnp.sum(difference * difference) / difference.size


# log_softmax


def log_softmax__of_one_row_lifted(logits):
    """Lifts one row over all batch axes."""

    def row(z):
        z = z - z.max()
        return z - jnp.log(jnp.exp(z).sum())

    function = row
    for _ in range(logits.ndim - 1):
        function = jax.vmap(function)
    return function(logits)


def log_softmax__stops_the_maximum(logits):
    """Stops the gradient at the maximum, which cancels anyway."""
    top = lax.stop_gradient(jnp.max(logits, -1, keepdims=True))
    return (logits - top) - jnp.log(jnp.sum(jnp.exp(logits - top), -1, keepdims=True))


def log_softmax__logaddexp(logits):
    """Adds up in logarithms, one class after the other, in a compiled loop."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)

    def add(total, column):
        return jnp.logaddexp(total, column), None

    columns = jnp.moveaxis(shifted, -1, 0)
    total, _ = lax.scan(add, columns[0], columns[1:])
    return shifted - total[..., None]


# cross_entropy


def cross_entropy__take_along_axis(logits, labels):
    """Picks with take_along_axis."""
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - jnp.log(jnp.exp(z).sum(axis=1, keepdims=True))
    return -jnp.take_along_axis(log_p, labels[:, None], axis=1).mean()


def cross_entropy__one_hot_rows(logits, labels):
    """Multiplies with one-hot rows."""
    z = logits - jnp.max(logits, axis=-1, keepdims=True)
    hot = labels[:, None] == jnp.arange(logits.shape[-1])
    picked = jnp.sum(jnp.where(hot, z, 0.0), axis=-1)
    return jnp.mean(jnp.log(jnp.sum(jnp.exp(z), axis=-1)) - picked)


def cross_entropy__one_example_lifted(logits, labels):
    """Lifts the surprise at one label."""

    def surprise(row, label):
        z = row - jnp.max(row)
        return jnp.log(jnp.sum(jnp.exp(z))) - z[label]

    return jnp.mean(jax.vmap(surprise)(logits, labels))


def cross_entropy__shifted_by_the_label(logits, labels):
    """Measures each logit from the label's own, and the maximum among those."""
    z = logits - jnp.take_along_axis(logits, labels[:, None], axis=-1)
    top = jnp.max(z, axis=-1)
    return jnp.sum(top + jnp.log(jnp.sum(jnp.exp(z - top[:, None]), axis=-1))) / len(labels)


def cross_entropy__scan(logits, labels):
    """Adds one example after the other, in a compiled loop."""

    def add(total, example):
        row, label = example
        z = row - jnp.max(row)
        return total + jnp.log(jnp.sum(jnp.exp(z))) - z[label], None

    total, _ = lax.scan(add, jnp.float32(0), (logits, labels))
    return total / len(labels)


# sgd_step


def sgd_step__leaves(params, x, y, learning_rate, loss):
    """Takes the tree apart and puts it together again."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    leaves, structure = jax.tree.flatten(params)
    slopes = jax.tree.leaves(gradients)
    after = [p - jnp.asarray(learning_rate * g, p.dtype) for p, g in zip(leaves, slopes, strict=True)]
    return jax.tree.unflatten(structure, after), value


def sgd_step__loss_and_gradient_apart(params, x, y, learning_rate, loss):
    """Asks for the loss and for its gradient, one after the other."""
    value = loss(params, x, y)
    gradients = jax.grad(loss)(params, x, y)

    def descend(p, g):
        return p - jnp.asarray(learning_rate, p.dtype) * g

    return jax.tree.map(descend, params, gradients), value


def sgd_step__pulls_back(params, x, y, learning_rate, loss):
    """Uses vjp, and scales what is pulled back."""
    value, pull = jax.vjp(lambda p: loss(p, x, y), params)
    (gradients,) = pull(jnp.ones_like(value))
    updates = jax.tree.map(lambda g: -learning_rate * g, gradients)
    return jax.tree.map(lambda p, u: (p + u).astype(p.dtype), params, updates), value


@functools.partial(jax.jit, static_argnames="loss")
def sgd_step__compiled(params, x, y, learning_rate, loss):
    """Compiled by the learner."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value


# fit


def fit__fori_loop(params, x, y, learning_rate, n_steps, loss):
    """Writes the losses into an array, in a fori_loop."""

    def step(k, carry):
        params, losses = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        params = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
        return params, losses.at[k].set(value)

    return lax.fori_loop(0, n_steps, step, (params, jnp.zeros(n_steps)))


def fit__while_loop(params, x, y, learning_rate, n_steps, loss):
    """Counts by itself, in a while_loop."""

    def step(carry):
        k, params, losses = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        after = jax.tree.map(lambda p, g: p - (learning_rate * g).astype(p.dtype), params, gradients)
        return k + 1, after, losses.at[k].set(value)

    start = jnp.int32(0), params, jnp.zeros((n_steps,), jnp.float32)
    _, params, losses = lax.while_loop(lambda carry: carry[0] < n_steps, step, start)
    return params, losses


@functools.partial(jax.jit, static_argnames=("n_steps", "loss"))
def fit__compiled_scan(params, x, y, learning_rate, n_steps, loss):
    """Compiled by the learner, with a named step inside."""

    @jax.jit
    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        rate = jnp.asarray(learning_rate)
        return jax.tree.map(lambda p, g: p - rate.astype(p.dtype) * g, params, gradients), value

    params, losses = lax.scan(step, params, jnp.arange(n_steps), unroll=4)
    return params, losses


def fit__collects_all_parameters(params, x, y, learning_rate, n_steps, loss):
    """Keeps the parameters of each step, and takes the losses at the end."""

    def step(params, _):
        gradients = jax.grad(loss)(params, x, y)
        after = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
        return after, params

    after, history = lax.scan(step, params, None, length=n_steps)
    return after, jax.vmap(lambda p: loss(p, x, y))(history)


# accuracy_and_confusion


def accuracy_and_confusion__one_hot_product(logits, labels, n_classes):
    """Multiplies one-hot rows."""
    choices = jnp.argmax(logits, axis=1)
    classes = jnp.arange(n_classes)
    actual = (labels[:, None] == classes).astype(jnp.int32)
    chosen = (choices[:, None] == classes).astype(jnp.int32)
    counted = (labels >= 0).sum()
    right = ((choices == labels) & (labels >= 0)).sum()
    return jnp.where(counted > 0, right / jnp.maximum(counted, 1), 0.0), actual.T @ chosen


def accuracy_and_confusion__bincount(logits, labels, n_classes):
    """Numbers the cells through and counts them."""
    cells = labels * n_classes + jnp.argmax(logits, axis=-1)
    cells = jnp.where(labels < 0, n_classes**2, cells)
    counts = jnp.bincount(cells, length=n_classes**2 + 1)[:-1]
    confusion = counts.reshape(n_classes, n_classes)
    right, total = jnp.diagonal(confusion).sum(), confusion.sum()
    return jnp.nan_to_num(right / total), confusion


def accuracy_and_confusion__weighted_scatter(logits, labels, n_classes):
    """Lets padding add 0."""
    counts = (labels != -1).astype(jnp.int32)
    choices = logits.argmax(axis=-1)
    confusion = jnp.zeros((n_classes, n_classes), jnp.int32).at[labels, choices].add(counts)
    accuracy = jnp.sum(counts * (choices == labels)) / jnp.maximum(counts.sum(), 1)
    return accuracy, confusion


def accuracy_and_confusion__one_pair_lifted(logits, labels, n_classes):
    """Lifts the count of one pair of classes."""
    choices = jnp.argmax(logits, axis=-1)

    def count(label, choice):
        return jnp.sum((labels == label) & (choices == choice))

    classes = jnp.arange(n_classes)
    confusion = jax.vmap(jax.vmap(count, (None, 0)), (0, None))(classes, classes)
    return jnp.trace(confusion) / jnp.clip(confusion.sum(), 1), confusion
