"""Plausible mistakes of day 8; each must be caught by the check named above it."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from tests.answers import caught_by

# init_mlp


@caught_by("correct", "has_a_layer_for_each_two_sizes")
def init_mlp__outputs_first(key, sizes, gain):
    """Gives w the shape (fan_out, fan_in), as PyTorch does."""
    keys = jax.random.split(key, len(sizes) - 1)
    pairs = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return [{"w": jax.random.normal(k, (n, m)) * gain / m**0.5, "b": jnp.zeros(n)} for k, m, n in pairs]


@caught_by("correct", "has_a_layer_for_each_two_sizes")
def init_mlp__a_layer_for_each_size(key, sizes, gain):
    """Makes as many layers as there are sizes; the last one leads back to the first."""
    layers = []
    for i, k in enumerate(jax.random.split(key, len(sizes))):
        m, n = sizes[i], sizes[(i + 1) % len(sizes)]
        layers.append({"w": jax.random.normal(k, (m, n)) * gain / m**0.5, "b": jnp.zeros(n)})
    return layers


@caught_by("correct", "has_a_layer_for_each_two_sizes")
def init_mlp__tuples(key, sizes, gain):
    """Gives pairs (w, b) instead of dicts."""
    keys = jax.random.split(key, len(sizes) - 1)
    pairs = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return [(jax.random.normal(k, (m, n)) * gain / m**0.5, jnp.zeros(n)) for k, m, n in pairs]


@caught_by("correct", "biases_are_zero")
def init_mlp__random_biases(key, sizes, gain):
    """Draws the biases, too."""
    layers = []
    for i, (m, n) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        w_key, b_key = jax.random.split(jax.random.fold_in(key, i))
        w = jax.random.normal(w_key, (m, n)) * gain / m**0.5
        layers.append({"w": w, "b": jax.random.normal(b_key, (n,)) * 0.01})
    return layers


@caught_by("correct", "depends_on_the_key")
def init_mlp__a_seed_of_its_own(key, sizes, gain):
    """Makes a key of 0 instead of taking the one that is given."""
    keys = jax.random.split(jax.random.key(0), len(sizes) - 1)
    pairs = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return [{"w": jax.random.normal(k, (m, n)) * gain / m**0.5, "b": jnp.zeros(n)} for k, m, n in pairs]


@caught_by("correct", "depends_on_the_key")
def init_mlp__zeros(key, sizes, gain):
    """Starts at zero, where all units of a layer stay equal for ever."""
    return [{"w": jnp.zeros((m, n)), "b": jnp.zeros(n)} for m, n in zip(sizes[:-1], sizes[1:], strict=True)]


@caught_by("correct", "weights_are_independent")
def init_mlp__one_key_for_all_layers(key, sizes, gain):
    """Draws each layer from the same key."""
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    return [{"w": jax.random.normal(key, (m, n)) * gain / m**0.5, "b": jnp.zeros(n)} for m, n in pairs]


@caught_by("correct", "weights_are_independent")
def init_mlp__equal_units(key, sizes, gain):
    """Draws the weights of one unit and gives them to all."""
    layers = []
    for k, m, n in zip(jax.random.split(key, len(sizes) - 1), sizes[:-1], sizes[1:], strict=True):
        column = jax.random.normal(k, (m, 1)) * gain / m**0.5
        layers.append({"w": jnp.broadcast_to(column, (m, n)), "b": jnp.zeros(n)})
    return layers


@caught_by("correct", "deviation_is_gain_over_root_fan_in")
def init_mlp__fan_out(key, sizes, gain):
    """Divides by the root of the wrong side."""
    keys = jax.random.split(key, len(sizes) - 1)
    pairs = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return [{"w": jax.random.normal(k, (m, n)) * gain / n**0.5, "b": jnp.zeros(n)} for k, m, n in pairs]


@caught_by("correct", "deviation_is_gain_over_root_fan_in")
def init_mlp__without_the_root(key, sizes, gain):
    """Takes the variance for the deviation."""
    keys = jax.random.split(key, len(sizes) - 1)
    pairs = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return [{"w": jax.random.normal(k, (m, n)) * gain**2 / m, "b": jnp.zeros(n)} for k, m, n in pairs]


@caught_by("correct", "deviation_is_gain_over_root_fan_in")
def init_mlp__gain_under_the_root(key, sizes, gain):
    """Writes √(gain / fan_in), so that √2 becomes 1.19."""
    keys = jax.random.split(key, len(sizes) - 1)
    pairs = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return [{"w": jax.random.normal(k, (m, n)) * jnp.sqrt(gain / m), "b": jnp.zeros(n)} for k, m, n in pairs]


@caught_by("correct", "deviation_is_gain_over_root_fan_in")
def init_mlp__xavier(key, sizes, gain):
    """Averages over both sides, as Glorot does."""
    keys = jax.random.split(key, len(sizes) - 1)
    pairs = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return [
        {"w": jax.random.normal(k, (m, n)) * gain * jnp.sqrt(2 / (m + n)), "b": jnp.zeros(n)}
        for k, m, n in pairs
    ]


@caught_by("correct", "deviation_is_gain_over_root_fan_in")
def init_mlp__uniform_within_the_deviation(key, sizes, gain):
    """Takes the deviation for the bound of a uniform draw."""
    layers = []
    for k, m, n in zip(jax.random.split(key, len(sizes) - 1), sizes[:-1], sizes[1:], strict=True):
        bound = gain / m**0.5
        layers.append({"w": jax.random.uniform(k, (m, n), minval=-bound, maxval=bound), "b": jnp.zeros(n)})
    return layers


@caught_by("correct", "weights_are_normal")
def init_mlp__uniform_of_the_right_deviation(key, sizes, gain):
    """Kaiming's other form: uniform."""
    layers = []
    for k, m, n in zip(jax.random.split(key, len(sizes) - 1), sizes[:-1], sizes[1:], strict=True):
        bound = gain * (3 / m) ** 0.5
        layers.append({"w": jax.random.uniform(k, (m, n), minval=-bound, maxval=bound), "b": jnp.zeros(n)})
    return layers


