"""What editors read: messages of the plain format, by the very patterns that the project and its page on editors give them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grader import cli
from grader.findings import Finding, Kind
from grader.kata import catalogue
from grader.report import screen_of_watch
from grader.report.places import Place
from grader.report.watch_views import BoardView
from grader.results import Aspect, CheckResult, ExerciseResult, Problem, Status
from tests.stub_answers import answer

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
TASKS = json.loads((ROOT / ".vscode" / "tasks.json").read_text(encoding="utf-8"))["tasks"]
MATCHERS = [task["problemMatcher"] for task in TASKS if task["problemMatcher"]]
SETTINGS = dict(re.findall(r"^set (makeprg|errorformat)=(.*)$", PAGE, re.MULTILINE))
BODIES = {
    "standardize": "    return (x - x.mean(axis=0)) / (x.std(axis=0) + eps)\n",
    "softmax": "    print('pure_functions.py:3: printed')\n    return jnp.exp(x)\n",
    "pairwise_squared_distances": "    return jnp.sum((x - y) ** 2  # here: pairwise_squared_distances\n",
    "kmeans_step": "    return nothing, points  # here: kmeans_step\n",
    "masked_mean": "    while True: pass  # here: masked_mean\n",
    "rolling_mean": "    import os\n    os._exit(3)  # here: rolling_mean\n",
}


class Told(NamedTuple):
    """One entry of an editor's list of errors; a column of 0 is none."""

    file: str
    line: int
    column: int
    message: str


