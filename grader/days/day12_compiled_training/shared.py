"""What several exercises of day 12 use in their checks.

What happens inside a compiled run is written down by the optimiser that is passed in: RECORDER counts its steps, and lays aside
in the parameters what each step saw. So each exercise may make its keys and orders as it likes, and the oracle does
the same steps again, slowly, in float64.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.toolkit import (
    RISK,
    Array,
    Called,
    Draw,
    Handle,
    Kind,
    Named,
    Numbers,
    Shown,
    compiled_if_possible,
    hint_when,
    own_hint,
    raised,
    uses_each_key_once,
    wide,
)

Tree = Any
Data = tuple[jax.Array, jax.Array]

# A dozen steps of descent with momentum, each a sum of ten products, in float32 against float64.
RTOL, ATOL = 1e-4, 1e-5


STATIC = {
    "epoch_batches": ("n", "batch_size"),
    "train": ("optimizer", "loss"),
    "train_with_history": ("optimizer", "loss", "n_epochs"),
    "train_minibatches": ("optimizer", "loss", "n_epochs", "batch_size"),
    "minimise": ("function",),
    "train_ensemble": ("init", "optimizer", "loss"),
    "train_until": ("optimizer", "loss"),
    "learning_rate_sweep": ("make_optimizer", "loss"),
}


def compiled(handle: Handle) -> Handle:
    """The jit handle of an exercise, with what is static marked so."""
    return handle.jit(static_argnames=STATIC[handle.name])


HAND_ON = (
    "optimizer.update(gradients, state, params): some optimisers, weight decay for one, need the parameters."
)


def called(handle: Handle, *arguments: Any) -> Called:
    """Call an exercise for a check of correctness: under jit where that is possible."""
    with hint_when(raised(text="current value of parameters"), HAND_ON):
        return compiled_if_possible(handle, *arguments, static=STATIC[handle.name])


KEEPS_SHAPES = "Shapes and dtypes of the parameters stay; optax.apply_updates sees to that."
ALL_EPOCHS = (
    "There is an axis too many in front: are these the parameters of all epochs, stacked? Those after the last one are asked for."
    " Carry them through the loop, and return what the carry ends with."
)


def like(result: Called, params: Tree, hint: str = KEEPS_SHAPES) -> Called:
    """The result is a dict of arrays of the names, shapes and dtypes of `params`. Raises WrongAnswer."""
    value = result.value
    result.require(
        isinstance(value, dict) and set(value) == set(params),
        "returned the wrong kind of thing",
        expected=f"parameters like those that came in: a dict with keys {sorted(params)}",
        got=value,
        hint="Return the parameters, in the structure in which they came.",
        kind=Kind.THING,
    )
    for name, leaf in params.items():
        part = result[name]
        fits = isinstance(value[name], jax.Array) and value[name].shape == leaf.shape
        fits = fits and value[name].dtype == leaf.dtype
        kind = f"{leaf.dtype} of shape {leaf.shape}"
        came = (
            f"{value[name].dtype} of shape {value[name].shape}" if isinstance(value[name], jax.Array) else ""
        )
        if hint is KEEPS_SHAPES and came and value[name].ndim and value[name].shape[1:] == leaf.shape:
            hint = ALL_EPOCHS
        part.require(
            fits,
            "has another type",
            expected=kind,
            got=came or type(value[name]).__name__,
            hint=hint,
            kind=Kind.THING,
        )
    return result


# ---- the problem, and an optimiser that writes down what it sees


N = 10
ROWS = 8  # steps that are recorded
RATE = 0.25
MOMENTUM = 0.5


def recorder() -> optax.GradientTransformation:
    """Descent with momentum on "w". What each step saw is laid aside in the other parameters.

    log[k]   the gradient of "probe" in step k: losses put there what they used
    age[k]   which step of its life the optimiser's state believed step k to be
    steps    how many steps there were
    """

    def init(params: Tree) -> Tree:
        return {"age": jnp.zeros((), jnp.int32), "velocity": jnp.zeros_like(params["w"])}

    def update(gradients: Tree, state: Tree, params: Tree = None) -> tuple[Tree, Tree]:
        if params is None:
            raise ValueError("This optimizer's update requires the current value of parameters.")
        velocity, age = gradients["w"] + MOMENTUM * state["velocity"], state["age"] + 1
        row = params["steps"].astype(jnp.int32)
        updates = {
            "w": -RATE * velocity,
            "probe": jnp.zeros_like(params["probe"]),
            "log": jnp.zeros_like(params["log"]).at[row].set(gradients["probe"]),
            "age": jnp.zeros_like(params["age"]).at[row].set(age.astype(jnp.float32)),
            "steps": jnp.ones_like(params["steps"]),
        }
        return updates, {"age": age, "velocity": velocity}

    return optax.GradientTransformation(init, update)


RECORDER = Named("optimizer", recorder())


def recorded_params(w: Any) -> Tree:
    """Parameters with blank records. JAX arrays made by NumPy: nothing to compile."""
    blank = {"probe": (2, N), "log": (ROWS, 2, N), "age": (ROWS,), "steps": ()}
    zeros = {name: jnp.asarray(np.zeros(shape, np.float32)) for name, shape in blank.items()}
    return {"w": jnp.asarray(w, jnp.float32), **zeros}


def noisy_error(params: Tree, x: Any, y: Any, key: Any) -> Any:
    """Mean squared error with noise in the predictions; column 0 of x says how much.

    The noise is made of the key's own bits: a draw would compile a random generator, half a second.
    """
    bits = jax.random.key_data(key).ravel()[:2, None] >> jnp.arange(N, dtype=jnp.uint32)
    noise = (bits & 0xFFFFFF).astype(jnp.float32) / 2**23 - 1
    residual = x[:, 1:] @ params["w"] + x[:, 0] * noise[0] - y
    return jnp.mean(residual**2) + jnp.vdot(params["probe"], noise)


def drawing_error(params: Tree, x: Any, y: Any, key: Any) -> Any:
    """A loss that draws from its key, to see what becomes of the keys."""
    return jnp.mean((x[:, 1:] @ params["w"] + jax.random.uniform(key) - y) ** 2)


def simple_data(column: Any) -> tuple[jax.Array, jax.Array]:
    """All examples alike: every error is (w[0] - 3)²."""
    x = np.stack([np.broadcast_to(column, N), np.ones(N), np.zeros(N)], axis=1)
    return jnp.asarray(x, jnp.float32), jnp.asarray(np.full(N, 3.0), jnp.float32)


def drawn_data(numbers: Numbers, column: Any) -> tuple[jax.Array, jax.Array]:
    x = np.array(numbers.uniform(-1, 1, (N, 3)))
    x[:, 0] = column
    return jnp.asarray(x), numbers.normal(N)


def descent_oracle(
    w: Any, batches: Iterable[tuple[Any, Any]], rate: float = RATE
) -> tuple[Array, list[float]]:
    """Descent with momentum in float64, a step for each batch (x, y): the last w, and the loss before each step."""
    now, velocity, losses = wide(w), np.zeros(2), []
    for x, y in batches:
        inputs = wide(x)[:, 1:]
        residual = inputs @ now - wide(y)
        losses.append(float(np.mean(residual**2)))
        velocity = 2 * inputs.T @ residual / len(residual) + MOMENTUM * velocity
        now = now - rate * velocity
    return now, losses


def noisy_batches(params: Tree, x: Any, y: Any, n_epochs: int) -> list[tuple[Array, Array]]:
    """What the steps of a run with noise saw, by its record: noise in a prediction is noise in the target."""
    noise = wide(params["log"])[:n_epochs, 0]
    return [(wide(x), wide(y) - wide(x)[:, 0] * row) for row in noise]


def whole(x: Any) -> int:
    """A recorded count; -1 for what is none."""
    return round(float(x)) if np.isfinite(x) else -1


def took_steps(result: Called, n_steps: int, what: str) -> None:
    """The recorded run took that many steps, with one state of the optimiser. Raises WrongAnswer."""
    taken = whole(np.asarray(result.value["steps"]))
    result.require(
        taken == n_steps,
        "takes another number of steps",
        expected=f"{n_steps} steps: {what}",
        got=f"{taken} steps",
    )


def kept_its_state(result: Called, n_steps: int) -> None:
    ages = [whole(age) for age in np.asarray(result.value["age"])[:n_steps]]
    wanted = list(range(1, n_steps + 1))
    first = next((k for k in range(n_steps) if ages[k] != wanted[k]), 0)
    result.require(
        ages == wanted,
        "does not hand on the optimiser's state",
        expected=f"step {first + 1} is step {first + 1} for the optimiser, too",
        got=f"the state takes it for step {ages[first]}",
    )


STATE_HINT = (
    "Momentum, moments and counts live in the state. Make it once, before the first epoch, and carry it through all loops"
    " beside the parameters: (params, state)."
)


def margin(n_draws: int, n_cells: int) -> float:
    """How far a count of n_draws independent draws stays from its mean, in all cells, but for RISK (Hoeffding)."""
    return math.sqrt(n_draws * math.log(2 * n_cells / RISK) / 2)


def mixed(result: Called, deals: Array, n: int) -> None:
    """Any two of n examples share a batch as often as chance has it; deals: (epochs, batches, places). Raises WrongAnswer."""
    n_epochs, n_batches, size = deals.shape
    together = np.zeros((n, n))
    for batch in deals.reshape(-1, size):
        together[np.ix_(batch, batch)] += 1
    usual = n_epochs * n_batches * math.comb(size, 2) / math.comb(n, 2)
    pairs = list(itertools.combinations(range(n), 2))
    one, two = max(pairs, key=lambda pair: abs(together[pair] - usual))
    result.require(
        abs(together[one, two] - usual) < margin(n_epochs, len(pairs)),
        "does not mix the batches",
        expected=f"examples {one} and {two} in one batch in about {usual:.0f} of {n_epochs} epochs",
        got=f"in {together[one, two]:.0f}",
    )


MIXES = "Shuffle the examples themselves: batches in another order, or a shuffle within each batch, keep the same company."


# ---- train and train_with_history: what they share


def epoch_arguments(
    numbers: Numbers, data: Data, w: Any, n_epochs: Any, loss: Callable[..., Any] = noisy_error
) -> tuple[Any, ...]:
    return (numbers.key(), Shown("params", recorded_params(w)), *data, RECORDER, loss, n_epochs)


def new_noise(result: Called, params: Tree) -> None:
    """Each epoch of a recorded run had noise of its own. Raises WrongAnswer."""
    noise = wide(params["log"])
    for one, two in itertools.combinations(range(ROWS), 2):
        result.require(
            not np.array_equal(noise[one], noise[two]),
            "gives two epochs the same key",
            expected=f"noise of its own in each of {ROWS} epochs",
            got=f"the same noise in epochs {one} and {two}",
        )


def depends_on_the_key(one: Tree, two: Tree, result: Called) -> None:
    """No epoch of a recorded run had the noise of any epoch of another run. Raises WrongAnswer."""
    first, second = (np.asarray(params["log"])[:, 0] for params in (one, two))
    # The two keys have half of their data in common, and so have no keys that are made of them by split or fold_in.
    halves = np.asarray(one["log"])[0] == np.asarray(two["log"])[0]
    result.require(
        not halves[0].all() or halves[1].all(),
        "gives the first epoch the key that came in",
        expected="a key that is split off it, or folded in",
        got="the key itself, or one that is counted on from it",
        hint="A key is drawn from or split, never both. After key, subkey = jax.random.split(key) the epoch gets subkey, and key"
        " goes on.",
    )
    result.require(
        not np.array_equal(first[0], second[0]),
        "ignores its key",
        expected="other noise for another key",
        got="the same noise",
    )
    same = np.argwhere((first[:, None] == second[None]).all(axis=-1))
    result.require(
        not len(same),
        "repeats the noise of another key",
        expected="other noise for another key, in each epoch",
        got=f"in epoch {same[0][0]} the noise of epoch {same[0][1]} of a run with another key"
        if len(same)
        else "",
    )


def neighbours(numbers: Numbers) -> list[Any]:
    """Two keys whose data are next to each other: who counts on from a key's own data comes upon the other one's."""
    data = np.asarray(numbers.integers(1, 2**31 - 1, 2)).astype(np.uint32)
    return [jax.random.wrap_key_data(jnp.asarray(data + np.array([0, k], np.uint32))) for k in range(2)]


# ---- runs that go wrong, stand still, or are tiny


def uphill(numbers: Numbers, column: Any) -> tuple[Any, Data]:
    """A start, and data for which the rate is too large: eight steps lead beyond 1e4, and stay below 1e12."""
    x, y = drawn_data(numbers, column)
    return numbers.normal(2), (scaled(x, 8.0), y)


def overflowing(numbers: Numbers, column: Any) -> tuple[Any, Data]:
    """A start, and data with which eight steps lead through infinity to NaN."""
    x, y = drawn_data(numbers, column)
    return numbers.normal(2), (scaled(x, 1e6), y)


def tiny(numbers: Numbers, column: Any) -> tuple[Any, Data]:
    """A start, and data of a millionth: losses lie about 1e-12."""
    x, _ = drawn_data(numbers, column)
    return numbers.normal(2, scale=1e-6), (x, numbers.normal(N, scale=1e-6))


def scaled(x: Any, factor: float) -> jax.Array:
    """All columns but the first, larger by a factor."""
    return jnp.asarray(np.asarray(x) * np.array([1.0, factor, factor], np.float32))


GOAL = (3.0, 0.0)  # where simple_data has its least loss, 0


def near(
    result: Called, expected: Array, neighbours: Mapping[str, Callable[[], Any]] | None = None
) -> Called:
    """Within some roundings of the largest of the expected numbers. Raises WrongAnswer."""
    scale = float(np.abs(expected).max())
    return result.close_to(expected, rtol=1e-3, atol=1e-4 * scale, neighbours=neighbours)


def ends_in_nothing(result: Called, what: str) -> None:
    """All numbers have overflowed. Raises WrongAnswer."""
    values = np.asarray(result.value)
    result.require(
        not np.isfinite(values).any(),
        "is finite, where the formula overflows",
        expected=f"infinity or NaN: {what}",
        got=values,
    )


AS_IT_IS = (
    "The formula as it stands, in every epoch: nothing is clipped, no step is left out where a loss rises, a gradient is small or"
    " a number is infinite or NaN, and no run ends before its time."
)


NOISE = (
    "The same key draws the same noise, and frozen noise is learned by heart. Give each epoch a key of its own:"
    " jax.random.fold_in(key, epoch), or split one off in each round and carry the rest on."
)
START = (1.0, 0.0)

TRACED = (
    "n_epochs is traced here. lax.fori_loop takes a traced bound; range, and the length of a lax.scan, must be known while"
    " the program is made."
)


def reuses_no_key(handle: Handle, *arguments: Any) -> None:
    """No key is used twice. Raises RaisedError with the check's own hint, which knows what the keys are for."""
    with own_hint(raised("KeyReuseError")):
        uses_each_key_once(handle, *arguments, runs=True)


