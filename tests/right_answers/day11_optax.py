"""Honest other ways through day 11; every check must let them pass."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import lax

# make_optimizer


def make_optimizer__adamw(learning_rate, weight_decay, max_norm):
    """Takes adamw, which has the last three links in it."""
    return optax.chain(
        optax.clip_by_global_norm(max_norm), optax.adamw(learning_rate, weight_decay=weight_decay)
    )


def make_optimizer__rates_in_the_state(learning_rate, weight_decay, max_norm):
    """Rate and decay are hyperparameters in the state, where they can be changed."""
    adamw = optax.inject_hyperparams(optax.adamw)
    return optax.chain(
        optax.clip_by_global_norm(max_norm), adamw(learning_rate=learning_rate, weight_decay=weight_decay)
    )


def make_optimizer__nested(learning_rate, weight_decay, max_norm):
    """Chains chains, with the rate as a schedule in any case."""
    schedule = learning_rate if callable(learning_rate) else optax.constant_schedule(learning_rate)
    decayed = optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(weight_decay))
    return optax.chain(
        optax.clip_by_global_norm(max_norm), decayed, optax.scale_by_schedule(lambda step: -schedule(step))
    )


def make_optimizer__by_hand(learning_rate, weight_decay, max_norm):
    """Writes the whole optimiser out."""

    def init(params):
        zeros = jax.tree.map(jnp.zeros_like, params)
        return {"count": jnp.zeros((), jnp.int32), "m": zeros, "v": zeros}

    def update(gradients, state, params=None):
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradients)))
        factor = jnp.minimum(1.0, max_norm / jnp.maximum(norm, 1e-30))
        gradients = jax.tree.map(lambda g: g * factor, gradients)
        rate = learning_rate(state["count"]) if callable(learning_rate) else learning_rate
        count = state["count"] + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, state["m"], gradients)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, state["v"], gradients)

        def one(m, v, p):
            direction = m / (1 - 0.9**count) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8)
            return -rate * (direction + weight_decay * p)

        return jax.tree.map(one, m, v, params), {"count": count, "m": m, "v": v}

    return optax.GradientTransformation(init, update)


# warmup_cosine


def warmup_cosine__least_of_two(step, peak, warmup_steps, total_steps):
    """Lets lax.cond choose, and squares half the angle's cosine."""

    def rise(step):
        return jnp.asarray(step / max(warmup_steps, 1), jnp.float32)

    def fall(step):
        t = (step - warmup_steps) / (total_steps - warmup_steps)
        return jnp.where(t < 1, jnp.cos(jnp.pi / 2 * t) ** 2, 0.0)

    return peak * lax.cond(step < warmup_steps, rise, fall, jnp.asarray(step))


def warmup_cosine__interpolates(step, peak, warmup_steps, total_steps):
    """Interpolates the phase, which is clamped at both ends."""
    step = jnp.asarray(step, jnp.float32)
    phase = jnp.interp(step, jnp.array([warmup_steps, total_steps]), jnp.array([0, jnp.pi]))
    line = jnp.where(step >= warmup_steps, 1, step / (warmup_steps + (warmup_steps == 0)))
    return line * peak * 0.5 * (1 + jnp.cos(phase))


@jax.jit
def warmup_cosine__select(step, peak, warmup_steps, total_steps):
    """Takes every number as traced, and selects among three parts."""
    t = (step - warmup_steps) / (total_steps - warmup_steps)
    return jnp.select(
        [step < warmup_steps, step >= total_steps],
        [peak * step / jnp.maximum(warmup_steps, 1), 0.0],
        peak * (1 + jnp.cos(jnp.pi * t)) / 2,
    )


def warmup_cosine__clamped_step(step, peak, warmup_steps, total_steps):
    """Clamps the step itself, and multiplies by two factors."""
    down = jnp.clip(step, warmup_steps, total_steps) - warmup_steps
    up = jnp.minimum(step, warmup_steps) / warmup_steps if warmup_steps else 1.0
    return peak * up * (0.5 + 0.5 * jnp.cos(jnp.pi * down / (total_steps - warmup_steps)))


