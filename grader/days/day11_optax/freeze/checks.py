"""Checks of freeze."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day11_optax.shared import (
    ADAM,
    ADAMW,
    Tree,
    adamw_oracle,
    build,
    clip_oracle,
    close,
    compiled_updates_of,
    updates_of,
)
from grader.toolkit import Called, Kind, Learner, Named, Numbers, Shown, check, own_hint, raised


def in_encoder(name: str) -> bool:
    return _text(name).startswith("encoder/")


def is_head_w(name: str) -> bool:
    return _text(name) == "head/w"


def _text(name: Any) -> str:
    Called("is_frozen", None).require(
        isinstance(name, str),
        "is asked by the leaf's name",
        expected="a string such as 'encoder/w'",
        got=f"a {type(name).__name__}",
        hint=_NAME_HINT,
        kind=Kind.THING,
    )
    return str(name)


_NAME_HINT = (
    "A path is a tuple of keys. jax.tree_util.keystr(path, simple=True, separator='/') writes it as a name."
)


def model(numbers: Numbers, scale: float = 1.0) -> Tree:
    return {
        "encoder": {"w": numbers.normal(3, scale)},
        "head": {"w": numbers.normal(3), "b": numbers.normal(3)},
    }


def frozen_updates(
    learner: Learner,
    optimizer: Named,
    is_frozen: Callable[[str], bool],
    params: Sequence[Tree],
    gradients: Sequence[Tree],
) -> list[Called]:
    return updates_of(learner.freeze, (Shown("params", params[0]), optimizer, is_frozen), params, gradients)


ZERO = np.zeros(3)


@check(
    "freeze",
    "correct",
    hint="Frozen leaves get updates of zero; optax.masked alone hands their gradients through, as they are. Names "
    "are asked as 'encoder/w': keystr(path, simple=True, separator='/').",
)
def test_freeze_by_hand(learner: Learner) -> None:
    params = {"encoder": {"w": jnp.ones(3)}, "head": {"w": jnp.ones(3), "b": jnp.ones(3)}}
    gradient = jax.tree.map(lambda p: 4 * p, params)
    found = frozen_updates(learner, Named("sgd(0.5)", optax.sgd(0.5)), in_encoder, [params], [gradient])
    moved = np.full(3, -2.0)
    others = "frozen are the leaves of which is_frozen says False"
    inverted = {"encoder": {"w": moved}, "head": {"w": ZERO, "b": ZERO}}
    for updates in found:
        updates.close_to(
            {"encoder": {"w": ZERO}, "head": {"w": moved, "b": moved}}, neighbours={others: lambda: inverted}
        )


@check(
    "freeze",
    "correct",
    hint="Ask for each leaf by its whole name, all keys joined: one module may be frozen in parts.",
)
def test_freeze_asks_by_the_whole_name(learner: Learner, numbers: Numbers) -> None:
    params, gradient = model(numbers), model(numbers)
    found = frozen_updates(learner, Named("sgd(0.5)", optax.sgd(0.5)), is_head_w, [params], [gradient])
    expected = jax.tree.map(lambda g: -0.5 * np.asarray(g), gradient)
    expected["head"]["w"] = ZERO
    close(found, [expected])


def is_first_layer(name: str) -> bool:
    return _text(name) == "layers/0/w"


@check(
    "freeze",
    "correct",
    hint="A place in a list is a key without a name: it has .idx, a key of a dict has .key. keystr(path, simple=True, "
    "separator='/') writes all kinds, as in 'layers/0/w'.",
)
def test_freeze_names_places_in_lists(learner: Learner) -> None:
    params = {"layers": [{"w": jnp.ones(3)}, {"w": jnp.ones(3)}]}
    gradient = jax.tree.map(lambda p: 4 * p, params)
    with own_hint(raised("AttributeError", text="has no attribute 'key'")):
        found = frozen_updates(
            learner, Named("sgd(0.5)", optax.sgd(0.5)), is_first_layer, [params], [gradient]
        )
    close(found, [{"layers": [{"w": ZERO}, {"w": np.full(3, -2.0)}]}])


@check(
    "freeze",
    "correct",
    hint="A gradient of zero is not an update of zero: decay moves the leaf all the same. Set the update to zero.",
)
def test_freeze_holds_against_decay(learner: Learner, numbers: Numbers) -> None:
    params, gradients = [model(numbers) for _ in range(3)], [model(numbers) for _ in range(3)]
    expected = adamw_oracle(params, gradients, [0.5] * 3, 0.1)
    found = frozen_updates(learner, ADAMW, in_encoder, params, gradients)
    for now, updates, wanted in zip(params, found, expected, strict=True):
        wanted["encoder"]["w"] = ZERO
        updates.close_to(wanted, rtol=ADAM)
        before = np.asarray(now["encoder"]["w"])
        after = np.asarray(optax.apply_updates(now, updates.value)["encoder"]["w"])
        updates.require(
            before.tobytes() == after.tobytes(),
            "change a frozen leaf",
            expected="the same bits",
            got=f"a change by {np.max(np.abs(after - before)):.2g}",
        )


@check(
    "freeze",
    "correct",
    hint="Do not compute a zero from the gradient: 0 · nan is nan. optax.set_to_zero makes zeros without looking.",
)
def test_freeze_holds_against_nan(learner: Learner, numbers: Numbers) -> None:
    params, gradient = model(numbers), model(numbers)
    gradient["encoder"]["w"] = jnp.array([jnp.nan, jnp.inf, 1.0])
    found = frozen_updates(learner, Named("sgd(0.5)", optax.sgd(0.5)), in_encoder, [params], [gradient])
    expected = jax.tree.map(lambda g: -0.5 * np.asarray(g), gradient)
    expected["encoder"]["w"] = ZERO
    close(found, [expected])


CLIPPED = Named("clipped_sgd", optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.5)))


@check(
    "freeze",
    "correct",
    hint="The optimiser must not see frozen leaves: here the norm counts them, and the others hardly move. "
    "optax.partition gives each leaf to one optimiser alone.",
)
def test_freeze_leaves_frozen_gradients_out_of_the_norm(learner: Learner, numbers: Numbers) -> None:
    params, gradient = model(numbers), model(numbers, 1e4)
    head = jax.tree.map(lambda g: -0.5 * g, clip_oracle(gradient["head"], 1.0))
    found = frozen_updates(learner, CLIPPED, in_encoder, [params], [gradient])
    close(found, [{"encoder": {"w": ZERO}, "head": head}])


@check(
    "freeze",
    "correct",
    hint="Adam keeps two numbers for each parameter. Give it the trained leaves alone, by partition or masked.",
)
def test_freeze_remembers_nothing_of_frozen_leaves(learner: Learner, numbers: Numbers) -> None:
    params = model(numbers)
    text, optimizer = build(learner.freeze, Shown("params", params), ADAMW, in_encoder)
    begun = learner.freeze.using(f"{text}.init(params)", optimizer.init, params)
    held = sum(np.size(leaf) for leaf in jax.tree.leaves(begun.value))
    # Two moments of the head's 6 numbers and a count; the encoder has 3 numbers, and would add 6.
    begun.require(
        held <= 16,
        "holds moments of frozen leaves",
        expected="two numbers for each of 6 trained parameters",
        got=f"{held} numbers",
    )


@check(
    "freeze",
    "jit",
    hint="Names are known while a step is compiled, values are not. A state holds arrays: no strings, no functions.",
)
def test_freeze_compiles_once(learner: Learner, numbers: Numbers) -> None:
    params, gradients = [model(numbers) for _ in range(2)], [model(numbers) for _ in range(2)]
    expected = adamw_oracle(params, gradients, [0.5] * 2, 0.1)
    for wanted in expected:
        wanted["encoder"]["w"] = ZERO
    found = compiled_updates_of(learner.freeze, [(), ()], params, gradients, ADAMW, in_encoder)
    close(found, expected, rtol=ADAM)
