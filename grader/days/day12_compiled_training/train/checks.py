"""Checks of train."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax  # type: ignore[import-untyped]

from grader.days.day12_compiled_training.shared import (
    AS_IT_IS,
    ATOL,
    GOAL,
    MOMENTUM,
    NOISE,
    RATE,
    ROWS,
    RTOL,
    START,
    STATE_HINT,
    TRACED,
    Data,
    Tree,
    called,
    compiled,
    depends_on_the_key,
    descent_oracle,
    drawing_error,
    drawn_data,
    ends_in_nothing,
    epoch_arguments,
    kept_its_state,
    like,
    near,
    neighbours,
    new_noise,
    noisy_batches,
    overflowing,
    recorded_params,
    reuses_no_key,
    simple_data,
    tiny,
    took_steps,
    uphill,
)
from grader.toolkit import (
    Called,
    Learner,
    Named,
    Numbers,
    Shown,
    check,
    compiles_once,
    must_beat,
    own_hint,
    raised,
    wide,
)

PLAIN = Named("sgd", optax.sgd(RATE, momentum=MOMENTUM))


def quiet_error(params: Tree, x: Any, y: Any, key: Any) -> Any:
    """The same without noise: whoever makes other keys gets the same parameters."""
    return jnp.mean((x[:, 1:] @ params["w"] - y) ** 2)


def trained(learner: Learner, numbers: Numbers, data: Data, w: Any, n_epochs: int) -> Called:
    """The parameters after a run of `train`, in the right structure."""
    result = called(learner.train, *epoch_arguments(numbers, data, w, jnp.int32(n_epochs)))
    return like(result, recorded_params(w))


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
    _, *rest = epoch_arguments(numbers, simple_data(1.0), START, jnp.int32(ROWS))
    one, two = (
        like(called(learner.train, key, *rest), recorded_params(START)) for key in neighbours(numbers)
    )
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


@check("train", "correct", hint=AS_IT_IS)
def test_train_follows_the_formula_everywhere(learner: Learner, numbers: Numbers) -> None:
    took_steps(trained(learner, numbers, simple_data(0.0), GOAL, ROWS), ROWS, f"one in each of {ROWS} epochs")
    for case in (uphill, tiny):
        w, data = case(numbers, 0.0)
        result = trained(learner, numbers, data, w, ROWS)
        took_steps(result, ROWS, f"one in each of {ROWS} epochs")
        near(result["w"], descent_oracle(w, [data] * ROWS)[0])
    w, data = overflowing(numbers, 0.0)
    ends_in_nothing(trained(learner, numbers, data, w, ROWS)["w"], "the rate is far too large here")


@check("train", "jit", hint=TRACED)
def test_train_compiles_once(learner: Learner, numbers: Numbers) -> None:
    data, counts = drawn_data(numbers, 0.5), (ROWS, 3)
    starts = [numbers.normal(2) for _ in counts]
    calls = [epoch_arguments(numbers, data, w, jnp.int32(n)) for w, n in zip(starts, counts, strict=True)]
    with own_hint(raised(line="n_epochs")):
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


def eager_train(
    key: Any, params: Any, x: Any, y: Any, optimizer: Any, loss: Any, n_epochs: Any
) -> dict[str, Any]:
    now = params
    state = optimizer.init(now)
    for _ in range(int(n_epochs)):
        gradients = jax.grad(loss)(now, x, y, key)
        updates, state = optimizer.update(gradients, state, now)
        now = optax.apply_updates(now, updates)
    return now  # type: ignore[no-any-return]


# On two cores an eager epoch takes some 2 ms, a compiled run of sixteen 0.1 ms.
TRAIN_GATE = 200.0


@check(
    "train",
    "speed",
    hint="n_epochs rounds of the loop and no more: a mask over a longer loop saves nothing. One gradient and one update in each,"
    " and nothing that walks over the examples.",
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
        gate=TRAIN_GATE,
        numbers=numbers,
        agree=agree,
    )
