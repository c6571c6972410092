"""Plausible mistakes of day 4; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.answers import caught_by

# loss_and_gradient


@caught_by("correct", "by_hand")
def loss_and_gradient__without_has_aux(params, batch):
    """Returns the predictions beside the loss and does not tell JAX."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions

    return jax.value_and_grad(loss)(params)


@caught_by("correct", "by_hand")
def loss_and_gradient__gradient_first(params, batch):
    """Takes grad with has_aux, which gives the gradient first, and never the loss."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions

    return jax.grad(loss, has_aux=True)(params)


@caught_by("correct", "by_hand")
def loss_and_gradient__flat(params, batch):
    """Returns three things in a row instead of a pair in a pair."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions

    (value, predictions), gradients = jax.value_and_grad(loss, has_aux=True)(params)
    return value, predictions, gradients


@caught_by("correct", "by_hand")
def loss_and_gradient__sum(params, batch):
    """Sums over the batch instead of taking the mean."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return jnp.sum((predictions - y) ** 2), predictions

    return jax.value_and_grad(loss, has_aux=True)(params)


@caught_by("correct", "by_hand")
def loss_and_gradient__half(params, batch):
    """Halves the loss, as textbooks do for a prettier gradient."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return 0.5 * jnp.mean((predictions - y) ** 2), predictions

    return jax.value_and_grad(loss, has_aux=True)(params)


@caught_by("correct", "by_hand")
def loss_and_gradient__weights_only(params, batch):
    """Differentiates with respect to the weights alone."""
    x, y = batch

    def loss(weights):
        predictions = x @ weights + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions

    result, gradient = jax.value_and_grad(loss, has_aux=True)(params["weights"])
    return result, {"weights": gradient}


@caught_by("correct", "by_hand")
def loss_and_gradient__residuals(params, batch):
    """Hands back the errors instead of the predictions."""
    x, y = batch

    def loss(params):
        errors = x @ params["weights"] + params["bias"] - y
        return jnp.mean(errors**2), errors

    return jax.value_and_grad(loss, has_aux=True)(params)


