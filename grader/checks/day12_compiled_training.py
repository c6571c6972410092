"""Checks of day 12: the whole run compiled.

What happens inside a compiled run is written down by the optimiser that is passed in: RECORDER counts its steps, and lays aside
in the parameters what each step saw. So each exercise may make its keys and orders as it likes, and the oracle does
the same steps again, slowly, in float64.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.toolkit import (
    Called,
    Handle,
    Learner,
    Numbers,
    RaisedError,
    WrongAnswer,
    bans,
    check,
    compiled_if_possible,
    compiles_once,
    hint_when,
    must_beat,
    own_hint,
    same_size_for,
    uses_each_key_once,
    wording,
)

Array = np.ndarray[Any, Any]
Tree = Any
Data = tuple[jax.Array, jax.Array]

RISK = 1e-9  # that a right answer leaves a margin of chance

# A dozen steps of descent with momentum, each a sum of ten products, in float32 against float64.
RTOL, ATOL = 1e-4, 1e-5


def wide(x: Any) -> Array:
    """The same numbers in float64."""
    return np.asarray(x, np.float64)


# ---- calls that can be read


class Shown:
    """A tree that is written as one word in messages."""

    def __init__(self, text: str, tree: Tree) -> None:
        self.text = text
        self.tree = tree

    def __repr__(self) -> str:
        return self.text


jax.tree_util.register_pytree_node(
    Shown, lambda shown: ((shown.tree,), shown.text), lambda text, children: Shown(text, *children)
)


@dataclass(frozen=True, eq=False)
class Named:
    """An optimiser that is written as one word in messages."""

    text: str
    optimizer: optax.GradientTransformation

    def __repr__(self) -> str:
        return self.text


def _bare(value: Any) -> Any:
    return value.tree if isinstance(value, Shown) else value.optimizer if isinstance(value, Named) else value


@functools.cache
def readable(handle: Handle) -> Handle:
    """The handle of an exercise, which takes Shown and Named in the place of what they show."""

    def taking(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def bare(*arguments: Any, **keywords: Any) -> Any:
            plain, named = tuple(map(_bare, arguments)), {k: _bare(value) for k, value in keywords.items()}
            try:
                return function(*plain, **named)
            except WrongAnswer as wrong:  # of the signature, which sees the call as it is
                short = wording.call(handle.name, arguments, keywords)
                wrong.message = wrong.message.replace(wording.call(handle.name, plain, named), short)
                raise

        return bare

    return Handle(
        handle.session,
        handle.name,
        handle.name,
        taking(handle.function),
        raw=taking(handle.raw),
        transform=taking,
    )


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
    return readable(handle).jit(static_argnames=STATIC[handle.name])


HAND_ON = (
    "optimizer.update(gradients, state, params): some optimisers, weight decay for one, need the parameters."
)


def called(handle: Handle, *arguments: Any) -> Called:
    """Call an exercise for a check of correctness: under jit where that is possible."""
    try:
        return compiled_if_possible(readable(handle), *arguments, static=STATIC[handle.name])
    except RaisedError as error:
        if "current value of parameters" in error.message:
            error.hint = HAND_ON
        raise


KEEPS_SHAPES = "Shapes and dtypes of the parameters stay; optax.apply_updates sees to that."


def like(result: Called, params: Tree, hint: str = KEEPS_SHAPES) -> Called:
    """The result is a dict of arrays of the names, shapes and dtypes of `params`. Raises WrongAnswer."""
    value = result.value
    result.require(
        isinstance(value, dict) and set(value) == set(params),
        "returned the wrong kind of thing",
        expected=f"parameters like those that came in: a dict with keys {sorted(params)}",
        got=value,
        hint="Return the parameters, in the structure in which they came.",
    )
    for name, leaf in params.items():
        part = result[name]
        fits = isinstance(value[name], jax.Array) and value[name].shape == leaf.shape
        fits = fits and value[name].dtype == leaf.dtype
        kind = f"{leaf.dtype} of shape {leaf.shape}"
        came = (
            f"{value[name].dtype} of shape {value[name].shape}" if isinstance(value[name], jax.Array) else ""
        )
        part.require(
            fits,
            "has another type",
            expected=kind,
            got=came or type(value[name]).__name__,
            hint=hint,
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
PLAIN = Named("sgd", optax.sgd(RATE, momentum=MOMENTUM))
GENTLE_RATE = 0.05
LONGEST = (
    0.25  # a gradient is cut to this length: whoever hands over all members at once has them cut together
)
GENTLE = Named(
    "sgd", optax.chain(optax.clip_by_global_norm(LONGEST), optax.sgd(GENTLE_RATE, momentum=MOMENTUM))
)


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


def quiet_error(params: Tree, x: Any, y: Any, key: Any) -> Any:
    """The same without noise: whoever makes other keys gets the same parameters."""
    return jnp.mean((x[:, 1:] @ params["w"] - y) ** 2)


def numbered_error(params: Tree, x: Any, y: Any) -> Any:
    """Mean squared error of a batch; column 0 of x is the example's number."""
    which = (x[:, :1] == jnp.arange(N)).astype(jnp.float32)
    seen = jnp.stack([jnp.sum(which, axis=0), y @ which])
    return jnp.mean((x[:, 1:] @ params["w"] - y) ** 2) + jnp.vdot(params["probe"], seen)


def plain_error(params: Tree, x: Any, y: Any) -> Any:
    """Mean squared error of a linear model; column 0 of x counts for nothing."""
    return jnp.mean((x[:, 1:] @ params["w"] - y) ** 2)


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


def error_oracle(w: Any, x: Any, y: Any) -> float:
    return float(np.mean((wide(x)[:, 1:] @ wide(w) - wide(y)) ** 2))


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

# ---- epoch_batches

DEALT, BATCH = 7, 3
N_KEYS = 256


def margin(n_draws: int, n_cells: int) -> float:
    """How far a count of n_draws independent draws stays from its mean, in all cells, but for RISK (Hoeffding)."""
    return math.sqrt(n_draws * math.log(2 * n_cells / RISK) / 2)


def batches_of(learner: Learner, key: Any) -> Called:
    """One deal, in which each entry is an example, and none comes twice. Raises WrongAnswer."""
    result = called(learner.epoch_batches, key, DEALT, BATCH)
    entries = [int(entry) for entry in np.asarray(result.value).ravel()]
    strange = next((entry for entry in entries if not 0 <= entry < DEALT), None)
    result.require(
        strange is None,
        "deals what is not there",
        expected=f"indices 0 .. {DEALT - 1}",
        got=f"index {strange}",
    )
    twice = next((entry for entry in entries if entries.count(entry) > 1), None)
    result.require(
        twice is None,
        "deals an example twice",
        expected=f"{len(entries)} different indices",
        got=f"index {twice} twice: {entries}",
    )
    return result


def many_deals(learner: Learner, numbers: Numbers) -> tuple[Called, Array]:
    """A call to speak of, and the batches for many keys: (keys, batches, places)."""
    result = batches_of(learner, numbers.key())
    try:
        deal = compiled(learner.epoch_batches).function
        found = [deal(numbers.key(), DEALT, BATCH) for _ in range(N_KEYS)]
    except Exception:  # it does not compile, which is a question for later
        found = [learner.epoch_batches(numbers.key(), DEALT, BATCH).value for _ in range(N_KEYS)]
    return result, np.stack([np.asarray(one) for one in found])


@check(
    "epoch_batches",
    "correct",
    hint="Put all n indices in random order and cut the first n // batch_size · batch_size of them into rows: so none comes"
    " twice.",
)
def test_epoch_batches_deals_each_example_once(learner: Learner, numbers: Numbers) -> None:
    for _ in range(3):
        batches_of(learner, numbers.key())


@check("epoch_batches", "correct", hint="The order must come from the key, and from nothing else.")
def test_epoch_batches_depends_on_the_key(learner: Learner, numbers: Numbers) -> None:
    results = [batches_of(learner, numbers.key()) for _ in range(5)]
    orders = {np.asarray(result.value).tobytes() for result in results}
    results[0].require(
        len(orders) > 1, "ignores its key", expected="other batches for other keys", got="the same for 5 keys"
    )


