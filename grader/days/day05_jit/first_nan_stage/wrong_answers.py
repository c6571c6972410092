"""Plausible mistakes in first_nan_stage; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by

# first_nan_stage


@caught_by("correct", "by_hand")
def first_nan_stage__the_last(stages, x):
    """Remembers the last stage with a NaN: a NaN goes on through the stages after it."""
    first = jnp.array(-1)
    for k, stage in enumerate(stages):
        x = stage(x)
        first = jnp.where(jnp.isnan(x).any(), k, first)
    return first


@caught_by("correct", "by_hand")
def first_nan_stage__each_from_x(stages, x):
    """Gives x to each stage."""
    first = jnp.array(-1)
    for k, stage in enumerate(stages):
        first = jnp.where((first < 0) & jnp.isnan(stage(x)).any(), k, first)
    return first


@caught_by("correct", "by_hand")
def first_nan_stage__equals_nan(stages, x):
    """Compares with NaN, which equals nothing, itself included."""
    first = jnp.array(-1)
    for k, stage in enumerate(stages):
        x = stage(x)
        first = jnp.where((first < 0) & (x == jnp.nan).any(), k, first)
    return first


@caught_by("correct", "by_hand")
def first_nan_stage__python_int(stages, x):
    """Returns a Python number."""
    for k, stage in enumerate(stages):
        x = stage(x)
        if jnp.isnan(x).any():
            return k
    return -1


@caught_by("correct", "finds_none")
def first_nan_stage__argmax_alone(stages, x):
    """Takes the argmax of flags that may all be False: that is 0."""
    flags = []
    for stage in stages:
        x = stage(x)
        flags.append(jnp.isnan(x).any())
    return jnp.argmax(jnp.array(flags))


@caught_by("correct", "needs_one_nan")
def first_nan_stage__all(stages, x):
    """Wants every element to be NaN."""
    first, had_nan = jnp.array(-1), jnp.isnan(x).any()
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(x).all()
        first = jnp.where((first < 0) & has_nan & ~had_nan, k, first)
        had_nan = has_nan
    return first


@caught_by("correct", "finds_the_first")
def first_nan_stage__latest_made(stages, x):
    """Lets a later stage that makes a NaN take the first one's place."""
    first, had_nan = jnp.array(-1), jnp.isnan(x).any()
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(x).any()
        first = jnp.where(has_nan & ~had_nan, k, first)
        had_nan = has_nan
    return first


@caught_by("correct", "lets_infinity_pass")
def first_nan_stage__not_finite(stages, x):
    """Takes an infinity for a NaN."""
    first, was_finite = jnp.array(-1), jnp.isfinite(x).all()
    for k, stage in enumerate(stages):
        x = stage(x)
        is_finite = jnp.isfinite(x).all()
        first = jnp.where((first < 0) & ~is_finite & was_finite, k, first)
        was_finite = is_finite
    return first


@caught_by("correct", "blames_nobody_for_x")
def first_nan_stage__blames_the_first(stages, x):
    """Does not ask what came in."""
    first = jnp.array(-1)
    for k, stage in enumerate(stages):
        x = stage(x)
        first = jnp.where((first < 0) & jnp.isnan(x).any(), k, first)
    return first


@caught_by("correct", "takes_any_shape")
def first_nan_stage__stacks_outputs(stages, x):
    """Stacks the outputs, as if they were all of one shape."""
    outputs = [x]
    for stage in stages:
        outputs.append(stage(outputs[-1]))
    has_nan = jnp.isnan(jnp.stack(outputs)).reshape(len(outputs), -1).any(axis=1)
    made = has_nan[1:] & ~has_nan[:-1]
    return jnp.where(made.any(), jnp.argmax(made), -1)


@caught_by("correct", "takes_no_stages")
def first_nan_stage__empty_argmax(stages, x):
    """Takes the argmax of no flags at all."""
    has_nan = [jnp.isnan(x).any()]
    for stage in stages:
        x = stage(x)
        has_nan.append(jnp.isnan(x).any())
    has_nan = jnp.stack(has_nan)
    made = has_nan[1:] & ~has_nan[:-1]
    return jnp.where(made.any(), jnp.argmax(made), -1)


