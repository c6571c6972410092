"""Honest other ways through day 4; every check must let them pass."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# loss_and_gradient


def loss_and_gradient__closed_form(params, batch):
    """Works the gradient out by hand."""
    x, y = batch
    predictions = x @ params["weights"] + params["bias"]
    errors = predictions - y
    gradients = {"weights": 2 / len(y) * (x.T @ errors), "bias": 2 * jnp.mean(errors)}
    return (jnp.mean(errors**2), predictions), gradients


def loss_and_gradient__pulls_back(params, batch):
    """Pulls the gradient by the predictions back to the parameters."""
    x, y = batch
    predictions, pull_back = jax.vjp(lambda p: x @ p["weights"] + p["bias"], params)
    loss, by_predictions = jax.value_and_grad(lambda p: jnp.mean(jnp.square(p - y)))(predictions)
    (gradients,) = pull_back(by_predictions)
    return (loss, predictions), gradients


@jax.jit
def loss_and_gradient__one_example_at_a_time(params, batch):
    """Lifts the model of one example; compiled by the learner."""

    def loss(params, x, y):
        predictions = jax.vmap(lambda row: jnp.dot(params["weights"], row) + params["bias"])(x)
        return jnp.sum((predictions - y) ** 2) / len(y), predictions

    (value, predictions), gradients = jax.value_and_grad(loss, has_aux=True)(params, *batch)
    return (value, predictions), gradients


def loss_and_gradient__per_example_gradients(params, batch):
    """Takes each example's loss, prediction and gradient, and averages."""

    def loss(params, x, y):
        prediction = jnp.sum(x * params["weights"]) + params["bias"]
        return (prediction - y) ** 2, prediction

    each = jax.vmap(jax.value_and_grad(loss, has_aux=True), in_axes=(None, 0, 0))
    (losses, predictions), gradients = each(params, *batch)
    return (losses.mean(), predictions), jax.tree.map(lambda g: g.mean(axis=0), gradients)


# derivatives


def derivatives__forward_over_forward(function, xs, order):
    """Nests jvp along 1."""

    def derivative(f):
        return lambda x: jax.jvp(f, (x,), (jnp.ones_like(x),))[1]

    rows = [jax.vmap(function)(xs)]
    for _ in range(order):
        function = derivative(function)
        rows.append(jax.vmap(function)(xs))
    return jnp.stack(rows)


def derivatives__all_at_one_point(function, xs, order):
    """Makes the column of one point, and lifts that."""
    functions = [function]
    for _ in range(order):
        functions.append(jax.jacfwd(functions[-1]))
    return jax.vmap(lambda x: jnp.stack([f(x) for f in functions]), out_axes=1)(xs)


def derivatives__grows_a_column(function, xs, order):
    """Makes a function that returns all derivatives so far, and differentiates its last."""

    def column(x, k):
        if k == 0:
            return [function(x)]
        value, slope = jax.jvp(lambda x: column(x, k - 1)[-1], (x,), (jnp.ones_like(x),))
        return [*column(x, k - 1)[:-1], value, slope]

    return jnp.stack([jax.vmap(lambda x, k=k: column(x, k)[-1])(xs) for k in range(order + 1)])


def derivatives__mapped(function, xs, order):
    """Goes over the points in a compiled loop."""
    rows = []
    f = function
    for _ in range(order + 1):
        rows.append(lax.map(f, xs))
        f = jax.grad(f)
    return jnp.array(rows)


# partial_gradients


def partial_gradients__pulls_back(function, arguments, argnums):
    """Closes over the arguments that are held still, and pulls 1 back to the others."""
    wanted = [argnums] if isinstance(argnums, int) else list(argnums)
    wanted = [k % len(arguments) for k in wanted]

    def of_chosen(*chosen):
        everything = list(arguments)
        for k, value in zip(wanted, chosen, strict=True):
            everything[k] = value
        return function(*everything)

    value, pull_back = jax.vjp(of_chosen, *(arguments[k] for k in wanted))
    return pull_back(jnp.ones_like(value))


@partial(jax.jit, static_argnames=("function", "argnums"))
def partial_gradients__compiled(function, arguments, argnums):
    """Takes value and gradient and drops the value; compiled by the learner."""
    wanted = argnums if isinstance(argnums, tuple) else (argnums,)
    return jax.value_and_grad(function, argnums=wanted)(*arguments)[1]


def partial_gradients__wraps_afterwards(function, arguments, argnums):
    """Wraps the single gradient when it is there."""
    gradients = jax.grad(function, argnums)(*arguments)
    return (gradients,) if isinstance(argnums, int) else gradients


# hessian_vector_product


def hessian_vector_product__reverse_over_reverse(function, x, v):
    """Differentiates the gradient's product with v."""
    return jax.grad(lambda x: jnp.vdot(jax.grad(function)(x), v))(x)


