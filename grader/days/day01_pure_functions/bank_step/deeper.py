"""The deeper look at bank_step."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.toolkit import Draw, Learner, check


@check(
    "bank_step",
    "deeper",
    hint="Accepted is what leaves 0 or more, by the least bit, and then the balance is the sum; else nothing happens.",
)
def test_bank_step_in_many_cases(learner: Learner, draw: Draw) -> None:
    balance = np.float32(draw.floats(magnitudes=(1e-2, 1e7), low=0, special=(0.0,)))
    transaction = np.float32(draw.floats(magnitudes=(1e-2, 1e7), special=(0.0,)))
    which = draw.one_of("any", "everything", "a bit more", "a bit less")
    if which != "any" and balance > 0:
        transaction = -balance
        if which != "everything":
            transaction = np.nextafter(transaction, np.float32(-np.inf if which == "a bit more" else 0))
    proposed = np.float64(balance) + np.float64(transaction)
    expected = (proposed, np.True_) if proposed >= 0 else (np.float64(balance), np.False_)
    # One sum: rounded once.
    result = learner.bank_step.jit()(jnp.asarray(balance), jnp.asarray(transaction))
    result.close_to(expected, rtol=2e-7, atol=0)
