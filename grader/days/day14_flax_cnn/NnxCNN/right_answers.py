"""Other honest ways to write NnxCNN; each must pass every check."""

import jax
import jax.numpy as jnp
import optax
from flax import nnx

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
