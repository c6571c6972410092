"""The deeper look at fit."""

from __future__ import annotations

import jax
import numpy as np

from grader.days.day14_flax_cnn.fit.checks import TOY_NETWORK, toy_data, toy_run
from grader.days.day14_flax_cnn.shared import BARE, must_be_state
from grader.toolkit import Learner, check, raised


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


@check(
    "fit",
    "deeper",
    hint="A network may have no batch statistics and no dropout. Then there is no collection of that name:"
    " variables.get('batch_stats', {}), and moved.get('batch_stats', {}) after a step.",
    answers=raised("KeyError"),
)
def test_fit_takes_a_network_without_statistics(learner: Learner) -> None:
    handle, text = learner.fit, "fit(key, one dense layer, 5 images, 3 images, 2)"
    train, test = toy_data(1, 5), toy_data(2, 3)
    called = handle.using(text, handle.function, jax.random.key(0), BARE, train, test, 2)
    must_be_state(called, called.value[0])
    accuracies = np.asarray(called.value[1])
    called.require(
        accuracies.shape == (2,) and np.allclose(3 * accuracies, np.round(3 * accuracies), atol=1e-3),
        "gives other accuracies",
        expected="two shares of 3 images",
        got=accuracies,
    )