@caught_by("correct", "uses_no_shortcut")
def init_mlp__by_an_initializer(key, sizes, gain):
    """Asks jax.nn for it."""
    draw = jax.nn.initializers.variance_scaling(1.0, "fan_in", "normal")
    keys = jax.random.split(key, len(sizes) - 1)
    pairs = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return [{"w": gain * draw(k, (m, n)), "b": jnp.zeros(n)} for k, m, n in pairs]


@caught_by("jit", "compiles_once")
def init_mlp__branches_on_the_gain(key, sizes, gain):
    """Skips a multiplication by 1."""
    layers = []
    for k, m, n in zip(jax.random.split(key, len(sizes) - 1), sizes[:-1], sizes[1:], strict=True):
        w = jax.random.normal(k, (m, n)) / m**0.5
        if gain != 1.0:
            w = w * gain
        layers.append({"w": w, "b": jnp.zeros(n)})
    return layers


@caught_by("jit", "compiles_once")
def init_mlp__numpy_root(key, sizes, gain):
    """Takes the root of a variance in NumPy."""
    layers = []
    for k, m, n in zip(jax.random.split(key, len(sizes) - 1), sizes[:-1], sizes[1:], strict=True):
        deviation = jnp.float32(np.sqrt(np.square(gain) / m))
        layers.append({"w": jax.random.normal(k, (m, n)) * deviation, "b": jnp.zeros(n)})
    return layers


@caught_by("jit", "uses_each_key_once")
def init_mlp__draws_from_a_key_and_splits_it(key, sizes, gain):
    """Draws from a key, and splits the same key for the next layer."""
    layers = []
    for m, n in zip(sizes[:-1], sizes[1:], strict=True):
        layers.append({"w": jax.random.normal(key, (m, n)) * gain / m**0.5, "b": jnp.zeros(n)})
        key = jax.random.split(key)[1]
    return layers


