"""The record of attempts: nothing recorded is lost, and whatever is wrong with it is said and never in the way."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from grader.kata import catalogue
from grader.record import attempts as record
from grader.record.attempt import Attempt
from grader.record.store import FOLDER, AttemptLog, NotRecorded, Standing, own

ATTEMPT = Attempt(
    "day01",
    "softmax",
    "passed",
    True,
    "f" * 64,
    12,
    "j" * 64,
    12.5,
    3.0,
    7,
    "0.10.2",
    "cpu",
    '{"checks": []}',
)


def again(attempt: Attempt = ATTEMPT, **changes: object) -> Attempt:
    """Another attempt, of another time."""
    fresh = {key: value for key, value in asdict(attempt).items() if key not in {"at", "id"}}
    return Attempt(**{**fresh, **changes})  # type: ignore[arg-type]


def test_attempts_are_added_and_summed_up(tmp_path: Path) -> None:
    progress = AttemptLog(tmp_path / "not yet there")
    assert progress.standings() == {}
    assert progress.attempts() == []
    progress.record([again(status="failed", passed=False, ratio=None, at="2026-01-01T00:00:00+00:00")])
    progress.record(
        [again(at="2026-01-02T00:00:00+00:00"), again(ratio=30.0, at="2026-01-03T00:00:00+00:00")]
    )
    progress.record([again(status="failed", passed=False, ratio=99.0, at="2026-01-04T00:00:00+00:00")])
    standing = progress.standings()["day01", "softmax"]
    assert (standing.attempts, standing.best, standing.last_status) == (4, 30.0, "failed")
    assert standing.first_passed == "2026-01-02T00:00:00+00:00"
    assert progress.last("day01")["softmax"].status == "failed"
    assert progress.last("day02") == {}


def test_a_pass_that_the_deeper_look_takes_back_does_not_count_until_it_agrees(tmp_path: Path) -> None:
    progress = AttemptLog(tmp_path)

    def standing_after(hour: int, **attempt: object) -> Standing:
        progress.record([again(at=f"2026-01-01T{hour:02}:00:00+00:00", **attempt)])
        return progress.standings()["day01", "softmax"]

    refuted = {"status": "failed", "passed": False, "deeper": False}
    assert standing_after(1, ratio=9.0).first_passed is not None
    taken_back = standing_after(2, **refuted)
    assert (taken_back.first_passed, taken_back.best, taken_back.last_status) == (None, None, "failed")
    assert standing_after(3).first_passed is None  # the first look alone, at the same source
    other = standing_after(4, fingerprint="g" * 64, ratio=7.0)
    assert (other.first_passed, other.best) == ("2026-01-01T04:00:00+00:00", 7.0)
    assert standing_after(5, deeper=True).first_passed == "2026-01-01T01:00:00+00:00"  # by other checks
    assert standing_after(6, **refuted).first_passed == "2026-01-01T04:00:00+00:00"
    # What was judged of a text that nobody knows says nothing about another.
    assert standing_after(7, fingerprint="", ratio=None).first_passed == "2026-01-01T04:00:00+00:00"
    assert (
        standing_after(8, **refuted | {"fingerprint": "g" * 64}).first_passed == "2026-01-01T07:00:00+00:00"
    )
    assert standing_after(9, **refuted | {"fingerprint": ""}).first_passed == "2026-01-01T07:00:00+00:00"


def test_a_record_of_the_first_version_goes_on(tmp_path: Path) -> None:
    progress = AttemptLog(tmp_path)
    progress.record([ATTEMPT])
    with closing(sqlite3.connect(progress.file)) as connection, connection:
        connection.execute("ALTER TABLE attempts DROP COLUMN deeper")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert AttemptLog(tmp_path).attempts() == [ATTEMPT]
    assert progress.record([again(deeper=True)]) == 1
    older = {key: value for key, value in asdict(ATTEMPT).items() if key != "deeper"}
    assert AttemptLog(tmp_path / "there").bring_in([json.dumps(older)]) == 1


def test_progress_travels(tmp_path: Path) -> None:
    here, there = AttemptLog(tmp_path / "here"), AttemptLog(tmp_path / "there")
    here.record([ATTEMPT, again(exercise="kmeans_step", ratio=None, gate=None)])
    lines = list(here.export())
    assert there.bring_in(lines) == 2
    assert there.bring_in([*lines, "\n"]) == 0  # twice is once
    assert there.attempts() == here.attempts()


@pytest.mark.parametrize(
    "line",
    ["{}", "no JSON", "[1]", "3", json.dumps(asdict(ATTEMPT) | {"ratio": "fast"}), json.dumps(asdict(ATTEMPT) | {"at": "x"}),
     json.dumps(asdict(ATTEMPT) | {"unknown": 1}), json.dumps(asdict(ATTEMPT) | {"exercise": None})],
)  # fmt: skip
def test_a_bad_line_is_named_and_nothing_is_brought_in(tmp_path: Path, line: str) -> None:
    progress = AttemptLog(tmp_path)
    with pytest.raises(ValueError, match="line 2 is no exported attempt"):
        progress.bring_in([json.dumps(asdict(ATTEMPT)), line])
    assert progress.attempts() == []


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, None], ids=["other bytes", "torn pages"])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(tmp_path: Path, damage: bytes | None) -> None:
    progress = AttemptLog(tmp_path)
    progress.record([again() for _ in range(300)])
    whole = progress.file.read_bytes()
    progress.file.write_bytes(damage or whole[:4096] + os.urandom(8192) + whole[12288:])
    damaged = progress.file.read_bytes()
    assert progress.record([ATTEMPT]) == 1
    (aside,) = tmp_path.glob("progress.damaged-*.sqlite3")
    assert aside.read_bytes() == damaged  # nothing of it is lost
    assert str(aside) in progress.notices[0]
    assert progress.attempts() == [ATTEMPT]


def test_a_file_that_holds_nothing_is_filled(tmp_path: Path) -> None:
    progress = AttemptLog(tmp_path)
    progress.file.touch()
    assert progress.standings() == {}
    assert progress.record([ATTEMPT]) == 1


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    progress = AttemptLog(tmp_path)
    progress.record([ATTEMPT])
    with closing(sqlite3.connect(progress.file)) as connection, connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NotRecorded, match="newer version"):
        progress.record([again()])


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotRecorded, match=r"Not a directory|File exists|cannot be written"):
        AttemptLog(tmp_path / "file").record([ATTEMPT])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    progress = AttemptLog(tmp_path)
    progress.record([ATTEMPT])
    limited = (
        "import resource, signal, sys; from pathlib import Path; from grader.record.store import *; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000)); "
        "progress = AttemptLog(Path(sys.argv[1])); found = progress.attempts()[0]; "
        "many = [Attempt(*[getattr(found, n) for n in list(found.__slots__)[:-2]]) for _ in range(500)]\n"
        "try: progress.record(many)\nexcept NotRecorded as error: print('said:', error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("said: "), done.stderr
    assert progress.attempts() == [ATTEMPT]


def _add(folder: str, count: int) -> None:
    for _ in range(count):
        AttemptLog(Path(folder)).record([again(), again(exercise="other")])


def test_two_graders_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    graders = [context.Process(target=_add, args=(str(tmp_path), 25)) for _ in range(2)]
    for grader in graders:
        grader.start()
    for grader in graders:
        grader.join()
        assert grader.exitcode == 0
    assert len(AttemptLog(tmp_path).attempts()) == 100


_ENDLESS = """
import sys; from pathlib import Path; from tests.test_progress import *
while True:
    one, two = again(), again(exercise="other")
    AttemptLog(Path(sys.argv[1])).record([one, two]); print(one.id, flush=True)
