"""Plausible mistakes in CNN; each must be caught by the check named above it."""

from collections.abc import Sequence

import flax.linen as nn
import jax
from grader.kata.answers import caught_by

# CNN


@caught_by("correct", "has_these_layers")
class CNN__no_padding(nn.Module):
    """Lets each convolution cut the border off."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.Conv(size, (3, 3), padding="VALID")(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train)(x.reshape(len(x), -1))
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "has_these_layers")
class CNN__default_strides(nn.Module):
    """Pools with the strides that max_pool has by itself: 1."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.Conv(size, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train)(x.reshape(len(x), -1))
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "has_these_layers")
class CNN__no_norm(nn.Module):
    """Leaves batch normalisation out."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.max_pool(nn.relu(nn.Conv(size, (3, 3))(x)), (2, 2), (2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train)(x.reshape(len(x), -1))
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "has_these_layers")
class CNN__means(nn.Module):
    """Takes the mean of each feature, where all numbers are to stay."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.Conv(size, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = x.mean(axis=(1, 2))
        return nn.Dense(self.n_classes)(nn.Dropout(self.dropout_rate, deterministic=not train)(x))


@caught_by("correct", "has_these_layers")
class CNN__ten_classes(nn.Module):
    """Has ten classes, whatever is asked for."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.Conv(size, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train)(x.reshape(len(x), -1))
        return nn.Dense(10)(x)


@caught_by("correct", "evaluates")
class CNN__always_trains(nn.Module):
    """Ignores the mode: BatchNorm uses the batch in evaluation, too, and writes."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.Conv(size, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=False, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train)(x.reshape(len(x), -1))
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "evaluates")
class CNN__drops_in_evaluation(nn.Module):
    """Drops in evaluation, too."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.Conv(size, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=False)(x.reshape(len(x), -1))
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "evaluates")
class CNN__norm_after_relu(nn.Module):
    """Normalises after the relu."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.relu(nn.Conv(size, (3, 3))(x))
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(x, (2, 2), (2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train)(x.reshape(len(x), -1))
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "evaluates")
class CNN__probabilities(nn.Module):
    """Returns probabilities, not logits."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.Conv(size, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train)(x.reshape(len(x), -1))
        return nn.softmax(nn.Dense(self.n_classes)(x))


@caught_by("correct", "uses_the_batch_in_training")
class CNN__never_trains(nn.Module):
    """Uses what is stored in training, too."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.Conv(size, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=True, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train)(x.reshape(len(x), -1))
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "moves_its_statistics")
class CNN__default_momentum(nn.Module):
    """Leaves the momentum at 0.99."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.Conv(size, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=not train)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train)(x.reshape(len(x), -1))
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "drops_before_the_last_layer")
class CNN__drops_logits(nn.Module):
    """Drops logits."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.Conv(size, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = nn.Dense(self.n_classes)(x.reshape(len(x), -1))
        return nn.Dropout(self.dropout_rate, deterministic=not train)(x)


@caught_by("correct", "drops_before_the_last_layer")
class CNN__no_dropout(nn.Module):
    """Leaves dropout out."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for size in self.features:
            x = nn.Conv(size, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        return nn.Dense(self.n_classes)(x.reshape(len(x), -1))


@caught_by("jit", "compiles_once")
class CNN__scales_bytes(nn.Module):
    """Looks at the images to see whether they must be scaled."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        if not self.is_initializing() and x.max() > 100:
            x = x / 255
        for size in self.features:
            x = nn.Conv(size, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train)(x.reshape(len(x), -1))
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "drops_before_the_last_layer")
class CNN__fixed_key(nn.Module):
    """Drops with a key of its own."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for f in self.features:
            x = nn.relu(nn.BatchNorm(use_running_average=not train, momentum=0.9)(nn.Conv(f, (3, 3))(x)))
            x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train)(
            x.reshape(x.shape[0], -1), rng=jax.random.key(0)
        )
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "drops_before_the_last_layer")
class CNN__other_name(nn.Module):
    """Asks for a key by another name."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for f in self.features:
            x = nn.relu(nn.BatchNorm(use_running_average=not train, momentum=0.9)(nn.Conv(f, (3, 3))(x)))
            x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = nn.Dropout(self.dropout_rate, deterministic=not train, rng_collection="drop")(
            x.reshape(x.shape[0], -1)
        )
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "drops_before_the_last_layer")
class CNN__squared_rate(nn.Module):
    """Drops at another rate."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for f in self.features:
            x = nn.relu(nn.BatchNorm(use_running_average=not train, momentum=0.9)(nn.Conv(f, (3, 3))(x)))
            x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = nn.Dropout(self.dropout_rate**2, deterministic=not train)(x.reshape(x.shape[0], -1))
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "drops_before_the_last_layer")
class CNN__one_mask(nn.Module):
    """Drops the same inputs of all images."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for f in self.features:
            x = nn.relu(nn.BatchNorm(use_running_average=not train, momentum=0.9)(nn.Conv(f, (3, 3))(x)))
            x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = nn.Dropout(self.dropout_rate, broadcast_dims=(0,), deterministic=not train)(
            x.reshape(x.shape[0], -1)
        )
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "drops_before_the_last_layer")
class CNN__drops_in_every_block(nn.Module):
    """Drops after every pool."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for f in self.features:
            x = nn.relu(nn.BatchNorm(use_running_average=not train, momentum=0.9)(nn.Conv(f, (3, 3))(x)))
            x = nn.max_pool(x, (2, 2), strides=(2, 2))
            x = nn.Dropout(self.dropout_rate, deterministic=not train)(x)
        x = x.reshape(x.shape[0], -1)
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "drops_before_the_last_layer")
class CNN__drops_whole_channels(nn.Module):
    """Drops before flattening, a whole channel at a time."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for features in self.features:
            x = nn.Conv(features, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = nn.Dropout(self.dropout_rate, broadcast_dims=(1, 2), deterministic=not train)(x)
        x = x.reshape(x.shape[0], -1)
        return nn.Dense(self.n_classes)(x)


@caught_by("correct", "drops_before_the_last_layer")
class CNN__drops_whole_images(nn.Module):
    """Drops all inputs of an image or none."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        x = images
        for features in self.features:
            x = nn.Conv(features, (3, 3))(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))
        x = x.reshape(x.shape[0], -1)
        x = nn.Dropout(self.dropout_rate, broadcast_dims=(1,), deterministic=not train)(x)
        return nn.Dense(self.n_classes)(x)
