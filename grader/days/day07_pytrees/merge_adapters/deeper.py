"""Deeper checks of merge_adapters."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day07_pytrees.merge_adapters.checks import adapter, merge_oracle, whole
from grader.days.day07_pytrees.shared import Layer, must_be_tree
from grader.toolkit import Draw, Learner, Numbers, check, float16, slope_agrees, wide


@check("merge_adapters", "deeper", hint="The update is down @ up, for any rank, where the whole path agrees.")
def test_merge_adapters_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, m, rank = draw.one_of((2, 3, 1), (2, 2, 2), (3, 3, 1), (1, 2, 3), (1, 1, 1))
    weights = [draw.floats((n, m), low=-4.0, high=4.0) for _ in range(3)]
    params: Any = {"net": [Layer(weights[0], weights[1]), (weights[2], None)], "w": weights[1]}
    paths = ("net/0/weight", "net/0/bias", "net/1/0", "w")
    adapters = {
        path: (draw.floats((n, rank), low=-4.0, high=4.0), draw.floats((rank, m), low=-4.0, high=4.0))
        for path in paths
        if draw.one_of(True, False)
    }
    called = learner.merge_adapters(params, adapters)
    must_be_tree(called, merge_oracle(params, adapters), atol=1e-4)


@check(
    "merge_adapters",
    "deeper",
    hint="As many layers as there are: layers/1, layers/10 and layers/100 are three.",
)
def test_merge_adapters_tells_many_layers_apart(learner: Learner, numbers: Numbers) -> None:
    params = {"layers": [whole(numbers, (3, 4)) for _ in range(120)]}
    adapters = {f"layers/{k}": adapter(numbers) for k in (119, 1, 10, 100, 0)}
    must_be_tree(learner.merge_adapters(params, adapters), merge_oracle(params, adapters))


@check("merge_adapters", "deeper", hint="Gradients run through weights and adapters; nothing may stop them.")
def test_merge_adapters_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    params = {"layers": [numbers.normal((3, 4)) for _ in range(2)], "b": jnp.ones(2)}
    adapters = {"layers/1": (numbers.normal((3, 2)), numbers.normal((2, 4)))}

    def oracle(params: Any, adapters: Any) -> Any:
        (down, up), (first, second) = adapters["layers/1"], params["layers"]
        return [
            wide(params["b"]),
            wide(first),
            wide(second) + np.asarray(down, np.float64) @ np.asarray(up, np.float64),
        ]

    for wrt in (0, 1):
        slope_agrees(learner.merge_adapters.jit(), oracle, params, adapters, wrt=wrt)


@check(
    "merge_adapters",
    "deeper",
    hint="What no adapter names stays bit for bit, and the sum is as large as it is: clip and replace nothing.",
)
def test_merge_adapters_leaves_numbers_as_they_are(learner: Learner) -> None:
    params = {
        "w": jnp.array([[1000.0, -3000.0], [jnp.nan, jnp.inf]]),
        "b": jnp.array([jnp.nan, jnp.inf, -1e30, 1e-30]),
    }
    adapters = {"w": (jnp.array([[1.0], [2.0]]), jnp.array([[300.0, 400.0]]))}
    expected = {"w": np.array([[1300.0, -2600.0], [np.nan, np.inf]]), "b": np.asarray(params["b"])}
    must_be_tree(learner.merge_adapters(params, adapters), expected, atol=0.0)


@check(
    "merge_adapters",
    "deeper",
    hint="Add first, and then convert: a narrow weight may cancel an update that its dtype cannot hold.",
)
def test_merge_adapters_rounds_no_update(learner: Learner) -> None:
    params = {"w": float16([[-60000.0, -2048.0]])}
    adapters = {"w": (jnp.array([[1.0, 1.0]]), jnp.array([[69632.0, 2048.0], [0.0, 1.0]]))}
    must_be_tree(learner.merge_adapters(params, adapters), {"w": np.array([[9632.0, 1.0]], np.float16)})


@check(
    "merge_adapters",
    "deeper",
    hint="An OrderedDict is a dict to isinstance, but another structure to JAX: let jax.tree put the containers together again.",
)
def test_merge_adapters_keeps_every_container(learner: Learner, numbers: Numbers) -> None:
    params = OrderedDict(w=whole(numbers, (3, 4)), b=[OrderedDict(v=whole(numbers, (3, 4)), a=jnp.ones(2))])
    adapters = {"b/0/v": adapter(numbers)}
    must_be_tree(learner.merge_adapters(params, adapters), merge_oracle(params, adapters))
