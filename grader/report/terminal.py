"""The screen of a run: a line of progress while checks run, then a table, then what to mend first."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rich.box import ASCII, SIMPLE_HEAD, Box
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.status import Status as Spinner
from rich.table import Table
from rich.text import Text

from grader.pictures import frame_to_begin_with
from grader.report.looks import LOOKS, STAR
from grader.report.picture.painter import Painter
from grader.report.places import Place
from grader.report.text import printable, shown_path
from grader.report.verdict_parts import VerdictParts
from grader.report.ways import SHELL, Ways
from grader.results import ACCEPTED, FIRST_LOOK, Aspect, CheckResult, DayResult, RunResult, Status

_LONG = 2.0  # seconds after which it is said how long something takes


@dataclass(frozen=True, slots=True)
class _Starting:
    """Says for how long JAX has been starting, once that takes a while."""

    begun: float  # of a clock that only goes forward, in seconds

    def __rich__(self) -> Text:
        taken = time.monotonic() - self.begun
        return Text("starting JAX" + (f", for {taken:.0f} s now" if taken >= _LONG else ""))


class Screen:
    """Renders one run on a console that is passed in."""

    def __init__(
        self,
        console: Console,
        *,
        ascii: bool = False,
        verbose: bool = False,
        for_editors: bool = False,
        ways: Ways = SHELL,
    ) -> None:
        self.console = console
        self.verbose = verbose
        self._ways = ways
        self._compares = verbose  # shows answers beside the reference
        self._parts = VerdictParts(console, ascii=ascii, verbose=verbose, for_editors=for_editors)
        self._spinner: Spinner | None = None

    # ---- while it runs

    def begin(self) -> None:
        if self.console.is_terminal:
            self._spinner = self.console.status(
                _Starting(time.monotonic()), spinner="line" if self._parts.ascii else "dots"
            )
            self._spinner.start()

    def progress(self, day: str, exercise: str, check: str, done: int, total: int) -> None:
        if self._spinner and total:
            what = f"{exercise}: {check.replace('_', ' ')}" if exercise else "loading"
            self._spinner.update(Text(f"{day}  {done}/{total}  {printable(what)}"))

    def end(self) -> None:
        if self._spinner:
            self._spinner.stop()
            self._spinner = None

    # ---- when it is done

    def show(self, result: RunResult) -> None:
        self._compares = self.verbose or sum(len(day.exercises) for day in result.days) == 1
        for day in result.days:
            self._print_day(day)
        for fault in result.faults:
            self.console.print(Rule("the grader's own fault", style="magenta"))
            self.console.print(Text(printable(fault)))
            self.console.print("This is a mistake of the grader or of its installation, not of your code.")
        self._print_footer(result)

    def show_pictures(self, result: RunResult) -> None:
        """What the exercises of a run did, below what was shown of them."""
        for exercise in (one for day in result.days for one in day.exercises if one.picture):
            assert exercise.picture
            self.console.print()
            painter = Painter(self.console, ascii=self._parts.ascii)
            painter.show(exercise.picture, frame_to_begin_with(exercise.picture))

    def _print_day(self, day: DayResult) -> None:
        number = day.day.removeprefix("day").lstrip("0")
        self.console.print()
        heading = Text(f"Day {number}: {day.title}", style="bold")
        if self._ways.names_files:
            heading = Text.assemble(heading, "  ", (shown_path(day.file), "dim"))
        self.console.print(heading, soft_wrap=True)  # a path that is broken in two cannot be clicked
        self.console.print(self._table(day))
        for problem in day.problems:
            whole, place = (
                ("the file" if self._ways.names_files else "the cell"),
                self._place(day, problem.line),
            )
            self._parts.print_finding(whole, problem.finding, problem.hint, place)
        for exercise in day.exercises:
            lead = exercise.lead
            if lead and lead.status is not Status.TODO and not self._told(day, lead):
                place, ours = self._place(day, lead.line, exercise.begins), lead.status is Status.FAULT
                self._parts.print_finding(exercise.name, lead.finding, lead.hint, place, ours=ours)
                self._parts.print_other_rules(exercise)
                self._parts.print_output(lead)
                if self.verbose and lead.details:
                    self.console.print(Padding(Text(printable(lead.details), style="dim"), (0, 2)))
        if self.verbose:
            self._print_checks(day)
        self._print_speeds(day)
        self._print_deeper_looks(day)
        self._print_comparisons(day)
        self._print_circumstances(day)
        self._print_standing(day)

    def _told(self, day: DayResult, check: CheckResult) -> bool:
        """Whether this is what is the matter with the file."""
        return any(check.finding == problem.finding for problem in day.problems)

    def _table(self, day: DayResult) -> Table:
        box: Box = ASCII if self._parts.ascii else SIMPLE_HEAD
        table = Table(box=box, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("exercise", no_wrap=True, overflow="ellipsis")
        aspects = [*FIRST_LOOK, *[Aspect.DEEPER] * any(one.aspect(Aspect.DEEPER) for one in day.exercises)]
        for aspect in aspects:
            table.add_column(aspect.value, no_wrap=True)
        for exercise in day.exercises:
            star = self._parts.sign(f"{STAR} ") if exercise.stretch else ""
            style = "green" if exercise.status in ACCEPTED else ""
            cells = [self._parts.cell(exercise, aspect) for aspect in aspects]
            table.add_row(Text(star + exercise.name, style=style), *cells)
        return table

    def _print_checks(self, day: DayResult) -> None:
        self.console.print()
        for exercise in day.exercises:
            for check in exercise.checks:
                look = LOOKS[check.status]
                line = Text.assemble(
                    (f"{self._parts.sign(look.sign):<2} ", look.style),
                    f"{exercise.name} {check.aspect.value}: {check.name.replace('_', ' ')}",
                    (f"  {check.seconds:.2f} s {look.word}", "dim"),
                )
                self.console.print(line)

    def _print_speeds(self, day: DayResult) -> None:
        passed = [exercise for exercise in day.exercises if exercise.aspect(Aspect.SPEED) in ACCEPTED]
        if any(check.speed for exercise in passed for check in exercise.checks):
            self.console.print()
        for exercise in passed:
            self._parts.print_speed(exercise)

    def _print_deeper_looks(self, day: DayResult) -> None:
        """What it comes to, for one exercise that was asked for alone; a day's table says it all."""
        for exercise in day.exercises if self._compares else ():
            self._parts.print_deeper_look(exercise)

    def _print_comparisons(self, day: DayResult) -> None:
        for exercise in day.exercises if self._compares else ():
            self._parts.print_comparison(exercise)

    def _print_circumstances(self, day: DayResult) -> None:
        """What a verdict leaves open: checks that were skipped, and devices that are only simulated."""
        lines = [
            f"skipped: {exercise.name}: {check.name.replace('_', ' ')}: {check.message}"
            for exercise in day.exercises
            for check in exercise.checks
            if check.status is Status.SKIPPED
        ]
        if day.devices and not day.devices.startswith("1 "):
            lines.append(f"on {day.devices}")
        if lines:
            self.console.print(Text(printable("\n" + "\n".join(lines)), style="dim"))

    def _print_standing(self, day: DayResult) -> None:
        core = [exercise for exercise in day.exercises if not exercise.stretch]
        done = sum(exercise.status in ACCEPTED for exercise in core)
        stretch = [exercise for exercise in day.exercises if exercise.stretch]
        text = Text("\n")
        if core:
            text.append(f"{done} of {len(core)} passed", style="bold green" if done == len(core) else "bold")
        if stretch:
            count = sum(exercise.status in ACCEPTED for exercise in stretch)
            text.append(f"{', ' if core else ''}stretch {count} of {len(stretch)}")
        left = next((exercise for exercise in [*core, *stretch] if exercise.status not in ACCEPTED), None)
        if left is None and day.problems and not self._ways.names_files:
            text.append(", though not every line of the cell could be run where it was graded.")
        elif left is None and day.problems:
            place = str(self._place(day, day.problems[0].line)) or shown_path(day.file)
            text.append(f", but something is wrong with the file, so it does not count as done: {place}")
        elif left is None:
            whole_day = f" The whole day: {self._ways.day.format(day.day)}" if self._ways.day else ""
            text.append(". All done." if day.whole else f".{whole_day}")
            text.append(self._what_was_left_out(day))
        else:
            stuck = self._ways.hint.format(f"{day.day}.{left.name}")
            text.append(f". Next: {left.name}.\nStuck? {stuck}")
        self.console.print(text)

    def _what_was_left_out(self, day: DayResult) -> str:
        """How the timing of exercises that are right is asked for, where nobody has asked for it."""
        untimed = [one.name for one in day.exercises if not one.whole] if self._ways.with_speed else []
        asked = ", ".join(self._ways.with_speed.format(f"{day.day}.{name}") for name in untimed)
        return f"\nIt is passed once it is timed, too: {asked}" if asked else ""

    def _print_footer(self, result: RunResult) -> None:
        if result.interrupted:
            self.console.print(Text("Interrupted: what is not shown as judged was not run.", style="yellow"))
        words = [f"{result.seconds:.1f} s", f"jax {result.jax} on {result.platform}", f"seed {result.seed}"]
        if not result.jax:
            del words[1]
        self.console.print(Text(", ".join(words), style="dim"))

    def _place(self, day: DayResult, line: int | None, begins: int | None = None) -> Place:
        """Where to look, for an editor; no line where a cell is before everybody's eyes."""
        return Place(day.file, line if self._ways.names_files else None, begins)