"""


def test_a_kill_loses_nothing_that_was_recorded(tmp_path: Path) -> None:
    promised: list[str] = []
    for delay in (0.02, 0.05, 0.11, 0.17):
        grader = subprocess.Popen(
            [sys.executable, "-c", _ENDLESS, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert grader.stdout
        promised.append(grader.stdout.readline().strip())
        time.sleep(delay)
        grader.send_signal(signal.SIGKILL)
        promised += grader.stdout.read().split()
        grader.wait()
        grader.stdout.close()
    attempts = AttemptLog(tmp_path).attempts()
    assert {identity for identity in promised if len(identity) == 32} <= {attempt.id for attempt in attempts}
    by_exercise = [attempt.exercise for attempt in attempts]
    assert by_exercise.count("softmax") == by_exercise.count("other")  # a run is recorded whole or not at all
    assert not list(tmp_path.glob("*damaged*"))


def test_the_judge_of_an_exercise_is_its_own_checks_and_what_they_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = catalogue.find_day("day01")
    shutil.copytree(catalogue.DAYS / day.folder, tmp_path / day.folder)
    monkeypatch.setattr(catalogue, "DAYS", tmp_path)

    def judges() -> tuple[str, str]:
        record.judge_of.cache_clear()
        record._judge_of_all.cache_clear()
        return record.judge_of(day, "softmax"), record.judge_of(day, "standardize")

    before = judges()
    day.hints_of("softmax").write_text("1. Think.\n", encoding="utf-8")
    assert judges() == before
    with day.checks_of("softmax").open("a") as checks:
        checks.write("# another\n")
    softmax, standardize = judges()
    assert softmax != before[0]
    assert standardize == before[1]
    deeper = record.judge_of(day, "softmax")
    day.deeper_of("softmax").write_text("# another look\n")
    assert judges()[0] != deeper
    with day.shared.open("a") as shared:
        shared.write("# another\n")
    assert judges()[0] != softmax
    assert judges()[1] != standardize
    monkeypatch.undo()
    judges()


def test_verdicts_hold_until_source_or_judge_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    day = catalogue.find_day("day01")
    keeper = own()
    text = day.solution.read_text(encoding="utf-8")
    from grader.source.fingerprints import sources

    source = sources(text, ["softmax"])["softmax"]
    check = {"name": "by_hand", "aspect": "correct", "status": "passed", "seconds": 0.1, "message": "", "hint": "",
             "line": None, "speed": None, "output": "", "details": ""}  # fmt: skip
    result = {"stretch": False, "whole": True, "checks": [check]}
    kept = replace(
        ATTEMPT,
        fingerprint=source.fingerprint,
        line=source.line,
        judge=record.judge_of(day, "softmax"),
        result=json.dumps(result),
    )
    keeper.record([kept])
    assert set(record.still_valid(day, text, keeper)) == {"softmax"}
    assert set(record.still_valid(day, "\n" + text, keeper)) == {"softmax"}
    assert record.still_valid(day, text.replace("jnp.exp", "jnp.exp2"), keeper) == {}
    failed = json.dumps(result | {"checks": [check | {"status": "failed", "line": 30}]})
    keeper.record([replace(kept, id="2", at=again().at, status="failed", result=failed)])
    assert set(record.still_valid(day, text, keeper)) == {"softmax"}
    assert record.still_valid(day, "\n" + text, keeper) == {}  # its message names lines
    keeper.record([replace(kept, id="3", at=again().at, judge="another")])
    assert record.still_valid(day, text, keeper) == {}
    late = json.dumps(result | {"checks": [check | {"status": "timeout"}]})
    keeper.record([replace(kept, id="4", at=again().at, status="timeout", result=late)])
    assert record.still_valid(day, text, keeper) == {}


def test_who_answers_keys_waits_a_moment_for_another_grader_and_no_longer(tmp_path: Path) -> None:
    log = AttemptLog(tmp_path)
    log.record([ATTEMPT])
    with closing(sqlite3.connect(log.file)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(NotRecorded, match=r"Another grader has held .* for more than 0\.5 seconds"):
            log.in_a_hurry().standings()
    assert log.in_a_hurry().standings() == log.standings() != {}
    log.notices.append("told once")
    assert log.in_a_hurry().take_notices() == ["told once"]
    assert log.notices == []
