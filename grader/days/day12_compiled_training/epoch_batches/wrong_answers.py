"""Plausible mistakes in epoch_batches; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from grader.kata.answers import caught_by

# epoch_batches


@caught_by("deeper", "deals_anew_for_each_key")
def epoch_batches__byte_tickets(key, n, batch_size):
    """Sorts by random bytes, whose ties stay in index order: low indices come too early."""
    tickets = jax.random.bits(key, (n,), jnp.uint8)
    order = jnp.argsort(tickets)
    return order[: n - n % batch_size].reshape(-1, batch_size)


@caught_by("correct", "depends_on_the_key")
def epoch_batches__no_shuffle(key, n, batch_size):
    """Deals in the order in which the examples lie."""
    return jnp.arange(n // batch_size * batch_size).reshape(-1, batch_size)


@caught_by("correct", "depends_on_the_key")
def epoch_batches__key_of_its_own(key, n, batch_size):
    """Makes a key of its own."""
    order = jax.random.permutation(jax.random.key(0), n)
    return order[: n // batch_size * batch_size].reshape(-1, batch_size)


@caught_by("correct", "deals_each_example_once")
def epoch_batches__with_replacement(key, n, batch_size):
    """Draws with replacement."""
    return jax.random.randint(key, (n // batch_size, batch_size), 0, n)


@caught_by("correct", "deals_each_example_once")
def epoch_batches__batch_by_batch(key, n, batch_size):
    """Draws each batch by itself: two batches share examples."""
    keys = jax.random.split(key, n // batch_size)
    return jax.vmap(lambda key: jax.random.choice(key, n, (batch_size,), replace=False))(keys)


@caught_by("correct", "deals_each_example_once")
def epoch_batches__counts_from_one(key, n, batch_size):
    """Numbers the examples from 1."""
    order = 1 + jax.random.permutation(key, n)
    order = jnp.concatenate([order[order.argmax()][None], order])
    return order[: n // batch_size * batch_size].reshape(-1, batch_size)


@caught_by("correct", "deals_each_example_once")
def epoch_batches__ragged(key, n, batch_size):
    """Makes a last batch of what is left over, filled up from the front."""
    n_batches = -(-n // batch_size)
    return jnp.resize(jax.random.permutation(key, n), (n_batches, batch_size))


@caught_by("correct", "deals_each_example_once")
def epoch_batches__a_list(key, n, batch_size):
    """Returns a list of batches."""
    order = jax.random.permutation(key, n)
    return [order[start : start + batch_size] for start in range(0, n - batch_size + 1, batch_size)]


@caught_by("correct", "leaves_nobody_out_for_good")
def epoch_batches__drops_before(key, n, batch_size):
    """Cuts the rest off before the shuffle: the last examples are never used."""
    kept = n // batch_size * batch_size
    return jax.random.permutation(key, kept).reshape(-1, batch_size)


@caught_by("correct", "mixes_the_batches")
def epoch_batches__same_company(key, n, batch_size):
    """Shuffles the rows of a table: an example always meets the same others."""
    first, second = jax.random.split(key)
    start = jax.random.randint(second, (), 0, n % batch_size + 1)
    table = start + jnp.arange(n // batch_size * batch_size).reshape(-1, batch_size)
    return jax.random.permutation(first, table)


@caught_by("correct", "mixes_the_batches")
def epoch_batches__rotates(key, n, batch_size):
    """Begins at a random place, and goes on in order."""
    order = (jnp.arange(n) + jax.random.randint(key, (), 0, n)) % n
    return order[: n // batch_size * batch_size].reshape(-1, batch_size)


@caught_by("correct", "likes_all_places")
def epoch_batches__sorted_rows(key, n, batch_size):
    """Sorts each batch."""
    order = jax.random.permutation(key, n)[: n // batch_size * batch_size]
    return jnp.sort(order.reshape(-1, batch_size), axis=1)


@caught_by("jit", "compiles_once")
def epoch_batches__numpy(key, n, batch_size):
    """Shuffles by NumPy, with a seed from the key."""
    seed = int(jax.random.bits(key))
    order = np.random.default_rng(seed).permutation(n)
    return jnp.asarray(order[: n // batch_size * batch_size].reshape(-1, batch_size))


@caught_by("jit", "has_no_python_loop")
def epoch_batches__loop(key, n, batch_size):
    """Cuts the batches in a Python loop."""
    order = jax.random.permutation(key, n)
    return jnp.stack([order[b * batch_size : (b + 1) * batch_size] for b in range(n // batch_size)])


@caught_by("jit", "uses_each_key_once")
def epoch_batches__rest_by_the_same_key(key, n, batch_size):
    """Shuffles, and then draws with the same key where to begin."""
    order = jnp.roll(jax.random.permutation(key, n), jax.random.randint(key, (), 0, n))
    return order[: n // batch_size * batch_size].reshape(-1, batch_size)


@caught_by("deeper", "likes_all_orders")
def epoch_batches__sorts_numbers_with_ties(key, n, batch_size):
    """Sorts one whole number below n for each example: ties leave examples in their old order."""
    n_batches = n // batch_size
    order = jnp.argsort(jax.random.randint(key, (n,), 0, n))
    return order[: n_batches * batch_size].reshape(n_batches, batch_size)


@caught_by("deeper", "likes_all_orders")
def epoch_batches__swaps_with_any(key, n, batch_size):
    """Swaps each example with any other, which does not make all orders equally likely."""
    n_batches = n // batch_size
    js = jax.random.randint(key, (n,), 0, n)
    order = lax.fori_loop(0, n, lambda i, o: o.at[i].set(o[js[i]]).at[js[i]].set(o[i]), jnp.arange(n))
    return order[: n_batches * batch_size].reshape(n_batches, batch_size)


@caught_by("deeper", "likes_all_orders")
def epoch_batches__last_never_first(key, n, batch_size):
    """Turns the order round so that the last example never comes first."""
    n_batches = n // batch_size
    order = jax.random.permutation(key, n)
    order = jnp.where(order[0] == n - 1, jnp.roll(order, 1), order)
    return order[: n_batches * batch_size].reshape(n_batches, batch_size)