def hessian_vector_product__reverse_over_forward(function, x, v):
    """Differentiates the slope along v."""
    return jax.grad(lambda x: jax.jvp(function, (x,), (v,))[1])(x)


def hessian_vector_product__pulls_back(function, x, v):
    """Pulls v back through the gradient: the Hessian is symmetric."""
    _, pull_back = jax.vjp(jax.grad(function), x)
    return pull_back(v)[0]


def hessian_vector_product__linearized(function, x, v):
    """Linearizes the gradient."""
    return jax.linearize(jax.grad(function), x)[1](v)


def hessian_vector_product__along_a_line(function, x, v):
    """Differentiates the gradient along the line x + t v, at t = 0."""
    return jax.jacfwd(lambda t: jax.grad(function)(x + t * v))(jnp.zeros(()))


# best_jacobian


def best_jacobian__calls_the_function(function, x):
    """Reads the number of outputs off the outputs; under jit that costs nothing."""
    (n,), (m,) = x.shape, function(x).shape
    return (jax.jacfwd if m >= n else jax.jacobian)(function)(x)


def best_jacobian__by_hand(function, x):
    """Pushes or pulls unit vectors through, lifted with vmap."""
    (n,) = x.shape
    (m,) = jax.eval_shape(function, x).shape
    if m > n:
        push = lambda direction: jax.jvp(function, (x,), (direction,))[1]  # noqa: E731
        return jax.vmap(push, out_axes=1)(jnp.eye(n, dtype=x.dtype))
    value, pull_back = jax.vjp(function, x)
    (rows,) = jax.vmap(pull_back)(jnp.eye(m, dtype=value.dtype))
    return rows


def best_jacobian__linearized(function, x):
    """Linearizes once, and transposes the linear map where that is cheaper."""
    value, push = jax.linearize(function, x)
    if value.size > x.size:
        return jax.vmap(push, in_axes=1, out_axes=1)(jnp.eye(x.size))
    pull = jax.linear_transpose(push, x)
    return jax.vmap(lambda e: pull(e)[0])(jnp.eye(value.size))


def best_jacobian__loops(function, x):
    """Goes over the cheaper side in a compiled loop."""
    value, pull_back = jax.vjp(function, x)
    if value.size <= x.size:
        return lax.map(lambda e: pull_back(e)[0], jnp.eye(value.size))
    push = jax.linearize(function, x)[1]
    return lax.map(push, jnp.eye(x.size)).T


# td0_gradient


def td0_gradient__closed_form(weights, state, reward, next_state, discount):
    """Works the semi-gradient out by hand."""
    value = jnp.tanh(jnp.dot(weights, state))
    surprise = reward + discount * jnp.tanh(jnp.dot(weights, next_state)) - value
    return -surprise * (1 - value**2) * state


def td0_gradient__target_outside(weights, state, reward, next_state, discount):
    """Computes the target outside the function that is differentiated."""
    target = reward + discount * jnp.tanh(weights @ next_state)
    return jax.grad(lambda w: (target - jnp.tanh(w @ state)) ** 2 / 2)(weights)


def td0_gradient__target_network(weights, state, reward, next_state, discount):
    """Gives the target weights of its own, which are not differentiated."""

    def loss(online, held_still):
        target = reward + discount * jnp.tanh(jnp.sum(held_still * next_state))
        return 0.5 * (target - jnp.tanh(jnp.sum(online * state))) ** 2

    return jax.grad(loss)(weights, weights)


@jax.jit
def td0_gradient__error_times_slope(weights, state, reward, next_state, discount):
    """Multiplies the error with the gradient of the value; compiled by the learner."""

    def value(w, features):
        return jnp.tanh(jnp.inner(w, features))

    estimate, slope = jax.value_and_grad(value)(weights, state)
    return (estimate - reward - discount * value(weights, next_state)) * slope


def td0_gradient__stopped_weights(weights, state, reward, next_state, discount):
    """Stops the gradient at the weights of the target."""

    def loss(w):
        following = jnp.tanh(lax.stop_gradient(w) @ next_state)
        return 0.5 * jnp.square(reward + discount * following - jnp.tanh(w @ state))

    return jax.grad(loss)(weights)


# safe_norm


def safe_norm__safe_vector(x):
    """Replaces the whole vector at the origin."""
    at_origin = jnp.all(x == 0)
    safe = jnp.where(at_origin, jnp.ones_like(x), x)
    return jnp.where(at_origin, 0.0, jnp.linalg.norm(safe))


def safe_norm__custom_jvp(x):
    """Gives the derivative itself."""

    @jax.custom_jvp
    def norm(x):
        return jnp.sqrt(jnp.sum(x * x))

    @norm.defjvp
    def norm_jvp(primals, tangents):
        (x,), (v,) = primals, tangents
        length = norm(x)
        return length, jnp.dot(x, v) / jnp.where(length == 0, 1.0, length)

    return norm(x)


