"""The deeper look at learning_rate_sweep."""

from __future__ import annotations

from typing import Any

import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day12_compiled_training.learning_rate_sweep.checks import (
    DECAY,
    N_RATES,
    error_oracle,
    run_oracle,
    sweep,
    sweep_arguments,
)
from grader.days.day12_compiled_training.shared import (
    AS_IT_IS,
    MOMENTUM,
    PYTHONS_NUMBERS,
    START,
    all_nan,
    called,
    drawn_problem,
    near,
    reach,
    scaled,
    simple_data,
    takes_pythons_numbers,
    with_nan,
)
from grader.toolkit import Draw, Learner, Numbers, check, raised, wide


def with_its_rate_in_the_state(rate: Any) -> optax.GradientTransformation:
    """The optimiser of the other checks, which reads its rate from its state."""
    sgd = optax.inject_hyperparams(optax.sgd)(learning_rate=rate, momentum=MOMENTUM)
    return optax.chain(optax.add_decayed_weights(DECAY), sgd)


@check(
    "learning_rate_sweep",
    "deeper",
    hint="Each run makes its optimiser and that optimiser's state by itself: some keep the rate in the state.",
)
def test_learning_rate_sweep_keeps_states_apart(learner: Learner) -> None:
    rates, data = np.array([0.25, 0.0, 0.5, 1.0, 0.125]), simple_data(0.0)
    arguments = list(sweep_arguments(rates, START, data, 2))
    arguments[4] = with_its_rate_in_the_state
    losses = [error_oracle(run_oracle(START, data, 2, rate), *data) for rate in rates]
    called(learner.learning_rate_sweep, *arguments)[1].close_to(losses, rtol=1e-4, atol=1e-4)


@check(
    "learning_rate_sweep",
    "deeper",
    hint="NaN is never the best, as long as any loss is finite, however large: put infinity in its place, no large number.",
)
def test_learning_rate_sweep_finds_the_least_of_huge_losses(learner: Learner) -> None:
    rates, data = [1e30, 64.0, 100.0, 128.0, 200.0], simple_data(0.0)
    found = sweep(learner, rates, START, data, 4)  # all but the first, which is NaN, are in the millions
    found[0]["w"].close_to(run_oracle(START, data, 4, 64.0), rtol=1e-4)


@check("learning_rate_sweep", "deeper", hint=AS_IT_IS)
def test_learning_rate_sweep_in_many_cases(learner: Learner, draw: Draw) -> None:
    n_rates, n_epochs = draw.one_of(N_RATES, 1), draw.integer(0, 8)
    rates = draw.floats(n_rates, magnitudes=(1e-4, 2.0), low=0.0)
    w, data = drawn_problem(draw, 0.0)
    ends = [run_oracle(w, data, n_epochs, rate) for rate in wide(rates)]
    losses = np.array([error_oracle(end, *data) for end in ends])
    found = sweep(learner, rates, w, data, n_epochs)
    # A loss is as near as its run, whose numbers may have been larger.
    size = [reach(w, data, end) for end in ends]
    x = float(np.abs(wide(data[0])[:, 1:]).max())
    slack = np.array([(x * one) ** 2 for one in size]) + float(np.abs(wide(data[1])).max()) ** 2
    for index, loss in enumerate(losses):
        part = found[1]
        part.require(
            np.isclose(np.asarray(part.value)[index], loss, rtol=1e-3, atol=1e-5 * slack[index]),
            "is wrong",
            expected=f"{loss:.6g} at rate {float(rates[index]):.4g}",
            got=f"{np.asarray(part.value)[index]:.6g}",
            where=(index,),
        )
    best = int(np.argmin(losses))
    clear = all(losses[k] > losses[best] + 1e-3 * slack[k] for k in range(n_rates) if k != best)
    if clear:
        found[0]["w"].close_to(ends[best], rtol=1e-3, atol=1e-5 * size[best])


@check(
    "learning_rate_sweep",
    "deeper",
    hint="Rates are used as they come: where gradients are some 1e6, a rate of 3e-7 is a fine one. And a NaN in the data is"
    " one in all losses.",
)
def test_learning_rate_sweep_takes_rates_and_data_as_they_are(learner: Learner, numbers: Numbers) -> None:
    x, y = simple_data(0.0)
    data, rates = (scaled(x, 1000.0), y), [0.0, 1e-7, 3e-7, 2e-7, 5e-8]
    found = sweep(learner, rates, START, data, 3)
    ends = [run_oracle(START, data, 3, rate) for rate in rates]
    losses = np.array([error_oracle(end, *data) for end in ends])
    found[1].close_to(losses, rtol=1e-3)
    near(found[0]["w"], ends[int(np.argmin(losses))])
    for lost in with_nan(numbers, 0.0):
        all_nan(sweep(learner, [0.25, 0.0, 0.5, 1.0, 0.125], START, lost, 3)[1])


@check("learning_rate_sweep", "deeper", hint=PYTHONS_NUMBERS, answers=raised())
def test_learning_rate_sweep_takes_a_python_int(learner: Learner) -> None:
    *arguments, _ = sweep_arguments([0.25, 0.0, 0.5, 1.0, 0.125], START, simple_data(0.0), 3)
    takes_pythons_numbers(learner.learning_rate_sweep, ("n_epochs",), *arguments, 3)
