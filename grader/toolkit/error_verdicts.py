"""The verdict on what the learner's code raised: a stub is to do, another exercise's error is said to be there."""

from __future__ import annotations

from grader.findings import Finding, Kind
from grader.source.syntax import Definition
from grader.toolkit.errors import learner_frame, translate
from grader.toolkit.subject import Subject
from grader.toolkit.verdicts import NotStarted, RaisedError, Verdict, WrongAnswer


def verdict_on(error: BaseException, text: str, name: str, subject: Subject) -> Verdict:
    """What the call that is told as `text` raised, as a verdict on the exercise of that name."""
    learner = subject.learner
    frame = learner_frame(error, learner.path)
    if isinstance(error, NotImplementedError) and frame and "NotImplementedError" in (frame.line or ""):
        if subject.contract.is_class(name):  # not all of it: a stub is told apart beforehand
            method = f"{name}.{frame.name}"
            hint = "The class is begun, and this method of it raises NotImplementedError."
            finding = Finding("is still to do.", Kind.NOT_STARTED, method, line=frame.lineno)
            return RaisedError(finding, hint=hint)
        if other := _inside_another(frame.lineno, name, subject):
            finding = Finding(f"calls {other}, which is still to do.", Kind.NOT_STARTED, name)
            return RaisedError(finding, hint=f"Write {other} first, or put what you need of it into {name}.")
        return NotStarted(name, frame.lineno)
    # JAX sorts the keys of what came back.
    if frame is None and "Comparator raised exception" in str(error):
        finding = Finding(
            "returned a dict with the wrong kind of keys",
            Kind.STRUCTURE,
            text,
            expected="keys that can be sorted, such as strings",
            got="keys that cannot be",
            got_type="dict",
        )
        return WrongAnswer(finding)
    told = translate(error, text, learner, name)
    if other := _inside_another(told.line, name, subject):
        note = f"This line lies in {other}, which {name} calls: mend {other} first."
        told.finding = told.finding.with_note(note)
    return told


def _inside_another(line: int | None, name: str, subject: Subject) -> str:
    """The other exercise in which a line of the learner's lies; empty where it lies in none."""
    if line is None:
        return ""
    exercises = subject.contract.names - {name}
    return next(
        (
            node.name
            for node in subject.learner.tree.body
            if isinstance(node, Definition)
            and node.name in exercises
            and node.lineno <= line <= (node.end_lineno or node.lineno)
        ),
        "",
    )
