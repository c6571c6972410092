"""A table of an answer beside the reference: quantities in words, numbers in units that a person reads."""

from __future__ import annotations

from rich.box import ASCII, SIMPLE_HEAD, Box
from rich.table import Table
from rich.text import Text

from grader.report.looks import in_ascii
from grader.report.text import printable
from grader.results import Comparison
from grader.units import memory, seconds

_WORDS = {
    "bytes_accessed": "memory traffic",
    "temporary_bytes": "temporary memory",
    "seconds": "time a call",
}


def comparison_table(comparison: Comparison, *, ascii: bool) -> Table:
    """Quantity, yours, reference; a dash where nobody knows."""
    box: Box = ASCII if ascii else SIMPLE_HEAD
    table = Table(box=box, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name in ("yours", "reference"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in comparison.rows:
        values = [_amount(row.quantity, value, ascii=ascii) for value in (row.yours, row.reference)]
        table.add_row(Text(printable(_WORDS.get(row.quantity, row.quantity))), *map(Text, values))
    return table


def _amount(quantity: str, value: float | None, *, ascii: bool) -> str:
    """1,234; 12.5 KiB; 4.1 µs."""
    if value is None:
        return "-"
    if quantity == "seconds":
        return in_ascii(seconds(value)) if ascii else seconds(value)
    return memory(value) if "bytes" in quantity else f"{value:,.0f}"
