"""What several exercises of day 13 use in their checks.

What a program does on several devices is read from the compiled program: for how many devices it is, which collectives
are in it, and how large their messages are. No check knows how many devices there are.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Called, Draw, Handle, Kind, Numbers, need_several_devices, wide

# No power of two: messages that go round by doubling their distance, and halves of halves, do not come out even.
need_several_devices(6)

Tree = Any

ROWS, FEATURES = 4, 3  # of a device

# ---- where arrays lie


_WHOLE = (
    "Each device holds the copies of all. P() is the spec of what is whole everywhere; a spec that names the mesh's axis, "
    'P("devices"), cuts the first axis: one slice for each device.'
)


def one_slice_on_each_device(called: Called, n_devices: int) -> None:
    """Slice k of each leaf is all that one of the first devices holds. Raises WrongAnswer."""
    wanted = set(jax.devices()[:n_devices])
    for path, leaf in jax.tree_util.tree_leaves_with_path(called.value):
        shards = leaf.addressable_shards
        whole = shards[0].data.shape == leaf.shape
        holds = {shard.device for shard in shards}
        if not (holds == wanted and all(shard.data.shape[0] == 1 for shard in shards)):
            where = so_many_devices(len(holds))
            if holds == wanted:
                got = f"whole on each of {where}" if whole else f"cut along another axis, on {where}"
            else:
                got = f"an array on {where}"
            name = jax.tree_util.keystr(path)
            of = "device" if n_devices == 1 else f"of the first {n_devices} devices"
            Called(called.text + name, leaf).require(
                False,
                "lies in the wrong place",
                expected=f"one slice on each {of}",
                got=got,
                hint=_WHOLE if holds == wanted and whole and n_devices > 1 else None,
            )


def whole_on_each_device(called: Called, n_devices: int) -> None:
    """Each of the devices holds each leaf, all of it, with the same numbers. Raises WrongAnswer."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(called.value):
        part = Called(called.text + jax.tree_util.keystr(path), leaf)
        shards = leaf.addressable_shards
        on = len({shard.device for shard in shards})
        part.require(
            leaf.is_fully_replicated and on == n_devices,
            "lies in the wrong place",
            expected=f"a whole copy on each of {so_many_devices(n_devices)}",
            got=f"split over {so_many_devices(on)}"
            if not leaf.is_fully_replicated
            else f"one on {so_many_devices(on)}",
        )
        first, *others = (np.asarray(shard.data) for shard in shards)
        for shard, other in zip(shards[1:], others, strict=True):
            alike(part, first, other, f"device {shard.device.id}")


def alike(part: Called, first: Array, other: Array, name: str) -> None:
    # Not bit by bit: a sum may be rounded otherwise on another device.
    if not np.allclose(first, other, rtol=1e-4, atol=1e-5, equal_nan=True):
        place = tuple(int(i) for i in np.argwhere(~np.isclose(first, other, rtol=1e-4, atol=1e-5))[0])
        part.require(
            False,
            "differs from device to device",
            expected=f"{first[place]:.5g}, as on device 0",
            got=f"{other[place]:.5g} on {name}",
            kind=Kind.VALUE,
        )


def so_many_devices(count: int) -> str:
    return "1 device" if count == 1 else f"{count} devices"


# ---- what stands in the source


ANY_NUMBER = (
    "Here there are so many devices; the next machine has another number of them. jax.device_count() knows it, and so does the "
    "shape of an array that has an axis of devices."
)


USUAL = 8  # devices of many a machine, and in the lesson


def names_no_number_of_devices(handle: Handle) -> None:
    """The learner's function, and what it uses of the same file, has no literal for the number of devices.

    Nor for one less, which a ring needs; nor the number of which the lesson speaks. Numbers up to three may mean
    anything. Raises WrongAnswer.
    """
    n = jax.device_count()
    forbidden = {number for number in (n, n - 1, USUAL) if number > 3}
    for part in parts_of(handle):
        for node in ast.walk(part):
            if not (isinstance(node, ast.Constant) and type(node.value) in {int, float}):
                continue
            if node.value in forbidden:
                asked = "jax.device_count() - 1" if node.value == n - 1 else "jax.device_count()"
                Called(handle.name, None).require(
                    False,
                    "works for one number of devices alone",
                    expected=f"{asked}, and no {node.value}",
                    got=f"{node.value} on {handle.session.learner.where(node.lineno)}",
                )


