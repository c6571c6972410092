"""Days as notebooks, and the answers of notebooks in files: nothing is lost on the way, and what is no notebook is told."""

from __future__ import annotations

import io
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from grader import cli
from grader.commands import grade, notebook_answers
from grader.kata import catalogue, home, workspace
from grader.kata.answers import waves
from grader.notebook_files import document, lesson, writing
from grader.notebook_files.answers import answers_of, opened
from grader.notebook_files.document import Cell, NoNotebook
from grader.notebook_files.magics import python_in
from grader.notebook_files.taking import Taken, take
from grader.record.store import FOLDER
from grader.results import RunResult
from grader.source.pieces import pieces
from grader.source.syntax import is_stub, parse
from tests.sampling import sample, settle

DAYS = catalogue.days()
DAY = catalogue.find_day("day01")
STUB = workspace.stub_of(DAY)
SOFTMAX = """\
def softmax(x, axis=-1):
    weights = jnp.exp(x - x.max(axis=axis, keepdims=True))
    return weights / weights.sum(axis=axis, keepdims=True)
"""
MASKED_MEAN = "def masked_mean(x, mask):\n    return total(x, mask) / 2\n"


def cells_of(content: bytes) -> list[dict[str, Any]]:
    """The cells of a notebook, with their sources as text."""
    return [cell | {"source": "".join(cell["source"])} for cell in json.loads(content)["cells"]]


def graded(name: str, text: str) -> str:
    return f"%%grade day01.{name}\n{text}"


Notebook = Callable[..., Path]


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """Write a notebook with these texts in code cells."""

    def write(*texts: str, name: str = "mine.ipynb") -> Path:
        file = tmp_path / name
        file.write_bytes(
            document.document([Cell("code", text, f"cell-{number}") for number, text in enumerate(texts)])
        )
        return file

    return write


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A learner's tree with the stubs of day 1."""
    workspace.write_stubs([DAY], tmp_path / "tree")
    return tmp_path / "tree"


Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run the command line in an empty folder: its exit status, what it printed, and what on standard error."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "progress"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        status = cli.main([*map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def taken(file: Path, text: str = STUB) -> Taken:
    """What a text becomes by the answers of a notebook."""
    return take(text, DAY, list(answers_of(opened(file), DAY).found.values()))


# ---- days as notebooks


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.key)
def test_a_day_is_a_sound_notebook_with_its_lesson_its_imports_and_a_cell_for_each_exercise(
    day: catalogue.Day,
) -> None:
    content = writing.notebook(day)
    assert content == writing.notebook(day)
    cells = cells_of(content)
    titles = [cell["source"].partition("\n")[0] for cell in cells if cell["cell_type"] == "markdown"]
    assert titles[0] == f"# Day {day.number}: {day.title}"
    code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    assert code[0].endswith("%load_ext grader")
    assert code[1].startswith(("import ", "from "))
    assert code[-1] == "%progress"
    stub = workspace.stub_of(day)
    answers = [text.partition("\n") for text in code if text.startswith("%%grade")]
    assert [first for first, _, _ in answers] == [f"%%grade {day.key}.{one.name}" for one in day.exercises]
    for (_, _, text), exercise in zip(answers, day.exercises, strict=True):
        (node,) = parse(text).body
        assert node.name == exercise.name
        assert text in stub
        assert is_stub(node)
        assert f"{'★ ' if exercise.stretch else ''}{exercise.name}" in [title[4:] for title in titles]
    rest = "\n".join(code[1:-1])
    assert all(line in rest for line in stub.splitlines() if re.match(r"import |from |class ", line))


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.key)
def test_it_is_of_the_format_that_it_claims(day: catalogue.Day) -> None:
    nbformat = pytest.importorskip("nbformat", reason="it knows what a notebook has to be")
    found = nbformat.reads(writing.notebook(day).decode(), as_version=nbformat.NO_CONVERT)
    assert (found.nbformat, found.nbformat_minor) == (4, 5)
    nbformat.validate(found)
    assert nbformat.writes(found).encode() == writing.notebook(day).removesuffix(b"\n")


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.key)
def test_the_whole_lesson_is_in_it_and_its_pictures_are(day: catalogue.Day) -> None:
    text = (catalogue.LESSONS / day.folder / "README.md").read_text(encoding="utf-8")
    found = [cell.text for cell in lesson.cells(day)]
    assert len(found) >= 4
    named = re.findall(r"!\[[^]]*\]\((\w+)\.svg\)", text)
    pictures = [
        match for section in found for match in re.findall(r"\]\(data:image/png;base64,([^)]*)\)", section)
    ]
    assert len(pictures) == len(named)
    # By this parser, as by that of VS Code, a data address of SVG is no image.
    assert "".join(map(MarkdownIt("commonmark").render, found)).count("<img ") == len(named)
    assert not re.search(
        r"\]\((?!data:|https?:)", re.sub(r"```.*?```|`[^`]*`", "", "".join(found), flags=re.DOTALL)
    )
    without = re.sub(r"data:image/png;base64,[^)]*", "", "\n".join(found))
    _, _, body = text.partition("\n") if text.startswith("# ") else ("", "", text)
    assert without.split() == re.sub(r"\w+\.svg(?=\))", "", body).split()


