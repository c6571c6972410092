"""Plausible mistakes of day 14; each must be caught by the check named above it."""

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from flax.training import train_state

from tests.answers import caught_by


class TrainState(train_state.TrainState):
    batch_stats: Any


# LinearRegression


@caught_by("correct", "uses_no_layer")
class LinearRegression__dense(nn.Module):
    """Takes the layer that does it all."""

    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x)[:, 0]


@caught_by("correct", "makes_two_parameters")
class LinearRegression__column(nn.Module):
    """Gives w a second axis, and the result, too."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(0.01), (x.shape[-1], 1))
        b = self.param("b", nn.initializers.zeros, (1,))
        return x @ w + b


@caught_by("correct", "makes_two_parameters")
class LinearRegression__one_name(nn.Module):
    """Gives both parameters the same name."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(0.01), (x.shape[-1],))
        b = self.param("w", nn.initializers.zeros, ())
        return x @ w + b


@caught_by("correct", "makes_two_parameters")
class LinearRegression__lecun(nn.Module):
    """Draws a vector by an initialiser that wants two axes."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.lecun_normal(), (x.shape[-1],))
        return x @ w + self.param("b", nn.initializers.zeros, ())


@caught_by("correct", "makes_two_parameters")
class LinearRegression__variables(nn.Module):
    """Makes variables, which are no parameters."""

    @nn.compact
    def __call__(self, x):
        w = self.variable("weights", "w", jnp.zeros, (x.shape[-1],))
        b = self.variable("weights", "b", jnp.zeros, ())
        return x @ w.value + b.value


@caught_by("correct", "by_hand")
class LinearRegression__no_bias(nn.Module):
    """Makes b, and forgets to add it."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(0.01), (x.shape[-1],))
        self.param("b", nn.initializers.zeros, ())
        return x @ w


@caught_by("correct", "by_hand")
class LinearRegression__keeps_axes(nn.Module):
    """Returns a column: one axis too many."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(0.01), (x.shape[-1],))
        return (x @ w + self.param("b", nn.initializers.zeros, ()))[:, None]


@caught_by("correct", "draws_its_weights")
class LinearRegression__zeros(nn.Module):
    """Starts from zeros."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.zeros, (x.shape[-1],))
        return x @ w + self.param("b", nn.initializers.zeros, ())


@caught_by("correct", "draws_its_weights")
class LinearRegression__own_key(nn.Module):
    """Draws from a key of its own."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", lambda key: 0.01 * jax.random.normal(jax.random.key(0), (x.shape[-1],)))
        return x @ w + self.param("b", nn.initializers.zeros, ())


@caught_by("correct", "fits_a_line")
class LinearRegression__skips_zero(nn.Module):
    """Adds b only if there is something to add."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(0.01), (x.shape[-1],))
        b = self.param("b", nn.initializers.zeros, ())
        y = x @ w
        if not self.is_initializing() and b != 0:
            y = y + b
        return y


# RunningStandardizer


@caught_by("correct", "begins_with_nothing")
class RunningStandardizer__counts_init(nn.Module):
    """Takes the example that init shows it for data."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, x.shape[-1:])
        var = self.variable("batch_stats", "var", jnp.ones, x.shape[-1:])
        if train:
            n, k = count.value, x.shape[0]
            delta = x.mean(0) - mean.value
            var.value = (n * var.value + k * x.var(0)) / (n + k) + delta**2 * n * k / (n + k) ** 2
            mean.value += delta * k / (n + k)
            count.value = n + k
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


@caught_by("correct", "begins_with_nothing")
class RunningStandardizer__parameters(nn.Module):
    """Makes the statistics parameters."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        mean = self.param("mean", nn.initializers.zeros, x.shape[-1:])
        var = self.param("var", nn.initializers.ones, x.shape[-1:])
        return (x - mean) / jnp.sqrt(var + self.eps)


@caught_by("correct", "begins_with_nothing")
class RunningStandardizer__float_count(nn.Module):
    """Counts in floats."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        count = self.variable("batch_stats", "count", jnp.zeros, ())
        mean = self.variable("batch_stats", "mean", jnp.zeros, x.shape[-1:])
        var = self.variable("batch_stats", "var", jnp.ones, x.shape[-1:])
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


@caught_by("correct", "stands_still_in_evaluation")
class RunningStandardizer__always(nn.Module):
    """Moves the statistics in evaluation, too."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, x.shape[-1:])
        var = self.variable("batch_stats", "var", jnp.ones, x.shape[-1:])
        if not self.is_initializing():
            n, k = count.value, x.shape[0]
            delta = x.mean(0) - mean.value
            var.value = (n * var.value + k * x.var(0)) / (n + k) + delta**2 * n * k / (n + k) ** 2
            mean.value += delta * k / (n + k)
            count.value = n + k
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


