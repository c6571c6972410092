"""The command line from outside: what it prints, and its exit status."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import psutil
import pytest

from grader.kata import catalogue
from grader.kata.catalogue import UnknownSelector

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "grader" / "report" / "schema.json").read_text())
ONE = "day01.standardize"


def grader(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, **options)  # type: ignore[call-overload]


def learners_tree(tmp_path: Path, source: str) -> str:
    file = tmp_path / "day01_pure_functions" / "pure_functions.py"
    file.parent.mkdir()
    file.write_text(source, encoding="utf-8")
    return str(tmp_path)


def test_json_of_a_stub_is_todo_and_valid() -> None:
    ended = grader("day01", "--format", "json", "--seed", "5")
    document = json.loads(ended.stdout)
    jsonschema.validate(document, SCHEMA)
    assert ended.returncode == 1
    assert document["seed"] == 5
    assert {c["status"] for e in document["days"][0]["exercises"] for c in e["checks"]} == {"todo"}


def test_json_of_a_solution_is_passed_and_valid() -> None:
    ended = grader("day02.histogram", "--solutions", "--format", "json")
    document = json.loads(ended.stdout)
    jsonschema.validate(document, SCHEMA)
    assert ended.returncode == 0
    assert ended.stderr == ""
    speeds = [c["speed"] for c in document["days"][0]["exercises"][0]["checks"] if c["speed"]]
    assert len(speeds) == 1
    assert speeds[0]["low"] <= speeds[0]["ratio"] <= speeds[0]["high"]
    # One exercise is looked at deeper at once. Some of its checks draw many cases, some look at a single one.
    deeper = [c for c in document["days"][0]["exercises"][0]["checks"] if c["aspect"] == "deeper"]
    assert {c["status"] for c in deeper} == {"passed"}
    assert max(c["cases"] for c in deeper) > 0


def test_json_of_broken_files_is_valid(tmp_path: Path) -> None:
    tree = learners_tree(tmp_path, "import nowhere\ndef standardize(x, eps=1e-6):\n    return (\n")
    ended = grader("day01", "--from", tree, "--format", "json")
    document = json.loads(ended.stdout)
    jsonschema.validate(document, SCHEMA)
    assert ended.returncode == 1
    assert len(document["days"][0]["problems"]) == 2


def test_junit_counts_what_it_holds(tmp_path: Path) -> None:
    tree = learners_tree(tmp_path, "def standardize(x, eps=1e-6):\n    return '\\x1b[31m'\n")
    ended = grader(ONE, "day01.softmax", "--from", tree, "--format", "junit")
    suite = ElementTree.fromstring(ended.stdout).find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == len(cases) > 0
    for kind, element in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
        assert int(suite.attrib[kind]) == len(suite.findall(f"testcase/{element}"))
    assert int(suite.attrib["failures"]) > 0
    assert ended.returncode == 1


def test_the_plain_screen_is_ascii(tmp_path: Path) -> None:
    tree = learners_tree(tmp_path, "def standardize(x, eps=1e-6):\n    return x\n")
    ended = grader(ONE, "--from", tree, "--format", "plain", "--seed", "1")
    assert "standardize(f32[" in ended.stdout or "standardize([" in ended.stdout
    assert "hint: " in ended.stdout
    assert "pure_functions.py" in ended.stdout
    assert ended.stdout.isascii()
    assert ended.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["day99"], "there is no day or exercise 'day99'"),
        (["softmx"], "did you mean 'softmax'?"),
        (["dya01"], "did you mean 'day01'?"),
        (["day01.sofmax"], "day01 has no exercise 'sofmax'; did you mean 'softmax'?"),
        (["day01", "--from", "nowhere"], "there is no folder 'nowhere'"),
        (["day01", "--from", "solutions/day01_pure_functions"], "--from wants a folder of the same shape"),
        (["day01", "--seed", "-1"], "--seed takes a number from 0 on"),
        (["day01", "--timeout", "0"], "--timeout takes"),
        (["day01", "--format", "html"], "grading knows the formats rich, plain, json, junit, not 'html'"),
        (["hint"], "hint takes an exercise"),
        (["reset"], "reset takes a day or an exercise"),
        (["hint", "day01.sofmax"], "did you mean 'softmax'?"),
    ],
)
def test_wrong_usage_is_told_with_status_2(arguments: list[str], words: str) -> None:
    ended = grader(*arguments)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert ended.stdout == ""


def test_hints_come_in_levels() -> None:
    first, third = grader("hint", "day01.softmax"), grader("hint", "softmax", "--level", "3")
    assert first.returncode == third.returncode == 0
    assert "hint 1 of 3" in first.stdout
    assert "hint 2 of 3" not in first.stdout
    assert "More: python -m grader hint day01.softmax --level 2" in first.stdout
    assert "hint 3 of 3" in third.stdout
    assert "More:" not in third.stdout


def test_the_overview_names_every_day() -> None:
    ended = grader()
    assert ended.returncode == 0
    for day in catalogue.days():
        assert day.key in ended.stdout
        assert day.title in ended.stdout


def test_reset_says_where_the_old_file_is(tmp_path: Path) -> None:
    tree = learners_tree(tmp_path, "# mine\n")
    ended = grader("reset", "day01", "--from", tree, "--yes")
    assert ended.returncode == 0
    backup = Path(ended.stdout.splitlines()[-1].removeprefix("your file as it was: "))
    assert backup.read_text() == "# mine\n"


def test_a_solution_fault_of_the_grader_is_status_3(tmp_path: Path) -> None:
    # A grader whose checks are broken: a copy of the kata with a check that raises.
    import shutil

    for name in ("grader", "solutions", "exercises"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    checks = tmp_path / "grader" / "days" / "day01_pure_functions" / "standardize" / "checks.py"
    checks.write_text(
        "from grader.toolkit import check\n"
        "@check('standardize', 'correct', hint='none')\n"
        "def test_standardize_by_hand(learner) -> None:\n"
        "    learner.standardize\n"
        "    raise ZeroDivisionError('in the check')\n"
    )
    (checks.parent / "deeper.py").unlink()  # it uses what the checks had
    command = [sys.executable, "-m", "grader", ONE, "--solutions", "--format", "json"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 3, ended.stderr
    (check,) = json.loads(ended.stdout)["days"][0]["exercises"][0]["checks"]
    assert check["status"] == "fault"
    assert "mistake of the grader, not yours" in check["message"]
    checks.write_text("raise ImportError('no such toolkit')\n")
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 3
    assert "no such toolkit" in json.loads(ended.stdout)["faults"][0]


@pytest.mark.parametrize(
    ("selectors", "found"),
    [
        (["day01"], ["day01"]),
        (["1"], ["day01"]),
        (["01"], ["day01"]),
        (["DAY01"], ["day01"]),
        (["pure_functions"], ["day01"]),
        (["day01_pure_functions/"], ["day01"]),
        (["exercises/day01_pure_functions/pure_functions.py"], ["day01"]),
        (["/home/me/my-kata/exercises/day11_optax/optax_training.py"], ["day11"]),
        (["day01/pure_functions.py"], ["day01"]),
        (["2", "1"], ["day01", "day02"]),
        (["optax"], ["day11"]),
        (["optax_training"], ["day11"]),
        (["day11_optax"], ["day11"]),
        (["all"], [day.key for day in catalogue.days()]),
    ],
)
def test_selectors_of_days(selectors: list[str], found: list[str]) -> None:
    selections = catalogue.select(selectors)
    assert [selection.day.key for selection in selections] == found
    assert all(selection.exercises == selection.day.exercises for selection in selections)


@pytest.mark.parametrize(
    "selector", ["day01/softmax", "day01.softmax", "1.softmax", "pure_functions.softmax", "softmax"]
)
def test_selectors_of_exercises(selector: str) -> None:
    (selection,) = catalogue.select([selector])
    assert [exercise.name for exercise in selection.exercises] == ["softmax"]


def test_a_file_may_be_called_otherwise_than_its_folder() -> None:
    day = catalogue.find_day("11")
    assert (day.folder, day.stem) == ("day11_optax", "optax_training")
    assert day.solution == catalogue.SOLUTIONS / "day11_optax" / "optax_training.py"
    assert day.file_in(Path("class")) == Path("class/day11_optax/optax_training.py")
    assert catalogue.select(["optax_training.lion"]) == catalogue.select(["optax.lion"])


def test_an_empty_selector_is_unknown() -> None:
    with pytest.raises(UnknownSelector):
        catalogue.select([""])


def test_the_terminal_screen_shows_progress_and_the_table() -> None:
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "grader", ONE, "--solutions", "--no-speed"]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LANG": "C.UTF-8"}
    process = subprocess.Popen(command, cwd=ROOT, stdout=child, stderr=child, env=environment)
    os.close(child)
    screen = b""
    while True:
        try:
            chunk = os.read(parent, 65536)
        except OSError:
            break
        if not chunk:
            break
        screen += chunk
    process.wait(timeout=60)
    text = screen.decode()
    assert "starting JAX" in text
    assert "standardize" in text
    assert "✓" in text
    assert "\x1b[?25h" in text  # the cursor is shown again
    assert process.returncode == 0


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_a_run_is_ended_its_workers_end_too(tmp_path: Path, ending: signal.Signals) -> None:
    pidfile, scratch = tmp_path / "pid", tmp_path / "scratch"
    scratch.mkdir()
    source = (
        "import os, time\n"
        "def standardize(x, eps=1e-6):\n"
        f"    open({str(pidfile)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
    )
    tree = learners_tree(tmp_path, source)
    command = [sys.executable, "-m", "grader", ONE, "--from", tree, "--format", "json"]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
    deadline = time.monotonic() + 60
    while not (pidfile.exists() and pidfile.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(ending)
    output, _ = process.communicate(timeout=30)
    if ending == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        assert json.loads(output)["days"][0]["exercises"][0]["checks"][0]["status"] == "blocked"
        assert list(scratch.iterdir()) == []
    deadline = time.monotonic() + 20
    while psutil.pid_exists(int(pidfile.read_text())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(int(pidfile.read_text()))
    if ending == signal.SIGKILL:  # nobody was left to tidy up: the next run does
        subprocess.run([*command[:4], "--solutions", "--no-speed"], cwd=ROOT, env=environment, check=True)
        assert list(scratch.glob("kata-*")) == []


def test_ctrl_c_in_a_terminal_shows_what_is_known_and_leaves_the_terminal_intact(tmp_path: Path) -> None:
    reached = tmp_path / "reached"
    source = (
        "import pathlib, time\nimport jax.numpy as jnp\n"
        "def masked_mean(x, mask):\n"
        "    return jnp.zeros(())\n"
        "def bank_step(balance, transaction):\n"
        f"    pathlib.Path({str(reached)!r}).touch()\n"
        "    time.sleep(60)\n"
    )
    tree = learners_tree(tmp_path, source)
    parent, child = pty.openpty()
    before = termios.tcgetattr(child)
    # Typing ^C sends the signal to those whose terminal it is: take it, then become the grader.
    take_terminal = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        "os.execv(sys.executable, [sys.executable, '-m', 'grader', *sys.argv[1:]])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", take_terminal, "day01.masked_mean", "day01.bank_step", "--from", tree],
        cwd=ROOT,
        stdin=child,
        stdout=child,
        stderr=child,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LANG": "C.UTF-8"},
        start_new_session=True,
    )
    screen, pressed, deadline = b"", False, time.monotonic() + 90
    while process.poll() is None and time.monotonic() < deadline:
        if select.select([parent], [], [], 0.1)[0]:
            screen += os.read(parent, 65536)
        if not pressed and reached.exists():
            os.write(parent, b"\x03")
            pressed = True
    while select.select([parent], [], [], 0.2)[0]:
        screen += os.read(parent, 65536)
    text = screen.decode()
    assert process.returncode == 130, text
    assert "Interrupted: what is not shown as judged was not run." in text
    assert "masked_mean" in text
    assert "Traceback" not in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # the cursor is shown again
    assert termios.tcgetattr(child) == before
