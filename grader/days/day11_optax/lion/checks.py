"""Checks of lion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day11_optax.shared import Tree, build, close, compiled_updates_of, updates_of
from grader.toolkit import Called, Kind, Learner, Numbers, bans, check, hint_when, own_hint, raised, wide


def lion_oracle(gradients: Sequence[Tree], learning_rate: float) -> tuple[list[Tree], float]:
    """The updates, and how close to a change of sign any of them is."""
    m = jax.tree.map(lambda g: np.zeros(np.shape(g)), gradients[0])
    found, margin = [], np.inf
    for gradient in gradients:
        c = jax.tree.map(lambda old, g: 0.9 * old + 0.1 * wide(g), m, gradient)
        margin = min([margin, *(float(np.min(np.abs(leaf))) for leaf in jax.tree.leaves(c))])
        found.append(jax.tree.map(lambda leaf: -learning_rate * np.sign(leaf), c))
        m = jax.tree.map(lambda old, g: 0.99 * old + 0.01 * wide(g), m, gradient)
    return found, margin


def first_update(lion: Callable[..., Any], learning_rate: jax.Array, params: Tree) -> Any:
    optimizer = lion(learning_rate)
    return optimizer.update(params, optimizer.init(params), params)


@check("lion", "correct", hint="The exercise is to write it; the rules name what is left out.")
def test_lion_uses_no_shortcut(learner: Learner) -> None:
    bans(
        learner.lion,
        "optax.lion",
        "optax.scale_by_lion",
        on=(jnp.float32(0.1), {"w": jnp.ones(7)}),
        by=first_update,
    )


@check(
    "lion",
    "correct",
    hint="Every step is learning_rate long in each number, against the sign of 0.9 m + 0.1 g; m is 0 at first, whatever the"
    " parameters are. Where the sum is 0, so is its sign, and nothing moves.",
)
def test_lion_by_hand(learner: Learner) -> None:
    # Parameters that are no zeros: neither does m begin with them, nor do they decay.
    params, gradient = {"w": jnp.array([30.0, -7.0, 5.0])}, {"w": jnp.array([2.0, -4.0, 0.0])}
    close(updates_of(learner.lion, (0.5,), [params], [gradient]), [{"w": np.array([-0.5, 0.5, 0.0])}])


@check(
    "lion",
    "correct",
    hint="The parameters are optional, since Lion does not need them: def update(gradients, state, params=None).",
)
def test_lion_needs_no_parameters(learner: Learner) -> None:
    params, gradient = {"w": jnp.zeros(3)}, {"w": jnp.array([2.0, -4.0, 0.0])}
    text, optimizer = build(learner.lion, 0.5)
    state = learner.lion.using(f"{text}.init(params)", optimizer.init, params).value
    with own_hint(raised("TypeError", text="required positional argument")):
        pair = learner.lion.using(f"{text}.update(gradients, state)", optimizer.update, gradient, state)
    if isinstance(pair.value, tuple):  # by_hand has something to say where it is none
        pair[0].close_to({"w": np.array([-0.5, 0.5, 0.0])})


@check(
    "lion",
    "correct",
    hint="The sign is that of c, made with 0.9 from the old m. The new m is made with 0.99, from the same old m.",
)
def test_lion_follows_the_paper(learner: Learner, numbers: Numbers) -> None:
    # A strong pull at first, against which the next ones count as much: here all orders and rates tell.
    pulls = [{"w": jnp.array([g, -g, 0.5 * g])} for g in (20.0, -3.0, -1.0, -1.0, 2.0)]
    margin = 0.0
    while margin < 1e-4:  # nearer to zero, float32 and float64 may differ in a sign
        gradients = [*pulls, *({"w": numbers.normal(3)} for _ in range(15))]
        expected, margin = lion_oracle(gradients, 0.5)
    found = updates_of(learner.lion, (0.5,), [{"w": jnp.array([5.0, -3.0, 2.0])}] * 20, gradients)
    stays = (
        "Each step goes by its own gradient alone, as if m stayed 0. Is the new m, 0.99 m + 0.01 g, what update returns as its"
        " state, and not the old one?"
    )
    with hint_when(lambda _: goes_by_each_alone(found, gradients), stays):
        close(found, expected)


def goes_by_each_alone(found: Sequence[Called], gradients: Sequence[Tree]) -> bool:
    """Whether each update has the sign of its own gradient, as if there were no m."""
    ours = [leaf for updates in found for leaf in jax.tree.leaves(updates.value)]
    alone = [-0.5 * np.sign(np.asarray(gradient["w"])) for gradient in gradients]
    return len(ours) == len(alone) and all(map(np.array_equal, ours, alone))


@check(
    "lion",
    "correct",
    hint="A sign is -1, 0 or 1, however small the number: jnp.sign. A quotient with something added below is none.",
)
def test_lion_takes_the_sign_of_tiny_numbers(learner: Learner) -> None:
    params, gradient = {"w": jnp.zeros(3)}, {"w": jnp.array([2e-20, -4e-7, 0.0])}
    close(updates_of(learner.lion, (0.5,), [params], [gradient]), [{"w": np.array([-0.5, 0.5, 0.0])}])


@check(
    "lion",
    "correct",
    hint="After twenty steps m is known to five digits, and decides a sign by them: keep it in the dtype of the parameters, and "
    "round nothing.",
)
def test_lion_remembers_exactly(learner: Learner) -> None:
    pulls = [100.0] + [1.0] * 19
    m = 0.0
    for pull in pulls:
        m = 0.99 * m + 0.01 * pull
    # c = 0.9 m + 0.1 g is 0 at g = -9 m; each number of g is off from that by so much of it.
    off = np.array([sign * size for size in (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2) for sign in (1, -1)])
    gradients = [{"w": jnp.full(12, pull)} for pull in pulls] + [{"w": jnp.asarray(-9 * m * (1 + off))}]
    found = updates_of(learner.lion, (0.5,), [{"w": jnp.zeros(12)}] * 21, gradients)
    found[-1].close_to({"w": 0.5 * np.sign(off)})


@check(
    "lion",
    "correct",
    hint="The state's dtypes are those of the parameters, and stay: jnp.zeros_like(p) has its leaf's. A float32 in the formula"
    " makes float32 of a float16; the Python number 0.99 does not.",
)
def test_lion_keeps_its_dtypes(learner: Learner) -> None:
    for dtype in (jnp.float16, jnp.float32):
        params = {"w": jnp.asarray(np.zeros(3), dtype)}
        gradient = {"w": jnp.asarray(np.array([2.0, -4.0, 0.0]), dtype)}
        text, optimizer = build(learner.lion, 0.5)
        begun = learner.lion.using(f"{text}.init(params)", optimizer.init, params)
        step = f"{text}.update(gradients, state)"
        pair = learner.lion.using(step, optimizer.update, gradient, begun.value, params).value
        after = Called(f"{step}, state", pair[1] if isinstance(pair, tuple) else pair)
        for state, when in ((begun, "at first"), (after, "after a step")):
            floats = {leaf.dtype.name for leaf in jax.tree.leaves(state.value) if _is_float(leaf)}
            state.require(
                floats <= {jnp.dtype(dtype).name},
                f"holds m in another dtype {when}",
                expected=jnp.dtype(dtype).name,
                got=", ".join(sorted(floats)),
                kind=Kind.DTYPE,
            )


def _is_float(leaf: object) -> bool:
    return isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jnp.floating)


@check(
    "lion",
    "correct",
    hint="Make updates and momentum in two maps: a pair at a leaf looks just like a tuple of the parameters' own.",
)
def test_lion_takes_any_tree(learner: Learner, numbers: Numbers) -> None:
    params = ({"w": jnp.ones(3)}, (jnp.ones(3), [jnp.ones(3)]))
    gradients = [({"w": numbers.normal(3)}, (numbers.normal(3), [numbers.normal(3)])) for _ in range(2)]
    leaves = "A dict is only one form of a tree. jax.tree.map goes through the leaves of any: dicts, lists, tuples."
    with (
        own_hint(raised(text="pytree structure")),
        hint_when(raised("AttributeError", text="object has no attribute"), leaves),
    ):
        found = updates_of(learner.lion, (0.5,), [params] * 2, gradients)
    close(found, lion_oracle(gradients, 0.5)[0])


@check(
    "lion",
    "jit",
    hint="All that lasts is in the state, as arrays: an update takes the old state and returns the new one.",
)
def test_lion_compiles_once(learner: Learner, numbers: Numbers) -> None:
    params = [{"w": jnp.ones(3)}] * 2
    gradients = [{"w": jnp.array([30.0, -30.0, 0.0])}, {"w": jnp.array([-2.0, 4.0, 1.0])}]
    first, second = compiled_updates_of(
        learner.lion, [(jnp.float32(0.5),), (jnp.float32(0.25),)], params, gradients
    )
    close([first, second], [{"w": np.array([-0.5, 0.5, 0.0])}, {"w": np.array([-0.25, -0.25, -0.25])}])
