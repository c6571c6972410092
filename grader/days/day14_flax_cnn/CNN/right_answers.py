"""Other honest ways to write CNN; each must pass every check."""

from collections.abc import Sequence
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

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


class CNN__merged_params(nn.Module):
    """Chooses the mode by nn.merge_param-like keywords, and pools by reduce_window."""

    features: Sequence[int] = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        evaluates = not train
        x = images
        for size in self.features:
            x = nn.Conv(features=size, kernel_size=(3, 3), strides=(1, 1), padding=((1, 1), (1, 1)))(x)
            x = nn.relu(nn.BatchNorm(momentum=0.9)(x, use_running_average=evaluates))
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        x = nn.Dropout(rate=self.dropout_rate)(jax.vmap(jnp.ravel)(x), deterministic=evaluates)
        return nn.Dense(self.n_classes)(x)


class CNN__setup_lists(nn.Module):
    """All layers are made in setup, torch-like, and called in order."""

    features: tuple = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    def setup(self):
        self.convolutions = [nn.Conv(width, kernel_size=(3, 3), padding="SAME") for width in self.features]
        self.norms = [nn.BatchNorm(momentum=0.9) for _ in self.features]
        self.dropout = nn.Dropout(rate=self.dropout_rate)
        self.head = nn.Dense(self.n_classes)

    def __call__(self, images, train):
        h = images
        for convolution, norm in zip(self.convolutions, self.norms):
            h = convolution(h)
            h = norm(h, use_running_average=not train)
            h = nn.relu(h)
            h = nn.max_pool(h, window_shape=(2, 2), strides=(2, 2))
        h = h.reshape((h.shape[0], -1))
        h = self.dropout(h, deterministic=not train)
        return self.head(h)


class CNN__compact_partial(nn.Module):
    """A compact loop with partials for what depends on train."""

    features: tuple = (16, 32)
    n_classes: int = 10
    dropout_rate: float = 0.25

    @nn.compact
    def __call__(self, images, train):
        norm = partial(nn.BatchNorm, use_running_average=not train, momentum=0.9)
        pool = partial(nn.max_pool, window_shape=(2, 2), strides=(2, 2))
        h = images
        for width in self.features:
            h = pool(nn.relu(norm()(nn.Conv(width, (3, 3), padding="SAME", use_bias=True)(h))))
        h = lax.collapse(h, 1, h.ndim)
        h = nn.Dropout(self.dropout_rate)(h, deterministic=not train)
        return nn.Dense(self.n_classes)(h)