def safe_norm__custom_vjp(x):
    """Gives the backward pass itself."""

    @jax.custom_vjp
    def norm(x):
        return jnp.sqrt(x @ x)

    def forwards(x):
        return norm(x), x

    def backwards(x, cotangent):
        squares = x @ x
        length = jnp.sqrt(jnp.where(squares == 0, 1.0, squares))
        return (cotangent * x / length,)

    norm.defvjp(forwards, backwards)
    return norm(x)


def safe_norm__scaled(x):
    """Divides by the largest entry first, so that no square over- or underflows."""
    largest = lax.stop_gradient(jnp.max(jnp.abs(x)))
    at_origin = largest == 0
    scale = jnp.where(at_origin, 1.0, largest)
    squares = jnp.sum((x / scale) ** 2)
    return jnp.where(at_origin, 0.0, scale * jnp.sqrt(jnp.where(at_origin, 1.0, squares)))


@jax.jit
def safe_norm__cond(x):
    """Runs one branch; where vmap makes it run both, JAX keeps the origin out of the root. Compiled by the learner."""
    squares = jnp.sum(jnp.square(x))
    return lax.cond(squares == 0, jnp.zeros_like, jnp.sqrt, squares)


# gauss_newton_step


def gauss_newton_step__qr(residuals, x):
    """Decomposes J = QR and solves the triangle."""
    q, r = jnp.linalg.qr(jax.jacfwd(residuals)(x))
    return x - jax.scipy.linalg.solve_triangular(r, q.T @ residuals(x))


def gauss_newton_step__pseudo_inverse(residuals, x):
    """Multiplies with the pseudo-inverse."""
    return x - jnp.linalg.pinv(jax.jacrev(residuals)(x)) @ residuals(x)


def gauss_newton_step__svd(residuals, x):
    """Decomposes J = U S V and inverts it factor by factor."""
    u, s, v = jnp.linalg.svd(jax.jacfwd(residuals)(x), full_matrices=False)
    return x - v.T @ ((u.T @ residuals(x)) / s)


def gauss_newton_step__one_pass(residuals, x):
    """Takes residuals and Jacobian from one linearization."""
    values, push = jax.linearize(residuals, x)
    jacobian = jax.vmap(push, out_axes=1)(jnp.eye(x.size))
    step, _, _, _ = jnp.linalg.lstsq(jacobian, values)
    return x - step


@partial(jax.jit, static_argnames="residuals")
def gauss_newton_step__solves_for_the_next_x(residuals, x):
    """Solves for the next x itself; compiled by the learner."""
    values, jacobian = residuals(x), jax.jacfwd(residuals)(x)
    return jnp.linalg.lstsq(jacobian, jacobian @ x - values)[0]


# laplacian


def laplacian__fori_loop(function, x):
    """Adds one second derivative after the other."""
    gradient = jax.grad(function)

    def add(i, total):
        direction = jnp.zeros_like(x).at[i].set(1)
        return total + jax.jvp(gradient, (x,), (direction,))[1][i]

    return lax.fori_loop(0, len(x), add, jnp.zeros((), x.dtype))


def laplacian__scan_forward_over_forward(function, x):
    """Differentiates twice along each axis, in a scan."""

    def add(total, i):
        direction = jax.nn.one_hot(i, x.size, dtype=x.dtype)
        slope = lambda x: jax.jvp(function, (x,), (direction,))[1]  # noqa: E731
        return total + jax.jvp(slope, (x,), (direction,))[1], None

    return lax.scan(add, jnp.zeros((), x.dtype), jnp.arange(x.size))[0]


def laplacian__one_coordinate_at_a_time(function, x):
    """Differentiates twice as a function of one coordinate."""

    def second(i):
        along = lambda t: function(x.at[i].set(t))  # noqa: E731
        return jax.grad(jax.grad(along))(x[i])

    return lax.map(second, jnp.arange(x.size)).sum()


def laplacian__in_chunks(function, x):
    """Takes four directions at a time."""
    gradient = jax.grad(function)

    def second(i):
        direction = jnp.where(jnp.arange(x.size) == i, 1.0, 0.0)
        return direction @ jax.jvp(gradient, (x,), (direction,))[1]

    return jnp.sum(lax.map(second, jnp.arange(x.size), batch_size=4))


def laplacian__rows_of_the_gradient(function, x):
    """Differentiates each entry of the gradient, and keeps one number of the row."""
    gradient = jax.grad(function)
    return jnp.sum(lax.map(lambda i: jax.grad(lambda x: gradient(x)[i])(x)[i], jnp.arange(x.size)))