@caught_by("correct", "uses_its_statistics_in_evaluation")
class RunningStandardizer__batch_in_evaluation(nn.Module):
    """Standardises each batch by itself."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, x.shape[-1:])
        var = self.variable("batch_stats", "var", jnp.ones, x.shape[-1:])
        return (x - x.mean(0)) / jnp.sqrt(x.var(0) + self.eps)


@caught_by("correct", "takes_a_first_batch")
class RunningStandardizer__forgets_to_write(nn.Module):
    """Computes new statistics and keeps them to itself."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32).value
        mean = self.variable("batch_stats", "mean", jnp.zeros, x.shape[-1:]).value
        var = self.variable("batch_stats", "var", jnp.ones, x.shape[-1:]).value
        if train and not self.is_initializing():
            n, k = count, x.shape[0]
            delta = x.mean(0) - mean
            var = (n * var + k * x.var(0)) / (n + k) + delta**2 * n * k / (n + k) ** 2
            mean, count = mean + delta * k / (n + k), n + k
        return (x - mean) / jnp.sqrt(var + self.eps)


@caught_by("correct", "takes_a_first_batch")
class RunningStandardizer__momentum(nn.Module):
    """Moves a tenth of the way, as BatchNorm does."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, x.shape[-1:])
        var = self.variable("batch_stats", "var", jnp.ones, x.shape[-1:])
        if train and not self.is_initializing():
            mean.value = 0.9 * mean.value + 0.1 * x.mean(0)
            var.value = 0.9 * var.value + 0.1 * x.var(0)
            count.value += x.shape[0]
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


@caught_by("correct", "standardizes_with_the_new_statistics")
class RunningStandardizer__old_statistics(nn.Module):
    """Standardises first, and moves the statistics afterwards."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, x.shape[-1:])
        var = self.variable("batch_stats", "var", jnp.ones, x.shape[-1:])
        y = (x - mean.value) / jnp.sqrt(var.value + self.eps)
        if train and not self.is_initializing():
            n, k = count.value, x.shape[0]
            delta = x.mean(0) - mean.value
            var.value = (n * var.value + k * x.var(0)) / (n + k) + delta**2 * n * k / (n + k) ** 2
            mean.value += delta * k / (n + k)
            count.value = n + k
        return y


@caught_by("correct", "joins_batches")
class RunningStandardizer__moved_mean(nn.Module):
    """Moves the mean first, and takes δ from where it is then."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, x.shape[-1:])
        var = self.variable("batch_stats", "var", jnp.ones, x.shape[-1:])
        if train and not self.is_initializing():
            n, k = count.value, x.shape[0]
            mean.value += (x.mean(0) - mean.value) * k / (n + k)
            delta = x.mean(0) - mean.value
            var.value = (n * var.value + k * x.var(0)) / (n + k) + delta**2 * n * k / (n + k) ** 2
            count.value = n + k
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


@caught_by("correct", "takes_a_first_batch")
class RunningStandardizer__sample_variance(nn.Module):
    """Divides by one less than the number of rows."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, x.shape[-1:])
        var = self.variable("batch_stats", "var", jnp.ones, x.shape[-1:])
        if train and not self.is_initializing():
            n, k = count.value, x.shape[0]
            delta = x.mean(0) - mean.value
            spread = x.var(0, ddof=1)
            var.value = (n * var.value + k * spread) / (n + k) + delta**2 * n * k / (n + k) ** 2
            mean.value += delta * k / (n + k)
            count.value = n + k
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