def test_a_lesson_is_cut_at_headings_and_not_at_comments_in_its_code() -> None:
    text = (
        "# Title\n\nFirst.\n\n```python\n## no heading\n# none\n```\n\n"
        "## Second\n\n### not cut\n~~~\n```\n## no\n~~~\n## Third\n"
    )
    assert [section.strip() for section in lesson.sections(text)] == [
        "",
        "First.\n\n```python\n## no heading\n# none\n```",
        "## Second\n\n### not cut\n~~~\n```\n## no\n~~~",
        "## Third",
    ]


def test_answers_come_with_their_helpers_and_no_line_is_lost() -> None:
    helper = "# It helps.\ndef total(x):\n    return x.sum()\n    # so far\n"
    learner = (
        STUB.replace("import jax\n", "import math\nimport jax\n", 1)
        .replace("def softmax(", f"LIMIT = 3  # of mine\n\n\n{helper}\n\ndef softmax(")
        .replace("def kmeans_step(", "register(softmax)\n\n\ndef kmeans_step(")
    )
    learner = f"{learner}\n\nprint(softmax)  # to see it\n"
    cells = cells_of(writing.notebook(DAY, learner))
    texts = {cell["id"]: cell["source"] for cell in cells}
    assert "import math" in texts["given-1"]
    assert texts["softmax-answer"].startswith(f"%%grade day01.softmax\nLIMIT = 3  # of mine\n\n\n{helper}")
    assert texts["bilinear_sample-answer"].endswith("print(softmax)  # to see it")
    code = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "code")
    _, _, below = learner.partition('\n"""\n')
    assert [line for line in below.splitlines() if line and line not in code.splitlines()] == []


def test_a_file_with_a_broken_and_a_missing_exercise_has_both_in_its_notebook() -> None:
    (begin,) = [piece for piece in pieces(STUB) if "masked_mean" in piece.names]
    learner = STUB.replace(begin.text, "").replace("def rolling_mean(", "def rolling_mean((")
    texts = {cell["id"]: cell["source"] for cell in cells_of(writing.notebook(DAY, learner))}
    assert "def rolling_mean((" in texts["rolling_mean-answer"]
    assert begin.text.strip() in texts["masked_mean-answer"]


def test_a_notebook_is_written_where_it_was_asked_for_and_never_over_another(ask: Ask) -> None:
    file = Path("day01_pure_functions.ipynb")
    assert ask("notebook", "day01") == (0, f"{file}: written\n", "")
    assert file.read_bytes() == writing.notebook(DAY)
    assert ask("notebook", "day01") == (0, f"{file}: unchanged\n", "")
    file.write_bytes(b"mine")
    status, out, err = ask("notebook", "day01")
    assert (status, out) == (1, "")
    assert err == f"grader: {file} exists already; --yes writes over it, and keeps a copy beside it\n"
    assert file.read_bytes() == b"mine"
    status, out, _ = ask("notebook", "day01", "--yes")
    (copy,) = Path().glob("*.bak")
    assert (status, out) == (0, f"{file}: written\nas it was: {copy}\n")
    assert copy.read_bytes() == b"mine"
    assert file.read_bytes() == writing.notebook(DAY)


def test_all_days_go_into_a_folder(ask: Ask) -> None:
    status, out, _ = ask("notebook", "all", "-o", "some/where")
    assert status == 0
    assert sorted(path.name for path in Path("some/where").iterdir()) == [
        f"{day.folder}.ipynb" for day in DAYS
    ]
    assert len(out.splitlines()) == len(DAYS)
    (changed,) = Path("some/where").glob("day03*")
    changed.write_bytes(b"mine")
    status, out, err = ask("notebook", "all", "-o", "some/where")
    assert (status, out) == (1, "")
    assert str(changed) in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["notebook"], "takes a day"),
        (["notebook", "day01.softmax"], "not one exercise"),
        (["notebook", "day01", "-o", "lesson.py"], "ends with .ipynb"),
        (["notebook", "day01", "day02", "-o", "two.ipynb"], "-o takes a folder"),
        (["notebook", "day99"], "day99"),
        (["notebook", "day01", "--from", "nowhere"], "nowhere"),
        (["notebook", "--from-notebook", "nothing.ipynb"], "nothing.ipynb cannot be read: No such file"),
        (["notebook", "--from-notebook", "nothing.ipynb", "-o", "x.ipynb"], "--output is for writing"),
        (["day01", "--from-notebook", "nothing.ipynb"], "nothing.ipynb cannot be read"),
        (["day01", "--from-notebook", "nothing.ipynb", "--solutions"], "something else"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_meant_is_told_in_one_line(arguments: list[str], words: str, ask: Ask) -> None:
    status, out, err = ask(*arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert list(Path().iterdir()) == []


# ---- there and back


def _files() -> list[tuple[str, catalogue.Day, str]]:
    """Some learner's files: answers on file, right and wrong ones, and solutions."""
    known = [
        (f"{day.key} {kind} {number}", day, text)
        for day in DAYS
        for kind in ("right", "wrong")
        for number, (text, _) in enumerate(waves(kind, day))
    ]
    solved = [(f"{day.key} solved", day, day.solution.read_text(encoding="utf-8")) for day in DAYS]
    return [
        *sample(known, 8, "notebooks there and back"),
        *sample(solved, 3, "solved notebooks there and back"),
    ]


@pytest.mark.parametrize("case", _files(), ids=lambda case: case[0])
def test_answers_come_back_from_a_notebook_as_they_went_in(
    case: tuple[str, catalogue.Day, str], tmp_path: Path
) -> None:
    _, day, text = case
    file = tmp_path / "day.ipynb"
    file.write_bytes(writing.notebook(day, text))
    answers = list(answers_of(opened(file), day).found.values())
    there = {name for piece in pieces(text) for name in piece.names} & {one.name for one in day.exercises}
    own = take(text, day, answers)
    assert own.text == text, own.changed
    assert set(own.same) == there
    fresh = take(workspace.stub_of(day), day, answers)
    assert {answer.exercise for answer in fresh.changed} == there, fresh.clashes
    assert take(fresh.text, day, answers).text == fresh.text
    if case[0].endswith("solved"):
        assert fresh.text == text


def _damaged(text: str, chance: random.Random) -> str:
    """A text with some lines spoilt: lost, doubled, indented, opened, ended in another way."""
    lines = text.splitlines(keepends=True)
    odd = ['"""\n', "(\n", "x = 1; y = 2\n", "    # c\n", "<<<<<<< HEAD\n", "@dec\n", "\f\n", "%time f\n"]
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(lines))
        before = lines[max(at - 8, 0) : at]
        ways = [
            [],
            [lines[at].lstrip()],
            [f"    {lines[at]}"],
            [lines[at].replace("(", "((", 1)],
            [lines[at].replace("\n", "\r\n")],
            [chance.choice(odd), lines[at]],
            [*before, lines[at]],
        ]
        lines[at : at + 1] = chance.choice(ways)
    return "".join(lines)


@pytest.mark.parametrize("number", range(12))
def test_of_a_damaged_file_nothing_is_lost_either(number: int, tmp_path: Path) -> None:
    chance = random.Random(f"{settle()} damaged {number}")
    day = chance.choice(DAYS)
    names = {exercise.name for exercise in day.exercises}
    text = _damaged(chance.choice([workspace.stub_of(day), waves("right", day)[0][0]]), chance)
    assert "".join(piece.text for piece in pieces(text)) == text

    file = tmp_path / "day.ipynb"
    file.write_bytes(writing.notebook(day, text))
    code = [line for cell in cells_of(file.read_bytes()) for line in re.split(r"\r?\n", cell["source"])]
    docstring = re.split(r'\r?\n"""\r?\n', text)[0]
    lines = [line for line in re.split(r"\r?\n", text.removeprefix(docstring)) if line.strip(' "\f')]
    assert [line for line in lines if line not in code] == []
    answers_of(opened(file), day)  # whatever it holds

    file.write_bytes(writing.notebook(day, day.solution.read_text(encoding="utf-8")))
    answers = list(answers_of(opened(file), day).found.values())
    half = take(text, day, answers[::2])
    untouched = names - {answer.exercise for answer in half.changed}
    for piece in pieces(text):
        if piece.names & names and piece.names & names <= untouched:
            assert piece.text.strip() in half.text
    assert (
        take(half.text, day, [one for one in answers[::2] if one.exercise not in half.clashes]).text
        == half.text
    )


# ---- answers out of a notebook


def test_only_what_is_answered_goes_into_the_file_and_a_copy_is_kept(
    ask: Ask, tree: Path, notebook: Notebook
) -> None:
    file = DAY.file_in(tree)
    (begin,) = [piece for piece in pieces(STUB) if "masked_mean" in piece.names]
    mine = STUB.replace(begin.text, f"\n\n\n{MASKED_MEAN}")
    file.write_text(mine, encoding="utf-8")
    made = notebook(
        "%load_ext grader",
        "import jax.numpy as jnp\nimport numpy as onp",
        graded("softmax", SOFTMAX),
        graded("masked_mean", begin.text.strip()),
        "%progress",
    )
    status, out, err = ask("notebook", "--from-notebook", made, "--from", tree)
    assert (status, err) == (0, "")
    (copy,) = file.parent.glob("*.bak")
    assert copy.read_text(encoding="utf-8") == mine
    assert out.splitlines() == [
        f"day01 from {made} into {file}",
        "  taken     softmax",
        "  left      standardize, pairwise_squared_distances, kmeans_step, rolling_mean, bank_step, bilinear_sample: "
        "no cell is graded as it",
        "  left      masked_mean: only the stub",
        f"your file as it was: {copy}",
        "To grade it: python -m grader day01",
    ]
    (old,) = [piece for piece in pieces(STUB) if "softmax" in piece.names]
    assert file.read_text(encoding="utf-8") == mine.replace(old.text.strip(), SOFTMAX.strip())
    status, out, _ = ask("notebook", "--from-notebook", made, "--from", tree)
    assert "the same  softmax" in out
    assert len(list(file.parent.glob("*.bak"))) == 1


def test_an_answer_of_yours_is_replaced_after_a_yes(
    ask: Ask, tree: Path, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = DAY.file_in(tree)
    first = taken(notebook(graded("softmax", SOFTMAX))).text
    file.write_text(first, encoding="utf-8")
    made = notebook(graded("softmax", SOFTMAX.replace("weights", "w")))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    status, out, err = ask("notebook", "--from-notebook", made, "--from", tree)
    assert (status, out) == (1, "")
    assert "Replace your day01.softmax in" in err
    assert file.read_text(encoding="utf-8") == first
    assert ask("notebook", "--from-notebook", made, "--from", tree, "--yes")[0] == 0
    assert "w / w.sum" in file.read_text(encoding="utf-8")


def test_helpers_and_imports_come_along_from_the_cell_and_from_earlier_ones(notebook: Notebook) -> None:
    made = notebook(
        "import math\nfrom functools import partial\nimport jax.numpy as jnp",
        "FACTOR = 2  # of mine\n\n\ndef unused(): return math.pi",
        "def total(x, mask):\n    return partial(jnp.sum)(x * mask * FACTOR)",
        graded("masked_mean", f"# Mine.\nHALF = 0.5\n\n\n# It averages.\n{MASKED_MEAN}"),
    )
    found = taken(made)
    assert [answer.exercise for answer in found.changed] == ["masked_mean"]
    names = [name for piece in pieces(found.text) for name in piece.names]
    assert names.index("partial") < names.index("standardize")
    assert "unused" not in names
    assert "math" not in names
    (where,) = [
        number for number, line in enumerate(found.text.splitlines()) if line == "FACTOR = 2  # of mine"
    ]
    assert "\n".join(found.text.splitlines()[where:]).startswith(
        "FACTOR = 2  # of mine\n\n\ndef total(x, mask):\n    return partial(jnp.sum)(x * mask * FACTOR)\n\n\n"
        "# Mine.\nHALF = 0.5\n\n\n# It averages.\ndef masked_mean(x, mask):\n"
    )
    assert taken(made, found.text).text == found.text
    other = notebook(graded("masked_mean", f"# It averages.\n{MASKED_MEAN.replace('2', '3')}"))
    assert taken(other, found.text).text == found.text.replace("mask) / 2", "mask) / 3")


def test_what_an_answer_uses_is_what_the_cells_above_it_say(notebook: Notebook) -> None:
    made = notebook(
        "from functools import partial\nFACTOR = 2\nOTHER = 5",
        graded("masked_mean", "def masked_mean(x, mask):\n    return partial(FACTOR, LATER)\n"),
        "from functools import partial, reduce\nFACTOR = 3\nLATER = 4",
    )
    changed = [line for line in taken(made).text.splitlines() if line not in STUB.splitlines()]
    assert changed == [
        "from functools import partial",
        "LATER = 4",
        "FACTOR = 2",
        "def masked_mean(x, mask):",
        "    return partial(FACTOR, LATER)",
    ]


def test_a_helper_that_another_answer_uses_is_not_changed(notebook: Notebook) -> None:
    mine = taken(
        notebook(graded("softmax", f"def total(x):\n    return x.sum()\n\n\n{SOFTMAX}    return total(x)\n"))
    ).text
    other = "def total(x, mask):\n    return x.mean()\n\n\n"
    found = taken(notebook(graded("masked_mean", other + MASKED_MEAN)), mine)
    assert found.text == mine
    assert found.clashes == {
        "masked_mean": "your file has another `total`, which other exercises use; rename one of them"
    }
    both = notebook(graded("masked_mean", other + MASKED_MEAN), graded("softmax", other + SOFTMAX))
    assert [answer.exercise for answer in taken(both, mine).changed] == ["softmax", "masked_mean"]
    unlike = notebook(
        graded("softmax", f"total = 1\n{SOFTMAX}"), graded("masked_mean", f"total = 2\n{MASKED_MEAN}")
    )
    assert taken(unlike).remarks == [
        "`total` is one thing in cell 1 and another in cell 2; in one file the last one holds for both"
    ]


def test_an_import_that_means_something_else_in_the_file_is_told(notebook: Notebook) -> None:
    mine = taken(notebook("import numpy as np", graded("softmax", f"{SOFTMAX}    return np.exp(x)\n"))).text
    assert "import numpy as np\n" in mine
    made = notebook(
        "import jax.numpy as np", graded("masked_mean", "def masked_mean(x, mask):\n    return np.sum(x)\n")
    )
    assert taken(made, mine).clashes == {
        "masked_mean": "`np` is something else in your file, where other exercises use it"
    }


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_what_registers_a_class_is_replaced_with_it(end: str, notebook: Notebook, tmp_path: Path) -> None:
    day = catalogue.find_day("day07")
    text = workspace.stub_of(day).replace("\n", end)
    answer = "class Dual:\n    def __init__(self, value, tangent, label):\n        self.value = value\n"
    by_call = f"{answer}\n\njax.tree_util.register_pytree_node_class(Dual)\n"
    decorated = f"@jax.tree_util.register_pytree_node_class\n{answer}"

    def with_answer(before: str, cell: str) -> str:
        file = notebook(f"%%grade day07.Dual\n{cell}".replace("\n", end))
        return take(before, day, list(answers_of(opened(file), day).found.values())).text

    first = with_answer(text, by_call)
    assert first.count("register_pytree_node_class(Dual)") == 1
    assert with_answer(first, by_call) == first
    second = with_answer(first, decorated)
    assert decorated.replace("\n", end) in second
    assert "register_pytree_node_class(Dual)" not in second
    assert not re.search(r"(?<!\r)\n" if end == "\r\n" else r"\r", second)


def test_a_file_with_bytes_of_its_own_keeps_them(ask: Ask, tree: Path, notebook: Notebook) -> None:
    file = DAY.file_in(tree)
    old = b"\xef\xbb\xbf" + STUB.replace("\n", "\r\n").encode() + b"# \xff\r\n# the end"
    file.write_bytes(old)
    assert ask("notebook", "--from-notebook", notebook(graded("softmax", SOFTMAX)), "--from", tree)[0] == 0
    new = file.read_bytes()
    assert new.startswith(old[:200])
    assert new.endswith(b"# \xff\r\n# the end")
    assert SOFTMAX.replace("\n", "\r\n").encode() in new
    assert b"\n" not in new.replace(b"\r\n", b"")


def test_an_exercise_that_is_no_python_is_replaced_and_one_that_hides_another_is_left(
    notebook: Notebook,
) -> None:
    made = notebook(graded("softmax", SOFTMAX))
    (stub,) = [piece for piece in pieces(STUB) if "softmax" in piece.names]
    broken = STUB.replace("def softmax(", "def softmax((")
    assert taken(made, broken).text == STUB.replace(stub.text.strip(), SOFTMAX.strip())
    hidden = STUB.replace("def softmax(", "dfe softmax(").replace('"""Turn ', '""Turn ')
    found = taken(made, hidden)
    for name in {exercise.name for exercise in DAY.exercises} - {"softmax"}:
        (piece,) = [piece for piece in pieces(STUB) if name in piece.names]
        assert piece.text.strip() in found.text
    assert (found.text == hidden) == bool(found.clashes)


def test_the_last_cell_that_answers_counts_and_all_else_is_told(
    ask: Ask, tree: Path, notebook: Notebook
) -> None:
    made = notebook(
        graded("softmax", SOFTMAX.replace("weights", "first")),
        graded("softmax", "!ls\n" + SOFTMAX.replace("weights", "second")),
        graded("softmax", "def softmax(x, axis=-1):\n    raise NotImplementedError"),
        graded("softmax", "def softmax(x, axis=-1:\n    return x"),
        graded("masked_mean", "def masked_mean(x, mask):\n    return ("),
        graded("rolling_mean", "x = 1"),
        graded("sofftmax", SOFTMAX),
        "%%grade day01\nx = 2",
        "%%grade\ndef bank_step(balance, transaction):\n    return balance",
    )
    status, out, err = ask("notebook", "--from-notebook", made, "--from", tree, "day01")
    assert status == 1
    assert "taken     softmax, bank_step" in out
    assert "left      masked_mean: cell 5, line 3, is no Python" in out
    assert "left      rolling_mean: cell 6 does not define it" in out
    said = err.splitlines()
    assert "grader: softmax: 2 cells answer it; that of cell 2, the last, counts" in said
    assert "grader: softmax: `!ls` in cell 2 is left out" in said
    assert any(line.startswith("grader: softmax: cell 4, line 2, is no Python") for line in said)
    assert any("sofftmax" in line and "did you mean 'softmax'" in line for line in said)
    assert "grader: cell 8: %%grade day01 names no one exercise; it is left out" in said
    text = DAY.file_in(tree).read_text(encoding="utf-8")
    assert "second = jnp.exp" in text
    assert "first = " not in text


@pytest.mark.parametrize(
    ("cell", "python", "asked", "left_out"),
    [
        ("%%grade day01.softmax --speed --seed 4\nx = 1", "\nx = 1", "day01.softmax", ()),
        ("\n%%time\n%%grade --seed 4 softmax\nx = 1", "\n\n\nx = 1", "softmax", ("%%time",)),
        ("%%grade\nx = 1", "\nx = 1", "", ()),
        ("%%bash\nls", "", None, ()),
        ("%time f(x)\nx = 1", "\nx = 1", None, ("%time f(x)",)),
        ("def f(x):\n    %time x\n    return x", "def f(x):\n    pass\n    return x", None, ("%time x",)),
        ("files = !ls\nf?\n?f\nx = 1", "\n\n\nx = 1", None, ("files = !ls", "f?", "?f")),
        ("x = (5\n% 3)\ny = '''\n!ls\n'''", "x = (5\n% 3)\ny = '''\n!ls\n'''", None, ()),
        ("!echo it's (here\nx = 1\n%who", "\nx = 1\n", None, ("!echo it's (here", "%who")),
        ("x = y != z", "x = y != z", None, ()),
        ("%%grade 'open\nx = 1", "\nx = 1", "'open", ()),
        ("%%grade --seed 3 day01.softmax\nx = 1", "\nx = 1", "day01.softmax", ()),
    ],
)
def test_a_cell_without_what_is_no_python(
    cell: str, python: str, asked: str | None, left_out: tuple[str, ...]
) -> None:
    found = python_in(cell)
    assert (found.text, found.asked, found.left_out) == (python, asked, left_out)


# ---- what is no notebook


def _with(**changes: Any) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [], **changes}).encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no JSON"),
        (b"def softmax(x): ...", "holds no JSON"),
        (b"[" * 100_000, "holds no JSON"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "holds no text"),
        (b"[1, 2]", "holds no JSON object"),
        (b"{}", "holds no cells"),
        (_with(cells="none"), "holds no cells"),
        (_with(nbformat=None), "holds no cells"),
        (_with(nbformat=3, worksheets=[]), "old format 3; bring it to format 4 first: jupyter nbconvert"),
        (_with(nbformat=5), "format 5; this kata reads format 4"),
        (_with(), "has no cell that begins with %%grade"),
        (_with(cells=[None, 3, {"cell_type": "code"}, {"source": [1, None]}]), "has no cell that begins"),
    ],
)
def test_what_is_no_notebook_is_told_in_one_line(
    content: bytes, words: str, ask: Ask, tree: Path, tmp_path: Path
) -> None:
    file = tmp_path / "odd.ipynb"
    file.write_bytes(content)
    for arguments in (["notebook", "--from", tree], ["day01"]):
        status, out, err = ask(*arguments, "--from-notebook", file)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert words in err
    assert DAY.file_in(tree).read_text(encoding="utf-8") == STUB


def test_a_folder_and_a_huge_file_are_no_notebooks(tmp_path: Path) -> None:
    with pytest.raises(NoNotebook, match="is a folder"):
        document.read(tmp_path)
    huge = tmp_path / "huge.ipynb"
    with huge.open("wb") as file:
        file.truncate(document.LARGEST + 1)
    with pytest.raises(NoNotebook, match="more than the 64 that are read; clear its outputs first"):
        document.read(huge)


def test_a_notebook_of_another_day_is_told(ask: Ask, tree: Path, notebook: Notebook) -> None:
    made = notebook(graded("softmax", SOFTMAX))
    for arguments in (["notebook", "day02", "--from", tree], ["day02"]):
        status, out, err = ask(*arguments, "--from-notebook", made)
        assert (status, out) == (2, "")
        assert err == f"grader: {made} holds nothing of day02; it is of day01\n"


def test_a_notebook_that_was_run_and_saved_elsewhere_is_read(tmp_path: Path) -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": ["%%grade day01.masked_mean\n"]}]
    cell = {"cell_type": "code", "execution_count": 7, "metadata": {"x": 1}, "outputs": outputs}
    text = graded("softmax", SOFTMAX).replace("\n", "\r\n")
    strange = {**cell, "source": "%%grade day01.bank_step\nbank_step = '\ud800'"}
    content = _with(
        nbformat_minor=2, cells=[cell | {"source": text}, cell | {"source": text.splitlines(True)}, strange]
    )
    (tmp_path / "odd.ipynb").write_bytes(b"\xef\xbb\xbf" + content)
    read = opened(tmp_path / "odd.ipynb")
    assert read.remarks == ["cell 3: it holds what is no text, and is left out"]
    answers = answers_of(read, DAY)
    assert list(answers.found) == ["softmax"]
    assert take(STUB, DAY, list(answers.found.values())).text.count(SOFTMAX) == 1


def test_cells_that_nobody_wrote_take_no_time(notebook: Notebook) -> None:
    long = "x = (\n" * 12_000
    made = notebook(long, graded("softmax", long), graded("bank_step", long * 2), "!ls\n" * 5_000)
    read = opened(made)
    assert read.remarks == ["cell 3: it has more than 100,000 characters, and is left out"]
    assert answers_of(read, DAY).left["softmax"].startswith("cell 2, line")


# ---- a notebook graded as it is


def test_a_notebook_is_graded_without_touching_anything(notebook: Notebook, tmp_path: Path) -> None:
    made = notebook(
        "def largest(x, axis):\n    return x.max(axis=axis, keepdims=True)",
        graded("softmax", SOFTMAX.replace("x.max(axis=axis, keepdims=True)", "largest(x, axis)")),
        graded("masked_mean", "def masked_mean(x, mask):\n    return ("),
        graded("bank_step", "def bank_step(balance, transaction):\n    return balance + transaction, True"),
    )
    record = tmp_path / "record"
    selectors = ["day01.softmax", "day01.masked_mean", "day01.bank_step", "day01.rolling_mean"]
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "grader",
            *selectors,
            "--from-notebook",
            made,
            "--no-speed",
            "--format",
            "json",
        ],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, FOLDER: str(record)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1, ended.stderr
    (day,) = json.loads(ended.stdout)["days"]
    statuses = {one["name"]: one["status"] for one in day["exercises"]}
    assert statuses == {
        "softmax": "passed",
        "masked_mean": "error",
        "bank_step": "failed",
        "rolling_mean": "todo",
    }
    (file,) = record.glob("from-notebook/*/day01_pure_functions/pure_functions.py")
    assert "# cell 4 of mine.ipynb\ndef bank_step" in file.read_text(encoding="utf-8")
    assert not (record / "progress.sqlite3").exists()  # others' answers are no progress of one's own


def test_where_nothing_can_be_kept_a_notebook_is_graded_all_the_same(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv(FOLDER, str(tmp_path / "file"))
    _, tree = notebook_answers.tree_from(notebook(graded("softmax", SOFTMAX)), catalogue.select(["day01"]))
    assert SOFTMAX in DAY.file_in(tree).read_text(encoding="utf-8")


def test_a_notebook_is_graded_where_there_is_no_workspace(
    ask: Ask, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> Path:
        raise home.NoWorkspace("there is no kata here")

    monkeypatch.setattr(home, "exercises", none)
    monkeypatch.setattr(grade, "_grade", lambda *_: RunResult("", "", "", 0, ()))
    made = notebook(graded("softmax", SOFTMAX))
    assert ask("day01", "--from-notebook", made)[0] != 2
    assert ask("day01")[0] == 2
    both = ask("day01", "--from-notebook", made, "--solutions")
    assert both[0] == 2
    assert "--from-notebook names what is graded" in both[2]
