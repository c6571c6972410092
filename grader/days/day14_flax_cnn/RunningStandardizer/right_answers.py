"""Other honest ways to write RunningStandardizer; each must pass every check."""

import flax.linen as nn
import jax.numpy as jnp
from jax import lax

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
