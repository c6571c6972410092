"""Day 4: derivatives.

`jax.grad` takes a function and gives a function. What comes out can be differentiated again,
pushed along a direction, lifted and compiled: ask for the derivative you need, and for no more.
Numbers are float32 and finite today, unless a docstring says more.
Lesson: README.md beside this file. Grade: python -m grader day04
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree


def loss_and_gradient(
    params: dict[str, Float[Array, "..."]], batch: tuple[Float[Array, "n d"], Float[Array, "n"]]
) -> tuple[tuple[Float[Array, ""], Float[Array, "n"]], dict[str, Float[Array, "..."]]]:
    """Return a linear model's loss, its predictions and the gradient of the loss, in one pass.

    params = {"weights": w, "bias": b}   with w of shape (d,), b a scalar
    batch = (x, y)                       with x of shape (n, d), y of shape (n,)

    predictions = x w + b
    loss = mean over the batch of (predictions - y)²

    The result is ((loss, predictions), gradients); `gradients` is a dict like `params`.

        w = [1, 2], b = 1, x = [[1, 0], [0, 1], [1, 1], [0, 0]], y = [1, 3, 2, 1]:
        predictions = [2, 3, 4, 1], loss = 1.25, gradients = {"weights": [1.5, 1], "bias": 1.5}

    Where predictions and targets are near each other and far from zero, near 1000 say, the loss
    keeps its digits: the difference comes first, the square afterwards.

    Rules: one pass. Matrix products with `x`: one forwards, one backwards, no third one for the
    predictions.
    Reference: JAX docs, "jax.value_and_grad".
    """
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions

    return jax.value_and_grad(loss, has_aux=True)(params)


def derivatives(
    function: Callable[[Float[Array, ""]], Float[Array, ""]], xs: Float[Array, "n"], order: int
) -> Float[Array, "{order}+1 n"]:
    """Evaluate a function and its derivatives up to `order` at many points.

    out[k, i] = f⁽ᵏ⁾(xs[i])   for k = 0 .. order

    `function` takes one number and returns one number: it need not work on arrays.
    Row 0 holds its values, and with order 0 there is no other row. A derivative that is infinite,
    as that of √x at 0, is not mended: no number takes its place.

        derivatives(x ↦ x³, [1, 2], 2) = [[1, 8],
                                          [3, 12],
                                          [6, 12]]

    Rules: `function` and `order` are static. Exact to float32: finite differences are not.
    No Python loop over points.
    Reference: JAX docs, "Automatic differentiation".
    """
    rows = []
    for _ in range(order + 1):
        rows.append(jax.vmap(function)(xs))
        function = jax.grad(function)
    return jnp.stack(rows)


def partial_gradients(
    function: Callable[..., Float[Array, ""]], arguments: tuple[PyTree, ...], argnums: int | tuple[int, ...]
) -> tuple[PyTree, ...]:
    """Differentiate `function(*arguments)` with respect to the arguments that `argnums` names.

    out[k] = ∂ function / ∂ arguments[argnums[k]]   in the order asked, shaped like that argument

    `argnums` holds different positions; a negative one counts from the end. A single int asks
    for one gradient, and gets a tuple of one. An argument may be a tree of arrays; one that is
    not asked for may hold integers.

        partial_gradients((a, b) ↦ a² b, (3, 5), (1, 0)) = (9, 30)

    Rules: `function` and `argnums` are static. One pass for all: `function` is called once, not
    once for each argument.
    Reference: JAX docs, "jax.grad".
    """
    if isinstance(argnums, int):
        argnums = (argnums,)
    return jax.grad(function, argnums)(*arguments)


def hessian_vector_product(
    function: Callable[[Float[Array, "n"]], Float[Array, ""]], x: Float[Array, "n"], v: Float[Array, "n"]
) -> Float[Array, "n"]:
    """Multiply the Hessian of `function` at `x` with `v`.

    out = H v   with H[i, j] = ∂² function / ∂x[i] ∂x[j], at x

        hessian_vector_product(x ↦ Σ x[i]³, [1, 2, 3], [1, 0, -1]) = [6, 0, -18]

    Rules: `function` is static. The n x n matrix is never built: no array in the program has
    more than a few times n elements. Exact to float32: finite differences are not. Timed
    against the Hessian, times v.
    Reference: B. Pearlmutter, "Fast exact multiplication by the Hessian", 1994.
    """
    return jax.jvp(jax.grad(function), (x,), (v,))[1]


def best_jacobian(
    function: Callable[[Float[Array, "n"]], Float[Array, "m"]], x: Float[Array, "n"]
) -> Float[Array, "m n"]:
    """Compute the Jacobian of `function` at `x` in whichever mode is cheaper.

    out[i, j] = ∂ function(x)[i] / ∂x[j]

    Forward mode computes a column at a time, reverse mode a row. A tall Jacobian (m > n) wants
    the one, a wide one (m < n) the other; a square one takes either.

        best_jacobian(x ↦ [x[0]², x[1]², 5 x[0], 5 x[1]], [3, 4]) = [[6, 0],
                                                                     [0, 8],
                                                                     [5, 0],
                                                                     [0, 5]]

    Rules: `function` is static, and m is yours to find out. No Python loop over rows or columns.
    No array in the program has more than a few times m n elements. Timed against the wrong mode,
    on a tall and on a wide Jacobian.
    Reference: JAX docs, "Jacobians and Hessians using jacfwd and jacrev".
    """
    n_rows = jax.eval_shape(function, x).size
    jacobian = jax.jacfwd if n_rows > x.size else jax.jacrev
    return jacobian(function)(x)


def td0_gradient(
    weights: Float[Array, "d"],
    state: Float[Array, "d"],
    reward: Float[Array, ""],
    next_state: Float[Array, "d"],
    discount: Float[Array, ""],
) -> Float[Array, "d"]:
    """Compute the semi-gradient of TD(0) for one transition.

    v(s) = tanh(weights · s)
    loss = ½ (target - v(state))²   with target = reward + discount v(next_state)
    out = ∂ loss / ∂ weights        with the target held still, as if it did not depend on weights

    With discount 0 the target is the reward. It stays finite where tanh is saturated,
    at weights · s = ±1000 for example.

        td0_gradient([0, 0, 0], [1, 2, 0], 3, [4, 5, 1], 0.9) = [-3, -6, 0]

    Rewards may be as large as 10,000. `reward` and `discount` are Python numbers or traced scalars.

    Rules: written for one transition;
    `vmap` lifts it over many.
    Reference: R. Sutton and A. Barto, "Reinforcement Learning", 2nd edition, section 9.3.
    """

    def value(weights, features):
        return jnp.tanh(weights @ features)

    def loss(weights):
        target = jax.lax.stop_gradient(reward + discount * value(weights, next_state))
        return 0.5 * (target - value(weights, state)) ** 2

    return jax.grad(loss)(weights)


def safe_norm(x: Float[Array, "n"]) -> Float[Array, ""]:
    """Compute the Euclidean norm, with a gradient that is finite everywhere.

    safe_norm(x) = √(Σ x[i]²)
    its gradient = x / safe_norm(x)   and 0 at the origin

    At the origin the value is exactly 0. Elsewhere value and gradient are exact to float32 for
    entries from 1e-15 to 1e15 in size (their squares are float32 numbers), mixed with zeros: an
    epsilon inside the root is not.

        safe_norm([2, 3, 6]) = 7, its gradient = [2/7, 3/7, 6/7]

    Rules: all of this holds under `jit` and `vmap`, too.
    Reference: JAX docs, "Gradients contain NaN where using where".
    """
    squares = jnp.sum(x**2)
    at_origin = squares == 0
    # Both branches of a where are differentiated: the root must not see the zero.
    return jnp.where(at_origin, 0, jnp.sqrt(jnp.where(at_origin, 1, squares)))


def gauss_newton_step(
    residuals: Callable[[Float[Array, "n"]], Float[Array, "m"]], x: Float[Array, "n"]
) -> Float[Array, "n"]:
    """Take one Gauss-Newton step towards the least sum of squared residuals.

    r = residuals(x), J = ∂r / ∂x        shapes (m,) and (m, n)
    out = x + d   where d minimises |J d + r|²

    m >= n, and J has full column rank. If the residuals are linear in x, one step arrives;
    otherwise call it again and again. The units of the residuals do not matter: a millionth of all
    of them gives the same step.

        gauss_newton_step(x ↦ x[0] + x[1] t - (1 + 2 t), [4, -3]) = [1, 2]   t = 0, ¼, ½ … 2¾

    Rules: `residuals` is static. Solve the least-squares problem itself, not JᵀJ d = -Jᵀr:
    the normal equations square the condition number, and float32 has no digits to spare.
    Reference: J. Nocedal and S. Wright, "Numerical Optimization", section 10.3.
    """
    jacobian = jax.jacfwd(residuals)(x)
    step = jnp.linalg.lstsq(jacobian, -residuals(x))[0]
    return x + step


def laplacian(
    function: Callable[[Float[Array, "n"]], Float[Array, ""]], x: Float[Array, "n"]
) -> Float[Array, ""]:
    """★ Compute the Laplacian of `function` at `x`.

    out = Σ ∂² function / ∂x[i]²   summed over i: the trace of the Hessian

    Functions with Laplacian 0 are called harmonic: 1 / |x| in three dimensions is one.

        laplacian(x ↦ Σ x[i]³, [1, 2, 4]) = 42

    Rules: `function` is static. Neither the n x n matrix is ever built, nor an identity of that
    size: no array in the program has more than a few times n elements. No Python loop over
    coordinates: `jax.lax.map` takes them one by one. Exact to float32: no finite differences, no
    random probes.
    Reference: JAX docs, "The Autodiff Cookbook".
    """
    _, hessian_times = jax.linearize(jax.grad(function), x)

    def second_derivative(i):
        direction = jnp.zeros_like(x).at[i].set(1)
        return hessian_times(direction)[i]

    return jnp.sum(jax.lax.map(second_derivative, jnp.arange(x.size)))
