"""Checks of bank_step."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day01_pure_functions.shared import goes_round
from grader.toolkit import Handle, Learner, Numbers, check, compiles_once


def leaves_nothing_behind(handle: Handle, *arguments: Any) -> None:
    """A call changes no global of its file, no default and no attribute of a function. Raises WrongAnswer."""
    names = vars(handle.session.learner.module)
    before = _kept_by(names)
    called = handle(*arguments)
    after = _kept_by(names)
    changed = [name for name in after if after[name] != before.get(name)]
    if changed:
        name = changed[0]
        was = before.get(name, "nothing")
        called.require(False, f"changes {name}", expected=f"{name} as it was: {was}", got=after[name])


def _kept_by(names: Mapping[str, Any]) -> dict[str, str]:
    """What the globals of a file hold, as text: of functions, their defaults, attributes and what they close over."""
    kept: dict[str, str] = {}
    for name, value in list(names.items()):
        function = getattr(value, "__wrapped__", value)
        if isinstance(function, types.FunctionType):
            cells = inspect.getclosurevars(function).nonlocals
            attributes = {key: item for key, item in vars(function).items() if key != "__wrapped__"}
            kept[name] = f"{function.__defaults__}, {function.__kwdefaults__}, {cells}, {attributes}"
        elif not name.startswith("__") and not isinstance(value, types.ModuleType | type):
            kept[name] = repr(value)
    return kept


def money(amount: float) -> jax.Array:
    return jnp.asarray(amount, jnp.float32)


@check(
    "bank_step",
    "correct",
    hint="A withdrawal that the balance covers is booked: add the (negative) transaction.",
)
def test_bank_step_by_hand(learner: Learner) -> None:
    learner.bank_step(money(100), money(-30)).close_to((70.0, np.True_))


@check(
    "bank_step", "correct", hint="A refused withdrawal leaves the balance exactly as it was, and says False."
)
def test_bank_step_refuses_to_go_below_zero(learner: Learner) -> None:
    learner.bank_step(money(100), money(-130)).close_to((100.0, np.False_))


@check(
    "bank_step", "correct", hint="Compare with 0 and with no tolerance: the least bit too much is too much."
)
def test_bank_step_refuses_the_least_bit_too_much(learner: Learner) -> None:
    for balance, too_much in ((0.0, -1e-6), (100.0, -100.00001), (1e6, -1000000.1)):
        learner.bank_step(money(balance), money(too_much)).equals((np.float32(balance), np.False_))


@check("bank_step", "correct", hint="Zero is not below zero: taking out everything is allowed.")
def test_bank_step_may_empty_the_account(learner: Learner) -> None:
    learner.bank_step(money(100), money(-100)).close_to((0.0, np.True_))
    learner.bank_step(money(0), money(0)).close_to((0.0, np.True_))


@check(
    "bank_step", "correct", hint="A deposit needs no cover. Only the balance after the transaction decides."
)
def test_bank_step_accepts_every_deposit(learner: Learner) -> None:
    learner.bank_step(money(5), money(20)).close_to((25.0, np.True_))
    learner.bank_step(money(0), money(20)).close_to((20.0, np.True_))
    learner.bank_step(money(3), money(2e6)).equals((np.float32(2_000_003), np.True_))


@check("bank_step", "correct", hint="Each step starts from the balance that came in, and from nothing else.")
def test_bank_step_keeps_an_account_for_a_year(learner: Learner, numbers: Numbers) -> None:
    # Whole amounts: every sum is exact.
    balance, expected = money(0), 0.0
    for transaction in np.asarray(numbers.integers(-50, 60, 52), np.float32):
        accepted = expected + transaction >= 0
        expected = float(expected + transaction) if accepted else expected
        step = learner.bank_step(balance, money(transaction)).equals((expected, np.bool_(accepted)))
        balance = step.value[0]


@check(
    "bank_step",
    "correct",
    hint="Whatever is to be known later must be returned. Drop what writes to a global, a default or an attribute.",
)
def test_bank_step_leaves_nothing_behind(learner: Learner) -> None:
    leaves_nothing_behind(learner.bank_step, money(100), money(-130))


@check(
    "bank_step",
    "jit",
    hint="Compute the proposed balance, compare it with 0, and pick one of the two balances with jnp.where.",
)
def test_bank_step_compiles_once(learner: Learner) -> None:
    compiled = learner.bank_step.jit()
    calls = [(money(100), money(-30)), (money(100), money(-130)), (money(0), money(20))]
    expected = [(70.0, np.True_), (100.0, np.False_), (20.0, np.True_)]
    results = compiles_once(compiled, calls)
    for result, wanted in zip(results, expected, strict=True):
        result.close_to(wanted)
    goes_round(compiled, results[0].value[0], money(-30))
