"""A limit counts what somebody's code does: it computes, or it waits. What a busy machine keeps from it is counted apart."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from grader.findings import Kind
from grader.judge import runner, stopwatch
from grader.machine import pace
from grader.machine.family import Family
from grader.machine.pace import NOTHING, Pace, Reading, Spent, between, reading_of
from grader.options import UNTIMED, Options
from grader.record import attempts
from grader.results import Status
from grader.worker.protocol import Done, Started
from grader.worker.too_long import COMPUTES, COMPUTES_INSIDE_JAX, too_long
from tests.conftest import GradeText, lead
from tests.scripted_workers import BEGIN as BEGUN
from tests.scripted_workers import CHECKS, SELECTION, Scripted
from tests.test_broken_files import HEAD

BEGIN = Reading(100.0, 7.0, {1: 3.0})


def spent(*readings: Reading) -> Spent:
    """What a process has spent by the last reading, from the first one on."""
    left = iter(readings)
    found = Pace(lambda: next(left))
    found.begin()
    for _ in readings:
        found.look()
    return found.spent


@pytest.mark.parametrize(
    ("after", "computed", "waited", "missed"),
    [
        (Reading(102.0, 9.0, {1: 3.0}), 2, 0, 0),  # an endless loop
        (Reading(102.0, 7.0, {1: 3.0}), 0, 2, 0),  # a sleep, a lock, a process that was stopped
        (Reading(102.0, 7.25, {1: 4.75}), 0.25, 0, 1.75),  # a loop on a busy machine
        (Reading(102.0, 7.25, {1: 3.25}), 0.25, 1.5, 0.25),  # many short sleeps on a busy machine
        (Reading(102.0, 9.0, {1: 3.0, 2: 0.0}), 2, 0, 0),  # a thread that computes while the first one sleeps
        (Reading(102.0, 39.0, {1: 3.0}), 2, 0, 0),  # sixteen threads: the clock on the wall counts
        (Reading(102.0, 7.5, {1: 4.0, 2: 1.0, 3: 1.0}), 0.5, 0, 1.5),  # three that were all kept waiting
        (Reading(102.0, 7.0, {2: 0.5}), 0, 1.5, 0.5),  # the first thread has ended, with what it missed
        (Reading(102.0, 5.0, {1: 3.0}), 0, 2, 0),  # a child has ended, and what it computed is lost
        (Reading(99.0, 8.0, {1: 3.0}), 0, 0, 0),  # a clock that went backwards
        (Reading(4000.0, 7.5, {1: 3.0}), 0.5, 5, 0),  # the machine was suspended for an hour
    ],
)  # fmt: skip
def test_time_is_computed_waited_or_missed(
    after: Reading, computed: float, waited: float, missed: float
) -> None:
    found = between(BEGIN, after)
    assert (found.computed, found.waited, found.missed) == (computed, waited, missed)


@pytest.mark.parametrize(
    ("computed", "idle", "expected"),
    [
        (2.0, 0.0, Spent(computed=2.0)),  # a loop
        (0.1, 1.5, Spent(computed=0.1, waited=1.9)),  # short sleeps: a processor stood idle
        (0.1, 0.2, Spent(computed=0.1, missed=1.9)),  # a busy machine
        (
            0.001,
            0.2,
            Spent(computed=0.001, waited=1.999),
        ),  # on a busy machine, and no processor time at all: a deadlock
    ],
)
def test_where_no_system_says_who_was_ready_idle_processors_do(
    computed: float, idle: float, expected: Spent
) -> None:
    found = between(Reading(10.0, 1.0, idle=50.0), Reading(12.0, 1.0 + computed, idle=50.0 + idle))
    assert found.computed == pytest.approx(expected.computed)
    assert found.waited == pytest.approx(expected.waited)
    assert found.missed == pytest.approx(expected.missed)


def test_a_limit_is_for_what_is_computed_and_waited_together() -> None:
    assert Spent(computed=20.0).exceeds(20.0)
    assert Spent(waited=20.0).exceeds(20.0)
    assert Spent(computed=12.0, waited=8.0).exceeds(20.0)
    assert not Spent(computed=9.0, missed=144.0).exceeds(20.0)  # sixteen others on one processor


def test_however_busy_the_machine_is_it_ends() -> None:
    assert Spent(computed=2.0, missed=pace.BUSY * 20.0).exceeds(20.0)


def test_the_first_look_is_where_counting_begins_unless_a_reading_is_given() -> None:
    readings = [Reading(10.0, 1.0, {}), Reading(11.0, 2.0, {})]
    assert spent(*readings[:1]) == NOTHING
    assert spent(*readings) == Spent(computed=1.0)
    found = Pace(lambda: readings[1])
    found.begin(Reading(10.5, 1.75))
    assert found.look() == Spent(computed=0.25, waited=0.25)
    found.begin()
    assert found.spent == NOTHING


def test_looks_add_up() -> None:
    found = spent(BEGIN, Reading(101.0, 7.5, {1: 3.0}), Reading(103.0, 9.5, {1: 3.0}))
    assert found == Spent(computed=2.5, waited=0.5)


def test_what_a_child_computes_counts() -> None:
    spin = "import time\nwhile time.process_time() < 0.5: pass\nprint('spun', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", spin], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        alive = reading_of(Family(child.pid)).computed
        assert alive >= 0.4
        ours = reading_of(Family(os.getpid())).computed
        child.communicate("\n")
    assert reading_of(Family(os.getpid())).computed >= ours  # it has ended, and stays counted
    assert reading_of(Family(child.pid)).computed == 0.0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux says how long threads were ready")
def test_linux_says_of_each_thread_how_long_it_was_ready_and_did_not_run() -> None:
    delays = reading_of(Family(os.getpid())).delays
    assert delays is not None
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]  # other tests may have left some
    assert {thread.id for one in family for thread in one.threads()} >= delays.keys() >= {os.getpid()}


def test_a_system_that_does_not_say_it_is_asked_for_idle_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(path: str) -> Sequence[str]:
        raise FileNotFoundError(path)

    monkeypatch.setattr(pace, "_listdir", nothing)
    reading = reading_of(Family(os.getpid()))
    assert reading.delays is None
    assert reading.idle is not None


# ---- in words


@pytest.mark.parametrize(
    ("found", "kind", "words"),
    [
        (Spent(computed=20.1), Kind.TIMEOUT, "computed for 20 s and was stopped"),
        (Spent(computed=17.0, waited=3.0, missed=100.0), Kind.TIMEOUT, "computed for 20 s and was stopped"),
        (Spent(0.1, 20.0), Kind.TIMEOUT, "waited for 20 s without computing and was stopped"),
        (Spent(8.0, 12.1), Kind.TIMEOUT, "computed for 8 s, waited for 12 s and was stopped"),
        (
            Spent(4.0, 0.5, 295.5),
            Kind.BUSY,
            "was stopped: the machine is busy, and in 300 s it got 4 s of processor time",
        ),
    ],
)
def test_it_is_said_which_of_them_it_was(found: Spent, kind: Kind, words: str) -> None:
    told = too_long(found, 20.0)
    assert (told.kind, told.complaint) == (kind, words)


def test_a_busy_machine_is_never_taken_for_an_endless_loop() -> None:
    busy, loop, sleep = (too_long(one, 20.0).hint for one in (Spent(4, 0, 296), Spent(20), Spent(0, 20)))
    assert "loop" not in busy
    assert "loop" not in sleep
    assert loop == COMPUTES
    assert too_long(Spent(20), 20.0, computes=COMPUTES_INSIDE_JAX).hint == COMPUTES_INSIDE_JAX


# ---- in a worker

BODIES = {
    "softmax(x, axis=-1)": "subprocess.run([sys.executable, '-c', 'while True: pass'])",
    "masked_mean(x, mask)": "threading.Thread(target=spin, daemon=True).start()\n    time.sleep(100)",
    "standardize(x, eps=1e-6)": "os.kill(os.getpid(), signal.SIGSTOP)",
}


def test_a_child_and_a_thread_that_compute_and_a_process_that_is_stopped_are_ended(
    grade_text: GradeText,
) -> None:
    imports = "import os, signal, subprocess, sys, threading, time\n"
    spin = "def spin():\n    while True:\n        pass\n"
    functions = "".join(f"def {head}:\n    {body}\n" for head, body in BODIES.items())
    asked = ("day01.softmax", "day01.masked_mean", "day01.standardize")
    result = grade_text(HEAD + imports + spin + functions, *asked, check_timeout=4.0)
    said = {name: lead(result, name) for name in ("softmax", "masked_mean", "standardize")}
    assert {one.status for one in said.values()} == {Status.TIMEOUT}
    assert said["softmax"].message.startswith("softmax computed for ")
    assert said["masked_mean"].message.startswith("masked_mean computed for 4 s and was stopped at line ")
    assert said["standardize"].message == "standardize waited for 4 s without computing and was stopped."


def test_a_check_for_which_a_busy_machine_had_no_time_is_no_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopwatch, "EVERY", 0.0)
    moments = itertools.count(0.0, 50.0)  # in which it got half a second each

    def busy(family: Family) -> Reading:
        at = next(moments)
        return Reading(at, at / 100.0, {1: at})

    monkeypatch.setattr(stopwatch, "reading_of", busy)
    hangs = Scripted(tmp_path, [*BEGUN, Started(CHECKS[0].id)], [*BEGUN, Done()], hangs=True)
    options = Options(seed=1, aspects=UNTIMED, parallel=1, memory_limit=2**40)
    result = runner.grade(SELECTION, tmp_path, hangs, options)  # type: ignore[arg-type]
    first = lead(result, "softmax")
    assert (first.status, first.finding and first.finding.kind) == (Status.TIMEOUT, Kind.BUSY)
    assert first.message.startswith("softmax was stopped: the machine is busy, and in 3")
    assert "Other programs keep this machine busy" in first.hint
    assert "softmax" not in {attempt.exercise for attempt in attempts.attempts(result)}