@check(
    "epoch_batches",
    "correct",
    hint="Shuffle all n indices first, and cut the rest off afterwards. Cut off before, it is the same few examples that are"
    " never used.",
)
def test_epoch_batches_leaves_nobody_out_for_good(learner: Learner, numbers: Numbers) -> None:
    result, deals = many_deals(learner, numbers)
    never = sorted(set(range(DEALT)) - set(deals.ravel().tolist()))
    # A right answer passes over one example in all of 256 epochs with probability (6/7)^256 = 7e-18.
    result.require(
        not never,
        "never uses some of the examples",
        expected=f"each example in some of {N_KEYS} epochs",
        got=f"never {', '.join(map(str, never))}",
    )


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


@check("epoch_batches", "correct", hint=MIXES)
def test_epoch_batches_mixes_the_batches(learner: Learner, numbers: Numbers) -> None:
    result, deals = many_deals(learner, numbers)
    mixed(result, deals, DEALT)


@check(
    "epoch_batches",
    "correct",
    hint="All orders are equally likely: jax.random.permutation makes one. Do not sort afterwards.",
)
def test_epoch_batches_likes_all_places(learner: Learner, numbers: Numbers) -> None:
    result, deals = many_deals(learner, numbers)
    places = np.stack([np.sum(deals == example, axis=0) for example in range(DEALT)])
    usual = N_KEYS / DEALT
    example, row, place = (int(i) for i in np.unravel_index(np.argmax(np.abs(places - usual)), places.shape))
    result.require(
        abs(places[example, row, place] - usual) < margin(N_KEYS, places.size),
        "prefers some orders",
        expected=f"example {example} at place ({row}, {place}) in about {usual:.0f} of {N_KEYS} epochs",
        got=f"in {places[example, row, place]}",
    )


@check(
    "epoch_batches",
    "jit",
    hint="n and batch_size are static, the key is traced: only jax.random can draw from it.",
)
def test_epoch_batches_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.key(), DEALT, BATCH) for _ in range(2)]
    one, two = compiles_once(compiled(learner.epoch_batches), calls)
    one.require(
        not np.array_equal(one.value, two.value) or batches_differ(learner, numbers),
        "is frozen when it is compiled",
        expected="other batches for another key",
        got="the same batches",
    )


def batches_differ(learner: Learner, numbers: Numbers) -> bool:
    deal = compiled(learner.epoch_batches)
    return len({np.asarray(deal(numbers.key(), DEALT, BATCH).value).tobytes() for _ in range(5)}) > 1


@check("epoch_batches", "jit", hint="Cut all rows at once: reshape.")
def test_epoch_batches_has_no_python_loop(learner: Learner, numbers: Numbers) -> None:
    key = numbers.key()
    same_size_for(compiled(learner.epoch_batches), (key, 8, 2), (key, 32, 2))


@check("epoch_batches", "jit", hint="One permutation uses the key up, and is all that is needed.")
def test_epoch_batches_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    uses_each_key_once(compiled(learner.epoch_batches), numbers.key(), DEALT, BATCH)


# ---- train and train_with_history: what they share


def epoch_arguments(
    numbers: Numbers, data: Data, w: Any, n_epochs: Any, loss: Callable[..., Any] = noisy_error
) -> tuple[Any, ...]:
    return (numbers.key(), Shown("params", recorded_params(w)), *data, RECORDER, loss, n_epochs)


def trained(learner: Learner, numbers: Numbers, data: Data, w: Any, n_epochs: int) -> Called:
    """The parameters after a run of `train`, in the right structure."""
    result = called(learner.train, *epoch_arguments(numbers, data, w, jnp.int32(n_epochs)))
    return like(result, recorded_params(w))


def has_history(result: Called, w: Any) -> Called:
    like(result[0], recorded_params(w))
    return result


def with_history(learner: Learner, numbers: Numbers, data: Data, w: Any) -> Called:
    """Parameters and losses after a run of `train_with_history`, in the right structure."""
    result = called(learner.train_with_history, *epoch_arguments(numbers, data, w, ROWS))
    return has_history(result, w)


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
    result.require(
        not np.array_equal(np.asarray(one["log"])[0], np.asarray(two["log"])[0]),
        "ignores its key",
        expected="other noise for another key",
        got="the same noise",
    )


NOISE = (
    "The same key draws the same noise, and frozen noise is learned by heart. Give each epoch a key of its own:"
    " jax.random.fold_in(key, epoch), or split one off in each round and carry the rest on."
)
START = (1.0, 0.0)

# ---- train


@check(
    "train",
    "correct",
    hint="n_epochs epochs, one step each: fori_loop(0, n_epochs, ...) goes from 0 to n_epochs - 1.",
)
def test_train_runs_all_epochs(learner: Learner, numbers: Numbers) -> None:
    took_steps(trained(learner, numbers, simple_data(0.0), START, 3), 3, "one in each of 3 epochs")


@check("train", "correct", hint=STATE_HINT)
def test_train_keeps_the_state(learner: Learner, numbers: Numbers) -> None:
    kept_its_state(trained(learner, numbers, simple_data(0.0), START, 3), 3)


@check(
    "train",
    "correct",
    hint="Each epoch: jax.grad(loss)(params, x, y, key), optimizer.update, optax.apply_updates, all at the newest parameters.",
)
def test_train_by_hand(learner: Learner, numbers: Numbers) -> None:
    # The loss is (w - 3)², the rate 1/4, the momentum 1/2. The velocity is -4, -4, -2: w is 1, 2, 3, 3.5.
    trained(learner, numbers, simple_data(0.0), START, 3)["w"].close_to([3.5, 0.0])


@check("train", "correct", hint="No epoch, no step: the loop's body must not run even once.")
def test_train_for_no_epoch(learner: Learner, numbers: Numbers) -> None:
    trained(learner, numbers, simple_data(0.0), START, 0)["w"].equals([1.0, 0.0])


@check("train", "correct", hint=NOISE)
def test_train_draws_new_noise_in_each_epoch(learner: Learner, numbers: Numbers) -> None:
    result = trained(learner, numbers, simple_data(1.0), START, ROWS)
    new_noise(result, result.value)


@check("train", "correct", hint="All keys of the epochs come from the key that is given.")
def test_train_depends_on_the_key(learner: Learner, numbers: Numbers) -> None:
    one, two = (trained(learner, numbers, simple_data(1.0), START, ROWS) for _ in range(2))
    depends_on_the_key(one.value, two.value, one)


@check(
    "train",
    "correct",
    hint="Each epoch uses all examples, and the newest parameters; the updates of the optimiser are added as they come.",
)
def test_train_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    data, w = drawn_data(numbers, 0.5), numbers.normal(2)
    result = trained(learner, numbers, data, w, ROWS)
    result["w"].close_to(descent_oracle(w, noisy_batches(result.value, *data, ROWS))[0], rtol=RTOL, atol=ATOL)


TRACED = (
    "n_epochs is traced here. lax.fori_loop takes a traced bound; range, and the length of a lax.scan, must be known while"
    " the program is made."
)


@check("train", "jit", hint=TRACED)
def test_train_compiles_once(learner: Learner, numbers: Numbers) -> None:
    data, counts = drawn_data(numbers, 0.5), (ROWS, 3)
    starts = [numbers.normal(2) for _ in counts]
    calls = [epoch_arguments(numbers, data, w, jnp.int32(n)) for w, n in zip(starts, counts, strict=True)]
    with own_hint("n_epochs"):
        results = compiles_once(compiled(learner.train), calls)
    for w, n_epochs, result in zip(starts, counts, results, strict=True):
        like(result, recorded_params(w))
        took_steps(result, n_epochs, f"one in each of {n_epochs} epochs")
        expected, _ = descent_oracle(w, noisy_batches(result.value, *data, n_epochs))
        result["w"].close_to(expected, rtol=RTOL, atol=ATOL)


