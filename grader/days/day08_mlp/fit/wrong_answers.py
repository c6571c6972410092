"""Plausible mistakes in fit; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by
from jax import lax

# fit


@caught_by("correct", "takes_all_steps")
def fit__nonfinite_step_skipped(params, x, y, learning_rate, n_steps, loss):
    """Keeps the old numbers where a step would not be finite."""

    def guarded(old, g):
        new = (old - learning_rate * g).astype(old.dtype)
        return jnp.where(jnp.isfinite(new), new, old)

    def body(p, _):
        value, g = jax.value_and_grad(loss)(p, x, y)
        return jax.tree.map(guarded, p, g), value

    return lax.scan(body, jax.tree.map(jnp.asarray, params), None, length=n_steps)


@caught_by("correct", "by_hand")
def fit__losses_after_the_steps(params, x, y, learning_rate, n_steps, loss):
    """Tells the loss after each step."""

    def step(params, _):
        gradients = jax.grad(loss)(params, x, y)
        params = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
        return params, loss(params, x, y)

    return lax.scan(step, params, length=n_steps)


@caught_by("correct", "by_hand")
def fit__gradient_of_the_start(params, x, y, learning_rate, n_steps, loss):
    """Computes the gradient once, before the loop."""
    gradients = jax.grad(loss)(params, x, y)

    def step(now, _):
        after = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), now, gradients)
        return after, loss(now, x, y)

    return lax.scan(step, params, length=n_steps)


@caught_by("correct", "by_hand")
def fit__one_step_short(params, x, y, learning_rate, n_steps, loss):
    """Starts to count at 1, and computes the last loss by itself."""

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value

    params, losses = lax.scan(step, params, length=n_steps - 1)
    return params, jnp.append(losses, loss(params, x, y))


@caught_by("correct", "by_hand")
def fit__last_loss_only(params, x, y, learning_rate, n_steps, loss):
    """Keeps the last loss and forgets the others."""

    def step(k, carry):
        value, gradients = jax.value_and_grad(loss)(carry[0], x, y)
        after = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), carry[0], gradients)
        return after, value

    return lax.fori_loop(0, n_steps, step, (params, jnp.float32(0)))


@caught_by("correct", "by_hand")
def fit__a_python_list_of_losses(params, x, y, learning_rate, n_steps, loss):
    """Returns the losses as a list."""
    losses = []
    for _ in range(n_steps):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        params = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
        losses.append(value)
    return params, losses


@caught_by("correct", "by_hand")
def fit__drops_the_result_of_set(params, x, y, learning_rate, n_steps, loss):
    """Forgets that `.at` returns a new array."""

    def step(k, carry):
        params, losses = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        losses.at[k].set(value)
        return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), losses

    return lax.fori_loop(0, n_steps, step, (params, jnp.zeros(n_steps)))


@caught_by("correct", "takes_any_tree")
def fit__dicts_only(params, x, y, learning_rate, n_steps, loss):
    """Walks through dicts and lists of dicts, and nothing else."""

    def descend(layer, gradient):
        return {name: layer[name] - learning_rate * gradient[name] for name in layer}

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        if isinstance(params, dict):
            return descend(params, gradients), value
        return [descend(p, g) for p, g in zip(params, gradients, strict=True)], value

    return lax.scan(step, params, length=n_steps)


@caught_by("correct", "keeps_the_dtypes")
def fit__promotes(params, x, y, learning_rate, n_steps, loss):
    """Lets the float32 learning rate make float32 of everything, which a carry must not become."""

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    return lax.scan(step, params, length=n_steps)


@caught_by("correct", "keeps_the_dtypes")
def fit__all_float32(params, x, y, learning_rate, n_steps, loss):
    """Makes float32 of everything beforehand, so that the carry stays as it is."""

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value

    params = jax.tree.map(lambda p: p.astype(jnp.float32), params)
    return lax.scan(step, params, length=n_steps)


@caught_by("correct", "agrees_with_backpropagation")
def fit__two_examples_a_step(params, x, y, learning_rate, n_steps, loss):
    """Walks through the examples, two a step."""

    def step(params, k):
        rows = (2 * k + jnp.arange(2)) % len(x)
        value, gradients = jax.value_and_grad(loss)(params, x[rows], y[rows])
        return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value

    return lax.scan(step, params, jnp.arange(n_steps))


@caught_by("correct", "agrees_with_backpropagation")
def fit__decays_the_learning_rate(params, x, y, learning_rate, n_steps, loss):
    """Halves the learning rate after three steps."""

    def step(params, k):
        rate = jnp.where(k < 3, learning_rate, learning_rate / 2)
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return jax.tree.map(lambda p, g: (p - rate * g).astype(p.dtype), params, gradients), value

    return lax.scan(step, params, jnp.arange(n_steps))


@caught_by("correct", "uses_no_shortcut")
def fit__by_optax(params, x, y, learning_rate, n_steps, loss):
    """Asks optax."""

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        updates = jax.tree.map(lambda g: -learning_rate * g, gradients)
        return optax.apply_updates(params, updates), value

    return lax.scan(step, params, length=n_steps)


@caught_by("correct", "by_hand")
def fit__step_returns_the_value_first(params, x, y, learning_rate, n_steps, loss):
    """Swaps the two things that a step returns, as value_and_grad has them."""

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return value, jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)

    return lax.scan(step, params, length=n_steps)


@caught_by("correct", "by_hand")
def fit__length_by_place(params, x, y, learning_rate, n_steps, loss):
    """Gives the number of steps where scan wants its inputs."""

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value

    return lax.scan(step, params, n_steps)


@caught_by("correct", "by_hand")
def fit__step_without_an_input(params, x, y, learning_rate, n_steps, loss):
    """Writes a step that takes the carry alone."""

    def step(params):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value

    return lax.scan(step, params, length=n_steps)


@caught_by("correct", "by_hand")
def fit__prints_the_loss(params, x, y, learning_rate, n_steps, loss):
    """Prints each loss as a Python number."""

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        print("loss", float(value))
        return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value

    return lax.scan(step, params, length=n_steps)


@caught_by("jit", "does_not_grow_with_its_steps")
def fit__unrolled(params, x, y, learning_rate, n_steps, loss):
    """Lets scan write all its steps out."""

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value

    return lax.scan(step, params, length=n_steps, unroll=True)


@caught_by("jit", "does_not_grow_with_its_steps")
def fit__python_loop(params, x, y, learning_rate, n_steps, loss):
    """Writes each step out."""
    losses = jnp.zeros(n_steps)
    for k in range(n_steps):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        params = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
        losses = losses.at[k].set(value)
    return params, losses


@caught_by("jit", "does_not_grow_with_its_steps")
def fit__python_loop_over_a_jitted_step(params, x, y, learning_rate, n_steps, loss):
    """Calls a compiled step in a Python loop: quick enough by itself, but under jit it is written out."""

    @jax.jit
    def step(params):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value

    losses = []
    for _ in range(n_steps):
        params, value = step(params)
        losses.append(value)
    return params, jnp.array(losses)


@caught_by("jit", "does_not_grow_with_its_steps")
def fit__stops_when_it_is_good(params, x, y, learning_rate, n_steps, loss):
    """Looks at each loss in Python."""
    losses = jnp.zeros(n_steps)
    for k in range(n_steps):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        losses = losses.at[k].set(value)
        if value > 1e-9:
            params = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
    return params, losses


@caught_by("correct", "takes_all_steps")
def fit__good_enough(params, x, y, learning_rate, n_steps, loss):
    """Stands still as soon as the loss is small."""

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        rate = jnp.where(value < 0.05, 0.0, learning_rate)
        return jax.tree.map(lambda p, g: (p - rate * g).astype(p.dtype), params, gradients), value

    return lax.scan(step, params, length=n_steps)


@caught_by("correct", "takes_all_steps")
def fit__stops_when_converged(params, x, y, learning_rate, n_steps, loss):
    """Moves nothing more when the loss is below 1e-4."""

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        rate = jnp.where(value < 1e-4, 0.0, learning_rate)
        return jax.tree.map(lambda p, g: (p - rate * g).astype(p.dtype), params, gradients), value

    return lax.scan(step, params, length=n_steps)


@caught_by("correct", "takes_all_steps")
def fit__stops_when_it_gets_worse(params, x, y, learning_rate, n_steps, loss):
    """Moves nothing more when the loss has risen."""

    def step(carry, _):
        params, best = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        rate = jnp.where(value > best, 0.0, learning_rate)
        after = jax.tree.map(lambda p, g: (p - rate * g).astype(p.dtype), params, gradients)
        return (after, jnp.minimum(value, best)), value

    (params, _), losses = lax.scan(step, (params, jnp.inf), length=n_steps)
    return params, losses


@caught_by("deeper", "leaves_numbers_as_they_are")
def fit__clipped_data(params, x, y, learning_rate, n_steps, loss):
    """Clips the inputs, so that no outlier counts for much."""
    x = jnp.clip(x, -50, 50)

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value

    return jax.lax.scan(step, params, length=n_steps)
