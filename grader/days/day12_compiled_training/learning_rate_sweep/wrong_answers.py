"""Plausible mistakes in learning_rate_sweep; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by
from jax import lax

# learning_rate_sweep


@caught_by("deeper", "finds_the_least_of_huge_losses")
def learning_rate_sweep__large_stand_in(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Takes a NaN loss for a million when it looks for the best: losses above that lose against it."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, c):
            p, s = c
            u, s = optimizer.update(jax.grad(loss)(p, x, y), s, p)
            return optax.apply_updates(p, u), s

        start = jax.tree.map(jnp.asarray, params)
        p, _ = lax.fori_loop(0, n_epochs, epoch, (start, optimizer.init(start)))
        return p, loss(p, x, y)

    all_params, losses = jax.vmap(run)(rates)
    best = jnp.argmin(jnp.where(jnp.isnan(losses), 1e6, losses))
    return jax.tree.map(lambda leaf: leaf[best], all_params), losses


@caught_by("deeper", "keeps_states_apart")
def learning_rate_sweep__first_state_for_all(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Begins every run with the state of the first rate's optimiser, which may hold that rate."""
    params = jax.tree.map(jnp.asarray, params)
    fresh = make_optimizer(rates[0]).init(params)

    def run(rate):
        tool = make_optimizer(rate)

        def epoch(_, pair):
            p, s = pair
            u, s = tool.update(jax.grad(loss)(p, x, y), s, p)
            return optax.apply_updates(p, u), s

        p, _ = lax.fori_loop(0, n_epochs, epoch, (params, fresh))
        return p, loss(p, x, y)

    runs, losses = jax.vmap(run)(rates)
    best = jnp.argmin(jnp.where(jnp.isnan(losses), jnp.inf, losses))
    return jax.tree.map(lambda leaf: leaf[best], runs), losses


