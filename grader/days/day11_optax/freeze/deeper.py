"""Deeper checks of freeze."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day11_optax.shared import ADAM, ADAMW, Tree, adamw_oracle, clip_oracle, stepwise, updates_of
from grader.toolkit import Called, Draw, Learner, Named, Numbers, Shown, check

SGD = Named("sgd(0.5)", optax.sgd(0.5))
CLIPPED = Named("clipped_sgd", optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.5)))

# A tree, and the names of its leaves in their order.
DEEP: Tree = {
    "blocks": [[{"w": 0.0, "b": 0.0}, {"w": 0.0}], [{"w": 0.0}]],
    "head": {"out": {"w": 0.0}},
    "scale": 0.0,
}
NAMES = [
    "blocks/0/0/b",
    "blocks/0/0/w",
    "blocks/0/1/w",
    "blocks/1/0/w",
    "head/out/w",
    "scale",
]


@check(
    "freeze",
    "deeper",
    hint="Every leaf is asked for by its whole name, through dicts and lists, however deep it lies.",
)
def test_freeze_in_many_cases(learner: Learner, draw: Draw) -> None:
    frozen = [draw.integer(0, 1) == 1 for _ in NAMES]
    gradient = jax.tree.map(lambda _: draw.floats(2, magnitudes=(1e-3, 1e3)), DEEP)
    asked: list[str] = []

    def is_frozen(name: str) -> bool:
        asked.append(str(name))
        return name in NAMES and frozen[NAMES.index(name)]

    params = jax.tree.map(jnp.ones_like, gradient)
    updates = updates_of(learner.freeze, (Shown("params", params), CLIPPED, is_frozen), [params], [gradient])[
        0
    ]
    strange = sorted(set(asked) - set(NAMES))
    Called("is_frozen", None).require(
        set(asked) == set(NAMES),
        "is asked for other names, or not for all leaves",
        expected=", ".join(NAMES),
        got=", ".join(sorted(set(asked))),
        hint=f"{strange[0]!r} is the name of no leaf." if strange else "Some leaves were not asked for.",
    )
    leaves, structure = jax.tree.flatten(gradient)
    trained = [leaf for leaf, held in zip(leaves, frozen, strict=True) if not held]
    moved = iter(clip_oracle(trained, 1.0) if trained else [])
    expected = [np.zeros(2) if held else -0.5 * next(moved) for held in frozen]
    for path, (found, wanted) in zip(
        NAMES, zip(jax.tree.leaves(updates.value), expected, strict=True), strict=True
    ):
        Called(f"{updates.call}, {path},", found).close_to(wanted, atol=1e-7)
    same = bool(jax.tree.structure(updates.value) == structure)  # type: ignore[operator]
    updates.require(same, "come in another tree", expected=str(structure), got="another")


@check(
    "freeze",
    "deeper",
    hint="All leaves may be frozen, or none: the optimiser then trains nothing, or everything.",
)
def test_freeze_takes_all_or_none(learner: Learner, numbers: Numbers) -> None:
    def model() -> Tree:
        return [numbers.normal(3), [numbers.normal((2, 2))]]

    params, gradients = model(), [model() for _ in range(2)]

    def all_of_them(name: str) -> bool:
        return True

    def none_of_them(name: str) -> bool:
        return False

    for updates in stepwise(learner.freeze, (Shown("params", params), ADAMW, all_of_them), params, gradients):
        updates.equals(jax.tree.map(lambda g: np.zeros(g.shape), params))
    found = stepwise(learner.freeze, (Shown("params", params), ADAMW, none_of_them), params, gradients)
    expected = adamw_oracle([params] * 2, gradients, [0.5] * 2, 0.1)
    for updates, wanted in zip(found, expected, strict=True):
        updates.close_to(wanted, rtol=ADAM)


@check("freeze", "deeper", hint="Two of them live side by side, each with its own names: nothing is shared.")
def test_freeze_keeps_two_apart(learner: Learner) -> None:
    params = {"a": jnp.ones(3), "b": jnp.ones(3)}
    gradient: dict[str, Any] = {"a": jnp.full(3, 4.0), "b": jnp.full(3, 4.0)}

    def is_a(name: str) -> bool:
        return name == "a"

    def is_b(name: str) -> bool:
        return name == "b"

    still, moved = np.zeros(3), np.full(3, -2.0)
    for _ in range(2):
        for is_frozen, expected in ((is_a, {"a": still, "b": moved}), (is_b, {"a": moved, "b": still})):
            arguments = Shown("params", params), SGD, is_frozen
            updates_of(learner.freeze, arguments, [params], [gradient])[0].close_to(expected)