@caught_by("correct", "by_hand")
def loss_and_gradient__outer_difference(params, batch):
    """Makes columns of the predictions, and subtracts a row from them."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"][:, None] + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions[:, 0]

    return jax.value_and_grad(loss, has_aux=True)(params)


@caught_by("jit", "takes_one_pass")
def loss_and_gradient__predicts_again(params, batch):
    """Predicts once more beside the gradient."""
    x, y = batch

    def loss(params):
        return jnp.mean((x @ params["weights"] + params["bias"] - y) ** 2)

    value, gradients = jax.value_and_grad(loss)(params)
    return (value, x @ params["weights"] + params["bias"]), gradients


@caught_by("jit", "takes_one_pass")
def loss_and_gradient__three_calls(params, batch):
    """Asks for loss, predictions and gradient one after the other."""
    x, y = batch

    def predict(params):
        return x @ params["weights"] + params["bias"]

    def loss(params):
        return jnp.mean((predict(params) - y) ** 2)

    return (loss(params), predict(params)), jax.grad(loss)(params)


@caught_by("jit", "compiles_once")
def loss_and_gradient__keeps_the_predictions(params, batch):
    """Stores the predictions on the way; under jit that leaks a tracer."""
    x, y = batch
    global kept_predictions

    def loss(params):
        global kept_predictions
        kept_predictions = x @ params["weights"] + params["bias"]
        return jnp.mean((kept_predictions - y) ** 2), kept_predictions

    return jax.value_and_grad(loss, has_aux=True)(params)


@caught_by("jit", "compiles_once")
def loss_and_gradient__stops_when_done(params, batch):
    """Branches on the loss."""
    x, y = batch

    def loss(params):
        predictions = x @ params["weights"] + params["bias"]
        return jnp.mean((predictions - y) ** 2), predictions

    result = loss(params)
    if result[0] == 0:
        return result, jax.tree.map(jnp.zeros_like, params)
    return jax.value_and_grad(loss, has_aux=True)(params)


# derivatives


@caught_by("correct", "by_hand")
def derivatives__finite_differences(function, xs, order):
    """Takes differences, which leave float32 no digits."""
    step = 1e-2

    def difference(f):
        return lambda x: (f(x + step) - f(x - step)) / (2 * step)

    rows = []
    for _ in range(order + 1):
        rows.append(jax.vmap(function)(xs))
        function = difference(function)
    return jnp.stack(rows)


@caught_by("correct", "by_hand")
def derivatives__starts_at_one(function, xs, order):
    """Leaves the values out and goes one derivative further."""
    rows = []
    for _ in range(order + 1):
        function = jax.grad(function)
        rows.append(jax.vmap(function)(xs))
    return jnp.stack(rows)


@caught_by("correct", "by_hand")
def derivatives__one_short(function, xs, order):
    """Stops before the last one."""
    rows = []
    for _ in range(order):
        rows.append(jax.vmap(function)(xs))
        function = jax.grad(function)
    return jnp.stack(rows)


@caught_by("correct", "by_hand")
def derivatives__transposed(function, xs, order):
    """Puts points first."""
    rows = []
    for _ in range(order + 1):
        rows.append(jax.vmap(function)(xs))
        function = jax.grad(function)
    return jnp.stack(rows, axis=1)


@caught_by("correct", "by_hand")
def derivatives__taylor(function, xs, order):
    """Gives Taylor coefficients: each derivative over k!."""
    rows, factorial = [], 1
    for k in range(order + 1):
        factorial *= max(k, 1)
        rows.append(jax.vmap(function)(xs) / factorial)
        function = jax.grad(function)
    return jnp.stack(rows)


@caught_by("correct", "by_hand")
def derivatives__late_binding(function, xs, order):
    """Wraps a name that has been given away by the time it is looked up: the function calls itself."""
    rows = []
    for _ in range(order + 1):
        rows.append(jax.vmap(function)(xs))
        function = lambda x: jax.grad(function)(x)  # noqa: E731, B023
    return jnp.stack(rows)


@caught_by("correct", "by_hand")
def derivatives__grad_of_many(function, xs, order):
    """Takes grad of all points at once, and grad wants one number."""
    rows = []
    for _ in range(order + 1):
        rows.append(function(xs))
        function = jax.grad(function)
    return jnp.stack(rows)


@caught_by("correct", "takes_functions_of_one_number")
def derivatives__sums_the_points(function, xs, order):
    """Differentiates the sum over the points, as if the function worked on arrays."""

    def derivative(f):
        return jax.grad(lambda points: jnp.sum(f(points)))

    rows = []
    for _ in range(order + 1):
        rows.append(function(xs))
        function = derivative(function)
    return jnp.stack(rows)


@caught_by("jit", "has_no_python_loop")
def derivatives__point_by_point(function, xs, order):
    """Visits the points in a Python loop."""
    rows = []
    for _ in range(order + 1):
        rows.append(jnp.stack([function(x) for x in xs]))
        function = jax.grad(function)
    return jnp.stack(rows)


@caught_by("jit", "compiles_once")
def derivatives__through_floats(function, xs, order):
    """Takes the points as Python floats."""
    points = [float(x) for x in xs]
    rows = []
    for _ in range(order + 1):
        rows.append(jnp.stack([function(jnp.float32(x)) for x in points]))
        function = jax.grad(function)
    return jnp.stack(rows)


# partial_gradients


@caught_by("correct", "keeps_the_order")
def partial_gradients__sorted(function, arguments, argnums):
    """Sorts the positions."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    return jax.grad(function, tuple(sorted(wanted)))(*arguments)


@caught_by("correct", "keeps_the_order")
def partial_gradients__in_argument_order(function, arguments, argnums):
    """Walks over the arguments and keeps those that were asked for."""
    wanted = {argnums} if isinstance(argnums, int) else set(argnums)
    gradients = jax.grad(function, tuple(range(len(arguments))))(*arguments)
    return tuple(g for k, g in enumerate(gradients) if k in wanted)


