"""Checks of day 7: trees of arrays."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from grader.toolkit import (
    Called,
    Handle,
    Learner,
    Numbers,
    bans,
    check,
    compiles_once,
    must_beat,
    own_hint,
    refuses,
    same_size_for,
)

Array = np.ndarray[Any, Any]


class Layer(NamedTuple):
    """A tree that is neither dict nor list."""

    weight: Any
    bias: Any


# float16 carries 11 bits: one rounding is 5e-4 of the value, and an average takes three.
HALF = 2e-3


def float16(x: Any) -> jax.Array:
    return jnp.asarray(np.asarray(x).astype(np.float16))


def nested(numbers: Numbers, *, rows: tuple[int, ...] = ()) -> Any:
    """A tree with every kind of container, with `None` and with empty ones."""
    layer = Layer(numbers.normal((*rows, 3, 2)), numbers.normal((*rows, 3)))
    return {"net": [layer, None, ()], "gain": numbers.normal((*rows,)), "rest": {"empty": {}}}


def double(x: Any) -> Array:
    return np.asarray(x, np.float64)


def form(tree: Any) -> str:
    """The structure of a tree: `{'b': *, 'w': [*, None]}`."""
    text = str(jax.tree.structure(tree)).removeprefix("PyTreeDef(").removesuffix(")")
    return re.sub(r"CustomNode\(namedtuple\[(\w+)\], \[(.*?)\]\)", r"\1(\2)", text)


def must_be_tree(called: Called, expected: Any, *, rtol: float = 1e-5, atol: float = 1e-6) -> Called:
    """The result is the expected tree: structure, then shapes, dtypes and values at each leaf. Raises WrongAnswer."""
    wanted, came = form(expected), form(called.value)
    called.require(wanted == came, "has another structure", expected=wanted, got=came)
    leaves = jax.tree.leaves(expected)
    for (path, leaf), want in zip(jax.tree_util.tree_leaves_with_path(called.value), leaves, strict=True):
        part = Called(called.text + jax.tree_util.keystr(path), leaf).close_to(want, rtol=rtol, atol=atol)
        if want.dtype != np.float64:  # an oracle's, which stands for float32
            same = leaf.dtype == want.dtype
            part.require(same, "has the wrong dtype", expected=want.dtype.name, got=leaf.dtype.name)
    return called


def must_be_tree_exactly(called: Called, expected: Any) -> Called:
    return must_be_tree(called, expected, rtol=0.0, atol=0.0)


# ---- global_norm


def norm_oracle(tree: Any) -> float:
    return float(np.sqrt(sum(np.sum(double(leaf) ** 2) for leaf in jax.tree.leaves(tree))))


@check(
    "global_norm",
    "correct",
    hint="Square, sum over all elements of all leaves, and take one root at the end: of the whole, not of each leaf.",
)
def test_global_norm_by_hand(learner: Learner) -> None:
    tree = {"w": jnp.array([[3.0, 0.0], [0.0, 0.0]]), "b": [jnp.array(4.0), None]}
    learner.global_norm(tree).close_to(5.0)


@check("global_norm", "correct", hint="jax.tree.leaves is all you need; the rules name what is left out.")
def test_global_norm_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.global_norm, "optax", "jax.flatten_util")


@check(
    "global_norm",
    "correct",
    hint="jax.tree.leaves finds the arrays at any depth, in any container, and skips None and what is empty.",
)
def test_global_norm_agrees_with_one_long_vector(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        tree = nested(numbers)
        learner.global_norm(tree).close_to(norm_oracle(tree))


@check("global_norm", "correct", hint="A tree may have no leaves at all. Give the sum a start: 0.")
def test_global_norm_of_nothing_is_zero(learner: Learner) -> None:
    empty: list[Any] = [(), {"a": None, "b": {}}]
    for tree in empty:
        learner.global_norm(tree).equals(0.0)


@check(
    "global_norm",
    "correct",
    hint="300² does not fit into float16, which ends at 65504. Convert a leaf before you square it.",
)
def test_global_norm_sums_in_float32(learner: Learner) -> None:
    learner.global_norm({"w": float16([300.0, 400.0])}).close_to(500.0)


@check("global_norm", "jit", hint="Stay with jax.numpy from the leaves to the root.")
def test_global_norm_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(nested(numbers),) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.global_norm.jit(), calls), strict=True):
        result.close_to(norm_oracle(*call))


@check("global_norm", "jit", hint="A loop over leaves is fine, one over the elements of a leaf is not.")
def test_global_norm_has_no_python_loop(learner: Learner) -> None:
    small, large = ({"w": jnp.zeros((size, 3))} for size in (4, 8))
    same_size_for(learner.global_norm.jit(), (small,), (large,))


# ---- exponential_average


def average_oracle(average: Any, new: Any, decay: Any) -> Any:
    rate = float(decay)
    return jax.tree.map(lambda old, latest: rate * double(old) + (1 - rate) * double(latest), average, new)


@check(
    "exponential_average",
    "correct",
    hint="decay belongs to the old average, 1 - decay to the new tree.",
)
def test_exponential_average_by_hand(learner: Learner) -> None:
    average, new = {"w": jnp.array([1.0, 3.0])}, {"w": jnp.array([5.0, 3.0])}
    must_be_tree(learner.exponential_average(average, new, 0.75), {"w": np.array([2.0, 3.0])})


@check(
    "exponential_average",
    "correct",
    hint="jax.tree.map takes several trees: the function gets one leaf of each, and None stays None.",
)
def test_exponential_average_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    average, new = nested(numbers), nested(numbers)
    for decay in (0.9, jnp.float32(0.25)):
        called = learner.exponential_average(average, new, decay)
        must_be_tree(called, average_oracle(average, new, decay))


@check(
    "exponential_average",
    "correct",
    hint="float16 meets a float32 array and becomes float32. Convert back to the old leaf's dtype.",
)
def test_exponential_average_keeps_the_dtypes(learner: Learner, numbers: Numbers) -> None:
    average = {"half": float16(numbers.normal(3)), "full": numbers.normal(3)}
    new = {"half": numbers.normal(3), "full": float16(numbers.normal(3))}
    expected = average_oracle(average, new, 0.75)
    expected["half"] = expected["half"].astype(np.float16)
    for decay in (0.75, jnp.float32(0.75)):
        called = learner.exponential_average(average, new, decay)
        # The average of two numbers of opposite sign is small, its rounding is not.
        must_be_tree(called, expected, rtol=HALF, atol=HALF)


@check(
    "exponential_average",
    "correct",
    hint="Two lists of leaves always fit together. Give jax.tree.map both trees; it compares their structures.",
)
def test_exponential_average_refuses_another_structure(learner: Learner) -> None:
    x = jnp.array([1.0, 2.0])
    text = "exponential_average({'w': ..., 'b': ...}, {'w': ..., 'c': ...}, 0.5)"
    refuses(learner.exponential_average, text, {"w": x, "b": x}, {"w": x, "c": x}, 0.5)


@check("exponential_average", "jit", hint="decay is traced: compute with it, and branch on nothing.")
def test_exponential_average_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(nested(numbers), nested(numbers), jnp.float32(decay)) for decay in (0.5, 1.0)]
    results = compiles_once(learner.exponential_average.jit(), calls)
    for call, result in zip(calls, results, strict=True):
        must_be_tree(result, average_oracle(*call))


def average_row_by_row(average: Any, new: Any, decay: Any) -> Any:
    def blend(old: Any, latest: Any) -> Any:
        rows = [decay * old[k] + (1 - decay) * latest[k] for k in range(len(old))]
        return jnp.stack(rows)

    return jax.tree.map(blend, average, new)


@check(
    "exponential_average",
    "speed",
    hint="Leaves are arrays: one multiplication meets all of a leaf's elements. Loop over leaves at most.",
)
def test_exponential_average_beats_the_eager_loop(learner: Learner, numbers: Numbers) -> None:
    def draw(size: int) -> tuple[Any, ...]:
        average, new = (
            [Layer(numbers.normal((size, 3)), numbers.normal((size, 3))) for _ in range(2)] for _ in range(2)
        )
        return average, new, jnp.float32(0.75)

    must_beat(
        learner,
        learner.exponential_average.jit(),
        average_row_by_row,
        named="an eager loop over rows",
        draw=draw,
        size=24,
        gate={"cpu": 60.0, "gpu": 15.0, "tpu": 15.0},
        numbers=numbers,
    )


# ---- decay_mask


def must_be_mask(called: Called, expected: Any) -> Called:
    """The result is the expected tree of Python bools. Raises WrongAnswer."""
    wanted, came = form(expected), form(called.value)
    called.require(wanted == came, "has another structure", expected=wanted, got=came)
    leaves = jax.tree.leaves(expected)
    for (path, leaf), want in zip(jax.tree_util.tree_leaves_with_path(called.value), leaves, strict=True):
        part = Called(called.text + jax.tree_util.keystr(path), leaf)
        plain = type(leaf) is bool
        part.require(
            plain,
            "is not a Python bool",
            expected=f"the Python bool {want}",
            got=f"{leaf!r}, of type {type(leaf).__name__}",
            hint="Arrays are traced under jit, and no `if` can read them. True, False, `not` and `in` stay Python.",
        )
        part.require(leaf == want, "is wrong", expected=str(want), got=str(leaf))
    return called


@check(
    "decay_mask",
    "correct",
    hint="jax.tree.map_with_path calls your function with a leaf's path and the leaf. Entries of a path differ: "
    "of a dict (.key), of a list (.idx), of a named tuple (.name).",
)
def test_decay_mask_by_hand(learner: Learner) -> None:
    x = jnp.ones((2, 2))
    params = {"dense": {"w": x, "b": x[0]}, "head": [x, None], "norm": {"scale": x[0], "bias": x[0]}}
    expected = {
        "dense": {"w": True, "b": False},
        "head": [True, None],
        "norm": {"scale": False, "bias": False},
    }
    must_be_mask(learner.decay_mask(params), expected)


@check(
    "decay_mask",
    "correct",
    hint="Compare whole keys, one by one: `unbiased` holds `bias`, and a key may hold a slash.",
)
def test_decay_mask_compares_whole_words(learner: Learner) -> None:
    x = jnp.ones((2, 2))
    names = (
        "unbiased",
        "upscale",
        "bias_net",
        "rescale",
        "scale2",
        "bb",
        "block",
        "B",
        "enc/b",
        "a/scale/c",
        "x.bias",
    )
    called = learner.decay_mask({name: [x] for name in names})
    must_be_mask(called, {name: [True] for name in names})


@check("decay_mask", "correct", hint="Any key on the path may exempt a leaf, not only the last one.")
def test_decay_mask_looks_at_the_whole_path(learner: Learner) -> None:
    x = jnp.ones((2, 2))
    params = {"bias": {"raw": x, "w": x}, "norm": [{"scale": [x, x]}], "w": {"w": x}}
    expected = {"bias": {"raw": False, "w": False}, "norm": [{"scale": [False, False]}], "w": {"w": True}}
    must_be_mask(learner.decay_mask(params), expected)


@check("decay_mask", "correct", hint="Names decide, not shapes: a weight may be a vector, a bias a matrix.")
def test_decay_mask_ignores_shapes(learner: Learner) -> None:
    matrix, vector, scalar = jnp.ones((2, 2)), jnp.ones(2), jnp.ones(())
    params = {"embedding": vector, "temperature": scalar, "attention": {"bias": matrix}}
    expected = {"embedding": True, "temperature": True, "attention": {"bias": False}}
    must_be_mask(learner.decay_mask(params), expected)


@check(
    "decay_mask",
    "correct",
    hint="In a path a field of a named tuple is no dict key: its entry has a .name. keystr(..., simple=True) writes any.",
)
def test_decay_mask_reads_fields_and_numbers(learner: Learner) -> None:
    x = jnp.ones((2, 2))
    params = {0: Layer(x, x), 1: [Layer(weight={"b": x}, bias=None), ()]}
    expected = {0: Layer(True, False), 1: [Layer(weight={"b": False}, bias=None), ()]}
    must_be_mask(learner.decay_mask(params), expected)


@check("decay_mask", "correct", hint="A leaf need not be an array: never look at it, its path says all.")
def test_decay_mask_never_looks_at_the_leaves(learner: Learner) -> None:
    params = {"w": jax.ShapeDtypeStruct((2, 2), jnp.float32), "b": 0, "v": "relu"}
    must_be_mask(learner.decay_mask(params), {"w": True, "b": False, "v": True})


@check(
    "decay_mask", "jit", hint="The mask is made of Python bools, so that `if` may read it while JAX traces."
)
def test_decay_mask_can_be_read_while_tracing(learner: Learner, numbers: Numbers) -> None:
    handle = learner.decay_mask

    def decay(params: Any) -> Any:
        mask = handle.function(params)
        return jax.tree.map(lambda x, decayed: 0.5 * x if decayed else x, params, mask)

    params = {"w": numbers.normal((3, 2)), "b": numbers.normal(3)}
    called = handle.using("Halving what decay_mask(params) says, under jit,", jax.jit(decay), params)
    must_be_tree(called, {"w": 0.5 * double(params["w"]), "b": np.asarray(params["b"])})


@check("decay_mask", "jit", hint="Paths are known before anything runs: there is nothing to compute.")
def test_decay_mask_computes_nothing(learner: Learner) -> None:
    params = {"w": jnp.ones((3, 2)), "b": jnp.ones(3)}
    program = learner.decay_mask.jit().program(params)
    names = ", ".join(sorted(program.primitives)) or "nothing"
    complaint = "computes with the parameters"
    Called(program.call, None).require(
        program.size == 0, complaint, expected="a program without operations", got=names
    )


# ---- Dual

# Labels whose equal copies are other objects in Python.
SPEED, TIME = "speed", "time"


def copied(label: str) -> str:
    return "".join(list(label))


def parts(dual: Any) -> tuple[Any, Any, Any]:
    return dual.value, dual.tangent, dual.label


def shown(leaf: Any) -> str:
    """A leaf in a message: an array's numbers, a string, or the type's name."""
    if isinstance(leaf, jax.Array) and not isinstance(leaf, jax.core.Tracer) and leaf.ndim == 0:
        return f"{float(leaf):g}"
    return repr(leaf) if isinstance(leaf, str) else type(leaf).__name__


def must_be_dual(called: Called, value: Any, tangent: Any, label: str) -> None:
    """The parts of a Dual, as `parts` gives them, are these. Raises WrongAnswer."""
    came, text = called.value, called.text
    same = type(came[2]) is str and came[2] == label
    Called(f"{text}.label", came[2]).require(same, "is wrong", expected=repr(label), got=shown(came[2]))
    Called(f"{text}.value", came[0]).close_to(value)
    Called(f"{text}.tangent", came[1]).close_to(tangent)


def dual_from(learner: Learner, text: str, function: Callable[..., Any], *arguments: Any) -> Called:
    """The parts of the Dual that check code gives: (value, tangent, label)."""
    with own_hint():
        return learner.Dual.using(text, lambda: parts(function(*arguments)))


def make(learner: Learner, value: Any, tangent: Any, label: str = SPEED) -> Any:
    return learner.Dual(jnp.asarray(value, jnp.float32), jnp.asarray(tangent, jnp.float32), label).value


def cubic(x: Any) -> Any:
    return x * x * x + x


def _cubic_with(dual: Callable[..., Any]) -> Callable[..., Any]:
    """A function of value and tangent that uses a class of dual numbers."""

    def both(value: Any, tangent: Any) -> tuple[Any, Any]:
        result = cubic(dual(value, tangent, SPEED))
        return result.value, result.tangent

    return both


CUBIC = "With cubic(x) = x * x * x + x, "


def cubic_oracle(value: Any, tangent: Any) -> tuple[Array, Array]:
    a, b = double(value), double(tangent)
    return a**3 + a, (3 * a**2 + 1) * b


@check("Dual", "correct", hint="The constructor stores its three arguments under these names.")
def test_Dual_keeps_its_parts(learner: Learner) -> None:
    dual = make(learner, 2.0, 3.0)
    must_be_dual(dual_from(learner, "Dual(2, 3, 'speed')", lambda: dual), 2.0, 3.0, SPEED)


@check("Dual", "correct", hint="Multiply out (a + b ε) · (c + d ε), and drop ε²: the product rule appears.")
def test_Dual_adds_and_multiplies(learner: Learner) -> None:
    one, two = make(learner, 2.0, 3.0), make(learner, 5.0, 7.0)
    names = "(Dual(2, 3, 'speed') {} Dual(5, 7, 'speed'))"
    must_be_dual(dual_from(learner, names.format("+"), lambda: one + two), 7.0, 10.0, SPEED)
    must_be_dual(dual_from(learner, names.format("*"), lambda: one * two), 10.0, 29.0, SPEED)


@check(
    "Dual",
    "correct",
    hint="Derivatives by different variables must not be mixed. The label is a plain string, also under jit: an `if` "
    "may compare two of them.",
)
def test_Dual_refuses_two_variables(learner: Learner) -> None:
    one, two = make(learner, 2.0, 3.0), make(learner, 5.0, 7.0, TIME)
    names = "Dual(2, 3, 'speed') {} Dual(5, 7, 'time')"
    refuses(_with_function(learner, lambda: one + two), names.format("+"))
    refuses(_with_function(learner, lambda: one * two), names.format("*"))


@check(
    "Dual",
    "correct",
    hint="Two strings may be equal and not be the same object: compare labels with == or !=.",
)
def test_Dual_compares_labels_by_their_text(learner: Learner) -> None:
    one, two = make(learner, 2.0, 3.0), make(learner, 5.0, 7.0, "".join(list(SPEED)))
    text = "(Dual(2, 3, 'speed') + Dual(5, 7, 'speed'))"
    must_be_dual(dual_from(learner, text, lambda: one + two), 7.0, 10.0, SPEED)


def _with_function(learner: Learner, function: Callable[..., Any]) -> Handle:
    """A handle of check code that uses the learner's Dual."""
    return Handle(learner.session, "Dual", "Dual", function, raw=function)


