"""Plausible mistakes in NnxCNN; each must be caught by the check named above it."""

import jax.numpy as jnp
import optax
from flax import nnx
from grader.kata.answers import caught_by

# NnxCNN


@caught_by("correct", "has_these_layers")
class NnxCNN__plain_list(nnx.Module):
    """Keeps the layers in a plain list."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        self.layers = []
        for size in features:
            self.layers.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            h, w, c = h // 2, w // 2, size
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        return self.head(images)

    def train_step(self, optimizer, images, labels):
        return jnp.float32(0)


@caught_by("correct", "has_these_layers")
class NnxCNN__forgets_the_pools(nnx.Module):
    """Makes the head as wide as the whole image."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        self.convolutions, self.norms = nnx.List([]), nnx.List([])
        for size in features:
            self.convolutions.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            self.norms.append(nnx.BatchNorm(size, momentum=0.9, rngs=rngs))
            c = size
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for convolution, norm in zip(self.convolutions, self.norms):
            x = nnx.max_pool(nnx.relu(norm(convolution(x))), (2, 2), strides=(2, 2))
        return self.head(self.dropout(x.reshape(len(x), -1)))

    def train_step(self, optimizer, images, labels):
        return jnp.float32(0)


@caught_by("correct", "evaluates")
class NnxCNN__always_trains(nnx.Module):
    """Says at each call that the batch is to be used."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        self.convolutions, self.norms = nnx.List([]), nnx.List([])
        for size in features:
            self.convolutions.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            self.norms.append(nnx.BatchNorm(size, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, size
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for convolution, norm in zip(self.convolutions, self.norms):
            x = norm(convolution(x), use_running_average=False)
            x = nnx.max_pool(nnx.relu(x), (2, 2), strides=(2, 2))
        return self.head(self.dropout(x.reshape(len(x), -1)))

    def train_step(self, optimizer, images, labels):
        return jnp.float32(0)


@caught_by("correct", "drops_before_the_last_layer")
class NnxCNN__no_dropout(nnx.Module):
    """Makes the dropout, and does not use it."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        self.convolutions, self.norms = nnx.List([]), nnx.List([])
        for size in features:
            self.convolutions.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            self.norms.append(nnx.BatchNorm(size, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, size
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for convolution, norm in zip(self.convolutions, self.norms):
            x = nnx.max_pool(nnx.relu(norm(convolution(x))), (2, 2), strides=(2, 2))
        return self.head(x.reshape(len(x), -1))

    def train_step(self, optimizer, images, labels):
        return jnp.float32(0)


@caught_by("correct", "train_step_returns_the_loss")
class NnxCNN__gradient_alone(nnx.Module):
    """Returns the gradients, and no loss."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        self.convolutions, self.norms = nnx.List([]), nnx.List([])
        for size in features:
            self.convolutions.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            self.norms.append(nnx.BatchNorm(size, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, size
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for convolution, norm in zip(self.convolutions, self.norms):
            x = nnx.max_pool(nnx.relu(norm(convolution(x))), (2, 2), strides=(2, 2))
        return self.head(self.dropout(x.reshape(len(x), -1)))

    def train_step(self, optimizer, images, labels):
        def loss_of(model):
            return optax.softmax_cross_entropy_with_integer_labels(model(images), labels).mean()

        gradients = nnx.grad(loss_of)(self)
        optimizer.update(self, gradients)


@caught_by("correct", "survives_large_logits")
class NnxCNN__no_update(nnx.Module):
    """Computes the gradient, and does not use it."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        self.convolutions, self.norms = nnx.List([]), nnx.List([])
        for size in features:
            self.convolutions.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            self.norms.append(nnx.BatchNorm(size, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, size
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for convolution, norm in zip(self.convolutions, self.norms):
            x = nnx.max_pool(nnx.relu(norm(convolution(x))), (2, 2), strides=(2, 2))
        return self.head(self.dropout(x.reshape(len(x), -1)))

    def train_step(self, optimizer, images, labels):
        def loss_of(model):
            return optax.softmax_cross_entropy_with_integer_labels(model(images), labels).mean()

        loss, gradients = nnx.value_and_grad(loss_of)(self)
        return loss


@caught_by("correct", "train_step_moves_the_statistics")
class NnxCNN__calls_twice(nnx.Module):
    """Calls the model once for the loss and once for the gradient: the statistics move twice."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        self.convolutions, self.norms = nnx.List([]), nnx.List([])
        for size in features:
            self.convolutions.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            self.norms.append(nnx.BatchNorm(size, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, size
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for convolution, norm in zip(self.convolutions, self.norms):
            x = nnx.max_pool(nnx.relu(norm(convolution(x))), (2, 2), strides=(2, 2))
        return self.head(self.dropout(x.reshape(len(x), -1)))

    def train_step(self, optimizer, images, labels):
        def loss_of(model):
            return optax.softmax_cross_entropy_with_integer_labels(model(images), labels).mean()

        loss = loss_of(self)
        optimizer.update(self, nnx.grad(loss_of)(self))
        return loss


@caught_by("correct", "train_step_moves_the_statistics")
class NnxCNN__default_momentum(nnx.Module):
    """Leaves the momentum at 0.99."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        self.convolutions, self.norms = nnx.List([]), nnx.List([])
        for size in features:
            self.convolutions.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            self.norms.append(nnx.BatchNorm(size, rngs=rngs))
            h, w, c = h // 2, w // 2, size
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for convolution, norm in zip(self.convolutions, self.norms):
            x = nnx.max_pool(nnx.relu(norm(convolution(x))), (2, 2), strides=(2, 2))
        return self.head(self.dropout(x.reshape(len(x), -1)))

    def train_step(self, optimizer, images, labels):
        def loss_of(model):
            return optax.softmax_cross_entropy_with_integer_labels(model(images), labels).mean()

        loss, gradients = nnx.value_and_grad(loss_of)(self)
        optimizer.update(self, gradients)
        return loss


@caught_by("jit", "compiles_once")
class NnxCNN__counts_in_python(nnx.Module):
    """Counts its steps in a Python number, which is structure to nnx.jit."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        self.steps = 0
        self.convolutions, self.norms = nnx.List([]), nnx.List([])
        for size in features:
            self.convolutions.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            self.norms.append(nnx.BatchNorm(size, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, size
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for convolution, norm in zip(self.convolutions, self.norms):
            x = nnx.max_pool(nnx.relu(norm(convolution(x))), (2, 2), strides=(2, 2))
        return self.head(self.dropout(x.reshape(len(x), -1)))

    def train_step(self, optimizer, images, labels):
        def loss_of(model):
            return optax.softmax_cross_entropy_with_integer_labels(model(images), labels).mean()

        loss, gradients = nnx.value_and_grad(loss_of)(self)
        optimizer.update(self, gradients)
        self.steps += 1
        return loss


@caught_by("correct", "drops_before_the_last_layer")
class NnxCNN__no_rngs(nnx.Module):
    """Makes Dropout without rngs."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        convs, norms = [], []
        for f in features:
            convs.append(nnx.Conv(c, f, (3, 3), rngs=rngs))
            norms.append(nnx.BatchNorm(f, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, f
        self.convs, self.norms = nnx.List(convs), nnx.List(norms)
        self.drop = nnx.Dropout(dropout_rate)
        self.out = nnx.Linear(c * h * w, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = nnx.max_pool(nnx.relu(norm(conv(x))), (2, 2), strides=(2, 2))
        return self.out(self.drop(x.reshape(x.shape[0], -1)))

    def train_step(self, optimizer, images, labels):
        loss, gradients = nnx.value_and_grad(
            lambda m: optax.softmax_cross_entropy_with_integer_labels(m(images), labels).mean()
        )(self)
        optimizer.update(self, gradients)
        return loss


@caught_by("correct", "takes_its_randomness_from_rngs")
class NnxCNN__own_rngs(nnx.Module):
    """Makes rngs of its own for Dropout."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        convs, norms = [], []
        for f in features:
            convs.append(nnx.Conv(c, f, (3, 3), rngs=rngs))
            norms.append(nnx.BatchNorm(f, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, f
        self.convs, self.norms = nnx.List(convs), nnx.List(norms)
        self.drop = nnx.Dropout(dropout_rate, rngs=nnx.Rngs(0))
        self.out = nnx.Linear(c * h * w, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = nnx.max_pool(nnx.relu(norm(conv(x))), (2, 2), strides=(2, 2))
        return self.out(self.drop(x.reshape(x.shape[0], -1)))

    def train_step(self, optimizer, images, labels):
        loss, gradients = nnx.value_and_grad(
            lambda m: optax.softmax_cross_entropy_with_integer_labels(m(images), labels).mean()
        )(self)
        optimizer.update(self, gradients)
        return loss


@caught_by("correct", "takes_its_randomness_from_rngs")
class NnxCNN__fixed_rngs(nnx.Module):
    """Puts rngs of its own in place of the caller's."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        rngs = nnx.Rngs(0)
        h, w, c = image_shape
        convs, norms = [], []
        for f in features:
            convs.append(nnx.Conv(c, f, (3, 3), rngs=rngs))
            norms.append(nnx.BatchNorm(f, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, f
        self.convs, self.norms = nnx.List(convs), nnx.List(norms)
        self.drop = nnx.Dropout(dropout_rate, rngs=rngs)
        self.out = nnx.Linear(c * h * w, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = nnx.max_pool(nnx.relu(norm(conv(x))), (2, 2), strides=(2, 2))
        return self.out(self.drop(x.reshape(x.shape[0], -1)))

    def train_step(self, optimizer, images, labels):
        loss, gradients = nnx.value_and_grad(
            lambda m: optax.softmax_cross_entropy_with_integer_labels(m(images), labels).mean()
        )(self)
        optimizer.update(self, gradients)
        return loss


@caught_by("correct", "drops_before_the_last_layer")
class NnxCNN__drops_in_every_block(nnx.Module):
    """Drops after every pool."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        convs, norms = [], []
        for f in features:
            convs.append(nnx.Conv(c, f, (3, 3), rngs=rngs))
            norms.append(nnx.BatchNorm(f, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, f
        self.convs, self.norms = nnx.List(convs), nnx.List(norms)
        self.drop = nnx.Dropout(dropout_rate, rngs=rngs)
        self.out = nnx.Linear(c * h * w, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = self.drop(nnx.max_pool(nnx.relu(norm(conv(x))), (2, 2), strides=(2, 2)))
        return self.out(x.reshape(x.shape[0], -1))

    def train_step(self, optimizer, images, labels):
        loss, gradients = nnx.value_and_grad(
            lambda m: optax.softmax_cross_entropy_with_integer_labels(m(images), labels).mean()
        )(self)
        optimizer.update(self, gradients)
        return loss


@caught_by("correct", "survives_large_logits")
class NnxCNN__eps_in_the_log(nnx.Module):
    """Adds 1e-8 to the probabilities."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        convolutions, norms = ([], [])
        for size in features:
            convolutions.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            norms.append(nnx.BatchNorm(size, momentum=0.9, rngs=rngs))
            h, w, c = (h // 2, w // 2, size)
        self.convolutions = nnx.List(convolutions)
        self.norms = nnx.List(norms)
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = nnx.max_pool(nnx.relu(norm(convolution(x))), (2, 2), strides=(2, 2))
        return self.head(self.dropout(x.reshape(x.shape[0], -1)))

    def train_step(self, optimizer, images, labels):
        def loss_of(model):
            logits = model(images)
            return -jnp.log(nnx.softmax(logits) + 1e-08)[jnp.arange(len(labels)), labels].mean()

        loss, gradients = nnx.value_and_grad(loss_of)(self)
        optimizer.update(self, gradients)
        return loss


@caught_by("correct", "evaluates")
class NnxCNN__always_drops(nnx.Module):
    """Switches dropout to training mode in each call."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        convolutions, norms = ([], [])
        for size in features:
            convolutions.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            norms.append(nnx.BatchNorm(size, momentum=0.9, rngs=rngs))
            h, w, c = (h // 2, w // 2, size)
        self.convolutions = nnx.List(convolutions)
        self.norms = nnx.List(norms)
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = nnx.max_pool(nnx.relu(norm(convolution(x))), (2, 2), strides=(2, 2))
        self.dropout.deterministic = False
        return self.head(self.dropout(x.reshape(x.shape[0], -1)))

    def train_step(self, optimizer, images, labels):
        def loss_of(model):
            logits = model(images)
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        loss, gradients = nnx.value_and_grad(loss_of)(self)
        optimizer.update(self, gradients)
        return loss


@caught_by("deeper", "has_any_number_of_layers")
class NnxCNN__two_blocks(nnx.Module):
    """Runs two blocks, however many there are in features."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        convolutions, norms = [], []
        for size in features:
            convolutions.append(nnx.Conv(c, size, (3, 3), rngs=rngs))
            norms.append(nnx.BatchNorm(size, momentum=0.9, rngs=rngs))
            h, w, c = h // 2, w // 2, size
        self.convolutions = nnx.List(convolutions)
        self.norms = nnx.List(norms)
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(h * w * c, n_classes, rngs=rngs)

    def __call__(self, images):
        x = images
        for convolution, norm in zip(self.convolutions[:2], self.norms[:2], strict=True):
            x = nnx.max_pool(nnx.relu(norm(convolution(x))), (2, 2), strides=(2, 2))
        return self.head(self.dropout(x.reshape(x.shape[0], -1)))

    def train_step(self, optimizer, images, labels):
        def loss_of(model):
            logits = model(images)
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        loss, gradients = nnx.value_and_grad(loss_of)(self)
        optimizer.update(self, gradients)
        return loss
