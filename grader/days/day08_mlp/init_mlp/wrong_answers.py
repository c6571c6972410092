"""Plausible mistakes in init_mlp; each must be caught by the check named above it."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

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


@caught_by("correct", "has_a_key_for_each_layer")
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


@caught_by("correct", "has_a_key_for_each_layer")
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


@caught_by("correct", "has_a_key_for_each_layer")
def init_mlp__eight_keys(key, sizes, gain):
    """Splits into eight keys: from the ninth layer on the last one is used again."""
    keys, layers = jax.random.split(key, 8), []
    for number in range(len(sizes) - 1):
        fan_in, fan_out = sizes[number : number + 2]
        w = jax.random.normal(keys[number], (fan_in, fan_out)) * gain / jnp.sqrt(fan_in)
        layers.append({"w": w, "b": jnp.zeros(fan_out)})
    return layers


@caught_by("correct", "weights_have_no_fixed_sum")
def init_mlp__measures_the_deviation(key, sizes, gain):
    """Divides by the deviation of what it has drawn."""
    layers = []
    for k, fan_in, fan_out in zip(jax.random.split(key, len(sizes) - 1), sizes[:-1], sizes[1:], strict=True):
        w = jax.random.normal(k, (fan_in, fan_out))
        w = w / jnp.maximum(jnp.std(w), 1e-6)
        layers.append({"w": w * gain / jnp.sqrt(fan_in), "b": jnp.zeros(fan_out)})
    return layers


@caught_by("correct", "weights_have_no_fixed_sum")
def init_mlp__centred(key, sizes, gain):
    """Subtracts the mean of what it has drawn, and makes up for the deviation."""
    layers = []
    for k, fan_in, fan_out in zip(jax.random.split(key, len(sizes) - 1), sizes[:-1], sizes[1:], strict=True):
        w = jax.random.normal(k, (fan_in, fan_out))
        n = max(w.size, 2)
        w = (w - jnp.mean(w)) * jnp.sqrt(n / (n - 1))
        layers.append({"w": w * gain / jnp.sqrt(fan_in), "b": jnp.zeros(fan_out)})
    return layers


@caught_by("deeper", "has_a_slope")
def init_mlp__gain_held_still(key, sizes, gain):
    """Stops the gradient at the gain, as if it were a plain number."""
    keys = jax.random.split(key, len(sizes) - 1)
    layers = []
    for layer_key, fan_in, fan_out in zip(keys, sizes[:-1], sizes[1:], strict=True):
        w = jax.random.normal(layer_key, (fan_in, fan_out)) * jax.lax.stop_gradient(gain) / jnp.sqrt(fan_in)
        layers.append({"w": w, "b": jnp.zeros(fan_out)})
    return layers