@caught_by("correct", "takes_a_single_int")
def partial_gradients__bare(function, arguments, argnums):
    """Passes argnums on: for one int, jax.grad gives the gradient without a tuple."""
    return jax.grad(function, argnums)(*arguments)


@caught_by("correct", "takes_a_single_int")
def partial_gradients__unpacks_an_int(function, arguments, argnums):
    """Iterates over argnums, which may be an int."""
    return tuple(jax.grad(function, k)(*arguments) for k in argnums)


@caught_by("correct", "by_hand")
def partial_gradients__arguments_in_one(function, arguments, argnums):
    """Passes the tuple as one argument."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    return jax.grad(function, wanted)(arguments)


@caught_by("correct", "by_hand")
def partial_gradients__first_only(function, arguments, argnums):
    """Forgets argnums: grad differentiates with respect to the first argument."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    return tuple(jax.grad(function)(*arguments) for _ in wanted)


@caught_by("correct", "counts_negatives_from_the_end")
def partial_gradients__replaces_by_comparison(function, arguments, argnums):
    """Puts the variable where the position is equal, and no position equals -1."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums

    def of_chosen(chosen):
        return function(
            *(chosen[wanted.index(k)] if k in wanted else each for k, each in enumerate(arguments))
        )

    return jax.grad(of_chosen)(tuple(arguments[k] for k in wanted))


@caught_by("correct", "takes_trees_and_integers")
def partial_gradients__of_everything(function, arguments, argnums):
    """Differentiates with respect to all arguments, integers too, and picks afterwards."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    gradients = jax.grad(lambda everything: function(*everything))(arguments)
    return tuple(gradients[k] for k in wanted)


@caught_by("correct", "takes_trees_and_integers")
def partial_gradients__arrays_only(function, arguments, argnums):
    """Converts every argument to an array of floats, which a tree is not."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    arguments = [jnp.asarray(each, jnp.float32) for each in arguments]
    return jax.grad(function, tuple(wanted))(*arguments)


@caught_by("correct", "is_finite_at_a_tie")
def partial_gradients__shares_nothing(function, arguments, argnums):
    """Divides by what it found, which may be zero."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    value, gradients = jax.value_and_grad(function, tuple(wanted))(*arguments)
    return jax.tree.map(lambda g: g * (g / g), gradients)


