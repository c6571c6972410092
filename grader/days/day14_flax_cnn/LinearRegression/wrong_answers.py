"""Plausible mistakes in LinearRegression; each must be caught by the check named above it."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

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


@caught_by("correct", "draws_its_weights")
class LinearRegression__deviation_0_011(nn.Module):
    """Draws with a deviation of 0.011."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(0.011), (x.shape[-1],))
        b = self.param("b", nn.initializers.zeros, ())
        return x @ w + b


@caught_by("correct", "draws_its_weights")
class LinearRegression__truncated(nn.Module):
    """Draws from a truncated normal distribution."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.truncated_normal(0.01), (x.shape[-1],))
        b = self.param("b", nn.initializers.zeros, ())
        return x @ w + b


@caught_by("deeper", "can_be_differentiated")
class LinearRegression__holds_its_input_still(nn.Module):
    """Stops the gradient of x, so that no layer before this one would learn."""

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(0.01), (x.shape[-1],))
        b = self.param("b", nn.initializers.zeros, ())
        return jax.lax.stop_gradient(x) @ w + b
