"""Checks of day 1."""
import jax.numpy as jnp
import numpy as np

from grader.checks.toolkit import AWKWARD, Learner, Numbers, check, compiles_once, must_beat


def softmax_oracle(x, axis=-1):
    x = np.asarray(x, np.float64)
    weights = np.exp(x - x.max(axis=axis, keepdims=True))
    return weights / weights.sum(axis=axis, keepdims=True)

@check("softmax", "correct", hint="the largest logit decides the scale; subtract it before you exponentiate.")
def test_softmax_by_hand(learner: Learner, numbers: Numbers) -> None:
    learner.softmax(jnp.log(jnp.array([1.0, 3.0]))).close_to([0.25, 0.75])

@check("softmax", "jit", hint="mark the axis static.")
def test_softmax_compiles_once(learner: Learner, numbers: Numbers) -> None:
    x, y = numbers.normal((3, 5)), numbers.normal((3, 5))
    results = compiles_once(learner.softmax.jit(static_argnames="axis"), [(x,), (y,)], axis=0)
    results[1].close_to(softmax_oracle(y, 0))

def distances_loop(x, y):
    out = jnp.zeros((x.shape[0], y.shape[0]))
    for i in range(x.shape[0]):
        for j in range(y.shape[0]):
            out = out.at[i, j].set(jnp.sum((x[i] - y[j]) ** 2))
    return out

@check("pairwise_squared_distances", "correct", hint="broadcast")
def test_pairwise_squared_distances_random(learner: Learner, numbers: Numbers) -> None:
    x, y = numbers.normal((17, 3)), numbers.normal((2, 3))
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    learner.pairwise_squared_distances(x, y).close_to(((a[:, None] - b) ** 2).sum(-1))

@check("pairwise_squared_distances", "speed", hint="broadcast: x[:, None] - y[None].")
def test_pairwise_squared_distances_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(learner, learner.pairwise_squared_distances.jit(), distances_loop, named="a Python double loop",
              draw=lambda n: (numbers.normal((n, 3)), numbers.normal((n, 3))), size=16, gate=100, numbers=numbers)
