"""Plausible mistakes in shuffle_together; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax import lax


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__two_keys(key, x, y):
    """Shuffles each with a key of its own."""
    x_key, y_key = jax.random.split(key)
    return jax.random.permutation(x_key, x), jax.random.permutation(y_key, y)


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__only_the_labels(key, x, y):
    """Shuffles y and forgets x."""
    return x, jax.random.permutation(key, y)


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__shuffles_the_columns(key, x, y):
    """Shuffles x along the wrong axis as well."""
    row_key, column_key = jax.random.split(key)
    order = jax.random.permutation(row_key, len(y))
    return jax.random.permutation(column_key, x[order], axis=1), y[order]


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__with_replacement(key, x, y):
    """Draws rows at random, some twice and some never."""
    order = jax.random.randint(key, (len(y),), 0, len(y))
    return x[order], y[order]


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__through_one_float_array(key, x, y):
    """Glues y to x as a column and forgets to give it its dtype back."""
    both = jax.random.permutation(key, jnp.column_stack([x, y]))
    return both[:, :-1], both[:, -1]


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__through_float_and_back(key, x, y):
    """Sends the labels through float32, which cannot hold all of them."""
    both = jax.random.permutation(key, jnp.column_stack([x, y.astype(x.dtype)]))
    return both[:, :-1], both[:, -1].astype(y.dtype)


@caught_by("correct", "all_orders_are_as_likely")
def shuffle_together__rolls(key, x, y):
    """Rolls by a random distance: n orders out of n!."""
    shift = jax.random.randint(key, (), 0, len(y))
    return jnp.roll(x, shift, axis=0), jnp.roll(y, shift)


@caught_by("correct", "all_orders_are_as_likely")
def shuffle_together__swaps_with_any(key, x, y):
    """Swaps each place with any other, which favours some orders."""
    n = y.shape[0]
    partners = jax.random.randint(key, (n,), 0, n)

    def swap(i, order):
        j = partners[i]
        return order.at[i].set(order[j]).at[j].set(order[i])

    order = lax.fori_loop(0, n, swap, jnp.arange(n))
    return x[order], y[order]


@caught_by("correct", "all_orders_are_as_likely")
def shuffle_together__never_leaves_anything_in_place(key, x, y):
    """Swaps only with later places, so that the old order never comes."""
    n = y.shape[0]

    def swap(i, order):
        j = jax.random.randint(jax.random.fold_in(key, i), (), i + 1, n)
        return order.at[i].set(order[j]).at[j].set(order[i])

    order = lax.fori_loop(0, n - 1, swap, jnp.arange(n))
    return x[order], y[order]


@caught_by("correct", "pairs_stay_pairs")
def shuffle_together__with_numpy_randomness(key, x, y):
    """Asks NumPy for the order."""
    order = np.random.permutation(len(y))
    return x[order], y[order]


@caught_by("jit", "compiles_once")
def shuffle_together__order_as_a_list(key, x, y):
    """Pulls the order out of JAX."""
    order = np.array(jax.random.permutation(key, len(y)).tolist(), dtype=int)
    return x[order], y[order]


@caught_by("jit", "uses_each_key_once")
def shuffle_together__same_key_twice(key, x, y):
    """Shuffles x and y with the same key: the pairs hold, by reuse."""
    return jax.random.permutation(key, x), jax.random.permutation(key, y)


@caught_by("deeper", "ties_nothing")
def shuffle_together__by_random_bytes(key, x, y):
    """Sorts by random bytes: rows with the same byte stay in their old order."""
    order = jnp.argsort(jax.random.randint(key, (x.shape[0],), 0, 256))
    return x[order], y[order]


@caught_by("deeper", "odd_orders_come_up")
def shuffle_together__even_orders_only(key, x, y):
    """Makes every order of six rows or more an even one by a last swap."""
    n = x.shape[0]
    order = jax.random.permutation(key, n)
    if n >= 6:
        inversions = ((order[:, None] > order) & (jnp.arange(n)[:, None] < jnp.arange(n))).sum()
        swapped = order.at[0].set(order[1]).at[1].set(order[0])
        order = jnp.where(inversions % 2 == 1, swapped, order)
    return x[order], y[order]


@caught_by("deeper", "every_row_goes_everywhere")
def shuffle_together__within_halves(key, x, y):
    """Shuffles each half of eight rows or more by itself."""
    n = x.shape[0]
    if n < 8:
        order = jax.random.permutation(key, n)
    else:
        low, high = jax.random.split(key)
        order = jnp.concatenate(
            [jax.random.permutation(low, n // 2), n // 2 + jax.random.permutation(high, n - n // 2)]
        )
    return x[order], y[order]