@check(
    "Dual",
    "correct",
    hint="JAX takes an object of an unknown class for a leaf. Register the class in jax.tree_util: value and tangent are "
    "its children, and the label is not.",
)
def test_Dual_has_two_leaves(learner: Learner) -> None:
    text = "jax.tree.leaves(Dual(2, 3, 'speed'))"
    with own_hint():
        called = learner.Dual.using(text, jax.tree.leaves, make(learner, 2.0, 3.0))
    got = "[" + ", ".join(map(shown, called.value)) + "]"
    unknown = got == "[Dual]"
    hint = (
        None
        if unknown
        else "The children of a Dual are value and tangent; the label is static data (aux_data)."
    )
    called.require(got == "[2, 3]", "is wrong", expected="[2, 3]", got=got, hint=hint)


def tenfold(leaf: Any) -> Any:
    return 10 * leaf


@check(
    "Dual",
    "correct",
    hint="JAX takes a Dual apart and puts it together again. The label has to travel along as static data (aux_data, or "
    "metadata={'static': True}), each Dual's own, and both leaves go back to their places.",
)
def test_Dual_comes_back_from_tree_map(learner: Learner) -> None:
    speed, time = make(learner, 2.0, 3.0), make(learner, 5.0, 7.0, TIME)
    text = "jax.tree.map(tenfold, Dual({}))"
    called = dual_from(learner, text.format("2, 3, 'speed'"), jax.tree.map, tenfold, speed)
    must_be_dual(called, 20.0, 30.0, SPEED)
    called = dual_from(learner, text.format("5, 7, 'time'"), jax.tree.map, tenfold, time)
    must_be_dual(called, 50.0, 70.0, TIME)