def parts_of(handle: Handle) -> list[ast.AST]:
    """The learner's function, and the functions and constants of the same file that it uses."""
    definitions: dict[str, ast.AST] = {}
    for node in handle.session.learner.tree.body:
        if isinstance(node, ast.FunctionDef):
            definitions[node.name] = node
        elif isinstance(node, ast.Assign):
            names = [
                inner.id
                for target in node.targets
                for inner in ast.walk(target)
                if isinstance(inner, ast.Name)
            ]
            definitions |= dict.fromkeys(names, node)
    found: dict[str, ast.AST] = {}
    waiting = [handle.name]
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in found:
            found[name] = definitions[name]
            waiting += _names_from_outside(definitions[name])
    return list(found.values())


def _names_from_outside(part: ast.AST) -> set[str]:
    """What a function reads and nobody sets in it: an argument x is not the x at the top of the file."""
    read: set[str] = set()
    own: set[str] = set()
    for node in ast.walk(part):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else own).add(node.id)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.FunctionDef) and node is not part:
            own.add(node.name)
    return read - own


# ---- what the devices send each other


@dataclass(frozen=True)
class Message:
    """A collective in a compiled program, and the number of elements in the largest array that it gives."""

    collective: str
    size: int


_MESSAGE = re.compile(
    r"= (?P<arrays>.*?) (?P<name>all-reduce|all-gather|all-to-all|ragged-all-to-all|reduce-scatter|collective-permute"
    r"|collective-broadcast)(?:-start)?\("
)
_SUMS = frozenset({"all-reduce", "reduce-scatter"})


def messages_of(text: str) -> list[Message]:
    """The collectives in the text of a compiled program."""
    found = []
    for match in _MESSAGE.finditer(text):
        shapes = re.findall(r"\w+\[([\d,]*)\]", match["arrays"])
        sizes = [math.prod(int(size) for size in shape.split(",") if size) for shape in shapes]
        found.append(Message(match["name"], max(sizes, default=0)))
    return found


def must_use_all_devices(handle: Handle, *arguments: Any, **keywords: Any) -> list[Message]:
    """The compiled program is one for all devices. Returns its collectives. Raises WrongAnswer."""
    text = handle.compiled(*arguments, **keywords).as_text()
    counts = [int(count) for count in re.findall(r"num_(?:partitions|replicas)=(\d+)", text)]
    n_devices = jax.device_count()
    if math.prod(counts) != n_devices:
        call = handle.program(*arguments, **keywords).call  # its shapes may say why
        Called(call, None, about="The program of").require(
            False,
            "does not run on all devices",
            expected=f"a compiled program for {so_many_devices(n_devices)}",
            got=f"one for {so_many_devices(math.prod(counts))}",
            kind=Kind.IDLE_DEVICES,
        )
    return messages_of(text)


_LESS_TO_SEND = "The rows stay on their device: sum or average there first, and send what is left of them."


def must_sum_over_devices(
    handle: Handle,
    *arguments: Any,
    at_most: int,
    each: str,
    hint: str | None = _LESS_TO_SEND,
    **keywords: Any,
) -> None:
    """All devices work, sums travel between them, and no message is larger than `at_most` numbers: `each` says of what.

    `hint` is for messages that are too large. Raises WrongAnswer.
    """
    messages = must_use_all_devices(handle, *arguments, **keywords)
    program = Called(handle.shown, None, about="The program of")
    names = sorted({message.collective for message in messages})
    program.require(
        _SUMS & set(names),
        "adds nothing up over devices",
        expected="an all-reduce in the compiled program",
        got=", ".join(names) or "no collective at all",
    )
    largest = max(messages, key=lambda message: message.size)
    program.require(
        largest.size <= at_most,
        "sends too much between devices",
        expected=f"messages of at most {at_most} numbers: {each}",
        got=f"{'an' if largest.collective.startswith('a') else 'a'} {largest.collective} of {largest.size} numbers",
        hint=hint,
    )


