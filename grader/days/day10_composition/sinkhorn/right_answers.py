"""Other honest ways to write sinkhorn; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# sinkhorn


def sinkhorn__scan(cost, a, b, epsilon, n_steps):
    """Scaled potentials, under scan; only g is carried."""
    kernel = -cost / epsilon

    def f_of(g):
        return jnp.log(a) - jax.scipy.special.logsumexp(kernel + g, axis=1)

    def step(g, _):
        return jnp.log(b) - jax.scipy.special.logsumexp(kernel + f_of(g)[:, None], axis=0), None

    # The last step is made by hand: its f goes into the plan.
    g, _ = lax.scan(step, jnp.zeros_like(b), length=n_steps - 1)
    f = f_of(g)
    g, _ = step(g, None)
    return jnp.exp(kernel + f[:, None] + g)


@partial(jax.jit, static_argnames="n_steps")
def sinkhorn__own_log_sum_exp(cost, a, b, epsilon, n_steps):
    """A log-sum-exp of one's own, compiled by the learner."""

    def log_sum_exp(x, axis):
        largest = lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True))
        return jnp.log(jnp.sum(jnp.exp(x - largest), axis=axis)) + jnp.squeeze(largest, axis)

    def step(_, state):
        f, g = state
        f = epsilon * (jnp.log(a) - log_sum_exp((g[None, :] - cost) / epsilon, 1))
        g = epsilon * (jnp.log(b) - log_sum_exp((f[:, None] - cost) / epsilon, 0))
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros(len(a)), jnp.zeros(len(b))))
    return jnp.exp((f[:, None] + g[None, :] - cost) / epsilon)


def sinkhorn__log_plan(cost, a, b, epsilon, n_steps):
    """Normalises rows and columns of the plan itself, in logarithms."""

    def step(_, log_plan):
        log_plan = log_plan + (jnp.log(a) - jax.nn.logsumexp(log_plan, axis=1))[:, None]
        return log_plan + jnp.log(b) - jax.nn.logsumexp(log_plan, axis=0)

    return jnp.exp(lax.fori_loop(0, n_steps, step, -cost / epsilon))


def sinkhorn__log_kernel_and_scalings(cost, a, b, epsilon, n_steps):
    """Logarithms of the textbook's scalings u and v."""
    log_kernel = -cost / epsilon

    def step(_, log_uv):
        _, log_v = log_uv
        log_u = jnp.log(a) - jax.nn.logsumexp(log_kernel + log_v[None, :], axis=1)
        return (log_u, jnp.log(b) - jax.nn.logsumexp(log_kernel.T + log_u[None, :], axis=1))

    log_u, log_v = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp(log_u[:, None] + log_kernel + log_v[None, :])


def sinkhorn__softmax(cost, a, b, epsilon, n_steps):
    """Each step makes rows, then columns, a softmax times their weights, in logarithms."""

    def step(log_plan, _):
        log_plan = jax.nn.log_softmax(log_plan, axis=1) + jnp.log(a)[:, None]
        return (jax.nn.log_softmax(log_plan, axis=0) + jnp.log(b)[None, :], None)

    return jnp.exp(lax.scan(step, -cost / epsilon, None, length=n_steps)[0])


def sinkhorn__vmapped_rows(cost, a, b, epsilon, n_steps):
    """One row and one column at a time, lifted; a dict is carried."""

    def row(weight, costs, g):
        return epsilon * (jnp.log(weight) - jax.nn.logsumexp((g - costs) / epsilon))

    def step(_, state):
        f = jax.vmap(row, in_axes=(0, 0, None))(a, cost, state["g"])
        return {"f": f, "g": jax.vmap(row, in_axes=(0, 1, None))(b, cost, f)}

    state = lax.fori_loop(0, n_steps, step, {"f": 0 * a, "g": 0 * b})
    return jax.vmap(lambda f, costs: jnp.exp((f + state["g"] - costs) / epsilon))(state["f"], cost)
