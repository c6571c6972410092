"""Plausible mistakes in RunningStandardizer; each must be caught by the check named above it."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

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


@caught_by("correct", "counts_to_a_billion")
class RunningStandardizer__product_of_counts(nn.Module):
    """Multiplies two counts in int32."""

    eps: float = 1e-06

    @nn.compact
    def __call__(self, x, train):
        d = x.shape[-1]
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, (d,))
        var = self.variable("batch_stats", "var", jnp.ones, (d,))
        if train and (not self.is_initializing()):
            n, k = (count.value, x.shape[0])
            delta = jnp.mean(x, axis=0) - mean.value
            new, old = (k / (n + k), n / (n + k))
            var.value = old * var.value + new * jnp.var(x, axis=0) + delta**2 * (n * k / (n + k)) / (n + k)
            mean.value = mean.value + delta * new
            count.value = n + k
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


@caught_by("correct", "keeps_its_digits")
class RunningStandardizer__mean_of_squares(nn.Module):
    """Takes the variance as mean of squares minus squared mean."""

    eps: float = 1e-06

    @nn.compact
    def __call__(self, x, train):
        d = x.shape[-1]
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, (d,))
        var = self.variable("batch_stats", "var", jnp.ones, (d,))
        if train and (not self.is_initializing()):
            n, k = (count.value, x.shape[0])
            delta = jnp.mean(x, axis=0) - mean.value
            new, old = (k / (n + k), n / (n + k))
            var.value = (
                old * var.value
                + new * (jnp.mean(x**2, axis=0) - jnp.mean(x, axis=0) ** 2)
                + delta**2 * old * new
            )
            mean.value = mean.value + delta * new
            count.value = n + k
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


@caught_by("deeper", "writes_nothing_in_evaluation")
class RunningStandardizer__whenever_it_may(nn.Module):
    """Moves the statistics whenever they may change, in evaluation, too."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        d = x.shape[-1]
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, (d,))
        var = self.variable("batch_stats", "var", jnp.ones, (d,))
        if self.is_mutable_collection("batch_stats") and not self.is_initializing():
            n, k = count.value, x.shape[0]
            delta = jnp.mean(x, axis=0) - mean.value
            new, old = k / (n + k), n / (n + k)
            var.value = old * var.value + new * jnp.var(x, axis=0) + delta**2 * old * new
            mean.value = mean.value + delta * new
            count.value = n + k
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)
