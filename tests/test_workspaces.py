"""Which folder is one's own, and how `start` makes one: all of it, or nothing."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import cli
from grader.kata import catalogue, files, home, originals, starting, workspace
from grader.machine import doctor
from grader.machine.doctor_rows import Row, State
from grader.record import store
from tests.test_progress import ATTEMPT

START = "there is no kata here: `python -m grader start my-kata` makes one, or go into yours"
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run the command line in a folder: its exit status, what it printed, and what on standard error."""
    monkeypatch.delenv(store.FOLDER, raising=False)
    monkeypatch.delenv(home.HOME, raising=False)
    monkeypatch.setattr(catalogue, "OWN", tmp_path / "of-old")
    (tmp_path / "here").mkdir()

    def run(*arguments: str, cwd: str = "here") -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path / cwd)
        home.here.cache_clear()
        status = cli.main(list(arguments))
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture(autouse=True)
def _elsewhere_afterwards() -> object:
    yield
    home.here.cache_clear()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kata comes from a wheel."""
    monkeypatch.setattr(catalogue, "INSTALLED", True)


def own(folder: Path) -> Path:
    """A workspace of two days."""
    starting.start(folder, catalogue.days()[:2])
    return folder


# ---- which one is meant


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "arguments",
    [[], ["day01"], ["watch"], ["show", "day02.life_step"], ["report"], ["reset", "day01"], ["try", "softmax"], ["export"],
     ["import", "x"], ["update"], ["update", "--undo"], ["data", "mnist", "--fit", "1"], ["stubs"]],
    ids=lambda arguments: " ".join(arguments) or "overview",
)  # fmt: skip
def test_without_a_workspace_it_is_said_how_to_get_one(ask: Ask, arguments: list[str]) -> None:
    assert ask(*arguments) == (2, "", f"grader: {START}\n")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "arguments", [["list", "mean"], ["hint", "softmax"], ["solution", "softmax", "--reveal"]]
)
def test_what_needs_no_files_of_ones_own_works_anywhere(ask: Ask, arguments: list[str]) -> None:
    status, out, error = ask(*arguments)
    assert (status, error) == (0, "")
    assert "softmax" in out or "mean" in out
    assert ask("solution", "softmax")[0] == 1
    assert "--reveal" in ask("solution", "softmax")[2]


@pytest.mark.usefixtures("installed")
def test_progress_of_old_is_read_where_there_is_no_workspace(ask: Ask, tmp_path: Path) -> None:
    store.AttemptLog(tmp_path / "of-old" / ".kata").record([ATTEMPT])
    assert ask("export")[1].count("\n") == 1
    assert ask()[0] == 0
    own(tmp_path / "here" / "mine")
    assert ask("export", cwd="here/mine") == (0, "", "")


@pytest.mark.usefixtures("installed")
def test_the_nearest_folder_upwards_is_meant_and_the_environment_before_it(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = own(tmp_path / "here" / "mine"), own(tmp_path / "other")
    deep = "here/mine/exercises/day01_pure_functions"
    ask("list", cwd=deep)
    assert home.find() == mine
    assert home.exercises() == mine / "exercises"
    assert store.folder() == mine / ".kata"
    monkeypatch.setenv(home.HOME, str(other))
    assert home.find() == other
    monkeypatch.setenv(home.HOME, "../../../../other")
    assert home.needed().samefile(other)
    monkeypatch.setenv(home.HOME, str(tmp_path / "nowhere"))
    status, _, error = ask("list")
    assert status == 2
    assert re.fullmatch(
        r"grader: KATA_HOME is \S+/nowhere, and there is no kata: `python -m grader start \S+/nowhere` makes one\n",
        error,
    )
    monkeypatch.setenv(home.HOME, "")
    assert ask("day01")[2] == f"grader: {START}\n"


def test_in_a_clone_it_is_the_clone_unless_another_is_nearer(ask: Ask, tmp_path: Path) -> None:
    ask("list")
    assert home.find() == catalogue.ROOT
    mine = own(tmp_path / "here" / "mine")
    assert ask("list", cwd="here/mine/exercises")[0] == 0
    assert home.find() == mine
    assert home.is_own(mine / "exercises" / ".." / "exercises")
    assert not home.is_own(catalogue.LESSONS)
    status, _, error = ask("stubs", cwd="here/mine")
    assert (status, "`python -m grader update` brings yours in step" in error) == (2, True)


# ---- a new one


def test_a_workspace_holds_stubs_and_lessons_and_what_they_show(ask: Ask, tmp_path: Path) -> None:
    status, out, error = ask("start", "my-kata")
    assert (status, error) == (0, "")
    assert out == (
        f"my-kata is made: {len(catalogue.days())} days, {sum(len(day.exercises) for day in catalogue.days())} exercises. Now:\n"
        "\n"
        "  cd my-kata\n"
        "  python -m grader day01                    grades your first day\n"
        "  exercises/day01_pure_functions/README.md  is its lesson, ten minutes\n"
    )
    made = tmp_path / "here" / "my-kata"
    assert sorted(one.name for one in made.iterdir()) == [".kata", "exercises"]
    assert sorted(one.name for one in (made / ".kata").iterdir()) == ["originals", "workspace.json"]
    for day in catalogue.days():
        folder = made / "exercises" / day.folder
        assert day.file_in(made / "exercises").read_text(encoding="utf-8") == workspace.stub_of(day)
        lesson = (folder / "README.md").read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", lesson):
            assert (folder / link).is_file(), f"{day.key} shows {link}, which is not there"
        shipped = {
            one.name
            for one in (catalogue.LESSONS / day.folder).iterdir()
            if one.suffix in {".md", ".svg", ".py"}
        }
        assert {one.name for one in folder.iterdir()} == shipped
    assert originals.read(made).known(made, "exercises/day01_pure_functions/pure_functions.py")
    status, _, error = ask("start", "my-kata")
    assert status == 1
    assert error == "grader: my-kata is a kata already. In it `python -m grader update` brings what is new.\n"
    assert "would lie within the kata" in ask("start", "new", cwd="here/my-kata/exercises")[2]
    assert "would lie within the kata" in ask("start", str(catalogue.ROOT / "mine"))[2]
    assert not (catalogue.ROOT / "mine").exists()
    assert ask("start", "../other", cwd="here/my-kata")[0] == 0


def test_what_somebody_has_is_not_built_over(ask: Ask, tmp_path: Path) -> None:
    here = tmp_path / "here"
    (here / "file").write_text("mine")
    (here / "full" / "thesis").mkdir(parents=True)
    (here / "old" / "exercises" / "day01").mkdir(parents=True)
    (here / "kept" / ".kata" / "x").mkdir(parents=True)
    before = sorted(here.rglob("*"))
    for name, says in {
        "file": "file is a file; start takes the name of a folder.",
        "file/below": "file/below cannot be made: ",
        "full": "full is not empty: it holds thesis. Name a folder that is not there yet.",
        "old": "`python -m grader update old` takes them over",
        "kept": "kept has a folder .kata with something in it",
    }.items():
        status, out, error = ask("start", name)
        assert (status, out) == (1, "")
        assert says in error
        assert error.count("\n") == 1
    assert ask("start")[0] == ask("start", "a", "b")[0] == 2
    assert sorted(here.rglob("*")) == before


def test_files_and_a_virtual_environment_may_lie_there(ask: Ask, tmp_path: Path) -> None:
    here = tmp_path / "here"
    for folder in (".git", ".venv", "env", "exercises"):
        (here / folder).mkdir()
    (here / "env" / "pyvenv.cfg").touch()
    (here / "README.md").write_text("mine")
    status, out, _ = ask("start", ".")
    assert status == 0
    assert "cd " not in out
    assert (here / "README.md").read_text() == "mine"
    assert sorted(one.name for one in here.iterdir()) == [
        ".git",
        ".kata",
        ".venv",
        "README.md",
        "env",
        "exercises",
    ]
    assert home.is_workspace(here)


@pytest.mark.parametrize("where", ["new", "a/b/new", "there"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_fails_leaves_nothing_half_made(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, number: int
) -> None:
    (tmp_path / "here" / "there").mkdir()
    before = sorted((tmp_path / "here").rglob("*"))
    written = []

    def write(file: Path, content: bytes) -> None:
        written.append(file)
        if len(written) > 20:
            raise OSError(number, os.strerror(number), str(file))
        files.write(file, content)

    monkeypatch.setattr(starting, "write", write)
    status, out, error = ask("start", where)
    assert (status, out) == (3, "")
    assert ("There is no room" in error) == (number == errno.ENOSPC)
    assert "Traceback" not in error
    assert sorted((tmp_path / "here").rglob("*")) == before
    assert len(written) > 20


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_closed_folder_is_told(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "here").chmod(0o500)
    status, _, error = ask("start", "new")
    (tmp_path / "here").chmod(0o700)
    assert (status, "cannot be written" in error) == (3, True)


def test_the_last_step_undoes_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into a folder that is there, two folders come one after the other."""
    replace = os.replace

    def failing(source: str | Path, target: str | Path) -> None:
        if Path(target).name == ".kata":
            raise OSError(errno.ENOSPC, "full")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="full"):
        starting.start(tmp_path, catalogue.days()[:1])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("installed")
