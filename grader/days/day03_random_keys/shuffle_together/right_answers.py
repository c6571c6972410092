"""Other honest ways to write shuffle_together; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


def shuffle_together__by_sorting_random_numbers(key, x, y):
    """Sorts by random numbers, as one does without a permutation function."""
    order = jnp.argsort(jax.random.uniform(key, y.shape))
    return jnp.take(x, order, axis=0), jnp.take(y, order)


def shuffle_together__by_choice_without_replacement(key, x, y):
    """Chooses all rows without replacement."""
    order = jax.random.choice(key, len(y), (len(y),), replace=False)
    return jax.tree.map(lambda array: array[order], (x, y))


def shuffle_together__by_scattering(key, x, y):
    """Sends row i to place order[i] instead of fetching it."""
    order = jax.random.permutation(key, jnp.arange(x.shape[0]))
    return jnp.zeros_like(x).at[order].set(x), jnp.zeros_like(y).at[order].set(y)


def shuffle_together__with_a_declared_clone(key, x, y):
    """Draws one order twice and says so with clone, which is what clone is for."""
    return (
        jax.random.permutation(jax.random.clone(key), x),
        jax.random.permutation(key, y),
    )


def shuffle_together__by_fisher_and_yates(key, x, y):
    """The card dealer's shuffle in a fori_loop, a key for each swap."""
    n = y.shape[0]

    def swap(i, order):
        j = jax.random.randint(jax.random.fold_in(key, i), (), i, n)
        return order.at[i].set(order[j]).at[j].set(order[i])

    order = lax.fori_loop(0, n, swap, jnp.arange(n))
    return x[order], y[order]


def shuffle_together__by_sorting_all_of_it(key, x, y):
    """Sorts keys drawn at random, and carries the row numbers along."""
    drawn = jax.random.bits(key, y.shape)
    _, order = lax.sort_key_val(drawn, jnp.arange(y.shape[0]))
    return x.at[order].get(), y.at[order].get()