@caught_by("jit", "takes_one_pass")
def partial_gradients__one_by_one(function, arguments, argnums):
    """Goes through the function once for each gradient."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    return tuple(jax.grad(function, k)(*arguments) for k in wanted)


@caught_by("jit", "compiles_once")
def partial_gradients__label_as_index(function, arguments, argnums):
    """Makes plain ints of the integers, as if they were known."""
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    plain = [
        int(each) if isinstance(each, jax.Array) and jnp.issubdtype(each.dtype, jnp.integer) else each
        for each in arguments
    ]
    return jax.grad(function, tuple(wanted))(*plain)


# hessian_vector_product


@caught_by("correct", "by_hand")
def hessian_vector_product__differences(function, x, v):
    """Takes the difference of two gradients."""
    step = 1e-3
    gradient = jax.grad(function)
    return (gradient(x + step * v) - gradient(x - step * v)) / (2 * step)


@caught_by("correct", "by_hand")
def hessian_vector_product__first_of_the_pair(function, x, v):
    """Returns the gradient, which jvp gives first."""
    return jax.jvp(jax.grad(function), (x,), (v,))[0]


@caught_by("correct", "by_hand")
def hessian_vector_product__both(function, x, v):
    """Returns the pair that jvp gives."""
    return jax.jvp(jax.grad(function), (x,), (v,))


@caught_by("correct", "by_hand")
def hessian_vector_product__of_the_function(function, x, v):
    """Pushes v through the function, not through its gradient."""
    return jax.jvp(function, (x,), (v,))[1] * v


@caught_by("correct", "by_hand")
def hessian_vector_product__quadratic_form(function, x, v):
    """Computes the number v H v."""
    return v @ jax.jvp(jax.grad(function), (x,), (v,))[1]


@caught_by("correct", "agrees_with_differences")
def hessian_vector_product__diagonal(function, x, v):
    """Multiplies with the diagonal alone."""
    gradient = jax.grad(function)
    ones = jnp.ones_like(x)
    return jax.jvp(gradient, (x,), (ones,))[1] * v


@caught_by("jit", "never_builds_the_matrix")
def hessian_vector_product__whole_hessian(function, x, v):
    """Builds the Hessian."""
    return jax.hessian(function)(x) @ v


@caught_by("jit", "never_builds_the_matrix")
def hessian_vector_product__rows_at_once(function, x, v):
    """Lifts the row over all rows: that is the matrix, too."""
    gradient = jax.grad(function)
    rows = jax.vmap(lambda direction: jax.jvp(gradient, (x,), (direction,))[1])(jnp.eye(len(x)))
    return rows @ v


@caught_by("jit", "has_no_python_loop")
def hessian_vector_product__python_rows(function, x, v):
    """Makes one row after the other, in Python."""
    gradient = jax.grad(function)
    rows = [jax.grad(lambda x, i=i: gradient(x)[i])(x) for i in range(len(x))]
    return jnp.stack([row @ v for row in rows])


@caught_by("jit", "compiles_once")
def hessian_vector_product__nothing_to_do(function, x, v):
    """Branches on v to save work."""
    if not jnp.any(v):
        return jnp.zeros_like(x)
    return jax.jvp(jax.grad(function), (x,), (v,))[1]


@caught_by("speed", "beats_the_hessian")
def hessian_vector_product__row_by_row(function, x, v):
    """Never holds the matrix, but makes all its rows, one after the other."""
    gradient = jax.grad(function)

    def row_times_v(i):
        return jax.grad(lambda x: gradient(x)[i])(x) @ v

    return lax.map(row_times_v, jnp.arange(len(x)))


# best_jacobian


@caught_by("jit", "goes_in_reverse_when_wide")
def best_jacobian__always_forward(function, x):
    """Does not look at the shapes."""
    return jax.jacfwd(function)(x)


@caught_by("jit", "goes_forward_when_tall")
def best_jacobian__always_reverse(function, x):
    """Does not look at the shapes."""
    return jax.jacrev(function)(x)


@caught_by("jit", "goes_forward_when_tall")
def best_jacobian__swapped(function, x):
    """Takes reverse mode for the tall and forward mode for the wide."""
    n_rows = jax.eval_shape(function, x).size
    return jax.jacrev(function)(x) if n_rows > x.size else jax.jacfwd(function)(x)


@caught_by("jit", "goes_forward_when_tall")
def best_jacobian__both(function, x):
    """Computes both and chooses."""
    n_rows = jax.eval_shape(function, x).size
    return jnp.where(n_rows > x.size, jax.jacfwd(function)(x), jax.jacrev(function)(x))


@caught_by("correct", "by_hand")
def best_jacobian__transposed(function, x):
    """Stacks columns as rows."""
    n_rows = jax.eval_shape(function, x).size
    return (jax.jacfwd(function)(x) if n_rows > x.size else jax.jacrev(function)(x)).T


@caught_by("correct", "by_hand")
def best_jacobian__columns_stay_rows(function, x):
    """Pushes all directions forward and forgets that each gives a column."""
    n_rows = jax.eval_shape(function, x).size
    if n_rows > x.size:
        return jax.vmap(lambda direction: jax.jvp(function, (x,), (direction,))[1])(jnp.eye(x.size))
    return jax.jacrev(function)(x)


@caught_by("correct", "by_hand")
def best_jacobian__differences(function, x):
    """Takes finite differences."""
    step = 1e-3
    columns = [(function(x + step * e) - function(x - step * e)) / (2 * step) for e in jnp.eye(x.size)]
    return jnp.stack(columns, axis=1)


@caught_by("correct", "by_hand")
def best_jacobian__grad(function, x):
    """Asks for the gradient of a function with many outputs."""
    return jax.vmap(jax.grad(function))(x)


@caught_by("jit", "has_no_python_loop")
def best_jacobian__python_loop(function, x):
    """Goes over rows or columns in Python."""
    n_rows = jax.eval_shape(function, x).size
    if n_rows > x.size:
        columns = [jax.jvp(function, (x,), (e,))[1] for e in jnp.eye(x.size)]
        return jnp.stack(columns, axis=1)
    _, pull_back = jax.vjp(function, x)
    return jnp.stack([pull_back(e)[0] for e in jnp.eye(n_rows)])


@caught_by("speed", "beats_reverse_mode_when_tall")
def best_jacobian__row_by_row(function, x):
    """Goes in reverse, a row at a time: no large array, but a pass for each output."""
    n_rows = jax.eval_shape(function, x).size
    _, pull_back = jax.vjp(function, x)
    return lax.map(lambda i: pull_back(jnp.zeros(n_rows).at[i].set(1))[0], jnp.arange(n_rows))


@caught_by("speed", "beats_forward_mode_when_wide")
def best_jacobian__column_by_column(function, x):
    """Goes forward, a column at a time: no large array, but a pass for each input."""
    _, push = jax.linearize(function, x)
    return lax.map(lambda j: push(jnp.zeros_like(x).at[j].set(1)), jnp.arange(x.size)).T


# td0_gradient


@caught_by("correct", "by_hand")
def td0_gradient__full_gradient(weights, state, reward, next_state, discount):
    """Differentiates through the target, too."""

    def loss(w):
        target = reward + discount * jnp.tanh(w @ next_state)
        return 0.5 * (target - jnp.tanh(w @ state)) ** 2

    return jax.grad(loss)(weights)


@caught_by("correct", "by_hand")
def td0_gradient__stops_everything(weights, state, reward, next_state, discount):
    """Stops the gradient of the whole error: nothing is left."""

    def loss(w):
        error = reward + discount * jnp.tanh(w @ next_state) - jnp.tanh(w @ state)
        return 0.5 * lax.stop_gradient(error) ** 2

    return jax.grad(loss)(weights)


@caught_by("correct", "by_hand")
def td0_gradient__stops_the_value(weights, state, reward, next_state, discount):
    """Holds the value still and moves the target."""

    def loss(w):
        target = reward + discount * jnp.tanh(w @ next_state)
        return 0.5 * (target - lax.stop_gradient(jnp.tanh(w @ state))) ** 2

    return jax.grad(loss)(weights)


@caught_by("correct", "by_hand")
def td0_gradient__stops_the_reward(weights, state, reward, next_state, discount):
    """Stops the gradient of the reward alone, which has none."""

    def loss(w):
        target = lax.stop_gradient(reward) + discount * jnp.tanh(w @ next_state)
        return 0.5 * (target - jnp.tanh(w @ state)) ** 2

    return jax.grad(loss)(weights)


@caught_by("correct", "by_hand")
def td0_gradient__update_direction(weights, state, reward, next_state, discount):
    """Returns the step that lowers the loss: the gradient's opposite."""
    value = jnp.tanh(weights @ state)
    error = reward + discount * jnp.tanh(weights @ next_state) - value
    return error * (1 - value**2) * state


