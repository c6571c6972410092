"""Day 10: transformations composed.

`grad`, `vmap` and `jit` take functions and give functions, so they stack in any order. Where their
rules do not suit you, you write a rule of your own; and you can write a transformation of your own.
Functions that come as arguments are static all day. Arrays are float32 unless a docstring says more.
Lesson: README.md beside this file. Grade: python -m grader day10
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Key, PyTree


def batch_loss_gradient(
    loss: Callable[..., Float[Array, ""]],
    params: PyTree,
    x: Float[Array, "n *item"],
    y: Float[Array, "n *target"],
) -> PyTree:
    """Differentiate the mean loss of a batch, from the loss of one example.

    out = ∂/∂params of (1/n) Σ loss(params, x[i], y[i])      a tree like `params`

    `loss` takes the parameters and one example, without a batch axis, and returns one number.
    `params` is any tree of float arrays. Every example counts, one whose loss is NaN as well. The result can be
    differentiated in its turn.

        with loss = (w x - y)², w = 1, x = [1, 2], y = [0, 4]:  out = (2 - 8) / 2 = -3

    Rules: `loss` is static. No Python loop over examples. The gradients of single examples are
    never all held at once: that would be n times `params`, and the batch's needs it once.
    Reference: JAX docs, "Automatic vectorization", "Automatic differentiation".
    """

    def mean_loss(params):
        return jnp.mean(jax.vmap(loss, in_axes=(None, 0, 0))(params, x, y))

    return jax.grad(mean_loss)(params)


def newton_roots(
    function: Callable[[Float[Array, ""]], Float[Array, ""]], starts: Float[Array, "n"], n_steps: int
) -> Float[Array, "n"]:
    """Run Newton's method from many starting points at once.

    x ← x - f(x) / f'(x)   n_steps times, from each start by itself
    x ← x                  in a step where f'(x) = 0

    `function` takes one number and returns one number: it need not work on arrays. Its derivative
    is your business. No steps give the starts back. Steps are as long as they come: values and slopes may
    be 1e-20, starts and steps 1e9; a NaN stays with its own start.

        newton_roots(x ↦ x² - 2, [1, -1], 2) = [1.416667, -1.416667]     1 → 1.5 → 1.416667

    Rules: `function` and `n_steps` are static. Ten steps and a thousand are programs of the same
    size. It is timed against a loop over starts and steps that calls a compiled step.
    Reference: W. Press et al., "Numerical Recipes", section 9.4.
    """

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        flat = slope == 0
        return jnp.where(flat, x, x - value / jnp.where(flat, 1, slope))

    return jax.vmap(lambda start: lax.fori_loop(0, n_steps, step, start))(starts)


def log1pexp(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Compute log(1 + eˣ) of each element, with a derivative rule of your own.

    log1pexp(x) = log(1 + eˣ)
    its derivative = eˣ / (1 + eˣ)

    Neither overflows, and where they are tiny they keep their digits: at x = 100 they are 100
    and 1, at x = -20 both are 2.0611537e-9, not 0. (What is below 1e-37 may be 0.) Where x > 0 the values are
    right to within 4e-7 of their size, a few roundings, and the derivatives to within 2e-6. NaN gives NaN.
    Forward and reverse mode give the same. A second derivative is asked for where |x| ≤ 10.

        log1pexp([0, 100]) = [0.6931472, 100], its derivative = [0.5, 1]

    Rules: say the derivative with `jax.custom_jvp`; do not leave it to the chain rule. Not through
    `jnp.logaddexp`, `jax.nn` or `jax.scipy`, which have done it already.
    Reference: JAX docs, "Custom derivative rules for JAX-transformable Python functions" (the log1pexp there mends
    the slope at 100 alone: its value overflows, and what is tiny is lost).
    """

    @jax.custom_jvp
    def stable(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    @stable.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return stable(x), tangent / (1 + jnp.exp(-x))

    return stable(x)


def clip_gradient(
    x: Float[Array, "*shape"], low: float | Float[Array, ""], high: float | Float[Array, ""]
) -> Float[Array, "*shape"]:
    """Return `x` as it is; clip the gradient that flows back through it.

    forwards    out = x, bit for bit: -0.0 stays -0.0
    backwards   ∂L/∂x = clip(∂L/∂out, low, high)   element by element; NaN stays NaN

    So one wild example, or one wild layer, cannot wreck a step. The bounds get a gradient of 0,
    and low <= high. Values and gradients keep the dtype of `x`, float32 or float16.

        with L = Σ [5, -0.5] · clip_gradient([1, 2], -1, 1):  ∂L/∂x = [1, -0.5]

    Rules: `low` and `high` are Python numbers or traced scalars, so `vmap` may give each example
    bounds of its own. Asked for is reverse mode only.
    Reference: JAX docs, "Custom derivative rules for JAX-transformable Python functions" (the bounds come first there).
    """

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def forwards(x, low, high):
        return x, (low, high)

    def backwards(bounds, gradient):
        return jnp.clip(gradient, *bounds).astype(gradient.dtype), None, None

    identity.defvjp(forwards, backwards)
    return identity(x, low, high)


def straight_through_round(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Round to whole numbers, and let the gradient through as if nothing had happened.

    forwards    out = the nearest whole number; halves go to the even one
    backwards   ∂L/∂x = ∂L/∂out

    The true derivative of rounding is 0 wherever it exists, and nothing would ever be learned
    through it. Quantised networks are trained with this one. The dtype stays, float32 or float16; `x` is finite,
    and may be too large for an int32.

        straight_through_round([0.4, 1.5, 2.5]) = [0, 2, 2], its derivative = [1, 1, 1]

    Rules: all of this holds under `jit` and `vmap`, too.
    Reference: Y. Bengio et al., "Estimating or propagating gradients through stochastic neurons", 2013.
    """
    return x + lax.stop_gradient(jnp.round(x) - x)


def sinkhorn(
    cost: Float[Array, "n m"],
    a: Float[Array, "n"],
    b: Float[Array, "m"],
    epsilon: float | Float[Array, ""],
    n_steps: int,
) -> Float[Array, "n m"]:
    """Move the weights `a` onto the weights `b` at least cost, smoothed by entropy.

    Start with f = 0, g = 0. Then, n_steps times:
        f[i] = ε log a[i] - ε log Σⱼ exp((g[j] - cost[i, j]) / ε)
        g[j] = ε log b[j] - ε log Σᵢ exp((f[i] - cost[i, j]) / ε)
    plan[i, j] = exp((f[i] + g[j] - cost[i, j]) / ε)

    plan[i, j] is what goes from i to j: with enough steps its rows sum to `a`, and its columns sum
    to `b` after each. Weights are positive, 1e-20 perhaps; both sum to 1; n_steps >= 1, and that many are
    taken, however little moves. Costs may be thousands of times ε, where exp(-cost / ε) itself is 0: the plan
    stays right. It can be differentiated with respect to `cost`, `a` and `b`.

        cost = [[0, 1], [1, 0]], a = b = [0.5, 0.5], epsilon = 1, any n_steps:
        plan = [[0.36553, 0.13447], [0.13447, 0.36553]]     0.36553 = 0.5 / (1 + e⁻¹)

    Rules: `n_steps` is static; ten steps and a thousand are programs of the same size. `epsilon`
    is a Python number or traced. It is timed against the same steps, one operation at a time.
    Reference: G. Peyré and M. Cuturi, "Computational Optimal Transport", sections 4.2 and 4.4.
    """
    log_a, log_b = jnp.log(a), jnp.log(b)

    def step(_, potentials):
        _, g = potentials
        f = epsilon * (log_a - jax.nn.logsumexp((g - cost) / epsilon, axis=1))
        g = epsilon * (log_b - jax.nn.logsumexp((f[:, None] - cost) / epsilon, axis=0))
        return f, g

    f, g = lax.fori_loop(0, n_steps, step, (jnp.zeros_like(a), jnp.zeros_like(b)))
    return jnp.exp((f[:, None] + g - cost) / epsilon)


def transform(function: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Turn a function that asks for its parameters by name into a pure pair `(init, apply)`.

    `function(get_parameter, *args)` calls `get_parameter(name, shape, initializer)` wherever it
    needs a parameter, and nobody had to list the parameters beforehand:

        def layer(get_parameter, x):
            w = get_parameter("w", (2, 3), jax.random.normal)
            return x @ w

        init, apply = transform(layer)
        params = init(key, x)      # {"w": ...}
        out = apply(params, x)

    `init(key, *args)` runs the function and returns a dict: for each name that it asked for,
    `initializer(key, shape)` with a key of that parameter's own. `apply(params, *args)` runs it with the
    parameters in `params` and returns its result; it calls no initializer: a missing name raises KeyError.
    A name that is asked for again means the same array. Asked for with another shape than the
    parameter has, in `init` or in `apply`, it raises ValueError.

    `args` may be anything that `function` takes: arrays, trees, other functions. A shape is a tuple of ints, a name
    a string, and there may be hundreds of them.

    Rules: `init` and `apply` are pure: no globals, nothing remembered from call to call. They
    work under `jit`, `grad`, `vmap` and `jax.eval_shape`, and each key is used once. A key gives the
    same parameters in every run of Python, so leave out Python's `hash`, which is salted.
    Reference: Haiku docs, "Transforming functions"; `flax.linen.Module.param` is the same idea.
    """

    def checked(name, parameter, shape):
        if parameter.shape != tuple(shape):
            raise ValueError(f"Parameter {name} has shape {parameter.shape}, not {shape}.")
        return parameter

    def init(key, *args):
        params = {}

        def get_parameter(name, shape, initializer):
            nonlocal key
            if name not in params:
                key, own = jax.random.split(key)
                params[name] = initializer(own, shape)
            return checked(name, params[name], shape)

        function(get_parameter, *args)
        return params

    def apply(params, *args):
        def get_parameter(name, shape, initializer):
            return checked(name, params[name], shape)

        return function(get_parameter, *args)

    return init, apply


def fixed_point(
    function: Callable[..., Float[Array, "*shape"]], start: Float[Array, "*shape"], theta: PyTree
) -> Float[Array, "*shape"]:
    """★ Find the fixed point of `function`, and differentiate it without the way there.

    x* = function(x*, theta)      from x ← function(x, theta), beginning at `start`

    The point depends on `theta` alone, and so does its gradient: with A = ∂function/∂x and
    B = ∂function/∂theta, both at x*, a gradient v of x* becomes
        u = v + Aᵀ u        again a fixed point, for another function
        ∂L/∂theta = Bᵀ u    shaped like theta
        ∂L/∂start = 0

    `function` shrinks distances, to 0.9 of what they were or less: after 200 steps nothing that
    float32 could show is left. Points and gradients of 1e-4, too, are right to within 0.5 %. `theta` is any tree
    of float arrays; where it makes x NaN, the point is NaN. Asked for is reverse mode only.

        fixed_point((x, t) ↦ x / 2 + t, 7, 3) = 6, ∂/∂t = 2, ∂/∂start = 0

    Rules: `function` is static. Memory is flat in the number of steps, backwards too: neither the
    steps are kept nor the matrix A built. It works under `jit` and `vmap`.
    Reference: JAX docs, "Advanced automatic differentiation"; S. Bai et al., "Deep equilibrium models", 2019.
    """

    def settle(step, x):
        def moves(state):
            k, before, x = state
            return (k < 200) & jnp.any(x != before)

        def advance(state):
            k, _, x = state
            return k + 1, x, step(x)

        return lax.while_loop(moves, advance, (1, x, step(x)))[2]

    @jax.custom_vjp
    def solve(start, theta):
        return settle(lambda x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        x, theta = kept
        _, pull_back = jax.vjp(function, x, theta)
        u = settle(lambda u: v + pull_back(u)[0], v)
        return jnp.zeros_like(x), pull_back(u)[1]

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


def hmc_chain(
    log_density: Callable[[Float[Array, "d"]], Float[Array, ""]],
    start: Float[Array, "d"],
    key: Key[Array, ""],
    n_samples: int,
    step_size: float | Float[Array, ""],
    n_leapfrog: int,
) -> Float[Array, "n_samples d"]:
    """★ Draw a chain of samples from a density by Hamiltonian Monte Carlo.

    From x, one sample is made like this, with ε = step_size:
        draw p, d standard normals; keep x₀ = x and p₀ = p
        n_leapfrog times:  p ← p + ε/2 ∇log_density(x)
                           x ← x + ε p
                           p ← p + ε/2 ∇log_density(x)
        H(x, p) = -log_density(x) + ½ |p|²
        accept x if log u < H(x₀, p₀) - H(x, p), for u uniform on (0, 1); otherwise stay at x₀

    Row k is where the chain stands after k + 1 of these; a rejection repeats the row before, and
    the start is no sample. What is drawn for one sample has nothing to do with what is drawn for the next.
    `log_density` need not be normalised. A trajectory may leave what float32
    can hold, so that H is NaN: it is rejected, and no NaN enters the chain. n_leapfrog >= 1.

        step_size = 0 goes nowhere and accepts: every row is `start`

    Rules: `log_density`, `n_samples` and `n_leapfrog` are static, `step_size` is a Python number or
    traced. More samples or more leapfrog steps do not make the program larger. Use each key once.
    It is timed against loops over samples and leapfrog steps that call compiled functions.
    Reference: R. Neal, "MCMC using Hamiltonian dynamics", 2011.
    """
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
        # A comparison with NaN is False: such a proposal is rejected.
        accepted = jnp.log(jax.random.uniform(accept_key)) < log_ratio
        x = jnp.where(accepted, proposal, x)
        return x, x

    return lax.scan(sample, start, jax.random.split(key, n_samples))[1]
