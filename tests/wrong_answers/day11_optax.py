"""Plausible mistakes of day 11; each must be caught by the check named above it."""

from typing import NamedTuple

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import optax

from tests.answers import caught_by

# make_optimizer


@caught_by("correct", "by_hand")
def make_optimizer__l2(learning_rate, weight_decay, max_norm):
    """Adds the decay to the gradient, before Adam: L2 regularisation, which Adam scales away."""
    return optax.chain(
        optax.clip_by_global_norm(max_norm),
        optax.add_decayed_weights(weight_decay),
        optax.adam(learning_rate),
    )


@caught_by("correct", "by_hand")
def make_optimizer__decays_last(learning_rate, weight_decay, max_norm):
    """Decays after the learning rate has turned the sign: the weights grow."""
    return optax.chain(
        optax.clip_by_global_norm(max_norm),
        optax.adam(learning_rate),
        optax.add_decayed_weights(weight_decay),
    )


@caught_by("correct", "goes_downhill")
def make_optimizer__second_place(learning_rate, weight_decay, max_norm):
    """Gives the decay as adamw's second argument, which is b1."""
    return optax.chain(optax.clip_by_global_norm(max_norm), optax.adamw(learning_rate, weight_decay))


@caught_by("correct", "goes_downhill")
def make_optimizer__uphill(learning_rate, weight_decay, max_norm):
    """Scales by the learning rate and forgets to turn the sign."""
    return optax.chain(
        optax.clip_by_global_norm(max_norm),
        optax.scale_by_adam(),
        optax.add_decayed_weights(weight_decay),
        optax.scale(learning_rate),
    )


@caught_by("correct", "by_hand")
def make_optimizer__no_decay(learning_rate, weight_decay, max_norm):
    """Forgets the decay."""
    return optax.chain(optax.clip_by_global_norm(max_norm), optax.adam(learning_rate))


@caught_by("correct", "leaves_short_gradients")
def make_optimizer__shorter_memory(learning_rate, weight_decay, max_norm):
    """Another b2, which the first step does not show."""
    adamw = optax.adamw(learning_rate, b2=0.99, weight_decay=weight_decay)
    return optax.chain(optax.clip_by_global_norm(max_norm), adamw)


@caught_by("correct", "leaves_tiny_gradients")
def make_optimizer__larger_epsilon(learning_rate, weight_decay, max_norm):
    """Another number beside the root."""
    adamw = optax.adamw(learning_rate, eps=1e-6, weight_decay=weight_decay)
    return optax.chain(optax.clip_by_global_norm(max_norm), adamw)


@caught_by("correct", "goes_downhill")
def make_optimizer__a_list(learning_rate, weight_decay, max_norm):
    """Returns the links, not the chain."""
    return [optax.clip_by_global_norm(max_norm), optax.adamw(learning_rate, weight_decay=weight_decay)]


@caught_by("correct", "survives_a_huge_gradient")
def make_optimizer__clips_last(learning_rate, weight_decay, max_norm):
    """Clips the updates: by then Adam remembers the huge gradient."""
    return optax.chain(
        optax.adamw(learning_rate, weight_decay=weight_decay), optax.clip_by_global_norm(max_norm)
    )


@caught_by("correct", "survives_a_huge_gradient")
def make_optimizer__clips_between(learning_rate, weight_decay, max_norm):
    """Clips what Adam has scaled already, in the middle of the chain."""
    return optax.chain(
        optax.scale_by_adam(),
        optax.clip_by_global_norm(1e3 * max_norm),
        optax.add_decayed_weights(weight_decay),
        optax.scale_by_learning_rate(learning_rate),
    )


@caught_by("correct", "survives_a_huge_gradient")
def make_optimizer__no_clip(learning_rate, weight_decay, max_norm):
    """Forgets the clip."""
    return optax.adamw(learning_rate, weight_decay=weight_decay)


@caught_by("correct", "survives_a_huge_gradient")
def make_optimizer__clips_numbers(learning_rate, weight_decay, max_norm):
    """Clips each number by itself, which changes the direction."""
    return optax.chain(optax.clip(max_norm), optax.adamw(learning_rate, weight_decay=weight_decay))


@caught_by("correct", "survives_a_huge_gradient")
def make_optimizer__clips_leaves(learning_rate, weight_decay, max_norm):
    """Clips each leaf by its own norm."""

    def clip(updates, state, params=None):
        def cut(g):
            return g * jnp.minimum(1, max_norm / jnp.linalg.norm(g))

        return jax.tree.map(cut, updates), state

    clipping = optax.GradientTransformation(lambda params: optax.EmptyState(), clip)
    return optax.chain(clipping, optax.adamw(learning_rate, weight_decay=weight_decay))


