"""A wheel holds the whole kata: unpacked outside of the tree, its commands answer as they do in a clone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.kata import catalogue, workspace
from grader.kata.day_text import DayText
from tests.terminal_driver import Terminal

ROOT = Path(__file__).parent.parent
DAY = catalogue.find_day("day01")
FORTY = 40


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from this tree, unpacked as pip would; the packages underneath come from this environment."""
    built = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    (wheel,) = built.glob("*.whl")
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def settings(site: Path, home: Path) -> dict[str, str]:
    """The environment of somebody who has the kata in `site` and nothing else of it."""
    without = {"KATA_FOLDER", "KATA_HOME"}
    kept = {name: value for name, value in os.environ.items() if name not in without}
    return {**kept, "PYTHONPATH": str(site), "HOME": str(home)}


def ask(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", *arguments]
    return subprocess.run(
        command, cwd=folder, env=settings(site, folder), capture_output=True, text=True, timeout=200
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("list",), "day14"),
        (("hint", "day01.softmax"), "hint 1 of 3"),
        (("solution", "day14.fit", "--reveal"), "reference"),
        (("day01.softmax", "--solutions", "--no-speed"), "1 of 1 passed"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_command_of_the_installed_kata_answers(
    unpacked: Path, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    ended = ask(unpacked, tmp_path, *arguments, "--format", "plain")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert says in ended.stdout
    assert str(ROOT) not in ended.stdout.replace(sys.prefix, "")
    assert not (unpacked / "grader" / ".kata").exists()  # nothing of anybody's lies in the package


def test_the_wheel_holds_every_file_of_the_kata(unpacked: Path) -> None:
    for tree in (catalogue.LESSONS, catalogue.SOLUTIONS, catalogue.GRADER):
        below = unpacked / "grader" / ("" if tree == catalogue.GRADER else tree.name)
        files = [path for path in tree.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        tracked = [path for path in files if not path.name.endswith((".bak", ".new"))]
        assert tracked
        if tree == catalogue.LESSONS:
            assert len([path for path in tracked if path.suffix == ".svg"]) >= 6  # of the lessons
        assert [path for path in tracked if not (below / path.relative_to(tree)).is_file()] == []


# ---- a folder of one's own


@pytest.fixture(scope="module")
def own(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that the installed kata has made, with the solutions of day 1 and one of day 2; else it holds stubs."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert ask(unpacked, elsewhere, "day01").returncode == 2
    ended = ask(unpacked, elsewhere, "start", "my-kata")
    assert ended.returncode == 0, ended.stderr
    made = elsewhere / "my-kata"
    ended = ask(unpacked, made / "exercises" / DAY.folder, "day01", "--no-speed", "--format", "plain")
    assert ended.returncode == 1, ended.stderr
    assert "Day 1: arrays and purity  pure_functions.py\n" in ended.stdout
    assert ended.stdout.count("todo") == len(DAY.exercises)
    shutil.copy(DAY.solution, DAY.file_in(made / "exercises"))
    other = catalogue.find_day("day02")
    stub, solution = (DayText(text) for text in (workspace.stub_of(other), other.solution.read_text("utf-8")))
    block, answer = ("\n".join(text.block("life_step")) for text in (stub, solution))
    file = other.file_in(made / "exercises")
    file.write_text(file.read_text(encoding="utf-8").replace(block, answer), encoding="utf-8")
    return made


def test_a_day_is_graded_and_recorded_in_the_workspace(unpacked: Path, own: Path) -> None:
    ended = ask(unpacked, own, "day01", "--no-speed", "--format", "plain")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"exercises/{DAY.folder}/pure_functions.py" in ended.stdout
    assert (own / ".kata" / "progress.sqlite3").is_file()
    assert " 4/7 " in ask(unpacked, own / "exercises").stdout  # the others have checks on speed
    doctor = ask(unpacked, own / "exercises", "doctor", "--format", "json")
    assert doctor.returncode == 0
    rows = {row["name"]: row["text"] for row in json.loads(doctor.stdout)["rows"]}
    assert rows["workspace"] == str(own)
    assert rows["kata"].endswith(f"installed in {unpacked}/grader")
    assert rows["progress"].startswith(f"{own}/.kata, ")
    assert "jaxtyping" in rows


def test_a_report_shows_the_workspace(unpacked: Path, own: Path) -> None:
    ended = ask(unpacked, own, "report", "--day", "day02", "-o", "../kata.html")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    page = (own.parent / "kata.html").read_text(encoding="utf-8")
    assert "life_step" in page
    assert "<svg" in page or "image/svg" in page


def test_a_notebook_is_written_graded_and_served(unpacked: Path, own: Path) -> None:
    ended = ask(unpacked, own, "notebook", "day02", "--solutions", "-o", "../day02.ipynb")
    assert ended.returncode == 0, ended.stderr
    asked = (
        "day02.swap_rows",
        "--from-notebook",
        "../day02.ipynb",
        "--no-speed",
        "--no-deep",
        "--format",
        "plain",
    )
    assert "1 of 1 passed" in ask(unpacked, own, *asked).stdout
    cell = (
        "def swap_rows(matrix, i, j):\n    return matrix.at[jnp.stack([i, j])].set(matrix[jnp.stack([j, i])])"
    )
    requests = [{"id": 1, "do": "grade", "code": cell, "deep": False}, {"id": 2, "do": "bye"}]
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "grader", "serve"],
        cwd=own,
        env=settings(unpacked, own),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as service:
        assert service.stdin is not None
        assert service.stdout is not None
        service.stdin.write(json.dumps(requests[0]) + "\n")
        service.stdin.flush()
        events = iter(service.stdout.readline, "")
        last = next(event for line in events if (event := json.loads(line))["event"] in {"result", "error"})
        service.communicate(json.dumps(requests[1]) + "\n", timeout=60)
    assert last["status"] == "passed", last


def test_a_stub_comes_back_and_the_file_is_kept(unpacked: Path, own: Path) -> None:
    ended = ask(unpacked, own, "reset", "day02.histogram", "--yes")
    assert (ended.returncode, "unchanged" in ended.stdout) == (0, True)


def test_watch_begins_in_the_workspace(unpacked: Path, own: Path) -> None:
    with Terminal("watch", "day02", cwd=own, **settings(unpacked, own)) as terminal:
        terminal.until(
            lambda text: f"exercises/{catalogue.find_day('day02').folder}" in text and "todo" in text
        )
        terminal.type("q")
        assert terminal.ended() == 0


# ---- a newer kata


@pytest.fixture(scope="module")
def older(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kata as it was: another version, other docstrings, other lessons, an exercise less on each of three days."""
    site = tmp_path_factory.mktemp("older")
    shutil.copytree(
        unpacked / "grader", site / "grader", ignore=shutil.ignore_patterns("days", "__pycache__")
    )
    (site / "grader" / "__init__.py").write_text('__version__ = "0.0.1"\n')
    for number, day in enumerate(catalogue.days()):
        solution = site / "grader" / day.solution.relative_to(catalogue.ROOT)
        text = solution.read_text(encoding="utf-8")
        for exercise in day.exercises[::2]:
            text = text.replace(exercise.summary, f"{exercise.summary[:-1]}, as it was.")
        if number < 3:
            missing = "\n".join(DayText(text).block(day.exercises[1].name)) + "\n"
            text = text.replace(missing, "").replace("\n\n\n\n\n", "\n\n\n")
        solution.write_text(text, encoding="utf-8")
        lesson = site / "grader" / "exercises" / day.folder / "README.md"
        lesson.write_text(f"As it was.\n{lesson.read_text(encoding='utf-8')}", encoding="utf-8")
    return site


def tree(folder: Path) -> dict[str, bytes]:
    files = (folder / "exercises").rglob("*")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.is_file()}


def update(site: Path, folder: Path, kill_at: int) -> int:
    """Update a workspace, killed at a step on files; the number of all steps where it was not, else 0."""
    program = (
        "import sys; from tests.small_updates import kill_at; from grader import cli; "
        f"kill_at({kill_at}); sys.exit(cli.main(['update']))"
    )
    environment = settings(site, folder)
    environment["PYTHONPATH"] += f"{os.pathsep}{ROOT}"
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100)
    assert ended.returncode in {0, -signal.SIGKILL}, ended.stderr
    return 0 if ended.returncode else int(ended.stdout.rpartition("steps: ")[2])


def test_an_update_over_forty_answers_killed_at_ten_moments(
    unpacked: Path, older: Path, tmp_path: Path
) -> None:
    assert ask(older, tmp_path, "start", "mine").returncode == 0
    mine, answers = tmp_path / "mine", {}
    for day in catalogue.days():
        file = day.file_in(mine / "exercises")
        solution = (older / "grader" / day.solution.relative_to(catalogue.ROOT)).read_text(encoding="utf-8")
        text = file.read_text(encoding="utf-8")
        for name in DayText(solution).definitions:
            if name in {exercise.name for exercise in day.exercises[:-3]} and len(answers) < FORTY:
                answer = "\n".join(DayText(solution).block(name))
                answers[day, name] = answer
                text = text.replace("\n".join(DayText(text).block(name)), answer)
        file.write_text(text, encoding="utf-8")
    assert len(answers) == FORTY
    old = tree(mine)
    shutil.copytree(mine, tmp_path / "whole")
    steps = update(unpacked, tmp_path / "whole", kill_at=100_000)
    new, folder = tree(tmp_path / "whole"), mine
    for (day, _), answer in answers.items():
        assert answer in new[str(day.file_in(Path("exercises")))].decode()
    for day in catalogue.days():
        text, stub = (
            DayText(new[str(day.file_in(Path("exercises")))].decode()),
            DayText(workspace.stub_of(day)),
        )
        names = [exercise.name for exercise in day.exercises if (day, exercise.name) not in answers]
        assert [text.block(name) for name in names] == [stub.block(name) for name in names]
        assert text.definitions.keys() == stub.definitions.keys()
        lesson = Path("exercises", day.folder, "README.md")
        assert new[str(lesson)] == (catalogue.LESSONS / day.folder / "README.md").read_bytes()
    for number in range(10):
        step = 1 + number * (steps - 1) // 10
        folder = tmp_path / f"killed-{number}"
        shutil.copytree(mine, folder)
        assert not update(unpacked, folder, kill_at=step)
        between = tree(folder)
        assert old.keys() <= between.keys()
        half_written = {path for path in between if path.endswith(".new")}
        for path in between.keys() - half_written:
            assert between[path] in {old[path], new[path]}
        if number in {1, 5, 8, 9}:
            assert update(unpacked, folder, kill_at=100_000)
            assert tree(folder) == new
    assert ask(unpacked, folder, "update", "--undo").returncode == 0
    assert tree(folder) == old