def holds_no_more_than_its_part(
    handle: Handle, *arguments: Any, at_most: int, each: str, **keywords: Any
) -> None:
    """No device is given an array of more than `at_most` elements: `each` says what is so large.

    Where there is a map over devices, it says so itself. Else it is read from the compiled program, if the platform tells,
    how much all arguments take on a device; twice the parts of the large ones is too much. Raises WrongAnswer.
    """
    given = handle.program(*arguments, **keywords).given_to_devices
    got = f"an array of {max(given, default=0)} numbers on each"
    too_much = max(given, default=0) > at_most
    memory = None if given else handle.compiled(*arguments, **keywords).memory_analysis()
    if memory is not None:
        sizes = [np.size(leaf) for leaf in jax.tree.leaves(arguments)]
        parts = sum(size for size in sizes if size > at_most) / jax.device_count()
        on_each = memory.argument_size_in_bytes // 4 - sum(size for size in sizes if size <= at_most)
        too_much, got = (
            on_each > 2 * parts,
            f"{on_each} numbers on each, where all parts together have {parts:.0f}",
        )
    Called(handle.shown, None, about="The program of").require(
        not too_much,
        "gives a device more than its part",
        expected=f"at most {at_most} numbers of each array on a device: {each}",
        got=got,
    )


def replicas_oracle(tree: Tree, n_devices: int) -> Tree:
    return jax.tree.map(lambda leaf: np.stack([np.asarray(leaf)] * n_devices), tree)


# ---- linear regression


RATE = 0.25


def regression(numbers: Numbers, rows: int, d: int = FEATURES) -> tuple[Tree, jax.Array, jax.Array]:
    """Parameters {"w", "c"}, and rows whose gradients differ from device to device."""
    x = np.asarray(numbers.normal((rows, d))) + np.linspace(-1.0, 1.0, rows)[:, None]
    y = np.asarray(numbers.normal(rows)) + np.linspace(2.0, -1.0, rows)
    params = {"w": numbers.normal(d), "c": numbers.normal()}
    return params, jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32)


def gradient_oracle(params: Tree, x: Any, y: Any) -> tuple[Tree, float]:
    """Gradient and loss of the whole batch."""
    x, y = wide(x), wide(y)
    residual = x @ wide(params["w"]) + float(params["c"]) - y
    return {"w": 2 * x.T @ residual / len(y), "c": 2 * residual.mean()}, float(np.mean(residual**2))


def step_oracle(params: Tree, x: Any, y: Any, rate: float) -> tuple[Tree, Any]:
    gradient, loss = gradient_oracle(params, x, y)
    new = jax.tree.map(lambda p, g: wide(p) - rate * g, params, gradient)
    return new, np.float64(loss)


def torn_apart(
    params: Tree, x: Any, y: Any, rate: float, n_devices: int
) -> dict[str, Callable[[], tuple[Tree, Any]]]:
    """Steps in which row i of x has another target than y[i], by name."""
    x, y = np.asarray(x), np.asarray(y)
    return {
        "the rows of x in reverse order, and y as it was": lambda: step_oracle(params, x[::-1], y, rate),
        "the rows of x in blocks, and y dealt out to the devices one by one": lambda: step_oracle(
            params, x, y.reshape(-1, n_devices).T.ravel(), rate
        ),
        "y in blocks, and the rows of x dealt out to the devices one by one": lambda: step_oracle(
            params, x.reshape(-1, n_devices, x.shape[1]).swapaxes(0, 1).reshape(x.shape), y, rate
        ),
        "the first rows' targets on every device": lambda: step_oracle(
            params, x, np.tile(y[: len(y) // n_devices], n_devices), rate
        ),
    }


def once(
    called: Called,
    params: Tree,
    gradient: Tree,
    rate: float,
    count: int,
    hint_for: Callable[[int], str | None],
) -> None:
    """The step that was taken is the gradient, once, and no multiple of it. Raises WrongAnswer.

    `hint_for` has a hint for a gradient that counts so many times. What is no multiple at all is left to other checks.
    """
    taken = jax.tree.map(lambda p, new: (wide(p) - np.asarray(new)) / rate, params, called.value)
    ones, twos = (
        np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)]) for tree in (taken, gradient)
    )
    factor = float(ones @ twos / (twos @ twos))
    size = np.linalg.norm(twos) * max(1.0, abs(factor))
    is_multiple = np.linalg.norm(ones - factor * twos) < 1e-3 * size  # float32 leaves 1e-5 or so
    if is_multiple and abs(factor - 1) > 0.01:
        whole = round(factor) if abs(factor) >= 1 else 0
        times = f"{whole}" if whole and abs(factor - whole) < 1e-3 * abs(factor) else f"{factor:.3g}"
        called.require(
            False,
            "makes a step of the wrong length",
            expected="the gradient of the whole batch, once",
            got=f"{times} times that gradient, on {so_many_devices(count)}",
            hint=hint_for(whole),
        )


