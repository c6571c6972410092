"""Plausible mistakes in train_until; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by
from jax import lax

# train_until


@caught_by("correct", "by_hand")
def train_until__never_stops(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Runs all epochs, and gives back the best parameters."""

    def run_epoch(_, carry):
        params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        return params, state, best, jnp.where(value < least, value, least)

    start = (params, optimizer.init(params), params, loss(params, *validation))
    return lax.fori_loop(0, n_epochs, run_epoch, start)[2], jnp.asarray(n_epochs)


@caught_by("correct", "by_hand")
def train_until__one_too_patient(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Waits one epoch longer."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] <= patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "by_hand")
def train_until__last_parameters(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Gives back the last parameters."""

    def run_epoch(carry):
        epoch, waited, params, state, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[2], end[0]


@caught_by("correct", "by_hand")
def train_until__best_epoch(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Tells the number of the best epoch."""

    def run_epoch(carry):
        epoch, last, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        last = jnp.where(value < least, epoch + 1, last)
        return epoch + 1, last, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[0] - c[1] < patience), run_epoch, start)
    return end[4], end[1]


@caught_by("correct", "judges_by_the_validation_data")
def train_until__judges_by_training_loss(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Judges by the loss on the training data."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, x, y)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, x, y))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "judges_by_the_validation_data")
def train_until__three_things(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Returns the least loss, too."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[5], end[0]


@caught_by("correct", "waits_anew_after_each_improvement")
def train_until__counts_all(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Never sets the count back: all bad epochs add up."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = waited + jnp.where(value < least, 0, 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "compares_with_the_best")
def train_until__compares_with_the_epoch_before(
    params, x, y, validation, optimizer, loss, n_epochs, patience
):
    """Takes every loss that is less than the one before it for an improvement."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least, before = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < before, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.minimum(value, least), value

    first = loss(params, *validation)
    start = (0, 0, params, optimizer.init(params), params, first, first)
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "takes_a_tie_for_no_improvement")
def train_until__ties(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Takes an equal loss for an improvement."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        better = value <= least
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), params, best)
        waited = jnp.where(better, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(better, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "counts_the_start")
def train_until__from_infinity(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Begins with infinity for the least loss: the first epoch always improves."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, jnp.inf)
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "passes_over_nan")
def train_until__minimum(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Keeps the least loss by jnp.minimum, in which a NaN stays for good."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.minimum(value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "passes_over_nan")
def train_until__worse_the_other_way(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Asks for what is worse, and takes a NaN for an improvement."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        worse = value >= least
        best = jax.tree.map(lambda new, old: jnp.where(worse, old, new), params, best)
        waited = jnp.where(worse, waited + 1, 0)
        return epoch + 1, waited, params, state, best, jnp.where(worse, least, value)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "takes_the_smallest_improvement")
def train_until__no_end(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Looks at n_epochs one epoch too late."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] <= n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "learns_from_the_training_data")
def train_until__trains_on_validation(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Takes the gradient on the validation data."""

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        value, gradients = jax.value_and_grad(loss)(params, *validation)
        updates, state = optimizer.update(gradients, state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        waited = jnp.where(value < least, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(value < least, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[1] < patience), run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "judges_by_the_validation_data")
def train_until__plain_python(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Loops in Python, and returns Python's count."""
    state, best, least, waited, epoch = optimizer.init(params), params, loss(params, *validation), 0, 0
    while epoch < n_epochs and waited < patience:
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        epoch, waited = epoch + 1, waited + 1
        if value < least:
            best, least, waited = params, value, 0
    return best, epoch


@caught_by("jit", "compiles_once")
def train_until__python_loop(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Loops in Python and breaks."""
    state, best, least, waited, epoch = optimizer.init(params), params, loss(params, *validation), 0, 0
    while epoch < n_epochs and waited < patience:
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        epoch, waited = epoch + 1, waited + 1
        if value < least:
            best, least, waited = params, value, 0
    return best, jnp.asarray(epoch)


@caught_by("jit", "computes_nothing_after_the_stop")
def train_until__masked(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Runs all epochs, and drops what comes after the stop."""

    def run_epoch(_, carry):
        epoch, waited, params, state, best, least = carry
        updates, after = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        moved = optax.apply_updates(params, updates)
        value = loss(moved, *validation)
        kept = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), moved, best)
        now = jnp.where(value < least, 0, waited + 1)
        new = (epoch + 1, now, moved, after, kept, jnp.where(value < least, value, least))
        return jax.tree.map(lambda new, old: jnp.where(waited < patience, new, old), new, carry)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    end = lax.fori_loop(0, n_epochs, run_epoch, start)
    return end[4], end[0]


@caught_by("correct", "takes_the_smallest_improvement")
def train_until__asks_for_a_difference(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Takes less than 1e-4 for no improvement."""

    def goes_on(carry):
        epoch, waited, *_ = carry
        return (epoch < n_epochs) & (waited < patience)

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        improves = value < least - 0.0001
        best = jax.tree.map(lambda new, old: jnp.where(improves, new, old), params, best)
        waited = jnp.where(improves, 0, waited + 1)
        return (epoch + 1, waited, params, state, best, jnp.where(improves, value, least))

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    epoch, _, _, _, best, _ = lax.while_loop(goes_on, run_epoch, start)
    return (best, epoch)


@caught_by("correct", "takes_the_smallest_improvement")
def train_until__asks_for_a_share(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Takes less than a millionth of the loss for no improvement."""

    def goes_on(carry):
        epoch, waited, *_ = carry
        return (epoch < n_epochs) & (waited < patience)

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        improves = value < least - 1e-06 * jnp.abs(least)
        best = jax.tree.map(lambda new, old: jnp.where(improves, new, old), params, best)
        waited = jnp.where(improves, 0, waited + 1)
        return (epoch + 1, waited, params, state, best, jnp.where(improves, value, least))

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    epoch, _, _, _, best, _ = lax.while_loop(goes_on, run_epoch, start)
    return (best, epoch)


@caught_by("deeper", "lets_nan_through")
def train_until__mends_its_data(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Makes 0 of what is NaN in the data."""
    x, y = jnp.nan_to_num(x), jnp.nan_to_num(y)

    def goes_on(carry):
        return (carry[0] < n_epochs) & (carry[1] < patience)

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        improves = value < least
        best = jax.tree.map(lambda new, old: jnp.where(improves, new, old), params, best)
        waited = jnp.where(improves, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(improves, value, least)

    start = (0, 0, params, optimizer.init(params), params, loss(params, *validation))
    epoch, _, _, _, best, _ = lax.while_loop(goes_on, run_epoch, start)
    return best, epoch


@caught_by("deeper", "takes_python_ints")
def train_until__array_count(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Calls n_epochs.astype, which a Python number has not."""

    def goes_on(carry):
        epoch, waited, *_ = carry
        return (epoch < n_epochs) & (waited < patience)

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        improves = value < least
        best = jax.tree.map(lambda new, old: jnp.where(improves, new, old), params, best)
        waited = jnp.where(improves, 0, waited + 1)
        return epoch + 1, waited, params, state, best, jnp.where(improves, value, least)

    n_epochs = n_epochs.astype(jnp.int32)
    start = 0, 0, params, optimizer.init(params), params, loss(params, *validation)
    epoch, _, _, _, best, _ = lax.while_loop(goes_on, run_epoch, start)
    return best, epoch