@check(
    "Dual",
    "correct",
    hint="Two structures are the same when their static data (aux_data) is equal: give JAX the label there, and "
    "nothing else.",
)
def test_Dual_labels_are_structure(learner: Learner) -> None:
    names = "The structures of Dual(2, 3, 'speed') and Dual(5, 7, '{}')"

    def same_structure(one: Any, two: Any) -> bool:
        return bool(operator.eq(*map(jax.tree.structure, (one, two))))

    speed = make(learner, 2.0, 3.0)
    with own_hint():
        text, other = names.format(SPEED), make(learner, 5.0, 7.0, copied(SPEED))
        called = learner.Dual.using(text, same_structure, speed, other)
        called.require(called.value, "differ", expected="one structure: labels agree", got="two structures")
        text, other = names.format(TIME), make(learner, 5.0, 7.0, TIME)
        called = learner.Dual.using(text, same_structure, speed, other)
    called.require(not called.value, "agree", expected="two structures: labels differ", got="one structure")


@check(
    "Dual",
    "correct",
    hint="JAX rebuilds trees around placeholders that are no arrays. If __init__ converts or checks, go round it when a "
    "Dual is rebuilt: dual = object.__new__(cls), then set the attributes.",
)
def test_Dual_is_rebuilt_around_anything(learner: Learner) -> None:
    dual, tokens = make(learner, 2.0, 3.0), ["first", object()]

    def empty(leaf: Any) -> None:
        return None

    text = "With empty(leaf) = None, jax.tree.map(empty, Dual(2, 3, 'speed'))"
    called = dual_from(learner, text, jax.tree.map, empty, dual)
    nothing = called.value[0] is None and called.value[1] is None
    complaint = "has other parts"
    called.require(
        nothing, complaint, expected="None and None", got=" and ".join(map(shown, called.value[:2]))
    )

    def rebuilt() -> Any:
        return jax.tree.unflatten(jax.tree.structure(dual), tokens)

    text = "jax.tree.unflatten(jax.tree.structure(Dual(2, 3, 'speed')), ['first', object()])"
    called = dual_from(learner, text, rebuilt)
    kept = called.value[0] is tokens[0] and called.value[1] is tokens[1]
    got = " and ".join(map(shown, called.value[:2]))
    called.require(kept, complaint, expected="'first' and that object", got=got)


