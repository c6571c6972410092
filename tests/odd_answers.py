"""Answers so odd that a check might stumble over them: each makes another function of the right one.

A learner's file of them is a day's solution, this module below it, and lines such as `softmax = a_coroutine(softmax)`.
"""

import dataclasses
import functools
import types

import jax
import jax.numpy as jnp
import numpy as np


def odd(make):
    """A decorator for an answer: what `make` makes of the right function and its arguments. Of a class: by each method."""

    def of(right):
        if isinstance(right, type):
            own = {
                name: of(method)
                for name, method in vars(right).items()
                if isinstance(method, types.FunctionType)
                and name not in {"__init__", "__post_init__", "__setattr__", "setup"}
            }
            return type(right.__name__, (right,), {"__module__": right.__module__, **own})

        @functools.wraps(right)
        def answer(*arguments, **keywords):
            return make(lambda: right(*arguments, **keywords))

        return answer

    return of


def each(change):
    """A decorator: the right result, each leaf of it changed."""
    return odd(lambda right: jax.tree.map(change, right()))


def array(leaf):
    return isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jnp.number)


class Lying(float):
    shape, dtype, ndim, size = (), np.dtype("float32"), 0, 1

    def __float__(self):
        raise RuntimeError("no float")

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    def __repr__(self):
        raise RuntimeError("no words")

    __hash__ = None

    def __array__(self, *arguments, **keywords):
        raise RuntimeError("no array")


class Grudging:
    """Every attribute of it raises."""

    def __getattribute__(self, name):
        raise RuntimeError("no attributes")


@dataclasses.dataclass
class Unregistered:
    value: object


async def waits(right):
    return right()


async def waits_in_turn(right):
    yield right()


def in_turn(right):
    yield right()


def dead_in_vmap(right):
    kept = []
    jax.vmap(lambda a: (kept.append(a), a)[1])(jnp.zeros(3))
    return kept[0]


def dead_in_scan(right):
    last = None

    def body(carry, a):
        nonlocal last
        last = carry + a
        return last, a

    jax.lax.scan(body, 0.0, jnp.arange(3.0))
    return last


def dead_in_grad(right):
    kept = []

    def loss(a):
        kept.append(2 * a)
        return a**2

    jax.grad(loss)(1.0)
    result = right()
    leaves, structure = jax.tree.flatten(result)
    return jax.tree.unflatten(structure, kept * len(leaves))


def raises_late(right):
    def later(*arguments, **keywords):
        raise RuntimeError("late")

    return later


def raises_within(right):
    result = right()
    leaves, structure = jax.tree.flatten(result)
    return jax.tree.unflatten(structure, [raises_late(right)] * len(leaves))


def holds_itself(right):
    inside = []
    inside.append(inside)
    return inside


def whole_variables(right):
    """Parameters as Flax's init gives them: a dict of collections, in the place of the one."""
    result = right()
    if isinstance(getattr(result, "params", None), dict):
        return result.replace(params={"params": result.params})
    return {"params": result}


def deleted(leaf):
    if array(leaf):
        leaf = leaf + 0
        if not isinstance(leaf, jax.core.Tracer):
            leaf.delete()
    return leaf


def without_end(right):
    return without_end(right)


def elsewhere(leaf):
    return jax.device_put(leaf, jax.devices()[-1]) if array(leaf) else leaf


ODD = {
    "a_dead_tracer_of_vmap": odd(dead_in_vmap),
    "a_dead_tracer_of_scan": odd(dead_in_scan),
    "dead_tracers_of_grad": odd(dead_in_grad),
    "a_coroutine": odd(waits),
    "an_async_generator": odd(waits_in_turn),
    "a_generator": odd(in_turn),
    "none": odd(lambda right: None),
    "nones": each(lambda leaf: None),
    "not_implemented": odd(lambda right: NotImplemented),
    "an_ellipsis": odd(lambda right: ...),
    "a_string": odd(lambda right: "softmax"),
    "strings": each(str),
    "bytes": odd(lambda right: b"softmax"),
    "all_collections": odd(lambda right: {"params": right(), "batch_stats": {}}),
    "whole_variables": odd(whole_variables),
    "twice": odd(lambda right: (right(), right())),
    "in_lists": odd(lambda right: [[right()]]),
    "in_a_set": odd(lambda right: {1, "a", None}),
    "mixed_keys": odd(lambda right: {1: 0.0, "a": right(), None: 3}),
    "an_object_array": odd(lambda right: np.array([object(), None, "a"], dtype=object)),
    "object_arrays": each(lambda leaf: np.full(np.shape(leaf), None, dtype=object) if array(leaf) else leaf),
    "a_ragged_list": odd(lambda right: [[1.0], [1.0, [2.0]], []]),
    "nan_everywhere": each(lambda leaf: leaf * jnp.nan if array(leaf) else leaf),
    "huge_numbers": each(lambda leaf: jnp.full_like(leaf, jnp.inf) if array(leaf) else leaf),
    "a_huge_array": odd(lambda right: jnp.zeros((1 << 22,))),
    "a_huge_int": odd(lambda right: 10**5000),
    "an_empty_array": odd(lambda right: jnp.zeros(0)),
    "empty_arrays": each(lambda leaf: jnp.zeros((0, 3), leaf.dtype) if array(leaf) else leaf),
    "an_empty_tuple": odd(lambda right: ()),
    "raises_late": odd(raises_late),
    "leaves_that_raise": odd(raises_within),
    "a_class": odd(lambda right: Unregistered),
    "an_object": odd(lambda right: Unregistered(3)),
    "a_grudging_object": odd(lambda right: Grudging()),
    "a_module": odd(lambda right: jnp),
    "a_lying_float": odd(lambda right: Lying(1.0)),
    "lying_floats": each(lambda leaf: Lying(1.0)),
    "on_another_device": each(elsewhere),
    "shapes_alone": each(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) if array(leaf) else leaf),
    "a_masked_array": odd(lambda right: np.ma.masked_array([1.0, 2.0], [True, False])),
    "numpy_scalars": each(lambda leaf: np.float32(1.0)),
    "complex_numbers": each(lambda leaf: leaf + 1j if array(leaf) else leaf),
    "booleans": each(lambda leaf: leaf > 0 if array(leaf) else leaf),
    "a_key": odd(lambda right: jax.random.key(0)),
    "keys": each(lambda leaf: jax.random.split(jax.random.key(0), np.shape(leaf)) if array(leaf) else leaf),
    "float0": odd(lambda right: np.zeros((), jax.dtypes.float0)),
    "a_list_that_holds_itself": odd(holds_itself),
    "deleted_arrays": each(deleted),
    "no_end": odd(without_end),
    "an_exception": odd(lambda right: ValueError("returned")),
    "an_iterator": odd(lambda right: iter([1.0, 2.0])),
    "one_axis_more": each(lambda leaf: leaf[None] if array(leaf) else leaf),
    "a_partial": odd(lambda right: functools.partial(right)),
}
