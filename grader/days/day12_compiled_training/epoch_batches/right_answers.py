"""Other honest ways to write epoch_batches; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# epoch_batches


def epoch_batches__sorts_random_numbers(key, n, batch_size):
    """Sorts one random number an example, and resizes."""
    order = jnp.argsort(jax.random.uniform(key, (n,)))
    return jnp.resize(order, (n // batch_size, batch_size))


def epoch_batches__chooses(key, n, batch_size):
    """Draws without replacement, as many as are needed."""
    return jax.random.choice(key, n, (n // batch_size, batch_size), replace=False)


def epoch_batches__columns(key, n, batch_size):
    """Shuffles an array of indices, and fills the batches column by column."""
    kept = n - n % batch_size
    order = jax.random.permutation(key, jnp.arange(n, dtype=jnp.int32))
    return jnp.swapaxes(order[n - kept :].reshape(batch_size, -1), 0, 1)


def epoch_batches__fisher_yates(key, n, batch_size):
    """Swaps each place with one that comes after it or is itself."""
    keys = jax.random.split(key, n)
    places = jnp.arange(n)
    others = jax.vmap(lambda key, place: jax.random.randint(key, (), place, n))(keys, places)

    def swap(place, order):
        other = others[place]
        return order.at[jnp.stack([place, other])].set(order[jnp.stack([other, place])])

    order = lax.fori_loop(0, n, swap, places)
    return order[: n - n % batch_size].reshape(-1, batch_size)


def epoch_batches__top_of_noise(key, n, batch_size):
    """Takes the examples with the largest noise."""
    kept = n // batch_size * batch_size
    _, order = lax.top_k(jax.random.gumbel(key, (n,)), kept)
    return jnp.stack(jnp.split(order, n // batch_size))


def epoch_batches__slices(key, n, batch_size):
    """Cuts each batch by a dynamic slice, mapped over their starts."""
    order = jax.random.permutation(key, n)
    starts = batch_size * jnp.arange(n // batch_size)
    return jax.vmap(lambda start: lax.dynamic_slice(order, (start,), (batch_size,)))(starts)