@caught_by("jit", "compiles_once")
def first_nan_stage__early_return(stages, x):
    """Returns from a Python branch."""
    had_nan = jnp.isnan(x).any()
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(x).any()
        if has_nan and not had_nan:
            return jnp.array(k)
        had_nan = has_nan
    return jnp.array(-1)


@caught_by("jit", "compiles_once")
def first_nan_stage__nonzero(stages, x):
    """Looks up where the flags are set: how many there are depends on the data."""
    has_nan = [jnp.isnan(x).any()]
    for stage in stages:
        x = stage(x)
        has_nan.append(jnp.isnan(x).any())
    has_nan = jnp.stack(has_nan)
    places = jnp.nonzero(has_nan[1:] & ~has_nan[:-1])[0]
    return places[0] if len(places) else jnp.array(-1)


@caught_by("jit", "runs_each_stage_once")
def first_nan_stage__from_the_start(stages, x):
    """Runs the pipeline up to each stage anew."""

    def has_nan_after(k):
        y = x
        for stage in stages[:k]:
            y = stage(y)
        return jnp.isnan(y).any()

    first = jnp.array(-1)
    for k in range(len(stages)):
        first = jnp.where((first < 0) & has_nan_after(k + 1) & ~has_nan_after(k), k, first)
    return first


@caught_by("correct", "lets_infinity_pass")
def first_nan_stage__of_the_sum(stages, x):
    """Looks at the sum alone, which is NaN for two infinities."""
    found = jnp.asarray(-1)
    for number, stage in enumerate(stages):
        y = stage(x)
        made = jnp.isnan(jnp.sum(y)) & ~jnp.isnan(jnp.sum(x))
        found = jnp.where((found < 0) & made, number, found)
        x = y
    return found


@caught_by("correct", "blames_nobody_for_x")
def first_nan_stage__each_place(stages, x):
    """Asks each place for itself: a second NaN elsewhere counts."""
    first, had_nan = jnp.array(-1), jnp.isnan(x)
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(x)
        here = (
            (has_nan & ~had_nan).any() if has_nan.shape == had_nan.shape else has_nan.any() & ~had_nan.any()
        )
        first = jnp.where((first < 0) & here, k, first)
        had_nan = has_nan
    return first


@caught_by("deeper", "looks_far_down")
def first_nan_stage__eight_bits(stages, x):
    """Keeps the stage in int8."""
    first, had_nan = jnp.int8(-1), jnp.isnan(x).any()
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(x).any()
        first = jnp.where((first < 0) & has_nan & ~had_nan, jnp.asarray(k).astype(jnp.int8), first)
        had_nan = has_nan
    return first


@caught_by("correct", "blames_nobody_for_x")
def first_nan_stage__more_than_before(stages, x):
    """Counts NaNs, and blames a stage that makes them more."""
    first, before = jnp.array(-1), jnp.isnan(x).sum()
    for k, stage in enumerate(stages):
        x = stage(x)
        count = jnp.isnan(x).sum()
        first = jnp.where((first < 0) & (count > before), k, first)
        before = count
    return first


@caught_by("deeper", "starts_from_x_itself")
def first_nan_stage__in_half_precision(stages, x):
    """Runs the stages in bfloat16, since only NaNs are asked for: 0.9999 becomes 1."""
    x = x.astype(jnp.bfloat16)
    first, had_nan = jnp.array(-1), jnp.isnan(x).any()
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(x).any()
        first = jnp.where((first < 0) & has_nan & ~had_nan, k, first)
        had_nan = has_nan
    return first


@caught_by("deeper", "takes_tables")
def first_nan_stage__along_one_axis(stages, x):
    """Looks along the first axis alone: of a table it keeps a flag for each column."""
    first, had_nan = jnp.array(-1), jnp.isnan(jnp.atleast_1d(x)).any(axis=0)
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = jnp.isnan(jnp.atleast_1d(x)).any(axis=0)
        first = jnp.where((first < 0) & has_nan & ~had_nan, k, first)
        had_nan = has_nan
    return first
