"""Deeper checks of decay_mask."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

from grader.days.day07_pytrees.decay_mask.checks import must_be_mask
from grader.days.day07_pytrees.shared import Layer, Pair
from grader.toolkit import Draw, Learner, check

KEYS = ("w", "b", "bias", "scale", "kernel", "biases", "scales", "b1", "Bias", "bias ", "", "a/b", "b/", 0, 1)
EXEMPT = ("b", "bias", "scale")


def drawn(draw: Draw, depth: int, exempt: bool) -> tuple[Any, Any]:
    """A tree of parameters, and its mask."""
    kind = draw.one_of("leaf", "dict", "list", "named", "none") if depth else "leaf"
    if kind == "leaf":
        return draw.one_of(1.0, "relu", 0), not exempt
    if kind == "none":
        return None, None
    if kind == "dict":
        key = draw.one_of(*KEYS)
        inner, mask = drawn(draw, depth - 1, exempt or key in EXEMPT)
        return {key: inner}, {key: mask}
    first, second = drawn(draw, depth - 1, exempt), drawn(draw, depth - 1, exempt or kind == "named")
    if kind == "named":  # its second field is called bias
        return Layer(first[0], second[0]), Layer(first[1], second[1])
    return [first[0], second[0]], [first[1], second[1]]


@check("decay_mask", "deeper", hint="A whole key on the path decides, wherever it stands: b, bias or scale.")
def test_decay_mask_in_many_cases(learner: Learner, draw: Draw) -> None:
    params, mask = drawn(draw, 4, False)
    must_be_mask(learner.decay_mask(params), mask)


@check("decay_mask", "deeper", hint="As many layers as there are, as deep as they lie.")
def test_decay_mask_of_a_large_tree(learner: Learner) -> None:
    deep, mask = {"w": 1.0, "scale": 1.0}, {"w": True, "scale": False}
    for k in range(60):
        deep, mask = {f"block{k}": [deep, 1.0]}, {f"block{k}": [mask, True]}  # type: ignore[dict-item]
    params = {"deep": deep, "wide": [{"w": 1.0, "b": 1.0}] * 300}
    must_be_mask(learner.decay_mask(params), {"deep": mask, "wide": [{"w": True, "b": False}] * 300})


@check(
    "decay_mask",
    "deeper",
    hint="An OrderedDict is a dict to isinstance, but another structure to JAX. jax.tree.map_with_path makes all containers "
    "again as they were.",
)
def test_decay_mask_keeps_every_container(learner: Learner) -> None:
    def tree(x: Any, decayed: Any, exempt: Any) -> Any:
        known = Pair(OrderedDict(w=decayed, scale=exempt), ({"b": exempt}, decayed))
        return OrderedDict(w=decayed, b=[exempt, x], a=defaultdict(list, v=decayed, bias=exempt), pair=known)

    must_be_mask(learner.decay_mask(tree(1.0, 1.0, 1.0)), tree(False, True, False))
