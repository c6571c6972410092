"""Plausible mistakes in hmc_chain; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# hmc_chain


@caught_by("speed", "beats_the_loop")
def hmc_chain__from_the_start_each_time(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Goes through the chain anew up to each sample, and through its trajectory up to each leapfrog step."""
    one, two = jax.random.split(key)
    momenta = jax.random.normal(one, (n_samples, *start.shape))
    thresholds = jnp.log(jax.random.uniform(two, (n_samples,)))
    gradient = jax.grad(log_density)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def trajectory(x, p):
        def up_to(last, _):
            def leapfrog(k, state):
                x, p = state
                p = p + step_size / 2 * gradient(x)
                x = x + step_size * p
                new = x, p + step_size / 2 * gradient(x)
                return jax.tree.map(lambda new, old: jnp.where(k <= last, new, old), new, state)

            return lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))

        return lax.fori_loop(0, n_leapfrog, up_to, (x, p))

    def up_to(last):
        def sample(x, now):
            k, p, threshold = now
            after, p_after = trajectory(x, p)
            accepted = threshold < energy(x, p) - energy(after, p_after)
            return jnp.where(accepted & (k <= last), after, x), None

        return lax.scan(sample, start, (jnp.arange(n_samples), momenta, thresholds))[0]

    return lax.map(up_to, jnp.arange(n_samples))


