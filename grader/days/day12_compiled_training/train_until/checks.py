"""Checks of train_until."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day12_compiled_training.shared import (
    AS_IT_IS,
    ATOL,
    MOMENTUM,
    RATE,
    RTOL,
    START,
    STATIC,
    Data,
    N,
    Tree,
    called,
    compiled,
    descent_oracle,
    drawn_data,
    like,
    near,
    simple_data,
    tiny,
    uphill,
)
from grader.toolkit import (
    Called,
    Learner,
    Named,
    Numbers,
    Shown,
    came,
    check,
    compiles_once,
    hint_when,
    own_hint,
)

SCRIPT = 12  # validation losses that are written beforehand


def scripted(count_calls: bool = False) -> optax.GradientTransformation:
    """Descent with momentum on "w"; "at" goes through the script, a place each epoch, whatever the gradients are."""

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
            "at": jnp.ones_like(params["at"]),
            "script": jnp.zeros_like(params["script"]),
        }
        return updates, {"age": age, "velocity": velocity}

    return optax.GradientTransformation(init, update)


RAN: list[Any] = []  # an entry for each epoch that COUNTED really computes
SCRIPTED = Named("optimizer", scripted())
COUNTED = Named("optimizer", scripted(count_calls=True))


def judged_error(params: Tree, x: Any, y: Any) -> Any:
    """Mean squared error; on validation data, which has a 1 at x[0, 0], what the script says, and nothing else."""
    judged = params["script"][params["at"].astype(jnp.int32)]
    return jnp.where(x[0, 0] > 0, judged, jnp.mean((x[:, 1:] @ params["w"] - y) ** 2))


def validation_data() -> tuple[jax.Array, jax.Array]:
    x = np.zeros((N, 3), np.float32)
    x[0, 0] = 1.0
    return jnp.asarray(x), jnp.asarray(np.zeros(N, np.float32))


def scripted_params(v: Sequence[float], w: Any = START) -> Tree:
    """Parameters that will have these validation losses, epoch by epoch; the last one stays."""
    script = np.array([*v, *[v[-1]] * (SCRIPT - len(v))], np.float32)
    return {"w": jnp.asarray(w, jnp.float32), "at": jnp.zeros(()), "script": jnp.asarray(script)}


def until_oracle(v: Sequence[float], n_epochs: int, patience: int) -> tuple[int, int]:
    """The best epoch (0 is the start), and how many epochs were run."""
    v = [float(np.float32(one)) for one in v]
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
    losses = ", ".join(f"{one:.8g}" for one in v)
    return f"train_until with validation losses {losses}, n_epochs={n_epochs}, patience={patience}"


AT_THE_BOTTOM = (
    "Nothing is less than the -inf that came in, and an equal loss is no improvement. Is loss(params, *validation) taken as it is"
    " at first, too, without nan_to_num or the like?"
)


def told_of_the_number(told: int, best: int, n_epochs: int, v: Sequence[float]) -> str | None:
    """What a wrong number of epochs tells by itself; None where the check's hint says it best."""
    if told > n_epochs:
        return "No more than n_epochs epochs: ask epoch < n_epochs before each of them, with epoch = 0 before the first."
    if best and told == best:
        return (
            "Is this the number of the best epoch? Return how many were run, also those after it, in which nothing improved. Or"
            " does `waited` count epochs that did improve?"
        )
    return AT_THE_BOTTOM if v[0] == -math.inf else None


def right_until(
    result: Called, text: str, v: Sequence[float], w: Any, data: Data, n_epochs: int, patience: int
) -> None:
    """Number of epochs first, then the parameters. Raises WrongAnswer."""
    best, ran = until_oracle(v, n_epochs, patience)
    result = Called(text, result.value)
    params = scripted_params(v, w)
    like(result[0], params)
    told = int(result.value[1])
    result.require(
        told == ran,
        "returns another number of epochs",
        expected=f"{ran} epochs; the best one is epoch {best}"
        if best
        else f"{ran} epochs, none better than the start",
        got=f"{told} epochs",
        hint=told_of_the_number(told, best, n_epochs, v),
    )
    hint = (
        AT_THE_BOTTOM
        if v[0] == -math.inf
        else (
            "Give back the best parameters, not the last ones: carry them along beside the current ones, and pick leaf by leaf"
            " with jnp.where in each epoch. Those that came in count, too."
        )
    )
    expected, _ = descent_oracle(w, [data] * best)
    came = round(float(np.nan_to_num(np.asarray(result.value[0]["at"]), nan=-1.0)))
    result.require(
        came == best,
        "gives back the wrong parameters",
        expected=f"those of validation loss {v[best]:.8g}, "
        + (f"from epoch {best}" if best else "which came in"),
        got=f"those of validation loss {v[came]:.8g}, " + (f"from epoch {came}" if came else "which came in")
        if 0 <= came < len(v)
        else f"others, with {came} for the number of their epoch",
        hint=hint,
    )
    result[0]["w"].close_to(expected, rtol=RTOL, atol=ATOL, hint=hint)


def called_until(learner: Learner, arguments: tuple[Any, ...]) -> Called:
    with hint_when(
        came(int),
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
    until(learner, [5, math.nan, 4, 3, math.nan, math.nan, math.nan, 1], 7, 3)


@check(
    "train_until",
    "correct",
    hint="Less is less, by however little: no least difference is asked for, and no share of the loss.",
)
def test_train_until_takes_the_smallest_improvement(learner: Learner) -> None:
    step = 2.0**-21  # the next float32 below 5 is so far away
    until(learner, [5, *(5 - k * step for k in range(1, 6))], 5, 1)
    until(learner, [3e-9, 2e-9, 1e-9, 0.0, -1e-9, -1e-9], 5, 1)
    until(learner, [math.inf, math.inf, 1e30, 1e29, -1e30, -math.inf, -math.inf], 6, 2)


@check("train_until", "correct", hint=AS_IT_IS)
def test_train_until_follows_the_formula_everywhere(learner: Learner, numbers: Numbers) -> None:
    v = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    for case in (uphill, tiny):
        w, data = case(numbers, 0.0)
        result = called_until(learner, until_arguments(scripted_params(v, w), data, 8, 2))
        result.require(
            int(result.value[1]) == 8,
            "returns another number of epochs",
            expected="8 epochs, as the validation loss falls all the time",
            got=f"{int(result.value[1])} epochs",
        )
        near(result[0]["w"], descent_oracle(w, [data] * 8)[0])


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
    lifted = learner.train_until.vmap(in_axes=(0, *(None,) * 7)).jit(static_argnames=STATIC["train_until"])
    result = lifted(*until_arguments(params, data, SCRIPT - 1, 2))
    for row, v in enumerate(scripts):
        value = jax.tree.map(lambda leaf, row=row: jnp.asarray(np.asarray(leaf)[row]), result.value)
        text = f"Run {row} of vmap({story(v, SCRIPT - 1, 2)})"
        right_until(Called(text, value), text, v, w, data, SCRIPT - 1, 2)