@caught_by("correct", "leaves_tiny_gradients")
def make_optimizer__normalizes(learning_rate, weight_decay, max_norm):
    """Brings every gradient to max_norm, short ones too."""
    return optax.chain(
        optax.normalize_by_update_norm(max_norm), optax.adamw(learning_rate, weight_decay=weight_decay)
    )


@caught_by("correct", "takes_a_schedule")
def make_optimizer__a_number_only(learning_rate, weight_decay, max_norm):
    """Negates the learning rate; a schedule has no sign."""
    return optax.chain(
        optax.clip_by_global_norm(max_norm),
        optax.scale_by_adam(),
        optax.add_decayed_weights(weight_decay),
        optax.scale(-learning_rate),
    )


@caught_by("jit", "compiles_once")
def make_optimizer__saves_a_link(learning_rate, weight_decay, max_norm):
    """Leaves the decay out when it is 0: a Python branch on a traced number."""
    links = [optax.clip_by_global_norm(max_norm), optax.scale_by_adam()]
    if weight_decay > 0:
        links.append(optax.add_decayed_weights(weight_decay))
    return optax.chain(*links, optax.scale_by_learning_rate(learning_rate))


@caught_by("jit", "compiles_once")
def make_optimizer__floats(learning_rate, weight_decay, max_norm):
    """Turns the numbers into Python floats."""
    return optax.chain(
        optax.clip_by_global_norm(float(max_norm)),
        optax.adamw(learning_rate, weight_decay=float(weight_decay)),
    )


# warmup_cosine


@caught_by("correct", "uses_no_shortcut")
def warmup_cosine__library(step, peak, warmup_steps, total_steps):
    """Calls the schedule that optax has."""
    return optax.warmup_cosine_decay_schedule(0.0, peak, warmup_steps, total_steps)(step)


