"""The screen of `watch`: draws a view, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.report import looks, versions
from grader.report.picture.painter import Painter
from grader.report.places import Place
from grader.report.search_list import print_search
from grader.report.text import printable, shown_path
from grader.report.verdict_parts import VerdictParts
from grader.report.versions import Version
from grader.report.watch_views import BoardView, PageView, PictureView, SearchView, View, page_room
from grader.results import ACCEPTED, FIRST_LOOK, Aspect, Status

_FEWEST_ROWS = 3  # of the table, in however low a terminal
_ROOM_IN_A_PIPE = 40  # lines of a picture


class WatchScreen:
    """Draws views on a console that is passed in. With keys the screen is cleared before each.

    `for_editors` all that is not right has a line that editors can read, and a line of equal signs ends each view.
    """

    def __init__(
        self, console: Console, *, ascii: bool = False, keys: bool = True, for_editors: bool = False
    ) -> None:
        self.console = console
        self._ascii = ascii or not console.encoding.lower().startswith("utf")
        self._parts = VerdictParts(console, ascii=ascii, for_editors=for_editors)
        self._painter = Painter(console, ascii=ascii)
        self._keys = keys and console.is_terminal

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.console.width, self.console.height

    @property
    def takes_keys(self) -> bool:
        """Whether there are keys, and a screen that is drawn anew."""
        return self._keys

    def draw(self, view: View) -> None:
        """Show a view instead of the last one. Raises OSError when the terminal is gone."""
        match view:
            case BoardView():
                self._draw_board(view)
            case SearchView():
                self._draw_search(view)
            case PageView():
                self._draw_page(view)
            case PictureView():
                self._draw_picture(view)

    def versions(self, name: str, yours: Version, reference: Version) -> list[str]:
        """An exercise beside its reference, as the lines of a page."""
        return self._rendered(
            lambda: versions.show(self.console, name, yours, reference, ascii=self._ascii)
        ).splitlines()

    # ---- kinds of screens

    def _draw_board(self, view: BoardView) -> None:
        """The day's table, then what there is to say of the exercise in focus, then the keys.

        In a terminal that is too low for all of it, the table shows the rows about the focus; then of several hints the
        newest is left, and then of a finding its first line. The picture has what all the rest leaves.
        """
        above = self._rendered(lambda: self._heading(view))
        below = self._rendered(lambda: self._below_the_table(view))
        rows, beyond = len(view.exercises), _ROOM_IN_A_PIPE
        if self._keys:
            room = self._room(above + below)
            beyond = room - rows - 1
            short = replace(view, below=view.below_in_short or view.below)
            for brief in (False, True):
                if room < min(rows, _FEWEST_ROWS) and view.below:
                    below = self._rendered(lambda brief=brief: self._below_the_table(short, brief=brief))  # type: ignore[misc]
                    room = self._room(above + below)
            rows = max(min(rows, room), _FEWEST_ROWS)
        if drawn := self._picture_in(view, beyond):
            below = self._rendered(lambda: self._below_the_table(view, drawn=drawn))
        table = self._rendered(lambda: self.console.print(self._table(view, rows)))
        clear = self._rendered(self._clear)
        self.console.file.write(clear + above + table + below)  # at once, so that nothing flickers
        self.console.file.flush()

    def _room(self, rendered: str) -> int:
        """How many lines are left beside a text; the cursor has one of its own."""
        return self.console.height - 1 - self._lines(rendered)

    def _rendered(self, show: Callable[[], None]) -> str:
        """What would be written to the console."""
        with self.console.capture() as capture:
            show()
        return capture.get()

    def _lines(self, rendered: str) -> int:
        """How many lines of the terminal a text takes; a long path wraps."""
        lengths = [Text.from_ansi(line).cell_len for line in rendered.splitlines()]
        return sum(max(1, -(-length // self.console.width)) for length in lengths)

    def _heading(self, view: BoardView) -> None:
        done = sum(
            name in view.verdicts and view.verdicts[name].status in ACCEPTED
            for name, stretch in view.exercises
            if not stretch
        )
        core = sum(not stretch for _, stretch in view.exercises)
        number = view.day.removeprefix("day").lstrip("0")
        heading = Text.assemble(
            (f"Day {number}: {view.title}", "bold"), "  ", self._bar(done, core), f" {done}/{core}"
        )
        self.console.print(heading)
        place = str(Place(view.file, view.line)) or shown_path(view.file)
        self.console.print(Text(place, style="dim"), soft_wrap=True)
        for name, where in zip(("page: ", "from elsewhere: "), view.page, strict=False):
            self.console.print(Text.assemble((name, "dim"), printable(where)), soft_wrap=True)
        self.console.print()

    def _picture_in(self, view: BoardView, lines: int) -> list[Text]:
        """The picture of the focus in so many lines at most; nothing where there is none, or too little room."""
        if view.picture is None or view.problems:
            return []
        return self._painter.small(view.picture, lines, more="p enlarges it" if self._keys else "")

    def _below_the_table(self, view: BoardView, *, brief: bool = False, drawn: Sequence[Text] = ()) -> None:
        for problem in view.problems:
            place = Place(view.file, problem.line)
            self._parts.print_finding("the file", problem.finding, problem.hint, place)
        self._focus(view, brief=brief)
        if drawn:
            self.console.print()
            self._painter.write(drawn)
        if view.below:
            self.console.print()
            self.console.print(Text(printable(view.below)))
        self.console.print()
        if view.status:
            self.console.print(Text(printable(view.status), style="yellow" if view.checking else "dim"))
        if self._keys:
            self._print_keys(view.keys)
        if self._parts.for_editors:
            self._print_for_editors(view)

    def _print_for_editors(self, view: BoardView) -> None:
        """All that is not right, but for what is told above; then the line that ends a view."""
        told = [problem.finding for problem in view.problems]
        above = "" if view.problems else view.focus
        others = [one for name, one in view.verdicts.items() if name not in {above, *view.checking}]
        others = [one for one in others if not (one.lead and one.lead.finding in told)]
        self._parts.print_other_places(view.file, others)
        self.console.print("=" * self.console.width)

    def _draw_search(self, view: SearchView) -> None:
        """The list, as far as it matches what was typed."""
        with self.console:  # written at once
            self._clear()
            print_search(self.console, self._parts, view)

    def _draw_page(self, view: PageView) -> None:
        """So many lines as there is room for, and how to go on."""
        room = page_room(self.console.height) if self._keys else len(view.lines)
        scroll = "up and down scroll, any other key: back" if len(view.lines) > room else "any key: back"
        self._clear()
        self.console.file.write("".join(f"{line}\n" for line in view.lines[view.first : view.first + room]))
        if self._keys:
            self.console.print(Text(scroll, style="dim"))
        self.console.file.flush()

    def _draw_picture(self, view: PictureView) -> None:
        """As large as the screen is, and how to go on."""
        room = page_room(self.console.height)
        several = len(view.picture.frames) > 1
        keys = "left and right: other frames, any other key: back" if several else "any key: back"
        lines = self._painter.large(view.picture, view.frame, room)
        with self.console:  # written at once
            self._clear()
            self._painter.write(lines)
            self.console.print(Text(keys, style="dim"))

    # ---- parts

    def _clear(self) -> None:
        if self._keys:
            self.console.clear()
        else:
            self.console.print()

    def _bar(self, done: int, total: int) -> Text:
        full, empty = self._parts.sign(looks.FULL), self._parts.sign(looks.EMPTY)
        return Text.assemble((full * done, "green"), (empty * (total - done), "dim"))

    def _table(self, view: BoardView, rows: int) -> Table:
        """So many rows of the day's exercises; the one in focus is among them."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=1, min_width=1, no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis", min_width=_longest(view))
        for width in (len("✗ too long"), len("✗ wrong"), 1, 1):  # so that nothing jumps about
            table.add_column(no_wrap=True, min_width=width)
        at = next((n for n, (name, _) in enumerate(view.exercises) if name == view.focus), 0)
        left_out = len(view.exercises) - rows
        if left_out:  # a row says so
            rows, left_out = rows - 1, left_out + 1
        first = max(0, min(at - rows // 2, len(view.exercises) - rows))
        for name, stretch in view.exercises[first : first + rows]:
            result = view.verdicts.get(name)
            mark = self._parts.sign(looks.POINTER) if name == view.focus else ""
            star = self._parts.sign(f"{looks.STAR} ") if stretch else ""
            style = "bold" if name == view.focus else "green" if result and result.status in ACCEPTED else ""
            deeper = self._deeper(view, name)
            if name in view.checking:
                wait = Text(self._parts.sign("…"), style="yellow")
                right = view.timing.get(name)
                known = [self._parts.cell(right, aspect) for aspect in FIRST_LOOK][:2] if right else []
                cells = [*known, wait, Text(""), Text("")][: len(FIRST_LOOK)]
            elif result:
                cells = [self._parts.cell(result, aspect) for aspect in FIRST_LOOK]
            else:
                cells = [Text("")] * len(FIRST_LOOK)
            table.add_row(mark, Text(star + name, style=style), *cells, deeper)
        if left_out:
            table.add_row("", Text(self._parts.sign(f"… {left_out} more"), style="dim"))
        return table

    def _deeper(self, view: BoardView, name: str) -> Text:
        """What is known of the deeper look at an exercise."""
        if name == view.looking:
            word = "…" if self._parts.is_narrow else "… looking deeper"
            return Text(self._parts.sign(word), style="dim")
        known = name in view.verdicts and name not in view.checking
        return self._parts.cell(view.verdicts[name], Aspect.DEEPER) if known else Text("")

    def _focus(self, view: BoardView, *, brief: bool = False) -> None:
        result = view.verdicts.get(view.focus)
        if view.focus in view.checking or result is None or view.problems:
            return
        lead = result.lead
        if lead and lead.finding and brief:
            self.console.print()
            self.console.print(Text(printable(lead.finding.head), style="bold"))
        elif lead and lead.status is not Status.TODO:
            place, ours = Place(view.file, lead.line, result.begins), lead.status is Status.FAULT
            self._parts.print_finding(view.focus, lead.finding, lead.hint, place, ours=ours)
            self._parts.print_other_rules(result)
            self._parts.print_output(lead)
        elif lead:
            self.console.print()
            self.console.print(Text.assemble((view.focus, "bold"), ": ", view.summary))
        else:
            self.console.print()
            self.console.print(Text(f"{view.focus} passed.", style="bold green"))
            self._parts.print_speed(result)
            self._parts.print_deeper_look(result)
            self._parts.print_comparison(result)

    def _print_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Closer together where that saves a line."""
        wide, close = self._lines_of_keys(keys, "  "), self._lines_of_keys(keys, " ")
        for line in close if len(close) < len(wide) else wide:
            line.rstrip()
            self.console.print(line)

    def _lines_of_keys(self, keys: Sequence[tuple[str, str]], gap: str) -> list[Text]:
        lines, room = [Text()], self.console.width
        for key, what in keys:  # a key stays with its word
            word = Text.assemble((key, "bold cyan"), f" {what}")
            if lines[-1].cell_len + word.cell_len > room:
                lines.append(Text())
            lines[-1].append_text(word).append(gap)
        return lines


def _longest(view: BoardView) -> int:
    return max((len(name) + 2 * stretch for name, stretch in view.exercises), default=0)