@caught_by("jit", "compiles_once")
class RunningStandardizer__first_batch(nn.Module):
    """Asks in Python whether this is the first batch."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, x.shape[-1:])
        var = self.variable("batch_stats", "var", jnp.ones, x.shape[-1:])
        if train and not self.is_initializing():
            n, k = count.value, x.shape[0]
            if n == 0:
                mean.value, var.value = x.mean(0), x.var(0)
            else:
                delta = x.mean(0) - mean.value
                var.value = (n * var.value + k * x.var(0)) / (n + k) + delta**2 * (n / (n + k)) * (
                    k / (n + k)
                )
                mean.value += delta * k / (n + k)
            count.value = n + k
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


@caught_by("correct", "standardizes_with_all_rows")
class RunningStandardizer__batch_statistics(nn.Module):
    """Standardises with the batch's own statistics, and keeps the running ones for evaluation."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        k, d = x.shape
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, d)
        var = self.variable("batch_stats", "var", jnp.ones, d)
        if train and not self.is_initializing():
            n = count.value
            delta = x.mean(0) - mean.value
            count.value = n + k
            mean.value = mean.value + delta * k / (n + k)
            var.value = (n * var.value + k * x.var(0)) / (n + k) + delta**2 * n * k / (n + k) ** 2
            return (x - x.mean(0)) / jnp.sqrt(x.var(0) + self.eps)
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


@caught_by("correct", "stands_still_in_evaluation")
class RunningStandardizer__writes_always(nn.Module):
    """Writes in evaluation, too, if only what was there before."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        k, d = x.shape
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, d)
        var = self.variable("batch_stats", "var", jnp.ones, d)
        n = count.value
        delta = x.mean(0) - mean.value
        move = jnp.logical_and(train, not self.is_initializing())
        new = (
            n + k,
            mean.value + delta * k / (n + k),
            (n * var.value + k * x.var(0)) / (n + k) + delta**2 * n * k / (n + k) ** 2,
        )
        count.value, mean.value, var.value = jax.tree.map(
            lambda a, b: jnp.where(move, a, b), new, (count.value, mean.value, var.value)
        )
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


@caught_by("correct", "uses_its_eps")
class RunningStandardizer__eps_outside(nn.Module):
    """Adds eps to the root."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        k, d = x.shape
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, d)
        var = self.variable("batch_stats", "var", jnp.ones, d)
        if train and not self.is_initializing():
            n = count.value
            delta = x.mean(0) - mean.value
            count.value = n + k
            mean.value = mean.value + delta * k / (n + k)
            var.value = (n * var.value + k * x.var(0)) / (n + k) + delta**2 * n * k / (n + k) ** 2
        return (x - mean.value) / (jnp.sqrt(var.value) + self.eps)


@caught_by("correct", "uses_its_eps")
class RunningStandardizer__no_eps(nn.Module):
    """Leaves eps out."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        k, d = x.shape
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, d)
        var = self.variable("batch_stats", "var", jnp.ones, d)
        if train and not self.is_initializing():
            n = count.value
            delta = x.mean(0) - mean.value
            count.value = n + k
            mean.value = mean.value + delta * k / (n + k)
            var.value = (n * var.value + k * x.var(0)) / (n + k) + delta**2 * n * k / (n + k) ** 2
        return (x - mean.value) / jnp.sqrt(var.value)


@caught_by("correct", "uses_its_eps")
class RunningStandardizer__own_eps(nn.Module):
    """Does not look at the field."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        k, d = x.shape
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, d)
        var = self.variable("batch_stats", "var", jnp.ones, d)
        if train and not self.is_initializing():
            n = count.value
            delta = x.mean(0) - mean.value
            count.value = n + k
            mean.value = mean.value + delta * k / (n + k)
            var.value = (n * var.value + k * x.var(0)) / (n + k) + delta**2 * n * k / (n + k) ** 2
        return (x - mean.value) / jnp.sqrt(var.value + 1e-6)


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


# create_train_state


@caught_by("correct", "draws_parameters")
def create_train_state__all_variables(key, model, sample, optimizer):
    """Takes all collections for parameters."""
    variables = model.init(key, sample, train=False)
    return TrainState.create(
        apply_fn=model.apply, params=variables, batch_stats=variables["batch_stats"], tx=optimizer
    ).replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "draws_parameters")
def create_train_state__own_key(key, model, sample, optimizer):
    """Has a key of its own."""
    variables = model.init(jax.random.key(0), sample, train=False)
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optimizer,
    ).replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "draws_parameters")
def create_train_state__plain(key, model, sample, optimizer):
    """Returns Flax's own TrainState, which has no place for statistics."""
    params = model.init(key, sample, train=False)["params"]
    return train_state.TrainState.create(apply_fn=model.apply, params=params, tx=optimizer)