# train_step


def train_step__grad_and_loss_apart(params, opt_state, batch, loss, optimizer):
    """Computes loss and gradient one after the other; the compiler joins what is the same."""
    gradients = jax.grad(loss)(params, batch)
    updates, after = optimizer.update(gradients, opt_state, params)
    return jax.tree.map(jnp.add, params, updates), after, loss(params, batch)


def train_step__closure(params, opt_state, batch, loss, optimizer):
    """Closes over the batch, and names the parameters."""

    def of_params(candidate):
        return loss(candidate, batch)

    value, gradients = jax.value_and_grad(of_params)(params)
    updates, opt_state = optimizer.update(updates=gradients, state=opt_state, params=params)
    return optax.apply_updates(params, updates), opt_state, value


def train_step__vjp(params, opt_state, batch, loss, optimizer):
    """Pulls a one back through the loss."""
    value, pull = jax.vjp(lambda p: loss(p, batch), params)
    (gradients,) = pull(jnp.ones_like(value))
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@jax.jit(static_argnames=("loss", "optimizer"))
def train_step__compiled(params, opt_state, batch, loss, optimizer):
    """Compiled by the learner."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


# accumulate


def accumulate__pair_of_multi_steps(optimizer, k):
    """Takes the two methods of a MultiSteps."""
    multi = optax.MultiSteps(optimizer, every_k_schedule=lambda step: k)
    return optax.GradientTransformation(multi.init, multi.update)


def accumulate__where(optimizer, k):
    """Runs the optimiser at every small step, and keeps what it did once a round."""

    class State(NamedTuple):
        count: jax.Array
        total: Any
        inner: Any

    def init(params):
        return State(jnp.int32(0), jax.tree.map(jnp.zeros_like, params), optimizer.init(params))

    def update(gradients, state, params=None):
        total = jax.tree.map(jnp.add, state.total, gradients)
        updates, after = optimizer.update(jax.tree.map(lambda t: t / k, total), state.inner, params)
        now = state.count == k - 1

        def choose(yes, no):
            return jax.tree.map(lambda a, b: jnp.where(now, a, b), yes, no)

        zeros = jax.tree.map(jnp.zeros_like, total)
        after = State((state.count + 1) % k, choose(zeros, total), choose(after, state.inner))
        return choose(updates, zeros), after

    return optax.GradientTransformation(init, update)


def accumulate__cond(optimizer, k):
    """Runs the optimiser only when a round is full."""

    def init(params):
        zeros = jax.tree.map(jnp.zeros_like, params)
        return {"count": jnp.zeros((), jnp.int32), "mean": zeros, "inner": optimizer.init(params)}

    def update(gradients, state, params=None):
        mean = jax.tree.map(lambda m, g: m + g / k, state["mean"], gradients)
        zeros = jax.tree.map(jnp.zeros_like, mean)

        def step():
            updates, inner = optimizer.update(mean, state["inner"], params)
            return updates, {"count": jnp.zeros((), jnp.int32), "mean": zeros, "inner": inner}

        def wait():
            return zeros, {"count": state["count"] + 1, "mean": mean, "inner": state["inner"]}

        return lax.cond(state["count"] + 1 == k, step, wait)

    return optax.GradientTransformation(init, update)


def accumulate__keeps_all(optimizer, k):
    """Keeps the gradients of a round in a ring and averages them at the end."""

    def init(params):
        rows = jax.tree.map(lambda p: jnp.zeros((k, *p.shape), p.dtype), params)
        return jnp.zeros((), jnp.int32), rows, optimizer.init(params)

    def update(gradients, state, params=None):
        count, rows, inner = state
        rows = jax.tree.map(lambda r, g: r.at[count % k].set(g), rows, gradients)
        updates, after = optimizer.update(jax.tree.map(lambda r: r.mean(0), rows), inner, params)
        count = count + 1
        full = count % k == 0
        updates = jax.tree.map(lambda u: jnp.where(full, u, jnp.zeros_like(u)), updates)
        return updates, (count, rows, jax.tree.map(lambda a, b: jnp.where(full, a, b), after, inner))

    return optax.GradientTransformation(init, update)


# freeze


def freeze__two_masks(params, optimizer, is_frozen):
    """Chains two masked optimisers, one for each group."""

    def asks(path, leaf):
        return is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    frozen = jax.tree.map_with_path(asks, params)
    trained = jax.tree.map(lambda one: not one, frozen)
    return optax.chain(optax.masked(optimizer, trained), optax.masked(optax.set_to_zero(), frozen))


def freeze__labels_by_walking(params, optimizer, is_frozen):
    """Walks dicts and lists by itself and gives the labels as a function."""

    def labels(tree, prefix=()):
        if isinstance(tree, dict):
            return {key: labels(part, (*prefix, key)) for key, part in tree.items()}
        if isinstance(tree, list):
            return [labels(part, (*prefix, str(place))) for place, part in enumerate(tree)]
        return is_frozen("/".join(prefix))

    return optax.partition({True: optax.set_to_zero(), False: optimizer}, labels)


def freeze__selective(params, optimizer, is_frozen):
    """Takes optax's selective_transform, and joins keys of both kinds."""

    def asks(path, leaf):
        return is_frozen("/".join(str(getattr(key, "key", getattr(key, "idx", None))) for key in path))

    return optax.selective_transform(optimizer, freeze_mask=jax.tree.map_with_path(asks, params))


