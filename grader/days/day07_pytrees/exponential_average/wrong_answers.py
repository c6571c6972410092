"""Plausible mistakes in exponential_average; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# exponential_average


@caught_by("correct", "by_hand")
def exponential_average__roles_swapped(average, new, decay):
    """Lets the new tree decay."""
    return jax.tree.map(lambda a, n: (decay * n + (1 - decay) * a).astype(a.dtype), average, new)


@caught_by("correct", "by_hand")
def exponential_average__whole_dict(average, new, decay):
    """Computes with the containers themselves."""
    return decay * average + (1 - decay) * new


@caught_by("correct", "agrees_with_numpy")
def exponential_average__flat_dict(average, new, decay):
    """Takes the tree for a flat dict of arrays."""
    return {name: decay * average[name] + (1 - decay) * new[name] for name in average}


@caught_by("correct", "agrees_with_numpy")
def exponential_average__none_is_a_leaf(average, new, decay):
    """Turns the Nones into zeros."""

    def blend(a, n):
        return jnp.zeros(()) if a is None else (decay * a + (1 - decay) * n).astype(a.dtype)

    return jax.tree.map(blend, average, new, is_leaf=lambda node: node is None)


@caught_by("correct", "keeps_the_dtypes")
def exponential_average__promotes(average, new, decay):
    """Lets float16 grow to float32."""
    return jax.tree.map(lambda a, n: decay * a + (1 - decay) * n, average, new)


@caught_by("correct", "keeps_the_dtypes")
def exponential_average__all_in_float32(average, new, decay):
    """Makes every leaf float32."""
    return jax.tree.map(lambda a, n: (decay * a + (1 - decay) * n).astype(jnp.float32), average, new)


@caught_by("correct", "refuses_another_structure")
def exponential_average__leaves_in_order(average, new, decay):
    """Pairs the leaves by their place in two lists, whatever trees they come from."""
    old, structure = jax.tree.flatten(average)
    pairs = zip(old, jax.tree.leaves(new), strict=True)
    return structure.unflatten([(decay * a + (1 - decay) * n).astype(a.dtype) for a, n in pairs])


@caught_by("jit", "compiles_once")
def exponential_average__nothing_to_do(average, new, decay):
    """Branches on the decay."""
    if decay == 1:
        return average
    return jax.tree.map(lambda a, n: (decay * a + (1 - decay) * n).astype(a.dtype), average, new)


@caught_by("jit", "compiles_once")
def exponential_average__float_decay(average, new, decay):
    """Makes the decay a Python number, to keep the dtypes."""
    decay = float(decay)
    return jax.tree.map(lambda a, n: (decay * a + (1 - decay) * n).astype(a.dtype), average, new)


@caught_by("speed", "beats_the_eager_loop")
def exponential_average__row_by_row(average, new, decay):
    """Averages one row at a time."""

    def blend(a, n):
        if a.ndim == 0:
            return (decay * a + (1 - decay) * n).astype(a.dtype)
        return jnp.stack([(decay * a[k] + (1 - decay) * n[k]).astype(a.dtype) for k in range(len(a))])

    return jax.tree.map(blend, average, new)


@caught_by("speed", "beats_the_eager_loop")
def exponential_average__writes_rows(average, new, decay):
    """Writes one row at a time into the old average."""

    def blend(a, n):
        out = jnp.atleast_1d(a)
        for k, row in enumerate(jnp.atleast_1d(n)):
            out = out.at[k].set((decay * out[k] + (1 - decay) * row).astype(a.dtype))
        return out.reshape(a.shape)

    return jax.tree.map(blend, average, new)


@caught_by("correct", "does_not_round_the_decay")
def exponential_average__rounds_the_decay(average, new, decay):
    """Gives the decay each leaf's dtype: 0.999 becomes 1 in bfloat16."""

    def blend(old, latest):
        rate = jnp.asarray(decay, old.dtype)
        return (rate * old + (1 - rate) * latest).astype(old.dtype)

    return jax.tree.map(blend, average, new)


@caught_by("correct", "refuses_another_structure")
def exponential_average__compares_the_outer_keys(average, new, decay):
    """Compares the keys of the outermost dict, and the number of leaves."""
    if isinstance(average, dict) and isinstance(new, dict) and average.keys() != new.keys():
        raise ValueError("other keys")
    old, structure = jax.tree.flatten(average)
    latest = jax.tree.leaves(new)
    if len(old) != len(latest):
        raise ValueError("another number of leaves")
    blended = [(decay * a + (1 - decay) * b).astype(a.dtype) for a, b in zip(old, latest, strict=True)]
    return structure.unflatten(blended)


@caught_by("deeper", "lets_nan_through")
def exponential_average__nan_to_num(average, new, decay):
    """Makes zeros of new numbers that are NaN."""

    def blend(old, latest):
        return (decay * old + (1 - decay) * jnp.nan_to_num(latest)).astype(old.dtype)

    return jax.tree.map(blend, average, new)
