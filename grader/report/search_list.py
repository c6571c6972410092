"""The list of exercises under `watch`, as far as it matches what was typed."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.report import looks
from grader.report.text import printable
from grader.report.verdict_parts import VerdictParts
from grader.report.watch_views import SearchView


def print_search(console: Console, parts: VerdictParts, view: SearchView) -> None:
    """What was typed, and so many of the exercises that match it as there is room for, the chosen one among them."""
    found = len(view.rows)
    count = f"   {found} {'exercise' if found == 1 else 'exercises'}" if found else ""
    console.print(
        Text.assemble(("search: ", "bold cyan"), printable(view.typed), ("_", "blink"), (count, "dim"))
    )
    console.print()
    room = max(console.height - 5, 3)
    first = max(0, min(view.chosen - room // 2, len(view.rows) - room))
    table = Table.grid(padding=(0, 1, 0, 0))
    signs = looks.sign_width(ascii=parts.ascii)
    table.add_column(width=1, min_width=1, no_wrap=True)
    table.add_column(width=signs, min_width=signs, no_wrap=True)
    names = max((len(row[0]) for row in view.rows), default=0)
    table.add_column(no_wrap=True, min_width=names)
    table.add_column(no_wrap=True)
    # For summaries: two signs and three gaps go off.
    left = max(console.width - names - signs - 5, 0)
    for number, (name, sign, summary) in list(enumerate(view.rows))[first : first + room]:
        mark = parts.sign(looks.POINTER) if number == view.chosen else ""
        style = "reverse" if number == view.chosen else ""
        words = Text(parts.sign(summary), style="dim")
        words.truncate(left, overflow="ellipsis")
        table.add_row(mark, parts.sign(sign), Text(name, style=style), words)
    console.print(table if view.rows else Text("nothing matches; Backspace deletes", style="yellow"))
    console.print()
    console.print(Text("type to search, up and down, Enter goes there, Esc back", style="dim"))
