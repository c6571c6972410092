"""Honest other ways through day 10; every check must let them pass."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# batch_loss_gradient


def batch_loss_gradient__value_and_grad(loss, params, x, y):
    """Through value_and_grad and a partial function."""

    def batch_loss(params):
        return jax.vmap(partial(loss, params))(x, y).mean()

    return jax.value_and_grad(batch_loss)(params)[1]


def batch_loss_gradient__pulls_weights_back(loss, params, x, y):
    """Pulls 1/n back from every loss."""
    losses, pull_back = jax.vjp(lambda params: jax.vmap(loss, (None, 0, 0))(params, x, y), params)
    return pull_back(jnp.full_like(losses, 1 / len(x)))[0]


def batch_loss_gradient__running_sum(loss, params, x, y):
    """One example after the other; only the sum is kept."""

    def add(total, example):
        gradient = jax.grad(loss)(params, *example)
        return jax.tree.map(jnp.add, total, gradient), None

    total, _ = lax.scan(add, jax.tree.map(jnp.zeros_like, params), (x, y))
    return jax.tree.map(lambda leaf: leaf / len(x), total)


@partial(jax.jit, static_argnums=0)
def batch_loss_gradient__compiled(loss, params, x, y):
    """jit of grad of the mean of a vmap, compiled by the learner."""
    return jax.grad(lambda params: jnp.mean(jax.vmap(lambda x, y: loss(params, x, y))(x, y)))(params)


# newton_roots


def newton_roots__scan(function, starts, n_steps):
    """All starts in step, under scan."""

    def step(x, _):
        value, slope = jax.vmap(jax.value_and_grad(function))(x)
        return x - jnp.where(slope == 0, 0, value / slope), None

    return lax.scan(step, starts, length=n_steps)[0]


def newton_roots__while_loop(function, starts, n_steps):
    """A while loop for each start, with a cond."""

    def step(state):
        k, x = state
        value, slope = function(x), jax.grad(function)(x)
        return k + 1, lax.cond(slope == 0, lambda: x, lambda: x - value / slope)

    return jax.vmap(lambda x: lax.while_loop(lambda state: state[0] < n_steps, step, (0, x))[1])(starts)


@partial(jax.jit, static_argnames=("function", "n_steps"))
def newton_roots__forward_mode(function, starts, n_steps):
    """Value and slope by jvp; the starts one after another under lax.map, compiled by the learner."""

    def root(x):
        def step(_, x):
            value, slope = jax.jvp(function, (x,), (jnp.ones_like(x),))
            safe = jnp.where(slope == 0, 1, slope)
            return jnp.where(slope == 0, x, x - value / safe)

        return lax.fori_loop(0, n_steps, step, x)

    return lax.map(root, starts)


# log1pexp


def log1pexp__defjvps(x):
    """The short form of the rule."""

    @jax.custom_jvp
    def value(x):
        return jnp.where(x > 0, x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    value.defjvps(lambda tangent, out, x: tangent * jnp.exp(x - out))
    return value(x)


def log1pexp__logistic(x):
    """The logistic function as the slope."""

    @jax.custom_jvp
    def value(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @value.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return value(x), lax.logistic(x) * tangent

    return value(x)


@jax.jit
def log1pexp__one_number_at_a_time(x):
    """A rule for one number, with a cond in it, lifted by vectorize and compiled by the learner."""

    @jax.custom_jvp
    def value(x):
        return lax.cond(x > 0, lambda: x + jnp.log1p(jnp.exp(-x)), lambda: jnp.log1p(jnp.exp(x)))

    @value.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        above, below = jnp.where(x > 0, x, 0), jnp.exp(jnp.where(x > 0, 0, x))
        return value(x), tangent * jnp.where(x > 0, 1 / (1 + jnp.exp(-above)), below / (1 + below))

    return jnp.vectorize(value)(x)


# clip_gradient


def clip_gradient__zeros_for_the_bounds(x, low, high):
    """Says the bounds' gradients in zeros."""

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def backwards(bounds, gradient):
        low, high = bounds
        clipped = jnp.maximum(jnp.minimum(gradient, high), low)
        return clipped.astype(gradient.dtype), jnp.zeros_like(low), jnp.zeros_like(high)

    identity.defvjp(lambda x, low, high: (x, (low, high)), backwards)
    return identity(x, low, high)