@caught_by("correct", "keeps_the_density")
def hmc_chain__no_accept_step(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Trusts leapfrog and accepts everything that is a number."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def sample(x, key):
        p = jax.random.normal(key, x.shape)
        proposal, _ = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        x = jnp.where(jnp.all(jnp.abs(proposal) < 50), proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "finds_the_density")
def hmc_chain__downhill(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Takes the log density for the potential, and walks away from it."""
    gradient = jax.grad(lambda x: -log_density(x))

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "finds_the_density")
def hmc_chain__momentum_never_refreshed(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Draws one momentum for all samples."""
    gradient = jax.grad(log_density)
    momentum_key, accept_key = jax.random.split(key)
    p = jax.random.normal(momentum_key, start.shape)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(key)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(accept_key, n_samples))[1]


@caught_by("correct", "finds_the_density")
def hmc_chain__kinetic_energy_forgotten(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Compares densities alone when it accepts."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, _ = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < log_density(proposal) - log_density(x)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "rejects_what_is_no_number")
def hmc_chain__rejects_by_comparison(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Asks whether to reject: NaN answers no."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        rejected = jnp.log(jax.random.uniform(two)) >= energy(x, p) - energy(proposal, p_after)
        x = jnp.where(rejected, x, proposal)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "stands_still_with_step_zero")
def hmc_chain__accepts_the_wrong_way_round(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Returns momenta beside positions."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        return jnp.where(accepted, proposal, x), jnp.where(accepted, p_after, p)

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "finds_the_density")
def hmc_chain__euler(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Whole steps of p and x from the same old state."""
    gradient = jax.grad(log_density)

    def euler(_, state):
        x, p = state
        return x + step_size * p, p + step_size * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, euler, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "keeps_the_density")
def hmc_chain__whole_kicks(log_density, start, key, n_samples, step_size, n_leapfrog):
    """A whole step of p, then a whole one of x: not the same backwards."""
    gradient = jax.grad(log_density)

    def step(_, state):
        x, p = state
        p = p + step_size * gradient(x)
        return x + step_size * p, p

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, step, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "uses_each_key_once")
def hmc_chain__key_used_twice(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Splits a key that it has drawn from."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        p = jax.random.normal(key, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(jax.random.split(key)[1])) < energy(x, p) - energy(
            proposal, p_after
        )
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "has_no_python_loop")
def hmc_chain__leapfrog_written_out(log_density, start, key, n_samples, step_size, n_leapfrog):
    """A Python loop over leapfrog steps."""
    gradient = jax.grad(log_density)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = p_after = jax.random.normal(one, x.shape)
        proposal = x
        for _ in range(n_leapfrog):
            p_after = p_after + step_size / 2 * gradient(proposal)
            proposal = proposal + step_size * p_after
            p_after = p_after + step_size / 2 * gradient(proposal)
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "has_no_python_loop")
def hmc_chain__samples_written_out(log_density, start, key, n_samples, step_size, n_leapfrog):
    """A Python loop over samples."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    x, samples = start, []
    for _ in range(n_samples):
        key, one, two = jax.random.split(key, 3)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        x = jnp.where(accepted, proposal, x)
        samples.append(x)
    return jnp.stack(samples)


@caught_by("correct", "has_a_row_for_each_sample")
def hmc_chain__python_branch(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Accepts with a Python if."""
    gradient = jax.grad(log_density)
    x, samples = start, []
    for _ in range(n_samples):
        key, one, two = jax.random.split(key, 3)
        p = jax.random.normal(one, x.shape)
        before = log_density(x) - jnp.sum(p**2) / 2
        proposal = x
        for _ in range(n_leapfrog):
            p = p + step_size / 2 * gradient(proposal)
            proposal = proposal + step_size * p
            p = p + step_size / 2 * gradient(proposal)
        after = log_density(proposal) - jnp.sum(p**2) / 2
        if jnp.log(jax.random.uniform(two)) < after - before:
            x = proposal
        samples.append(x)
    return jnp.stack(samples)


@caught_by("correct", "leaves_its_start")
def hmc_chain__start_is_a_sample(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Puts out the place that each sample began at."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "leaves_its_start")
def hmc_chain__start_in_front(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Puts the start before the rows, and drops the last one."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, new

    rows = lax.scan(sample, start, jax.random.split(key, n_samples))[1]
    return jnp.concatenate([start[None], rows[:-1]])


@caught_by("correct", "has_a_row_for_each_sample")
def hmc_chain__one_row_too_many(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Counts the start, and all samples."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, new

    rows = lax.scan(sample, start, jax.random.split(key, n_samples))[1]
    return jnp.concatenate([start[None], rows])


@caught_by("correct", "takes_all_leapfrog_steps")
def hmc_chain__one_leapfrog_too_many(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Counts from 0 to n_leapfrog, both included."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog + 1, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, new

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "takes_all_leapfrog_steps")
def hmc_chain__six_leapfrog_steps(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Has a number of its own."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, 6, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, new

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "decides_anew_each_time")
def hmc_chain__one_threshold(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Draws one u for the whole chain."""
    gradient = jax.grad(log_density)

    key, two = jax.random.split(key)
    threshold = jnp.log(jax.random.uniform(two))

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        p = jax.random.normal(key, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = threshold < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, new

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "takes_all_leapfrog_steps")
def hmc_chain__lays_the_proposal_aside(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Goes on from where it was."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, x, x)
        return new, new

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("correct", "finds_the_density")
def hmc_chain__energies_swapped(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Takes the energies the other way round."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(proposal, p_after) - energy(x, p)
        new = jnp.where(accepted, proposal, x)
        return new, new

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("deeper", "goes_far")
def hmc_chain__at_most_fifty_leapfrog_steps(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Takes no more than fifty leapfrog steps."""
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        proposal, p_after = lax.fori_loop(0, min(n_leapfrog, 50), leapfrog, (x, p))
        accepted = jnp.log(jax.random.uniform(two)) < energy(x, p) - energy(proposal, p_after)
        new = jnp.where(accepted, proposal, x)
        return new, new

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]


@caught_by("deeper", "takes_a_python_number")
def hmc_chain__array_step(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Calls step_size.astype, which a Python number has not."""
    step_size = step_size.astype(start.dtype)
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x, key):
        momentum_key, accept_key = jax.random.split(key)
        p = jax.random.normal(momentum_key, x.shape)
        proposal, p_after = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        log_ratio = energy(x, p) - energy(proposal, p_after)
        accepted = jnp.log(jax.random.uniform(accept_key)) < log_ratio
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]
