"""Checks of epoch_batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.days.day12_compiled_training.shared import MIXES, called, compiled, margin, mixed
from grader.toolkit import (
    Array,
    Called,
    Learner,
    Numbers,
    check,
    compiles_once,
    hint_when,
    raised,
    same_size_for,
    uses_each_key_once,
)

DEALT, BATCH = 7, 3
N_KEYS = 256


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


NO_SEED = (
    "Is it to be a seed, for NumPy's shuffle or Python's? What is drawn while JAX traces is no number yet. Shuffle in JAX, with"
    " the key itself: jax.random.permutation."
)


@check(
    "epoch_batches",
    "jit",
    hint="n and batch_size are static, the key is traced: only jax.random can draw from it.",
)
def test_epoch_batches_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.key(), DEALT, BATCH) for _ in range(2)]
    with hint_when(raised("ConcretizationTypeError", line=r"\b(int|float)\(|\.item\("), NO_SEED):
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