@check(
    "Dual",
    "correct",
    hint="vmap hands the function a Dual of tracers: compute with its numbers, and branch on nothing but the label.",
)
def test_Dual_passes_through_vmap(learner: Learner, numbers: Numbers) -> None:
    value, tangent = numbers.normal(3), numbers.normal(3)
    dual = make(learner, value, tangent)
    text = f"{CUBIC}vmap(cubic)(Dual(f32[3], f32[3], 'speed'))"
    called = dual_from(learner, text, jax.vmap(cubic), dual)
    must_be_dual(called, *cubic_oracle(value, tangent), SPEED)


@check(
    "Dual", "correct", hint="The gradient by a tree is a tree of the same kind: here a Dual, label and all."
)
def test_Dual_passes_through_grad(learner: Learner) -> None:
    def slope(x: Any) -> Any:
        return cubic(x).tangent

    text = "With slope(x) = (x * x * x + x).tangent, grad(slope)(Dual(2, 3, 'speed'))"
    called = dual_from(learner, text, jax.grad(slope), make(learner, 2.0, 3.0))
    must_be_dual(called, 36.0, 13.0, SPEED)  # slope = (3 a² + 1) b: 6 a b and 3 a² + 1


@check("Dual", "jit", hint="Arrays go through jit as leaves, and the label stays outside, in the structure.")
def test_Dual_passes_through_jit(learner: Learner, numbers: Numbers) -> None:
    value, tangent = numbers.normal(3), numbers.normal(3)
    text = f"{CUBIC}jit(cubic)(Dual(f32[3], f32[3], 'speed'))"
    called = dual_from(learner, text, jax.jit(cubic), make(learner, value, tangent))
    must_be_dual(called, *cubic_oracle(value, tangent), SPEED)
    learner.Dual.compare_on("value and tangent of x * x * x + x", _cubic_with, value, tangent)


