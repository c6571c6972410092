"""Other honest ways to write NnxCNN; each must pass every check."""

import math
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax import lax

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


class NnxCNN__parallel_lists(nnx.Module):
    """Two nnx.Lists side by side; the loss as logsumexp of relative logits."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        h, w, c = image_shape
        widths = (c, *features)
        self.convs = nnx.List(
            [nnx.Conv(a, b, (3, 3), padding="SAME", rngs=rngs) for a, b in zip(widths[:-1], widths[1:])]
        )
        self.norms = nnx.List([nnx.BatchNorm(b, momentum=0.9, rngs=rngs) for b in features])
        self.dropout = nnx.Dropout(rate=dropout_rate, rngs=rngs)
        shrink = 2 ** len(features)
        self.head = nnx.Linear((h // shrink) * (w // shrink) * widths[-1], n_classes, rngs=rngs)

    def __call__(self, images):
        for conv, norm in zip(self.convs, self.norms):
            images = nnx.max_pool(nnx.relu(norm(conv(images))), (2, 2), strides=(2, 2))
        return self.head(self.dropout(lax.collapse(images, 1, images.ndim)))

    def train_step(self, optimizer, images, labels):
        def objective(model):
            logits = model(images)
            own = jnp.take_along_axis(logits, labels[:, None].astype(jnp.int32), axis=-1)
            return jnp.mean(jax.nn.logsumexp(logits - own, axis=-1))

        loss, gradient = nnx.value_and_grad(objective)(self)
        optimizer.update(self, gradient)
        return loss


class NnxcnnBlockModulesBlock(nnx.Module):
    def __init__(self, n_in, n_out, rngs):
        self.convolution = nnx.Conv(n_in, n_out, kernel_size=(3, 3), padding="SAME", rngs=rngs)
        self.norm = nnx.BatchNorm(n_out, momentum=0.9, rngs=rngs)

    def __call__(self, h):
        h = nnx.relu(self.norm(self.convolution(h)))
        return nnx.max_pool(h, window_shape=(2, 2), strides=(2, 2))


class NnxCNN__block_modules(nnx.Module):
    """Blocks are modules of their own; the network is a list of blocks."""

    def __init__(self, image_shape, rngs, features=(16, 32), n_classes=10, dropout_rate=0.25):
        height, width, channels = image_shape
        blocks = []
        for n_out in features:
            blocks.append(NnxcnnBlockModulesBlock(channels, n_out, rngs))
            height, width, channels = height // 2, width // 2, n_out
        self.blocks = nnx.List(blocks)
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear(height * width * channels, n_classes, rngs=rngs)

    def __call__(self, images):
        h = images
        for block in self.blocks:
            h = block(h)
        h = h.reshape(h.shape[0], -1)
        return self.head(self.dropout(h))

    def train_step(self, optimizer, images, labels):
        def loss_of(model):
            logits = model(images)
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        loss, gradients = nnx.value_and_grad(loss_of)(self)
        optimizer.update(self, gradients)
        return loss


def nnxcnn_pairwise_nnx_mean_loss(model, images, labels):
    log_p = jax.nn.log_softmax(model(images), axis=-1)
    return -jnp.mean(jax.vmap(lambda row, label: row[label])(log_p, labels))


class NnxCNN__pairwise(nnx.Module):
    """Functional: layers from pairwise widths, the forward pass a fold over (conv, norm) pairs."""

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        rngs: nnx.Rngs,
        features: Sequence[int] = (16, 32),
        n_classes: int = 10,
        dropout_rate: float = 0.25,
    ) -> None:
        *sizes, channels = image_shape
        widths = (channels, *features)
        self.convs = nnx.List(
            [nnx.Conv(a, b, kernel_size=(3, 3), padding="SAME", rngs=rngs) for a, b in pairwise(widths)]
        )
        self.norms = nnx.List([nnx.BatchNorm(b, momentum=0.9, rngs=rngs) for b in widths[1:]])
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        flat = math.prod(size >> len(features) for size in sizes) * widths[-1]
        self.head = nnx.Linear(flat, n_classes, rngs=rngs)

    def __call__(self, images):
        def block(h, layers):
            conv, norm = layers
            return nnx.max_pool(nnx.relu(norm(conv(h))), window_shape=(2, 2), strides=(2, 2))

        h = reduce(block, zip(self.convs, self.norms), images)
        return self.head(self.dropout(h.reshape(h.shape[0], math.prod(h.shape[1:]))))

    def train_step(self, optimizer: nnx.Optimizer, images, labels):
        loss, gradients = nnx.value_and_grad(nnxcnn_pairwise_nnx_mean_loss)(self, images, labels)
        optimizer.update(self, gradients)
        return loss


class NnxcnnBlocksBlock(nnx.Module):
    def __init__(self, n_in: int, n_out: int, rngs: nnx.Rngs):
        self.conv = nnx.Conv(n_in, n_out, kernel_size=(3, 3), padding="SAME", rngs=rngs)
        self.norm = nnx.BatchNorm(n_out, momentum=0.9, rngs=rngs)

    def __call__(self, h):
        return nnx.max_pool(nnx.relu(self.norm(self.conv(h))), window_shape=(2, 2), strides=(2, 2))


class NnxCNN__blocks(nnx.Module):
    """A small block module for convolution, norm, relu and pool."""

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        rngs: nnx.Rngs,
        features: Sequence[int] = (16, 32),
        n_classes: int = 10,
        dropout_rate: float = 0.25,
    ) -> None:
        h, w, c = image_shape
        widths = [c, *features]
        self.blocks = nnx.List([NnxcnnBlocksBlock(a, b, rngs) for a, b in zip(widths, widths[1:])])
        shrink = 2 ** len(features)
        self.dropout = nnx.Dropout(dropout_rate, rngs=rngs)
        self.head = nnx.Linear((h // shrink) * (w // shrink) * widths[-1], n_classes, rngs=rngs)

    def __call__(self, images):
        h = images
        for block in self.blocks:
            h = block(h)
        return self.head(self.dropout(h.reshape(h.shape[0], -1)))

    def train_step(self, optimizer, images, labels):
        def objective(model):
            return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(model(images), labels))

        loss, gradients = nnx.value_and_grad(objective)(self)
        optimizer.update(self, gradients)
        return loss