def clip_gradient__arrays_first(x, low, high):
    """Makes arrays of the bounds, in the dtype of x, and keeps them in a dict."""

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def forwards(x, low, high):
        return x, {"a_min": low, "a_max": high}

    def backwards(bounds, gradient):
        return (
            jnp.where(gradient < bounds["a_min"], bounds["a_min"], jnp.minimum(gradient, bounds["a_max"])),
            None,
            None,
        )

    identity.defvjp(forwards, backwards)
    return identity(x, jnp.asarray(low, x.dtype), jnp.asarray(high, x.dtype))


def clip_gradient__bounds_held_still(x, low, high):
    """Stops the gradient of the bounds on the way in."""

    @jax.custom_vjp
    def identity(x, bounds):
        return x

    def backwards(bounds, gradient):
        return jnp.clip(gradient, bounds[0], bounds[1]).astype(gradient.dtype), jnp.zeros_like(bounds)

    identity.defvjp(lambda x, bounds: (x, bounds), backwards)
    return identity(x, jnp.stack([jnp.float32(lax.stop_gradient(low)), jnp.float32(lax.stop_gradient(high))]))


# straight_through_round


def straight_through_round__custom_jvp(x):
    """A rule that passes the tangent on."""

    @jax.custom_jvp
    def rounded(x):
        return jnp.round(x)

    rounded.defjvp(lambda primals, tangents: (rounded(primals[0]), tangents[0]))
    return rounded(x)


def straight_through_round__custom_vjp(x):
    """A rule that passes the gradient on."""

    @jax.custom_vjp
    def rounded(x):
        return jnp.rint(x)

    rounded.defvjp(lambda x: (rounded(x), None), lambda _, gradient: (gradient,))
    return rounded(x)


def straight_through_round__zero_with_a_gradient(x):
    """Adds a zero that has the gradient of x."""
    return lax.stop_gradient(jnp.round(x)) + (x - lax.stop_gradient(x))


@jax.jit
def straight_through_round__takes_the_fraction_off(x):
    """Takes away what is too much, held still; compiled by the learner."""
    return x - lax.stop_gradient(x - lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN))


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


# transform


def transform__fold_in(function):
    """A key for each parameter by its number; one get_parameter for both."""

    def run(params, key, args):
        def get_parameter(name, shape, initializer):
            if key is not None and name not in params:
                params[name] = initializer(jax.random.fold_in(key, len(params)), shape)
            if jnp.shape(params[name]) != tuple(shape):
                raise ValueError(f"{name} has shape {params[name].shape}")
            return params[name]

        return function(get_parameter, *args)

    def init(key, *args):
        params = {}
        run(params, key, args)
        return params

    return init, lambda params, *args: run(params, None, args)


def transform__class(function):
    """A small class holds the state of one run."""

    class Run:
        def __init__(self, params, key=None):
            self.params, self.key = params, key

        def __call__(self, name, shape, initializer):
            if self.key is not None and name not in self.params:
                self.key, own = jax.random.split(self.key)
                self.params[name] = initializer(own, shape)
            value = self.params[name]
            if value.shape != shape:
                raise ValueError(name, value.shape, shape)
            return value

    def init(key, *args):
        run = Run({}, key)
        function(run, *args)
        return run.params

    def apply(params, *args):
        return function(Run(params), *args)

    return init, apply


def transform__by_a_stack(function):
    """A stack of frames, as Haiku keeps it: nested runs find their own."""
    if not hasattr(transform, "frames"):
        transform.frames = []

    def get_parameter(name, shape, initializer):
        frame = transform.frames[-1]
        if frame["key"] is not None and name not in frame["params"]:
            frame["key"], own = jax.random.split(frame["key"])
            frame["params"][name] = initializer(own, shape)
        if frame["params"][name].shape != shape:
            raise ValueError(name)
        return frame["params"][name]

    def run(params, key, args):
        transform.frames.append({"params": params, "key": key})
        try:
            return function(get_parameter, *args)
        finally:
            transform.frames.pop()

    def init(key, *args):
        params = {}
        run(params, key, args)
        return params

    def apply(params, *args):
        return run(params, None, args)

    return init, apply


# fixed_point


