"""`update` brings a newer kata into a workspace: no answer is lost, whenever it is killed, and it can be taken back."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import cli
from grader.commands import overview
from grader.kata import catalogue, files, home, journal, originals, starting
from grader.record import store
from tests.small_updates import FIRST, NEWER, ONE, SECOND, THIRD, THREE, TWO, days_of, ship
from tests.test_cli import ROOT
from tests.test_progress import ATTEMPT, again

ANSWER = FIRST.replace(
    '"""Average."""\n    # Your code here: about 1 line.\n    raise NotImplementedError',
    '"""Average."""\n    return x.mean()  # mine',
)
BROUGHT = ANSWER[: ANSWER.index("\n\ndef norm")] + NEWER[NEWER.index("\n\ndef norm") :]
LESSON = "exercises/day01_one/README.md"
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of version 1 with an answer in it; the kata is of version 2 now."""
    monkeypatch.delenv(store.FOLDER, raising=False)
    folder = tmp_path / "mine"
    ship("1.0", monkeypatch.setattr)
    starting.start(folder, days_of("1.0"))
    (folder / ONE).write_text(ANSWER)
    ship("2.0", monkeypatch.setattr)
    monkeypatch.setenv(home.HOME, str(folder))
    return folder


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(list(arguments))
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def tree(folder: Path) -> dict[str, bytes]:
    """All files that somebody sees: path -> content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and (home.KEPT not in path.parts or path.name == "workspace.json")
    }


def test_new_stubs_and_lessons_come_and_the_answer_stays(ask: Ask, mine: Path) -> None:
    store.of(mine).record([again(ATTEMPT, exercise="mean")])
    old = tree(mine)
    status, out, error = ask("update", "--dry-run")
    assert (status, error, tree(mine)) == (0, "", old)
    assert "Nothing was written" in out
    assert not (mine / ".kata" / "update.lock").exists()
    planned = out.partition("\nNothing was")[0]
    status, out, error = ask("update")
    assert (status, error) == (0, "")
    assert out.startswith(planned)
    assert (
        out
        == f"""\
The exercises: jax-kata 1.0 -> 2.0
{mine / ONE}: 1 new exercise (rank); 1 new stub (norm)
day01.mean (passed): your code stays; its stub has changed:
     def mean(x):
    -    \"\"\"Average.\"\"\"
    +    \"\"\"Average all.\"\"\"
{mine / THREE}: written, 1 exercise
new: 3 lessons and 1 picture