def test_progress_of_old_is_told_when_a_workspace_is_made(ask: Ask, tmp_path: Path) -> None:
    store.AttemptLog(tmp_path / "of-old" / ".kata").record([ATTEMPT])
    told = ask("start", "mine")[2]
    assert "progress from before lies in " in told
    assert "python -m grader import old.jsonl" in told


def test_the_doctor_says_which_workspace_is_meant(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("list")[0] == 0
    assert doctor.workspace_row() == Row("workspace", State.GOOD, str(catalogue.ROOT))
    mine = own(tmp_path / "mine")
    monkeypatch.setenv(home.HOME, str(mine))
    assert doctor.workspace_row().text == f"{mine} (named by KATA_HOME)"
    monkeypatch.setattr(doctor, "__version__", "99.0")
    row = doctor.workspace_row()
    assert (row.state, row.remedy) == (State.NOTE, "python -m grader update")
    (mine / home.MARKER).write_text("{")
    assert "of which little is known" in doctor.workspace_row().text
    monkeypatch.setenv(home.HOME, "nowhere")
    assert doctor.workspace_row().state is State.NOTE
    assert list(doctor.own_rows()) == []
    monkeypatch.delenv(home.HOME)
    monkeypatch.setattr(catalogue, "INSTALLED", True)
    assert doctor.workspace_row().remedy == "python -m grader start my-kata"
