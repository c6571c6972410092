"""Other honest ways to write group_rates; each must pass every check."""

import jax
import jax.numpy as jnp
import optax

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


def group_rates__pairs_of_trees(params, weight_rate, bias_rate):
    """Adam by hand on every leaf, with the leaf's own rate."""

    def init(params):
        return (optax.tree.zeros_like(params), optax.tree.zeros_like(params), jnp.zeros((), jnp.int32))

    def update(gradients, state, params=None):
        m, v, count = state
        count = count + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradients)

        def move(m, v):
            rate = weight_rate if jnp.ndim(m) > 1 else bias_rate
            return -rate * (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-08)

        return (jax.tree.map(move, m, v), (m, v, count))

    return optax.GradientTransformation(init, update)