@check(
    "Dual",
    "jit",
    hint="jit traces once for each structure. Static data (aux_data) is compared with ==: the label belongs there, "
    "numbers do not.",
)
def test_Dual_is_traced_for_labels_alone(learner: Learner) -> None:
    traces = 0

    def square(x: Any) -> Any:
        nonlocal traces
        traces += 1
        return x * x

    compiled = jax.jit(square)
    called = dual_from(learner, "jit(square)(Dual(2, 3, 'speed'))", compiled, make(learner, 2.0, 3.0))
    must_be_dual(called, 4.0, 12.0, SPEED)
    for value, tangent in ((5.0, 7.0), (-1.0, 0.0)):
        dual = make(learner, value, tangent, copied(SPEED))
        called = dual_from(learner, f"jit(square)(Dual({value:g}, {tangent:g}, 'speed'))", compiled, dual)
        must_be_dual(called, value**2, 2 * value * tangent, SPEED)
    told = "was traced again for new values"
    called.require(traces == 1, told, expected="one trace for three Duals", got=f"{traces} traces")
    called = dual_from(learner, "jit(square)(Dual(5, 7, 'time'))", compiled, make(learner, 5.0, 7.0, TIME))
    must_be_dual(called, 25.0, 70.0, TIME)
    told = "was not traced for its label"
    called.require(traces == 2, told, expected="a second trace for a second label", got=f"{traces} traces")


@check(
    "Dual",
    "jit",
    hint="scan wants the carry back as it went in: same structure, so same label; same shapes and dtypes at the leaves.",
)
def test_Dual_passes_through_scan(learner: Learner, numbers: Numbers) -> None:
    values, tangents = numbers.uniform(0.5, 1.5, 5), numbers.normal(5)

    def step(carry: Any, x: Any) -> tuple[Any, Any]:
        return carry * x, carry + x

    def run(start: Any, xs: Any) -> tuple[tuple[Any, Any, Any], ...]:
        last, sums = lax.scan(step, start, xs)
        return parts(last), parts(sums)

    text = "With step(carry, x) = (carry * x, carry + x), lax.scan(step, Dual(1, 0, 'speed'), Dual(f32[5], f32[5], 'speed'))"
    start, xs = make(learner, 1.0, 0.0), make(learner, values, tangents)
    with own_hint():
        called = learner.Dual.using(text, run, start, xs)
    value, tangent = np.float64(1.0), np.float64(0.0)
    sums = []
    for x, dx in zip(double(values), double(tangents), strict=True):
        sums.append((value + x, tangent + dx))
        value, tangent = value * x, value * dx + tangent * x
    must_be_dual(called[0], value, tangent, SPEED)
    must_be_dual(called[1], np.array([one for one, _ in sums]), np.array([two for _, two in sums]), SPEED)


# ---- stack_trees


def stack_oracle(trees: Any) -> Any:
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *trees)


@check(
    "stack_trees",
    "correct",
    hint="Each leaf gets a new first axis, one place for each tree. jax.tree.map(f, *trees) calls f with one leaf of each, "
    "f(a, b, ...); jnp.stack wants them in one list.",
)
def test_stack_trees_by_hand(learner: Learner) -> None:
    trees = [
        {"w": jnp.array(1.0), "b": jnp.array([2.0, 3.0])},
        {"w": jnp.array(4.0), "b": jnp.array([5.0, 6.0])},
    ]
    expected = {"w": np.array([1.0, 4.0]), "b": np.array([[2.0, 3.0], [5.0, 6.0]])}
    must_be_tree_exactly(learner.stack_trees(trees), expected)


@check(
    "stack_trees",
    "correct",
    hint="jax.tree.map goes into every container, and leaves None and empty ones be.",
)
def test_stack_trees_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    trees = [nested(numbers) for _ in range(3)]
    must_be_tree_exactly(learner.stack_trees(trees), stack_oracle(trees))


@check("stack_trees", "correct", hint="A list of one tree gets its new axis, too, of length 1.")
def test_stack_trees_takes_one_tree(learner: Learner, numbers: Numbers) -> None:
    trees = [nested(numbers)]
    must_be_tree_exactly(learner.stack_trees(trees), stack_oracle(trees))


def mixed(numbers: Numbers, *rows: int) -> Any:
    """Leaves of many dtypes."""
    return {
        "half": float16(numbers.normal((*rows, 3))),
        "flags": numbers.booleans((*rows, 3)),
        "counts": numbers.integers(-9, 9, (*rows, 3)),
    }


@check("stack_trees", "correct", hint="Stack each leaf with its like; jnp.stack keeps the dtype.")
def test_stack_trees_keeps_the_dtypes(learner: Learner, numbers: Numbers) -> None:
    trees = [mixed(numbers) for _ in range(2)]
    must_be_tree_exactly(learner.stack_trees(trees), stack_oracle(trees))


@check(
    "stack_trees",
    "correct",
    hint="Lists of leaves always fit together. Give jax.tree.map the trees themselves; it compares their structures.",
)
def test_stack_trees_refuses_another_structure(learner: Learner) -> None:
    x = jnp.array([1.0, 2.0])
    text = "stack_trees([{'w': ..., 'b': ...}, {'w': ..., 'c': ...}])"
    refuses(learner.stack_trees, text, [{"w": x, "b": x}, {"w": x, "c": x}])


@check("stack_trees", "jit", hint="NumPy cannot see tracers: stack with jax.numpy.")
def test_stack_trees_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [([nested(numbers) for _ in range(3)],) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.stack_trees.jit(), calls), strict=True):
        must_be_tree_exactly(result, stack_oracle(*call))


@check("stack_trees", "jit", hint="One stack joins a leaf of all trees, however large it is.")
def test_stack_trees_has_no_python_loop(learner: Learner) -> None:
    small, large = ([{"w": jnp.zeros((size, 3))}] * 2 for size in (4, 8))
    same_size_for(learner.stack_trees.jit(), (small,), (large,))


# ---- unstack_tree