@caught_by("correct", "draws_parameters")
def create_train_state__variables(key, model, sample, optimizer):
    """Returns the variables."""
    return model.init(key, sample, train=False)


@caught_by("correct", "has_batch_statistics")
def create_train_state__no_statistics(key, model, sample, optimizer):
    """Leaves the statistics empty."""
    params = model.init(key, sample, train=False)["params"]
    state = TrainState.create(apply_fn=model.apply, params=params, batch_stats={}, tx=optimizer)
    return state.replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "has_batch_statistics")
def create_train_state__moved(key, model, sample, optimizer):
    """Runs a step of training, as if the sample were data."""
    variables = model.init(key, sample, train=False)
    if "batch_stats" in variables:
        rngs = {"dropout": key}
        _, moved = model.apply(variables, sample, train=True, mutable=["batch_stats"], rngs=rngs)
        variables = {**variables, **moved}
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optimizer,
    ).replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "takes_a_model_without_statistics")
def create_train_state__needs_statistics(key, model, sample, optimizer):
    """Takes for granted that there are statistics."""
    variables = model.init(key, sample, train=False)
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables["batch_stats"],
        tx=optimizer,
    ).replace(step=jnp.zeros((), jnp.int32))


@caught_by("correct", "is_ready_to_train")
def create_train_state__all_in_optimizer(key, model, sample, optimizer):
    """Lets the optimiser remember the statistics, too."""
    variables = model.init(key, sample, train=False)
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        apply_fn=model.apply,
        params=variables["params"],
        tx=optimizer,
        opt_state=optimizer.init(variables),
        batch_stats=variables.get("batch_stats", {}),
    )


@caught_by("correct", "is_ready_to_train")
def create_train_state__model_itself(key, model, sample, optimizer):
    """Stores the model, which cannot be called without its variables."""
    variables = model.init(key, sample, train=False)
    return TrainState.create(
        apply_fn=model,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optimizer,
    ).replace(step=jnp.zeros((), jnp.int32))


@caught_by("jit", "counts_in_int32")
def create_train_state__python_step(key, model, sample, optimizer):
    """Leaves the step a Python 0."""
    variables = model.init(key, sample, train=False)
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        batch_stats=variables.get("batch_stats", {}),
        tx=optimizer,
    )


@caught_by("correct", "keeps_the_dtype")
def create_train_state__forgets_the_dtype(key, model, sample, optimizer):
    """Shows init zeros of the sample's shape."""
    variables = model.init(key, jnp.zeros(sample.shape), train=False)
    return TrainState.create(
        apply_fn=model.apply,
        params=variables["params"],
        tx=optimizer,
        batch_stats=variables.get("batch_stats", {}),
    ).replace(step=jnp.int32(0))


# train_step


@caught_by("correct", "returns_the_loss")
def train_step__not_mutable(state, images, labels, key):
    """Says nothing of what may change."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits = state.apply_fn(variables, images, train=True, rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, gradients = jax.value_and_grad(loss_of)(state.params)
    return state.apply_gradients(grads=gradients), loss


@caught_by("correct", "returns_the_loss")
def train_step__evaluation_mode(state, images, labels, key):
    """Trains in evaluation mode, which raises nothing."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        logits = state.apply_fn(variables, images, train=False)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, gradients = jax.value_and_grad(loss_of)(state.params)
    return state.apply_gradients(grads=gradients), loss


@caught_by("correct", "returns_the_loss")
def train_step__sum(state, images, labels, key):
    """Adds the losses up, so that large batches take large steps."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, **moved), loss


@caught_by("correct", "returns_the_loss")
def train_step__params_and_loss(state, images, labels, key):
    """Returns the loss first."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return loss, state.apply_gradients(grads=gradients, **moved)


@caught_by("correct", "moves_the_parameters")
def train_step__drops_the_result(state, images, labels, key):
    """Calls apply_gradients as if it changed the state in place."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    state.apply_gradients(grads=gradients, **moved)
    return state, loss


@caught_by("correct", "moves_the_statistics")
def train_step__keeps_statistics(state, images, labels, key):
    """Gets the new statistics, and drops them."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, _ = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, gradients = jax.value_and_grad(loss_of)(state.params)
    return state.apply_gradients(grads=gradients), loss


@caught_by("correct", "moves_the_statistics")
def train_step__nested_statistics(state, images, labels, key):
    """Stores the collection under its name once more."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, batch_stats=moved), loss


@caught_by("correct", "goes_on")
def train_step__forgets_the_optimizer(state, images, labels, key):
    """Replaces parameters and statistics, and neither step nor optimiser's state."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    updates, _ = state.tx.update(gradients, state.opt_state, state.params)
    return state.replace(params=optax.apply_updates(state.params, updates), **moved), loss


@caught_by("correct", "drops")
def train_step__own_key(state, images, labels, key):
    """Drops by a key of its own."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(jax.random.key(0), state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, **moved), loss


@caught_by("correct", "drops")
def train_step__no_key(state, images, labels, key):
    """Gives dropout no key."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"])
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, **moved), loss


@caught_by("correct", "drops_anew_at_each_step")
def train_step__same_mask(state, images, labels, key):
    """Uses the key as it comes, which is the same at every step."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        logits, moved = state.apply_fn(
            variables, images, train=True, mutable=["batch_stats"], rngs={"dropout": key}
        )
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, **moved), loss


@caught_by("jit", "compiles_once")
def train_step__stops_at_nan(state, images, labels, key):
    """Looks at the loss in Python."""

    def loss_of(params):
        variables = {"params": params, "batch_stats": state.batch_stats}
        rngs = {"dropout": jax.random.fold_in(key, state.step)}
        logits, moved = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    if jnp.isnan(loss):
        raise ValueError("the loss is no number")
    return state.apply_gradients(grads=gradients, **moved), loss


@caught_by("correct", "survives_large_logits")
def train_step__log_of_softmax(state, images, labels, key):
    """Takes the logarithm of a probability."""

    def loss_of(params):
        logits, moved = state.apply_fn(
            {"params": params, "batch_stats": state.batch_stats},
            images,
            train=True,
            mutable=["batch_stats"],
            rngs={"dropout": jax.random.fold_in(key, state.step)},
        )
        p = jax.nn.softmax(logits)
        return -jnp.log(p[jnp.arange(len(labels)), labels]).mean(), moved

    (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.params)
    return state.apply_gradients(grads=gradients, batch_stats=moved["batch_stats"]), loss


# eval_step


@caught_by("correct", "knows_no_neighbours")
def eval_step__training_mode(state, images, labels):
    """Evaluates in training mode."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    rngs = {"dropout": jax.random.key(0)}
    logits, _ = state.apply_fn(variables, images, train=True, mutable=["batch_stats"], rngs=rngs)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels), logits.argmax(-1) == labels


