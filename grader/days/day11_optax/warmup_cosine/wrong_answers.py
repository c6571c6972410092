"""Plausible mistakes in warmup_cosine; each must be caught by the check named above it."""

import jax.numpy as jnp
import numpy as np
import optax
from grader.kata.answers import caught_by

# warmup_cosine


@caught_by("correct", "uses_no_shortcut")
def warmup_cosine__library(step, peak, warmup_steps, total_steps):
    """Calls the schedule that optax has."""
    return optax.warmup_cosine_decay_schedule(0.0, peak, warmup_steps, total_steps)(step)


@caught_by("correct", "rises")
def warmup_cosine__starts_at_one(step, peak, warmup_steps, total_steps):
    """Counts steps from one."""
    rising = (step + 1) / max(warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return peak * jnp.where(step < warmup_steps, rising, (1 + jnp.cos(jnp.pi * t)) / 2)


@caught_by("correct", "rises")
def warmup_cosine__whole_numbers(step, peak, warmup_steps, total_steps):
    """Divides whole numbers to a whole number."""
    rising = step // max(warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return peak * jnp.where(step < warmup_steps, rising, (1 + jnp.cos(jnp.pi * t)) / 2)


@caught_by("correct", "falls")
def warmup_cosine__from_the_start(step, peak, warmup_steps, total_steps):
    """Measures the cosine from step 0 over all steps."""
    t = jnp.clip(step / total_steps, 0, 1)
    rising = step / max(warmup_steps, 1)
    return peak * jnp.where(step < warmup_steps, rising, (1 + jnp.cos(jnp.pi * t)) / 2)


@caught_by("correct", "falls")
def warmup_cosine__quarter(step, peak, warmup_steps, total_steps):
    """Takes a quarter of a cosine: the corners are right, the way is not."""
    rising = step / max(warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return peak * jnp.where(step < warmup_steps, rising, jnp.cos(jnp.pi / 2 * t))


@caught_by("correct", "falls")
def warmup_cosine__after_the_warmup(step, peak, warmup_steps, total_steps):
    """Takes total_steps as the length of the fall alone."""
    rising = step / max(warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / total_steps, 0, 1)
    return peak * jnp.where(step < warmup_steps, rising, (1 + jnp.cos(jnp.pi * t)) / 2)


@caught_by("correct", "meets_its_corners")
def warmup_cosine__ends_above_zero(step, peak, warmup_steps, total_steps):
    """Keeps a last bit of the rate, so that it is never 0."""
    rising = step / max(warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    falling = jnp.maximum((1 + jnp.cos(jnp.pi * t)) / 2, 1e-3)
    return peak * jnp.where(step < warmup_steps, rising, falling)


@caught_by("correct", "stays_down")
def warmup_cosine__comes_up_again(step, peak, warmup_steps, total_steps):
    """Lets the cosine go on after the end."""
    rising = step / max(warmup_steps, 1)
    t = (step - warmup_steps) / (total_steps - warmup_steps)
    return peak * jnp.where(step < warmup_steps, rising, (1 + jnp.cos(jnp.pi * t)) / 2)


@caught_by("correct", "starts_without_a_warmup")
def warmup_cosine__divides_by_zero(step, peak, warmup_steps, total_steps):
    """Divides by the length of a warmup that there is none of."""
    rising = jnp.minimum(jnp.float32(step) / warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return peak * rising * (1 + jnp.cos(jnp.pi * t)) / 2


@caught_by("jit", "compiles_once")
def warmup_cosine__branches(step, peak, warmup_steps, total_steps):
    """Chooses with a Python branch on the step."""
    if step < warmup_steps:
        return jnp.asarray(peak * step / warmup_steps, jnp.float32)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return peak * (1 + jnp.cos(jnp.pi * t)) / 2


@caught_by("jit", "compiles_once")
def warmup_cosine__through_numpy(step, peak, warmup_steps, total_steps):
    """Computes in NumPy, which sees no tracers."""
    t = np.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    rising = step / max(warmup_steps, 1)
    return jnp.float32(peak * np.where(step < warmup_steps, rising, (1 + np.cos(np.pi * t)) / 2))


@caught_by("jit", "compiles_once")
def warmup_cosine__at_total(step, peak, warmup_steps, total_steps):
    """Is at 0 one step too early."""
    rising = step / max(warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    falling = (1 + jnp.cos(jnp.pi * t)) / 2
    falling = jnp.where(step >= total_steps - 1, 0, falling)
    return peak * jnp.where(step < warmup_steps, rising, falling)
