"""Other honest ways to write first_nan_stage; each must pass every check."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# first_nan_stage


def first_nan_stage__argmax(stages, x):
    """Collects flags, with one more at the end that is always set."""
    had_nan, made = jnp.any(jnp.isnan(x)), []
    for stage in stages:
        x = stage(x)
        has_nan = jnp.any(jnp.isnan(x))
        made.append(has_nan & ~had_nan)
        had_nan = has_nan
    place = jnp.argmax(jnp.array([*made, True]))
    return jnp.where(place == len(stages), -1, place)


def first_nan_stage__backwards(stages, x):
    """Lets earlier stages overwrite later ones."""
    outputs = list(itertools.accumulate(stages, lambda y, stage: stage(y), initial=x))
    flags = [(y != y).any() for y in outputs]
    answer = jnp.int32(-1)
    for k in reversed(range(len(stages))):
        answer = jnp.where(jnp.logical_and(flags[k + 1], jnp.logical_not(flags[k])), k, answer)
    return answer


def first_nan_stage__select(stages, x):
    """A cascade of choices."""
    has_nan = [jnp.isnan(jnp.sum(jnp.where(jnp.isnan(x), x, 0)))]
    for stage in stages:
        x = stage(x)
        has_nan.append(jnp.isnan(jnp.sum(jnp.where(jnp.isnan(x), x, 0))))
    if not stages:
        return jnp.asarray(-1)
    conditions = [after & ~before for before, after in itertools.pairwise(has_nan)]
    return jnp.select(conditions, list(jnp.arange(len(stages))), -1)


@partial(jax.jit, static_argnums=0)
def first_nan_stage__cond(stages, x):
    """Carries the answer through a cond; compiled by the learner."""
    first, had_nan = jnp.array(-1), jnp.isnan(x).any()
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(x).any()
        found = has_nan & ~had_nan & (first == -1)
        first = lax.cond(found, lambda old, k=k: jnp.full_like(old, k), lambda old: old, first)
        had_nan = has_nan
    return first


def first_nan_stage__counts_clean_stages(stages, x):
    """Counts the stages before the first to blame: as many as have an answer that is still open."""
    open_, had_nan, clean = jnp.bool_(True), jnp.isnan(x).any(), jnp.int32(0)
    for stage in stages:
        x = stage(x)
        has_nan = jnp.isnan(x).any()
        open_ &= had_nan | ~has_nan
        clean += open_
        had_nan = has_nan
    return jnp.where(open_, -1, clean)


def first_nan_stage__minimum(stages, x):
    """The smallest of the numbers of all to blame, with one more for nobody."""
    nobody = len(stages)
    answer, outputs = jnp.asarray(nobody), [x]
    for k, stage in enumerate(stages):
        outputs.append(stage(outputs[-1]))
        before, after = (jnp.isnan(y).sum() for y in outputs[-2:])
        answer = jnp.minimum(answer, jnp.where((before == 0) & (after > 0), k, nobody))
    return jnp.where(answer == nobody, -1, answer)