@caught_by("correct", "has_a_layer_for_each_two_sizes")
def init_mlp__two_keys_for_any_number(key, sizes, gain):
    """Splits without saying into how many: two keys, and zip stops with them."""
    pairs = zip(jax.random.split(key), sizes, sizes[1:])  # noqa: B905
    return [{"w": jax.random.normal(k, (m, n)) * gain / m**0.5, "b": jnp.zeros(n)} for k, m, n in pairs]


@caught_by("correct", "weights_are_independent")
def init_mlp__key_folded_with_the_size(key, sizes, gain):
    """Folds the fan-in into the key: layers of one fan-in draw the same numbers."""
    layers = []
    for m, n in zip(sizes[:-1], sizes[1:], strict=True):
        w = jax.random.normal(jax.random.fold_in(key, m), (m, n)) * gain / m**0.5
        layers.append({"w": w, "b": jnp.zeros(n)})
    return layers


@caught_by("jit", "compiles_once")
def init_mlp__sizes_as_an_array(key, sizes, gain):
    """Makes an array of the sizes: under jit they are traced."""
    n = jnp.array(sizes)
    keys = jax.random.split(key, len(sizes) - 1)
    return [
        {"w": jax.random.normal(k, (n[i], n[i + 1])) * gain / jnp.sqrt(n[i]), "b": jnp.zeros(n[i + 1])}
        for i, k in enumerate(keys)
    ]


@caught_by("jit", "compiles_once")
def init_mlp__python_root(key, sizes, gain):
    """Takes the root of the gain's square in Python."""
    keys = jax.random.split(key, len(sizes) - 1)
    pairs = zip(keys, sizes[:-1], sizes[1:], strict=True)
    return [
        {"w": jax.random.normal(k, (m, n)) * math.sqrt(gain**2 / m), "b": jnp.zeros(n)} for k, m, n in pairs
    ]


# forward


@caught_by("correct", "by_hand")
def forward__activates_the_last_layer(params, x, activation):
    """Treats all layers alike."""
    for layer in params:
        x = activation(x @ layer["w"] + layer["b"])
    return x


@caught_by("correct", "by_hand")
def forward__bias_after_the_activation(params, x, activation):
    """Adds the bias when the activation is done."""
    for layer in params[:-1]:
        x = activation(x @ layer["w"]) + layer["b"]
    return x @ params[-1]["w"] + params[-1]["b"]


@caught_by("correct", "by_hand")
def forward__no_activation(params, x, activation):
    """Forgets the activation, so that all layers are one linear map."""
    for layer in params:
        x = x @ layer["w"] + layer["b"]
    return x


@caught_by("correct", "by_hand")
def forward__weights_from_the_left(params, x, activation):
    """Multiplies as textbooks with column vectors do."""
    for layer in params[:-1]:
        x = activation(layer["w"] @ x + layer["b"])
    return params[-1]["w"] @ x + params[-1]["b"]


@caught_by("correct", "by_hand")
def forward__pops_the_last_layer(params, x, activation):
    """Takes the last layer off the caller's list."""
    last = params.pop()
    for layer in params:
        x = activation(x @ layer["w"] + layer["b"])
    return x @ last["w"] + last["b"]


@caught_by("correct", "takes_a_single_layer")
def forward__activates_the_first_layer_always(params, x, activation):
    """Handles the first layer apart, as if there were always a second."""
    x = activation(x @ params[0]["w"] + params[0]["b"])
    for layer in params[1:-1]:
        x = activation(x @ layer["w"] + layer["b"])
    return x @ params[-1]["w"] + params[-1]["b"] if len(params) > 1 else x


@caught_by("correct", "agrees_with_numpy")
def forward__always_relu(params, x, activation):
    """Has relu built in and ignores the activation that is given."""
    for layer in params[:-1]:
        x = jnp.maximum(x @ layer["w"] + layer["b"], 0)
    return x @ params[-1]["w"] + params[-1]["b"]


@caught_by("correct", "agrees_with_numpy")
def forward__two_layers_only(params, x, activation):
    """Knows networks with one hidden layer at most."""
    if len(params) > 1:
        x = activation(x @ params[0]["w"] + params[0]["b"])
    return x[: len(params[-1]["w"])] @ params[-1]["w"] + params[-1]["b"]