NO_EPOCH = (
    "n_epochs = 0 must work, too, and then no epoch lays a loss aside: compute the losses after the loop, from the last"
    " parameters."
)


# ---- the deeper look: laws of chance, and runs of tens of thousands of epochs


MANY_KEYS = 20_000


def even_chances(result: Called, outcomes: Array, n_outcomes: int, what: str) -> None:
    """As many draws as there are `outcomes`, numbers below n_outcomes that are all equally likely. Raises WrongAnswer.

    The sum of squared distances from the usual count, in units of that count, is chi-squared; it passes the limit for a right
    answer with a probability of RISK or less (Laurent and Massart's bound).
    """
    counts, usual = np.bincount(outcomes, minlength=n_outcomes), len(outcomes) / n_outcomes
    degrees, tail = n_outcomes - 1, -math.log(RISK)
    limit = degrees + 2 * math.sqrt(degrees * tail) + 2 * tail
    far = int(np.argmax(np.abs(counts - usual)))
    result.require(
        float(np.sum((counts - usual) ** 2) / usual) < 1.2 * limit,
        "prefers some orders",
        expected=f"each of {n_outcomes} {what} about {usual:.0f} times for {len(outcomes)} keys",
        got=f"one of them {counts[far]} times",
    )


LONG = 70_000  # epochs: more than 16 bits count
FIRST = 64  # epochs whose draws are kept, to be known again