@caught_by("correct", "rises")
def warmup_cosine__starts_at_one(step, peak, warmup_steps, total_steps):
    """Counts steps from one."""
    rising = (step + 1) / max(warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return peak * jnp.where(step < warmup_steps, rising, (1 + jnp.cos(jnp.pi * t)) / 2)


@caught_by("correct", "rises")
def warmup_cosine__whole_numbers(step, peak, warmup_steps, total_steps):
    """Divides whole numbers to a whole number."""
    rising = step // max(warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return peak * jnp.where(step < warmup_steps, rising, (1 + jnp.cos(jnp.pi * t)) / 2)


@caught_by("correct", "falls")
def warmup_cosine__from_the_start(step, peak, warmup_steps, total_steps):
    """Measures the cosine from step 0 over all steps."""
    t = jnp.clip(step / total_steps, 0, 1)
    rising = step / max(warmup_steps, 1)
    return peak * jnp.where(step < warmup_steps, rising, (1 + jnp.cos(jnp.pi * t)) / 2)


@caught_by("correct", "falls")
def warmup_cosine__quarter(step, peak, warmup_steps, total_steps):
    """Takes a quarter of a cosine: the corners are right, the way is not."""
    rising = step / max(warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return peak * jnp.where(step < warmup_steps, rising, jnp.cos(jnp.pi / 2 * t))


@caught_by("correct", "falls")
def warmup_cosine__after_the_warmup(step, peak, warmup_steps, total_steps):
    """Takes total_steps as the length of the fall alone."""
    rising = step / max(warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / total_steps, 0, 1)
    return peak * jnp.where(step < warmup_steps, rising, (1 + jnp.cos(jnp.pi * t)) / 2)


@caught_by("correct", "meets_its_corners")
def warmup_cosine__ends_above_zero(step, peak, warmup_steps, total_steps):
    """Keeps a last bit of the rate, so that it is never 0."""
    rising = step / max(warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    falling = jnp.maximum((1 + jnp.cos(jnp.pi * t)) / 2, 1e-3)
    return peak * jnp.where(step < warmup_steps, rising, falling)


@caught_by("correct", "stays_down")
def warmup_cosine__comes_up_again(step, peak, warmup_steps, total_steps):
    """Lets the cosine go on after the end."""
    rising = step / max(warmup_steps, 1)
    t = (step - warmup_steps) / (total_steps - warmup_steps)
    return peak * jnp.where(step < warmup_steps, rising, (1 + jnp.cos(jnp.pi * t)) / 2)


@caught_by("correct", "starts_without_a_warmup")
def warmup_cosine__divides_by_zero(step, peak, warmup_steps, total_steps):
    """Divides by the length of a warmup that there is none of."""
    rising = jnp.minimum(jnp.float32(step) / warmup_steps, 1)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return peak * rising * (1 + jnp.cos(jnp.pi * t)) / 2


@caught_by("jit", "compiles_once")
def warmup_cosine__branches(step, peak, warmup_steps, total_steps):
    """Chooses with a Python branch on the step."""
    if step < warmup_steps:
        return jnp.asarray(peak * step / warmup_steps, jnp.float32)
    t = jnp.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    return peak * (1 + jnp.cos(jnp.pi * t)) / 2


@caught_by("jit", "compiles_once")
def warmup_cosine__through_numpy(step, peak, warmup_steps, total_steps):
    """Computes in NumPy, which sees no tracers."""
    t = np.clip((step - warmup_steps) / (total_steps - warmup_steps), 0, 1)
    rising = step / max(warmup_steps, 1)
    return jnp.float32(peak * np.where(step < warmup_steps, rising, (1 + np.cos(np.pi * t)) / 2))


# train_step


@caught_by("correct", "by_hand")
def train_step__subtracts(params, opt_state, batch, loss, optimizer):
    """Subtracts the updates; optax has turned the sign already."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return jax.tree.map(lambda p, u: p - u, params, updates), opt_state, value


@caught_by("correct", "by_hand")
def train_step__result_taken_apart_wrongly(params, opt_state, batch, loss, optimizer):
    """Takes the state for the updates."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    opt_state, updates = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("correct", "hands_the_loss_its_batch")
def train_step__loss_of_each_example(params, opt_state, batch, loss, optimizer):
    """Lifts the loss over the batch, and averages once more."""

    def mean_loss(params):
        return jnp.mean(jax.vmap(loss, in_axes=(None, 0))(params, batch))

    value, gradients = jax.value_and_grad(mean_loss)(params)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("correct", "by_hand")
def train_step__updates_for_parameters(params, opt_state, batch, loss, optimizer):
    """Returns the updates in place of the parameters."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    params, opt_state = optimizer.update(gradients, opt_state, params)
    return params, opt_state, value


@caught_by("correct", "by_hand")
def train_step__loss_afterwards(params, opt_state, batch, loss, optimizer):
    """Computes the loss once more, with the new parameters."""
    gradients = jax.grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    params = optax.apply_updates(params, updates)
    return params, opt_state, loss(params, batch)


@caught_by("correct", "by_hand")
def train_step__applies_gradients(params, opt_state, batch, loss, optimizer):
    """Adds the gradients themselves."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    _, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, gradients), opt_state, value


@caught_by("correct", "by_hand")
def train_step__two_of_three(params, opt_state, batch, loss, optimizer):
    """Forgets the loss."""
    gradients = jax.grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state


@caught_by("correct", "hands_on_the_parameters")
def train_step__no_parameters(params, opt_state, batch, loss, optimizer):
    """Leaves the parameters out of the update."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("correct", "carries_the_state_on")
def train_step__old_state(params, opt_state, batch, loss, optimizer):
    """Returns the state that was given."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, _ = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("correct", "carries_the_state_on")
def train_step__begins_anew(params, opt_state, batch, loss, optimizer):
    """Makes a fresh state for every step."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, optimizer.init(params), params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("jit", "compiles_once")
def train_step__float_loss(params, opt_state, batch, loss, optimizer):
    """Pulls the loss out as a Python float."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, jnp.asarray(float(value))


@caught_by("jit", "compiles_once")
def train_step__stops_at_nan(params, opt_state, batch, loss, optimizer):
    """Skips the step when the loss is NaN, with a Python branch."""
    value, gradients = jax.value_and_grad(loss)(params, batch)
    if jnp.isnan(value):
        return params, opt_state, value
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


@caught_by("speed", "beats_the_eager_step")
def train_step__one_parameter_at_a_time(params, opt_state, batch, loss, optimizer):
    """Differentiates forwards, with respect to one number after the other."""
    flat, unravel = jax.flatten_util.ravel_pytree(params)

    def slope(direction):
        return jax.jvp(lambda flat: loss(unravel(flat), batch), (flat,), (direction,))[1]

    gradients = unravel(jax.lax.map(slope, jnp.eye(flat.size)))
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss(params, batch)


@caught_by("correct", "hands_the_loss_its_batch")
def train_step__one_example_at_a_time(params, opt_state, batch, loss, optimizer):
    """Walks over the batch in Python and averages the gradients."""
    n = len(jax.tree.leaves(batch)[0])
    value, gradients = 0.0, jax.tree.map(jnp.zeros_like, params)
    for k in range(n):
        one = jax.tree.map(lambda leaf, k=k: leaf[k : k + 1], batch)
        part, gradient = jax.value_and_grad(loss)(params, one)
        value = value + part / n
        gradients = jax.tree.map(lambda total, g: total + g / n, gradients, gradient)
    updates, opt_state = optimizer.update(gradients, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value


# accumulate


@caught_by("correct", "by_hand")
def accumulate__object(optimizer, k):
    """Returns the MultiSteps, which optax.chain does not take."""
    return optax.MultiSteps(optimizer, k)


@caught_by("correct", "by_hand")
def accumulate__sums(optimizer, k):
    """Adds the gradients up, and divides by nothing."""
    return optax.MultiSteps(optimizer, k, use_grad_mean=False).gradient_transformation()


@caught_by("correct", "by_hand")
def accumulate__updates(optimizer, k):
    """Accumulates updates: their sum, and the optimiser runs at every small step."""
    return optax.chain(optimizer, optax.apply_every(k))


@caught_by("correct", "by_hand")
def accumulate__small_steps(optimizer, k):
    """Makes each step k times smaller and takes it at once."""
    return optax.chain(optax.scale(1 / k), optimizer)


@caught_by("correct", "by_hand")
def accumulate__one_too_late(optimizer, k):
    """Waits for one gradient too many."""
    return optax.MultiSteps(optimizer, k + 1).gradient_transformation()


@caught_by("correct", "equals_large_batches")
def accumulate__mean_of_updates(optimizer, k):
    """Lets the optimiser run at every small step and applies the mean of its updates."""
    return optax.chain(optimizer, optax.apply_every(k), optax.scale(1 / k))


@caught_by("correct", "starts_over")
def accumulate__never_empties(optimizer, k):
    """Forgets to empty the sum after a round."""

    def init(params):
        return jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params), optimizer.init(params)

    def update(gradients, state, params=None):
        count, total, inner = state
        total = jax.tree.map(jnp.add, total, gradients)
        mean = jax.tree.map(lambda t: t / k, total)
        updates, after = optimizer.update(mean, inner, params)
        now = count == k - 1
        updates = jax.tree.map(lambda u: jnp.where(now, u, 0), updates)
        inner = jax.tree.map(lambda a, b: jnp.where(now, a, b), after, inner)
        return updates, ((count + 1) % k, total, inner)

    return optax.GradientTransformation(init, update)


@caught_by("correct", "equals_large_batches")
def accumulate__inner_runs_along(optimizer, k):
    """Keeps the optimiser's new state at every small step."""

    def init(params):
        return jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params), optimizer.init(params)

    def update(gradients, state, params=None):
        count, total, inner = state
        total = jax.tree.map(jnp.add, total, gradients)
        mean = jax.tree.map(lambda t: t / k, total)
        updates, inner = optimizer.update(mean, inner, params)
        now = count == k - 1
        updates = jax.tree.map(lambda u: jnp.where(now, u, 0), updates)
        total = jax.tree.map(lambda t: jnp.where(now, 0, t), total)
        return updates, ((count + 1) % k, total, inner)

    return optax.GradientTransformation(init, update)


@caught_by("correct", "equals_large_batches")
def accumulate__no_parameters(optimizer, k):
    """Keeps the parameters from the optimiser, which may need them."""
    multi = optax.MultiSteps(optimizer, k)

    def update(gradients, state, params=None):
        return multi.update(gradients, state)

    return optax.GradientTransformation(multi.init, update)


@caught_by("jit", "compiles_once")
def accumulate__branches(optimizer, k):
    """Counts in the state and branches on the count."""

    def init(params):
        return jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params), optimizer.init(params)

    def update(gradients, state, params=None):
        count, total, inner = state
        total = jax.tree.map(jnp.add, total, gradients)
        zeros = jax.tree.map(jnp.zeros_like, total)
        if count < k - 1:
            return zeros, (count + 1, total, inner)
        updates, inner = optimizer.update(jax.tree.map(lambda t: t / k, total), inner, params)
        return updates, (jnp.zeros((), jnp.int32), zeros, inner)

    return optax.GradientTransformation(init, update)


@caught_by("jit", "compiles_once")
def accumulate__python_count(optimizer, k):
    """Counts in Python, beside the state."""
    count = 0

    def init(params):
        return jax.tree.map(jnp.zeros_like, params), optimizer.init(params)

    def update(gradients, state, params=None):
        nonlocal count
        total, inner = state
        total = jax.tree.map(jnp.add, total, gradients)
        zeros = jax.tree.map(jnp.zeros_like, total)
        count += 1
        if count % k:
            return zeros, (total, inner)
        updates, inner = optimizer.update(jax.tree.map(lambda t: t / k, total), inner, params)
        return updates, (zeros, inner)

    return optax.GradientTransformation(init, update)


@caught_by("jit", "compiles_once")
def accumulate__count_begins_as_int(optimizer, k):
    """Begins with the Python number 0, which is an array from the second step on."""

    def init(params):
        return 0, jax.tree.map(jnp.zeros_like, params), optimizer.init(params)

    def update(gradients, state, params=None):
        count, total, inner = state
        total = jax.tree.map(jnp.add, total, gradients)
        updates, after = optimizer.update(jax.tree.map(lambda t: t / k, total), inner, params)
        now = jnp.asarray(count + 1, jnp.int32) == k
        updates = jax.tree.map(lambda u: jnp.where(now, u, 0), updates)
        inner = jax.tree.map(lambda a, b: jnp.where(now, a, b), after, inner)
        total = jax.tree.map(lambda t: jnp.where(now, 0, t), total)
        return updates, (jnp.where(now, 0, jnp.asarray(count + 1, jnp.int32)), total, inner)

    return optax.GradientTransformation(init, update)


# freeze


@caught_by("correct", "by_hand")
def freeze__masked_alone(params, optimizer, is_frozen):
    """Masks the optimiser, which lets the gradients of the others through as updates."""

    def is_trained(path, leaf):
        return not is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    return optax.masked(optimizer, jax.tree.map_with_path(is_trained, params))


@caught_by("correct", "by_hand")
def freeze__the_other_way_round(params, optimizer, is_frozen):
    """Freezes what should be trained."""

    def label(path, leaf):
        return is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    labels = jax.tree.map_with_path(label, params)
    return optax.partition({True: optimizer, False: optax.set_to_zero()}, labels)


@caught_by("correct", "by_hand")
def freeze__bare_path(params, optimizer, is_frozen):
    """Hands the path over as it is, a tuple of keys."""
    labels = jax.tree.map_with_path(lambda path, leaf: "frozen" if is_frozen(path) else "trained", params)
    return optax.partition({"trained": optimizer, "frozen": optax.set_to_zero()}, labels)


@caught_by("correct", "by_hand")
def freeze__keystr_as_it_is(params, optimizer, is_frozen):
    """Writes the name as ['encoder']['w']."""

    def label(path, leaf):
        return "frozen" if is_frozen(jax.tree_util.keystr(path)) else "trained"

    labels = jax.tree.map_with_path(label, params)
    return optax.partition({"trained": optimizer, "frozen": optax.set_to_zero()}, labels)


@caught_by("correct", "names_places_in_lists")
def freeze__names_of_dicts_alone(params, optimizer, is_frozen):
    """Knows the keys of dicts, and no others."""

    def label(path, leaf):
        return "frozen" if is_frozen("/".join(entry.key for entry in path)) else "trained"

    labels = jax.tree.map_with_path(label, params)
    return optax.partition({"trained": optimizer, "frozen": optax.set_to_zero()}, labels)


@caught_by("correct", "by_hand")
def freeze__labels_first(params, optimizer, is_frozen):
    """Gives partition its arguments the other way round."""

    def label(path, leaf):
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        return "frozen" if is_frozen(name) else "trained"

    labels = jax.tree.map_with_path(label, params)
    return optax.partition(labels, {"trained": optimizer, "frozen": optax.set_to_zero()})


@caught_by("correct", "asks_by_the_whole_name")
def freeze__whole_modules(params, optimizer, is_frozen):
    """Asks once for each module, not for each leaf."""
    labels = {name: "frozen" if is_frozen(f"{name}/") else "trained" for name in params}
    return optax.partition({"trained": optimizer, "frozen": optax.set_to_zero()}, labels)


@caught_by("correct", "holds_against_decay")
def freeze__zero_gradients(params, optimizer, is_frozen):
    """Sets gradients to zero, before the optimiser adds its decay."""

    def asks(path, leaf):
        return is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    mask = jax.tree.map_with_path(asks, params)
    return optax.chain(optax.masked(optax.set_to_zero(), mask), optimizer)


@caught_by("correct", "holds_against_nan")
def freeze__rate_zero(params, optimizer, is_frozen):
    """Trains the frozen leaves with a learning rate of 0."""

    def label(path, leaf):
        return "frozen" if is_frozen(jax.tree_util.keystr(path, simple=True, separator="/")) else "trained"

    labels = jax.tree.map_with_path(label, params)
    return optax.partition({"trained": optimizer, "frozen": optax.sgd(0.0)}, labels)


@caught_by("correct", "leaves_frozen_gradients_out_of_the_norm")
def freeze__afterwards(params, optimizer, is_frozen):
    """Lets the optimiser see everything, and sets updates to zero afterwards."""

    def asks(path, leaf):
        return is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    mask = jax.tree.map_with_path(asks, params)
    return optax.chain(optimizer, optax.masked(optax.set_to_zero(), mask))


@caught_by("correct", "remembers_nothing_of_frozen_leaves")
def freeze__zeros_in_and_out(params, optimizer, is_frozen):
    """Sets gradients and updates to zero, and keeps moments of zeros."""

    def asks(path, leaf):
        return is_frozen(jax.tree_util.keystr(path, simple=True, separator="/"))

    mask = jax.tree.map_with_path(asks, params)
    zero = optax.masked(optax.set_to_zero(), mask)
    return optax.chain(zero, optimizer, zero)


@caught_by("jit", "compiles_once")
def freeze__names_in_the_state(params, optimizer, is_frozen):
    """Keeps the names of the trained leaves in the state."""

    def name(path):
        return jax.tree_util.keystr(path, simple=True, separator="/")

    def pick(tree, names):
        return {
            name(path): leaf
            for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
            if name(path) in names
        }

    def init(params):
        names = [name(path) for path, _ in jax.tree_util.tree_leaves_with_path(params)]
        trained = [one for one in names if not is_frozen(one)]
        return trained, optimizer.init(pick(params, trained))

    def update(gradients, state, params=None):
        trained, inner = state
        small, inner = optimizer.update(pick(gradients, trained), inner, pick(params, trained))
        updates = jax.tree.map_with_path(lambda p, g: small.get(name(p), jnp.zeros_like(g)), gradients)
        return updates, (trained, inner)

    return optax.GradientTransformation(init, update)


# group_rates


@caught_by("correct", "by_hand")
def group_rates__swapped(params, weight_rate, bias_rate):
    """Gives each group the other one's rate."""
    labels = jax.tree.map(lambda leaf: leaf.ndim >= 2, params)
    return optax.partition({False: optax.adam(weight_rate), True: optax.adam(bias_rate)}, labels)


@caught_by("correct", "by_hand")
def group_rates__chained(params, weight_rate, bias_rate):
    """Chains the two optimisers, so that both see all."""
    return optax.chain(optax.adam(weight_rate), optax.adam(bias_rate))


@caught_by("correct", "by_hand")
def group_rates__sgd(params, weight_rate, bias_rate):
    """Steps along the plain gradient."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim >= 2 else "bias", params)
    return optax.partition({"weight": optax.sgd(weight_rate), "bias": optax.sgd(bias_rate)}, labels)


@caught_by("correct", "by_hand")
def group_rates__biases_masked_only(params, weight_rate, bias_rate):
    """Masks one optimiser and forgets that the others' gradients pass through."""
    biases = jax.tree.map(lambda leaf: leaf.ndim < 2, params)
    return optax.chain(optax.masked(optax.adam(bias_rate), biases), optax.scale(-weight_rate))


@caught_by("correct", "counts_axes")
def group_rates__by_name(params, weight_rate, bias_rate):
    """Goes by the name: w is a weight, everything else is a bias."""

    def label(path, leaf):
        return "weight" if path[-1].key == "w" else "bias"

    labels = jax.tree.map_with_path(label, params)
    return optax.partition({"weight": optax.adam(weight_rate), "bias": optax.adam(bias_rate)}, labels)


@caught_by("correct", "by_hand")
def group_rates__matrices_only(params, weight_rate, bias_rate):
    """Takes two axes for a weight, and three for a bias."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim == 2 else "bias", params)
    return optax.partition({"weight": optax.adam(weight_rate), "bias": optax.adam(bias_rate)}, labels)


@caught_by("correct", "counts_axes")
def group_rates__vectors_only(params, weight_rate, bias_rate):
    """Takes one axis for a bias, and a single number for a weight."""
    labels = jax.tree.map(lambda leaf: "bias" if leaf.ndim == 1 else "weight", params)
    return optax.partition({"weight": optax.adam(weight_rate), "bias": optax.adam(bias_rate)}, labels)


@caught_by("correct", "goes_on")
def group_rates__sign_only(params, weight_rate, bias_rate):
    """Steps by the gradient's sign, which is Adam's first step alone."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim >= 2 else "bias", params)
    return optax.partition({"weight": optax.sign_sgd(weight_rate), "bias": optax.sign_sgd(bias_rate)}, labels)


@caught_by("correct", "stands_still_at_zero")
def group_rates__by_ratio(params, weight_rate, bias_rate):
    """Scales the biases' updates by the ratio of the rates, which may be one by zero."""
    biases = jax.tree.map(lambda leaf: leaf.ndim < 2, params)
    return optax.chain(optax.adam(weight_rate), optax.masked(optax.scale(bias_rate / weight_rate), biases))


@caught_by("jit", "compiles_once")
def group_rates__branches(params, weight_rate, bias_rate):
    """Replaces Adam where the rate is 0, which is not known while a step is compiled."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim >= 2 else "bias", params)
    rates = {"weight": weight_rate, "bias": bias_rate}
    return optax.partition(
        {name: optax.adam(rate) if rate > 0 else optax.set_to_zero() for name, rate in rates.items()}, labels
    )


@caught_by("jit", "compiles_once")
def group_rates__floats(params, weight_rate, bias_rate):
    """Turns the rates into Python floats."""
    labels = jax.tree.map(lambda leaf: "weight" if leaf.ndim >= 2 else "bias", params)
    return optax.partition(
        {"weight": optax.adam(float(weight_rate)), "bias": optax.adam(float(bias_rate))}, labels
    )


# set_learning_rate


@caught_by("correct", "by_hand")
def set_learning_rate__in_place(opt_state, value):
    """Writes into the given state's dict."""
    opt_state.hyperparams["learning_rate"] = jnp.asarray(value, jnp.float32)
    return opt_state


@caught_by("correct", "by_hand")
def set_learning_rate__python_number(opt_state, value):
    """Puts the Python number in."""
    return opt_state._replace(hyperparams={**opt_state.hyperparams, "learning_rate": value})


@caught_by("correct", "by_hand")
def set_learning_rate__only_the_dict(opt_state, value):
    """Returns the hyperparameters, not the state."""
    dtype = opt_state.hyperparams["learning_rate"].dtype
    return {**opt_state.hyperparams, "learning_rate": jnp.asarray(value, dtype)}


@caught_by("correct", "by_hand")
def set_learning_rate__result_dropped(opt_state, value):
    """Forgets that _replace returns a new tuple."""
    dtype = opt_state.hyperparams["learning_rate"].dtype
    opt_state._replace(hyperparams={**opt_state.hyperparams, "learning_rate": jnp.asarray(value, dtype)})
    return opt_state


@caught_by("correct", "keeps_the_rest")
def set_learning_rate__others_dropped(opt_state, value):
    """Makes a dict with nothing but the learning rate."""
    return opt_state._replace(hyperparams={"learning_rate": jnp.asarray(value, jnp.float32)})


@caught_by("correct", "keeps_the_rest")
def set_learning_rate__all_of_them(opt_state, value):
    """Sets every hyperparameter to the value."""
    return opt_state._replace(
        hyperparams=jax.tree.map(lambda old: jnp.asarray(value, old.dtype), opt_state.hyperparams)
    )


@caught_by("correct", "keeps_the_rest")
def set_learning_rate__begins_anew(opt_state, value):
    """Makes the state of a new optimiser: momentum and count begin again."""
    zeros = jax.tree.map(jnp.zeros_like, opt_state)
    old = opt_state.hyperparams
    return zeros._replace(
        hyperparams={**old, "learning_rate": jnp.asarray(value, old["learning_rate"].dtype)}
    )


@caught_by("correct", "keeps_the_dtype")
def set_learning_rate__integer(opt_state, value):
    """Makes an array without a dtype: an int gives an integer."""
    return opt_state._replace(hyperparams={**opt_state.hyperparams, "learning_rate": jnp.array(value)})


@caught_by("correct", "keeps_the_dtype")
def set_learning_rate__always_float32(opt_state, value):
    """Makes it float32, whatever it was."""
    return opt_state._replace(hyperparams={**opt_state.hyperparams, "learning_rate": jnp.float32(value)})


@caught_by("correct", "keeps_the_dtype")
def set_learning_rate__added_to_nothing(opt_state, value):
    """Keeps the type by arithmetic, in which the wider of two arrays wins."""
    old = opt_state.hyperparams
    rate = 0 * old["learning_rate"] + value
    return opt_state._replace(hyperparams={**old, "learning_rate": rate})


@caught_by("correct", "keeps_the_dtype")
def set_learning_rate__times_one(opt_state, value):
    """The same by a product."""
    old = opt_state.hyperparams
    rate = value * jnp.ones_like(old["learning_rate"])
    return opt_state._replace(hyperparams={**old, "learning_rate": rate})


@caught_by("jit", "compiles_once")
def set_learning_rate__float(opt_state, value):
    """Asks for a Python float on the way."""
    old = opt_state.hyperparams
    rate = jnp.full((), float(value), old["learning_rate"].dtype)
    return opt_state._replace(hyperparams={**old, "learning_rate": rate})


@caught_by("jit", "needs_no_new_trace")
def set_learning_rate__still_a_python_number(opt_state, value):
    """Converts the dtype, and keeps what marks an array as made of a Python number."""
    old = opt_state.hyperparams
    rate = jnp.asarray(value * 1.0)
    if rate.dtype != old["learning_rate"].dtype:
        rate = rate.astype(old["learning_rate"].dtype)
    return opt_state._replace(hyperparams={**old, "learning_rate": rate})


# lion


@caught_by("correct", "uses_no_shortcut")
def lion__library(learning_rate):
    """Takes optax's own."""
    return optax.lion(learning_rate, weight_decay=0.0)


@caught_by("correct", "uses_no_shortcut")
def lion__library_link(learning_rate):
    """Takes the heart of optax's own."""
    return optax.chain(optax.scale_by_lion(), optax.scale_by_learning_rate(learning_rate))


@caught_by("correct", "by_hand")
def lion__uphill(learning_rate):
    """Forgets the sign of the update."""

    def update(gradients, m, params=None):
        updates = jax.tree.map(lambda m, g: learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "needs_no_parameters")
def lion__wants_parameters(learning_rate):
    """Makes an argument obligatory that is not needed."""

    def init(params):
        return jax.tree.map(jnp.zeros_like, params)

    def update(gradients, momentum, params):
        updates = jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), momentum, gradients)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, momentum, gradients)

    return optax.GradientTransformation(init, update)