@caught_by("correct", "agrees_with_numpy")
def forward__turns_square_weights_round(params, x, activation):
    """Turns w whenever its second side fits, which for a square w is always."""

    def through(layer, x):
        w = layer["w"].T if layer["w"].shape[1] == len(x) and layer["w"].shape[0] > 2 else layer["w"]
        return x @ w + layer["b"]

    for layer in params[:-1]:
        x = activation(through(layer, x))
    return through(params[-1], x)


@caught_by("correct", "by_hand")
def forward__keeps_a_batch_axis(params, x, activation):
    """Makes a batch of one, and forgets to take it off again."""
    x = x[None]
    for layer in params[:-1]:
        x = activation(x @ layer["w"] + layer["b"])
    return x @ params[-1]["w"] + params[-1]["b"]


@caught_by("jit", "compiles_once")
def forward__asserts_finite_inputs(params, x, activation):
    """Looks at the values before it begins."""
    assert jnp.all(jnp.isfinite(x))
    for layer in params[:-1]:
        x = activation(x @ layer["w"] + layer["b"])
    return x @ params[-1]["w"] + params[-1]["b"]


@caught_by("jit", "compiles_once")
def forward__sums_in_numpy(params, x, activation):
    """Multiplies in NumPy."""
    for layer in params[:-1]:
        x = activation(jnp.asarray(np.dot(x, layer["w"])) + layer["b"])
    return jnp.asarray(np.dot(x, params[-1]["w"])) + params[-1]["b"]


# mse


@caught_by("correct", "by_hand")
def mse__sum(predictions, targets):
    """Sums and does not average."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return jnp.sum(jnp.square(predictions - targets))


@caught_by("correct", "by_hand")
def mse__half(predictions, targets):
    """Halves it, as some books do."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return 0.5 * jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "by_hand")
def mse__root(predictions, targets):
    """Takes the root as well."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return jnp.sqrt(jnp.mean(jnp.square(predictions - targets)))


@caught_by("correct", "by_hand")
def mse__divides_by_the_rows(predictions, targets):
    """Divides by the number of examples alone."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return jnp.sum(jnp.square(predictions - targets)) / len(predictions)


@caught_by("correct", "refuses_two_shapes")
def mse__broadcasts(predictions, targets):
    """Lets (n, 1) and (n,) broadcast to (n, n)."""
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "refuses_two_shapes")
def mse__asserts(predictions, targets):
    """Refuses with an assert, which is no ValueError and vanishes under python -O."""
    assert predictions.shape == targets.shape
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "refuses_two_shapes")
def mse__compares_lengths(predictions, targets):
    """Compares the first axis alone."""
    if predictions.ndim and targets.ndim and len(predictions) != len(targets):
        raise ValueError("shapes")
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "refuses_two_shapes")
def mse__compares_the_number_of_axes(predictions, targets):
    """Compares how many axes there are, not how long they are."""
    if predictions.ndim != targets.ndim:
        raise ValueError("shapes")
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "refuses_two_shapes")
def mse__compares_axes_and_lengths(predictions, targets):
    """Compares the number of axes and the first of them."""
    if predictions.ndim != targets.ndim or predictions.shape[:1] != targets.shape[:1]:
        raise ValueError("shapes")
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "survives_large_values")
def mse__multiplied_out(predictions, targets):
    """Multiplies the square out, and loses all digits."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return jnp.mean(predictions**2 - 2 * predictions * targets + targets**2)


@caught_by("correct", "gradient")
def mse__holds_the_targets_residual(predictions, targets):
    """Stops a gradient that was to flow."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    residual = predictions - targets
    return jnp.mean(lax.stop_gradient(residual) * residual)


