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


class RunningStandardizer__shares(nn.Module):
    """Takes the share of the new rows, and blends by it."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        width = x.shape[-1]
        count = self.variable("batch_stats", "count", lambda: jnp.zeros((), jnp.int32))
        mean = self.variable("batch_stats", "mean", lambda: jnp.zeros(width))
        var = self.variable("batch_stats", "var", lambda: jnp.ones(width))
        if train and not self.is_initializing():
            total = count.value + x.shape[0]
            share = x.shape[0] / total
            m, v = x.mean(0), x.var(0)
            delta = m - mean.value
            var.value = (1 - share) * var.value + share * v + share * (1 - share) * jnp.square(delta)
            mean.value = mean.value + share * delta
            count.value = total
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


class RunningStandardizer__helpers(nn.Module):
    """Joins in a method, by differences from the joint mean."""

    eps: float = 1e-6

    def joined(self, n, mean, var, x):
        k = x.shape[0]
        old, new = n / (n + k), k / (n + k)
        m = jnp.mean(x, axis=0)
        joint = old * mean + new * m
        spread = jnp.mean((x - m) ** 2, axis=0)
        both = old * (var + (mean - joint) ** 2) + new * (spread + (m - joint) ** 2)
        return n + k, mean + (m - mean) * new, both

    @nn.compact
    def __call__(self, x, train):
        names = {"count": jnp.int32(0), "mean": jnp.zeros(x.shape[-1]), "var": jnp.ones(x.shape[-1])}
        kept = {
            name: self.variable("batch_stats", name, lambda start=start: start)
            for name, start in names.items()
        }
        if train and not self.is_initializing():
            values = self.joined(kept["count"].value, kept["mean"].value, kept["var"].value, x)
            for name, value in zip(("count", "mean", "var"), values):
                kept[name].value = value
        return (x - kept["mean"].value) / jnp.sqrt(kept["var"].value + self.eps)


class RunningStandardizer__buffers(nn.Module):
    """Buffers as in torch; the merge of two sets of rows in a method."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        width = x.shape[-1]
        count = self.variable("batch_stats", "count", lambda: jnp.zeros((), jnp.int32))
        mean = self.variable("batch_stats", "mean", lambda: jnp.zeros((width,), jnp.float32))
        var = self.variable("batch_stats", "var", lambda: jnp.ones((width,), jnp.float32))
        if train and not self.is_initializing():
            k = x.shape[0]
            batch_mean = jnp.mean(x, axis=0)
            batch_var = jnp.mean((x - batch_mean) ** 2, axis=0)
            total = count.value + k
            new_share = k / total.astype(jnp.float32)
            old_share = count.value.astype(jnp.float32) / total.astype(jnp.float32)
            delta = batch_mean - mean.value
            new_mean = mean.value + delta * new_share
            new_var = old_share * var.value + new_share * batch_var + delta**2 * old_share * new_share
            count.value = total.astype(jnp.int32)
            mean.value = new_mean.astype(jnp.float32)
            var.value = new_var.astype(jnp.float32)
        return (x - mean.value) / jnp.sqrt(var.value + self.eps)


class RunningStandardizer__convex_weights(nn.Module):
    """Old and new weights that sum to 1; pairwise moments about a pivot."""

    eps: float = 1e-6

    @nn.compact
    def __call__(self, x, train):
        d = x.shape[-1]
        count = self.variable("batch_stats", "count", jnp.zeros, (), jnp.int32)
        mean = self.variable("batch_stats", "mean", jnp.zeros, (d,), jnp.float32)
        var = self.variable("batch_stats", "var", jnp.ones, (d,), jnp.float32)
        if train and not self.is_initializing():
            k = x.shape[0]
            offset = x - mean.value
            delta = jnp.mean(offset, axis=0)
            v = jnp.mean(lax.square(offset - delta), axis=0)
            total = count.value + jnp.int32(k)
            q = jnp.float32(k) / total.astype(jnp.float32)
            p = count.value.astype(jnp.float32) / total.astype(jnp.float32)
            var.value = p * var.value + q * v + lax.square(delta) * (p * q)
            mean.value = mean.value + delta * q
            count.value = total
        return (x - mean.value) / lax.sqrt(var.value + self.eps)