@caught_by("correct", "takes_any_tree")
def lion__dicts_alone(learning_rate):
    """Goes through the items of a dict."""

    def init(params):
        return {name: jnp.zeros_like(leaf) for name, leaf in params.items()}

    def update(gradients, momentum, params=None):
        updates = {
            name: -learning_rate * jnp.sign(0.9 * momentum[name] + 0.1 * g) for name, g in gradients.items()
        }
        return updates, {name: 0.99 * momentum[name] + 0.01 * g for name, g in gradients.items()}

    return optax.GradientTransformation(init, update)


@caught_by("correct", "by_hand")
def lion__divides(learning_rate):
    """Makes the sign by a division, which is 0 / 0 where nothing pulls."""

    def update(gradients, m, params=None):
        c = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
        updates = jax.tree.map(lambda c: -learning_rate * c / jnp.abs(c), c)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "by_hand")
def lion__two_functions(learning_rate):
    """Returns a bare tuple."""

    def update(gradients, m, params=None):
        updates = jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)

    return (lambda params: jax.tree.map(jnp.zeros_like, params)), update


@caught_by("correct", "by_hand")
def lion__updates_alone(learning_rate):
    """Returns the updates and not the state."""

    def update(gradients, m, params=None):
        return jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients)

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "by_hand")
def lion__in_place(learning_rate):
    """Writes the new momentum into the state that it was given."""

    def update(gradients, state, params=None):
        m = state["m"]
        state["m"] = jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)
        return jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients), state

    return optax.GradientTransformation(lambda params: {"m": jax.tree.map(jnp.zeros_like, params)}, update)