@caught_by("correct", "gradient_at_a_perfect_fit")
def mse__squared_norm(predictions, targets):
    """Squares a norm, whose slope at 0 is nan."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return jnp.linalg.norm(jnp.ravel(predictions - targets)) ** 2 / predictions.size


@caught_by("jit", "compiles_once")
def mse__nothing_to_do(predictions, targets):
    """Branches on the values to save work."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    if (predictions == targets).all():
        return jnp.sum(jnp.square(predictions - targets))
    return jnp.mean(jnp.square(predictions - targets))


# log_softmax


@caught_by("correct", "survives_huge_logits")
def log_softmax__as_written(logits):
    """Exponentiates the logits as they are."""
    return logits - jnp.log(jnp.sum(jnp.exp(logits), axis=-1, keepdims=True))


@caught_by("correct", "survives_huge_logits")
def log_softmax__log_of_a_stable_softmax(logits):
    """Takes the logarithm of probabilities that have become 0."""
    weights = jnp.exp(logits - jnp.max(logits, axis=-1, keepdims=True))
    return jnp.log(weights / jnp.sum(weights, axis=-1, keepdims=True))


@caught_by("correct", "survives_huge_logits")
def log_softmax__clipped(logits):
    """Keeps probabilities away from 0."""
    weights = jnp.exp(logits - jnp.max(logits, axis=-1, keepdims=True))
    return jnp.log(jnp.clip(weights / jnp.sum(weights, axis=-1, keepdims=True), 1e-30))


@caught_by("correct", "goes_along_the_last_axis")
def log_softmax__first_axis(logits):
    """Sums over the examples."""
    shifted = logits - jnp.max(logits, axis=0)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=0))


@caught_by("correct", "goes_along_the_last_axis")
def log_softmax__second_axis(logits):
    """Knows one batch axis at most."""
    axis = min(logits.ndim - 1, 1)
    shifted = logits - jnp.max(logits, axis=axis, keepdims=True)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=axis, keepdims=True))


@caught_by("correct", "scales_each_row")
def log_softmax__one_maximum_for_all(logits):
    """Subtracts the largest logit of the whole batch."""
    shifted = logits - jnp.max(logits)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))


@caught_by("correct", "keeps_its_digits")
def log_softmax__adds_the_maximum_back(logits):
    """Forms the logarithm of the sum, maximum included, and subtracts it."""
    top = jnp.max(logits, axis=-1, keepdims=True)
    return logits - (top + jnp.log(jnp.sum(jnp.exp(logits - top), axis=-1, keepdims=True)))


@caught_by("correct", "takes_an_impossible_class")
def log_softmax__raises_the_lowest(logits):
    """Clips the shifted logits, so that an impossible class becomes possible."""
    shifted = jnp.maximum(logits - jnp.max(logits, axis=-1, keepdims=True), -1e5)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))


@caught_by("correct", "uses_no_shortcut")
def log_softmax__by_library(logits):
    """Asks jax.nn."""
    return jax.nn.log_softmax(logits)


@caught_by("correct", "uses_no_shortcut")
def log_softmax__logsumexp(logits):
    """Asks jax.scipy for the hard half."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - jax.scipy.special.logsumexp(shifted, axis=-1, keepdims=True)


@caught_by("correct", "gradient")
def log_softmax__stops_the_shift(logits):
    """Stops the gradient at the shifted logits, not at the maximum."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    return shifted - lax.stop_gradient(jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True)))


@caught_by("correct", "gradient")
def log_softmax__one_for_the_largest(logits):
    """Writes 1 for the largest exponential, and with two of them the slopes are wrong."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    others = jnp.sort(shifted, axis=-1)[..., :-1]
    return shifted - jnp.log1p(jnp.sum(jnp.exp(others), axis=-1, keepdims=True))


@caught_by("jit", "compiles_once")
def log_softmax__shifts_when_needed(logits):
    """Shifts only when the logits are large."""
    if jnp.max(jnp.abs(logits)) > 50:
        logits = logits - jnp.max(logits, axis=-1, keepdims=True)
    else:
        logits = logits - 0.0
    return logits - jnp.log(jnp.sum(jnp.exp(logits), axis=-1, keepdims=True))


# cross_entropy


@caught_by("correct", "by_hand")
def cross_entropy__sum(logits, labels):
    """Sums over the examples."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    return -jnp.sum(log_p[jnp.arange(len(labels)), labels])


