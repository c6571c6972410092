"""The deeper look at fit."""

from __future__ import annotations

import jax
import numpy as np

from grader.days.day14_flax_cnn.fit.checks import TOY_NETWORK, toy_data, toy_run
from grader.toolkit import Learner, check


@check(
    "fit",
    "deeper",
    hint="Equal arguments give equal results: everything that is drawn comes from `key`, and nothing is kept from a run before.",
)
def test_fit_gives_the_same_again(learner: Learner) -> None:
    handle, first = learner.fit, toy_run(learner.fit, 0, 5, 3, 2, 2)
    again = handle.using(
        first.called.text, handle.function, jax.random.key(0), TOY_NETWORK, toy_data(1, 5), toy_data(2, 3), 2
    )
    for part, name in ((0, "parameters"), (1, "accuracies")):
        trees = [run.value[part].params if part == 0 else run.value[part] for run in (first.called, again)]
        leaves = [jax.tree.leaves(tree) for tree in trees]
        again.require(
            all(np.allclose(one, other, rtol=1e-5, atol=1e-6) for one, other in zip(*leaves, strict=True)),
            "gives something else the second time",
            expected=f"the same {name} for the same arguments",
            got=f"other {name}",
        )


@check("fit", "deeper", hint="One image is enough for a batch, and for a measurement; one epoch for a run.")
def test_fit_takes_one_image(learner: Learner) -> None:
    run = toy_run(learner.fit, 0, 1, 1, 2, 1)
    accuracies = np.asarray(run.called.value[1])
    run.called.require(
        accuracies.shape == (1,) and accuracies[0] in (0.0, 1.0),
        "gives other accuracies",
        expected="one accuracy, 0 or 1, for one image in one epoch",
        got=accuracies,
    )
