"""A table of an answer beside the reference: quantities in words, numbers in units that a person reads."""

from __future__ import annotations

from rich.box import ASCII, SIMPLE_HEAD, Box
from rich.table import Table
from rich.text import Text

from grader.report.looks import in_ascii
from grader.report.numbers import compared_words
from grader.report.text import printable
from grader.results import Comparison


def comparison_table(comparison: Comparison, *, ascii: bool) -> Table:
    """Quantity, yours, reference; a dash where nobody knows."""
    box: Box = ASCII if ascii else SIMPLE_HEAD
    table = Table(box=box, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name in ("yours", "reference"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in comparison.rows:
        words, *amounts = compared_words(row)
        table.add_row(
            Text(printable(words)), *(Text(in_ascii(amount) if ascii else amount) for amount in amounts)
        )
    return table
