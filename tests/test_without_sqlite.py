"""A Python that was built without sqlite3: grading goes on without a record, which is said in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.record import store
from grader.record.store import AttemptLog, NotRecorded
from grader.results import RunResult
from grader.watch.grading import recording_in
from tests.test_cli import ROOT
from tests.test_report import RESULT

BLOCKED = (
    "import sys; sys.modules['sqlite3'] = sys.modules['_sqlite3'] = None\n"
    "from grader.cli import main; sys.exit(main())"
)
SAID = "this Python was built without sqlite3, in which progress lies. Grading goes on all the same.\n"
# Arguments -> exit status, and what comes before the reason on standard error.
COMMANDS = {
    "": (0, "grader: your progress cannot be read: "),
    "list softmax": (0, "grader: your progress cannot be read: "),
    "day01.softmax --no-speed": (1, "grader: progress is not recorded: "),
    "solution day01.softmax": (1, "grader: your progress cannot be read: "),
    "solution day01.softmax --reveal": (0, ""),
    "hint day01.softmax": (0, ""),
    "export": (3, "grader: "),
    "import -": (3, "grader: "),
    "--help": (0, ""),
}


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_command_says_so_once_and_does_what_it_can(arguments: str, tmp_path: Path) -> None:
    status, before = COMMANDS[arguments]
    ended = subprocess.run(
        [sys.executable, "-c", BLOCKED, *arguments.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, store.FOLDER: str(tmp_path / "kata")},
    )
    assert ended.returncode == status, ended.stderr
    assert ended.stderr.count(SAID) == (1 if before else 0)
    assert ended.stderr.startswith(f"{before}{SAID}" if before else "")
    assert "Traceback" not in ended.stderr
    assert bool(ended.stdout) is (status != 3 and arguments != "solution day01.softmax")


def test_watch_says_it_once_and_not_with_each_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "sqlite3", None)
    record = recording_in(AttemptLog(tmp_path))
    result = RunResult("0.1", "0.10", "cpu", 1, RESULT.days[:1])
    assert record(result, None, ()) == [f"progress is not recorded: {SAID.rstrip()}"]
    assert record(result, None, ()) == []
    with pytest.raises(NotRecorded):
        AttemptLog(tmp_path).last("day01")
