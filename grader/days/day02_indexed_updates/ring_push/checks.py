"""Checks of ring_push."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.toolkit import Learner, Numbers, Unavailable, check, compiles_once, float16


@check(
    "ring_push",
    "correct",
    hint="Write where the cursor stands, leave the rest in place, then move the cursor on.",
)
def test_ring_push_by_hand(learner: Learner) -> None:
    ring, cursor, item = jnp.array([1.0, 2.0, 3.0]), jnp.array(1), jnp.array(9.0)
    learner.ring_push(ring, cursor, item).equals(([1.0, 9.0, 3.0], 2))


@check("ring_push", "correct", hint="From the last place the cursor goes back to 0.")
def test_ring_push_wraps(learner: Learner) -> None:
    ring, item = jnp.array([1.0, 2.0, 3.0]), jnp.array(9.0)
    learner.ring_push(ring, jnp.array(2), item).equals(([1.0, 2.0, 9.0], 0))
    learner.ring_push(jnp.array([1.0]), jnp.array(0), item).equals(([9.0], 0))


@check("ring_push", "correct", hint="An item may be an array of any shape; it replaces all of ring[cursor].")
def test_ring_push_agrees_with_a_list(learner: Learner, numbers: Numbers) -> None:
    ring, cursor = numbers.normal((3, 2, 2)), jnp.array(0)
    kept = list(np.asarray(ring))
    for k in range(5):
        item = numbers.normal((2, 2))
        kept[k % 3] = np.asarray(item)
        pushed = learner.ring_push(ring, cursor, item).equals((np.stack(kept), (k + 1) % 3))
        ring, cursor = pushed.value


@check(
    "ring_push",
    "correct",
    hint="Convert the item to the ring's dtype before they meet; the cursor keeps its integer dtype.",
)
def test_ring_push_keeps_the_dtypes(learner: Learner, numbers: Numbers) -> None:
    ring, cursor, item = float16(numbers.normal(3)), jnp.int16(1), jnp.float32(0.5)
    ring_after, cursor_after = (result := learner.ring_push(ring, cursor, item)).value
    got = f"{ring_after.dtype.name} and {cursor_after.dtype.name}"
    same = (ring_after.dtype, cursor_after.dtype) == (ring.dtype, cursor.dtype)
    result.require(same, "changed a dtype", expected="float16 and int16", got=got)
    result[0].equals(np.array([ring[0], 0.5, ring[2]], np.float16))


@check("ring_push", "jit", hint="The cursor is traced: index with it, wrap it with arithmetic.")
def test_ring_push_compiles_once(learner: Learner, numbers: Numbers) -> None:
    ring, item = numbers.normal((3, 2)), numbers.normal(2)
    calls = [(ring, jnp.int32(k), item) for k in (0, 2)]
    for (_, cursor, _), result in zip(calls, compiles_once(learner.ring_push.jit(), calls), strict=True):
        expected = np.array(ring)
        expected[int(cursor)] = item
        result.equals((expected, (int(cursor) + 1) % 3))


@check("ring_push", "jit", hint="Ring and cursor come out in the shapes and dtypes they went in with.")
def test_ring_push_goes_round_without_a_retrace(learner: Learner, numbers: Numbers) -> None:
    handle = learner.ring_push.jit()
    ring, cursor, item = numbers.normal((3, 2)), jnp.int32(0), numbers.normal(2)
    result = handle(ring, cursor, item)
    before = handle.traces
    for _ in range(4):
        result = handle(*result.value, item)
    traces = handle.traces - before
    complaint = "is traced again when it gets its own result back"
    result.require(traces == 0, complaint, expected="no new trace", got=f"{traces} new traces")
    result.equals((np.stack([item] * 3), 5 % 3))


@check(
    "ring_push",
    "jit",
    hint="Write the one place that changes; rolling, joining or gathering the ring makes another one.",
)
def test_ring_push_lives_in_the_old_ring(learner: Learner, numbers: Numbers) -> None:
    handle = learner.ring_push.jit(donate_argnums=0)
    ring, cursor, item = numbers.normal((1024, 2)), jnp.int32(700), numbers.normal(2)
    expected, n_bytes = np.array(ring), ring.nbytes
    expected[700] = item
    memory = handle.compiled(ring, cursor, item).memory_analysis()
    if memory is None:
        raise Unavailable("This platform does not tell how much memory a program needs.")
    result = handle(ring, cursor, item).equals((expected, 701))
    result.require(
        ring.is_deleted() and memory.alias_size_in_bytes >= n_bytes,
        "did not take the old ring's memory over, although it was donated",
        expected=f"{n_bytes} bytes shared with the old ring",
        got=f"{memory.alias_size_in_bytes} bytes",
        hint="A donated buffer is used again for a result of the same shape and dtype. Return such a ring.",
    )
    # The ring is 8 KiB; what else a write needs is a few hundred bytes.
    result.require(
        memory.temp_size_in_bytes < n_bytes // 2,
        "makes another ring on the way",
        expected=f"far less than the ring's {n_bytes} bytes of temporary memory",
        got=f"{memory.temp_size_in_bytes} bytes",
    )