def watching() -> optax.GradientTransformation:
    """Learns nothing. The gradient of "probe" is what an epoch has drawn: how often was that drawn in the first epochs, or last?

    epochs, repeats   how many epochs there were, and how many of them repeated something
    where             the first of these
    """

    def init(params: Tree) -> Tree:
        words = jnp.zeros((FIRST + 1, 2), jnp.uint32)  # the last row is that of the epoch before
        return {"age": jnp.zeros((), jnp.int32), "words": words}

    def update(gradients: Tree, state: Tree, params: Tree = None) -> tuple[Tree, Tree]:
        pieces, age, words = gradients["probe"].astype(jnp.uint32), state["age"], state["words"]
        word = pieces[::2] * jnp.uint32(2**16 + 1) + pieces[1::2] * jnp.uint32(2_654_435_769)
        known = (jnp.arange(FIRST + 1) < age) | (jnp.arange(FIRST + 1) == FIRST) & (age > 0)
        again = jnp.any(known & jnp.all(words == word, axis=1))
        updates = {
            "probe": jnp.zeros(4),
            "epochs": jnp.ones(()),
            "repeats": again.astype(jnp.float32),
            "where": jnp.where(again & (params["repeats"] == 0), age.astype(jnp.float32), 0.0),
        }
        words = words.at[jnp.minimum(age, FIRST)].set(word).at[FIRST].set(word)
        return updates, {"age": age + 1, "words": words}

    return optax.GradientTransformation(init, update)


