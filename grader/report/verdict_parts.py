"""The parts of a screen that show a verdict, in a run and under `watch`: a cell of a table, what to mend, what agreed."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from grader.findings import Finding
from grader.report.looks import LOOKS, in_ascii
from grader.report.numbers import cases, deeper_words, speed_words
from grader.report.places import Place
from grader.report.reference_table import comparison_table
from grader.report.text import printable
from grader.results import ACCEPTED, Aspect, CheckResult, ExerciseResult, Status
from grader.units import ratio


class VerdictParts:
    """Prints parts of verdicts on a console that is passed in, one by one.

    `for_editors` has each finding begin with a line that editors can read.
    """

    def __init__(
        self, console: Console, *, ascii: bool = False, verbose: bool = False, for_editors: bool = False
    ) -> None:
        self.console = console
        self.verbose = verbose
        self.for_editors = for_editors
        self.ascii = ascii or not console.encoding.lower().startswith("utf")

    def cell(self, exercise: ExerciseResult, aspect: Aspect) -> Text:
        """The sign of one aspect, with a word where the sign does not say it."""
        status = exercise.aspect(aspect)
        if status is None or (status is Status.TODO and aspect is not Aspect.CORRECT):
            return Text("")
        look = LOOKS[status]
        text = f"{self.sign(look.sign)} {look.word}".rstrip()
        if aspect is Aspect.SPEED and exercise.speed:
            speed = exercise.speed
            text = f"{self.sign(look.sign)} x{ratio(speed.ratio)}"
            if status not in ACCEPTED:
                text += f" < x{ratio(speed.gate)}" if self.is_narrow else f", needs x{ratio(speed.gate)}"
        if aspect is Aspect.DEEPER and status is Status.PASSED and exercise.cases and not self.is_narrow:
            text += f" {cases(exercise)}"
        return Text(text, style=look.style)

    @property
    def is_narrow(self) -> bool:
        """Whether cells of a table must do with a sign."""
        return self.console.width < 72

    def sign(self, text: str) -> str:
        """Our own signs as this console can show them."""
        return in_ascii(text) if self.ascii else text

    def print_finding(
        self, title: str, finding: Finding | None, hint: str, place: Place, *, ours: bool = False
    ) -> None:
        """What came, what was expected, and a hint, under a rule with a title; `ours` where it is a fault of the grader."""
        style = "magenta" if ours else "red"
        message = place.message(title, finding) if self.for_editors and finding and not ours else ""
        parts: list[Text] = []
        if finding:
            parts.append(Text("" if message else printable(finding.head), style="bold"))
            parts[0].append(printable(finding.rest), style="not bold")
        if hint:
            parts.append(Text.assemble("\n", ("hint: ", "bold cyan"), printable(hint)))
        self.console.print()
        self.console.print(Rule(Text(title), style=style, align="left", characters=self.sign("─")))
        self.console.print(Text(message), soft_wrap=True, end="")  # in one line, however long
        self.console.print(Group(*parts))
        if str(place) and not message:
            self.console.print(Text(str(place), style="dim"), soft_wrap=True)

    def print_other_places(self, file: str, exercises: Iterable[ExerciseResult]) -> None:
        """A line that editors can read for each of these exercises that is not right, and nothing for all others."""
        for one in exercises:
            if one.lead and one.lead.finding and one.status not in {Status.TODO, Status.FAULT}:
                place = Place(file, one.lead.line, one.begins)
                self.console.print(Text(place.message(one.name, one.lead.finding)), soft_wrap=True)

    def print_other_rules(self, exercise: ExerciseResult) -> None:
        """One line that names the other rules which an answer breaks, so that they are not met one save after the other."""
        if others := exercise.other_rules:
            named = "; ".join(printable(one.in_short) for one in others)
            self.console.print(Text(f"It also breaks: {named}.", style="dim"))

    def print_output(self, check: CheckResult) -> None:
        """What the learner's code printed meanwhile."""
        if check.output.strip():
            self.console.print(Text("it printed:", style="dim"))
            lines = printable(check.output).rstrip().splitlines()
            shown = (
                lines
                if self.verbose or len(lines) <= 10
                else [*lines[:10], f"... {len(lines) - 10} lines more"]
            )
            self.console.print(Padding(Text("\n".join(shown)), (0, 2)))

    def print_speed(self, exercise: ExerciseResult) -> None:
        """One line for each timing of an exercise."""
        for check in exercise.checks:
            if check.speed:
                words = Text.assemble((exercise.name, "bold"), "  ", speed_words(check.speed))
                self.console.print(words, style="dim", soft_wrap=False)

    def print_deeper_look(self, exercise: ExerciseResult) -> None:
        """A line on what agreed."""
        if exercise.cases and exercise.aspect(Aspect.DEEPER) in ACCEPTED:
            words = Text.assemble((exercise.name, "bold"), f"  {deeper_words(exercise)}")
            self.console.print(words, style="dim")

    def print_comparison(self, exercise: ExerciseResult) -> None:
        """An answer that passed beside the reference, and a remark where they differ; in verbose mode why there is none."""
        if comparison := exercise.comparison:
            self.console.print()
            self.console.print(Text.assemble(("beside the reference: ", "bold"), printable(comparison.call)))
            self.console.print(comparison_table(comparison, ascii=self.ascii))
            if comparison.remark:
                self.console.print(Text(printable(comparison.remark), style="cyan"))
        elif self.verbose and exercise.not_compared:
            self.console.print()
            self.console.print(
                Text.assemble((exercise.name, "bold"), " could not be set beside the reference:")
            )
            why = Text(printable(exercise.not_compared).rstrip(), style="dim")
            self.console.print(Padding(why, (0, 2)))