@caught_by("correct", "by_hand")
def cross_entropy__mean_of_everything(logits, labels):
    """Averages over n · n_classes numbers, most of which are 0."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    hot = (labels[:, None] == jnp.arange(logits.shape[1])).astype(jnp.float32)
    return -jnp.mean(hot * log_p)


@caught_by("correct", "by_hand")
def cross_entropy__every_label_in_every_row(logits, labels):
    """Reads columns, for all rows, where it should read one entry a row."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    return -jnp.mean(log_p[:, labels])


@caught_by("correct", "by_hand")
def cross_entropy__without_the_sign(logits, labels):
    """Forgets the minus."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    return jnp.mean(log_p[jnp.arange(len(labels)), labels])


@caught_by("correct", "by_hand")
def cross_entropy__takes_logits_for_logarithms(logits, labels):
    """Picks the logits, as if they were logarithms of probabilities already."""
    return -jnp.mean(logits[jnp.arange(len(labels)), labels])


@caught_by("correct", "survives_huge_logits")
def cross_entropy__log_of_probabilities(logits, labels):
    """Takes the logarithm of a probability that has become 0."""
    weights = jnp.exp(logits - jnp.max(logits, axis=-1, keepdims=True))
    p = weights / jnp.sum(weights, axis=-1, keepdims=True)
    return -jnp.mean(jnp.log(p[jnp.arange(len(labels)), labels]))


@caught_by("correct", "survives_huge_logits")
def cross_entropy__a_small_number_added(logits, labels):
    """Adds 1e-12 before the logarithm."""
    weights = jnp.exp(logits - jnp.max(logits, axis=-1, keepdims=True))
    p = weights / jnp.sum(weights, axis=-1, keepdims=True)
    return -jnp.mean(jnp.log(p[jnp.arange(len(labels)), labels] + 1e-12))


@caught_by("correct", "keeps_its_digits")
def cross_entropy__adds_the_maximum_back(logits, labels):
    """Forms the logarithm of the sum, maximum included."""
    top = jnp.max(logits, axis=-1, keepdims=True)
    log_sum = top[:, 0] + jnp.log(jnp.sum(jnp.exp(logits - top), axis=-1))
    return jnp.mean(log_sum - logits[jnp.arange(len(labels)), labels])


@caught_by("correct", "gradient")
def cross_entropy__stops_the_sum(logits, labels):
    """Lets no gradient through the normalisation."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_sum = lax.stop_gradient(jnp.log(jnp.sum(jnp.exp(shifted), axis=-1)))
    return jnp.mean(log_sum - shifted[jnp.arange(len(labels)), labels])


@caught_by("correct", "uses_no_shortcut")
def cross_entropy__by_optax(logits, labels):
    """Asks optax."""
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))


@caught_by("jit", "compiles_once")
def cross_entropy__labels_through_numpy(logits, labels):
    """Makes the one-hot rows in NumPy."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    hot = np.eye(logits.shape[1], dtype=np.float32)[np.asarray(labels)]
    return -jnp.sum(hot * log_p) / len(labels)


@caught_by("jit", "has_no_python_loop")
def cross_entropy__example_by_example(logits, labels):
    """Loops over the examples."""
    total = jnp.float32(0)
    for i in range(len(labels)):
        shifted = logits[i] - jnp.max(logits[i])
        total = total + jnp.log(jnp.sum(jnp.exp(shifted))) - shifted[labels[i]]
    return total / len(labels)


@caught_by("jit", "builds_nothing_large")
def cross_entropy__diagonal_of_a_square(logits, labels):
    """Reads every label in every row, and keeps the diagonal."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    return -jnp.mean(jnp.diag(log_p[:, labels]))


# sgd_step


