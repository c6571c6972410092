"""Day 11: optimisers.

An optax optimiser is two functions: `init` makes a state, `update` turns gradients into updates.
Chains, schedules, accumulation, partitions, and an optimiser of your own.
Arrays are float32 or int32 unless a docstring says more.
Lesson: README.md beside this file. Grade: python -m grader day11
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree


def make_optimizer(
    learning_rate: optax.ScalarOrSchedule, weight_decay: Float[Array, ""], max_norm: Float[Array, ""]
) -> optax.GradientTransformation:
    """Build AdamW behind a clip: large gradients are cut down before anything remembers them.

    1. clip     g = g · min(1, max_norm / ‖g‖)   where ‖g‖ is the norm over all leaves together, 1e-5 perhaps
    2. Adam     a = m / (sqrt(v) + 1e-8)   with m, v corrected for bias; b1 = 0.9, b2 = 0.999
    3. decay    u = -learning_rate · (a + weight_decay · params)

    One huge gradient must not spoil the steps after it. Decay pulls on the parameters alone: it
    enters neither the norm nor m nor v. `learning_rate` is a number or a schedule (a function
    from the number of updates made before to a number). Gradients and numbers are finite.

        optimizer = make_optimizer(0.5, 0.1, 10)
        optimizer.update([3, -4, 0], optimizer.init(params), params)[0] = [-0.6, 0.7, 0]
        # for params = [2, -4, 0]: Adam's first step is the gradient's sign

    Rules: numbers are Python's or traced.
    Reference: I. Loshchilov and F. Hutter, "Decoupled Weight Decay Regularization", 2019.
    """
    # Your code here: about 6 lines.
    raise NotImplementedError


def warmup_cosine(
    step: Int[Array, ""], peak: Float[Array, ""], warmup_steps: int, total_steps: int
) -> Float[Array, ""]:
    """Give the learning rate of a step: up in a straight line, then down along half a cosine.

    rate = peak · step / warmup_steps               while step < warmup_steps
           peak · (1 + cos(π · t)) / 2              from there on, with
           t = (step - warmup_steps) / (total_steps - warmup_steps)
           0                                        after total_steps

    The corners: 0 at step 0, `peak` at `warmup_steps`, 0 at `total_steps`. With warmup_steps = 0
    it begins at `peak`. 0 <= warmup_steps < total_steps. The rate is an array, for a Python step, too.

        warmup_cosine(step, 2, 4, 12) = 0, 1, 2, 1, 0   at steps 0, 2, 4, 8, 12

    Rules: `step` and `peak` are Python numbers or traced; `warmup_steps` and `total_steps` are static.
    Not through `optax`.
    Reference: I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.
    """
    # Your code here: about 4 lines.
    raise NotImplementedError


def train_step(
    params: PyTree,
    opt_state: PyTree,
    batch: PyTree,
    loss: Callable[[PyTree, PyTree], Float[Array, ""]],
    optimizer: optax.GradientTransformation,
) -> tuple[PyTree, PyTree, Float[Array, ""]]:
    """Take one step of training, with any loss and any optimiser.

    g          = ∇ loss(params, batch)     with respect to params
    params'    = params + update of the optimiser for g
    opt_state' = the optimiser's new state

    Returns (params', opt_state', loss(params, batch)): the loss is that of the old parameters, which
    the gradient's computation gives for nothing. `loss` takes the whole batch, and need not be a mean
    over it. Some optimisers need the parameters, too. `batch` is any tree, and goes to `loss` as it is. Nothing is
    cut off, left out or mended: a gradient of 1e4 and a loss of NaN take their step as any other.

        train_step(1, state, (3,), loss, sgd(0.25)) = (2, state', 4)
        # for loss(p, (y,)) = (p - y)²

    Rules: `loss` and `optimizer` are static. No Python loop over the batch. It is timed, compiled, against
    the same step with Adam done eagerly.
    Reference: optax docs, "Getting started".
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def accumulate(optimizer: optax.GradientTransformation, k: int) -> optax.GradientTransformation:
    """Make an optimiser that waits for k gradients and then takes one step with their mean.

    update number 1 .. k-1 of each round:  zeros, and `optimizer` does not notice
    update number k:                       what `optimizer` gives for (g_1 + ... + g_k) / k

    So k small batches equal one large batch that does not fit into memory. Then a new round begins, with
    nothing left of the old one. k = 1 is `optimizer` itself. What `optimizer` counts and remembers
    moves on once a round. It may need the parameters. If the k-th gradient is NaN, so is the mean; what a NaN does to
    other updates is not asked.

        accumulate(sgd(0.5), 2) gives 0, -1, 0, -3   for gradients 1, 3, 5, 7

    Rules: `k` is static. The result is a `GradientTransformation`: what goes into `optax.chain`.
    Its state keeps its shapes and dtypes, so that a compiled step is traced once.
    Reference: optax docs, "Gradient accumulation".
    """
    # Your code here: about 1 line.
    raise NotImplementedError


def freeze(
    params: PyTree, optimizer: optax.GradientTransformation, is_frozen: Callable[[str], bool]
) -> optax.GradientTransformation:
    """Make an optimiser that trains some leaves of `params` and leaves the others as they are.

    `params` are dicts and lists within each other. `is_frozen` is asked for each leaf by name: its keys joined by "/",
    such as "encoder/w", or "layers/0/w" for a place in a list. Where it says True the update is exactly 0, whatever
    the gradient is: huge, NaN, anything. Weight decay does not move such a leaf either.
    The others get what `optimizer` gives for them alone: frozen leaves count in no norm, and
    nothing is remembered for them.

        freeze({"encoder": {"w": 1}, "head": {"w": 1}}, sgd(0.5), lambda name: name == "encoder/w")
        gives {"encoder": {"w": 0}, "head": {"w": -2}}   for gradients of 4

    Rules: `optimizer` and `is_frozen` are static. Of `params` only names and shapes count; the
    values may be traced.
    Reference: optax docs, "optax.partition".
    """
    # Your code here: about 5 lines.
    raise NotImplementedError


def group_rates(
    params: PyTree, weight_rate: Float[Array, ""], bias_rate: Float[Array, ""]
) -> optax.GradientTransformation:
    """Make an Adam with one learning rate for weights and another for biases.

    A leaf with two axes or more is a weight, whatever it is called and however long they are; one with fewer (a
    bias, a scale, a single number) counts as a bias. Both kinds get Adam's usual b1 = 0.9, b2 = 0.999.

    update = -rate of the leaf's group · m / (sqrt(v) + 1e-8)   with m, v corrected for bias

    A rate of 0 makes its group stand still.

        group_rates({"w": ones((2, 2)), "b": ones(2)}, 0.5, 0.25) gives {"w": -0.5, "b": -0.25}
        everywhere, for a first gradient of ones

    Rules: the rates are Python numbers or traced. Of `params` only names and shapes count; the
    values may be traced.
    Reference: optax docs, "optax.partition".
    """
    # Your code here: about 2 lines.
    raise NotImplementedError


def set_learning_rate(opt_state: Any, value: Float[Array, ""]) -> Any:
    """Change the learning rate in a running optimiser's state.

    `opt_state` is a state of `optax.inject_hyperparams(...)(learning_rate=...)`. It is a named tuple;
    its field `hyperparams` is a dict of arrays, with "learning_rate" among them.

    Returns a new state with that one array replaced. The new one has the old one's dtype, float16 perhaps, and
    everything else in the state stays. The given state stays as it was, too: somebody may want to go back to it.
    It does not matter what the old learning rate was, nor what the new one is: infinite, NaN, anything.

        set_learning_rate(state, 0.5).hyperparams["learning_rate"] = 0.5

    Rules: `value` is a Python number (an int, too) or traced. A step that was compiled for the old state must
    take the new one without another trace.
    Reference: optax docs, "optax.inject_hyperparams".
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def lion(learning_rate: Float[Array, ""]) -> optax.GradientTransformation:
    """★ Write the optimiser Lion from its paper, as a `GradientTransformation` of your own.

    c      = 0.9 · m + 0.1 · g
    update = -learning_rate · sign(c)
    m'     = 0.99 · m + 0.01 · g       with m = 0 at first

    sign(0) = 0, and nothing else is: c may be 1e-20. `init(params)` makes the state; `update(gradients, state,
    params=None)` gives (updates, new state). Parameters are trees of any form: dicts, lists, tuples. m has their
    dtypes, float32 or float16, and keeps them.

        lion(0.5) gives [-0.5, 0.5, 0]   for a first gradient [2, -4, 0]

    Rules: not through `optax.lion` or `optax.scale_by_lion`. `learning_rate` is a Python number or
    traced. The state keeps its structure, shapes and dtypes, so that a compiled step is traced once.
    Reference: X. Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023, without its weight decay.
    """
    # Your code here: about 8 lines.
    raise NotImplementedError
