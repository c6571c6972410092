"""Plausible mistakes in global_standardize; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# global_standardize


@caught_by("correct", "looks_at_all_devices")
def global_standardize__each_by_itself(x):
    """Standardizes each device by its own statistics."""
    return jax.pmap(lambda rows: (rows - rows.mean(0)) / rows.std(0))(x)


@caught_by("correct", "looks_at_all_devices")
def global_standardize__own_mean(x):
    """Takes the deviation of all, but each device's own mean."""

    def one(rows):
        mean = lax.pmean(rows.mean(0), "i")
        return (rows - rows.mean(0)) / jnp.sqrt(lax.pmean(((rows - mean) ** 2).mean(0), "i"))

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "looks_at_all_devices")
def global_standardize__flat(x):
    """Runs devices and rows together, and returns them so."""
    flat = x.reshape(-1, x.shape[-1])
    return (flat - flat.mean(0)) / flat.std(0)


@caught_by("correct", "by_hand")
def global_standardize__mean_of_deviations(x):
    """Averages the devices' deviations."""

    def one(rows):
        return (rows - lax.pmean(rows.mean(0), "i")) / lax.pmean(rows.std(0), "i")

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "by_hand")
def global_standardize__mean_of_variances(x):
    """Averages variances about the devices' own means."""

    def one(rows):
        return (rows - lax.pmean(rows.mean(0), "i")) / jnp.sqrt(lax.pmean(rows.var(0), "i"))

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "by_hand")
def global_standardize__one_statistic(x):
    """One mean and one deviation for all features together."""

    def one(rows):
        count = lax.psum(rows.size, "i") - 1
        mean = lax.pmean(rows.mean(), "i")
        return (rows - mean) / jnp.sqrt(lax.psum(((rows - mean) ** 2).sum(), "i") / count)

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "random")
def global_standardize__all_features(x):
    """One mean and one deviation for all features."""

    def one(rows):
        mean = lax.pmean(rows.mean(), "i")
        return (rows - mean) / jnp.sqrt(lax.pmean(((rows - mean) ** 2).mean(), "i"))

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "keeps_its_digits")
def global_standardize__mean_of_squares(x):
    """One pass: mean of squares less square of the mean."""

    def one(rows):
        mean, squares = lax.pmean((rows.mean(0), (rows**2).mean(0)), "i")
        return (rows - mean) / jnp.sqrt(squares - mean**2)

    return jax.pmap(one, axis_name="i")(x)


@caught_by("jit", "compiles_once")
def global_standardize__branches(x):
    """Divides only where there is something to divide by: a Python branch on values."""

    def one(rows):
        mean = lax.pmean(rows.mean(0), "i")
        return (rows - mean) / jnp.sqrt(lax.pmean(((rows - mean) ** 2).mean(0), "i"))

    if (x.std((0, 1)) == 0).any():
        return jnp.zeros_like(x)
    return jax.pmap(one, axis_name="i")(x)


@caught_by("jit", "sends_statistics")
def global_standardize__one_device(x):
    """Computes everything in one place."""
    return (x - x.mean((0, 1))) / x.std((0, 1))


@caught_by("jit", "sends_statistics")
def global_standardize__vmap(x):
    """The right collectives on the wrong map: vmap stays on one device."""

    def one(rows):
        mean = lax.pmean(rows.mean(0), "i")
        return (rows - mean) / jnp.sqrt(lax.pmean(((rows - mean) ** 2).mean(0), "i"))

    return jax.vmap(one, axis_name="i")(x)


@caught_by("jit", "sends_statistics")
def global_standardize__gathers(x):
    """Every device fetches the rows of all others."""

    def one(rows):
        everything = lax.all_gather(rows, "i")
        return (rows - everything.mean((0, 1))) / everything.std((0, 1))

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "by_hand")
def global_standardize__one_less(x):
    """Divides by N - 1."""

    def one(rows):
        mean = lax.pmean(rows.mean(0), "i")
        count = jax.device_count() * len(rows)
        return (rows - mean) / jnp.sqrt(lax.psum(((rows - mean) ** 2).sum(0), "i") / (count - 1))

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "takes_any_number_of_devices")
def global_standardize__six(x):
    """Divides the sums by six times the rows."""

    def one(rows):
        mean = lax.psum(rows.mean(0), "i") / 6
        return (rows - mean) / jnp.sqrt(lax.psum(((rows - mean) ** 2).mean(0), "i") / 6)

    return jax.pmap(one, axis_name="i")(x)


@caught_by("correct", "random")
def global_standardize__eps_in_the_root(x):
    """Adds 1e-5 to the variance."""

    def standardize(rows):
        mean = lax.pmean(rows.mean(axis=0), "devices")
        var = lax.pmean(((rows - mean) ** 2).mean(axis=0), "devices")
        return (rows - mean) / jnp.sqrt(var + 1e-05)

    return jax.pmap(standardize, axis_name="devices")(x)


@caught_by("deeper", "lets_nan_through")
def global_standardize__mends_nan(x):
    """Makes 0 of what is NaN in the rows."""

    def standardize(rows):
        rows = jnp.nan_to_num(rows)
        mean = lax.pmean(rows.mean(axis=0), "devices")
        var = lax.pmean(((rows - mean) ** 2).mean(axis=0), "devices")
        return (rows - mean) / jnp.sqrt(var)

    return jax.pmap(standardize, axis_name="devices")(x)