@caught_by("correct", "by_hand")
def sgd_step__uphill(params, x, y, learning_rate, loss):
    """Adds the gradient."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: (p + learning_rate * g).astype(p.dtype), params, gradients), value


@caught_by("correct", "by_hand")
def sgd_step__loss_afterwards(params, x, y, learning_rate, loss):
    """Tells the loss after the step."""
    gradients = jax.grad(loss)(params, x, y)
    params = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
    return params, loss(params, x, y)


@caught_by("correct", "by_hand")
def sgd_step__loss_first(params, x, y, learning_rate, loss):
    """Returns the two the other way round."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return value, jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)


@caught_by("correct", "by_hand")
def sgd_step__writes_into_params(params, x, y, learning_rate, loss):
    """Changes the caller's dict."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    for name in params:
        params[name] = params[name] - learning_rate * gradients[name]
    return params, value


@caught_by("correct", "by_hand")
def sgd_step__unit_gradient(params, x, y, learning_rate, loss):
    """Takes only the direction of the gradient."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    length = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(gradients)))
    return jax.tree.map(
        lambda p, g: (p - learning_rate * g / length).astype(p.dtype), params, gradients
    ), value


@caught_by("correct", "takes_any_tree")
def sgd_step__a_list_of_dicts(params, x, y, learning_rate, loss):
    """Walks through dicts and lists of dicts, and nothing else."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)

    def descend(layer, gradient):
        return {name: layer[name] - learning_rate * gradient[name] for name in layer}

    if isinstance(params, dict):
        return descend(params, gradients), value
    return [descend(p, g) for p, g in zip(params, gradients, strict=True)], value


@caught_by("correct", "takes_any_tree")
def sgd_step__forgets_the_structure(params, x, y, learning_rate, loss):
    """Rebuilds a dict as it came, and anything else as a list of leaves."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    pairs = zip(jax.tree.leaves(params), jax.tree.leaves(gradients), strict=True)
    leaves = [p - learning_rate * g for p, g in pairs]
    return (dict(zip(sorted(params), leaves, strict=True)) if isinstance(params, dict) else leaves), value


@caught_by("correct", "keeps_the_dtypes")
def sgd_step__promotes(params, x, y, learning_rate, loss):
    """Lets the float32 learning rate make float32 of everything."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value


@caught_by("correct", "agrees_with_backpropagation")
def sgd_step__a_batch_of_four(params, x, y, learning_rate, loss):
    """Takes the first four examples for a batch."""
    value, gradients = jax.value_and_grad(loss)(params, x[:4], y[:4])
    return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value


@caught_by("correct", "uses_no_shortcut")
def sgd_step__by_optax(params, x, y, learning_rate, loss):
    """Asks optax."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    updates = jax.tree.map(lambda g: -learning_rate * g, gradients)
    return optax.apply_updates(params, updates), value


@caught_by("jit", "compiles_once")
def sgd_step__stops_at_nan(params, x, y, learning_rate, loss):
    """Keeps the old parameters when the loss is not finite, by a Python branch."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    if not jnp.isfinite(value):
        return params, value
    return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), value


@caught_by("jit", "compiles_once")
def sgd_step__float_of_the_loss(params, x, y, learning_rate, loss):
    """Pulls the loss out of the program."""
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    params = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
    return params, jnp.asarray(float(value))


@caught_by("speed", "beats_the_eager_step")
def sgd_step__forward_mode(params, x, y, learning_rate, loss):
    """Takes a derivative forwards for each single parameter."""
    gradients = jax.jacfwd(loss)(params, x, y)
    params_after = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
    return params_after, loss(params, x, y)


@caught_by("speed", "beats_the_eager_step")
def sgd_step__example_by_example(params, x, y, learning_rate, loss):
    """Averages the gradients of single examples in a Python loop."""
    n = len(x)
    total, gradients = jnp.float32(0), jax.tree.map(jnp.zeros_like, params)
    for i in range(n):
        value, gradient = jax.value_and_grad(loss)(params, x[i : i + 1], y[i : i + 1])
        total = total + value / n
        gradients = jax.tree.map(lambda g, one: g + one / n, gradients, gradient)
    return jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients), total


# fit


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


@caught_by("jit", "learns_sin_3x")
def fit__good_enough(params, x, y, learning_rate, n_steps, loss):
    """Stands still as soon as the loss is small."""

    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        rate = jnp.where(value < 0.05, 0.0, learning_rate)
        return jax.tree.map(lambda p, g: (p - rate * g).astype(p.dtype), params, gradients), value

    return lax.scan(step, params, length=n_steps)


# accuracy_and_confusion


@caught_by("correct", "by_hand")
def accuracy_and_confusion__transposed(logits, labels, n_classes):
    """Puts choices into rows."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[choices, rows].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("correct", "by_hand")
