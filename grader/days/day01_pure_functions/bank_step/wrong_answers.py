"""Plausible mistakes in bank_step; each must be caught by the check named above it."""

import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by


@caught_by("correct", "refuses_to_go_below_zero")
def bank_step__pays_out_a_part(balance, transaction):
    """Clamps at zero: a refused withdrawal still empties the account."""
    return jnp.maximum(balance + transaction, 0), balance + transaction >= 0


@caught_by("correct", "refuses_to_go_below_zero")
def bank_step__overdraws(balance, transaction):
    """Reports the refusal, but books the transaction."""
    return balance + transaction, balance + transaction >= 0


@caught_by("correct", "refuses_to_go_below_zero")
def bank_step__always_accepts(balance, transaction):
    """Leaves the balance alone, but says that all is well."""
    proposed = balance + transaction
    return jnp.where(proposed >= 0, proposed, balance), jnp.array(True)


@caught_by("correct", "may_empty_the_account")
def bank_step__keeps_a_penny(balance, transaction):
    """Refuses to empty the account."""
    proposed = balance + transaction
    return jnp.where(proposed > 0, proposed, balance), proposed > 0


@caught_by("correct", "accepts_every_deposit")
def bank_step__refuses_large_transactions(balance, transaction):
    """Compares sizes, and so refuses a deposit larger than the balance."""
    accepted = jnp.abs(transaction) <= balance
    return jnp.where(accepted, balance + transaction, balance), accepted


@caught_by("correct", "by_hand")
def bank_step__hidden_account(balance, transaction, account={}):
    """Keeps the balance in a mutable default and ignores the argument from then on."""
    current = account.setdefault("balance", balance)
    proposed = current + transaction
    account["balance"] = jnp.where(proposed >= 0, proposed, current)
    return account["balance"], proposed >= 0


@caught_by("jit", "compiles_once")
def bank_step__python_if(balance, transaction):
    """Branches in Python on a value."""
    if balance + transaction < 0:
        return balance, jnp.array(False)
    return balance + transaction, jnp.array(True)


@caught_by("jit", "compiles_once")
def bank_step__numpy_where(balance, transaction):
    """np.where cannot see a tracer."""
    proposed = balance + transaction
    return jnp.asarray(np.where(proposed >= 0, proposed, balance)), proposed >= 0


@caught_by("correct", "refuses_the_least_bit_too_much")
def bank_step__tolerance(balance, transaction):
    """Lets a small overdraft pass, as one does with rounding."""
    proposed = balance + transaction
    accepted = proposed >= -1e-3
    return jnp.where(accepted, proposed, balance), accepted


@caught_by("correct", "may_empty_the_account")
def bank_step__refuses_nothing_from_nothing(balance, transaction):
    """Takes a transaction of 0 for a withdrawal that an empty account does not cover."""
    accepted = (transaction > 0) | (-transaction < balance) | ((transaction == -balance) & (balance > 0))
    return jnp.where(accepted, balance + transaction, balance), accepted


def tally(entries=[]):  # noqa: B006
    entries.append("a call")


@caught_by("correct", "leaves_nothing_behind")
def bank_step__counts_its_calls(balance, transaction):
    """Right, but another function counts its calls."""
    tally()
    proposed = balance + transaction
    return jnp.where(proposed >= 0, proposed, balance), proposed >= 0


@caught_by("correct", "leaves_nothing_behind")
def bank_step__remembers_in_a_default(balance, transaction, seen=[]):  # noqa: B006
    """Right, but keeps a journal in a mutable default."""
    seen.append("call")
    proposed = balance + transaction
    return jnp.where(proposed >= 0, proposed, balance), proposed >= 0


@caught_by("correct", "accepts_every_deposit")
def bank_step__caps_the_balance(balance, transaction):
    """Knows a largest balance, as some banks do and this one does not."""
    proposed = balance + transaction
    return jnp.where(proposed >= 0, jnp.minimum(proposed, 1e6), balance), proposed >= 0
