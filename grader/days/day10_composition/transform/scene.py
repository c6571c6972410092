"""Which of the parameters hold the same numbers, for three runs of init; and what apply gives for parameters that are a ramp.

Keys may be made in many ways, so that the numbers differ from one right answer to the next. Which of them are equal does
not: a name asked for twice is one array, two names are two, one key gives the same again, another key something else.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line

NAMES = ("a", "b", "c", "a")


def ask(get_parameter: Any) -> Any:
    """A function that asks for three parameters, one of them twice."""
    return [get_parameter(name, (12,), jax.random.normal) for name in NAMES]


def draw(transform: Any) -> list[Any]:
    """Three runs of init, two with the same key, and one of apply."""
    seen: list[Any] = []

    def watched(get_parameter: Any) -> Any:
        asked = ask(get_parameter)
        seen.append(asked)
        return jnp.concatenate(asked)

    init, apply = transform(watched)
    made = [init(jax.random.key(number), *()) for number in (7, 7, 8)]
    rows = []
    for run, params in zip(seen, made, strict=False):
        rows += [run[0], params["b"], params["c"], run[3]]
    numbers = np.asarray([np.asarray(row) for row in rows])
    same = (numbers[:, None] == numbers).all(axis=2)
    ramp = {name: jnp.asarray(np.arange(12.0) + 12 * k, jnp.float32) for k, name in enumerate("abc")}
    result = apply(ramp)
    return [
        image(
            "pairs that are the same numbers",
            same.astype(int),
            scale="labels",
            high=1,
        ),
        chart(
            "what apply gives for a ramp", line(np.arange(48), result, "result"), across="place", up="result"
        ),
    ]


SCENE = Scene(
    "Which parameters hold the same numbers: a, b, c, and a once more, in each of three runs of init; the first two runs "
    "have the same key, the third has another one. Then apply with parameters that are a ramp.",
    draw,
    shows=["one_key_for_all", "one_dict_for_all_runs", "apply_with_its_own_parameters", "makes_it_again"],
)
