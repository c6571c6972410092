"""What a new exercise begins as: texts in which FILL_IN marks what its author writes.

`$name` stands for the exercise, `$folder` for its day's folder, `$star` for the sign of a stretch exercise.
"""

from __future__ import annotations

from string import Template

FILL_IN = "FILL IN"

SOLUTION = Template('''

def $name(x: Float[Array, "n"]) -> Float[Array, "n"]:
    """${star}FILL IN: one imperative sentence, what the function does.

    FILL IN: the equation, what happens at the edges (no rows, equal values, huge ones), rules if there are any.
    Every sentence here is a promise: the checks hold it, and this solution keeps it.
    """
    return x  # FILL IN: the reference
''')

CHECKS = Template('''"""Checks of $name."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from grader.toolkit import Array, Learner, Numbers, agrees_once, check, wide


def ${name}_oracle(x: Any) -> Array:
    """FILL IN: the same in slow NumPy, in float64. Never the solution again."""
    return wide(x)


# FILL IN: in this order, by hand, at random and at the edges, compiled. A hint answers the mistake that its check catches.
@check(
    "$name",
    "correct",
    hint="FILL IN: a sentence for whoever gets the easiest case wrong.",
)
def test_${name}_by_hand(learner: Learner) -> None:
    learner.$name(jnp.array([1.0, 2.0])).close_to([1.0, 2.0])


@check(
    "$name",
    "correct",
    hint="FILL IN: a sentence on what differs at other sizes.",
)
def test_${name}_at_random(learner: Learner, numbers: Numbers) -> None:
    for size in (1, 17):  # each new shape is compiled anew: two awkward ones are enough
        x = numbers.normal((size,))
        learner.$name(x).close_to(${name}_oracle(x))


@check(
    "$name",
    "jit",
    hint="FILL IN: a sentence on what does not compile, or compiles again and again.",
)
def test_${name}_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((5,)),) for _ in range(2)]
    agrees_once(learner.$name.jit(), calls, ${name}_oracle)
''')

DEEPER = Template('''"""The deeper look at $name."""

from __future__ import annotations

from grader.days.$folder.$name.checks import ${name}_oracle
from grader.toolkit import Draw, Learner, check


# FILL IN: what the first look cannot afford: sizes that tell roles apart, middle and extreme scales, equal values, counts.
# Delete this file where checks.py says it all.
@check(
    "$name",
    "deeper",
    hint="FILL IN: a sentence for whoever is right on the usual inputs alone.",
)
def test_${name}_in_many_cases(learner: Learner, draw: Draw) -> None:
    # The body runs once for each case. A shape costs compilation, so it comes from a short list; values are free.
    size = draw.one_of(3, 1, 17)
    x = draw.floats((size,), magnitudes=(1e-3, 1e3), special=(0.0,))
    learner.$name(x).close_to(${name}_oracle(x))
''')

HINTS = Template("""lesson: FILL IN what it does, as the table of the lesson says it
topics: FILL IN a row of TOPICS.md; another one

1. FILL IN: a question that points to the idea. It gives nothing away.
2. FILL IN: the idea, in words, and the functions that it takes.
3. FILL IN: almost the code:

   ```python
   return ...
   ```
""")

WRONG_ANSWERS = Template('''"""Plausible mistakes in $name; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp

from grader.kata.answers import caught_by

# FILL IN: at least four mistakes that people make. Behind the two underscores stands what is special about each.


@caught_by("correct", "by_hand")
def ${name}__of_zeros(x):
    """Returns zeros whatever comes in."""
    return jnp.zeros_like(x)
''')

RIGHT_ANSWERS = Template('''"""Right answers to $name in other styles than the reference's; each must pass."""

import jax
import jax.numpy as jnp

# FILL IN: six, as others would write them: another formula, a loop of jax.lax, vmap over single elements.


def ${name}__one_by_one(x):
    """Maps a function of one number."""
    return jax.vmap(lambda one: one)(x)
''')

FILES = {
    "checks.py": CHECKS,
    "hints.md": HINTS,
    "wrong_answers.py": WRONG_ANSWERS,
    "right_answers.py": RIGHT_ANSWERS,
}
OPTIONAL = {"deeper.py": DEEPER}
