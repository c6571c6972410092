"""Two texts of one exercise, yours and the reference: side by side where there is room, else one below the other."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from grader.report.consoles import plain_console, rich_console
from grader.report.text import printable

SIDE_BY_SIDE = 100  # columns, at least


@dataclass(frozen=True, slots=True)
class Version:
    """One of the two: whose it is, the file, and numbered lines; or a note that says why there are none."""

    whose: str
    file: str
    lines: tuple[tuple[int, str], ...] = ()
    note: str = ""
    signature: int = 0  # so many of the lines, the first ones


def console_for(format: str) -> Console:
    """The console of a format, `rich` or `plain`."""
    return plain_console() if format == "plain" else rich_console()


def show(console: Console, title: str, yours: Version, reference: Version, *, ascii: bool = False) -> None:
    """Print both; when there is nothing of yours to show, the reason and the reference."""
    ascii = ascii or not console.encoding.lower().startswith("utf")
    console.print(Rule(Text(printable(title)), align="left", characters="-" if ascii else "─"))
    if yours.note:
        console.print(Text(printable(yours.note), style="yellow"))
        console.print()
        console.print(_block(console, reference))
    elif console.width >= SIDE_BY_SIDE:
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        table.add_column(ratio=1)
        table.add_column(ratio=1)
        table.add_row(_block(console, yours), _block(console, reference))
        console.print(table)
    else:
        console.print(_block(console, yours))
        console.print()
        # Its signature is that of yours, and would push what is new out of sight.
        body = reference.lines[reference.signature :]
        console.print(
            _block(console, replace(reference, lines=body) if yours.signature and body else reference)
        )
    console.print()


def _block(console: Console, version: Version) -> RenderableType:
    heading = Text.assemble((version.whose, "bold"), "  ", (printable(version.file), "dim"), overflow="fold")
    code = Table.grid(padding=(0, 1, 0, 0))
    code.add_column(justify="right", style="dim", no_wrap=True)
    code.add_column(overflow="fold")
    numbers = [number for number, _ in version.lines]
    for number, line in zip(numbers, _coloured(console, [line for _, line in version.lines]), strict=True):
        indent = len(line.plain) - len(line.plain.lstrip())
        code.add_row(Text(str(number)), Padding(line[indent:], (0, 0, 0, indent)))  # also where it goes on
    return Group(heading, code)


def _coloured(console: Console, lines: list[str]) -> list[Text]:
    """The lines as text; highlighted as Python where the console has colour."""
    lines = [printable(line).expandtabs(8) for line in lines]
    plain = [Text(line, overflow="fold") for line in lines]
    if console.color_system is None or console.no_color:
        return plain
    syntax = Syntax("", "python", theme="ansi_dark", background_color="default")
    coloured = list(syntax.highlight("\n".join(lines)).split("\n", allow_blank=True))[: len(lines)]
    same = [line.plain for line in coloured] == lines  # or else the highlighter has changed something
    return coloured if same else plain
