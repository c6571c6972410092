"""Checks of Dual."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from grader.days.day07_pytrees.shared import shown
from grader.toolkit import (
    Array,
    Called,
    Handle,
    Kind,
    Learner,
    Numbers,
    check,
    hint_when,
    own_hint,
    raised,
    refuses,
    wide,
)

# Labels whose equal copies are other objects in Python.
SPEED, TIME = "speed", "time"


def copied(label: str) -> str:
    return "".join(list(label))


def parts(dual: Any) -> tuple[Any, Any, Any]:
    return dual.value, dual.tangent, dual.label


def must_be_dual(called: Called, value: Any, tangent: Any, label: str) -> None:
    """The parts of a Dual, as `parts` gives them, are these. Raises WrongAnswer."""
    came, text = called.value, called.text
    same = type(came[2]) is str and came[2] == label
    Called(f"{text}.label", came[2]).require(
        same, "is wrong", expected=repr(label), got=shown(came[2]), kind=Kind.VALUE
    )
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
    a, b = wide(value), wide(tangent)
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
    hint="Derivatives by different variables must not be mixed: both operations compare the labels. A label is a plain string, "
    "also under jit, so an `if` will do.",
)
def test_Dual_refuses_two_variables(learner: Learner) -> None:
    one, two = make(learner, 2.0, 3.0), make(learner, 5.0, 7.0, TIME)
    names = "Dual(2, 3, 'speed') {} Dual(5, 7, 'time')"
    with hint_when(
        lambda _: getattr(one, "label", None) == TIME,
        "After Dual(5, 7, 'time') was made, the first one's label is 'time', too. Each Dual keeps a label of its own, in "
        "self.label; what the class keeps, all of them share.",
    ):
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
    return learner.Dual.derive("Dual", function)


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
    called.require(got == "[2, 3]", "is wrong", expected="[2, 3]", got=got, hint=hint, kind=Kind.VALUE)


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
    with hint_when(
        raised("TypeError", "ValueError", text=r"positional arguments? but \d+ were|to unpack"),
        "Are two arguments swapped? To put a Dual together JAX hands over the static data first, and then the children; only "
        "what takes it apart gives the children first.",
    ):
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
        text, other = (
            names.replace("5, 7", "f32[2], f32[2]").format(SPEED),
            make(learner, [1.0, 2.0], [3.0, 4.0]),
        )
        called = learner.Dual.using(text, same_structure, speed, other)
        alike = "one structure: no shapes in it"
        called.require(called.value, "differ", expected=alike, got="two structures")
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
    dual = make(learner, 2.0, 3.0)

    def empty(leaf: Any) -> None:
        return None

    text = "With empty(leaf) = None, jax.tree.map(empty, Dual(2, 3, 'speed'))"
    called = dual_from(learner, text, jax.tree.map, empty, dual)
    nothing = called.value[0] is None and called.value[1] is None
    complaint = "has other parts"
    called.require(
        nothing, complaint, expected="None and None", got=" and ".join(map(shown, called.value[:2]))
    )

    for tokens in (["first", object()], [7, True]):

        def rebuilt(tokens: Any = tokens) -> Any:
            return jax.tree.unflatten(jax.tree.structure(dual), tokens)

        told = ", ".join("object()" if type(token) is object else repr(token) for token in tokens)
        text = f"jax.tree.unflatten(jax.tree.structure(Dual(2, 3, 'speed')), [{told}])"
        called = dual_from(learner, text, rebuilt)
        kept = called.value[0] is tokens[0] and called.value[1] is tokens[1]
        got = " and ".join(map(shown, called.value[:2]))
        called.require(kept, complaint, expected=f"these very objects: {told}", got=got)


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
    for x, dx in zip(wide(values), wide(tangents), strict=True):
        sums.append((value + x, tangent + dx))
        value, tangent = value * x, value * dx + tangent * x
    must_be_dual(called[0], value, tangent, SPEED)
    must_be_dual(called[1], np.array([one for one, _ in sums]), np.array([two for _, two in sums]), SPEED)