It can be taken back: python -m grader update --undo
The files as they were lie in {mine}/.kata/updates/0001
"""
    )
    new = tree(mine)
    assert new[ONE].decode() == BROUGHT
    assert (new[TWO].decode(), new[THREE].decode()) == (SECOND, THIRD)
    assert new[LESSON].startswith(b"# One, anew")
    assert b'"kata": "2.0"' in new[home.MARKER]
    assert ask("update") == (0, "Nothing to do: the exercises are those of jax-kata 2.0 already.\n", "")
    assert tree(mine) == new
    status, out, error = ask("update", "--undo")
    assert (status, out, error) == (
        0,
        "The update: jax-kata 1.0 -> 2.0 is taken back: 6 files as before.\n",
        "",
    )
    assert tree(mine) == old
    assert not (mine / THREE).parent.exists()
    assert ask("update", "--undo") == (1, "", "grader: there is no update to take back\n")
    assert ask("update")[0] == 0
    assert tree(mine) == new


def test_what_was_edited_since_is_kept_beside_when_an_update_is_taken_back(ask: Ask, mine: Path) -> None:
    old = tree(mine)
    ask("update")
    edited = {ONE: BROUGHT.replace("Measure it", "Mine"), THREE: THIRD.replace("raise", "return 3  #")}
    for path, text in edited.items():
        (mine / path).write_text(text)
    status, out, _ = ask("update", "--undo")
    assert status == 0
    assert out.count("was edited since; as it was: ") == 2
    after = tree(mine)
    kept = {path: after.pop(path) for path in sorted(after) if path.endswith(".bak")}
    assert after == old
    assert [text.decode() for text in kept.values()] == [edited[ONE], edited[THREE]]


def test_a_lesson_with_notes_stays_and_the_new_one_is_laid_beside(ask: Ask, mine: Path) -> None:
    notes = (mine / LESSON).read_bytes() + b"\nmy notes\n"
    (mine / LESSON).write_bytes(notes)
    (mine / "exercises/day02_two/README.md").write_bytes(b"\xef\xbb\xbf# Two\r\n")  # as an editor left it
    (mine / "exercises/day01_one/notes.txt").write_text("mine")
    _, out, _ = ask("update")
    assert (
        f"{mine / LESSON} stays, since you changed it; the new one: {mine}/exercises/day01_one/README.new.md"
        in out
    )
    assert (mine / LESSON).read_bytes() == notes
    assert (mine / "exercises/day01_one/README.new.md").read_bytes().startswith(b"# One, anew")
    assert (mine / "exercises/day02_two/README.md").read_bytes() == b"\xef\xbb\xbf# Two, anew\r\n"
    assert (mine / "exercises/day01_one/notes.txt").read_text() == "mine"
    assert ask("update")[1].startswith("Nothing to do")


def test_a_new_lesson_never_covers_what_lies_where_it_would(ask: Ask, mine: Path) -> None:
    (mine / LESSON).write_bytes(b"mine")
    beside = mine / "exercises/day01_one/README.new.md"
    beside.write_bytes(b"mine, too")
    assert "README.new-2.md" in ask("update")[1]
    assert beside.read_bytes() == b"mine, too"


def test_what_needs_a_hand_is_told_and_ends_with_1(ask: Ask, mine: Path) -> None:
    conflict = ANSWER.replace(
        "    return x.mean()", "<<<<<<< a\n    return 1\n=======\n    return 2\n>>>>>>> b"
    )
    (mine / ONE).write_text(conflict)
    status, out, _ = ask("update")
    assert status == 1
    assert (
        f"{mine / ONE} is left as it is: line 8 begins a conflict that git has marked; settle it first" in out
    )
    assert (mine / ONE).read_text() == conflict
    (mine / ONE).write_text(ANSWER.replace("return x.mean()", "return (x.mean("))
    status, out, _ = ask("update")
    assert status == 1
    assert "day01.mean is left as it is: there" in out
    assert '"""Measure it."""' in (mine / ONE).read_text()
    assert "return (x.mean(  # mine" in (mine / ONE).read_text()
    (mine / ONE).write_text((mine / ONE).read_text().replace("return (x.mean(", "return x.mean()"))
    status, out, _ = ask("update")
    assert status == 0
    assert "day01.mean" in out  # how its stub has changed is told now
    assert (mine / ONE).read_text() == BROUGHT


def test_days_that_are_no_more_and_exercises_that_were_deleted(
    ask: Ask, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("update")
    (mine / ONE).write_text(BROUGHT.replace("def norm", "def my_norm"))
    (mine / THREE).write_text("mine")
    ship("3.0", monkeypatch.setattr)
    _, out, _ = ask("update")
    assert f"{mine / THREE} is no part of the kata any more; your file stays" in out
    assert "day01.norm is not in your file; `python -m grader reset day01.norm` brings its stub" in out
    assert (mine / THREE).read_text() == "mine"
    assert "def rank" not in (mine / ONE).read_text()  # its stub was untouched


def test_a_folder_without_a_record_is_taken_over(
    ask: Ask, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a copy of a clone's exercises, or what an older version made."""
    (mine / home.MARKER).unlink()
    (mine / "exercises" / ".generated.json").write_text("{}")
    monkeypatch.delenv(home.HOME)
    assert ask("update", str(mine.parent))[0] == 2
    status, out, _ = ask("update", str(mine))
    assert status == 0
    assert "jax-kata of old -> 2.0" in out
    assert "Of 1 file nobody knows what they were when you began" in out
    assert (mine / ONE).read_text() == BROUGHT
    assert "README.new.md" in out  # nobody knows whether somebody wrote in the lessons
    assert home.is_workspace(mine)
    assert ask("update", str(mine))[1].startswith("Nothing to do")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1}', '{"format": 1, "kata": "1.0", "originals": {"a": 3}}']
)
def test_a_damaged_record_is_kept_under_another_name(ask: Ask, mine: Path, text: str) -> None:
    (mine / home.MARKER).write_text(text)
    status, _, error = ask("update")
    assert status == 0
    assert "workspace.json is damaged" in error
    (aside,) = (mine / ".kata").glob("workspace.json.*.bak")
    assert aside.read_text() == text
    assert (mine / ONE).read_text() == BROUGHT


def test_a_record_that_a_newer_kata_wrote_is_not_touched(ask: Ask, mine: Path) -> None:
    (mine / home.MARKER).write_text('{"format": 99, "kata": "9.0"}')
    before = tree(mine)
    status, _, error = ask("update")
    assert (status, "was made by a newer kata (9.0)" in error) == (1, True)
    assert tree(mine) == before


def test_an_older_kata_brings_nothing_and_what_is_older_is_told(
    ask: Ask, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "__version__", "2.0")
    told = "your exercises are those of jax-kata 1.0; `python -m grader update` brings those of 2.0"
    assert told in ask()[2]
    ask("update")
    assert ask()[2] == ""
    before = tree(mine)
    ship("1.0", monkeypatch.setattr)
    status, _, error = ask("update")
    assert (status, "those of jax-kata 2.0, and this is the older 1.0" in error) == (1, True)
    assert tree(mine) == before
    monkeypatch.setattr(overview, "__version__", "1.0")
    assert "and this is the older 1.0: install the newer one" in ask()[2]


@pytest.mark.parametrize(
    ("one", "other", "is_newer"),
    [("0.2.0", "0.1.9", True), ("0.10", "0.9.1", True), ("0.2.0rc1", "0.2.0", False), ("", "0.1", False)],
)
def test_a_candidate_counts_as_the_release_that_it_becomes(one: str, other: str, is_newer: bool) -> None:
    assert originals.is_newer(one, other) == is_newer
    assert not originals.is_newer(other, one) or not is_newer