@caught_by("correct", "by_hand")
def learning_rate_sweep__all_runs(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Returns the parameters of all runs."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    return jax.vmap(run)(rates)


@caught_by("correct", "by_hand")
def learning_rate_sweep__indexes_the_tree(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Indexes the dict of parameters as if it were an array."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    runs, losses = jax.vmap(run)(rates)
    best = jnp.nanargmin(losses)
    return runs[best], losses


@caught_by("correct", "by_hand")
def learning_rate_sweep__worst(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Chooses the largest loss."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    return jax.tree.map(lambda leaf: leaf[jnp.argmax(losses)], finals), losses


@caught_by("correct", "by_hand")
def learning_rate_sweep__one_after_the_other(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Each run goes on where the one before has stopped."""

    def run(params, rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, (final, loss(final, x, y))

    _, (finals, losses) = lax.scan(run, params, rates)
    best = jnp.argmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("correct", "by_hand")
def learning_rate_sweep__best_rate(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Returns the best rate."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return loss(final, x, y)

    losses = jax.vmap(run)(rates)
    return rates[jnp.argmin(losses)], losses


@caught_by("correct", "never_chooses_nan")
def learning_rate_sweep__argmin(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Chooses by argmin, for which a NaN is the least."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    return jax.tree.map(lambda leaf: leaf[jnp.argmin(losses)], finals), losses


@caught_by("correct", "never_chooses_nan")
def learning_rate_sweep__zeros_for_nan(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Replaces NaN by a large number in what it returns, too."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    losses = jnp.nan_to_num(losses, nan=1e9, posinf=1e9)
    return jax.tree.map(lambda leaf: leaf[jnp.argmin(losses)], finals), losses


@caught_by("correct", "agrees_with_single_runs")
def learning_rate_sweep__state_anew(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Begins a new optimiser's state in each epoch."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, params):
            gradients = jax.grad(loss)(params, x, y)
            updates, _ = optimizer.update(gradients, optimizer.init(params), params)
            return optax.apply_updates(params, updates)

        final = lax.fori_loop(0, n_epochs, epoch, params)
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    best = jnp.nanargmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("correct", "for_no_epoch")
def learning_rate_sweep__last_of_the_losses(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Needs at least one epoch."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(carry, _):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            params = optax.apply_updates(params, updates)
            return (params, state), loss(params, x, y)

        (final, _), losses = lax.scan(epoch, (params, optimizer.init(params)), length=int(n_epochs))
        return final, losses[-1]

    finals, losses = jax.vmap(run)(rates)
    best = jnp.nanargmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("jit", "does_not_grow_with_its_rates")
def learning_rate_sweep__loop_over_rates(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Loops over the rates in Python."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    runs = [run(rates[r]) for r in range(len(rates))]
    finals, losses = jax.tree.map(lambda *leaves: jnp.stack(leaves), *runs)
    best = jnp.nanargmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("jit", "compiles_once")
def learning_rate_sweep__floats(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Makes Python floats of the rates, one optimiser and one program for each."""
    best, least, losses = params, float("inf"), []
    for rate in rates.tolist():
        optimizer = make_optimizer(rate)

        @jax.jit
        def step(params, state, optimizer=optimizer):
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        now, state = params, optimizer.init(params)
        for _ in range(int(n_epochs)):
            now, state = step(now, state)
        losses.append(loss(now, x, y))
        if losses[-1] < least:
            best, least = now, losses[-1]
    return best, jnp.stack(losses)


@caught_by("jit", "compiles_once")
def learning_rate_sweep__branches(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Asks in Python whether the best loss is a number."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    best = jnp.argmin(losses)
    if jnp.isnan(losses[best]):
        best = jnp.nanargmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("jit", "compiles_once")
def learning_rate_sweep__loop_over_epochs(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Loops over the epochs in Python."""

    def run(rate):
        optimizer = make_optimizer(rate)
        now, state = params, optimizer.init(params)
        for _ in range(n_epochs):
            updates, state = optimizer.update(jax.grad(loss)(now, x, y), state, now)
            now = optax.apply_updates(now, updates)
        return now, loss(now, x, y)

    finals, losses = jax.vmap(run)(rates)
    best = jnp.nanargmin(losses)
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("correct", "never_chooses_nan")
def learning_rate_sweep__losses_at_most(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Cuts losses at 1e30."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return (optax.apply_updates(params, updates), state)

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return (final, loss(final, x, y))

    finals, losses = jax.vmap(run)(rates)
    losses = jnp.minimum(losses, 1e30)
    best = jnp.argmin(jnp.where(jnp.isnan(losses), jnp.inf, losses))
    return (jax.tree.map(lambda leaf: leaf[best], finals), losses)


@caught_by("correct", "never_chooses_nan")
def learning_rate_sweep__nan_told_as_infinity(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Returns infinity for the losses that are NaN."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return (optax.apply_updates(params, updates), state)

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return (final, loss(final, x, y))

    finals, losses = jax.vmap(run)(rates)
    best = jnp.argmin(jnp.where(jnp.isnan(losses), jnp.inf, losses))
    return (jax.tree.map(lambda leaf: leaf[best], finals), jnp.where(jnp.isnan(losses), jnp.inf, losses))


@caught_by("correct", "never_chooses_nan")
def learning_rate_sweep__keeps_last_finite(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Leaves out steps that would end in infinity."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            new = optax.apply_updates(params, updates)
            return (jax.tree.map(lambda a, b: jnp.where(jnp.isfinite(a), a, b), new, params), state)

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return (final, loss(final, x, y))

    finals, losses = jax.vmap(run)(rates)
    best = jnp.argmin(jnp.where(jnp.isnan(losses), jnp.inf, losses))
    return (jax.tree.map(lambda leaf: leaf[best], finals), losses)


@caught_by("correct", "compares_large_losses")
def learning_rate_sweep__large_is_lost(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Takes every loss beyond 1e10 for a run that diverged."""

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        end, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return end, loss(end, x, y)

    ends, losses = jax.vmap(run)(rates)
    best = jnp.argmin(jnp.where(losses < 1e10, losses, 1e10))
    return jax.tree.map(lambda leaf: leaf[best], ends), losses


@caught_by("deeper", "takes_rates_and_data_as_they_are")
def learning_rate_sweep__least_rate(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Takes no rate below 1e-6."""

    def run(rate):
        optimizer = make_optimizer(jnp.maximum(rate, 1e-6))

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    best = jnp.argmin(jnp.where(jnp.isnan(losses), jnp.inf, losses))
    return jax.tree.map(lambda leaf: leaf[best], finals), losses


@caught_by("deeper", "takes_a_python_int")
def learning_rate_sweep__array_count(rates, params, x, y, make_optimizer, loss, n_epochs):
    """Calls n_epochs.astype, which a Python number has not."""

    n_epochs = n_epochs.astype(jnp.int32)

    def run(rate):
        optimizer = make_optimizer(rate)

        def epoch(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        final, _ = lax.fori_loop(0, n_epochs, epoch, (params, optimizer.init(params)))
        return final, loss(final, x, y)

    finals, losses = jax.vmap(run)(rates)
    best = jnp.argmin(jnp.where(jnp.isnan(losses), jnp.inf, losses))
    return jax.tree.map(lambda leaf: leaf[best], finals), losses
