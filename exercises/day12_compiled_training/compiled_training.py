"""Day 12: the whole run compiled.

Epochs, batches, shuffles, early stop, many runs at once: a training run as one program, traced once, which does not
grow with what it repeats. What decides a shape is static; all other numbers are traced.
Lesson: README.md beside this file. Grade: python -m grader day12
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jaxtyping import Array, Float, Int, Key, PyTree


def epoch_batches(
    key: Key[Array, ""], n: int, batch_size: int
) -> Int[Array, "{n}//{batch_size} {batch_size}"]:
    """Deal the examples 0 .. n-1 into the batches of one epoch, in random order.

    Row b holds the indices of the examples in batch b. No example comes twice. All orders are equally
    likely: another key is another epoch, with other batches.

    Only full batches count. When batch_size does not divide n, the n % batch_size examples that are
    left over sit this epoch out; who they are is up to chance. 1 <= batch_size <= n.

        epoch_batches(key, 7, 3)   may be [[5, 0, 3], [6, 1, 4]]; this time example 2 is left out

    Rules: `n` and `batch_size` are static. No Python loop over batches. Use the key once.
    Reference: JAX docs, "jax.random.permutation".
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def train(
    key: Key[Array, ""],
    params: PyTree,
    x: Float[Array, "n ..."],
    y: Float[Array, "n ..."],
    optimizer: optax.GradientTransformation,
    loss: Callable[[PyTree, Array, Array, Array], Float[Array, ""]],
    n_epochs: Int[Array, ""],
) -> PyTree:
    """Train on all examples for a number of epochs, one step each, with a loss that may be random.

    epoch e = 0, 1, .., n_epochs - 1:
        g      = ∇ loss(params, x, y, key_e)     with respect to params; key_e: a key of its own for each epoch
        params = params + update of the optimiser for g

    Returns the parameters after the last epoch. The loss draws dropout masks or noise from its key; how you make
    n_epochs keys from one is up to you. The optimiser's state begins once and lives through the whole run.
    Some optimisers need the parameters. n_epochs = 0 gives back what came in. Nothing is clipped, left out or
    mended: a run that goes uphill goes on, into infinity and NaN if it comes to that.

        train(key, 0, x, y, sgd(0.25), loss, 2) = 3     for loss(p, x, y, key) = (p - 4)²

    Rules: `optimizer` and `loss` are static. `n_epochs` is a Python int or traced: one compiled program serves
    any number of epochs. Each key is used once. It is timed, compiled, against the same loop done eagerly.
    Reference: JAX docs, "jax.lax.fori_loop".
    """
    # Your code here: about 7 lines.
    raise NotImplementedError


def train_with_history(
    key: Key[Array, ""],
    params: PyTree,
    x: Float[Array, "n ..."],
    y: Float[Array, "n ..."],
    optimizer: optax.GradientTransformation,
    loss: Callable[[PyTree, Array, Array, Array], Float[Array, ""]],
    n_epochs: int,
) -> tuple[PyTree, Float[Array, "n_epochs"]]:
    """Train on all examples for a number of epochs, and write the loss down each time.

    epoch e = 0, 1, .., n_epochs - 1:
        losses[e], g = loss(params, x, y, key_e) and its gradient; key_e: a key of its own for each epoch
        params       = params + update of the optimiser for g

    Returns (the parameters after the last epoch, losses): losses[0] belongs to the parameters that came in,
    and the last one to those before the last step. The gradient is that of the very loss in the
    list, with the same key. Some optimisers need the parameters. n_epochs >= 1. Nothing is clipped, left out or
    mended: a run that goes uphill goes on, into infinity and NaN if it comes to that.

        train_with_history(key, 0, x, y, sgd(0.25), loss, 2) = (3, [16, 4])     for loss(p, x, y, key) = (p - 4)²

    Rules: `optimizer`, `loss` and `n_epochs` are static. The program does not grow with `n_epochs`. Each key is used
    once: one call, jax.value_and_grad, gives loss and gradient from one draw.
    Reference: JAX docs, "jax.lax.scan".
    """
    # Your code here: about 8 lines.
    raise NotImplementedError


def train_minibatches(
    key: Key[Array, ""],
    params: PyTree,
    x: Float[Array, "n ..."],
    y: Float[Array, "n ..."],
    optimizer: optax.GradientTransformation,
    loss: Callable[[PyTree, Array, Array], Float[Array, ""]],
    n_epochs: int,
    batch_size: int,
) -> tuple[PyTree, Float[Array, "n_epochs"]]:
    """Train by small batches, shuffled anew in each epoch.

    epoch e = 0, 1, .., n_epochs - 1:
        deal the examples at random into n // batch_size batches
        for each batch:   l, g = loss(params, x[batch], y[batch]) and its gradient
                          params = params + update of the optimiser for g
        losses[e] = mean of the l of this epoch

    Returns (the parameters after the last step, losses). No example comes twice in an epoch. Only full
    batches count: the n % batch_size examples that are left over sit the epoch out. All deals are equally likely,
    in each epoch by itself. Example i keeps its target: x[i] goes with y[i]. The optimiser's state begins once and
    lives through all epochs. Some optimisers need the parameters. Nothing is clipped, left out or mended, as in
    `train`. n_epochs >= 1 and 1 <= batch_size <= n.

        n = 7, batch_size = 3: two steps an epoch, six examples, one left out

    Rules: `key`, `params`, `x` and `y` are traced, all else is static. The program grows neither with the number of
    epochs nor with that of batches. Each key is used once: one order of indices serves x and y.
    Reference: JAX docs, "jax.lax.scan"; L. Bottou, "Stochastic gradient descent tricks", 2012.
    """
    # Your code here: about 14 lines.
    raise NotImplementedError


