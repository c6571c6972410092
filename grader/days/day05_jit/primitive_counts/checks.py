"""Checks of primitive_counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from grader.days.day05_jit.shared import Spy, shown
from grader.toolkit import Called, Learner, check, hint_when, raised


def sines(x: jax.Array) -> jax.Array:
    return lax.mul(lax.sin(x), lax.sin(lax.sin(x)))


compiled_sines = jax.jit(sines)


def calls_compiled_sines(x: jax.Array) -> jax.Array:
    return lax.mul(compiled_sines(x), compiled_sines(lax.cos(x)))


def scans(start: jax.Array, xs: jax.Array) -> tuple[jax.Array, jax.Array]:
    return lax.scan(lambda carry, x: (lax.add(lax.sin(carry), x), lax.cos(x)), start, xs)


def branches(choice: jax.Array, x: jax.Array) -> Any:
    return lax.switch(choice, [lax.sin, lambda y: lax.cos(lax.cos(y)), lax.tan], x)


def waits(x: jax.Array) -> jax.Array:
    return lax.while_loop(lambda y: lax.lt(lax.cos(y), lax.sin(y)), lambda y: lax.tan(lax.tan(y)), x)


@jax.custom_jvp
def with_jvp(x: jax.Array) -> jax.Array:
    return lax.sin(lax.cos(x))


with_jvp.defjvp(lambda primals, tangents: (with_jvp(*primals), tangents[0]))


@jax.custom_vjp
def with_vjp(x: jax.Array) -> jax.Array:
    return lax.tan(lax.cos(x))


with_vjp.defvjp(lambda x: (with_vjp(x), None), lambda kept, gradient: (gradient,))


def has_derivative_rules(x: jax.Array) -> jax.Array:
    return lax.add(with_jvp(x), with_vjp(x))


remembers_little: Callable[[jax.Array], jax.Array] = jax.checkpoint(sines)


def nests(x: jax.Array) -> jax.Array:
    def body(carry: jax.Array, _: None) -> tuple[jax.Array, None]:
        return lax.switch(lax.convert_element_type(carry, "int32"), [compiled_sines, lax.cos], carry), None

    last, _ = lax.scan(body, x, None, length=3)
    return last


def sums_a_tree(tree: Any, x: jax.Array) -> Any:
    return {"sum": lax.add(lax.sin(tree["a"][0]), tree["b"][0]), "product": (lax.mul(x, x), tree["a"][1])}


def gives_back(x: jax.Array) -> jax.Array:
    return x


def has_counts(result: Called, expected: Mapping[str, int]) -> None:
    """The counts of these primitives; what JAX puts around them (conversions, clamps) may change with its version."""
    counts = result.value
    came = type(counts).__name__
    result.require(isinstance(counts, Mapping), "is no dict", expected='a dict such as {"sin": 2}', got=came)
    odd = next((key for key in counts if not isinstance(key, str)), "")
    result.require(
        isinstance(odd, str),
        "has keys that are no names",
        expected='strings, such as "sin"',
        got=f"{odd!r}, of type {type(odd).__name__}",
        hint="The keys of the dict are strings: equation.primitive.name.",
    )
    odd = sorted({type(one).__name__ for one in counts.values() if type(one).__module__.startswith("_kata")})
    result.require(not odd, "counts with a class of its own", expected="Python ints", got=", ".join(odd))
    for name, count in expected.items():
        found = counts.get(name, 0)
        got = f"{found}, in {shown(counts)}"
        result.require(found == count, f"counts {name} wrongly", expected=f"{count}", got=got)


@check(
    "primitive_counts",
    "correct",
    hint="jax.make_jaxpr(function)(*args).eqns is a list of equations; each has a primitive, and that has a name.",
)
def test_primitive_counts_by_hand(learner: Learner) -> None:
    strings = "The keys of the dict are strings: equation.primitive.name."
    with hint_when(raised(text="Comparator"), strings):  # JAX sorts the keys of a dict, and cannot
        result = learner.primitive_counts(sines, jnp.ones(3))
    has_counts(result, {"sin": 3, "mul": 1})
    expected = {"sin": 3, "mul": 1}
    result.require(
        dict(result.value) == expected,
        "counts something else, too",
        expected=shown(expected),
        got=shown(result.value),
    )


@check(
    "primitive_counts",
    "correct",
    hint="The equation of a jit holds another jaxpr among its params. Count the equation, then visit what it holds. "
    "A function that is called twice stands there twice.",
)
def test_primitive_counts_looks_into_jit(learner: Learner) -> None:
    result = learner.primitive_counts(calls_compiled_sines, jnp.ones(3))
    has_counts(result, {"jit": 2, "sin": 6, "mul": 3, "cos": 1})


@check("primitive_counts", "correct", hint="The body of a scan is written once, however often it runs.")
def test_primitive_counts_looks_into_scan(learner: Learner) -> None:
    result = learner.primitive_counts(scans, jnp.float32(1.0), jnp.ones(5))
    has_counts(result, {"scan": 1, "sin": 1, "add": 1, "cos": 1})


@check(
    "primitive_counts", "correct", hint="The branches of a cond are a tuple of jaxprs: look into tuples, too."
)
def test_primitive_counts_looks_into_branches(learner: Learner) -> None:
    result = learner.primitive_counts(branches, jnp.int32(1), jnp.ones(3))
    has_counts(result, {"cond": 1, "sin": 1, "cos": 2, "tan": 1})


@check(
    "primitive_counts",
    "correct",
    hint="A while has two jaxprs, cond_jaxpr and body_jaxpr. Go by what a parameter is, not by its name.",
)
def test_primitive_counts_looks_into_while(learner: Learner) -> None:
    has_counts(
        learner.primitive_counts(waits, jnp.float32(1.0)), {"while": 1, "lt": 1, "cos": 1, "sin": 1, "tan": 2}
    )


@check(
    "primitive_counts",
    "correct",
    hint="Whatever holds a jaxpr is to be looked into: custom_jvp, custom_vjp and checkpoint do, too. Some parameters "
    "are a ClosedJaxpr (which has a .jaxpr), some a Jaxpr; both have .eqns.",
)
def test_primitive_counts_looks_into_everything(learner: Learner) -> None:
    result = learner.primitive_counts(has_derivative_rules, jnp.ones(3))
    has_counts(result, {"sin": 1, "cos": 2, "tan": 1, "add": 1})
    has_counts(learner.primitive_counts(remembers_little, jnp.ones(3)), {"sin": 3, "mul": 1})


@check(
    "primitive_counts",
    "correct",
    hint="What you find inside may hold programs of its own: let it call itself.",
)
def test_primitive_counts_looks_deep(learner: Learner) -> None:
    result = learner.primitive_counts(nests, jnp.float32(1.0))
    has_counts(result, {"scan": 1, "cond": 1, "sin": 3, "mul": 1, "cos": 1})


@check(
    "primitive_counts",
    "jit",
    hint="jax.make_jaxpr traces and computes nothing; let it alone call the function.",
)
def test_primitive_counts_runs_nothing(learner: Learner) -> None:
    spy = Spy()
    result = learner.primitive_counts(spy, jnp.ones(3))
    result.require(
        not spy.saw_numbers,
        "runs the function",
        expected="a call with tracers alone",
        got="a call with an array of numbers",
    )


@check(
    "primitive_counts",
    "jit",
    hint="Pass args on as they are: jax.make_jaxpr takes arrays, trees and shapes alike.",
)
def test_primitive_counts_takes_shapes_alone(learner: Learner) -> None:
    shape = jax.ShapeDtypeStruct((10**6, 10**6), jnp.float32)  # as numbers, 4 TB
    has_counts(learner.primitive_counts(sines, shape), {"sin": 3, "mul": 1})


@check(
    "primitive_counts",
    "jit",
    hint="Pass args on as they are: a tree goes to jax.make_jaxpr whole, and a function may give a tree back.",
)
def test_primitive_counts_takes_trees(learner: Learner) -> None:
    tree = {"a": (jnp.ones(3), None), "b": [jax.ShapeDtypeStruct((3,), jnp.float32)]}
    has_counts(learner.primitive_counts(sums_a_tree, tree, jnp.ones(3)), {"sin": 1, "add": 1, "mul": 1})


@check("primitive_counts", "jit", hint="A program without operations has no primitives: an empty dict.")
def test_primitive_counts_of_nothing(learner: Learner) -> None:
    result = learner.primitive_counts(gives_back, jnp.ones(3))
    result.require(
        dict(result.value) == {}, "counts what is not there", expected="{}", got=shown(result.value)
    )