@caught_by("correct", "by_hand")
def td0_gradient__without_the_half(weights, state, reward, next_state, discount):
    """Leaves the half out."""
    target = reward + discount * jnp.tanh(weights @ next_state)
    return jax.grad(lambda w: (target - jnp.tanh(w @ state)) ** 2)(weights)


@caught_by("correct", "agrees_with_the_closed_form")
def td0_gradient__linear_value(weights, state, reward, next_state, discount):
    """Forgets the tanh."""
    target = reward + discount * (weights @ next_state)
    return jax.grad(lambda w: 0.5 * (target - w @ state) ** 2)(weights)


@caught_by("correct", "agrees_with_the_closed_form")
def td0_gradient__undiscounted(weights, state, reward, next_state, discount):
    """Forgets the discount."""
    target = reward + jnp.tanh(weights @ next_state)
    return jax.grad(lambda w: 0.5 * (target - jnp.tanh(w @ state)) ** 2)(weights)


@caught_by("correct", "is_finite_at_saturation")
def td0_gradient__tanh_by_hand(weights, state, reward, next_state, discount):
    """Writes tanh with exponentials, which overflow."""

    def value(w, features):
        up, down = jnp.exp(w @ features), jnp.exp(-(w @ features))
        return (up - down) / (up + down)

    target = lax.stop_gradient(reward + discount * value(weights, next_state))
    return jax.grad(lambda w: 0.5 * (target - value(w, state)) ** 2)(weights)


