"""Checks of day 13: many devices, simulated on the CPU where there is one alone.

What a program does on several devices is read from the compiled program: for how many devices it is, which collectives
are in it, and how large their messages are. No check knows how many devices there are.
"""

from __future__ import annotations

import ast
import functools
import math
import re
import textwrap
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh

from grader.toolkit import (
    Called,
    Handle,
    Learner,
    Numbers,
    check,
    compiled_if_possible,
    compiles_once,
    hint_when,
    need_several_devices,
    operations_at_most,
    uses_each_key_once,
)

need_several_devices(8)

Array = np.ndarray[Any, Any]
Tree = Any

ROWS, FEATURES = 4, 3  # of a device

# A pmap that closes over a traced value, or a gradient of a shard_map, leaves tracers in caches of JAX's own.
traced_once = functools.partial(compiles_once, leaks=False)


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
            where = _devices(len(holds))
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
            expected=f"a whole copy on each of {_devices(n_devices)}",
            got=f"split over {_devices(on)}" if not leaf.is_fully_replicated else f"one on {_devices(on)}",
        )
        first, *others = (np.asarray(shard.data) for shard in shards)
        for shard, other in zip(shards[1:], others, strict=True):
            _alike(part, first, other, f"device {shard.device.id}")


def _alike(part: Called, first: Array, other: Array, name: str) -> None:
    # Not bit by bit: a sum may be rounded otherwise on another device.
    if not np.allclose(first, other, rtol=1e-4, atol=1e-5, equal_nan=True):
        place = tuple(int(i) for i in np.argwhere(~np.isclose(first, other, rtol=1e-4, atol=1e-5))[0])
        part.require(
            False,
            "differs from device to device",
            expected=f"{first[place]:.5g}, as on device 0",
            got=f"{other[place]:.5g} on {name}",
        )


def _devices(count: int) -> str:
    return "1 device" if count == 1 else f"{count} devices"


# ---- what stands in the source

ANY_NUMBER = (
    "Here there are so many devices; the next machine has another number of them. jax.device_count() knows it, and so does the "
    "shape of an array that has an axis of devices."
)


def names_no_number_of_devices(handle: Handle) -> None:
    """The learner's function, and what it uses of the same file, has no literal for the number of devices.

    Nor for one less, which a ring needs. Numbers up to three may mean anything: with two or three devices nothing is
    judged. Raises WrongAnswer.
    """
    n = jax.device_count()
    forbidden = {number for number in (n, n - 1) if number > 3}
    for part in _parts_of(handle):
        for node in ast.walk(part):
            if not (isinstance(node, ast.Constant) and type(node.value) in {int, float}):
                continue
            if node.value in forbidden:
                asked = "jax.device_count()" if node.value == n else "jax.device_count() - 1"
                Called(handle.name, None).require(
                    False,
                    "works for one number of devices alone",
                    expected=f"{asked}, and no {node.value}",
                    got=f"{node.value} on line {node.lineno}",
                )


def drops_a_constraint(handle: Handle) -> bool:
    """Whether the learner calls with_sharding_constraint and does not keep what it returns."""
    return any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).rpartition(".")[2] == "with_sharding_constraint"
        for part in _parts_of(handle)
        for node in ast.walk(part)
    )


