"""Other honest ways to write LinearRegression; each must pass every check."""

import operator
from functools import reduce

import flax.linen as nn
import jax
import jax.numpy as jnp

# LinearRegression


class LinearRegression__dot(nn.Module):
    """Multiplies and adds row by row, with a default initialiser of another kind for b."""

    @nn.compact
    def __call__(self, x):
        b = self.param("b", lambda key: jnp.zeros(()))
        w = self.param("w", lambda key, shape: 0.01 * jax.random.normal(key, shape), (x.shape[1],))
        return jnp.sum(x * w, axis=1) + b


class LinearRegression__method(nn.Module):
    """Leaves the arithmetic to a method of its own, and maps it over the rows."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(stddev=0.01), x.shape[-1:], jnp.float32)
        b = self.param("b", nn.initializers.constant(0.0), ())
        return jax.vmap(self.predict, in_axes=(0, None, None))(x, w, b)

    def predict(self, row, w, b):
        return jnp.dot(row, w) + b


class LinearRegression__einsum(nn.Module):
    """Writes the product as an einsum, and has a field of its own."""

    deviation: float = 0.01

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(self.deviation), (x.shape[-1],))
        return jnp.einsum("nd,d->n", x, w) + self.param("b", nn.initializers.zeros_init(), ())


class LinearRegression__tensordot(nn.Module):
    """Contracts the last axis, and adds b first."""

    @nn.compact
    def __call__(self, x):
        b = self.param("b", nn.initializers.zeros_init(), ())
        w = self.param("w", jax.nn.initializers.normal(1e-2), (x.shape[-1],))
        return b + jnp.tensordot(x, w, axes=1)


class LinearRegression__column(nn.Module):
    """Makes the weights in a method, multiplies by a column, and takes it out again."""

    def weights(self, d):
        return self.param("w", nn.initializers.normal(0.01), (d,)), self.param("b", nn.initializers.zeros, ())

    @nn.compact
    def __call__(self, x):
        w, b = self.weights(x.shape[1])
        return jnp.squeeze(x @ w[:, None] + b, axis=1)


class LinearRegression__reduce_add(nn.Module):
    """Functional: parameters are declared in a table, the prediction is a reduce over two summands."""

    @nn.compact
    def __call__(self, x):
        table = (
            ("w", nn.initializers.normal(stddev=0.01), (jnp.shape(x)[-1],)),
            ("b", nn.initializers.zeros_init(), ()),
        )
        w, b = (self.param(*row) for row in table)
        return reduce(operator.add, (jnp.einsum("nd,d->n", x, w), b))