@caught_by("jit", "compiles_once")
def td0_gradient__branches_at_the_end(weights, state, reward, next_state, discount):
    """Branches on the discount, which is traced."""
    target = reward
    if discount > 0:
        target = reward + discount * jnp.tanh(weights @ next_state)
    return jax.grad(lambda w: 0.5 * (target - jnp.tanh(w @ state)) ** 2)(weights)


@caught_by("jit", "compiles_once")
def td0_gradient__target_as_a_float(weights, state, reward, next_state, discount):
    """Stops the gradient by making the target a Python float."""
    target = float(reward + discount * jnp.tanh(weights @ next_state))
    return jax.grad(lambda w: 0.5 * (target - jnp.tanh(w @ state)) ** 2)(weights)


@caught_by("jit", "compiles_once")
def td0_gradient__target_through_numpy(weights, state, reward, next_state, discount):
    """Stops the gradient by leaving JAX."""
    target = np.asarray(reward + discount * jnp.tanh(weights @ next_state))
    return jax.grad(lambda w: 0.5 * (target - jnp.tanh(w @ state)) ** 2)(weights)


# safe_norm


@caught_by("correct", "has_gradient_zero_at_the_origin")
def safe_norm__plain(x):
    """Takes the root of a sum that may be 0."""
    return jnp.sqrt(jnp.sum(x**2))


@caught_by("correct", "has_gradient_zero_at_the_origin")
def safe_norm__library(x):
    """Trusts the library."""
    return jnp.linalg.norm(x)


@caught_by("correct", "has_gradient_zero_at_the_origin")
def safe_norm__one_where(x):
    """Guards the result; the root behind it is differentiated all the same."""
    squares = jnp.sum(x**2)
    return jnp.where(squares > 0, jnp.sqrt(squares), 0.0)


@caught_by("correct", "has_gradient_zero_at_the_origin")
def safe_norm__nan_to_num(x):
    """Repairs the value, where nothing was broken."""
    return jnp.nan_to_num(jnp.sqrt(jnp.sum(x**2)))


@caught_by("correct", "is_zero_at_the_origin")
def safe_norm__epsilon(x):
    """Adds an epsilon in the root."""
    return jnp.sqrt(jnp.sum(x**2) + 1e-12)


@caught_by("correct", "is_exact_for_small_and_large")
def safe_norm__epsilon_taken_back(x):
    """Adds an epsilon in the root and takes its root away again."""
    return jnp.sqrt(jnp.sum(x**2) + 1e-12) - jnp.sqrt(jnp.float32(1e-12))


@caught_by("correct", "is_exact_for_small_and_large")
def safe_norm__threshold(x):
    """Takes small vectors for the origin."""
    squares = jnp.sum(x**2)
    small = squares < 1e-12
    return jnp.where(small, 0.0, jnp.sqrt(jnp.where(small, 1.0, squares)))