def must_be_trees(called: Called, tree: Any, rows: int) -> None:
    """The result is the list of the tree's rows. Raises WrongAnswer."""
    kind = type(called.value).__name__
    called.require(
        isinstance(called.value, list),
        "returned the wrong kind of thing",
        expected=f"a list of {rows} trees",
        got=f"a {kind}",
    )
    count = len(called.value)
    complaint = "gives the wrong number of trees"
    called.require(count == rows, complaint, expected=f"{rows} trees", got=f"{count} trees")
    for k in range(rows):
        expected = jax.tree.map(lambda leaf: np.asarray(leaf)[k], tree)  # noqa: B023 (called at once)
        must_be_tree_exactly(called[k], expected)


@check(
    "unstack_tree",
    "correct",
    hint="One tree for each row, in a list: take row k of every leaf, and put the rows into the old structure.",
)
def test_unstack_tree_by_hand(learner: Learner) -> None:
    tree = {"w": jnp.array([1.0, 4.0, 7.0]), "b": jnp.array([[2.0, 3.0], [5.0, 6.0], [8.0, 9.0]])}
    must_be_trees(learner.unstack_tree(tree), tree, 3)


@check("unstack_tree", "correct", hint="Count the rows of a leaf; what the tree itself is does not matter.")
def test_unstack_tree_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    tree = nested(numbers, rows=(3,))
    must_be_trees(learner.unstack_tree(tree), tree, 3)


@check("unstack_tree", "correct", hint="One row gives a list of one tree, without the first axis.")
def test_unstack_tree_takes_one_row(learner: Learner, numbers: Numbers) -> None:
    tree = {"b": numbers.normal((1, 3)), "w": numbers.normal(1)}
    must_be_trees(learner.unstack_tree(tree), tree, 1)


@check("unstack_tree", "correct", hint="Index each leaf by itself; indexing keeps the dtype.")
def test_unstack_tree_keeps_the_dtypes(learner: Learner, numbers: Numbers) -> None:
    tree = mixed(numbers, 2)
    must_be_trees(learner.unstack_tree(tree), tree, 2)


@check(
    "unstack_tree",
    "jit",
    hint="How many rows there are is part of the shape: leaf.shape[0] is known to Python.",
)
def test_unstack_tree_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(nested(numbers, rows=(3,)),) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.unstack_tree.jit(), calls), strict=True):
        must_be_trees(result, *call, 3)


@check(
    "unstack_tree",
    "jit",
    hint="The number of trees may decide how much work there is, not the size of a leaf.",
)
def test_unstack_tree_has_no_python_loop(learner: Learner) -> None:
    small, large = ({"w": jnp.zeros((2, size, 3))} for size in (4, 8))
    same_size_for(learner.unstack_tree.jit(), (small,), (large,))


# ---- ravel


def vector_oracle(tree: Any) -> Array:
    return np.concatenate([np.zeros(0), *(double(leaf).ravel() for leaf in jax.tree.leaves(tree))])


def must_ravel(learner: Learner, tree: Any) -> tuple[Called, Callable[[Any], Any]]:
    """The vector is right, and what undoes it is a function. Returns the result and that function."""
    called = learner.ravel(tree)
    called[0].close_to(vector_oracle(tree))
    unravel = called.value[1]
    kind = "gives no function to undo it"
    called.require(callable(unravel), kind, expected="(vector, unravel)", got=f"(vector, {shown(unravel)})")
    return called, unravel


@check(
    "ravel",
    "correct",
    hint="Join the leaves in the order of jax.tree.leaves (a dict's keys are sorted), each of them row by row.",
)
def test_ravel_by_hand(learner: Learner) -> None:
    tree = {"w": jnp.array([[1.0, 2.0], [3.0, 4.0]]), "b": [jnp.array(7.0)]}
    called, _ = must_ravel(learner, tree)
    called[0].equals([7.0, 1.0, 2.0, 3.0, 4.0])


@check("ravel", "correct", hint="Build it from jax.tree.flatten; the rules name what is left out.")
def test_ravel_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.ravel, "jax.flatten_util")


@check(
    "ravel",
    "correct",
    hint="unravel cuts its own argument: a leaf of shape (2, 3) takes six numbers, one of shape () takes one, and the "
    "next leaf goes on where the last one ended.",
)
def test_ravel_is_undone(learner: Learner, numbers: Numbers) -> None:
    for tree in (
        {"w": jnp.array([[1.0, 2.0], [3.0, 4.0]]), "b": [jnp.array(7.0)]},
        nested(numbers) | {"bare": jnp.zeros((0, 3))},
    ):
        called, unravel = must_ravel(learner, tree)
        vector = 2 * called.value[0]
        expected = jax.tree.map(lambda leaf: 2 * double(leaf), tree)
        must_be_tree(learner.ravel.using("unravel(2 * vector)", unravel, vector), expected)


@check(
    "ravel",
    "correct",
    hint="The vector is float32 for any leaves. Keep each leaf's dtype, and convert back when you cut.",
)
def test_ravel_gives_the_dtypes_back(learner: Learner, numbers: Numbers) -> None:
    tree = mixed(numbers)
    called, unravel = must_ravel(learner, tree)
    called = learner.ravel.using("unravel(vector)", unravel, called.value[0])
    must_be_tree_exactly(called, jax.tree.map(np.asarray, tree))


@check(
    "ravel",
    "correct",
    hint="jnp.concatenate wants at least one array; an empty one adds nothing. And the vector is always float32.",
)
def test_ravel_takes_a_tree_without_leaves(learner: Learner) -> None:
    tree: dict[str, Any] = {"a": None, "b": [(), {}]}
    called, unravel = must_ravel(learner, tree)
    must_be_tree(learner.ravel.using("unravel(vector)", unravel, called.value[0]), tree)


def _doubling(ravel: Callable[..., Any]) -> Callable[..., Any]:
    """Uses both functions: a function that is returned cannot leave jit by itself."""

    def doubled(tree: Any) -> Any:
        vector, unravel = ravel(tree)
        return unravel(2 * vector)

    return doubled