def freeze__trained_leaves_alone(params, optimizer, is_frozen):
    """Gives the optimiser a list of the trained leaves, and puts its updates back."""

    def name(path):
        return jax.tree_util.keystr(path, simple=True, separator="/")

    frozen = [is_frozen(name(path)) for path, _ in jax.tree_util.tree_leaves_with_path(params)]

    def trained(tree):
        return [leaf for leaf, is_out in zip(jax.tree.leaves(tree), frozen, strict=True) if not is_out]

    def init(params):
        return optimizer.init(trained(params))

    def update(gradients, state, params=None):
        leaves, structure = jax.tree.flatten(gradients)
        few, state = optimizer.update(trained(gradients), state, None if params is None else trained(params))
        rest = iter(few)
        updates = [
            jnp.zeros_like(leaf) if is_out else next(rest)
            for leaf, is_out in zip(leaves, frozen, strict=True)
        ]
        return jax.tree.unflatten(structure, updates), state

    return optax.GradientTransformation(init, update)


# group_rates


def group_rates__function_of_labels(params, weight_rate, bias_rate):
    """Labels by a function, which optax calls on what it gets."""

    def labels(tree):
        return jax.tree.map(lambda leaf: leaf.ndim > 1, tree)

    return optax.partition({True: optax.adam(weight_rate), False: optax.adam(bias_rate)}, labels)


def group_rates__rates_in_the_state(params, weight_rate, bias_rate):
    """Each rate is a hyperparameter in the state of its group."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim >= 2 else "bias", params)
    adam = optax.inject_hyperparams(optax.adam)
    groups = {"weight": adam(learning_rate=weight_rate), "bias": adam(learning_rate=bias_rate)}
    return optax.partition(groups, labels)


def group_rates__two_masks(params, weight_rate, bias_rate):
    """Chains two masked Adams, each of which lets the other's leaves pass."""
    weights = jax.tree.map(lambda leaf: jnp.ndim(leaf) >= 2, params)
    biases = jax.tree.map(lambda is_weight: not is_weight, weights)
    return optax.chain(
        optax.masked(optax.adam(weight_rate), weights), optax.masked(optax.adam(bias_rate), biases)
    )


def group_rates__one_adam(params, weight_rate, bias_rate):
    """Scales the directions of one Adam, each group by its rate."""
    labels = jax.tree.map(lambda leaf: "few" if len(leaf.shape) < 2 else "many", params)
    rates = {"many": optax.scale(-weight_rate), "few": optax.scale(-bias_rate)}
    return optax.chain(optax.scale_by_adam(), optax.partition(rates, labels))


