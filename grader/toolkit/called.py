"""What a call gave: compared, taken apart, asked for a property. The end of most checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from grader.diagnoses import Diagnosis, Pattern
from grader.findings import Finding, Kind
from grader.toolkit import comparison, wording
from grader.toolkit.judged_call import Case
from grader.toolkit.verdicts import WrongAnswer


class Called:
    """What a call gave, and how the call is written in messages."""

    def __init__(
        self, call: str, value: Any, *, part: str = "", about: str = "", case: Case | None = None
    ) -> None:
        self.call = call  # as it would be typed
        self.value = value
        self.part = part  # of what was returned, that this is: [1]['w']
        self.about = about  # what of the call is meant, before it in messages: "The program of"
        self.case = case  # the call itself; None where there is none

    @property
    def text(self) -> str:
        """How it is written in messages."""
        return f"{self.call}{self.part}"

    def __getitem__(self, index: int | str) -> Called:
        """One part of a tuple or dict that was returned."""
        return Called(
            self.call, self.value[index], part=f"{self.part}[{index!r}]", about=self.about, case=self.case
        )

    def close_to(
        self,
        expected: Any,
        *,
        rtol: float = comparison.RTOL,
        atol: float = comparison.ATOL,
        hint: str | None = None,
        neighbours: Mapping[str, Callable[[], Any]] | None = None,
    ) -> Called:
        """Compare with a NumPy oracle: kind, shape, dtype, then values. Raises WrongAnswer.

        `neighbours` are formulas that are easily taken for this one, by name, such as "the population variance", each
        as a function that gives what it would make of the same arguments. A wrong result that is one of them is told so.
        """
        tolerances = {"rtol": rtol, "atol": atol}
        try:
            comparison.compare(self.call, self.value, expected, part=self.part, case=self.case, **tolerances)
        except WrongAnswer as wrong:
            wrong.hint = hint or wrong.hint
            wrong.case, wrong.got, wrong.expected = self.case, self.value, expected
            for name, neighbour in (neighbours or {}).items():
                if comparison.agree(self.value, neighbour(), **tolerances):
                    told = Diagnosis(Pattern.NEIGHBOUR, name=name)
                    wrong.finding = replace(wrong.finding, diagnosis=told)
                    break
            raise
        return self

    def equals(self, expected: Any, *, hint: str | None = None) -> Called:
        """Compare exactly. Raises WrongAnswer."""
        return self.close_to(expected, rtol=0.0, atol=0.0, hint=hint)

    def finite(self, *, hint: str | None = None) -> Called:
        """No nan and no infinity in any array of the result. Raises WrongAnswer."""
        try:
            comparison.all_finite(self.call, self.value, part=self.part)
        except WrongAnswer as wrong:
            wrong.hint = hint or wrong.hint
            wrong.case, wrong.got = self.case, self.value
            raise
        return self

    def require(
        self,
        holds: Any,
        complaint: str,
        *,
        expected: str,
        got: object,
        hint: str | None = None,
        kind: Kind = Kind.PROPERTY,
        where: tuple[int, ...] = (),
    ) -> Called:
        """A property of the result, for what no oracle can say. `complaint` continues the call: `softmax(...) sums to ...`.

        `where` is the index of the element that tells, for one that belongs to an array. Raises WrongAnswer.
        """
        if not bool(holds):
            came = got if isinstance(got, str) else wording.argument(got)
            finding = Finding(
                complaint, kind, self.call, self.part, self.about, expected=expected, got=came, where=where
            )
            wrong = WrongAnswer(finding, hint=hint)
            wrong.case, wrong.got = self.case, self.value
            raise wrong
        return self
