"""A network whose units pass on what they hold: pulses run down the units, one unit a step.

Unit k hears unit k - 1 alone, so that a matrix from the wrong side sends pulses up, a late state moves the picture by one
step, and a state that is not carried on lets nothing run at all. One pulse is in the state at the start, and the last unit
has a bias that holds it down. The slopes say how far back the last state can look.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, image, line

UNITS, STEPS = 14, 24


def draw(rnn: Any) -> list[Any]:
    """All states, the last one, and the slope of the last one along the inputs."""
    enters = np.zeros((UNITS, 2))
    enters[0, 0], enters[5, 1] = 2, 2
    bias = np.zeros(UNITS)
    bias[-1] = -1.5
    params = {
        "input": jnp.asarray(enters, jnp.float32),
        "recurrent": jnp.asarray(1.3 * np.eye(UNITS, k=-1), jnp.float32),
        "bias": jnp.asarray(bias, jnp.float32),
    }
    inputs = np.zeros((STEPS, 2), np.float32)
    inputs[[1, 9, 10], 0] = 1, -1, -1
    inputs[[16, 22], 1] = 1, -1
    state = np.zeros(UNITS, np.float32)
    state[3] = -0.9

    def reached(inputs: Any) -> Any:
        last, states = rnn(params, inputs, jnp.asarray(state))
        return jnp.sum(last[: UNITS - 1]), (last, states)

    slopes, (last, states) = jax.grad(reached, has_aux=True)(jnp.asarray(inputs))
    return [
        image(
            "the states: a row for each unit, a column for each step", _turned(states), scale="signed", high=1
        ),
        chart("the last state", bars(np.arange(1, UNITS + 1), last), across="unit", up="state"),
        chart(
            "slope of the last state along the inputs",
            line(np.arange(1, STEPS + 1), slopes[:, 0], "into the first unit"),
            line(np.arange(1, STEPS + 1), slopes[:, 1], "into the sixth unit"),
            across="step of the input",
            up="slope",
        ),
    ]


def _turned(states: Any) -> Any:
    """Steps as columns; what has other axes stays as it is."""
    return states.T if getattr(states, "ndim", 0) == 2 else states


SCENE = Scene(
    "Each unit listens to the one above it, so pulses run downwards, one unit a step: one that is in the state at the "
    "start, the others from the inputs. A bias holds the last unit down.",
    draw,
    shows=[
        "states_before",
        "transposed_recurrence",
        "one_state_for_all",
        "starts_from_zeros",
        "bias_outside",
        "without_the_bias",
        "truncated",
    ],
)