def double_by_ravel(learner: Learner) -> Handle:
    doubled = _doubling(learner.ravel.function)
    return Handle(learner.session, "ravel", "double_by_ravel", doubled, raw=doubled).jit()


@check(
    "ravel",
    "jit",
    hint="double_by_ravel(tree) is unravel(2 * vector). Sizes come from shapes, and shapes are known to Python.",
)
def test_ravel_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(nested(numbers),) for _ in range(2)]
    for call, result in zip(calls, compiles_once(double_by_ravel(learner), calls), strict=True):
        must_be_tree(result, jax.tree.map(lambda leaf: 2 * double(leaf), *call))
    learner.ravel.compare_on("double_by_ravel", _doubling, *calls[0])


@check("ravel", "jit", hint="Slice, reshape and convert: nothing in unravel needs the numbers themselves.")
def test_ravel_can_be_undone_under_vmap_and_grad(learner: Learner, numbers: Numbers) -> None:
    tree = {"w": numbers.normal((3, 2)), "b": numbers.normal(3)}
    called, unravel = must_ravel(learner, tree)
    vectors = jnp.asarray(np.stack([called.value[0], np.zeros_like(called.value[0])]))
    expected = jax.tree.map(lambda leaf: np.stack([double(leaf), 0 * double(leaf)]), tree)
    lifted = jax.jit(jax.vmap(unravel))  # one program, not one for each operation
    must_be_tree(learner.ravel.using("jit(vmap(unravel))(vectors)", lifted, vectors), expected)

    def loss(vector: Any) -> Any:
        return jnp.sum(unravel(vector)["w"] ** 2)

    text = "With loss(vector) = sum(unravel(vector)['w'] ** 2), jit(grad(loss))(vector)"
    gradient = np.concatenate([np.zeros(3), 2 * double(tree["w"]).ravel()])
    learner.ravel.using(text, jax.jit(jax.grad(loss)), called.value[0]).close_to(gradient)


@check(
    "ravel",
    "jit",
    hint="double_by_ravel(tree) is unravel(2 * vector). A loop over leaves is fine, one over elements is not.",
)
def test_ravel_has_no_python_loop(learner: Learner) -> None:
    small, large = ({"w": jnp.zeros((size, 3))} for size in (4, 8))
    same_size_for(double_by_ravel(learner), (small,), (large,))


# ---- shapes_to_zeros


@check(
    "shapes_to_zeros",
    "correct",
    hint="A tuple is a container to jax.tree.map, and () an empty one. is_leaf=... says which nodes to hand over whole. "
    "The zeros are float32.",
)
def test_shapes_to_zeros_by_hand(learner: Learner) -> None:
    shapes = {"w": (1, 2), "b": [(2,), ()]}
    must_be_tree_exactly(
        learner.shapes_to_zeros(shapes), {"w": np.zeros((1, 2)), "b": [np.zeros(2), np.zeros(())]}
    )


@check(
    "shapes_to_zeros",
    "correct",
    hint="A tuple of shapes is a container, a tuple of integers is a shape: look inside before you call it a leaf.",
)
def test_shapes_to_zeros_goes_into_tuples_of_shapes(learner: Learner) -> None:
    expected = (np.zeros(2), (np.zeros((1, 2)), np.zeros(())))
    must_be_tree_exactly(learner.shapes_to_zeros(((2,), ((1, 2), ()))), expected)


@check(
    "shapes_to_zeros",
    "correct",
    hint="A named tuple is a tuple to isinstance. Its items tell: a shape's are all integers.",
)
def test_shapes_to_zeros_goes_into_named_tuples(learner: Learner) -> None:
    shapes = {"layer": Layer(weight=(1, 2), bias=(2,))}
    expected = {"layer": Layer(weight=np.zeros((1, 2)), bias=np.zeros(2))}
    must_be_tree_exactly(learner.shapes_to_zeros(shapes), expected)


@check("shapes_to_zeros", "correct", hint="None and empty dicts and lists hold no shape: they are structure.")
def test_shapes_to_zeros_keeps_what_is_empty(learner: Learner) -> None:
    shapes: dict[str, Any] = {"w": (1, 2), "none": None, "dict": {}, "list": [], "no_rows": (0, 2)}
    expected = shapes | {"w": np.zeros((1, 2)), "no_rows": np.zeros((0, 2))}
    must_be_tree_exactly(learner.shapes_to_zeros(shapes), expected)


@check("shapes_to_zeros", "jit", hint="Shapes are static, and plain Python: jit need not see them.")
def test_shapes_to_zeros_runs_under_jit(learner: Learner) -> None:
    handle = learner.shapes_to_zeros
    shapes = {"w": (1, 2), "b": [(2,), ()]}
    called = handle.using(f"shapes_to_zeros({shapes}) under jit", jax.jit(lambda: handle.function(shapes)))
    must_be_tree_exactly(called, {"w": np.zeros((1, 2)), "b": [np.zeros(2), np.zeros(())]})


HUGE = (2**20, 2**20, 2**20)  # four exabytes of float32


@check(
    "shapes_to_zeros",
    "jit",
    hint="While JAX traces, jnp.zeros is only noted down. Lists of numbers and NumPy arrays are made at once.",
)
def test_shapes_to_zeros_makes_nothing_while_tracing(learner: Learner) -> None:
    handle = learner.shapes_to_zeros
    text = "jax.eval_shape(lambda: shapes_to_zeros({'w': (2**20, 2**20, 2**20)}))"
    with own_hint():
        called = handle.using(text, lambda: jax.eval_shape(lambda: handle.function({"w": HUGE}))["w"].shape)
    called.require(called.value == HUGE, "has another shape", expected=str(HUGE), got=str(called.value))


# ---- merge_adapters


def merge_oracle(params: Any, adapters: Any) -> Any:
    def merged(path: Any, leaf: Any) -> Array:
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        if name not in adapters:
            return np.asarray(leaf)
        down, up = adapters[name]
        return np.asarray(double(leaf) + double(down) @ double(up)).astype(leaf.dtype)

    return jax.tree.map_with_path(merged, params)


