"""What the tests share: a warm process for gradings, and a way to grade text as a learner's file."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.judge import processes, runner
from grader.kata import catalogue
from grader.kata.home import HOME
from grader.machine.compile_cache import SETTING as COMPILE_CACHE
from grader.machine.compile_cache import named_by_environment
from grader.options import UNTIMED, Options
from grader.record.store import FOLDER
from grader.results import CheckResult, ExerciseResult, RunResult
from tests import sampling


def pytest_configure(config: pytest.Config) -> None:
    """One cache of compiled programs for all gradings of a test run: days are graded dozens of times."""
    sampling.settle()
    os.environ.pop(HOME, None)  # the tests of this tree work in this tree
    if COMPILE_CACHE not in os.environ:  # the first process of the run; those of xdist inherit it
        folder = tempfile.mkdtemp(prefix="kata-tests-")
        os.environ[COMPILE_CACHE] = folder
        os.environ[FOLDER] = f"{folder}/progress"  # not that of whoever runs the tests
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Begun in the background of a script; what the tests start shall hear Ctrl-C all the same.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    seed = sampling.settle()
    return "all there is" if sampling.whole() else f"samples drawn by {sampling.SEED}={seed}"


GradeText = Callable[..., RunResult]


@pytest.fixture(scope="session")
def workers() -> Iterator[processes.Workers]:
    """One warm process for all gradings of a test process."""
    with processes.Workers(named_by_environment()[1]) as warm:
        yield warm


@pytest.fixture
def grade_text(workers: processes.Workers, tmp_path: Path) -> GradeText:
    """Grade a text, or bytes, as the learner's file of a day: `grade_text(source, "day01.softmax")`.

    Further arguments are fields of `Options`; speed is left out where they do not say otherwise.
    """

    def grade(source: str | bytes, *selectors: str, **options: Any) -> RunResult:
        selections = catalogue.select(selectors)
        file = selections[0].day.file_in(tmp_path)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(source.encode() if isinstance(source, str) else source)
        asked = Options(**{"seed": 7, "aspects": UNTIMED, **options})
        return runner.grade(selections, tmp_path, workers, asked)

    return grade


def exercise(result: RunResult, name: str) -> ExerciseResult:
    """The verdicts of one exercise of a run."""
    return next(e for day in result.days for e in day.exercises if e.name == name)


def lead(result: RunResult, name: str) -> CheckResult:
    """The first check of an exercise that did not pass; there must be one."""
    found = exercise(result, name).lead
    assert found is not None, f"{name} passed"
    return found


def told(result: RunResult) -> str:
    """What a run says of all that did not pass, with tracebacks: for the message of an assertion."""
    leads = [(day.day, one.name, one.lead) for day in result.days for one in day.exercises if one.lead]
    lines = [
        f"{day}.{name}: {lead.status.value} by {lead.name}\n{lead.message}\n{lead.details}"
        for day, name, lead in leads
    ]
    problems = [problem.message for day in result.days for problem in day.problems]
    return "\n\n".join([*lines, *problems, *result.faults])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The hostile corpus as a table: entry, expected, got."""
    reports = [
        report for kind in ("passed", "failed", "xfailed") for report in terminalreporter.getreports(kind)
    ]
    rows = sorted(value for report in reports for name, value in report.user_properties if name == "hostile")
    if rows:
        terminalreporter.section("hostile submissions: entry, expected, got")
        for row in rows:
            terminalreporter.write_line(row)