def accuracy_and_confusion__set_instead_of_add(logits, labels, n_classes):
    """Writes a 1 where it should add one."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].set(1, mode="drop")
    return jnp.sum(choices == labels) / jnp.maximum(jnp.sum(labels >= 0), 1), confusion


@caught_by("correct", "by_hand")
def accuracy_and_confusion__float_counts(logits, labels, n_classes):
    """Counts in floats."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes)).at[rows, choices].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("correct", "by_hand")
def accuracy_and_confusion__shares_of_classes(logits, labels, n_classes):
    """Divides by the number of classes."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.float32(n_classes), confusion


@caught_by("correct", "breaks_ties")
def accuracy_and_confusion__all_of_the_largest(logits, labels, n_classes):
    """Takes each class that reaches the maximum for a choice."""
    chosen = (logits == logits.max(axis=-1, keepdims=True)).astype(int)
    actual = (labels[:, None] == jnp.arange(n_classes)).astype(int)
    confusion = actual.T @ chosen
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("correct", "breaks_ties")
def accuracy_and_confusion__last_of_the_largest(logits, labels, n_classes):
    """Sorts, and takes the last."""
    choices = jnp.argsort(logits, axis=-1)[:, -1]
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("correct", "leaves_padding_out")
def accuracy_and_confusion__padding_is_the_last_class(logits, labels, n_classes):
    """Lets -1 wrap to the last row."""
    choices = jnp.argmax(logits, axis=-1)
    confusion = jnp.zeros((n_classes, n_classes), int).at[labels, choices].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("correct", "leaves_padding_out")
def accuracy_and_confusion__divides_by_all(logits, labels, n_classes):
    """Divides by the number of rows, padding included."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].add(1, mode="drop")
    return jnp.mean(choices == labels), confusion


@caught_by("correct", "of_padding_alone")
def accuracy_and_confusion__zero_by_zero(logits, labels, n_classes):
    """Divides 0 by 0 when nothing counts."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.sum(confusion), confusion


@caught_by("jit", "compiles_once")
def accuracy_and_confusion__takes_padding_out(logits, labels, n_classes):
    """Selects the examples that count by a mask, so that their number depends on data."""
    logits, labels = logits[labels >= 0], labels[labels >= 0]
    confusion = jnp.zeros((n_classes, n_classes), int).at[labels, jnp.argmax(logits, axis=-1)].add(1)
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("jit", "compiles_once")
def accuracy_and_confusion__branches_on_the_count(logits, labels, n_classes):
    """Handles padding alone by a Python branch."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].add(1, mode="drop")
    total = jnp.sum(confusion)
    return (jnp.trace(confusion) / total if total > 0 else jnp.zeros(())), confusion


@caught_by("jit", "has_no_python_loop")
def accuracy_and_confusion__example_by_example(logits, labels, n_classes):
    """Counts one example at a time."""
    choices = jnp.argmax(logits, axis=-1)
    confusion = jnp.zeros((n_classes, n_classes), int)
    for i in range(len(labels)):
        confusion = confusion.at[labels[i], choices[i]].add(jnp.where(labels[i] >= 0, 1, 0))
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("jit", "has_no_python_loop")
def accuracy_and_confusion__class_by_class(logits, labels, n_classes):
    """Counts one pair of classes at a time."""
    choices = jnp.argmax(logits, axis=-1)
    rows = [
        jnp.stack([jnp.sum((labels == t) & (choices == c)) for c in range(n_classes)])
        for t in range(n_classes)
    ]
    confusion = jnp.stack(rows)
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion
