"""`report`: what the file holds, what it never holds, and what becomes of bad places and broken runs."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from grader import cli
from grader.commands import report
from grader.findings import Finding, Kind
from grader.html import one_file
from grader.html.one_file import About
from grader.kata import catalogue, files
from grader.pictures import OUR_OWN_FAULT
from grader.record.standing import Entry
from grader.results import Aspect, CheckResult, Comparison, DayResult, ExerciseResult, Exit, RunResult, Status
from tests.sample_pictures import boards

DAY = catalogue.find_day("day02")
SOURCE = '''
def life_step(board):
    """<script>alert("docstring")</script>"""
    return "<script>alert('code')</script>"


def set_border(x):
    return "what does not pass"
'''
PASSED = CheckResult("by_hand", Aspect.CORRECT, Status.PASSED)
TODO = CheckResult("by_hand", Aspect.CORRECT, Status.TODO, finding=Finding("To do.", Kind.OTHER))
WRONG = CheckResult(
    "by_hand",
    Aspect.CORRECT,
    Status.FAILED,
    finding=Finding("<script>complaint</script>", Kind.VALUE, line=8, source="<script>line</script>"),
    hint="<script>hint</script>",
    output="<script>printed</script>\u202e",
)


def run_of(*, interrupted: bool = False, whole: bool = True, **checks: CheckResult) -> RunResult:
    """A run over the day in which exercises have these checks, and all others are still to do."""
    exercises = tuple(
        ExerciseResult(
            one.name,
            one.stretch,
            (checks.get(one.name, TODO),),
            whole,
            comparison=Comparison("life_step(bool[4,4])", ()) if one.name == "life_step" else None,
            picture=boards() if one.name in checks else None,
        )
        for one in DAY.exercises
    )
    day = DayResult(DAY.key, DAY.title, "/kata/indexed_updates.py", exercises, source=SOURCE)
    return RunResult("0.1.0", "0.10.2", "cpu", 0, (day,), interrupted=interrupted)


MIXED = run_of(life_step=PASSED, set_border=WRONG)


def text_of(result: RunResult = MIXED, *, recorded: list[Entry] | None = None) -> str:
    entries = one_file.judged_now(result) if recorded is None else recorded
    text, faults = one_file.report(result, About(Path("/kata"), "today", entries, recorded is not None))
    assert faults == []
    return text


def part_of(text: str, name: str) -> str:
    """What stands about one exercise."""
    found = re.search(rf'<(article|p)[^>]* id="day02\.{name}">.*?</\1>', text, re.DOTALL)
    assert found
    return found[0]


def test_the_file_holds_all_that_it_shows_and_nothing_moves_in_it() -> None:
    text = text_of()
    assert text.startswith("<!doctype html>\n")
    assert not re.search(r"<script|<link|@import|javascript:|\son\w+=", text, re.IGNORECASE)
    sources = re.findall(r'(?:src|srcset|href)="([^"]*)"', text)
    assert len(sources) == 4  # the frame that tells most, and all of them: of two pictures
    assert all(one.startswith("data:image/svg+xml;base64,") for one in sources)
    assert "all 6 frames" in text
    assert 'alt="generation 4:' in text
    assert one_file.report(MIXED, About(Path("/kata"), "today", [], False))[0].count("<article") == 2


def test_no_text_of_a_learner_is_read_as_html() -> None:
    text = text_of()
    for word in ("complaint", "line", "hint", "printed"):
        assert f"&lt;script&gt;{word}&lt;/script&gt;" in text
    assert "&lt;script&gt;alert(&#39;code&#39;)" in text
    assert "\u202e" not in text


def test_the_reference_stands_beside_what_has_passed_and_nowhere_else() -> None:
    text = text_of()
    assert "with_both_sides" in part_of(text, "life_step")  # a name in the reference
    assert "life_step(bool[4,4])" in part_of(text, "life_step")
    assert text.count("<h4>reference</h4>") == 1
    assert "what does not pass" not in text


@pytest.mark.parametrize(
    ("whole", "passed", "opened"), [(False, False, False), (False, True, True), (True, False, True)]
)
def test_an_answer_that_was_never_timed_has_not_passed(whole: bool, passed: bool, opened: bool) -> None:
    exercise = DAY.exercise("life_step")
    recorded = [Entry(DAY, exercise, True, passed, 12.0)]
    text = text_of(run_of(life_step=PASSED, whole=whole), recorded=recorded)
    assert ("<h4>reference</h4>" in text) is opened
    assert "best: x12" in part_of(text, "life_step")
    assert "<code>day02.life_step</code> x12" in text


def test_what_passed_once_and_is_wrong_now_or_was_skipped_shows_no_reference() -> None:
    recorded = [Entry(DAY, DAY.exercise("life_step"), True, True, None)]
    skipped = CheckResult("by_hand", Aspect.CORRECT, Status.SKIPPED)
    for check in (WRONG, TODO, skipped):
        assert "<h4>reference</h4>" not in text_of(run_of(life_step=check), recorded=recorded)


def test_what_is_still_to_do_is_one_row() -> None:
    row = part_of(text_of(), "histogram")
    assert row.startswith("<p")
    assert row.count("\n") == 0
    assert "To do." not in row


def test_progress_is_that_of_the_verdicts_where_there_is_no_record() -> None:
    assert 'max="7" value="1"' in text_of()
    recorded = [Entry(DAY, one, True, not one.stretch, None) for one in DAY.exercises]
    assert 'max="7" value="7"' in text_of(recorded=recorded)


def test_a_figure_that_fails_costs_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> str:
        raise RuntimeError("no font")

    monkeypatch.setattr(one_file, "svg", fail)
    text, faults = one_file.report(MIXED, About(Path("/kata"), "today", [], False))
    assert "no font" in faults[0]
    assert "no font" not in text
    assert OUR_OWN_FAULT in part_of(text, "set_border")


# ---- the command


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """What the command says, and how it ends, of a run that is made up; it writes into an empty folder."""

    def command(*options: str, result: RunResult = MIXED) -> tuple[int, str, str]:
        monkeypatch.setattr(report, "_judged", lambda selections, tree, asked: result)
        status = cli.main(["report", "--day", "day02", "--solutions", *options])
        return status, *capsys.readouterr()

    monkeypatch.chdir(tmp_path)
    return command


def test_it_is_written_over_when_that_is_asked_for(ask) -> None:  # type: ignore[no-untyped-def]
    assert ask() == (Exit.DONE, "the report is written to kata.html\n", "")
    first = Path("kata.html").read_bytes()
    status, _, said = ask()
    assert (status, said) == (Exit.UNDONE, "grader: kata.html exists already; --yes writes over it\n")
    Path("kata.html").write_text("older")
    assert ask("--yes")[0] == Exit.DONE
    assert Path("kata.html").read_bytes() == first
    assert ask("-o", "new/folder/mine.html")[0] == Exit.DONE
    assert Path("new/folder/mine.html").is_file()


def test_of_the_reference_itself_there_is_nothing_to_set_beside(ask) -> None:  # type: ignore[no-untyped-def]
    ask()
    assert "<h4>reference</h4>" not in Path("kata.html").read_text()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-o", "."], ". is a folder; -o takes a file"),
        (["-o", "file/kata.html"], "is no folder"),
        (["--day", "day99"], "there is no day or exercise 'day99'"),
        (["--day", "softmax"], "--day takes a day, such as day01, not one exercise"),
        (["day02"], "takes no words"),
    ],
)
def test_what_cannot_be_meant_is_told_in_a_line(ask, options: list[str], says: str) -> None:  # type: ignore[no-untyped-def]
    Path("file").write_text("")
    status, out, err = ask(*options)
    assert (status, out) == (Exit.USAGE, "")
    assert says in err
    assert err.count("\n") == 1
    assert os.listdir() == ["file"]


def test_a_folder_that_nobody_may_write_into_is_told_before_anything_is_judged(  # type: ignore[no-untyped-def]
    ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    status, _, err = ask(result=None)
    assert status == Exit.FAULT
    assert "kata.html cannot be written or read (Permission denied)" in err


def test_a_full_disk_leaves_the_older_file(ask, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    Path("kata.html").write_text("older")

    def full(file: Path) -> tuple[Path, int]:
        raise OSError(errno.ENOSPC, "No space left on device", str(file))

    monkeypatch.setattr(files, "_file_beside", full)
    status, out, err = ask("--yes")
    assert (status, out) == (Exit.FAULT, "")
    assert "There is no room left on the disk" in err
    assert Path("kata.html").read_text() == "older"


def test_ctrl_c_leaves_no_file(ask, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    status, out, err = ask(result=run_of(interrupted=True))
    assert (status, out, err) == (Exit.INTERRUPTED, "", "grader: broken off; no report is written\n")

    def interrupted(*arguments: object, **options: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(one_file, "svg", interrupted)
    assert ask()[0] == Exit.INTERRUPTED
    assert os.listdir() == []


def test_what_is_our_own_fault_is_told_and_the_rest_is_written(  # type: ignore[no-untyped-def]
    ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> str:
        raise RuntimeError("no font")

    monkeypatch.setattr(one_file, "svg", fail)
    status, out, err = ask()
    assert (status, out) == (Exit.FAULT, "the report is written to kata.html\n")
    assert "the grader's own fault" in err
    assert "no font" not in err
    assert "no font" in ask("--yes", "--verbose")[2]


def test_a_tree_of_somebody_else_is_judged_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = DAY.file_in(tmp_path / "theirs")
    file.parent.mkdir(parents=True)
    solution = DAY.solution.read_text(encoding="utf-8")
    file.write_text(
        f"{solution}\n\ndef one_hot(labels, n_classes):\n"
        '    """<script>docstring</script>"""\n'
        "    print('<script>output</script>')\n"
        "    return '<script>value</script>'\n",
        encoding="utf-8",
    )
    assert cli.main(["report", "--from", "theirs", "--day", "day02", "-o", "theirs.html"]) == Exit.DONE
    assert capsys.readouterr().out == "the report is written to theirs.html\n"
    text = Path("theirs.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;output&lt;/script&gt;" in part_of(text, "one_hot")
    assert "<h4>reference</h4>" not in part_of(text, "one_hot")
    assert "<h4>reference</h4>" in part_of(text, "life_step")
    assert "data:image/svg+xml" in part_of(text, "life_step")
    assert "thead" in part_of(text, "life_step")  # the comparison
    assert not re.search(r"\bx\d", text)  # nobody's bests but theirs
    assert sorted(os.listdir()) == ["theirs", "theirs.html"]