def minimise(
    function: Callable[[Float[Array, "d"]], Float[Array, ""]],
    start: Float[Array, "d"],
    learning_rate: Float[Array, ""],
    n_steps: Int[Array, ""],
) -> Float[Array, "d"]:
    """Walk downhill from a starting point, for a number of steps.

    x = x - learning_rate · ∇ function(x)     n_steps times, from x = start

    Returns the last point. n_steps = 0 gives back the start. Thousands of steps are usual: the valley of
    Rosenbrock's function is long and almost flat. Nothing is clipped, left out or mended: where the rate is too
    large the walk leads uphill, into infinity and NaN if it comes to that.

        minimise(function, [8], 0.25, 3) = [1]     for function(x) = x[0]²: 8, 4, 2, 1

    Rules: `function` is static. `learning_rate` and `n_steps` are Python numbers or traced: one program serves all.
    Not through `optax` or `jax.scipy`. It is timed, compiled, against a loop of steps whose gradient alone is compiled.
    Reference: H. Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960.
    """
    # Your code here: about 1 line.
    raise NotImplementedError


def train_ensemble(
    keys: Key[Array, "n_members"],
    init: Callable[[Array], PyTree],
    x: Float[Array, "n ..."],
    y: Float[Array, "n ..."],
    optimizer: optax.GradientTransformation,
    loss: Callable[[PyTree, Array, Array], Float[Array, ""]],
    n_epochs: Int[Array, ""],
) -> tuple[PyTree, Float[Array, "n_members"]]:
    """Train many members of an ensemble side by side, from other starts on the same data.

    member m starts at params = init(keys[m])
    in each of n_epochs epochs:   params = params + update of the optimiser for ∇ loss(params, x, y)
    losses[m] = loss(params, x, y)   after the last epoch

    Returns (params, losses). Each leaf of params holds all members, stacked along a new first axis.
    Members know nothing of each other: each has an optimiser's state of its own, and one that ends in NaN is alone
    in that. Some optimisers need the parameters. n_epochs = 0 gives the starts, and their losses.

        keys for 5 members, init gives {"w": f32[3]}:   params is {"w": f32[5,3]}, losses is f32[5]

    Rules: `init`, `optimizer` and `loss` are static. `n_epochs` is a Python int or traced. The program does not grow
    with the number of members. It is timed, compiled, against a loop over members, each run compiled.
    Reference: B. Lakshminarayanan et al., "Simple and scalable predictive uncertainty estimation using deep
    ensembles", 2017.
    """
    # Your code here: about 9 lines.
    raise NotImplementedError


def train_until(
    params: PyTree,
    x: Float[Array, "n ..."],
    y: Float[Array, "n ..."],
    validation: tuple[Array, Array],
    optimizer: optax.GradientTransformation,
    loss: Callable[[PyTree, Array, Array], Float[Array, ""]],
    n_epochs: Int[Array, ""],
    patience: Int[Array, ""],
) -> tuple[PyTree, Int[Array, ""]]:
    """Train until the validation loss has stopped improving, and give back the best parameters.

    v_0 = loss(params, *validation)   of the parameters that came in
    epoch e = 1, 2, ..:   params = params + update of the optimiser for ∇ loss(params, x, y)
                          v_e = loss(params, *validation)

    Epoch e improves when v_e is less than every number among v_0 .. v_{e-1}, by however little. An equal or a NaN v_e
    is no improvement, and a NaN is no number: after v = 5, nan a 4 improves. v_0 is a number. Steps that lead uphill
    in the loss on x and y are steps like others. The run stops after `patience` epochs in a row without improvement,
    or after `n_epochs` epochs.

    Returns (the parameters of the least v, number of epochs that were run). When no epoch improves, these are the
    parameters that came in. n_epochs >= 0, patience >= 1.

        v = 9, 5, 7, 4, 6, 8, 2, ..  and patience 2:   stops after epoch 5, with the parameters of epoch 3

    Rules: `optimizer` and `loss` are static. `n_epochs` and `patience` are Python ints or traced. No epoch is computed
    after the stop. Under vmap each run has its own stop.
    Reference: L. Prechelt, "Early stopping, but when?", 1998; JAX docs, "jax.lax.while_loop".
    """
    # Your code here: about 15 lines.
    raise NotImplementedError


def learning_rate_sweep(
    rates: Float[Array, "n_rates"],
    params: PyTree,
    x: Float[Array, "n ..."],
    y: Float[Array, "n ..."],
    make_optimizer: Callable[[Array], optax.GradientTransformation],
    loss: Callable[[PyTree, Array, Array], Float[Array, ""]],
    n_epochs: Int[Array, ""],
) -> tuple[PyTree, Float[Array, "n_rates"]]:
    """★ Run the same training once for each learning rate, all in one program, and keep the best.

    run r:   params and the state of make_optimizer(rates[r]) through n_epochs epochs, each with one update for
             ∇ loss(params, x, y); all runs start at the same params
    losses[r] = loss(params, x, y)   of run r, after its last epoch

    Returns (the parameters of the run with the least loss, losses). A rate that is too large makes its loss end
    at +infinity or NaN. That stays in `losses` as it is, but it is never the best, as long as any loss is finite.
    Some optimisers need the parameters. With n_epochs = 0 every run gives back what came in.

        losses = [0.5, nan, 0.25, inf]:   the parameters are those of run 2

    Rules: `make_optimizer` and `loss` are static. `rates` is traced, and `make_optimizer` takes a traced rate. `n_epochs`
    is a Python int or traced. The program does not grow with the number of rates.
    Reference: JAX docs, "Automatic vectorization".
    """
    # Your code here: about 11 lines.
    raise NotImplementedError