def fixed_point__fixed_number_of_steps(function, start, theta):
    """Two hundred and fifty steps each way, with a rule that has the function closed over."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        x, theta = kept
        _, pull_x = jax.vjp(lambda x: function(x, theta), x)
        u = lax.fori_loop(0, 250, lambda _, u: v + pull_x(u)[0], v)
        _, pull_theta = jax.vjp(lambda theta: function(x, theta), theta)
        return None, *pull_theta(u)

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


def fixed_point__custom_root(function, start, theta):
    """JAX's own root finder, with the two solvers handed in."""

    def solve(residual, x):
        return lax.fori_loop(0, 250, lambda _, x: x - residual(x), x)

    def tangent_solve(linear, v):
        # custom_root wants a solve that it can transpose.
        return lax.custom_linear_solve(
            linear,
            v,
            lambda matvec, v: lax.fori_loop(0, 250, lambda _, u: v + u - matvec(u), v),
            transpose_solve=lambda matvec, v: lax.fori_loop(0, 250, lambda _, u: v + u - matvec(u), v),
        )

    return lax.custom_root(lambda x: x - function(x, theta), start, solve, tangent_solve)


def fixed_point__rule_on_the_last_step(function, start, theta):
    """Finds the point without a gradient, takes one step with one, and repairs the gradient that comes back."""
    x = lax.stop_gradient(
        lax.fori_loop(0, 250, lambda _, x: function(x, lax.stop_gradient(theta)), lax.stop_gradient(start))
    )

    @jax.custom_vjp
    def repair(out, x, theta):
        return out

    def forwards(out, x, theta):
        return out, (x, theta)

    def backwards(kept, v):
        x, theta = kept
        _, pull_back = jax.vjp(lambda x: function(x, theta), x)
        u = lax.fori_loop(0, 250, lambda _, u: v + pull_back(u)[0], v)
        return u, jnp.zeros_like(x), jax.tree.map(jnp.zeros_like, theta)

    repair.defvjp(forwards, backwards)
    return repair(function(x, theta), x, theta)


@partial(jax.jit, static_argnums=0)
def fixed_point__function_not_differentiated(function, start, theta):
    """nondiff_argnums for the function, a tolerance for the loops; compiled by the learner."""

    def settle(step, x):
        def moves(state):
            x, before, k = state
            return (k < 400) & (jnp.max(jnp.abs(x - before)) > 1e-7 * (1 + jnp.max(jnp.abs(x))))

        return lax.while_loop(moves, lambda state: (step(state[0]), state[0], state[2] + 1), (step(x), x, 0))[
            0
        ]

    @partial(jax.custom_vjp, nondiff_argnums=(0,))
    def solve(function, start, theta):
        return settle(lambda x: function(x, theta), start)

    def forwards(function, start, theta):
        x = solve(function, start, theta)
        return x, (x, theta)

    def backwards(function, kept, v):
        _, pull_back = jax.vjp(function, *kept)
        u = settle(lambda u: v + pull_back(u)[0], v)
        return jnp.zeros_like(kept[0]), pull_back(u)[1]

    solve.defvjp(forwards, backwards)
    return solve(function, start, theta)


# hmc_chain