def _parts_of(handle: Handle) -> list[ast.AST]:
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
    Called(f"The program of {handle.shown}", None).require(
        math.prod(counts) == n_devices,
        "does not run on all devices",
        expected=f"a compiled program for {_devices(n_devices)}",
        got=f"one for {_devices(math.prod(counts))}",
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
    program = Called(f"The program of {handle.shown}", None)
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


# ---- replicate


def one_leaf_each(numbers: Numbers) -> Tree:
    """A tree with a matrix, a tuple and a count."""
    return {
        "layers": (numbers.normal((FEATURES, 2)), numbers.normal(2)),
        "step": numbers.integers(0, 9),
        "used": numbers.booleans(2),
    }


def replicas_oracle(tree: Tree, n_devices: int) -> Tree:
    return jax.tree.map(lambda leaf: np.stack([np.asarray(leaf)] * n_devices), tree)


@check(
    "replicate",
    "correct",
    hint="Each leaf gets a new first axis of n_devices equal slices: jnp.broadcast_to(leaf, (n_devices, *leaf.shape)).",
)
def test_replicate_by_hand(learner: Learner) -> None:
    n = jax.device_count()
    tree = {"w": jnp.array([1.0, 2.0]), "b": jnp.array(3)}
    expected = {"w": np.array([[1.0, 2.0]] * n), "b": np.array([3] * n)}
    learner.replicate(tree, n).close_to(expected)


@check("replicate", "correct", hint="The tree keeps its form, and each leaf its dtype: jax.tree.map.")
def test_replicate_keeps_trees_and_dtypes(learner: Learner, numbers: Numbers) -> None:
    tree = one_leaf_each(numbers)
    n = jax.device_count()
    learner.replicate(tree, n).close_to(replicas_oracle(tree, n))


@check(
    "replicate",
    "correct",
    hint="The values are right, and all of them are in one place. jax.device_put(copies, NamedSharding(mesh, "
    'P("devices"))) spreads the first axis over the mesh: one slice on each device.',
)
def test_replicate_puts_a_copy_on_each_device(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    tree = one_leaf_each(numbers)
    one_slice_on_each_device(learner.replicate(tree, n).close_to(replicas_oracle(tree, n)), n)


@check(
    "replicate",
    "correct",
    hint="n_devices may be smaller than jax.device_count(): build the mesh of jax.devices()[:n_devices].",
)
def test_replicate_takes_fewer_devices(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count() // 2
    tree = {"w": numbers.normal((FEATURES, 2))}
    called = learner.replicate(tree, n).close_to(replicas_oracle(tree, n))
    one_slice_on_each_device(called, n)


@check("replicate", "jit", hint="Shapes and n_devices are known while JAX traces; the values are not needed.")
def test_replicate_compiles_once(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    trees = [one_leaf_each(numbers) for _ in range(2)]
    compiled = learner.replicate.jit(static_argnames="n_devices")
    results = traced_once(compiled, [(tree,) for tree in trees], n_devices=n)
    for tree, result in zip(trees, results, strict=True):
        result.close_to(replicas_oracle(tree, n))


# ---- shard_batch


def batch_of(numbers: Numbers, rows: int) -> Tree:
    return {"image": numbers.normal((rows, 2, FEATURES)), "label": numbers.integers(0, 9, rows)}


def shards_oracle(batch: Tree, n_devices: int) -> Tree:
    return jax.tree.map(lambda leaf: np.stack(np.split(np.asarray(leaf), n_devices)), batch)


@check(
    "shard_batch",
    "correct",
    hint="Consecutive rows stay together: leaf.reshape(n_devices, rows_of_a_device, *leaf.shape[1:]).",
)
def test_shard_batch_by_hand(learner: Learner) -> None:
    n = jax.device_count()
    expected = {"x": np.array([[2.0 * k, 2.0 * k + 1] for k in range(n)])}
    learner.shard_batch({"x": jnp.arange(2.0 * n)}, n).close_to(expected)


@check(
    "shard_batch", "correct", hint="Only the first axis is cut, of each leaf; the others, and dtypes, stay."
)
def test_shard_batch_cuts_every_leaf(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    batch = batch_of(numbers, 3 * n)
    learner.shard_batch(batch, n).close_to(shards_oracle(batch, n))


@check(
    "shard_batch",
    "correct",
    hint="Look at leaf.shape[0] % n_devices of every leaf before anything is cut, and raise ValueError with both "
    'numbers in its text: f"{rows} rows cannot be dealt out to {n_devices} devices evenly".',
)
def test_shard_batch_refuses_uneven_batches(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    for batch, rows in (
        ({"x": numbers.normal((2 * n + 1, 2))}, 2 * n + 1),
        ({"x": numbers.normal((1, 2))}, 1),
        ({"a": numbers.normal(2 * n), "x": numbers.normal(3 * n - 1)}, 3 * n - 1),
    ):
        must_name_the_sizes(learner.shard_batch, batch, rows, n)


def must_name_the_sizes(handle: Handle, batch: Tree, rows: int, n_devices: int) -> None:
    """An uneven batch raises a ValueError whose text holds both numbers. Raises WrongAnswer."""

    def attempt() -> str:
        try:
            handle.function(batch, n_devices)
        except NotImplementedError:
            raise
        except Exception as error:
            first = (str(error).strip().splitlines() or [""])[0]
            named = {str(rows), str(n_devices)} <= set(re.findall(r"\d+", str(error)))
            short = textwrap.shorten(first, 60, placeholder=" …")
            return "" if isinstance(error, ValueError) and named else f"{type(error).__name__}: {short}"
        return "a result, as if all were well"

    called = handle.using(f"{handle.name}(a batch with {rows} rows in a leaf, {n_devices})", attempt)
    called.require(
        not called.value,
        "must be refused",
        expected=f"ValueError, with the numbers {rows} and {n_devices} in its text",
        got=called.value,
    )


@check(
    "shard_batch",
    "correct",
    hint="The values are right, and all of them are in one place. jax.device_put(shards, NamedSharding(mesh, "
    'P("devices"))) spreads the first axis over the mesh: one slice on each device.',
)
def test_shard_batch_puts_a_shard_on_each_device(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    batch = batch_of(numbers, 3 * n)
    one_slice_on_each_device(learner.shard_batch(batch, n).close_to(shards_oracle(batch, n)), n)


@check(
    "shard_batch",
    "correct",
    hint="n_devices may be smaller than jax.device_count(): build the mesh of jax.devices()[:n_devices].",
)
def test_shard_batch_takes_fewer_devices(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count() // 2
    batch = batch_of(numbers, 3 * jax.device_count() // n * n)
    called = learner.shard_batch(batch, n).close_to(shards_oracle(batch, n))
    one_slice_on_each_device(called, n)


@check("shard_batch", "jit", hint="Sizes are known while JAX traces; the values are not needed.")
def test_shard_batch_compiles_once(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    batches = [batch_of(numbers, 3 * n) for _ in range(2)]
    compiled = learner.shard_batch.jit(static_argnames="n_devices")
    results = traced_once(compiled, [(batch,) for batch in batches], n_devices=n)
    for batch, result in zip(batches, results, strict=True):
        result.close_to(shards_oracle(batch, n))


# ---- global_standardize


def standardize_oracle(x: Any) -> Array:
    x = np.asarray(x, np.float64)
    mean = x.mean(axis=(0, 1))
    return np.asarray((x - mean) / np.sqrt(((x - mean) ** 2).mean(axis=(0, 1))))


def features(numbers: Numbers, mean: float = 0.0) -> jax.Array:
    """Rows whose mean and spread differ from device to device."""
    n = jax.device_count()
    k = np.arange(n)[:, None, None]
    rows = np.asarray(numbers.normal((n, ROWS, FEATURES)))
    return jnp.asarray(mean + (rows * (1 + k) + 2.0 * k - n) / n, jnp.float32)


@check(
    "global_standardize",
    "correct",
    hint="Each device has used its own mean. lax.pmean(..., axis_name) is the mean over devices; the map that "
    "gives the axis its name is jax.pmap(..., axis_name=...).",
)
def test_global_standardize_looks_at_all_devices(learner: Learner, numbers: Numbers) -> None:
    x = features(numbers)
    called = compiled_if_possible(learner.global_standardize, x)
    called.close_to(standardize_oracle(x), atol=math.inf)  # shape and dtype
    wanted, got = standardize_oracle(x).mean(axis=1), np.asarray(called.value).mean(axis=1)
    k, j = np.unravel_index(int(np.argmax(np.abs(wanted))), wanted.shape)
    called.require(
        np.abs(got).max() > 1e-3,
        "takes each device's own mean",
        expected=f"on device {k} a mean of {wanted[k, j]:.3g} in feature {j}",
        got="a mean of 0 on every device",
    )


@check(
    "global_standardize",
    "correct",
    hint="Here device k holds the number k and nothing else: all of the spread lies between devices. Square the "
    "distances from the mean of all rows, not from the device's own mean, and average those.",
)
def test_global_standardize_by_hand(learner: Learner) -> None:
    n = jax.device_count()
    k = np.arange(n)[:, None, None] * np.ones((n, ROWS, FEATURES))
    expected = (k - (n - 1) / 2) / math.sqrt((n * n - 1) / 12)
    called = compiled_if_possible(learner.global_standardize, jnp.asarray(k, jnp.float32))
    rows = n * ROWS
    less_one = math.sqrt(1 - 1 / rows) * expected
    too_small = np.shape(called.value) == expected.shape and np.allclose(called.value, less_one, rtol=1e-3)
    by_rows = f"The variance is divided by {rows - 1} here: it is 1/N times the sum, with the {rows} rows of all devices."
    called.close_to(expected, hint=by_rows if too_small else None)


@check(
    "global_standardize",
    "correct",
    hint="The variance is the mean of (x - mean)² over all rows of all devices, with the mean of all: divide by their "
    "number, and take the root last.",
)
def test_global_standardize_random(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        x = features(numbers)
        compiled_if_possible(learner.global_standardize, x).close_to(
            standardize_oracle(x), rtol=1e-4, atol=1e-5
        )


@check(
    "global_standardize",
    "correct",
    hint="The features lie around 1000 here. mean(x²) - mean(x)² subtracts a million from a million, and the digits are "
    "gone: subtract the mean first, square afterwards.",
)
def test_global_standardize_keeps_its_digits(learner: Learner, numbers: Numbers) -> None:
    x = features(numbers, mean=1000.0)
    called = compiled_if_possible(learner.global_standardize, x)
    # The mean, near 1000, is known to 1e-4, some roundings of it; x itself is given. mean(x²) has an error of 0.1.
    called.close_to(standardize_oracle(x), rtol=0.0, atol=2e-3)


@check("global_standardize", "correct", hint=ANY_NUMBER)
def test_global_standardize_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.global_standardize)


@check("global_standardize", "jit", hint="jnp throughout; the mapped function sees tracers.")
def test_global_standardize_compiles_once(learner: Learner, numbers: Numbers) -> None:
    xs = [features(numbers) for _ in range(2)]
    results = traced_once(learner.global_standardize.jit(), [(x,) for x in xs])
    for x, result in zip(xs, results, strict=True):
        result.close_to(standardize_oracle(x), rtol=1e-4, atol=1e-5)


@check(
    "global_standardize",
    "jit",
    hint="Map over devices with jax.pmap(..., axis_name=...), and let lax.pmean carry the statistics: that is an "
    "all-reduce. vmap has the same collectives, but stays on one device.",
)
def test_global_standardize_sends_statistics(learner: Learner, numbers: Numbers) -> None:
    must_sum_over_devices(
        learner.global_standardize.jit(),
        features(numbers),
        at_most=3 * FEATURES,
        each="statistics of features",
    )


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
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    residual = x @ np.asarray(params["w"], np.float64) + float(params["c"]) - y
    return {"w": 2 * x.T @ residual / len(y), "c": 2 * residual.mean()}, float(np.mean(residual**2))


def step_oracle(params: Tree, x: Any, y: Any, rate: float) -> tuple[Tree, Any]:
    gradient, loss = gradient_oracle(params, x, y)
    new = jax.tree.map(lambda p, g: np.asarray(p, np.float64) - rate * g, params, gradient)
    return new, np.float64(loss)


def once(
    called: Called, params: Tree, gradient: Tree, rate: float, count: int, hints: dict[int, str]
) -> None:
    """The step that was taken is the gradient, once, and no multiple of it. Raises WrongAnswer.

    `hints` has one for a gradient that counts `count` times. What is no multiple at all is left to other checks.
    """
    taken = jax.tree.map(
        lambda p, new: (np.asarray(p, np.float64) - np.asarray(new)) / rate, params, called.value
    )
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
            got=f"{times} times that gradient, on {_devices(count)}",
            hint=hints.get(whole),
        )


# ---- pmap_train_step


def pmap_problem(numbers: Numbers) -> tuple[Tree, Tree, Any, Any]:
    """Parameters, replicas of them, and a batch, whole and in shards."""
    n = jax.device_count()
    params, x, y = regression(numbers, n * ROWS)
    replicas = jax.tree.map(lambda leaf: jnp.asarray(np.stack([np.asarray(leaf)] * n)), params)
    shards = tuple(jnp.asarray(np.asarray(part).reshape(n, ROWS, *part.shape[1:])) for part in (x, y))
    return params, replicas, (x, y), shards


def pmap_oracle(params: Tree, batch: Any, rate: float) -> tuple[Tree, Any]:
    x, y = batch
    new, loss = step_oracle(params, x, y, rate)
    return replicas_oracle(new, jax.device_count()), np.full(jax.device_count(), loss)


def pmap_step(learner: Learner, numbers: Numbers) -> tuple[Tree, Any, Called]:
    """A problem, and the learner's step on it: two things of the right shapes."""
    params, replicas, batch, shards = pmap_problem(numbers)
    called = compiled_if_possible(learner.pmap_train_step, replicas, shards, RATE)
    hint = "What comes back has the axis of devices first, as params had: one slice for each device, of the loss, too."
    called.close_to(pmap_oracle(params, batch, RATE), atol=math.inf, hint=hint)
    return params, batch, called


@check(
    "pmap_train_step",
    "correct",
    hint="params' = params - learning_rate · gradient, where the gradient is the mean over the devices of what each one "
    "finds for its rows.",
)
def test_pmap_train_step_counts_the_gradient_once(learner: Learner, numbers: Numbers) -> None:
    params, batch, called = pmap_step(learner, numbers)
    n = jax.device_count()
    gradient, _ = gradient_oracle(params, *batch)
    adds = (
        "psum adds the gradients of the devices up; that of the mean over all rows is their mean: lax.pmean."
    )
    once(called[0], replicas_oracle(params, n), replicas_oracle(gradient, n), RATE, n, {n: adds})


@check(
    "pmap_train_step",
    "correct",
    hint="Each device goes its own way: average all gradients, and the loss, over the devices with lax.pmean before "
    "they are used.",
)
def test_pmap_train_step_keeps_replicas_equal(learner: Learner, numbers: Numbers) -> None:
    *_, called = pmap_step(learner, numbers)
    losses = np.asarray(called[1].value)
    loss_alone = (
        "The losses agree, and parameters do not. Under pmap the gradient of lax.pmean(loss) is that of the device's own rows "
        "still: average after the gradient, lax.pmean(jax.grad(loss)(params), axis_name), all of it."
    )
    with hint_when("differs from device", loss_alone) if np.allclose(losses, losses[0]) else nullcontext():
        for part in (called[0]["w"], called[0]["c"], called[1]):
            first, *others = np.asarray(part.value)
            for k, other in enumerate(others, start=1):
                _alike(part, first, other, f"device {k}")


@check(
    "pmap_train_step",
    "correct",
    hint="Gradient and loss of the *mean* squared error over all rows, at the old parameters.",
)
def test_pmap_train_step_by_hand(learner: Learner) -> None:
    # Device k wants the number k of a line that starts at 0.
    n = jax.device_count()
    replicas = {"w": jnp.zeros((n, FEATURES)), "c": jnp.zeros(n)}
    y = jnp.asarray(np.arange(n)[:, None] * np.ones((n, ROWS)), jnp.float32)
    called = compiled_if_possible(learner.pmap_train_step, replicas, (jnp.ones((n, ROWS, FEATURES)), y), 0.5)
    moved = 0.5 * (n - 1)
    loss = (n - 1) * (2 * n - 1) / 6
    called.close_to(({"w": np.full((n, FEATURES), moved), "c": np.full(n, moved)}, np.full(n, loss)))


@check(
    "pmap_train_step",
    "correct",
    hint="With equal shards, the mean over devices of each device's mean is the mean over all rows; so it is with gradients.",
)
def test_pmap_train_step_equals_the_full_batch_step(learner: Learner, numbers: Numbers) -> None:
    params, batch, called = pmap_step(learner, numbers)
    called.close_to(pmap_oracle(params, batch, RATE), rtol=1e-4, atol=1e-5)


@check("pmap_train_step", "correct", hint=ANY_NUMBER)
def test_pmap_train_step_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.pmap_train_step)


@check("pmap_train_step", "jit", hint="jnp throughout: learning_rate, too, may be traced.")
def test_pmap_train_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    problems = [pmap_problem(numbers) for _ in range(2)]
    calls = [
        (replicas, shards, rate) for (_, replicas, _, shards), rate in zip(problems, (RATE, 0.5), strict=True)
    ]
    results = traced_once(learner.pmap_train_step.jit(), calls)
    for (params, _, batch, _), call, result in zip(problems, calls, results, strict=True):
        result.close_to(pmap_oracle(params, batch, call[2]), rtol=1e-4, atol=1e-5)


@check(
    "pmap_train_step",
    "jit",
    hint="jax.pmap(step, axis_name=...) runs step on every device, with its own rows. What must be the same everywhere "
    "goes through lax.pmean.",
)
def test_pmap_train_step_sends_gradients(learner: Learner, numbers: Numbers) -> None:
    _, replicas, _, shards = pmap_problem(numbers)
    compiled = learner.pmap_train_step.jit()
    must_sum_over_devices(compiled, replicas, shards, RATE, at_most=FEATURES + 2, each="gradients and a loss")


# ---- parallel_convolve

LENGTH, SIGNALS = 6, 8  # of a signal, and how many a device gets


def convolve_oracle(signals: Any, kernel: Any) -> Array:
    signals, kernel = (np.asarray(part, np.float64) for part in (signals, kernel))
    return np.stack([np.convolve(signal, kernel, mode="valid") for signal in signals])


def check_parallel_convolve(learner: Learner, numbers: Numbers, m: int) -> None:
    signals, kernel = numbers.normal((m, LENGTH)), numbers.normal(3)
    called = compiled_if_possible(learner.parallel_convolve, signals, kernel)
    called.close_to(convolve_oracle(signals, kernel), rtol=1e-4, atol=1e-5)


@check(
    "parallel_convolve",
    "correct",
    hint="The kernel is turned round: out[s] = Σ kernel[j] · signal[s + k - 1 - j]. Only where all of the kernel "
    'fits: mode="valid".',
)
def test_parallel_convolve_by_hand(learner: Learner) -> None:
    n = jax.device_count()
    signals = jnp.asarray(np.array([[1.0, 2.0, 4.0, 8.0, 16.0, 32.0]] * (SIGNALS * n)), jnp.float32)
    expected = np.array([[2.0, 4.0, 8.0, 16.0]] * (SIGNALS * n))
    compiled_if_possible(learner.parallel_convolve, signals, jnp.array([1.0, -1.0, 0.0])).close_to(expected)


@check(
    "parallel_convolve",
    "correct",
    hint="Each device convolves its own signals, and the results come back in the signals' order.",
)
def test_parallel_convolve_random(learner: Learner, numbers: Numbers) -> None:
    check_parallel_convolve(learner, numbers, SIGNALS * jax.device_count())


@check(
    "parallel_convolve",
    "correct",
    hint="With n devices, -m % n rows of zeros (jnp.pad) make m a multiple of n. Of the results keep the first m.",
)
def test_parallel_convolve_takes_any_number_of_signals(learner: Learner, numbers: Numbers) -> None:
    for m in (jax.device_count() + 1, 1):
        check_parallel_convolve(learner, numbers, m)


@check("parallel_convolve", "correct", hint=ANY_NUMBER)
def test_parallel_convolve_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.parallel_convolve)


@check(
    "parallel_convolve",
    "jit",
    hint="How many signals there are is in signals.shape; nothing else decides a size.",
)
def test_parallel_convolve_compiles_once(learner: Learner, numbers: Numbers) -> None:
    m = SIGNALS * jax.device_count()
    calls = [(numbers.normal((m, LENGTH)), numbers.normal(3)) for _ in range(2)]
    results = traced_once(learner.parallel_convolve.jit(), calls)
    for call, result in zip(calls, results, strict=True):
        result.close_to(convolve_oracle(*call), rtol=1e-4, atol=1e-5)


@check(
    "parallel_convolve",
    "jit",
    hint="jax.pmap takes the axis of devices, jax.vmap the signals on one device: reshape (m, t) to (devices, m / "
    "devices, t), and give the kernel in_axes=None.",
)
def test_parallel_convolve_divides_the_work(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    call = (numbers.normal((SIGNALS * n, LENGTH)), numbers.normal(3))
    compiled = learner.parallel_convolve.jit()
    must_use_all_devices(compiled, *call)
    # A product and a sum for each number of the kernel; XLA counts those of one device. Through a Fourier transform
    # another number is right.
    if "fft" not in compiled.program(*call).primitives:
        everything = SIGNALS * n * (LENGTH - 2) * 3 * 2
        operations_at_most(compiled, everything * (0.25 + 1 / n), call)


# ---- device_noise

SHAPE = (25, 20)


def noise(learner: Learner, key: Any) -> Called:
    """What the devices draw, a row for each."""
    called = compiled_if_possible_of(learner.device_noise, key, SHAPE)
    hint = "One slice for each device: (jax.device_count(), *shape), which jax.pmap over a key for each device gives."
    return called.close_to(np.zeros((jax.device_count(), *SHAPE)), atol=math.inf, hint=hint)


def compiled_if_possible_of(handle: Handle, key: Any, shape: tuple[int, ...]) -> Called:
    return compiled_if_possible(handle, key, shape, static="shape")


@check(
    "device_noise",
    "correct",
    hint="The devices must not share a key: jax.random.split(key, n) gives one each, or each device makes its own with "
    "jax.random.fold_in(key, lax.axis_index(axis_name)).",
)
def test_device_noise_differs_on_each_device(learner: Learner, numbers: Numbers) -> None:
    called = noise(learner, numbers.key())
    rows = np.asarray(called.value).reshape(jax.device_count(), -1)
    for k in range(len(rows)):
        for i in range(k):
            same = float(np.isin(rows[k], rows[i]).mean())
            called.require(
                same < 0.5,
                "is not independent",
                expected="other numbers on each device",
                got=f"the same numbers on devices {i} and {k}",
            )


@check(
    "device_noise",
    "correct",
    hint="jax.random.normal(key, shape) draws standard normals: mean 0, variance 1.",
)
def test_device_noise_is_normal(learner: Learner, numbers: Numbers) -> None:
    called = noise(learner, numbers.key())
    for k, row in enumerate(np.asarray(called.value, np.float64).reshape(jax.device_count(), -1)):
        # Mean and variance within six standard errors of 500 draws; of the share, 0.0455, no such draw at all has a
        # chance of 1e-10, and uniform numbers of variance 1 have none.
        for name, got, wanted, low, high in (
            ("mean", row.mean(), 0.0, -0.27, 0.27),
            ("variance", row.var(), 1.0, 0.62, 1.38),
            ("share beyond ±2", (np.abs(row) > 2).mean(), 0.0455, 0.001, 0.12),
        ):
            called.require(
                low < got < high,
                f"has another {name} than standard normals",
                expected=f"on device {k} about {wanted:.3g}",
                got=f"{got:.3g}",
            )


@check(
    "device_noise",
    "correct",
    hint="Draws of two devices are to have nothing to do with each other: a key of its own for each device, and nothing "
    "added or shifted afterwards.",
)
def test_device_noise_is_independent(learner: Learner, numbers: Numbers) -> None:
    called = noise(learner, numbers.key())
    rows = np.asarray(called.value, np.float64).reshape(jax.device_count(), -1)
    correlations = np.atleast_2d(np.corrcoef(rows))
    related = np.abs(correlations) - np.eye(len(rows))
    i, k = (int(index) for index in np.unravel_index(int(np.argmax(related)), related.shape))
    # The correlation of 500 independent pairs is 0 ± 0.045; these are six of those.
    called.require(
        related[i, k] < 0.27,
        "is not independent",
        expected=f"devices {min(i, k)} and {max(i, k)} unrelated",
        got=f"a correlation of {correlations[i, k]:.2g}",
    )


@check(
    "device_noise",
    "correct",
    hint="The key decides everything: derive the devices' keys from it, with split or fold_in, and from nothing else. "
    "key(seed + k) would be another run's key.",
)
def test_device_noise_follows_the_key(learner: Learner, numbers: Numbers) -> None:
    seed = int(numbers.integers(0, 1000))
    first, second = (noise(learner, jax.random.key(seed + i)) for i in range(2))
    same = float(np.isin(np.asarray(first.value), np.asarray(second.value)).mean())
    first.require(
        same < 0.05,
        "repeats the numbers of another key",
        expected="other numbers for the next key",
        got=f"{100 * same:.0f} % of them again",
    )


@check("device_noise", "correct", hint=ANY_NUMBER)
def test_device_noise_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.device_noise)


@check("device_noise", "jit", hint="Only the key is traced; shape and jax.device_count() are known.")
def test_device_noise_compiles_once(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.device_noise.jit(static_argnames="shape")
    first, second = traced_once(compiled, [(numbers.key(),), (numbers.key(),)], shape=SHAPE)
    first.finite()
    second.finite()


@check("device_noise", "jit", hint="One slice a device: (jax.device_count(), *shape), for any shape, () too.")
def test_device_noise_takes_any_shape(learner: Learner, numbers: Numbers) -> None:
    key = numbers.key()
    for shape in ((), (2, 0), (3, 1, 2)):
        handle, expected = learner.device_noise, (jax.device_count(), *shape)
        found = handle.using(
            f"device_noise(key, {shape})",
            lambda shape=shape: jax.eval_shape(lambda key: learner.device_noise.function(key, shape), key),
        )
        found.require(
            getattr(found.value, "shape", None) == expected,
            "has the wrong shape",
            expected=f"shape {expected}",
            got=f"shape {getattr(found.value, 'shape', None)}",
        )


@check(
    "device_noise",
    "jit",
    hint="jax.pmap runs the drawing on every device, with a key of its own: no device draws for the others.",
)
def test_device_noise_is_drawn_where_it_is_used(learner: Learner, numbers: Numbers) -> None:
    compiled, key = learner.device_noise.jit(static_argnames="shape"), numbers.key()
    must_use_all_devices(compiled, key, shape=SHAPE)
    of_the_right_shape = compiled(key, shape=SHAPE).close_to(
        np.zeros((jax.device_count(), *SHAPE)), atol=math.inf
    )
    one_slice_on_each_device(of_the_right_shape, jax.device_count())


@check("device_noise", "jit", hint="Split the key, and use each part once.")
def test_device_noise_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    uses_each_key_once(learner.device_noise.jit(static_argnames="shape"), numbers.key(), shape=SHAPE)


# ---- sharded_train_step


def line_of_zeros(rows: int) -> tuple[Tree, jax.Array, jax.Array]:
    """Parameters of 0, rows of ones, and targets 0 in the first half of the rows and 1 in the second."""
    y = np.repeat([0.0, 1.0], rows // 2)
    params = {"w": jnp.zeros(FEATURES), "c": jnp.zeros(())}
    return params, jnp.ones((rows, FEATURES)), jnp.asarray(y, jnp.float32)


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
    hint="The loss is that of the old parameters, over all m rows; shardings say where arrays lie and change no value.",
)
def test_sharded_train_step_random(learner: Learner, numbers: Numbers) -> None:
    problem = regression(numbers, ROWS * jax.device_count())
    called = compiled_if_possible(learner.sharded_train_step, *problem, RATE)
    called.close_to(step_oracle(*problem, RATE), rtol=1e-4, atol=1e-5)


@check("sharded_train_step", "correct", hint=ANY_NUMBER)
def test_sharded_train_step_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.sharded_train_step)


@check("sharded_train_step", "jit", hint="jnp throughout: learning_rate, too, may be traced.")
def test_sharded_train_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(*regression(numbers, ROWS * jax.device_count()), rate) for rate in (RATE, 0.5)]
    results = traced_once(learner.sharded_train_step.jit(), calls)
    for call, result in zip(calls, results, strict=True):
        result.close_to(step_oracle(*call), rtol=1e-4, atol=1e-5)


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
    with hint_when("does not run on all", keep) if drops_a_constraint(handle) else nullcontext():
        must_sum_over_devices(handle.jit(), *call, at_most=FEATURES + 2, each="gradients and a loss")


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
    Called(f"The program of {compiled.shown}", None).require(
        not maps,
        "says what each device does",
        expected="shardings alone: no shard_map, no pmap",
        got=f"a {maps[0]}, of your own or of a pmap" if maps else "",
    )


# ---- shard_map_train_step


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
    once(called[0], problem[0], gradient, RATE, n, {n: summed})


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
    hint="Gradient and loss of the *mean* squared error over all rows, at the old parameters.",
)
def test_shard_map_train_step_by_hand(learner: Learner) -> None:
    n = jax.device_count()
    called = shard_map_step(learner, line_of_zeros(ROWS * n), n, 0.5)
    called.close_to(({"w": np.full(FEATURES, 0.5), "c": 0.5}, 0.5))


@check(
    "shard_map_train_step",
    "correct",
    hint='in_specs: P() for what is whole, P("data") for what is split by rows. The loss is that of the whole batch: pmean.',
)
def test_shard_map_train_step_equals_the_full_batch_step(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    problem = regression(numbers, ROWS * n)
    shard_map_step(learner, problem, n).close_to(step_oracle(*problem, RATE), rtol=1e-4, atol=1e-5)


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
        f"shard_map_train_step(a batch of {ROWS * n + 1} rows, a mesh of {_devices(n)})", attempt
    )
    if found.value is not None:
        found.close_to(step_oracle(*problem, RATE), rtol=1e-4, atol=1e-5)


@check("shard_map_train_step", "jit", hint="Only the mesh is static; learning_rate may be traced.")
def test_shard_map_train_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    calls = [(*regression(numbers, ROWS * n), rate) for rate in (RATE, 0.5)]
    compiled = learner.shard_map_train_step.jit(static_argnames="mesh")
    results = traced_once(compiled, calls, mesh=data_mesh(n))
    for call, result in zip(calls, results, strict=True):
        result.close_to(step_oracle(*call), rtol=1e-4, atol=1e-5)


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


# ---- ring_all_reduce


@check(
    "ring_all_reduce",
    "correct",
    hint="Pass on what came, not what was there at first or the running total: after round r a device holds the array "
    "that began r places before it. n - 1 rounds, and the last device sends to the first one.",
)
def test_ring_all_reduce_adds_each_row_once(learner: Learner) -> None:
    n = jax.device_count()
    called = compiled_if_possible(
        learner.ring_all_reduce, jnp.eye(n)
    )  # out[k, i]: how often k has added row i
    called.close_to(np.ones((n, n)), atol=math.inf)
    counts = np.asarray(called.value)
    for k, row in enumerate(counts):
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
    x = numbers.normal((n, n))
    total = np.asarray(x, np.float64).sum(axis=0)
    compiled_if_possible(learner.ring_all_reduce, x).close_to(np.stack([total] * n), atol=1e-5)


@check("ring_all_reduce", "correct", hint=ANY_NUMBER)
def test_ring_all_reduce_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.ring_all_reduce)


@check("ring_all_reduce", "jit", hint="The number of devices is a Python number: jax.device_count().")
def test_ring_all_reduce_compiles_once(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    xs = [numbers.normal((n, n)) for _ in range(2)]
    for x, result in zip(xs, traced_once(learner.ring_all_reduce.jit(), [(x,) for x in xs]), strict=True):
        total = np.asarray(x, np.float64).sum(axis=0)
        result.close_to(np.stack([total] * n), atol=1e-5)


@check(
    "ring_all_reduce",
    "jit",
    hint="lax.ppermute(x, axis_name, [(source, destination), ...]) sends an array on; adding up is yours, step by step.",
)
def test_ring_all_reduce_passes_messages_on(learner: Learner, numbers: Numbers) -> None:
    n = jax.device_count()
    messages = must_use_all_devices(learner.ring_all_reduce.jit(), numbers.normal((n, n)))
    names = {message.collective for message in messages}
    others = sorted(names - {"collective-permute"})
    Called("The program of jit(ring_all_reduce)", None).require(
        names == {"collective-permute"},
        "uses the wrong collectives",
        expected="ppermute (collective-permute) alone",
        got=", ".join(others) or "no collective at all",
    )


# ---- tensor_parallel_matmul

INNER, WIDTH = 16, 2  # columns of x on a device, columns of w for each device


def whole_numbers(numbers: Numbers) -> tuple[jax.Array, jax.Array]:
    """Two matrices of small whole numbers: whatever the order and the hardware, their product is exact."""
    k = INNER * jax.device_count()
    x, w = numbers.integers(-8, 9, (5, k)), numbers.integers(-8, 9, (k, WIDTH * jax.device_count()))
    return jnp.asarray(np.asarray(x), jnp.float32), jnp.asarray(np.asarray(w), jnp.float32)


@check(
    "tensor_parallel_matmul",
    "correct",
    hint='Device i has the columns i of x, P(None, "model"), and the rows i of w, P("model", None). Add their products up: '
    "lax.psum.",
)
def test_tensor_parallel_matmul_by_hand(learner: Learner) -> None:
    # Column 16 k of x, the first one of device k, holds k + 1; the rest is 0. So device k brings k + 1.
    n = jax.device_count()
    x = np.zeros((5, INNER * n))
    x[:, ::INNER] = np.arange(1, n + 1)
    ones = jnp.ones((INNER * n, WIDTH * n))
    adds = "Each device has one term of the sum, not the sum: lax.psum over the mesh's axis adds them up."
    with hint_when("out_specs promise", adds):
        called = compiled_if_possible(learner.tensor_parallel_matmul, jnp.asarray(x, jnp.float32), ones)
    called.close_to(np.full((5, WIDTH * n), n * (n + 1) / 2))


@check(
    "tensor_parallel_matmul", "correct", hint="The sum of the devices' products is the product of the whole."
)
def test_tensor_parallel_matmul_random(learner: Learner, numbers: Numbers) -> None:
    x, w = whole_numbers(numbers)
    called = compiled_if_possible(learner.tensor_parallel_matmul, x, w)
    called.close_to(np.asarray(x, np.float64) @ np.asarray(w, np.float64))


@check("tensor_parallel_matmul", "correct", hint=ANY_NUMBER)
def test_tensor_parallel_matmul_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.tensor_parallel_matmul)


@check("tensor_parallel_matmul", "jit", hint="Shapes and jax.device_count() are known while JAX traces.")
def test_tensor_parallel_matmul_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [whole_numbers(numbers) for _ in range(2)]
    results = traced_once(learner.tensor_parallel_matmul.jit(), calls)
    for (x, w), result in zip(calls, results, strict=True):
        result.close_to(np.asarray(x, np.float64) @ np.asarray(w, np.float64))


@check(
    "tensor_parallel_matmul",
    "jit",
    hint="Split the inner axis, which is summed over: columns of x and rows of w. Then no device needs more than its part, "
    "and an all-reduce adds the partial products.",
)
def test_tensor_parallel_matmul_sends_partial_products(learner: Learner, numbers: Numbers) -> None:
    x, w = whole_numbers(numbers)
    compiled = learner.tensor_parallel_matmul.jit()
    # Twice the size of the result: somebody may fill it up, to cut it evenly.
    at_most = 2 * 5 * w.shape[1]
    must_sum_over_devices(compiled, x, w, at_most=at_most, each="partial products", hint=None)
    everything = 2 * 5 * w.size
    operations_at_most(compiled, everything * (0.25 + 1 / jax.device_count()), (x, w))


@check(
    "tensor_parallel_matmul",
    "jit",
    hint="out_specs=P(): what psum gives is the same on every device, and each keeps all of it.",
)
def test_tensor_parallel_matmul_returns_a_whole_result(learner: Learner, numbers: Numbers) -> None:
    called = learner.tensor_parallel_matmul.jit()(*whole_numbers(numbers))
    whole_on_each_device(called, jax.device_count())
