"""Other honest ways to write warmup_cosine; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# warmup_cosine


def warmup_cosine__least_of_two(step, peak, warmup_steps, total_steps):
    """Lets lax.cond choose, and squares half the angle's cosine."""

    def rise(step):
        return jnp.asarray(step / max(warmup_steps, 1), jnp.float32)

    def fall(step):
        t = (step - warmup_steps) / (total_steps - warmup_steps)
        return jnp.where(t < 1, jnp.cos(jnp.pi / 2 * t) ** 2, 0.0)

    return peak * lax.cond(step < warmup_steps, rise, fall, jnp.asarray(step))


def warmup_cosine__interpolates(step, peak, warmup_steps, total_steps):
    """Interpolates the phase, which is clamped at both ends."""
    step = jnp.asarray(step, jnp.float32)
    phase = jnp.interp(step, jnp.array([warmup_steps, total_steps]), jnp.array([0, jnp.pi]))
    line = jnp.where(step >= warmup_steps, 1, step / (warmup_steps + (warmup_steps == 0)))
    return line * peak * 0.5 * (1 + jnp.cos(phase))


@jax.jit
def warmup_cosine__select(step, peak, warmup_steps, total_steps):
    """Takes every number as traced, and selects among three parts."""
    t = (step - warmup_steps) / (total_steps - warmup_steps)
    return jnp.select(
        [step < warmup_steps, step >= total_steps],
        [peak * step / jnp.maximum(warmup_steps, 1), 0.0],
        peak * (1 + jnp.cos(jnp.pi * t)) / 2,
    )


def warmup_cosine__clamped_step(step, peak, warmup_steps, total_steps):
    """Clamps the step itself, and multiplies by two factors."""
    down = jnp.clip(step, warmup_steps, total_steps) - warmup_steps
    up = jnp.minimum(step, warmup_steps) / warmup_steps if warmup_steps else 1.0
    return peak * up * (0.5 + 0.5 * jnp.cos(jnp.pi * down / (total_steps - warmup_steps)))


def warmup_cosine__half_angle(step, peak, warmup_steps, total_steps):
    """The square of a cosine of half the angle; minimum and maximum in the place of a clip."""
    left = jnp.maximum(total_steps - jnp.asarray(step), 0) / (total_steps - warmup_steps)
    falling = peak * jnp.sin(0.5 * jnp.pi * jnp.minimum(left, 1.0)) ** 2
    if warmup_steps == 0:
        return falling
    return jnp.where(jnp.asarray(step) < warmup_steps, peak * (step / warmup_steps), falling)


def warmup_cosine__sine_squared(step, peak, warmup_steps: int, total_steps: int):
    """The half cosine as a squared sine of what remains, so the end is exactly 0."""
    step = jnp.asarray(step)
    if jnp.issubdtype(step.dtype, jnp.integer):
        step = step.astype(jnp.int32)
    up = step / max(warmup_steps, 1)
    remains = jnp.clip((total_steps - step) / (total_steps - warmup_steps), 0, 1)
    down = jnp.square(jnp.sin(jnp.pi / 2 * remains))
    return jnp.asarray(peak * jnp.where(step < warmup_steps, up, down))
