"""The rows of the doctor: a sign, what was looked at, what was found, and below it what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.machine.doctor_rows import Row, State
from grader.report import looks
from grader.report.plain import Paper

_LOOKS = {
    State.GOOD: (looks.PASSED, "green"),
    State.NOTE: ("!", "yellow"),
    State.MISSING: (looks.FAILED, "bold red"),
}
_NAME = 15  # columns


class Checkup:
    """Rows on a paper, one by one as they come, then whether the kata can run."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper

    def row(self, row: Row) -> Iterator[str]:
        """What was found, and below it what mends it."""
        paper = self._paper
        sign, style = _LOOKS[row.state]
        # Wrapped first and painted afterwards: a code for colour has no width.
        head = f"{paper.sign(sign, '')} {row.name:<{_NAME}}"
        body = paper.wrapped(f"{head} {row.text}", indent=len(head) + 1)
        yield paper.text(sign, style) + body.removeprefix(paper.text(sign))
        for line in row.remedy.splitlines():
            yield f"    {paper.text(line, 'cyan')}"

    def end(self, rows: Sequence[Row]) -> Iterator[str]:
        """What the rows come to."""
        paper, states = self._paper, {row.state for row in rows}
        yield ""
        if State.MISSING in states:
            yield paper.wrapped("Something that the kata needs is missing: see the rows marked ✗.")
        else:
            yield "The kata can run here." + (
                " Rows marked ! are worth a look." if State.NOTE in states else ""
            )
