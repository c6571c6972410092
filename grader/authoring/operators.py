"""Operators of mutation that know JAX: each changes one place of a function as somebody might who errs there."""

from __future__ import annotations

from grader.authoring.call_operators import (
    other_arguments,
    other_chance,
    other_function,
    other_keyword,
    other_loop,
)
from grader.authoring.change import Operator
from grader.authoring.syntax_operators import (
    other_arithmetic,
    other_choice,
    other_constant,
    other_flag,
    other_gradient,
    other_index,
    other_order,
    other_statement,
)

# Mutants are drawn from what these give, in this order.
OPERATORS: tuple[Operator, ...] = (
    other_order,
    other_arithmetic,
    other_constant,
    other_flag,
    other_keyword,
    other_function,
    other_arguments,
    other_chance,
    other_loop,
    other_index,
    other_gradient,
    other_statement,
    other_choice,
)
