"""What comes through a worker's pipe: events and what has their form, whole, in pieces, forged."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from grader import wire
from grader.findings import Finding, Kind
from grader.judge import hearing, runner, stopwatch
from grader.judge.pipe import MAX_EVENT
from grader.machine.pace import Reading
from grader.options import UNTIMED, Options
from grader.pictures import Chart, Frame, Image, Layer, Mark, Picture, Role, Scale
from grader.results import (
    Aspect,
    CheckResult,
    ComparedQuantity,
    Comparison,
    Exit,
    Problem,
    RunResult,
    Speed,
    Status,
)
from grader.worker.protocol import (
    Check,
    Collected,
    Compared,
    Comparing,
    Done,
    Drawing,
    Drawn,
    Event,
    Exiting,
    Fault,
    Finished,
    Job,
    Loaded,
    Loading,
    Platform,
    Renew,
    Started,
    decode,
    encode,
)
from tests.scripted_workers import BEGIN, CHECKS, SELECTION, WHOLE, Raw, Scripted, judged

TOKEN = "token"
FINDING = Finding(
    "is wrong",
    Kind.VALUE,
    "softmax(x)",
    expected="söftmax \x1b[31m \ud800",
    where=(0, 1),
    differ=2,
    error=("KeyError", "LookupError"),
    line=7,
    notes=("one", "two"),
)
RESULT = CheckResult(
    name="by_hand",
    aspect=Aspect.SPEED,
    status=Status.PASSED,
    seconds=0.25,
    finding=FINDING,
    hint="hint",
    speed=Speed(3.0, 2.5, 4.0, 2, "a loop", 0.1, 1e-6),
    output="out",
    details="details",
)
PICTURE = Picture(
    "Two panels.",
    (
        Frame(
            (
                Image("the board", Role.YOURS, ("00fa", "fb10"), 0.0, 1.5, Scale.SIGNED),
                Chart(
                    "a curve", (Layer(Mark.BAND, Role.INPUT, (0.0, 1.0), (2.0, 3.0), (4.0, 5.5), "a band"),)
                ),
            ),
            "the first",
        ),
    ),
    "alike",
    False,
)
EVENTS: list[Event] = [
    Collected((Check("softmax", "by_hand", Aspect.CORRECT, "hint", 4.0),)),
    Platform("0.10", "cpu", "8 cpu"),
    Loading(3),
    Loaded((Problem(FINDING, "hint"), Problem(Finding("is worse"))), "printed"),
    Started("softmax.by_hand"),
    Finished("softmax.by_hand", RESULT),
    Comparing("softmax"),
    Compared("softmax", Comparison("softmax(x)", (ComparedQuantity("flops", 3, None),), "alike")),
    Compared("softmax", None, "Traceback"),
    Drawing("softmax"),
    Drawn("softmax", PICTURE, "yours took too long"),
    Exiting(3, None),
    Renew(),
    Fault("traceback"),
    Done(),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_out_as_it_went_in(event: Event) -> None:
    assert decode(encode(event, TOKEN), TOKEN) == event


def as_json(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(event, TOKEN))
    return found


def every_change(fields: Any) -> list[Callable[[dict[str, Any]], None]]:
    """Each way to put a wrong value in the place of one of the values in an event, however deep."""
    found: list[Callable[[dict[str, Any]], None]] = []

    def walk(value: Any, path: list[Any]) -> None:
        items = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, inner in items:
            found.extend(
                partial(_put, path=[*path, key], value=wrong)
                for wrong in (None, "x", -1, True, [], {}, [1], {"x": 1})
                if type(wrong) is not type(inner)
            )
            walk(inner, [*path, key])

    walk(fields, [])
    return found


def _put(whole: Any, path: list[Any], value: Any) -> None:
    for key in path[:-1]:
        whole = whole[key]
    whole[path[-1]] = value


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_field_of_another_type_is_refused_or_is_a_value_that_the_field_may_have(event: Event) -> None:
    for change in every_change(as_json(event)):
        fields = as_json(event)
        change(fields)
        try:
            read = decode(json.dumps(fields).encode(), TOKEN)
        except ValueError:
            continue
        # Taken: then it goes out as it came in, and every value is one that its type allows.
        assert wire.read(type(read), json.loads(json.dumps(asdict(read)))) == read
        assert as_json(read) == fields | {
            name: value for name, value in as_json(read).items() if name not in fields
        }


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_one_field_more_or_less_is_refused(event: Event) -> None:
    with pytest.raises(ValueError, match="no such fields"):
        decode(json.dumps({**as_json(event), "more": 1}).encode(), TOKEN)
    for name in as_json(event):
        fields = as_json(event)
        del fields[name]
        if name == "trouble":  # it has a default
            continue
        with pytest.raises(ValueError):
            decode(json.dumps(fields).encode(), TOKEN)


FORGED = {
    "no JSON": b"{",
    "nothing": b" ",
    "no UTF-8": b"\xff\xfe",
    "another kind of JSON": b"[1]",
    "a number too long": b"1" * 5000,
    "too deep": b"[" * 100_000,
    "deep within an event": b'{"token": ' + b"[" * 100_000,
    "no token": b'{"event": "Done"}',
    "another token": encode(Done(), "another"),
    "a token that is no text": b'{"event": "Done", "token": ["x"]}',
}
NONSENSE: dict[str, Callable[[Job], bytes]] = {
    "a picture without frames": lambda job: encode(Drawn("softmax", replace(PICTURE, frames=())), job.token),
    "a picture with cells that are no levels": lambda job: encode(
        Drawn("softmax", Picture("x", (Frame((Image("x", Role.YOURS, ("zz",), 0.0, 1.0),)),))), job.token
    ),
    "a picture that is too large": lambda job: encode(
        Drawn("softmax", replace(PICTURE, caption="x" * 70_000)), job.token
    ),
    "an event that there is not": lambda job: json.dumps({"event": "Passed", "token": job.token}).encode(),
    "an event that is no text": lambda job: json.dumps({"event": ["Done"], "token": job.token}).encode(),
    "a check that there is not": lambda job: encode(Started("softmax.nonsense"), job.token),
    "a verdict on a check that there is not": lambda job: encode(Finished("x", RESULT), job.token),
    "the verdict of another check": lambda job: encode(Finished(CHECKS[0].id, RESULT), job.token),
    "a status that there is not": lambda job: encode(judged(CHECKS[0])[1], job.token).replace(
        b'"passed"', b'"won"'
    ),
}


def grade(workers: Scripted, tmp_path: Path, check_timeout: float = 20.0) -> RunResult:
    options = Options(seed=1, aspects=UNTIMED, parallel=1, memory_limit=2**40, check_timeout=check_timeout)
    return runner.grade(SELECTION, tmp_path, workers, options)  # type: ignore[arg-type]


def first(result: RunResult) -> CheckResult:
    return next(one for one in result.days[0].exercises if one.name == "softmax").checks[0]


REST: list[Event] = [event for check in CHECKS[1:] for event in judged(check)]


@pytest.mark.parametrize("kind", [*FORGED, *NONSENSE])
def test_what_is_forged_costs_the_check_that_ran_and_no_other(kind: str, tmp_path: Path) -> None:
    said = NONSENSE.get(kind) or Raw(FORGED[kind])
    workers = Scripted(tmp_path, [*BEGIN, Started(CHECKS[0].id), said], [*BEGIN, *REST, Done()])
    result = grade(workers, tmp_path)
    assert first(result).status is Status.CRASHED
    assert first(result).message == "softmax wrote to the pipe on which the grader hears its verdicts."
    assert workers.jobs[1].settled == {CHECKS[0].id: Status.CRASHED}
    assert (result.faults, result.exit_status) == ((), Exit.UNDONE)


@pytest.mark.parametrize(
    "length", [b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\0\0\0\0", (MAX_EVENT + 1).to_bytes(4, "big")]
)
def test_a_length_that_no_event_has_is_forged(length: bytes, tmp_path: Path) -> None:
    said = Raw(length, framed=False)
    workers = Scripted(tmp_path, [*BEGIN, Started(CHECKS[0].id), said], [*BEGIN, *REST, Done()], hangs=True)
    assert first(grade(workers, tmp_path)).message.endswith("on which the grader hears its verdicts.")


@pytest.mark.parametrize("begun", [b"\0", b"\0\0\0\x64", b'\0\0\0\x64{"event"'])
def test_an_event_that_is_never_ended_is_a_hang_like_any_other(
    begun: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "GRACE", 0.0)
    monkeypatch.setattr(stopwatch, "EVERY", 0.1)
    # The scripted worker has the number of this process, which may compute and have children.
    monkeypatch.setattr(stopwatch, "reading_of", lambda family: Reading(time.monotonic(), 0.0, {}))
    said = Raw(begun, framed=False)
    workers = Scripted(tmp_path, [*BEGIN, Started(CHECKS[0].id), said], [*BEGIN, *REST, Done()], hangs=True)
    result = grade(workers, tmp_path, check_timeout=0.2)
    assert first(result).status is Status.TIMEOUT
    assert first(result).message == "softmax waited for 0.2 s without computing and was stopped."


def test_an_event_that_its_worker_did_not_live_to_end_is_no_forgery(tmp_path: Path) -> None:
    said = Raw(b'\0\0\0\x64{"event"', framed=False)
    workers = Scripted(tmp_path, [*BEGIN, Started(CHECKS[0].id), said], [*BEGIN, *REST, Done()], exitcode=7)
    assert first(grade(workers, tmp_path)).message == "softmax brought the whole process down (exit status 7)"


@pytest.mark.parametrize(
    ("exitcode", "said"),
    [
        (0, "softmax brought the whole process down (exit status 0)"),
        (-11, "softmax brought the whole process down (signal SIGSEGV)"),
        (-64, "softmax brought the whole process down (signal SIGRTMAX)"),
        (-200, "softmax brought the whole process down (signal 200)"),
        (None, "softmax closed the pipe on which the grader hears its verdicts."),
        (-9, "The process that ran softmax was killed 3 times (signal SIGKILL)"),
    ],
)
def test_how_a_process_ended_is_told(exitcode: int | None, said: str, tmp_path: Path) -> None:
    died = [*BEGIN, Started(CHECKS[0].id)]
    times = 3 if exitcode == -9 else 1
    workers = Scripted(tmp_path, *[died] * times, [*BEGIN, *REST, Done()], exitcode=exitcode)
    assert first(grade(workers, tmp_path)).message == said


def test_a_large_event_comes_in_pieces(tmp_path: Path) -> None:
    output = "x" * 3_000_000
    workers = Scripted(tmp_path, [*BEGIN[:2], Loaded((), output), *judged(CHECKS[0]), *REST, Done()])
    result = grade(workers, tmp_path)
    assert (result.days[0].output, result.faults) == (output, ())


def test_a_line_at_which_a_worker_ended_is_passed_over_by_the_next(tmp_path: Path) -> None:
    died = [*BEGIN[:2], Loading(4)]
    workers = Scripted(tmp_path, died, WHOLE, exitcode=3)
    result = grade(workers, tmp_path)
    assert [sorted(job.skip_lines) for job in workers.jobs] == [[], [4]]
    assert first(result).status is Status.PASSED


def test_a_worker_that_ends_outside_of_any_check_is_our_fault(tmp_path: Path) -> None:
    (fault,) = grade(Scripted(tmp_path, BEGIN, exitcode=1), tmp_path).faults
    assert fault.startswith("A worker for day01 ended outside any check: exit status 1.")


def test_a_worker_that_ends_while_it_compares_owes_nothing(tmp_path: Path) -> None:
    result = grade(Scripted(tmp_path, [*WHOLE[:-2]], exitcode=-11), tmp_path)
    assert result.faults == ()
    assert [check.status for one in result.days[0].exercises for check in one.checks] == [
        Status.PASSED, Status.PASSED, Status.FAILED,
    ]  # fmt: skip


def test_a_worker_that_must_be_renewed_is_followed_by_another(tmp_path: Path) -> None:
    tampered = [*BEGIN, *judged(CHECKS[0], Status.ERROR), Renew()]
    workers = Scripted(tmp_path, tampered, [*BEGIN, *REST, Done()], hangs=True)
    result = grade(workers, tmp_path)
    assert len(workers.jobs) == 2
    assert workers.jobs[1].settled == {CHECKS[0].id: Status.ERROR}
    assert first(result).status is Status.ERROR