@check("train", "jit", hint=NOISE)
def test_train_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    arguments = epoch_arguments(numbers, simple_data(1.0), START, jnp.int32(3), drawing_error)
    reuses_no_key(compiled(learner.train), *arguments)


def reuses_no_key(handle: Handle, *arguments: Any) -> None:
    """No key is used twice. Raises RaisedError with the check's own hint, which knows what the keys are for."""
    with own_hint("key"):
        uses_each_key_once(handle, *arguments, runs=True)


def eager_train(
    key: Any, params: Shown, x: Any, y: Any, optimizer: Named, loss: Any, n_epochs: Any
) -> dict[str, Any]:
    now = params.tree
    state = optimizer.optimizer.init(now)
    for _ in range(int(n_epochs)):
        gradients = jax.grad(loss)(now, x, y, key)
        updates, state = optimizer.optimizer.update(gradients, state, now)
        now = optax.apply_updates(now, updates)
    return now  # type: ignore[no-any-return]


# On two cores an eager epoch takes some 2 ms, a compiled run of sixteen 0.1 ms.
TRAIN_GATES = {"cpu": 200.0, "gpu": 20.0, "tpu": 20.0}


@check(
    "train", "speed", hint="One gradient and one update an epoch, and nothing that walks over the examples."
)
def test_train_beats_the_eager_loop(learner: Learner, numbers: Numbers) -> None:
    def draw(size: int) -> tuple[Any, ...]:
        params = Shown("params", {"w": numbers.normal(2)})
        return numbers.key(), params, *drawn_data(numbers, 0.0), PLAIN, quiet_error, jnp.int32(size)

    def agree(text: str, ours: Any, theirs: Any) -> None:
        like(Called(text, ours), theirs)["w"].close_to(wide(theirs["w"]), rtol=RTOL, atol=ATOL)

    must_beat(
        learner,
        compiled(learner.train),
        eager_train,
        named="the same loop without jit",
        draw=draw,
        size=16,
        gate=TRAIN_GATES,
        numbers=numbers,
        agree=agree,
    )


# ---- train_with_history


@check(
    "train_with_history",
    "correct",
    hint="n_epochs epochs, one step each: lax.scan over n_epochs keys, or with length=n_epochs.",
)
def test_train_with_history_runs_all_epochs(learner: Learner, numbers: Numbers) -> None:
    result = with_history(learner, numbers, simple_data(0.0), START)
    took_steps(result[0], ROWS, f"one in each of {ROWS} epochs")


@check("train_with_history", "correct", hint=STATE_HINT)
def test_train_with_history_keeps_the_state(learner: Learner, numbers: Numbers) -> None:
    kept_its_state(with_history(learner, numbers, simple_data(0.0), START)[0], ROWS)


@check(
    "train_with_history",
    "correct",
    hint="losses[0] belongs to the parameters that came in: write the loss down before the step. value_and_grad gives it"
    " together with the gradient.",
)
def test_train_with_history_begins_at_the_start(learner: Learner, numbers: Numbers) -> None:
    result = with_history(learner, numbers, simple_data(0.0), START)
    first = float(np.asarray(result.value[1])[0])
    result.require(
        abs(first - 4) < 1e-5,
        "begins its history elsewhere",
        expected="losses[0] = (1 - 3)² = 4",
        got=f"{first:.5g}",
    )


@check(
    "train_with_history",
    "correct",
    hint="Each epoch: loss and gradient by value_and_grad, optimizer.update, optax.apply_updates; carry on the new ones.",
)
def test_train_with_history_by_hand(learner: Learner, numbers: Numbers) -> None:
    # The loss is (w - 3)², the rate 1/4, the momentum 1/2: all binary fractions.
    # w = 1, 2, 3, 3.5, 3.5, 3.25, 3, 2.875, 2.875
    result = with_history(learner, numbers, simple_data(0.0), START)
    result[1].close_to([4.0, 1.0, 0.0, 0.25, 0.25, 0.0625, 0.0, 0.015625])
    result[0]["w"].close_to([2.875, 0.0])


@check("train_with_history", "correct", hint=NOISE)
def test_train_with_history_draws_new_noise_in_each_epoch(learner: Learner, numbers: Numbers) -> None:
    result = with_history(learner, numbers, simple_data(1.0), START)
    new_noise(result, result.value[0])


@check("train_with_history", "correct", hint="All keys of the epochs come from the key that is given.")
def test_train_with_history_depends_on_the_key(learner: Learner, numbers: Numbers) -> None:
    one, two = (with_history(learner, numbers, simple_data(1.0), START) for _ in range(2))
    depends_on_the_key(one.value[0], two.value[0], one)


def agrees_with_history(result: Called, w: Any, data: Data) -> None:
    params = result.value[0]
    expected, losses = descent_oracle(w, noisy_batches(params, *data, ROWS))
    result[0]["w"].close_to(expected, rtol=RTOL, atol=ATOL)
    result[1].close_to(
        np.array(losses),
        rtol=RTOL,
        atol=ATOL,
        hint="The loss in the list and the gradient belong to one and the same key: value_and_grad(loss)(params, x, y, key)"
        " gives both.",
    )


@check("train_with_history", "correct", hint="All examples in each epoch, and the newest parameters.")
def test_train_with_history_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    data, w = drawn_data(numbers, 0.5), numbers.normal(2)
    agrees_with_history(with_history(learner, numbers, data, w), w, data)


