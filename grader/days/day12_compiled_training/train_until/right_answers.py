"""Other honest ways to write train_until; each must pass every check."""

import jax
import jax.numpy as jnp
import optax
from jax import lax

# train_until


def train_until__cond(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """A dict for the carry, and lax.cond to choose the best."""

    def run_epoch(run):
        updates, state = optimizer.update(jax.grad(loss)(run["params"], x, y), run["state"], run["params"])
        params = optax.apply_updates(run["params"], updates)
        value, epoch = loss(params, *validation), run["epoch"] + 1
        best, least, last = lax.cond(
            value < run["least"],
            lambda: (params, value, epoch),
            lambda: (run["best"], run["least"], run["last"]),
        )
        return {
            "params": params,
            "state": state,
            "best": best,
            "least": least,
            "last": last,
            "epoch": epoch,
        }

    zero = jnp.zeros((), jnp.int32)
    start = {
        "params": params,
        "state": optimizer.init(params),
        "best": params,
        "least": loss(params, *validation),
        "last": zero,
        "epoch": zero,
    }

    def goes_on(run):
        return jnp.logical_and(run["epoch"] < n_epochs, run["epoch"] - run["last"] < patience)

    run = lax.while_loop(goes_on, run_epoch, start)
    return run["best"], run["epoch"]


def train_until__counts_down(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Counts down what is left, of epochs and of patience."""

    def run_epoch(carry):
        (params, state), (best, least), left, leave = carry
        _, gradients = jax.value_and_grad(loss)(params, x, y)
        updates, state = optimizer.update(gradients, state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, validation[0], validation[1])
        better = value < least
        kept = jax.tree.map(lambda old, new: lax.select(better, new, old), (best, least), (params, value))
        leave = lax.select(better, jnp.asarray(patience, jnp.int32), leave - 1)
        return (params, state), kept, left - 1, leave

    first = (params, loss(params, *validation))
    total = jnp.asarray(n_epochs, jnp.int32)
    start = ((params, optimizer.init(params)), first, total, jnp.asarray(patience, jnp.int32))
    _, (best, _), left, _ = lax.while_loop(lambda carry: (carry[2] > 0) & (carry[3] > 0), run_epoch, start)
    return best, total - left


def train_until__sorts_nan_out(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Judges with infinity in the place of NaN, and keeps the number of the best epoch."""

    def judged(params):
        value = loss(params, *validation)
        return jnp.where(jnp.isnan(value), jnp.inf, value)

    def run_epoch(carry):
        epoch, best_epoch, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params, epoch = optax.apply_updates(params, updates), epoch + 1
        value = judged(params)
        best_epoch = jnp.where(value < least, epoch, best_epoch)
        best = jax.tree.map(lambda new, old: jnp.where(value < least, new, old), params, best)
        return epoch, best_epoch, params, state, best, jnp.minimum(value, least)

    start = (jnp.int32(0), jnp.int32(0), params, optimizer.init(params), params, judged(params))
    end = lax.while_loop(lambda c: (c[0] < n_epochs) & (c[0] < c[1] + patience), run_epoch, start)
    return end[4], end[0]


def train_until__nan_at_first_is_infinite(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Takes a NaN of the parameters that came in, which is not promised anything, for infinity."""

    def goes_on(carry):
        epoch, waited, *_ = carry
        return (epoch < n_epochs) & (waited < patience)

    def run_epoch(carry):
        epoch, waited, params, state, best, least = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, *validation)
        improves = value < least
        best = jax.tree.map(lambda new, old: jnp.where(improves, new, old), params, best)
        waited = jnp.where(improves, 0, waited + 1)
        return (epoch + 1, waited, params, state, best, jnp.where(improves, value, least))

    start = (
        0,
        0,
        params,
        optimizer.init(params),
        params,
        jnp.nan_to_num(loss(params, *validation), nan=jnp.inf, posinf=jnp.inf, neginf=-jnp.inf),
    )
    epoch, _, _, _, best, _ = lax.while_loop(goes_on, run_epoch, start)
    return (best, epoch)


def train_until__tuples(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Nests what belongs together, and picks with jnp.where and a mask as an array."""
    vx, vy = validation

    def goes_on(carry):
        (epoch, last_best), _, _ = carry
        return (epoch < n_epochs) & (epoch - last_best < patience)

    def body(carry):
        (epoch, last_best), (params, state), (best, least) = carry
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        params = optax.apply_updates(params, updates)
        value = loss(params, vx, vy)
        better = jnp.less(value, least)
        best, least = jax.tree.map(lambda a, b: jnp.where(better, a, b), (params, value), (best, least))
        return (epoch + 1, jnp.where(better, epoch + 1, last_best)), (params, state), (best, least)

    zero = jnp.zeros((), jnp.int32)
    start = ((zero, zero), (params, optimizer.init(params)), (params, loss(params, vx, vy)))
    (epoch, _), _, (best, _) = lax.while_loop(goes_on, body, start)
    return best, epoch


def train_until__flag(params, x, y, validation, optimizer, loss, n_epochs, patience):
    """Carries a flag that says whether to go on."""

    def body(run):
        updates, state = optimizer.update(jax.grad(loss)(run["now"], x, y), run["state"], run["now"])
        now = optax.apply_updates(run["now"], updates)
        value = loss(now, *validation)
        better = value < run["least"]
        waited = jnp.where(better, 0, run["waited"] + 1)
        epoch = run["epoch"] + 1
        return {
            "now": now,
            "state": state,
            "best": jax.tree.map(lambda new, old: lax.select(better, new, old), now, run["best"]),
            "least": lax.select(better, value, run["least"]),
            "waited": waited,
            "epoch": epoch,
            "on": (waited < patience) & (epoch < n_epochs),
        }

    run = {
        "now": params,
        "state": optimizer.init(params),
        "best": params,
        "least": loss(params, *validation),
        "waited": jnp.int32(0),
        "epoch": jnp.int32(0),
        "on": jnp.asarray(n_epochs) > 0,
    }
    run = lax.while_loop(lambda run: run["on"], body, run)
    return run["best"], run["epoch"]
