"""Plausible mistakes in sinkhorn; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# sinkhorn


@caught_by("speed", "beats_the_loop")
def sinkhorn__from_the_start_each_time(cost, a, b, epsilon, n_steps):
    """Takes all steps anew for each of them, one entry after the other."""

    def log_of_sum(exponents):
        add = lambda total, exponent: (jnp.logaddexp(total, exponent), None)
        return lax.scan(add, exponents[0], exponents[1:])[0]

    def up_to(last, _):
        def step(k, potentials):
            f, g = potentials
            f = epsilon * (jnp.log(a) - lax.map(lambda row: log_of_sum((g - row) / epsilon), cost))
            g = epsilon * (jnp.log(b) - lax.map(lambda column: log_of_sum((f - column) / epsilon), cost.T))
            return jax.tree.map(lambda new, old: jnp.where(k <= last, new, old), (f, g), potentials)

        return lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))

    f, g = lax.fori_loop(0, n_steps, up_to, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "is_stable")
def sinkhorn__kernel(cost, a, b, epsilon, n_steps):
    """The textbook's kernel, which underflows."""
    kernel = jnp.exp(-cost / epsilon)

    def step(_, scalings):
        _, v = scalings
        u = a / (kernel @ v)
        return u, b / (kernel.T @ u)

    u, v = lax.fori_loop(0, n_steps, step, (jnp.ones_like(a), jnp.ones_like(b)))
    return u[:, None] * kernel * v


@caught_by("correct", "is_stable")
def sinkhorn__log_of_sum_of_exp(cost, a, b, epsilon, n_steps):
    """In the log domain, but without taking the largest exponent out."""

    def step(_, potentials):
        _, g = potentials
        f = epsilon * (jnp.log(a) - jnp.log(jnp.sum(jnp.exp((g - cost) / epsilon), axis=1)))
        g = epsilon * (jnp.log(b) - jnp.log(jnp.sum(jnp.exp((f[:, None] - cost) / epsilon), axis=0)))
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "by_hand")
def sinkhorn__both_at_once(cost, a, b, epsilon, n_steps):
    """Makes the new g from the old f."""

    def step(_, potentials):
        f, g = potentials
        new_f = epsilon * (jnp.log(a) - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        new_g = epsilon * (jnp.log(b) - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
        return new_f, new_g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "agrees_with_numpy")
def sinkhorn__axes_swapped(cost, a, b, epsilon, n_steps):
    """Sums over the wrong axes, which a square matrix lets pass."""

    def step(_, potentials):
        _, g = potentials
        f = epsilon * (jnp.log(a) - jax.nn.logsumexp((g - cost) / epsilon, axis=0))
        g = epsilon * (jnp.log(b) - jax.nn.logsumexp((f - cost) / epsilon, axis=1))
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "without_costs")
def sinkhorn__weights_without_epsilon(cost, a, b, epsilon, n_steps):
    """Has no epsilon before the logarithms of the weights."""

    def step(_, potentials):
        f, g = potentials
        f = jnp.log(a) - epsilon * jax.nn.logsumexp((g - cost) / epsilon, axis=1)
        g = jnp.log(b) - epsilon * jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0)
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "by_hand")
def sinkhorn__epsilon_forgotten(cost, a, b, epsilon, n_steps):
    """Forgets the logarithm of the weights."""

    def step(_, potentials):
        _, g = potentials
        f = -epsilon * jax.nn.logsumexp((g - cost) / epsilon, axis=1)
        g = -epsilon * jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0)
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "agrees_with_numpy")
def sinkhorn__temperature_upside_down(cost, a, b, epsilon, n_steps):
    """Multiplies by epsilon where it should divide."""

    def step(_, potentials):
        _, g = potentials
        f = jnp.log(a) - jax.nn.logsumexp(g - cost * epsilon, axis=1)
        g = jnp.log(b) - jax.nn.logsumexp(f[:, None] - cost * epsilon, axis=0)
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp(f[:, None] + g - cost * epsilon)


@caught_by("correct", "can_be_differentiated")
def sinkhorn__until_it_stands_still(cost, a, b, epsilon, n_steps):
    """A while_loop, through which no gradient flows back."""

    def step(state):
        k, _, g = state
        f = epsilon * (jnp.log(a) - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (jnp.log(b) - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
        return k + 1, f, g

    start = (0, jnp.zeros_like(a), jnp.zeros_like(b))
    _, f, g = lax.while_loop(lambda state: state[0] < n_steps, step, start)
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "can_be_differentiated")
def sinkhorn__potentials_held_still(cost, a, b, epsilon, n_steps):
    """Stops the gradient of the potentials."""

    def step(_, potentials):
        _, g = potentials
        f = epsilon * (jnp.log(a) - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (jnp.log(b) - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
        return f, g

    f, g = lax.stop_gradient(lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b))))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("jit", "has_no_python_loop")
def sinkhorn__written_out(cost, a, b, epsilon, n_steps):
    """A Python loop over steps."""
    f, g = jnp.zeros_like(a), jnp.zeros_like(b)
    for _ in range(n_steps):
        f = epsilon * (jnp.log(a) - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (jnp.log(b) - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("deeper", "in_many_cases")
def sinkhorn__converged(cost, a, b, epsilon, n_steps):
    """Stops when g moves by less than 1e-4."""
    log_a, log_b = (jnp.log(a), jnp.log(b))

    def step(_, fgd):
        f, g, done = fgd
        nf = epsilon * (log_a - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        ng = epsilon * (log_b - jax.nn.logsumexp((nf[:, None] - cost) / epsilon, axis=0))
        now = done | (jnp.max(jnp.abs(ng - g)) < 0.0001)
        return (jnp.where(done, f, nf), jnp.where(done, g, ng), now)

    f, g, _ = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b), False))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "takes_tiny_weights")
def sinkhorn__log_eps(cost, a, b, epsilon, n_steps):
    """Adds 1e-6 to the weights before their logarithms."""
    log_a, log_b = (jnp.log(a + 1e-06), jnp.log(b + 1e-06))

    def step(_, potentials):
        _, g = potentials
        f = epsilon * (log_a - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (log_b - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
        return (f, g)

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


@caught_by("correct", "takes_tiny_weights")
def sinkhorn__log_eps8(cost, a, b, epsilon, n_steps):
    """Adds 1e-8 to the weights before their logarithms."""
    log_a, log_b = (jnp.log(a + 1e-08), jnp.log(b + 1e-08))

    def step(_, potentials):
        _, g = potentials
        f = epsilon * (log_a - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (log_b - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
        return (f, g)

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)