WATCHING = Named("optimizer", watching())


def watched_params() -> Tree:
    return {"probe": jnp.zeros(4), **{name: jnp.zeros(()) for name in ("epochs", "repeats", "where")}}


def key_itself(params: Tree, x: Any, y: Any, key: Any) -> Any:
    """A loss whose gradient is the key: four numbers of 16 bits."""
    words = jax.random.key_data(key).ravel()[:2]
    pieces = jnp.stack([words & 0xFFFF, words >> 16], axis=1).ravel()
    return jnp.vdot(params["probe"], pieces.astype(jnp.float32))


def repeats_nothing(result: Called, n_epochs: int, what: str) -> None:
    """No epoch of a watched run has drawn what another one drew. Raises WrongAnswer."""
    value = {name: float(np.asarray(leaf).ravel()[0]) for name, leaf in result.value.items()}
    result.require(
        value["epochs"] == n_epochs,
        "takes another number of steps",
        expected=f"{n_epochs} steps",
        got=f"{value['epochs']:.0f}",
    )
    result.require(
        value["repeats"] == 0,
        f"gives two epochs the same {what}",
        expected=f"{what} of its own for each of {n_epochs} epochs",
        got=f"in epoch {value['where']:.0f} that of an earlier one, and {value['repeats']:.0f} such epochs",
    )