def hmc_chain__joined_kicks(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Half a kick, then whole ones between the drifts, then half a kick back; draws everything beforehand."""
    momentum_key, accept_key = jax.random.split(key)
    momenta = jax.random.normal(momentum_key, (n_samples, *start.shape))
    thresholds = jax.random.uniform(accept_key, (n_samples,))
    gradient = jax.grad(log_density)

    def sample(x0, draws):
        p0, threshold = draws

        def step(state, _):
            x, p = state
            x = x + step_size * p
            return (x, p + step_size * gradient(x)), None

        p = p0 + 0.5 * step_size * gradient(x0)
        (x, p), _ = lax.scan(step, (x0, p), length=n_leapfrog)
        p = p - 0.5 * step_size * gradient(x)
        ratio = jnp.exp(log_density(x) - jnp.sum(p**2) / 2 - log_density(x0) + jnp.sum(p0**2) / 2)
        x = jnp.where(threshold < ratio, x, x0)
        return x, x

    return lax.scan(sample, start, (momenta, thresholds))[1]


def hmc_chain__fori_loop(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Writes samples into an array, carries the key, turns the momentum at the end, accepts by cond."""
    force = jax.value_and_grad(log_density)

    def hamiltonian(x, p):
        return 0.5 * p @ p - log_density(x)

    def leapfrog(_, state):
        x, p = state
        p = p + 0.5 * step_size * force(x)[1]
        x = x + step_size * p
        return x, p + 0.5 * step_size * force(x)[1]

    def sample(k, state):
        x, key, samples = state
        key, one, two = jax.random.split(key, 3)
        p = jax.random.normal(one, x.shape, x.dtype)
        proposal, last = lax.fori_loop(0, n_leapfrog, leapfrog, (x, p))
        probability = jnp.exp(hamiltonian(x, p) - hamiltonian(proposal, -last))
        x = lax.cond(jax.random.uniform(two) < probability, lambda: proposal, lambda: x)
        return x, key, samples.at[k].set(x)

    samples = jnp.zeros((n_samples, *start.shape), start.dtype)
    return lax.fori_loop(0, n_samples, sample, (start, key, samples))[2]


@partial(jax.jit, static_argnames=("log_density", "n_samples", "n_leapfrog"))
def hmc_chain__bernoulli(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Accepts by a Bernoulli draw with NaN made 0, and carries the gradient along; compiled by the learner."""
    value_and_force = jax.value_and_grad(log_density)

    def step(_, state):
        x, p, force, _ = state
        p = p + step_size / 2 * force
        x = x + step_size * p
        value, force = value_and_force(x)
        return x, p + step_size / 2 * force, force, value

    def sample(state, k):
        x, value, force = state
        one, two = jax.random.split(jax.random.fold_in(key, k))
        p = jax.random.normal(one, x.shape)
        new, p_new, new_force, new_value = lax.fori_loop(0, n_leapfrog, step, (x, p, force, value))
        ratio = jnp.exp(new_value - value + (jnp.sum(p**2) - jnp.sum(p_new**2)) / 2)
        probability = jnp.clip(jnp.nan_to_num(ratio, nan=0.0, posinf=1.0), 0, 1)
        accepted = jax.random.bernoulli(two, probability)
        state = jax.tree.map(
            lambda new, old: jnp.where(accepted, new, old), (new, new_value, new_force), (x, value, force)
        )
        return state, state[0]

    return lax.scan(sample, (start, *value_and_force(start)), jnp.arange(n_samples))[1]


def hmc_chain__keys_by_index(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Splits once, and takes its two keys by the number of the sample."""
    keys = jax.random.split(key, (n_samples, 2))
    gradient = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * gradient(x)
        x = x + step_size * p
        return x, p + step_size / 2 * gradient(x)

    def energy(x, p):
        return jnp.sum(p**2) / 2 - log_density(x)

    def sample(x0, k):
        p0 = jax.random.normal(keys[k, 0], x0.shape)
        x, p = lax.fori_loop(0, n_leapfrog, leapfrog, (x0, p0))
        accepted = jnp.log(jax.random.uniform(keys[k, 1])) < energy(x0, p0) - energy(x, p)
        x = jnp.where(accepted, x, x0)
        return x, x

    return lax.scan(sample, start, jnp.arange(n_samples))[1]


def hmc_chain__keys_by_index_in_a_fori_loop(log_density, start, key, n_samples, step_size, n_leapfrog):
    """Fills the rows in a fori_loop, splitting keys[k] in each round."""
    keys = jax.random.split(key, n_samples)
    force = jax.grad(log_density)

    def leapfrog(_, state):
        x, p = state
        p = p + step_size / 2 * force(x)
        x = x + step_size * p
        return x, p + step_size / 2 * force(x)

    def fill(k, state):
        x0, rows = state
        one, two = jax.random.split(keys[k])
        p0 = jax.random.normal(one, x0.shape)
        x, p = lax.fori_loop(0, n_leapfrog, leapfrog, (x0, p0))
        gain = log_density(x) - log_density(x0) + (p0 @ p0 - p @ p) / 2
        x = jnp.where(jnp.log(jax.random.uniform(two)) < gain, x, x0)
        return x, rows.at[k].set(x)

    return lax.fori_loop(0, n_samples, fill, (start, jnp.zeros((n_samples, *start.shape))))[1]
