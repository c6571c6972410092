"""Plausible mistakes in ring_push; each must be caught by the check named above it."""

from functools import partial

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# ring_push


@caught_by("correct", "by_hand")
def ring_push__shifts(ring, cursor, item):
    """Moves every item up and writes at the end, as a queue would."""
    return jnp.concatenate([ring[1:], item[None]]), (cursor + 1) % len(ring)


@caught_by("correct", "by_hand")
def ring_push__moves_first(ring, cursor, item):
    """Moves the cursor before it writes."""
    cursor = (cursor + 1) % len(ring)
    return ring.at[cursor].set(item.astype(ring.dtype)), cursor


@caught_by("correct", "wraps")
def ring_push__runs_off(ring, cursor, item):
    """Never wraps the cursor, and later writes are dropped."""
    return ring.at[cursor].set(item.astype(ring.dtype)), cursor + 1


@caught_by("correct", "wraps")
def ring_push__wraps_late(ring, cursor, item):
    """Wraps one step too late."""
    return ring.at[cursor].set(item.astype(ring.dtype)), (cursor + 1) % (len(ring) + 1)


@caught_by("correct", "keeps_the_dtypes")
def ring_push__promotes(ring, cursor, item):
    """Chooses with `where`, which promotes the ring to the item's dtype."""
    here = (jnp.arange(len(ring)) == cursor).reshape(-1, *[1] * item.ndim)
    return jnp.where(here, item, ring), (cursor + 1) % len(ring)


@caught_by("correct", "by_hand")
@partial(jax.jit, donate_argnums=0)
def ring_push__donates_itself(ring, cursor, item):
    """Donates inside, so that every caller loses the old ring."""
    return ring.at[cursor].set(item.astype(ring.dtype)), (cursor + 1) % len(ring)


@caught_by("jit", "compiles_once")
def ring_push__branches(ring, cursor, item):
    """Wraps the cursor with a Python branch."""
    ring = ring.at[cursor].set(item.astype(ring.dtype))
    cursor = cursor + 1
    if cursor == len(ring):
        cursor = jnp.zeros_like(cursor)
    return ring, cursor


@caught_by("jit", "compiles_once")
def ring_push__glues(ring, cursor, item):
    """Glues slices around the cursor; their bounds may not be traced."""
    item = item[None].astype(ring.dtype)
    return jnp.concatenate([ring[:cursor], item, ring[cursor + 1 :]]), (cursor + 1) % len(ring)


@caught_by("jit", "lives_in_the_old_ring")
def ring_push__rolls(ring, cursor, item):
    """Turns the cursor to the front and back again: two more rings in memory."""
    turned = jnp.roll(ring, -cursor, axis=0).at[0].set(item.astype(ring.dtype))
    return jnp.roll(turned, cursor, axis=0), (cursor + 1) % len(ring)


@caught_by("jit", "lives_in_the_old_ring")
def ring_push__appends(ring, cursor, item):
    """Appends the item and reads all places anew."""
    longer = jnp.concatenate([ring, item[None].astype(ring.dtype)])
    places = jnp.arange(len(ring)).at[cursor].set(len(ring))
    return longer[places], (cursor + 1) % len(ring)