def line_of_zeros(rows: int) -> tuple[Tree, jax.Array, jax.Array]:
    """Parameters of 0, rows of ones, and targets 0 in the first half of the rows and 1 in the second."""
    y = np.repeat([0.0, 1.0], rows // 2)
    params = {"w": jnp.zeros(FEATURES), "c": jnp.zeros(())}
    return params, jnp.ones((rows, FEATURES)), jnp.asarray(y, jnp.float32)


# ---- the deeper look


def drawn_regression(draw: Draw, rows: int) -> tuple[Tree, jax.Array, jax.Array]:
    """Parameters {"w", "c"}, rows and targets, small ones and large ones."""
    params = {
        "w": draw.floats(FEATURES, magnitudes=(1e-4, 1e2)),
        "c": draw.floats((), magnitudes=(1e-4, 1e2)),
    }
    return (
        params,
        draw.floats((rows, FEATURES), magnitudes=(1e-4, 1e2)),
        draw.floats(rows, magnitudes=(1e-4, 1e4)),
    )


def near_step(called: Called, expected: tuple[Tree, Any], params: Tree, x: Any, y: Any, rate: float) -> None:
    """New parameters and loss, within some roundings of the largest numbers on the way. Raises WrongAnswer."""
    x, y = (float(np.abs(wide(part)).max()) for part in (x, y))
    largest = max(float(np.abs(leaf).max()) for leaf in jax.tree.leaves(params))
    residual = (x * FEATURES + 1) * largest + y
    moved = largest + 2 * rate * max(x, 1.0) * residual
    called[0].close_to(expected[0], rtol=1e-4, atol=1e-5 * moved)
    called[1].close_to(expected[1], rtol=1e-4, atol=1e-5 * residual**2)


UNITS = (
    "The formula as it stands, in any unit: no number is too small or too large, nothing is added or cut, and a NaN in the data"
    " comes out as NaN."
)


def near_step_in_any_unit(step: Callable[[Tree, jax.Array, jax.Array, jax.Array], Called], rows: int) -> None:
    """Steps on data, with parameters and at rates that are tiny or large; and on data with a NaN. Raises WrongAnswer.

    `step` is called with parameters, x, y and rate, and gives parameters and loss, without an axis of devices.
    """
    params, x, y = regression(Numbers(0, "units"), rows)
    for by_w, by_x, by_y, rate in (
        (1e6, 1e-6, 1.0, 0.25),
        (1e-6, 1.0, 1e-6, 100.0),
        (1.0, 1e3, 1.0, 3e-6),
        (1.0, 1.0, np.nan, 0.25),
    ):
        start = {"w": params["w"] * by_w, "c": params["c"] * by_y if by_y < 1 else params["c"]}
        data = x * by_x, y * by_y
        called, (new, loss) = (
            step(start, *data, jnp.float32(rate)),
            step_oracle(start, *data, float(np.float32(rate))),
        )
        gradient, _ = gradient_oracle(start, *data)
        for name, expected in new.items():
            largest = np.abs(wide(start[name])).max() + rate * np.abs(gradient[name]).max()
            atol = 1e-4 * float(largest) if np.isfinite(largest) else 0.0
            called[0][name].close_to(expected, rtol=1e-4, atol=atol)
        called[1].close_to(loss, rtol=1e-3, atol=0.0)


PYTHONS_RATE = (
    "A Python number has no dtype, no shape and no astype. In a formula it does as it is; jnp.asarray(learning_rate) makes an"
    " array of either."
)


def takes_pythons_rate(handle: Handle, *arguments: Any) -> None:
    """The rate may be a Python number as well: the function is traced with it as it is. Raises RaisedError or WrongAnswer."""
    handle.jit(static_argnames="learning_rate").program(*arguments)