@caught_by("correct", "follows_the_paper")
def lion__swapped(learning_rate):
    """Swaps 0.9 and 0.99."""

    def update(gradients, m, params=None):
        updates = jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.99 * m + 0.01 * g), m, gradients)
        return updates, jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "follows_the_paper")
def lion__new_momentum(learning_rate):
    """Updates the momentum first, and takes the sign of that."""

    def update(gradients, m, params=None):
        m = jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)
        return jax.tree.map(lambda m: -learning_rate * jnp.sign(m), m), m

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "follows_the_paper")
def lion__keeps_c(learning_rate):
    """Remembers c, made with 0.9, as the new momentum."""

    def update(gradients, m, params=None):
        c = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
        return jax.tree.map(lambda c: -learning_rate * jnp.sign(c), c), c

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "follows_the_paper")
def lion__old_momentum_back(learning_rate):
    """Returns the state that it was given."""

    def update(gradients, m, params=None):
        return jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients), m

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("correct", "takes_any_tree")
def lion__pairs(learning_rate):
    """Makes pairs at the leaves and takes every tuple for one."""

    def update(gradients, m, params=None):
        def both(m, g):
            return -learning_rate * jnp.sign(0.9 * m + 0.1 * g), 0.99 * m + 0.01 * g

        pairs = jax.tree.map(both, m, gradients)
        first = jax.tree.map(lambda pair: pair[0], pairs, is_leaf=lambda x: isinstance(x, tuple))
        second = jax.tree.map(lambda pair: pair[1], pairs, is_leaf=lambda x: isinstance(x, tuple))
        return first, second

    return optax.GradientTransformation(lambda params: jax.tree.map(jnp.zeros_like, params), update)


