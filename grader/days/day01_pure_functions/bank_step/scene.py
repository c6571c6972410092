"""Two accounts, one after the other: what was asked of them, the balance, and what was accepted.

Among the transactions are withdrawals that are too large, by much and by a thousandth, one that empties the account, nothing
from nothing, and deposits larger than the balance: each rule that is broken shows as a step that should not be, or a mark in
the wrong place. The second account begins with a balance of its own, which shows a balance that is kept somewhere else.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, points

FIRST = (30, -50, 45, -75.0009, 0, -75, 0, -20, 60, -15, -50, -45)
SECOND = (10, 90, -120, -70, -60, 25, -30, -55, 5)


def draw(bank_step: Any) -> list[Any]:
    """One call after the other, each with the balance that the last one gave."""
    balances, answers = [], []
    for opening, asked in ((50, FIRST), (30, SECOND)):
        balance: Any = jnp.asarray(opening, jnp.float32)
        for transaction in asked:
            balance, accepted = bank_step(balance, jnp.asarray(transaction, jnp.float32))
            balances.append(float(balance))
            answers.append(float(accepted))
    number = np.arange(1, len(balances) + 1)
    axes: dict[str, Any] = {"across": "transaction"}
    return [
        chart("what was asked for", bars(number, np.array(FIRST + SECOND), given=True), up="amount", **axes),
        chart("the balance after it", bars(number, np.array(balances), "balance"), up="amount", **axes),
        chart(
            "accepted (1) or refused (0)", points(number, np.array(answers), "answer"), up="accepted", **axes
        ),
    ]


SCENE = Scene(
    "Deposits (up) and withdrawals (down), the balance after each, and which were accepted. The first account is opened with 50, "
    "the second, from transaction 13 on, with 30. Transaction 4 asks for a thousandth too much, 6 for all.",
    draw,
    shows=[
        "pays_out_a_part",
        "overdraws",
        "always_accepts",
        "keeps_a_penny",
        "refuses_large_transactions",
        "hidden_account",
        "tolerance",
        "refuses_nothing_from_nothing",
    ],
)
