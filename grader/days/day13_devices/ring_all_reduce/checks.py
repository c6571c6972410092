"""Checks of ring_all_reduce."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.shared import ANY_NUMBER, must_use_all_devices, names_no_number_of_devices
from grader.toolkit import Called, Learner, Numbers, agrees_once, check, compiled_if_possible, wide


@check(
    "ring_all_reduce",
    "correct",
    hint="Pass on what came, not what was there at first or the running total: after round r a device holds the array "
    "that began r places before it. n - 1 rounds, and the last device sends to the first one.",
)
def test_ring_all_reduce_adds_each_row_once(learner: Learner) -> None:
    n = jax.device_count()
    # Of the result, [k, i] says how often k has added row i; the last column is there to be 0.
    called = compiled_if_possible(learner.ring_all_reduce, jnp.eye(n, n + 1))
    called.close_to(np.ones((n, n + 1)), atol=math.inf)
    called.require(
        not np.asarray(called.value)[:, n].any(),
        "adds what is in none of the arrays",
        expected="0 in the last column, as in all rows of x",
        got=np.asarray(called.value)[:, n],
    )
    for k, row in enumerate(np.asarray(called.value)[:, :n]):
        if not np.allclose(row, 1):
            i = int(np.argmax(~np.isclose(row, 1)))
            called.require(
                False,
                f"adds the wrong arrays on device {k}",
                expected="the array of each device once",
                got=f"that of device {i} {row[i]:.3g} times" if row[i] else f"that of device {i} not at all",
            )


@check("ring_all_reduce", "correct", hint="out[k] is the sum of all rows, the same on every device.")
def test_ring_all_reduce_random(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    units = np.ones(n + 1, np.float32)
    units[:2] = 1e-7, 1e7
    x = jnp.asarray(np.asarray(numbers.normal((n, n + 1))) * units)
    total = wide(x).sum(axis=0)
    called = compiled_if_possible(learner.ring_all_reduce, x)
    # A sum may cancel: as near as some roundings of the largest term.
    near = 1e-5 * np.abs(np.asarray(x)).max(axis=0)
    for column, atol in enumerate(near):
        part = Called(f"{called.text}[:, {column}]", jnp.asarray(np.asarray(called.value)[:, column]))
        part.close_to(np.full(n, total[column]), atol=float(atol))


@check("ring_all_reduce", "correct", hint=ANY_NUMBER)
def test_ring_all_reduce_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.ring_all_reduce)


@check("ring_all_reduce", "jit", hint="The number of devices is a Python number: jax.device_count().")
def test_ring_all_reduce_compiles_once(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    xs = [numbers.normal((n, n + 1)) for _ in range(2)]
    agrees_once(
        learner.ring_all_reduce.jit(),
        [(x,) for x in xs],
        lambda x: np.stack([wide(x).sum(axis=0)] * n),
        atol=1e-5,
        leaks=False,
    )


@check(
    "ring_all_reduce",
    "jit",
    hint="lax.ppermute(x, axis_name, [(source, destination), ...]) sends an array on; adding up is yours, step by step.",
)
def test_ring_all_reduce_passes_messages_on(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    messages = must_use_all_devices(learner.ring_all_reduce.jit(), numbers.normal((n, n + 1)))
    names = {message.collective for message in messages}
    others = sorted(names - {"collective-permute"})
    Called("jit(ring_all_reduce)", None, about="The program of").require(
        names == {"collective-permute"},
        "uses the wrong collectives",
        expected="ppermute (collective-permute) alone",
        got=", ".join(others) or "no collective at all",
    )


ADDS = frozenset({
    "add", "add_any", "sub", "reduce_sum", "reduce", "dot_general", "cumsum", "cumlogsumexp", "conv_general_dilated",
    "reduce_window", "reduce_window_sum", "scatter-add", "scatter_add", "while", "scan", "fft",
})  # fmt: skip


@check(
    "ring_all_reduce",
    "jit",
    hint="Each device is given its own row of x, and adds what its neighbour sends. Nothing is added up before the map or after"
    " it, and no device is given all of x.",
)
def test_ring_all_reduce_adds_on_the_devices(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    program = learner.ring_all_reduce.jit().program(numbers.normal((n, n + 1)))
    told = Called("jit(ring_all_reduce)", None, about="The program of")
    outside = sorted(ADDS & set(program.floats_outside_of_maps))
    told.require(
        not outside,
        "adds outside the map",
        expected="sums on the devices alone",
        got=f"{outside[0]} before the map or after it" if outside else "",
    )
    largest = max(program.given_to_devices, default=0)
    told.require(
        largest <= n + 1,
        "gives a device more than its row",
        expected=f"the {n + 1} numbers of one row of x on each device",
        got=f"{largest} numbers",
    )
