"""Checks of sharded_train_step."""

from __future__ import annotations

import ast
from contextlib import nullcontext

import jax
import numpy as np

from grader.days.day13_devices.shared import (
    ANY_NUMBER,
    FEATURES,
    RATE,
    ROWS,
    holds_no_more_than_its_part,
    line_of_zeros,
    must_sum_over_devices,
    names_no_number_of_devices,
    parts_of,
    regression,
    step_oracle,
    torn_apart,
    whole_on_each_device,
)
from grader.toolkit import (
    Called,
    Handle,
    Kind,
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    hint_when,
    of_kind,
)

_WHICH_AXIS = (
    'Which axis is split? P("data") splits axis 0, the rows; P(None, "data") splits the features, and no device has a whole row. '
    "Rows stay on their device: average there first, and send what is left of them."
)


def drops_a_constraint(handle: Handle) -> bool:
    """Whether the learner calls with_sharding_constraint and does not keep what it returns."""
    return any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).rpartition(".")[2] == "with_sharding_constraint"
        for part in parts_of(handle)
        for node in ast.walk(part)
    )


@check(
    "sharded_train_step",
    "correct",
    hint="Write the step as for one device: mean squared error over all m rows, its gradient, p - learning_rate · g.",
)
def test_sharded_train_step_by_hand(learner: Learner) -> None:
    params, x, y = line_of_zeros(ROWS * jax.device_count())
    called = compiled_if_possible(learner.sharded_train_step, params, x, y, 0.5)
    called.close_to(({"w": np.full(FEATURES, 0.5), "c": 0.5}, 0.5))


@check(
    "sharded_train_step",
    "correct",
    hint="The loss is that of the old parameters, over all m rows, and row i of x belongs to y[i]; shardings say where arrays "
    "lie and change no value.",
)
def test_sharded_train_step_random(learner: Learner, numbers: Numbers) -> None:
    problem = regression(numbers, ROWS * jax.device_count())
    called = compiled_if_possible(learner.sharded_train_step, *problem, RATE)
    others = torn_apart(*problem, RATE, jax.device_count())
    called.close_to(step_oracle(*problem, RATE), rtol=1e-4, atol=1e-5, neighbours=others)


@check("sharded_train_step", "correct", hint=ANY_NUMBER)
def test_sharded_train_step_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.sharded_train_step)


@check("sharded_train_step", "jit", hint="jnp throughout: learning_rate, too, may be traced.")
def test_sharded_train_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(*regression(numbers, ROWS * jax.device_count()), rate) for rate in (RATE, 0.5)]
    agrees_once(learner.sharded_train_step.jit(), calls, step_oracle, rtol=1e-4, atol=1e-5, leaks=False)


@check(
    "sharded_train_step",
    "jit",
    hint="Rows that are split over devices make a mean over rows an all-reduce. Under jit, device_put asks for nothing: say "
    'it with lax.with_sharding_constraint(x, NamedSharding(mesh, P("data"))), or with in_shardings of a jit of your own.',
)
def test_sharded_train_step_sends_gradients(learner: Learner, numbers: Numbers) -> None:
    call = (*regression(numbers, ROWS * jax.device_count()), RATE)
    handle = learner.sharded_train_step
    keep = "with_sharding_constraint changes nothing in place. It returns the array: x = lax.with_sharding_constraint(x, ...)."
    dropped = hint_when(of_kind(Kind.IDLE_DEVICES), keep)
    with dropped if drops_a_constraint(handle) else nullcontext():
        must_sum_over_devices(
            handle.jit(), *call, at_most=FEATURES + 2, each="gradients and a loss", hint=_WHICH_AXIS
        )


@check(
    "sharded_train_step",
    "jit",
    hint="P() is the spec of what every device holds whole: with_sharding_constraint(result, NamedSharding(mesh, P())), or "
    "out_shardings.",
)
def test_sharded_train_step_returns_whole_parameters(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()  # and as many features: an array of them could be split
    problem = regression(numbers, ROWS * n, n)
    called = learner.sharded_train_step.jit()(*problem, RATE).close_to(
        step_oracle(*problem, RATE), rtol=1e-4, atol=1e-5
    )
    whole_on_each_device(called, n)


@check(
    "sharded_train_step",
    "jit",
    hint="Write the step as for one device, say where x and y lie and where the results shall, and leave the rest to the "
    "compiler. The collectives by hand are for the next exercise.",
)
def test_sharded_train_step_leaves_collectives_to_the_compiler(learner: Learner, numbers: Numbers) -> None:
    call = (*regression(numbers, ROWS * jax.device_count()), RATE)
    compiled = learner.sharded_train_step.jit()
    maps = sorted({"shard_map", "xla_pmap"} & set(compiled.program(*call).primitives))
    Called(compiled.shown, None, about="The program of").require(
        not maps,
        "says what each device does",
        expected="shardings alone: no shard_map, no pmap",
        got=f"a {maps[0]}, of your own or of a pmap" if maps else "",
    )


@check(
    "sharded_train_step",
    "jit",
    hint='The rows of x and y are split: lax.with_sharding_constraint((x, y), NamedSharding(mesh, P("data"))) says so of both.',
)
def test_sharded_train_step_splits_the_rows(learner: Learner, numbers: Numbers) -> None:
    call = (*regression(numbers, ROWS * jax.device_count()), RATE)
    each = f"{ROWS} rows of {FEATURES}"
    holds_no_more_than_its_part(learner.sharded_train_step.jit(), *call, at_most=ROWS * FEATURES, each=each)
