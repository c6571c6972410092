"""Checks of shard_map_train_step."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh

from grader.days.day13_devices.shared import (
    FEATURES,
    RATE,
    ROWS,
    Tree,
    gradient_oracle,
    holds_no_more_than_its_part,
    line_of_zeros,
    must_sum_over_devices,
    once,
    regression,
    so_many_devices,
    step_oracle,
    torn_apart,
    whole_on_each_device,
)
from grader.toolkit import Called, Learner, Numbers, RaisedError, agrees_once, check, compiled_if_possible


@functools.cache
def data_mesh(n_devices: int) -> Mesh:
    """A mesh over the last devices, which nobody gets who makes one of his own."""
    devices = jax.devices()[-n_devices:]
    return jax.make_mesh((n_devices,), ("data",), axis_types=(AxisType.Auto,), devices=devices)


def shard_map_step(
    learner: Learner, problem: tuple[Tree, jax.Array, jax.Array], n_devices: int, rate: float = RATE
) -> Called:
    """The step, on a mesh of that many devices; two things of the right shapes."""
    params, x, y = problem
    called = compiled_if_possible(
        learner.shard_map_train_step, params, x, y, rate, data_mesh(n_devices), static="mesh"
    )
    hint = 'out_specs=P(): one result that is whole on each device. With P("data") the devices\' results are laid end to end.'
    return called.close_to(step_oracle(params, x, y, rate), atol=math.inf, hint=hint)


@check(
    "shard_map_train_step",
    "correct",
    hint="params' = params - learning_rate · gradient, where the gradient is that of the mean over all rows.",
)
def test_shard_map_train_step_counts_the_gradient_once(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    problem = regression(numbers, ROWS * n)
    called = shard_map_step(learner, problem, n)
    gradient, _ = gradient_oracle(*problem)
    summed = (
        "Under shard_map the gradient of what is whole on each device is summed over the devices already, and the mean of "
        'equal numbers changes nothing. Put the mean inside: grad of lax.pmean(loss, "data").'
    )
    unchecked = (
        "With check_vma=False nothing is summed for you: the gradient of a device is that of its own rows. Does lax.psum add "
        "them up afterwards, where lax.pmean is meant? Or leave check_vma=False out, and take grad of lax.pmean(loss)."
    )

    def hint_for(times: int) -> str | None:
        if times != n:
            return None
        compiled = learner.shard_map_train_step.jit(static_argnames="mesh")
        try:
            program = compiled.program(*problem, RATE, mesh=data_mesh(n))
        except RaisedError:  # it does not compile, and says nothing of how it is made
            return summed
        return unchecked if program.unchecked_map else summed

    once(called[0], problem[0], gradient, RATE, n, hint_for)


@check(
    "shard_map_train_step",
    "correct",
    hint="The devices have not agreed on a gradient, or a loss. check_vma=False takes your word for it that they have: "
    "leave it out, and shard_map tells you where a pmean is missing.",
)
def test_shard_map_train_step_keeps_devices_alike(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    whole_on_each_device(shard_map_step(learner, regression(numbers, ROWS * n), n), n)


@check(
    "shard_map_train_step",
    "correct",
    hint="Gradient and loss of the *mean* squared error over all rows, at the old parameters. x and y are cut alike, "
    'in_specs P("data") for both: so a device has the targets of its own rows.',
)
def test_shard_map_train_step_by_hand(learner: Learner) -> None:
    n = jax.device_count()
    called = shard_map_step(learner, line_of_zeros(ROWS * n), n, 0.5)
    nothing = {"w": np.zeros(FEATURES), "c": np.float64(0)}, np.float64(0)
    first = f"every device has the first {ROWS} targets, y[:{ROWS}], which are 0"
    called.close_to(({"w": np.full(FEATURES, 0.5), "c": 0.5}, 0.5), neighbours={first: lambda: nothing})


@check(
    "shard_map_train_step",
    "correct",
    hint='in_specs: P() for what is whole, P("data") for x and y alike: row i of x belongs to y[i], so reorder neither. The '
    "loss is that of the whole batch: pmean.",
)
def test_shard_map_train_step_equals_the_full_batch_step(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    problem = regression(numbers, ROWS * n)
    shard_map_step(learner, problem, n).close_to(
        step_oracle(*problem, RATE), rtol=1e-4, atol=1e-5, neighbours=torn_apart(*problem, RATE, n)
    )


@check(
    "shard_map_train_step",
    "correct",
    hint="The mesh here is smaller than jax.device_count(). lax.pmean knows the size of its axis; so does mesh.size.",
)
def test_shard_map_train_step_takes_a_smaller_mesh(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    problem = regression(numbers, ROWS * n)
    mesh = data_mesh(1 if n < 4 else 2)
    called = shard_map_step(learner, problem, mesh.size)
    called.close_to(step_oracle(*problem, RATE), rtol=1e-4, atol=1e-5)
    wanted = {device.id for device in mesh.devices.flat}
    for leaf in jax.tree.leaves(called.value):
        lies = {device.id for device in leaf.sharding.device_set}
        called.require(
            lies == wanted,
            "lies on other devices than those of the mesh",
            expected=f"those of the mesh: {_listed(wanted)}",
            got=f"the devices {_listed(lies)}" if len(lies) > 1 else f"device {_listed(lies)}",
            hint="`mesh` says which devices take part: hand it on, jax.shard_map(..., mesh=mesh), and make none of your own.",
        )


def _listed(ids: set[int]) -> str:
    return ", ".join(map(str, sorted(ids)))


@check(
    "shard_map_train_step",
    "correct",
    hint="One row more than the devices can share: let shard_map refuse it. Rows that are dropped or made up change the "
    "mean.",
)
def test_shard_map_train_step_changes_no_batch(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    problem = regression(numbers, ROWS * n + 1)
    handle = learner.shard_map_train_step

    def attempt() -> Any:
        try:
            return handle.function(*problem, RATE, data_mesh(n))
        except ValueError:
            return None

    found = handle.using(
        f"shard_map_train_step(a batch of {ROWS * n + 1} rows, a mesh of {so_many_devices(n)})", attempt
    )
    if found.value is not None:
        found.close_to(step_oracle(*problem, RATE), rtol=1e-4, atol=1e-5)


@check("shard_map_train_step", "jit", hint="Only the mesh is static; learning_rate may be traced.")
def test_shard_map_train_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    calls = [(*regression(numbers, ROWS * n), rate) for rate in (RATE, 0.5)]
    compiled = learner.shard_map_train_step.jit(static_argnames="mesh")
    agrees_once(
        compiled,
        calls,
        lambda *call, mesh: step_oracle(*call),
        rtol=1e-4,
        atol=1e-5,
        leaks=False,
        mesh=data_mesh(n),
    )


@check(
    "shard_map_train_step",
    "jit",
    hint='in_specs=P("data") gives each device its own rows; lax.pmean over "data" is the all-reduce.',
)
def test_shard_map_train_step_sends_gradients(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    call = (*regression(numbers, ROWS * n), RATE)
    compiled = learner.shard_map_train_step.jit(static_argnames="mesh")
    must_sum_over_devices(
        compiled, *call, mesh=data_mesh(n), at_most=FEATURES + 2, each="gradients and a loss"
    )


@check(
    "shard_map_train_step",
    "jit",
    hint='A device that is given all rows works on all of them: in_specs=P("data") for x and y, P() for what is whole.',
)
def test_shard_map_train_step_splits_the_rows(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    call = (*regression(numbers, ROWS * n), RATE)
    compiled = learner.shard_map_train_step.jit(static_argnames="mesh")
    each = f"{ROWS} rows of {FEATURES}"
    holds_no_more_than_its_part(compiled, *call, mesh=data_mesh(n), at_most=ROWS * FEATURES, each=each)