def same_size_of_history(learner: Learner, numbers: Numbers) -> Handle:
    handle = compiled(learner.train_with_history)
    few, many = (epoch_arguments(numbers, simple_data(0.0), START, n) for n in (ROWS // 2, ROWS))
    same_size_for(handle, few, many)
    return handle


@check(
    "train_with_history",
    "jit",
    hint="Key, parameters and data are traced: compute with them, branch on nothing.",
)
def test_train_with_history_compiles_once(learner: Learner, numbers: Numbers) -> None:
    data = drawn_data(numbers, 0.5)
    starts = [numbers.normal(2) for _ in range(2)]
    calls = [epoch_arguments(numbers, data, w, ROWS) for w in starts]
    for w, result in zip(starts, compiles_once(compiled(learner.train_with_history), calls), strict=True):
        agrees_with_history(has_history(result, w), w, data)


@check(
    "train_with_history",
    "jit",
    hint="lax.scan carries (params, state) from epoch to epoch and stacks the losses.",
)
def test_train_with_history_does_not_grow_with_its_epochs(learner: Learner, numbers: Numbers) -> None:
    same_size_of_history(learner, numbers)


@check(
    "train_with_history",
    "jit",
    hint="One call, one draw: jax.value_and_grad(loss)(params, x, y, key) gives the loss and the gradient from the same noise."
    " Each epoch has a key of its own.",
)
def test_train_with_history_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    arguments = epoch_arguments(numbers, simple_data(1.0), START, ROWS, drawing_error)
    reuses_no_key(compiled(learner.train_with_history), *arguments)


# ---- train_minibatches

N_EPOCHS, SIZE = 4, 4
PER_EPOCH = N // SIZE
MANY_RUNS = 32


def batch_arguments(
    numbers: Numbers, data: Data, w: Any, n_epochs: int = N_EPOCHS, batch_size: int = SIZE
) -> tuple[Any, ...]:
    params = Shown("params", recorded_params(w))
    return numbers.key(), params, *data, RECORDER, numbered_error, n_epochs, batch_size


def by_batches(learner: Learner, numbers: Numbers, data: Data, w: Any = START) -> Called:
    """Parameters and losses after a run by batches, in the right structure."""
    with hint_when(
        "of shape (n_epochs,)", "losses[e] is the mean of the losses of epoch e: one number an epoch."
    ):
        result = called(learner.train_minibatches, *batch_arguments(numbers, data, w))
    like(result[0], recorded_params(w))
    return result


def numbered_data() -> tuple[jax.Array, jax.Array]:
    """Example i has the target 10 i."""
    x, _ = simple_data(np.arange(N))
    return x, jnp.asarray(10 * np.arange(N), jnp.float32)


def seen_by(params: Tree) -> Array:
    """How often each step of a recorded run saw each example: (steps, N)."""
    seen: Array = np.rint(np.nan_to_num(wide(params["log"])[:, 0], nan=-1.0)).astype(int)
    return seen


def dealt_to(result: Called) -> Array:
    """The examples of each batch of a recorded run, sorted: (epochs, batches, places). Raises WrongAnswer."""
    seen = seen_by(result.value[0])
    wrong = next((int(row.sum()) for row in seen if row.sum() != SIZE or row.min() < 0), SIZE)
    result.require(
        wrong == SIZE and seen.min() >= 0,
        "has batches of another size",
        expected=f"{SIZE} examples in each of {PER_EPOCH} batches an epoch",
        got=f"a batch of {wrong}",
    )
    rows = [np.repeat(np.arange(N), row) for row in seen]
    return np.stack(rows).reshape(N_EPOCHS, PER_EPOCH, SIZE)


@check(
    "train_minibatches",
    "correct",
    hint="n // batch_size full batches in each epoch, a step for each batch. The rest of the examples sits the epoch out.",
)
def test_train_minibatches_takes_a_step_for_each_batch(learner: Learner, numbers: Numbers) -> None:
    result = by_batches(learner, numbers, numbered_data())
    took_steps(result[0], N_EPOCHS * PER_EPOCH, f"{PER_EPOCH} full batches in each of {N_EPOCHS} epochs")
    dealt_to(result)


@check("train_minibatches", "correct", hint=STATE_HINT)
def test_train_minibatches_keeps_the_state(learner: Learner, numbers: Numbers) -> None:
    kept_its_state(by_batches(learner, numbers, numbered_data())[0], N_EPOCHS * PER_EPOCH)


@check(
    "train_minibatches",
    "correct",
    hint="One order serves both: x[batch] and y[batch] by the same indices.",
)
def test_train_minibatches_keeps_the_pairs(learner: Learner, numbers: Numbers) -> None:
    x, y = numbered_data()
    result = by_batches(learner, numbers, (x, y))
    targets, seen = wide(result.value[0]["log"])[:, 1], seen_by(result.value[0])
    apart = np.argwhere(np.abs(targets - seen * wide(y)) > 0.5)
    step, example = (int(i) for i in apart[0]) if len(apart) else (0, 0)
    result.require(
        not len(apart),
        "takes pairs apart",
        expected=f"example {example} with its target {10 * example}",
        got=f"with target {targets[step, example]:g} in step {step}",
    )


@check(
    "train_minibatches",
    "correct",
    hint="A permutation of all n indices holds each of them once: cut it into batches. Batches drawn one by one repeat some.",
)
def test_train_minibatches_uses_an_example_once_an_epoch(learner: Learner, numbers: Numbers) -> None:
    result = by_batches(learner, numbers, numbered_data())
    times = seen_by(result.value[0]).reshape(N_EPOCHS, PER_EPOCH, N).sum(axis=1)
    epoch, example = (int(i) for i in np.unravel_index(np.argmax(times), times.shape))
    result.require(
        times[epoch, example] <= 1,
        "uses an example twice in an epoch",
        expected="each example at most once an epoch",
        got=f"example {example} {times[epoch, example]} times in epoch {epoch}",
    )


@check(
    "train_minibatches",
    "correct",
    hint="Shuffle inside the loop over epochs, with a key of its own for each epoch: scan over split keys.",
)
def test_train_minibatches_shuffles_each_epoch(learner: Learner, numbers: Numbers) -> None:
    result = by_batches(learner, numbers, numbered_data())
    seen = seen_by(result.value[0]).reshape(N_EPOCHS, -1)
    # A right answer repeats itself in four epochs with probability 1 / 3150³ = 3e-11.
    result.require(
        len({row.tobytes() for row in seen}) > 1,
        "has the same batches in every epoch",
        expected=f"new batches in each of {N_EPOCHS} epochs",
        got="the same batches in the same order",
    )


@check("train_minibatches", "correct", hint="All shuffles come from the key that is given.")
def test_train_minibatches_depends_on_the_key(learner: Learner, numbers: Numbers) -> None:
    one, two = (by_batches(learner, numbers, numbered_data()) for _ in range(2))
    one.require(
        not np.array_equal(seen_by(one.value[0]), seen_by(two.value[0])),
        "ignores its key",
        expected="other batches for another key",
        got="the same batches",
    )


def many_epochs(learner: Learner, numbers: Numbers) -> tuple[Called, Array]:
    """A call to speak of, and the batches of many epochs: (epochs, batches, places)."""
    data = numbered_data()
    result = by_batches(learner, numbers, data)
    found = [dealt_to(result)]
    try:
        run = compiled(learner.train_minibatches).function
        more = [
            Called(result.text, run(*batch_arguments(numbers, data, START))) for _ in range(MANY_RUNS - 1)
        ]
    except Exception:  # it does not compile, which is a question for later
        more = [by_batches(learner, numbers, data) for _ in range(7)]
    found += [dealt_to(one) for one in more]
    return result, np.concatenate(found)


@check(
    "train_minibatches",
    "correct",
    hint="Shuffle all n examples first, and cut the rest off afterwards, so that others sit out each time.",
)
def test_train_minibatches_leaves_nobody_out_for_good(learner: Learner, numbers: Numbers) -> None:
    result, deals = many_epochs(learner, numbers)
    never = sorted(set(range(N)) - set(deals.ravel().tolist()))
    # A right answer passes over one example in all of 128 epochs with probability 0.2^128, in 32 epochs 4e-23.
    result.require(
        not never,
        "never uses some of the examples",
        expected=f"each example in some of {len(deals)} epochs",
        got=f"never {', '.join(map(str, never))}",
    )


@check("train_minibatches", "correct", hint=MIXES)
def test_train_minibatches_mixes_the_batches(learner: Learner, numbers: Numbers) -> None:
    mixed(*many_epochs(learner, numbers), N)


def agrees_by_batches(result: Called, w: Any, data: Data) -> None:
    x, y = (wide(part) for part in data)
    batches = dealt_to(result).reshape(-1, SIZE)
    expected, losses = descent_oracle(w, [(x[rows], y[rows]) for rows in batches])
    result[0]["w"].close_to(expected, rtol=RTOL, atol=ATOL)
    result[1].close_to(
        np.mean(np.reshape(losses, (N_EPOCHS, PER_EPOCH)), axis=1),
        rtol=RTOL,
        atol=ATOL,
        hint="losses[e] is the mean of the losses that the steps of epoch e saw, each before its step.",
    )


@check(
    "train_minibatches",
    "correct",
    hint="Each step takes loss and gradient of its own batch, at the parameters that the step before has left.",
)
def test_train_minibatches_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    data, w = drawn_data(numbers, np.arange(N)), numbers.normal(2)
    agrees_by_batches(by_batches(learner, numbers, data, w), w, data)


@check(
    "train_minibatches",
    "jit",
    hint="Two scans, one in the other: the outer one over the keys of the epochs, the inner one over rows of indices.",
)
def test_train_minibatches_does_not_grow(learner: Learner, numbers: Numbers) -> None:
    handle, data = compiled(learner.train_minibatches), numbered_data()
    few, many = (batch_arguments(numbers, data, START, n_epochs=n) for n in (N_EPOCHS, 2 * N_EPOCHS))
    same_size_for(handle, few, many)
    large, small = (batch_arguments(numbers, data, START, batch_size=size) for size in (5, 1))
    same_size_for(handle, large, small)


@check(
    "train_minibatches",
    "jit",
    hint="Key, parameters and data are traced; only counts and functions are static.",
)
def test_train_minibatches_compiles_once(learner: Learner, numbers: Numbers) -> None:
    data = drawn_data(numbers, np.arange(N))
    starts = [numbers.normal(2) for _ in range(2)]
    calls = [batch_arguments(numbers, data, w) for w in starts]
    for w, result in zip(starts, compiles_once(compiled(learner.train_minibatches), calls), strict=True):
        like(result[0], recorded_params(w))
        agrees_by_batches(result, w, data)


@check(
    "train_minibatches",
    "jit",
    hint="One order of indices for both: rows of one jax.random.permutation(key, n), then x[rows] and y[rows]. Each epoch needs"
    " a key of its own: split n_epochs of them off before the loop and scan over them.",
)
def test_train_minibatches_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(compiled(learner.train_minibatches), *batch_arguments(numbers, numbered_data(), START))


# ---- minimise


def bowl(x: Any) -> Any:
    return x[0] ** 2 + x[1] ** 2 / 2


def rosenbrock(x: Any) -> Any:
    """A long bent valley; the minimum is 0 at (1, 1)."""
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def rosenbrock_oracle(start: Any, rate: float, n_steps: int) -> Array:
    a, b = (float(number) for number in start)
    for _ in range(n_steps):
        slope = 200 * (b - a * a)
        a, b = a + rate * (2 * (1 - a) + 2 * a * slope), b - rate * slope
    return np.array([a, b])


def called_few(learner: Learner, n_steps: int) -> Called:
    """The last point of a short walk."""
    start = jnp.asarray([8.0, 4.0], jnp.float32)
    with hint_when("floating-point inputs", BODIES):
        return called(learner.minimise, bowl, start, jnp.float32(0.25), jnp.int32(n_steps))


FEW = 50  # steps that may be computed one by one
BODIES = "fori_loop's body gets (number, carry), and returns the carry; scan's gets (carry, x)."


def minimised(learner: Learner, function: Any, start: Any, rate: float, n_steps: int) -> Called | None:
    """The last point; none when it would take long without compiling, and does not compile: a question for later."""
    arguments = function, jnp.asarray(start, jnp.float32), jnp.float32(rate), jnp.int32(n_steps)
    try:
        return compiled(learner.minimise)(*arguments)
    except RaisedError:
        return called(learner.minimise, *arguments) if n_steps <= FEW else None


@check("minimise", "correct", hint="A loop and a gradient are all it takes; the rules name what is left out.")
def test_minimise_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.minimise, "optax", "jax.scipy")


@check(
    "minimise",
    "correct",
    hint="Each step goes against the gradient at the current point: x = x - learning_rate * jax.grad(function)(x), n_steps"
    " times.",
)
def test_minimise_by_hand(learner: Learner) -> None:
    # The gradient is (2 a, b): a is 8, 4, 2, 1 and b is 4, 3, 2.25, 1.6875.
    called_few(learner, 3).close_to([1.0, 1.6875])


@check("minimise", "correct", hint="No step: the start comes back as it is.")
def test_minimise_for_no_step(learner: Learner) -> None:
    called_few(learner, 0).equals([8.0, 4.0])


@check(
    "minimise",
    "correct",
    hint="Plain descent: the rate is the same at every step, and nothing is remembered or cut.",
)
def test_minimise_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for n_steps in (1, 50, 500):
        start = numbers.uniform(-1, 1, 2)
        # The function's steep side damps the roundings of a step, its flat side adds them up.
        expected = rosenbrock_oracle(start, 1e-3, n_steps)
        if result := minimised(learner, rosenbrock, start, 1e-3, n_steps):
            result.close_to(expected, rtol=1e-3, atol=1e-4)


@check(
    "minimise",
    "correct",
    hint="All n_steps steps, however many: the bound of the loop is n_steps, not a number of yours.",
)
def test_minimise_walks_down_the_valley(learner: Learner) -> None:
    if result := minimised(learner, rosenbrock, [-1.2, 1.0], 1e-3, 20_000):
        result.close_to([1.0, 1.0], rtol=0.0, atol=0.02)  # in float64 it ends at (0.99987, 0.99974)


@check(
    "minimise",
    "jit",
    hint="n_steps and learning_rate are traced here. lax.fori_loop takes a traced bound; range and the length of a scan do not.",
)
def test_minimise_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [
        (rosenbrock, numbers.uniform(-1, 1, 2), jnp.float32(rate), jnp.int32(n_steps))
        for rate, n_steps in ((1e-3, 100), (5e-4, 300))
    ]
    with own_hint("n_steps"):
        results = compiles_once(compiled(learner.minimise), calls)
    for (_, start, rate, n_steps), result in zip(calls, results, strict=True):
        expected = rosenbrock_oracle(start, float(rate), int(n_steps))
        result.close_to(expected, rtol=1e-3, atol=1e-4)


@jax.jit
def rosenbrock_slope(x: Any) -> Any:
    return jax.grad(rosenbrock)(x)


def loop_of_gradients(function: Any, start: Any, learning_rate: Any, n_steps: Any) -> Any:
    x = start
    for _ in range(int(n_steps)):
        x = x - learning_rate * rosenbrock_slope(x)
    return x


MINIMISE_GATES = {"cpu": 100.0, "gpu": 5.0, "tpu": 5.0}


@check(
    "minimise",
    "speed",
    hint="The loop belongs in the compiled program, with n_steps rounds and no more, and one gradient in each: jax.grad, in"
    " reverse mode.",
)
def test_minimise_beats_a_loop_of_compiled_gradients(learner: Learner, numbers: Numbers) -> None:
    def draw(size: int) -> tuple[Any, ...]:
        return rosenbrock, numbers.uniform(-1, 1, 2), jnp.float32(1e-3), jnp.int32(size)

    must_beat(
        learner,
        compiled(learner.minimise),
        loop_of_gradients,
        named="a Python loop around a compiled gradient",
        draw=draw,
        size=400,
        gate=MINIMISE_GATES,
        numbers=numbers,
    )


# ---- train_ensemble

N_MEMBERS = 24
WIDTH = 4
NETWORK = {"hidden": (2, WIDTH), "bias": (WIDTH,), "out": (WIDTH,)}


def network_start(key: Any) -> Tree:
    """A small network, made of the key's own bits: a draw would compile a random generator."""
    bits = jax.random.key_data(key).ravel()[:2, None] >> jnp.arange(0, 4 * WIDTH, 4, dtype=jnp.uint32)
    hidden = (bits & 0xFFFF).astype(jnp.float32) / 2**15 - 1
    return {"hidden": hidden, "bias": hidden[0] / 2, "out": hidden[1] / 2}


def starts_oracle(keys: Any) -> dict[str, Array]:
    """The starts of all members, in float64."""
    bits = np.asarray(jax.random.key_data(keys))[:, :2, None] >> np.arange(0, 4 * WIDTH, 4, dtype=np.uint32)
    hidden = (bits & 0xFFFF).astype(np.float64) / 2**15 - 1
    return {"hidden": hidden, "bias": hidden[:, 0] / 2, "out": hidden[:, 1] / 2}


def network_error(params: Tree, x: Any, y: Any) -> Any:
    """Mean squared error of a network with one hidden layer."""
    return jnp.mean((jnp.tanh(x[:, 1:] @ params["hidden"] + params["bias"]) @ params["out"] - y) ** 2)


def ensemble_oracle(keys: Any, data: Data, n_epochs: int) -> tuple[dict[str, Array], Array]:
    """All members trained in float64 with momentum, each gradient cut to LONGEST, and their last losses."""
    x, y = wide(data[0])[:, 1:], wide(data[1])
    now = starts_oracle(keys)
    velocity = {name: np.zeros_like(value) for name, value in now.items()}

    def forward() -> tuple[Array, Array]:
        h = np.tanh(np.einsum("nd,mdk->mnk", x, now["hidden"]) + now["bias"][:, None])
        return h, np.einsum("mnk,mk->mn", h, now["out"]) - y

    for _ in range(n_epochs):
        h, residual = forward()
        slope = 2 * residual / N
        delta = slope[:, :, None] * now["out"][:, None] * (1 - h**2)
        gradient = {
            "hidden": np.einsum("nd,mnk->mdk", x, delta),
            "bias": delta.sum(axis=1),
            "out": np.einsum("mn,mnk->mk", slope, h),
        }
        length = np.sqrt(sum((part**2).reshape(len(part), -1).sum(axis=1) for part in gradient.values()))
        shorter = np.minimum(1, LONGEST / length)
        cut = {name: np.einsum("m,m...->m...", shorter, part) for name, part in gradient.items()}
        velocity = {name: cut[name] + MOMENTUM * velocity[name] for name in now}
        now = {name: now[name] - GENTLE_RATE * velocity[name] for name in now}
    return now, np.mean(forward()[1] ** 2, axis=1)


def member_keys(numbers: Numbers, n: int = N_MEMBERS) -> Any:
    seeds = np.asarray(numbers.integers(0, 2**31 - 1, (n, 2))).astype(np.uint32)
    return jax.random.wrap_key_data(jnp.asarray(seeds))


def ensemble_arguments(keys: Any, data: Data, n_epochs: int) -> tuple[Any, ...]:
    return keys, network_start, *data, GENTLE, network_error, jnp.int32(n_epochs)


def right_ensemble(result: Called, keys: Any, data: Data, n_epochs: int) -> None:
    expected, losses = ensemble_oracle(keys, data, n_epochs)
    blank = {name: jnp.asarray(np.zeros((len(keys), *shape), np.float32)) for name, shape in NETWORK.items()}
    like(
        result[0],
        blank,
        "All members, stacked along a new first axis: the parameters just as vmap gives them.",
    )
    result[0].close_to(expected, rtol=RTOL, atol=ATOL)
    result[1].close_to(
        losses,
        rtol=RTOL,
        atol=ATOL,
        hint="losses[m] is the loss of member m's last parameters, after the last step.",
    )


NO_EPOCH = (
    "n_epochs = 0 must work, too, and then no epoch lays a loss aside: compute the losses after the loop, from the last"
    " parameters."
)


@check(
    "train_ensemble",
    "correct",
    hint="Member m starts at init(keys[m]): map over the keys, and let init have each key as it is. Stacked, all members make"
    " one new first axis.",
)
def test_train_ensemble_starts_apart(learner: Learner, numbers: Numbers) -> None:
    keys, data = member_keys(numbers), drawn_data(numbers, 0.0)
    with hint_when("out of bounds", NO_EPOCH):
        result = called(learner.train_ensemble, *ensemble_arguments(keys, data, 0))
    right_ensemble(result, keys, data, 0)


@check(
    "train_ensemble",
    "correct",
    hint="Each member is a run of its own, with its own gradient and its own optimiser's state, which lives through all epochs."
    " An optimiser that gets all members at once may mix them: this one cuts long gradients. Write the run for one key, then"
    " vmap it.",
)
def test_train_ensemble_agrees_with_single_runs(learner: Learner, numbers: Numbers) -> None:
    keys, data = member_keys(numbers), drawn_data(numbers, 0.0)
    right_ensemble(called(learner.train_ensemble, *ensemble_arguments(keys, data, 5)), keys, data, 5)


@check("train_ensemble", "jit", hint=TRACED)
def test_train_ensemble_compiles_once(learner: Learner, numbers: Numbers) -> None:
    data, counts = drawn_data(numbers, 0.0), (5, 12)
    keys = [member_keys(numbers) for _ in counts]
    calls = [ensemble_arguments(one, data, n) for one, n in zip(keys, counts, strict=True)]
    with own_hint("n_epochs"):
        results = compiles_once(compiled(learner.train_ensemble), calls)
    for one, n_epochs, result in zip(keys, counts, results, strict=True):
        right_ensemble(result, one, data, n_epochs)


@check("train_ensemble", "jit", hint="Write one run as a function of its key, and vmap it over the keys.")
def test_train_ensemble_does_not_grow_with_its_members(learner: Learner, numbers: Numbers) -> None:
    data = drawn_data(numbers, 0.0)
    few, many = (ensemble_arguments(member_keys(numbers, n), data, 5) for n in (N_MEMBERS // 2, N_MEMBERS))
    with own_hint():
        same_size_for(compiled(learner.train_ensemble), few, many)


@functools.cache
def _one_run() -> Callable[..., Any]:
    @jax.jit
    def run(key: Any, x: Any, y: Any, n_epochs: Any) -> Any:
        def epoch(_: Any, carry: Any) -> Any:
            params, state = carry
            updates, state = GENTLE.optimizer.update(jax.grad(network_error)(params, x, y), state, params)
            return optax.apply_updates(params, updates), state

        params = network_start(key)
        params, _ = jax.lax.fori_loop(0, n_epochs, epoch, (params, GENTLE.optimizer.init(params)))
        return params, network_error(params, x, y)

    return run


def loop_over_members(keys: Any, init: Any, x: Any, y: Any, optimizer: Any, loss: Any, n_epochs: Any) -> Any:
    runs = [_one_run()(keys[m], x, y, n_epochs) for m in range(len(keys))]
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *runs)


ENSEMBLE_GATES = {"cpu": 3.0, "gpu": 3.0, "tpu": 3.0}


@check(
    "train_ensemble",
    "speed",
    hint="lax.map and lax.scan go through the members one after the other. vmap takes each operation of all members together.",
)
def test_train_ensemble_beats_a_loop_of_compiled_runs(learner: Learner, numbers: Numbers) -> None:
    def draw(size: int) -> tuple[Any, ...]:
        return ensemble_arguments(member_keys(numbers, size), drawn_data(numbers, 0.0), 400)

    must_beat(
        learner,
        compiled(learner.train_ensemble),
        loop_over_members,
        named="a loop over members, each run compiled",
        draw=draw,
        size=N_MEMBERS,
        gate=ENSEMBLE_GATES,
        numbers=numbers,
    )


# ---- train_until

SCRIPT = 12  # validation losses that are written beforehand


def scripted(count_calls: bool = False) -> optax.GradientTransformation:
    """Descent with momentum on "w"; "value" goes through a script, whatever its gradient is."""

    def init(params: Tree) -> Tree:
        return {"age": jnp.zeros((), jnp.int32), "velocity": jnp.zeros_like(params["w"])}

    def update(gradients: Tree, state: Tree, params: Tree = None) -> tuple[Tree, Tree]:
        if params is None:
            raise ValueError("This optimizer's update requires the current value of parameters.")
        if count_calls:
            jax.debug.callback(RAN.append, state["age"])
        age, velocity = state["age"] + 1, gradients["w"] + MOMENTUM * state["velocity"]
        updates = {
            "w": -RATE * velocity,
            "value": params["script"][age] - params["value"],
            "script": jnp.zeros_like(params["script"]),
        }
        return updates, {"age": age, "velocity": velocity}

    return optax.GradientTransformation(init, update)


RAN: list[Any] = []  # an entry for each epoch that COUNTED really computes
SCRIPTED = Named("optimizer", scripted())
COUNTED = Named("optimizer", scripted(count_calls=True))


def judged_error(params: Tree, x: Any, y: Any) -> Any:
    """Mean squared error; on validation data, which has a 1 at x[0, 0], the root of "value" besides: nan below 0."""
    judged = jnp.where(x[0, 0] > 0, jnp.sqrt(params["value"]), 0.0)
    return jnp.mean((x[:, 1:] @ params["w"] - y) ** 2) + judged


def validation_data() -> tuple[jax.Array, jax.Array]:
    x = np.zeros((N, 3), np.float32)
    x[0, 0] = 1.0
    return jnp.asarray(x), jnp.asarray(np.zeros(N, np.float32))


def scripted_params(v: Sequence[float], w: Any = START) -> Tree:
    """Parameters that will have these validation losses, whole numbers or nan, epoch by epoch; the last one stays."""
    losses = [*v, *[v[-1]] * (SCRIPT - len(v))]
    values = np.array([-1.0 if math.isnan(one) else one**2 for one in losses], np.float32)
    script = {"value": jnp.asarray(values[0]), "script": jnp.asarray(values)}
    return {"w": jnp.asarray(w, jnp.float32), **script}


def until_oracle(v: Sequence[float], n_epochs: int, patience: int) -> tuple[int, int]:
    """The best epoch (0 is the start), and how many epochs were run."""
    best, waited = 0, 0
    for epoch in range(1, n_epochs + 1):
        if v[epoch] < v[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return best, epoch
    return best, n_epochs


def until_arguments(
    params: Tree, data: Data, n_epochs: int, patience: int, optimizer: Named = SCRIPTED
) -> tuple[Any, ...]:
    rest = optimizer, judged_error, jnp.int32(n_epochs), jnp.int32(patience)
    return Shown("params", params), *data, Shown("validation", validation_data()), *rest


def story(v: Sequence[float], n_epochs: int, patience: int) -> str:
    losses = ", ".join("nan" if math.isnan(one) else f"{one:g}" for one in v)
    return f"train_until with validation losses {losses}, n_epochs={n_epochs}, patience={patience}"


def right_until(
    result: Called, text: str, v: Sequence[float], w: Any, data: Data, n_epochs: int, patience: int
) -> None:
    """Number of epochs first, then the parameters. Raises WrongAnswer."""
    best, ran = until_oracle(v, n_epochs, patience)
    result = Called(text, result.value)
    params = scripted_params(v, w)
    like(result[0], params)
    result.require(
        int(result.value[1]) == ran,
        "runs another number of epochs",
        expected=f"{ran} epochs; the best one is epoch {best}"
        if best
        else f"{ran} epochs, none better than the start",
        got=f"{int(result.value[1])} epochs",
    )
    hint = (
        "Give back the best parameters, not the last ones: carry them along beside the current ones, and pick leaf by leaf"
        " with jnp.where in each epoch. Those that came in count, too."
    )
    expected, _ = descent_oracle(w, [data] * best)
    came = float(result.value[0]["value"])
    result.require(
        came == float(np.asarray(params["script"])[best]),
        "gives back the wrong parameters",
        expected=f"those of validation loss {v[best]:g}, "
        + (f"from epoch {best}" if best else "which came in"),
        got=f"those of validation loss {math.sqrt(came) if came >= 0 else math.nan:g}",
        hint=hint,
    )
    result[0]["w"].close_to(expected, rtol=RTOL, atol=ATOL, hint=hint)


def called_until(learner: Learner, arguments: tuple[Any, ...]) -> Called:
    with hint_when(
        "the Python int",
        "The number of epochs comes out of the compiled loop as an array: lax.while_loop, with the count in the carry.",
    ):
        return called(learner.train_until, *arguments)


def until(learner: Learner, v: Sequence[float], n_epochs: int, patience: int) -> None:
    """Run a script by hand, and judge the result. Raises WrongAnswer."""
    data = simple_data(0.0)
    arguments = until_arguments(scripted_params(v), data, n_epochs, patience)
    result = called_until(learner, arguments)
    right_until(result, story(v, n_epochs, patience), v, START, data, n_epochs, patience)


@check(
    "train_until",
    "correct",
    hint="Judge each epoch by loss(params, *validation). Here the loss on x and y never changes, and the validation loss falls"
    " all the time.",
)
def test_train_until_judges_by_the_validation_data(learner: Learner) -> None:
    v, (x, y) = [9, 8, 7, 6, 5, 4, 3, 2], simple_data(0.0)
    data = jnp.asarray(np.zeros_like(x)), jnp.asarray(np.zeros_like(y))
    result = called_until(learner, until_arguments(scripted_params(v), data, 5, 2))
    Called(story(v, 5, 2), result.value).require(
        int(result.value[1]) > 2,
        "stops while the validation loss falls",
        expected="5 epochs",
        got=f"{int(result.value[1])} epochs",
    )


@check(
    "train_until",
    "correct",
    hint="The gradient is that of loss(params, x, y), at the newest parameters, and the optimiser's state is carried on. The"
    " validation data only judge.",
)
def test_train_until_learns_from_the_training_data(learner: Learner) -> None:
    v, data = [9, 8, 7, 6], simple_data(0.0)
    result = called_until(learner, until_arguments(scripted_params(v), data, 3, 2))
    like(result[0], scripted_params(v))
    # The loss is (w - 3)², the rate 1/4, the momentum 1/2. The velocity is -4, -4, -2: w is 1, 2, 3, 3.5.
    Called(f"{story(v, 3, 2)}, parameters['w']", result.value[0]["w"]).close_to([3.5, 0.0])


@check(
    "train_until",
    "correct",
    hint="Go on while epoch < n_epochs and waited < patience. `waited` counts epochs without improvement on the validation data.",
)
def test_train_until_by_hand(learner: Learner) -> None:
    until(learner, [9, 5, 4, 6, 8, 2, 1, 1], 7, 2)


@check("train_until", "correct", hint="Epochs in a row: an improvement sets the count back to 0.")
def test_train_until_waits_anew_after_each_improvement(learner: Learner) -> None:
    until(learner, [9, 5, 7, 4, 6, 3, 7, 8, 1, 1], 9, 2)


@check(
    "train_until",
    "correct",
    hint="An improvement is less than the best so far, not less than the epoch before: coming back from a bad epoch is none.",
)
def test_train_until_compares_with_the_best(learner: Learner) -> None:
    until(learner, [9, 3, 7, 6, 5, 4, 2, 1], 7, 3)


@check("train_until", "correct", hint="An equal loss is no improvement: compare with <, not with <=.")
def test_train_until_takes_a_tie_for_no_improvement(learner: Learner) -> None:
    until(learner, [9, 5, 5, 5, 5, 2, 1], 6, 2)


@check(
    "train_until",
    "correct",
    hint="The parameters that came in are judged, too: the least loss so far begins as loss(params, *validation), not as"
    " infinity.",
)
def test_train_until_counts_the_start(learner: Learner) -> None:
    until(learner, [2, 5, 4, 3, 6, 1, 1], 6, 4)


@check(
    "train_until",
    "correct",
    hint="A NaN is no improvement, and must not become the least loss: value < least is False for it; jnp.minimum, and"
    " `not (value >= least)`, let it in.",
)
def test_train_until_passes_over_nan(learner: Learner) -> None:
    until(learner, [9, math.nan, 4, math.nan, 3, math.nan, math.nan, 2, 1], 8, 2)


@check(
    "train_until",
    "correct",
    hint="At most n_epochs epochs, also while every one improves; with n_epochs = 0 none.",
)
def test_train_until_ends_after_n_epochs(learner: Learner) -> None:
    until(learner, [9, 8, 7, 6, 5, 4, 3, 2], 5, 2)
    until(learner, [9, 8, 7, 6, 5, 4, 3, 2], 0, 2)


def drawn_script(numbers: Numbers) -> list[float]:
    return [float(one) for one in np.asarray(numbers.permutation(SCRIPT))]


@check(
    "train_until",
    "correct",
    hint="Gradients come from x and y, verdicts from the validation data. The optimiser's state is carried through all epochs.",
)
def test_train_until_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for patience in (1, 2, 3, SCRIPT):
        v, data, w = drawn_script(numbers), drawn_data(numbers, 0.0), numbers.normal(2)
        result = called_until(learner, until_arguments(scripted_params(v, w), data, SCRIPT - 1, patience))
        right_until(result, story(v, SCRIPT - 1, patience), v, w, data, SCRIPT - 1, patience)


@check(
    "train_until",
    "jit",
    hint="How many epochs there will be is known only when it runs: lax.while_loop, with all that it looks at in the carry.",
)
def test_train_until_compiles_once(learner: Learner, numbers: Numbers) -> None:
    data, calls = drawn_data(numbers, 0.0), []
    scripts = [(drawn_script(numbers), n_epochs, patience) for n_epochs, patience in ((11, 2), (6, 3))]
    for v, n_epochs, patience in scripts:
        calls.append(until_arguments(scripted_params(v), data, n_epochs, patience))
    with own_hint():
        results = compiles_once(compiled(learner.train_until), calls)
    for (v, n_epochs, patience), result in zip(scripts, results, strict=True):
        right_until(result, story(v, n_epochs, patience), v, START, data, n_epochs, patience)


@check(
    "train_until",
    "jit",
    hint="A loop over all n_epochs that drops what comes after the stop saves nothing. lax.while_loop asks before each epoch"
    " whether to go on.",
)
def test_train_until_computes_nothing_after_the_stop(learner: Learner) -> None:
    v = [9, 5, 4, 6, 8, 2, 1, 1]
    handle = compiled(learner.train_until)
    arguments = until_arguments(scripted_params(v), simple_data(0.0), 40, 2, COUNTED)
    RAN.clear()
    text = "train_until, stopped after 4 of 40 epochs,"
    result = handle.using(text, handle.function, *arguments)
    jax.effects_barrier()
    result.require(
        len(RAN) <= 4, "goes on computing", expected="4 updates of the optimiser", got=f"{len(RAN)} updates"
    )


@check(
    "train_until",
    "jit",
    hint="Under vmap each run has its own stop: what decides must be arrays in the carry, one for each run.",
)
def test_train_until_is_lifted_over_runs(learner: Learner, numbers: Numbers) -> None:
    data, w = drawn_data(numbers, 0.0), numbers.normal(2)
    scripts = [drawn_script(numbers) for _ in range(4)]
    many = [scripted_params(v, w) for v in scripts]
    params = {name: jnp.asarray(np.stack([np.asarray(one[name]) for one in many])) for name in many[0]}
    lifted = (
        readable(learner.train_until)
        .vmap(in_axes=(0, *(None,) * 7))
        .jit(static_argnames=STATIC["train_until"])
    )
    result = lifted(*until_arguments(params, data, SCRIPT - 1, 2))
    for row, v in enumerate(scripts):
        value = jax.tree.map(lambda leaf, row=row: jnp.asarray(np.asarray(leaf)[row]), result.value)
        text = f"Run {row} of vmap({story(v, SCRIPT - 1, 2)})"
        right_until(Called(text, value), text, v, w, data, SCRIPT - 1, 2)


# ---- learning_rate_sweep

N_RATES = 5


ONE_RUN = "The parameters of one run, the best: index every leaf of the stacked ones with its number."


TREE_OF_RUNS = "The stacked parameters are a tree, here a dict: jax.tree.map indexes every leaf with the number of the best run."


def momentum_sgd(rate: Any) -> optax.GradientTransformation:
    return optax.sgd(rate, momentum=MOMENTUM)


def sweep_arguments(rates: Any, w: Any, data: Data, n_epochs: int) -> tuple[Any, ...]:
    params = {"w": jnp.asarray(w, jnp.float32)}
    return jnp.asarray(rates, jnp.float32), params, *data, momentum_sgd, plain_error, jnp.int32(n_epochs)


def sweep(learner: Learner, rates: Any, w: Any, data: Data, n_epochs: int) -> Called:
    with hint_when("must be hashable", TREE_OF_RUNS):
        result = called(learner.learning_rate_sweep, *sweep_arguments(rates, w, data, n_epochs))
    like(result[0], {"w": jnp.zeros(2)}, ONE_RUN)
    return result


@check(
    "learning_rate_sweep",
    "correct",
    hint="One whole run for each rate, all from the same start; losses[r] is that of the last parameters of run r.",
)
def test_learning_rate_sweep_by_hand(learner: Learner) -> None:
    # The loss is (w - 3)² at w = 1: one step leads to 1 + 4 · rate.
    result = sweep(learner, [0.25, 0.0, 0.5, 1.0, 0.125], START, simple_data(0.0), 1)
    result[1].close_to([1.0, 4.0, 0.0, 4.0, 2.25])
    result[0]["w"].close_to(
        [3.0, 0.0], hint="Index every leaf of the stacked parameters with the run of the least loss: argmin."
    )


@check(
    "learning_rate_sweep",
    "correct",
    hint="Each run has a state of its own, made by its own optimiser, which lives through all epochs.",
)
def test_learning_rate_sweep_agrees_with_single_runs(learner: Learner, numbers: Numbers) -> None:
    (rates, w, data), best, losses = drawn_sweep(numbers, 5)
    right_sweep(sweep(learner, rates, w, data, 5), best, losses)


@check(
    "learning_rate_sweep",
    "correct",
    hint="argmin takes a NaN for the least of all. Put infinity in its place where you choose, and leave losses as they are.",
)
def test_learning_rate_sweep_never_chooses_nan(learner: Learner) -> None:
    # 1e30 overflows in the second epoch: infinity, then infinity minus infinity.
    rates = [0.0, 1e30, 0.125, 1e30, 0.03125]
    data = simple_data(0.0)
    result = sweep(learner, rates, START, data, 4)
    ends = [descent_oracle(START, [data] * 4, rate)[0] for rate in rates[::2]]
    losses = np.asarray(result.value[1])
    result[1].require(
        losses.shape == (N_RATES,) and not np.isfinite(losses[1::2]).any(),
        "hides that runs have come to nothing",
        expected="nan or infinity for a rate of 1e30",
        got=losses,
        hint="losses tell what happened: only the choice passes over NaN.",
    )
    Called(f"{result.text}[1][::2]", jnp.asarray(losses[::2])).close_to(
        np.array([error_oracle(end, *data) for end in ends]), rtol=RTOL, atol=ATOL
    )
    result[0]["w"].close_to(ends[1], rtol=RTOL, atol=ATOL)


@check("learning_rate_sweep", "correct", hint=NO_EPOCH)
def test_learning_rate_sweep_for_no_epoch(learner: Learner) -> None:
    with own_hint("out of bounds"):
        result = sweep(learner, [0.25, 0.0, 0.5, 1.0, 0.125], START, simple_data(0.0), 0)
    result[1].close_to([4.0] * N_RATES)
    result[0]["w"].equals([1.0, 0.0])


def drawn_sweep(numbers: Numbers, n_epochs: int) -> tuple[tuple[jax.Array, jax.Array, Data], Array, Array]:
    """Rates, start, data, and what comes of them; the best run is clearly ahead."""
    while True:
        rates, w, data = numbers.uniform(0.01, 0.5, N_RATES), numbers.normal(2), drawn_data(numbers, 0.0)
        ends = [descent_oracle(w, [data] * n_epochs, float(rate))[0] for rate in rates]
        losses = np.array([error_oracle(end, *data) for end in ends])
        first, second = np.sort(losses)[:2]
        if second > 1.001 * first + 1e-4:
            return (rates, w, data), ends[int(np.argmin(losses))], losses


def right_sweep(result: Called, best: Array, losses: Array) -> None:
    result[1].close_to(losses, rtol=RTOL, atol=ATOL)
    result[0]["w"].close_to(best, rtol=RTOL, atol=ATOL)


@check("learning_rate_sweep", "jit", hint=TRACED)
def test_learning_rate_sweep_compiles_once(learner: Learner, numbers: Numbers) -> None:
    drawn = [(n, drawn_sweep(numbers, n)) for n in (5, 7)]
    calls = [sweep_arguments(*problem, n) for n, (problem, _, _) in drawn]
    with own_hint("n_epochs"):
        results = compiles_once(compiled(learner.learning_rate_sweep), calls)
    for (_, (_, best, losses)), result in zip(drawn, results, strict=True):
        like(result[0], {"w": jnp.zeros(2)}, ONE_RUN)
        right_sweep(result, best, losses)


@check(
    "learning_rate_sweep",
    "jit",
    hint="One run as a function of its rate, which is traced: make the optimiser in there, and vmap over the rates.",
)
def test_learning_rate_sweep_does_not_grow_with_its_rates(learner: Learner, numbers: Numbers) -> None:
    (rates, w, data), _, _ = drawn_sweep(numbers, 5)
    twice = np.tile(np.asarray(rates), 2)
    few, many = (sweep_arguments(some, w, data, 5) for some in (rates, twice))
    with own_hint():
        same_size_for(compiled(learner.learning_rate_sweep), few, many)