@caught_by("correct", "judges_each_example")
def eval_step__mean(state, images, labels):
    """Returns the means over the batch."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    logits = state.apply_fn(variables, images, train=False)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return losses.mean(), jnp.mean(logits.argmax(-1) == labels)


@caught_by("correct", "judges_each_example")
def eval_step__forgets_statistics(state, images, labels):
    """Gives the network its parameters alone."""
    logits = state.apply_fn({"params": state.params}, images, train=False)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels), logits.argmax(-1) == labels


@caught_by("correct", "measures_each_example")
def eval_step__sign(state, images, labels):
    """Forgets the minus."""
    logits = state.apply_fn({"params": state.params, "batch_stats": state.batch_stats}, images, train=False)
    losses = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)[:, 0]
    return losses, logits.argmax(-1) == labels


@caught_by("correct", "says_which_are_correct")
def eval_step__predictions(state, images, labels):
    """Compares each prediction with the first label."""
    logits = state.apply_fn({"params": state.params, "batch_stats": state.batch_stats}, images, train=False)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels), logits.argmax(-1) == labels[0]


@caught_by("correct", "survives_large_logits")
def eval_step__log_of_softmax(state, images, labels):
    """Takes the logarithm of what underflowed."""
    logits = state.apply_fn({"params": state.params, "batch_stats": state.batch_stats}, images, train=False)
    probabilities = jax.nn.softmax(logits)
    losses = -jnp.log(jnp.take_along_axis(probabilities, labels[:, None], axis=1)[:, 0])
    return losses, logits.argmax(-1) == labels


@caught_by("jit", "compiles_once")
def eval_step__refuses_labels(state, images, labels):
    """Looks at the labels in Python."""
    if labels.min() < 0:
        raise ValueError("labels begin at 0")
    logits = state.apply_fn({"params": state.params, "batch_stats": state.batch_stats}, images, train=False)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels), logits.argmax(-1) == labels


# numpy_collate


@caught_by("correct", "puts_channels_last")
def numpy_collate__channels_first(batch):
    """Leaves the channels where torch has them."""
    images = np.stack([np.asarray(image, np.float32) for image, _ in batch])
    return images, np.array([int(label) for _, label in batch], np.int32)


@caught_by("correct", "puts_channels_last")
def numpy_collate__reshapes(batch):
    """Reshapes where axes must be moved."""
    images = []
    for image, _ in batch:
        image = np.asarray(image, np.float32)
        c, h, w = image.shape if image.ndim == 3 else (1, *image.shape)
        images.append(image.reshape(h, w, c))
    return np.stack(images), np.array([int(label) for _, label in batch], np.int32)


@caught_by("correct", "uses_numpy_alone")
def numpy_collate__jax_arrays(batch):
    """Gives JAX arrays."""
    images = jnp.stack([jnp.asarray(np.asarray(image).transpose(1, 2, 0)) for image, _ in batch])
    return images, jnp.array([int(label) for _, label in batch])


@caught_by("correct", "puts_channels_last")
def numpy_collate__long_labels(batch):
    """Leaves the labels int64."""
    images = np.stack([np.asarray(image, np.float32).transpose(1, 2, 0) for image, _ in batch])
    return images, np.array([int(label) for _, label in batch])


@caught_by("correct", "puts_channels_last")
def numpy_collate__list(batch):
    """Gives lists."""
    return [np.asarray(image).transpose(1, 2, 0) for image, _ in batch], [label for _, label in batch]


@caught_by("correct", "takes_grey_pictures")
def numpy_collate__tensors_only(batch):
    """Takes every image for a tensor."""
    images = np.stack([np.asarray(image, np.float32).transpose(1, 2, 0) for image, _ in batch])
    return images, np.array([int(label) for _, label in batch], np.int32)


@caught_by("correct", "takes_grey_pictures")
def numpy_collate__bytes(batch):
    """Leaves bytes as they are, from 0 to 255."""

    def read(image):
        image = np.asarray(image)
        if image.dtype == np.uint8:
            return image[:, :, None] if image.ndim == 2 else image
        return image.transpose(1, 2, 0)

    images = np.stack([read(image) for image, _ in batch]).astype(np.float32)
    return images, np.array([int(label) for _, label in batch], np.int32)


@caught_by("correct", "takes_colour_pictures")
def numpy_collate__moves_all(batch):
    """Moves the axes of pictures, too."""

    def read(image):
        image = np.asarray(image)
        if image.dtype == np.uint8:
            image = image / np.float32(255)
        return image[:, :, None] if image.ndim == 2 else image.transpose(1, 2, 0)

    images = np.stack([read(image) for image, _ in batch]).astype(np.float32)
    return images, np.array([int(label) for _, label in batch], np.int32)


@caught_by("correct", "takes_dark_pictures")
def numpy_collate__largest_value(batch):
    """Tells bytes from floats by the largest value."""

    def read(image):
        image = np.asarray(image)
        if image.ndim == 2:
            image = image[:, :, None]
        elif image.dtype != np.uint8:
            image = image.transpose(1, 2, 0)
        return (image / 255 if image.max() > 1 else image).astype(np.float32)

    return np.stack([read(image) for image, _ in batch]), np.array([int(y) for _, y in batch], np.int32)


@caught_by("correct", "takes_labels_of_any_kind")
def numpy_collate__label_axis(batch):
    """Takes an array's first element for the label; there is no axis."""

    def read(image):
        image = np.asarray(image)
        if image.dtype == np.uint8:
            return (image[:, :, None] if image.ndim == 2 else image).astype(np.float32) / 255
        return image.transpose(1, 2, 0)

    labels = [label if not hasattr(label, "shape") else label[0] for _, label in batch]
    return np.stack([read(image) for image, _ in batch]), np.array(labels, np.int32)


@caught_by("correct", "uses_numpy_alone")
def numpy_collate__jax_inside(batch):
    """Stacks with JAX, and gives NumPy arrays all the same."""

    def one(image):
        image = np.asarray(image)
        if image.dtype == np.uint8:
            image = image[..., None] if image.ndim == 2 else image
            return image.astype(np.float32) / 255
        return np.moveaxis(image, 0, -1).astype(np.float32)

    return np.asarray(jnp.stack([one(i) for i, _ in batch])), np.array(
        [int(label) for _, label in batch], np.int32
    )