def group_rates__tree_of_rates(params, weight_rate, bias_rate):
    """Multiplies by a tree of rates in a link of its own."""
    adam = optax.scale_by_adam()

    def update(gradients, state, params=None):
        directions, state = adam.update(gradients, state)

        def move(a):
            return -(weight_rate if a.ndim >= 2 else bias_rate) * a

        return jax.tree.map(move, directions), state

    return optax.GradientTransformation(adam.init, update)


# set_learning_rate


def set_learning_rate__tree_set(opt_state, value):
    """Lets optax find the place."""
    dtype = opt_state.hyperparams["learning_rate"].dtype
    return optax.tree_utils.tree_set(opt_state, learning_rate=jnp.asarray(value, dtype))


def set_learning_rate__copied_dict(opt_state, value):
    """Copies the dict and writes into the copy."""
    hyperparams = dict(opt_state.hyperparams)
    hyperparams["learning_rate"] = jnp.full_like(hyperparams["learning_rate"], value)
    return opt_state._replace(hyperparams=hyperparams)


def set_learning_rate__copied_state(opt_state, value):
    """Copies the whole tree, dict and all, and writes into the copy."""
    copy = jax.tree.map(lambda leaf: leaf, opt_state)
    old = copy.hyperparams["learning_rate"]
    copy.hyperparams["learning_rate"] = jnp.asarray(value).astype(old.dtype) + jnp.zeros_like(old)
    return copy


def set_learning_rate__by_path(opt_state, value):
    """Goes over all leaves with their paths."""

    def replace(path, leaf):
        if jax.tree_util.keystr(path, simple=True, separator="/") == "hyperparams/learning_rate":
            return jnp.asarray(value, leaf.dtype)
        return leaf

    return jax.tree.map_with_path(replace, opt_state)


# lion


def lion__named_state(learning_rate):
    """Keeps a named tuple with a count, as optax does, and optax's links for the rest."""

    class State(NamedTuple):
        count: jax.Array
        momentum: Any

    def init(params):
        return State(jnp.zeros([], jnp.int32), optax.tree_utils.tree_zeros_like(params))

    def update(updates, state, params=None):
        direction = jax.tree.map(lambda g, m: jnp.sign(g + 9 * m), updates, state.momentum)
        momentum = optax.tree_utils.tree_update_moment(updates, state.momentum, 0.99, 1)
        return direction, State(optax.safe_increment(state.count), momentum)

    return optax.chain(
        optax.GradientTransformation(init, update), optax.scale_by_learning_rate(learning_rate)
    )


def lion__by_comparison(learning_rate):
    """Makes the sign of two comparisons, on flat lists."""

    def init(params):
        return {"momentum": [jnp.zeros_like(leaf) for leaf in jax.tree.leaves(params)]}

    def update(gradients, state, params=None, **extra):
        leaves, structure = jax.tree.flatten(gradients)
        updates, momentum = [], []
        for g, m in zip(leaves, state["momentum"], strict=True):
            c = m * 0.9 + g * 0.1
            updates.append(learning_rate * ((c < 0).astype(g.dtype) - (c > 0).astype(g.dtype)))
            momentum.append(m + (1 - 0.99) * (g - m))
        return jax.tree.unflatten(structure, updates), {"momentum": momentum}

    return optax.GradientTransformationExtraArgs(init, update)


def lion__two_averages(learning_rate):
    """Compiled inside by the learner."""

    def init(params):
        return jax.tree.map(lambda p: jnp.zeros(p.shape, p.dtype), params)

    @jax.jit
    def blend(old, new, keep):
        return jax.tree.map(lambda m, g: keep * m + (1 - keep) * g, old, new)

    def update(gradients, momentum, params=None):
        c = blend(momentum, gradients, 0.9)
        return jax.tree.map(lambda x: -learning_rate * jnp.sign(x), c), blend(momentum, gradients, 0.99)

    return optax.GradientTransformation(init, update)