EVERY_EPOCH = (
    "However many epochs there are, each has a key of its own: split(key, n_epochs), or fold_in(key, epoch). A table of keys"
    " that is made for so many epochs runs out, and begins again or repeats its last one."
)


def drawn_problem(draw: Draw, column: Any) -> tuple[Any, Data]:
    """A start, and data, small ones and large ones; column 0 of x is given."""
    w, y = draw.floats(2, magnitudes=(1e-6, 1e3)), draw.floats(N, magnitudes=(1e-6, 1e3))
    x = np.array(draw.floats((N, 3), magnitudes=(1e-3, 8.0)))
    x[:, 0] = column
    return w, (jnp.asarray(x), y)


def reach(w: Any, data: Data, expected: Array) -> float:
    """How large the numbers of a run become: what its roundings are measured by."""
    x, y = (float(np.abs(wide(part)).max()) for part in (data[0][:, 1:], data[1]))
    return max(float(np.abs(wide(w)).max()), float(np.abs(expected).max()), 4 * x * y)


def with_nan(numbers: Numbers, column: Any) -> list[Data]:
    """Data that are drawn, with a NaN among the inputs, and with targets that all are."""
    x, y = drawn_data(numbers, column)
    return [(x.at[3, 1].set(jnp.nan), y), (x, jnp.full_like(y, jnp.nan))]


def all_nan(result: Called) -> None:
    """All of the numbers are NaN. Raises WrongAnswer."""
    values = np.asarray(result.value)
    result.require(
        np.isnan(values).all(),
        "holds numbers, though the data hold NaN",
        expected="NaN: no step is left out, and no example is mended",
        got=values,
        hint=NAN_STAYS,
    )


NAN_STAYS = "A NaN in the data makes the loss NaN, and the gradient, and what comes of it. Hand the data to the loss as they are."


PYTHONS_NUMBERS = (
    "A Python number has no dtype, no shape and no astype. In a loop's bound and in a formula it does as it is; jnp.asarray"
    " makes an array of either."
)


def takes_pythons_numbers(handle: Handle, names: tuple[str, ...], *arguments: Any) -> None:
    """What may be traced may be a Python number as well: the function is traced with those as they are.

    Raises RaisedError or WrongAnswer.
    """
    handle.jit(static_argnames=(*STATIC[handle.name], *names)).program(*arguments)


ONE_EPOCH = "One epoch is a number of epochs as any other: losses have one number then, and the shape (1,)."