@caught_by("correct", "is_exact_for_small_and_large")
def safe_norm__isclose(x):
    """Asks whether the sum is close to 0, with a tolerance."""
    squares = jnp.sum(x**2)
    small = jnp.isclose(squares, 0.0)
    return jnp.where(small, 0.0, jnp.sqrt(jnp.where(small, 1.0, squares)))


@caught_by("correct", "is_zero_at_the_origin")
def safe_norm__one_at_the_origin(x):
    """Makes the root safe and forgets to put the 0 back."""
    squares = jnp.sum(x**2)
    return jnp.sqrt(jnp.where(squares == 0, 1.0, squares))


@caught_by("correct", "has_the_right_gradient")
def safe_norm__held_still(x):
    """Stops the gradient: finite everywhere, and wrong."""
    return lax.stop_gradient(jnp.linalg.norm(x))


@caught_by("correct", "by_hand")
def safe_norm__sum_of_sizes(x):
    """Sums the sizes of the entries."""
    return jnp.sum(jnp.abs(x))


@caught_by("jit", "compiles_once")
def safe_norm__python_branch(x):
    """Branches on the values in Python."""
    if jnp.all(x == 0):
        return jnp.sum(x * 0)
    return jnp.sqrt(jnp.sum(x**2))


@caught_by("jit", "can_be_differentiated_twice")
def safe_norm__frozen_direction(x):
    """Holds the direction still: right once, and 0 when differentiated again."""
    squares = lax.stop_gradient(jnp.sum(x**2))
    norm = jnp.sqrt(jnp.where(squares == 0, 1.0, squares))
    return x @ (lax.stop_gradient(x) / norm)


# gauss_newton_step


@caught_by("correct", "by_hand")
def gauss_newton_step__step_alone(residuals, x):
    """Returns the step instead of the new x."""
    return jnp.linalg.lstsq(jax.jacfwd(residuals)(x), -residuals(x))[0]


@caught_by("correct", "by_hand")
def gauss_newton_step__uphill(residuals, x):
    """Goes the other way."""
    return x + jnp.linalg.lstsq(jax.jacfwd(residuals)(x), residuals(x))[0]


@caught_by("correct", "by_hand")
def gauss_newton_step__whole_answer_of_lstsq(residuals, x):
    """Forgets that lstsq returns four things."""
    return x - jnp.linalg.lstsq(jax.jacfwd(residuals)(x), residuals(x))


@caught_by("correct", "by_hand")
def gauss_newton_step__gradient_step(residuals, x):
    """Takes a step of gradient descent."""
    return x - 0.01 * jax.grad(lambda x: jnp.sum(residuals(x) ** 2))(x)


@caught_by("correct", "by_hand")
def gauss_newton_step__square_only(residuals, x):
    """Solves with J, as if it were square."""
    return x - jnp.linalg.solve(jax.jacfwd(residuals)(x), residuals(x))


@caught_by("correct", "agrees_with_least_squares")
def gauss_newton_step__newton(residuals, x):
    """Takes Newton's step, with second derivatives of the residuals."""

    def loss(x):
        return 0.5 * jnp.sum(residuals(x) ** 2)

    return x - jnp.linalg.solve(jax.hessian(loss)(x), jax.grad(loss)(x))


@caught_by("correct", "agrees_with_least_squares")
def gauss_newton_step__damped(residuals, x):
    """Goes half the way, twice, from the same Jacobian."""
    jacobian = jax.jacfwd(residuals)(x)
    for _ in range(2):
        x = x - jnp.linalg.lstsq(jacobian, residuals(x))[0]
    return x


@caught_by("correct", "keeps_its_digits")
def gauss_newton_step__normal_equations(residuals, x):
    """Solves the normal equations, which square the condition number."""
    jacobian = jax.jacfwd(residuals)(x)
    return x - jnp.linalg.solve(jacobian.T @ jacobian, jacobian.T @ residuals(x))