@caught_by("jit", "compiles_once")
def lion__remembers_outside(learning_rate):
    """Keeps the momentum beside the state, where a traced value must not go."""
    memory = {}

    def init(params):
        memory["m"] = jax.tree.map(jnp.zeros_like, params)
        return optax.EmptyState()

    def update(gradients, state, params=None):
        m = memory.get("m") or jax.tree.map(jnp.zeros_like, gradients)
        memory["m"] = jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)
        return jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients), state

    return optax.GradientTransformation(init, update)


@caught_by("jit", "compiles_once")
def lion__starts_with_a_number(learning_rate):
    """Begins with the Python number 0 for every leaf."""

    def update(gradients, m, params=None):
        updates = jax.tree.map(lambda m, g: -learning_rate * jnp.sign(0.9 * m + 0.1 * g), m, gradients)
        return updates, jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)

    return optax.GradientTransformation(lambda params: jax.tree.map(lambda p: 0.0, params), update)


@caught_by("jit", "compiles_once")
def lion__first_step_apart(learning_rate):
    """Counts steps and treats the first one apart, with a Python branch."""

    class State(NamedTuple):
        count: jax.Array
        m: object

    def init(params):
        return State(jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params))

    def update(gradients, state, params=None):
        m = state.m
        c = gradients if state.count == 0 else jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
        updates = jax.tree.map(lambda c: -learning_rate * jnp.sign(c), c)
        m = jax.tree.map(lambda m, g: 0.99 * m + 0.01 * g, m, gradients)
        return updates, State(state.count + 1, m)

    return optax.GradientTransformation(init, update)