@dataclass(frozen=True)
class Graded:
    """What a run wrote, in a folder with a file of various failures, and where these are in it."""

    folder: Path
    output: str
    lines: dict[str, int]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """`python -m grader day01 --format plain` on a file with a failure of each kind."""
    folder = tmp_path_factory.mktemp("kata")
    day = catalogue.find_day("day01")
    file = day.file_in(folder / "class of 2026")
    file.parent.mkdir(parents=True)
    shutil.copy(day.file_in(catalogue.LESSONS), file)
    for name, body in BODIES.items():
        answer(file, name, body)
    text = file.read_text(encoding="utf-8")
    lines = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if found := re.match(r"def (\w+)|.*# here: (\w+)", line):
            lines[found[1] or found[2]] = number
    command = [sys.executable, "-m", "grader", "day01", "--format", "plain", "--from", "class of 2026"]
    ended = subprocess.run(
        [*command, "--no-speed", "--seed", "1", "--timeout", "1"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "KATA_FOLDER": str(folder / "progress")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    return Graded(folder, ended.stdout, lines)


def by_vs_code(matcher: dict[str, Any], output: str) -> list[Told]:
    """What a problem matcher of tasks.json finds, line by line; the last round's, where it speaks of rounds."""
    pattern, found, active = matcher["pattern"], [], "background" not in matcher
    for line in output.splitlines():
        if not active and re.search(matcher["background"]["beginsPattern"], line):
            active, found = True, []
        elif "background" in matcher and re.search(matcher["background"]["endsPattern"], line):
            active = False
        elif match := re.search(pattern["regexp"], line):
            file, place, column, message = (
                match[pattern[part]] for part in ("file", "line", "column", "message")
            )
            found.append(Told(file, int(place), int(column or 0), message))
    return found


def by_vim(errorformat: str, output: str, folder: Path) -> list[Told]:
    """What vim itself makes of it."""
    (folder / "output.txt").write_text(output, encoding="utf-8")
    commands = [
        f"set errorformat={errorformat}",
        "cgetfile output.txt",
        "let told = map(getqflist(), {_, one -> [bufname(one.bufnr), one.lnum, one.col, one.text]})",
        "call writefile([json_encode(told)], 'list.json')",
        "qa!",
    ]
    vim(commands, folder)
    return [Told(*entry) for entry in json.loads((folder / "list.json").read_text(encoding="utf-8"))]


def vim(commands: list[str], folder: Path, *files: str) -> None:
    """Have vim do something in a folder; skips where there is none that can."""
    program = shutil.which("vim")
    if (
        program is None
        or subprocess.run(
            [program, "-es", "-u", "NONE", "+if !has('quickfix')|cq|endif", "+qa!"], timeout=20
        ).returncode
    ):
        pytest.skip("there is no vim with a quickfix list")
    command = [program, "-es", "-N", "-u", "NONE", "-i", "NONE", *[f"+{one}" for one in commands], *files]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)


def by_errorformat(errorformat: str, output: str) -> list[Told]:
    """What vim makes of it, for machines without: the format's parts as regular expressions, tried one by one."""
    parts = {"%f": r"(?P<f>.+?)", "%l": r"(?P<l>\d+)", "%c": r"(?P<c>\d+)", "%m": r"(?P<m>.+)", "%.%#": ".*"}
    patterns = []
    for part in errorformat.replace("\\ ", " ").split(","):
        pattern = re.escape(part.removeprefix("%-G"))
        for sign, meaning in parts.items():
            pattern = pattern.replace(re.escape(sign), meaning)
        patterns.append((part.startswith("%-G"), re.compile(f"^{pattern}$")))
    found = []
    for line in output.splitlines():
        left_out, match = next((left_out, m) for left_out, one in patterns if (m := one.match(line)))
        if not left_out:
            given = match.groupdict()
            found.append(Told(given["f"], int(given["l"]), int(given.get("c") or 0), given["m"]))
    return found


def holds(told: list[Told], graded: Graded) -> None:
    """The list has each failure once, in the order of the file's exercises, at its line; and nothing else."""
    assert [one.message.partition(":")[0] for one in told] == [
        "the file",
        "softmax",
        "kmeans_step",
        "masked_mean",
        "rolling_mean",
    ]
    names = ["pairwise_squared_distances", "softmax", "kmeans_step", "masked_mean", "rolling_mean"]
    assert [one.line for one in told] == [graded.lines[name] for name in names]
    assert {one.file for one in told} == {"class of 2026/day01_pure_functions/pure_functions.py"}
    assert [bool(one.column) for one in told] == [True, False, False, False, False]
    assert told[0].message.startswith("the file: SyntaxError on line ")
    assert told[1].message.startswith("softmax: softmax([")
    assert told[1].message.endswith(" differ)"), "a message is one line, however long"


def test_vs_code_lists_what_is_wrong(graded: Graded) -> None:
    assert len(MATCHERS) == 2
    assert MATCHERS[0]["pattern"] == MATCHERS[1]["pattern"]
    holds(by_vs_code(MATCHERS[0], graded.output), graded)


def test_vim_lists_what_is_wrong(graded: Graded) -> None:
    holds(by_vim(SETTINGS["errorformat"], graded.output, graded.folder), graded)


def test_the_errorformat_lists_what_is_wrong(graded: Graded) -> None:
    holds(by_errorformat(SETTINGS["errorformat"], graded.output), graded)


def test_make_in_vim_grades_the_day_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "day01_pure_functions" / "pure_functions.py"
    file.parent.mkdir()
    file.touch()
    set_it = f"set makeprg={SETTINGS['makeprg']}"
    vim([set_it, "call writefile([expandcmd(&makeprg)], '../made.txt')", "qa!"], file.parent, file.name)
    made = (tmp_path / "made.txt").read_text().split()
    assert made == ["python", "-m", "grader", "day01_pure_functions", "--format", "plain"]


def test_what_is_told_is_not_told_twice(graded: Graded) -> None:
    for name in ("softmax", "kmeans_step", "masked_mean", "rolling_mean"):
        (place,) = [
            one for one in by_vs_code(MATCHERS[0], graded.output) if one.message.startswith(f"{name}: ")
        ]
        assert graded.output.count(place.message.partition(": ")[2]) == 1
        assert graded.output.count(f"pure_functions.py:{place.line}") == 1


def verdict(name: str, status: Status, finding: Finding | None = None) -> ExerciseResult:
    return ExerciseResult(
        name, False, (CheckResult("by_hand", Aspect.CORRECT, status, finding=finding),), begins=7
    )


def test_the_problems_of_watch_are_those_of_its_last_screen(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [
        verdict("in_focus", Status.FAILED, Finding("is wrong", Kind.VALUE, "in_focus(1)")),
        verdict("another", Status.ERROR, Finding("raised ValueError", Kind.RAISED, "another(2)", line=9)),
        verdict("checked_now", Status.FAILED, Finding("is wrong", Kind.VALUE, "checked_now(3)")),
        verdict("left", Status.TODO, Finding("is still to do", Kind.NOT_STARTED)),
        verdict("ours", Status.FAULT, Finding("a traceback", Kind.FAULT)),
    ]
    names = [(one.name, False) for one in wrong]
    view = BoardView("day01", "Averages", "one.py", names, "in_focus", "The average.")
    now = replace(view, verdicts={one.name: one for one in wrong}, checking=frozenset({"checked_now"}))
    screen = screen_of_watch(plain=True)
    screen.draw(replace(now, status="checked at 12:00:00 in 0.10 s"))
    told = by_vs_code(MATCHERS[1], "starting JAX, which takes a few seconds\n" + capsys.readouterr().out)
    assert [(one.line, one.message) for one in told] == [
        (7, "in_focus: in_focus(1) is wrong"),
        (9, "another: another(2) raised ValueError"),
    ]
    broken = Problem(
        Finding("SyntaxError on line 3 of one.py", Kind.UNREADABLE, line=3, source="(", column=1)
    )
    blocked = verdict("in_focus", Status.ERROR, broken.finding)
    screen.draw(now)
    screen.draw(replace(view, verdicts={"in_focus": blocked}, problems=(broken,)))
    told = by_vs_code(MATCHERS[1], capsys.readouterr().out)
    assert told == [Told("one.py", 3, 1, "the file: SyntaxError on line 3 of one.py")]
    screen.draw(now)
    screen.draw(replace(view, verdicts={"in_focus": verdict("in_focus", Status.PASSED)}))
    assert by_vs_code(MATCHERS[1], capsys.readouterr().out) == []


def test_a_place_says_where_an_exercise_begins_when_no_line_is_meant() -> None:
    wrong = Finding("is wrong\nfor certain", Kind.VALUE, "f(x)")
    assert Place("a.py", None, 12).message("f", wrong) == "a.py:12: f: f(x) is wrong for certain"
    assert Place("a.py", None).message("f", wrong).startswith("a.py:1: f: ")
    assert str(Place("a.py", None, 12)) == ""
    assert str(Place("a.py", 3, 12)) == "a.py:3"


def test_tasks_are_commands_of_the_grader() -> None:
    for task in TASKS:
        words = [word.replace("${fileDirnameBasename}", "day01_pure_functions") for word in task["args"]]
        assert words[:2] == ["-m", "grader"]
        _, options = cli.parse(words[2:])
        assert catalogue.select(options.words) or words[2] in cli.COMMANDS
    assert f"`{TASKS[0]['command']}`" in PAGE


def test_the_page_on_editors_says_what_is_there() -> None:
    assert re.findall(r"^\| (kata: [^|]+?) \|", PAGE, re.MULTILINE) == [task["label"] for task in TASKS]
    for path in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / path).exists(), path
    (shown,) = re.findall(r"^exercises/.*$", PAGE, re.MULTILINE)
    assert [one.line for one in by_vs_code(MATCHERS[0], shown)] == [31]


def test_a_codespace_installs_by_the_first_command_of_the_readme() -> None:
    made = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    block = re.search(r"^<!-- first command -->\n```\n(.+)\n```$", README, re.MULTILINE)
    assert block is not None
    assert made["postCreateCommand"] == block[1].split(" && ")[0]
    extensions = json.loads((ROOT / ".vscode" / "extensions.json").read_text(encoding="utf-8"))
    assert made["customizations"]["vscode"]["extensions"] == extensions["recommendations"]