def test_two_updates_at_once(ask: Ask, mine: Path) -> None:
    with journal.locked(mine):
        for words in ([], ["--undo"]):
            assert ask("update", *words) == (
                1,
                "",
                "grader: another update is at work there; nothing was changed\n",
            )
        assert ask("update", "--dry-run")[0] == 0
    assert ask("update")[0] == 0


@pytest.mark.parametrize("words", [["a", "b"], ["--undo", "--dry-run"], ["nowhere"]])
def test_wrong_usage(ask: Ask, mine: Path, words: list[str]) -> None:
    status, out, error = ask("update", *words)
    assert (status, out, error.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("step", range(1, 26, 4))
def test_a_full_disk_breaks_it_off_and_the_next_one_finishes(
    ask: Ask, mine: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    old, write, count = tree(mine), files.write, 0

    def failing(file: Path, content: bytes, **options: int) -> None:
        nonlocal count
        count += 1
        if count == step:
            raise OSError(errno.ENOSPC, "No space left on device", str(file))
        write(file, content, **options)

    for module in (journal, originals):
        monkeypatch.setattr(module, "write", failing)
    status, _, error = ask("update")
    assert status == 3
    assert "There is no room left" in error
    begun = "broken off in the middle" in error
    assert begun or tree(mine) == old
    count = -1000
    assert ask("update")[0] == 0
    assert (mine / ONE).read_text() == BROUGHT
    assert b'"kata": "2.0"' in tree(mine)[home.MARKER]
    assert ask("update", "--undo")[0] == 0
    assert tree(mine) == old


def killed(folder: Path, step: int, *words: str) -> int:
    """Update in a process that is killed at a step on files; the number of its steps where it came to its end, else 0."""
    command = [sys.executable, "-m", "tests.small_updates", str(folder), str(step), *words]
    environment = {name: value for name, value in os.environ.items() if name != home.HOME}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode in {0, -signal.SIGKILL}, ended.stderr
    return 0 if ended.returncode else int(ended.stdout.rpartition("steps: ")[2])


def test_killed_at_any_moment_every_file_is_the_old_or_the_new_one(
    ask: Ask, mine: Path, tmp_path: Path
) -> None:
    import shutil

    old = tree(mine)
    shutil.copytree(mine, tmp_path / "whole")
    steps = killed(tmp_path / "whole", 10_000)
    new = tree(tmp_path / "whole")
    states = set()
    for number in range(10):
        step = 2 + number * (steps - 2) // 10
        folder = tmp_path / str(step)
        shutil.copytree(mine, folder)
        assert not killed(folder, step)
        between = tree(folder)
        seen = {path: content for path, content in between.items() if not path.endswith(".new")}
        assert all(content in {old.get(path), new.get(path)} for path, content in seen.items())
        assert old.keys() <= seen.keys()
        states.add(sum(seen.get(path) != old.get(path) for path in new))
        if number % 3:
            assert ask("update", str(folder))[0] == 0
            assert tree(folder) == new
        if journal.last_done(folder):
            assert ask("update", str(folder), "--undo")[0] == 0
        assert tree(folder) == old
    assert len(states) >= 3  # untouched, some files, more of them


def test_killed_while_it_is_taken_back(ask: Ask, mine: Path) -> None:
    old = tree(mine)
    ask("update")
    new = tree(mine)
    assert not killed(mine, 12, "--undo")
    assert tree(mine) not in (old, new)
    status, out, _ = ask("update")
    assert (status, "The taking back that was broken off is finished." in out) == (0, True)
    assert tree(mine) == new


def test_what_was_edited_after_a_kill_is_looked_at_anew(
    ask: Ask, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_out = journal.carry_out

    def interrupted(begun: journal.Journal) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(journal, "carry_out", interrupted)
    status, _, error = ask("update")
    assert (status, "broken off in the middle" in error) == (130, True)
    monkeypatch.setattr(journal, "carry_out", carry_out)
    assert journal.broken_off(mine)
    assert (mine / ONE).read_text() == ANSWER
    later = ANSWER.replace("# mine", "# better")
    (mine / ONE).write_text(later)
    assert "an update was broken off here" in ask("update", "--dry-run")[2]
    status, out, _ = ask("update")
    assert status == 0
    assert "edited since the update was broken off, so it is looked at anew" in out
    assert (mine / ONE).read_text() == BROUGHT.replace("# mine", "# better")


def test_a_damaged_journal_is_told(ask: Ask, mine: Path) -> None:
    ask("update")
    (mine / ".kata/updates/0001/manifest.json").write_text("{")
    for words in (["--undo"], []):
        status, _, error = ask("update", *words)
        assert (status, "the journal of an update is damaged" in error) == (1, True)


def test_in_a_clone_git_brings_the_lessons(ask: Ask, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "ROOT", mine.resolve())
    (mine / home.MARKER).unlink()
    _, out, _ = ask("update")
    assert "lesson" not in out
    assert (mine / ONE).read_text() == BROUGHT
    assert (mine / LESSON).read_bytes().startswith(b"# One\n")