@caught_by("correct", "keeps_its_digits")
def gauss_newton_step__inverse(residuals, x):
    """Inverts J'J."""
    jacobian = jax.jacfwd(residuals)(x)
    return x - jnp.linalg.inv(jacobian.T @ jacobian) @ (jacobian.T @ residuals(x))


@caught_by("jit", "compiles_once")
def gauss_newton_step__through_numpy(residuals, x):
    """Leaves the solving to NumPy."""
    step = np.linalg.lstsq(jax.jacfwd(residuals)(x), residuals(x), rcond=None)[0]
    return x - jnp.asarray(step)


@caught_by("jit", "compiles_once")
def gauss_newton_step__stops_when_flat(residuals, x):
    """Branches on the residuals."""
    r = residuals(x)
    if jnp.all(jnp.abs(r) < 1e-6):
        return x
    return x - jnp.linalg.lstsq(jax.jacfwd(residuals)(x), r)[0]


# laplacian


@caught_by("jit", "never_builds_the_matrix")
def laplacian__trace_of_hessian(function, x):
    """Builds the Hessian for its diagonal."""
    return jnp.trace(jax.hessian(function)(x))


@caught_by("jit", "never_builds_the_matrix")
def laplacian__all_directions_at_once(function, x):
    """Sends an identity through: that is n x n, and what comes out is, too."""
    gradient = jax.grad(function)
    return jnp.sum(jax.vmap(lambda e: e @ jax.jvp(gradient, (x,), (e,))[1])(jnp.eye(len(x), dtype=x.dtype)))


@caught_by("jit", "never_builds_the_matrix")
def laplacian__map_over_identity(function, x):
    """Takes one direction at a time, but out of an identity."""
    gradient = jax.grad(function)
    return jnp.sum(lax.map(lambda e: e @ jax.jvp(gradient, (x,), (e,))[1], jnp.eye(len(x))))


@caught_by("correct", "by_hand")
def laplacian__differences(function, x):
    """Takes second differences, which lose all digits in float32."""
    step = 1e-2

    def second(i):
        e = jnp.zeros_like(x).at[i].set(step)
        return (function(x + e) - 2 * function(x) + function(x - e)) / step**2

    return jnp.sum(jax.vmap(second)(jnp.arange(len(x))))


@caught_by("correct", "by_hand")
def laplacian__sum_of_gradient(function, x):
    """Sums first derivatives: a divergence of the wrong thing."""
    return jnp.sum(jax.grad(function)(x))


@caught_by("correct", "of_a_harmonic_function")
def laplacian__sum_of_all_entries(function, x):
    """Pushes all ones through, which sums the whole Hessian."""
    ones = jnp.ones_like(x)
    return ones @ jax.jvp(jax.grad(function), (x,), (ones,))[1]


@caught_by("correct", "of_a_harmonic_function")
def laplacian__one_random_probe(function, x):
    """Estimates the trace with one random vector of signs."""
    probe = jax.random.rademacher(jax.random.key(0), x.shape, x.dtype)
    return probe @ jax.jvp(jax.grad(function), (x,), (probe,))[1]


@caught_by("correct", "by_hand")
def laplacian__square_of_gradient(function, x):
    """Squares the first derivatives instead of taking the second ones."""
    return jnp.sum(jax.grad(function)(x) ** 2)


@caught_by("jit", "has_no_python_loop")
def laplacian__python_loop(function, x):
    """Goes over the coordinates in Python."""
    gradient = jax.grad(function)
    return sum(jax.jvp(gradient, (x,), (jnp.zeros_like(x).at[i].set(1),))[1][i] for i in range(len(x)))


@caught_by("jit", "compiles_once")
def laplacian__skips_zeros(function, x):
    """Skips coordinates by their value."""
    gradient = jax.grad(function)
    total = jnp.zeros(())
    for i in range(len(x)):
        if x[i] == x[i]:
            total += jax.jvp(gradient, (x,), (jnp.zeros_like(x).at[i].set(1),))[1][i]
    return total