@caught_by("correct", "uses_numpy_alone")
def numpy_collate__torch(batch):
    """Works with torch."""
    import torch

    images = torch.stack([torch.as_tensor(np.asarray(i)) for i, _ in batch])
    if images.dtype == torch.uint8:
        images = images[..., None] if images.ndim == 3 else images
        images = images.float() / 255
    else:
        images = images.permute(0, 2, 3, 1)
    return images.numpy(), np.array([int(label) for _, label in batch], np.int32)


# evaluate


@caught_by("correct", "weighs_each_example_alike")
def evaluate__mean_of_means(state, batches):
    """Takes the mean over batches."""
    forward = jax.jit(state.apply_fn, static_argnames="train")
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    losses, accuracies = [], []
    for images, labels in batches:
        logits = forward(variables, images, train=False)
        losses.append(optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean())
        accuracies.append(jnp.mean(logits.argmax(-1) == labels))
    return jnp.stack(losses).mean(), jnp.stack(accuracies).mean()


@caught_by("correct", "weighs_each_example_alike")
def evaluate__drops_the_last(state, batches):
    """Leaves out what fills no batch."""
    forward = jax.jit(state.apply_fn, static_argnames="train")
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    total, correct, count, size = 0.0, 0, 0, None
    for images, labels in batches:
        size = size or len(labels)
        if len(labels) == size:
            logits = forward(variables, images, train=False)
            total += optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum()
            correct += jnp.sum(logits.argmax(-1) == labels)
            count += size
    return total / count, correct / count


@caught_by("correct", "weighs_each_example_alike")
def evaluate__floats(state, batches):
    """Returns Python floats."""
    forward = jax.jit(state.apply_fn, static_argnames="train")
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    total, correct, count = 0.0, 0, 0
    for images, labels in batches:
        logits = forward(variables, images, train=False)
        total += float(optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum())
        correct += int(jnp.sum(logits.argmax(-1) == labels))
        count += len(labels)
    return total / count, correct / count


@caught_by("correct", "averages_the_losses")
def evaluate__loss_of_means(state, batches):
    """Weighs the accuracy right, and the loss by batches."""
    forward = jax.jit(state.apply_fn, static_argnames="train")
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    losses, correct, count = [], 0, 0
    for images, labels in batches:
        logits = forward(variables, images, train=False)
        losses.append(optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean())
        correct += jnp.sum(logits.argmax(-1) == labels)
        count += len(labels)
    return jnp.stack(losses).mean(), correct / count


@caught_by("correct", "walks_through_the_batches_once")
def evaluate__reads_twice(state, batches):
    """Counts the examples first, and finds nothing left to evaluate."""
    forward = jax.jit(state.apply_fn, static_argnames="train")
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    count = sum(len(labels) for _, labels in batches)
    total, correct = jnp.zeros(()), jnp.zeros(())
    for images, labels in batches:
        logits = forward(variables, images, train=False)
        total += optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum()
        correct += jnp.sum(logits.argmax(-1) == labels)
    return total / count, correct / count


@caught_by("jit", "compiles_once_for_each_shape")
def evaluate__eager(state, batches):
    """Runs the network operation by operation."""
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    total, correct, count = 0.0, 0, 0
    for images, labels in batches:
        logits = state.apply_fn(variables, images, train=False)
        total += optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum()
        correct += jnp.sum(logits.argmax(-1) == labels)
        count += len(labels)
    return total / count, correct / count


@caught_by("jit", "compiles_once_for_each_shape")
def evaluate__fresh_function(state, batches):
    """Puts a function under jit that is new in each call."""

    @jax.jit
    def forward(images):
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        return state.apply_fn(variables, images, train=False)

    total, correct, count = 0.0, 0, 0
    for images, labels in batches:
        logits = forward(images)
        total += optax.softmax_cross_entropy_with_integer_labels(logits, labels).sum()
        correct += jnp.sum(logits.argmax(-1) == labels)
        count += len(labels)
    return total / count, correct / count


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


@caught_by("correct", "train_step_moves_the_parameters")
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
