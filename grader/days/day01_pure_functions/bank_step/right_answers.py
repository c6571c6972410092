"""Other honest ways to write bank_step; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


def bank_step__with_cond(balance, transaction):
    """Chooses between two functions."""
    return lax.cond(
        balance + transaction >= 0,
        lambda: (balance + transaction, jnp.array(True)),
        lambda: (balance, jnp.array(False)),
    )


def bank_step__with_arithmetic(balance, transaction):
    """Adds the transaction times 0 or 1."""
    accepted = jnp.logical_not(balance < -transaction)
    return balance + accepted * transaction, accepted


def bank_step__deposits_first(balance, transaction):
    """Asks whether it is a deposit, then whether the account covers it."""
    deposit = transaction >= 0
    covered = jnp.abs(transaction) <= balance
    accepted = deposit | covered
    return lax.select(accepted, balance + transaction, balance), accepted


@jax.jit
def bank_step__with_select(balance, transaction):
    """Uses jnp.select with a default."""
    accepted = jnp.greater_equal(balance + transaction, 0.0)
    return jnp.select([accepted], [balance + transaction], balance), accepted


def bank_step__refuses_what_is_below_zero(balance, transaction):
    """Asks what is to be refused, not what is to be accepted."""
    proposed = balance + transaction
    refused = proposed < 0
    return jnp.where(refused, balance, proposed), ~refused


def bank_step__exact_comparison(balance, transaction):
    """The comparison balance >= -transaction needs no rounding; lax.select picks."""
    dtype = jnp.result_type(float, balance, transaction)
    balance, transaction = (lax.convert_element_type(jnp.asarray(v), dtype) for v in (balance, transaction))
    accepted = lax.ge(balance, lax.neg(transaction))
    return lax.select(accepted, lax.add(balance, transaction), balance), accepted


def bank_step__what_is_paid(balance, transaction):
    """Works out what is paid in or out, which may be nothing, and adds that."""
    accepted = balance >= jnp.negative(transaction)
    paid = jnp.where(accepted, transaction, jnp.zeros_like(transaction))
    return balance + paid, accepted