def whole(numbers: Numbers, shape: tuple[int, ...]) -> jax.Array:
    """Small whole numbers, as floats: sums of their products are exact on every device."""
    return jnp.asarray(np.asarray(numbers.integers(-5, 6, shape)), jnp.float32)


def adapter(numbers: Numbers) -> tuple[jax.Array, jax.Array]:
    return whole(numbers, (3, 1)), whole(numbers, (1, 4))


@check(
    "merge_adapters",
    "correct",
    hint="At a path that adapters has, add down @ up, in this order; elsewhere give the leaf back as it is.",
)
def test_merge_adapters_by_hand(learner: Learner) -> None:
    params = {"w": jnp.array([[1.0, 1.0]]), "v": jnp.array([[5.0]])}
    adapters = {"w": (jnp.array([[2.0]]), jnp.array([[1.0, 3.0]]))}
    called = learner.merge_adapters(params, adapters)
    must_be_tree(called, {"w": np.array([[3.0, 7.0]]), "v": np.array([[5.0]])})


@check(
    "merge_adapters",
    "correct",
    hint="jax.tree_util.keystr(path, simple=True, separator='/') writes a path of any keys: dict, list, named tuple.",
)
def test_merge_adapters_finds_every_path(learner: Learner, numbers: Numbers) -> None:
    layers = [Layer(whole(numbers, (3, 4)), None), {0: whole(numbers, (3, 4)), 1: ()}]
    params = {"encoder": layers, "head": whole(numbers, (3, 4))}
    adapters = {path: adapter(numbers) for path in ("encoder/1/0", "head", "encoder/0/weight")}
    must_be_tree(learner.merge_adapters(params, adapters), merge_oracle(params, adapters))


@check(
    "merge_adapters",
    "correct",
    hint="Compare whole paths with ==. A path that contains another one, or begins or ends with it, is another path.",
)
def test_merge_adapters_leaves_similar_paths_alone(learner: Learner, numbers: Numbers) -> None:
    weight = whole(numbers, (3, 4))
    block = {"1": {"w": weight, "w2": weight}, "10": {"w": weight}, "w": weight}
    params = {"block": block, "my": {"block": {"1": {"w": weight}}}}
    adapters = {"block/1/w": adapter(numbers)}
    must_be_tree(learner.merge_adapters(params, adapters), merge_oracle(params, adapters))


@check(
    "merge_adapters",
    "correct",
    hint="Adding a zero turns -0 into 0. Give a leaf without an adapter back as it is.",
)
def test_merge_adapters_leaves_the_others_bit_for_bit(learner: Learner, numbers: Numbers) -> None:
    params = {"w": whole(numbers, (3, 4)), "v": jnp.array([-0.0, 1.0, -0.0])}
    adapters = {"w": adapter(numbers)}
    called = learner.merge_adapters(params, adapters)
    must_be_tree(called, merge_oracle(params, adapters))
    signs = np.signbit(np.asarray(called.value["v"]))
    called.require(
        signs.tolist() == [True, False, True], "changes 'v'", expected="[-0, 1, -0]", got="[0, 1, 0]"
    )


@check(
    "merge_adapters",
    "correct",
    hint="A float16 weight plus a float32 product is float32. Add first, then convert to the weight's dtype.",
)
def test_merge_adapters_keeps_the_dtypes(learner: Learner, numbers: Numbers) -> None:
    params = {"w": float16(whole(numbers, (3, 4))), "v": float16(numbers.normal(3))}
    adapters = {"w": adapter(numbers)}
    must_be_tree(learner.merge_adapters(params, adapters), merge_oracle(params, adapters))


@check(
    "merge_adapters",
    "correct",
    hint="A misspelt path must not be lost in silence: compare the adapters' paths with those of the leaves first.",
)
def test_merge_adapters_refuses_unknown_paths(learner: Learner, numbers: Numbers) -> None:
    params = {"layer": {"w": whole(numbers, (3, 4)), "b": None}}
    for path in ("layer/v", "layer", "layer/b"):
        adapters = {path: adapter(numbers)}
        text = f"merge_adapters({{'layer': {{'w': f32[3,4], 'b': None}}}}, {{{path!r}: ...}})"
        refuses(learner.merge_adapters, text, params, adapters)


@check("merge_adapters", "correct", hint="Without adapters the parameters come back as they are.")
def test_merge_adapters_takes_no_adapters(learner: Learner, numbers: Numbers) -> None:
    params = nested(numbers)
    must_be_tree_exactly(learner.merge_adapters(params, {}), jax.tree.map(np.asarray, params))


@check("merge_adapters", "jit", hint="Paths are plain Python and decide; numbers are traced and do not.")
def test_merge_adapters_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = []
    for up in (whole(numbers, (1, 4)), jnp.zeros((1, 4))):
        params = {"layers": [whole(numbers, (3, 4)) for _ in range(2)]}
        calls.append((params, {"layers/1": (whole(numbers, (3, 1)), up)}))
    for call, result in zip(calls, compiles_once(learner.merge_adapters.jit(), calls), strict=True):
        must_be_tree(result, merge_oracle(*call))


@check(
    "merge_adapters",
    "jit",
    hint="Training touches the adapters alone. Their gradient has to come through down @ up: nothing may cut it off.",
)
def test_merge_adapters_lets_gradients_through(learner: Learner, numbers: Numbers) -> None:
    params = {"layers": [whole(numbers, (3, 4)) for _ in range(2)]}
    down, up = adapter(numbers)
    merge = learner.merge_adapters.function

    def loss(adapters: Any) -> Any:
        return jnp.sum(merge(params, adapters)["layers"][1])

    text = "With the sum of the merged weight as loss, jit(grad(loss))({'layers/1': (f32[3,1], f32[1,4])})"
    called = learner.merge_adapters.using(text, jax.jit(jax.grad(loss)), {"layers/1": (down, up)})
    by_down, by_up = np.full((3, 1), double(up).sum()), np.full((1, 4), double(down).sum())
    must_be_tree(called, {"layers/1": (by_down, by_up)})
