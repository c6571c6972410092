"""Answers put into a learner's file: helpers that are said in several statements go in whole, and nothing else is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.kata import catalogue, workspace
from grader.notebook_files import document
from grader.notebook_files.answers import answers_of, opened
from grader.notebook_files.document import Cell
from grader.notebook_files.taking import Taken, take

DAY = catalogue.find_day("day01")
STUB = workspace.stub_of(DAY)
HEAD, FIRST, REST = STUB.partition("def softmax")
SOFTMAX = "def softmax(x, axis=-1):\n    return h(x) + EPS\n"
STANDARDIZE = "def standardize(x, axis=0, eps=1e-6):\n    return x / FLOOR\n"
IN_THREE = "EPS = 1e-6\nEPS = EPS / 2\nEPS = max(EPS, 0)\n"
RULE = "@h.defjvp\ndef h_jvp(primals, tangents):\n    return h(*primals), tangents[0]\n"
HELPER = "import jax\n@jax.custom_jvp\ndef h(x):\n    return x\n"


def with_head(lines: str) -> str:
    """The stubs of day 1, below these lines and the imports."""
    return f"{HEAD}{lines}\n\n{FIRST}{REST}"


def taken(tmp_path: Path, text: str, *cells: str) -> Taken:
    """What a text becomes by the answers in the cells of a notebook."""
    file = tmp_path / "mine.ipynb"
    file.write_bytes(
        document.document([Cell("code", cell, f"cell-{number}") for number, cell in enumerate(cells)])
    )
    return take(text, DAY, list(answers_of(opened(file), DAY).found.values()))


def softmax(*lines: str) -> str:
    """A cell that answers softmax below these lines."""
    return f"%%grade day01.softmax\n{''.join(lines)}{SOFTMAX}"


@pytest.mark.parametrize("cell", [softmax(IN_THREE), softmax("EPS = 2\nEPS = EPS / 2\nEPS = max(EPS, 0)\n")])
@pytest.mark.parametrize("before", ["", "# how small\n", "# one\nEPS = 3\n\n"])
def test_what_stands_beside_a_replaced_helper_stays(cell: str, before: str, tmp_path: Path) -> None:
    mine = with_head(f"{before}EPS = 1e-6\nFLOOR = 1e-3\nTOP = 5\n{STANDARDIZE}")
    found = taken(tmp_path, mine, cell)
    assert not found.clashes
    assert f"FLOOR = 1e-3\nTOP = 5\n{STANDARDIZE}" in found.text
    assert found.text.count("EPS = ") == 3
    again = taken(tmp_path, found.text, cell)
    assert (again.text, again.same) == (found.text, ["softmax"])


def test_lines_that_would_be_lost_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.notebook_files import taking

    mine = with_head(f"EPS = 1e-6\nFLOOR = 1e-3\n{STANDARDIZE}")
    right = taking._File._changed
    monkeypatch.setattr(taking._File, "_changed", lambda self: right(self).replace("FLOOR = 1e-3\n", ""))
    found = taken(tmp_path, mine, softmax(IN_THREE))
    assert (found.text, found.clashes) == (mine, {"softmax": "it would change other lines of your file"})


def test_a_helper_bound_more_than_once_goes_in_whole(tmp_path: Path) -> None:
    for lines in ("EPS = 1e-6\n", "EPS = EPS / 2\n", "EPS = EPS / 2\nEPS = 1e-6\n"):
        found = taken(tmp_path, with_head(f"EPS = 1e-6\n{lines}"), softmax("EPS = 1e-6\nEPS = EPS / 2\n"))
        assert [line for line in found.text.splitlines() if line.startswith("EPS")] == [
            "EPS = 1e-6",
            "EPS = EPS / 2",
        ]
        assert not found.remarks


def test_helpers_of_two_cells_are_compared_whole(tmp_path: Path) -> None:
    other = f"%%grade day01.masked_mean\n{IN_THREE}def masked_mean(x, mask):\n    return EPS\n"
    assert not taken(tmp_path, STUB, softmax(IN_THREE), other).remarks
    assert taken(tmp_path, STUB, softmax("EPS = 1e-6\n"), other).remarks == [
        "`EPS` is one thing in cell 1 and another in cell 2; in one file the last one holds for both"
    ]


def test_the_rule_of_an_exercise_goes_in_once(tmp_path: Path) -> None:
    rule = RULE.replace("h.", "softmax.").replace("h_jvp", "softmax_jvp")
    cell = f"import jax\n@jax.custom_jvp\n{SOFTMAX}\n\n{rule}"
    found = taken(tmp_path, STUB, f"%%grade day01.softmax\n{cell}")
    assert found.text.count(rule) == 1
    again = taken(tmp_path, found.text, f"%%grade day01.softmax\n{cell}")
    assert again.text == found.text


@pytest.mark.parametrize(
    ("earlier", "completing"),
    [
        (HELPER, RULE),
        (HELPER, "def rule(p, t):\n    return p[0], t[0]\nh.defjvp(rule)\n"),
        (
            "import jax\nclass h:\n    pass\n",
            "from jax.tree_util import register_pytree_node\nregister_pytree_node(h, lambda p: ((), 0), lambda a, c: h())\n",
        ),
        ("h = {}\n", "THREE = 3\nh['a'] = THREE\n"),
        ("h = {}\n", "for key in 'ab':\n    h[key] = 3\n"),
        ("def h(x):\n    return x\n", "h.calls = 0\n"),
    ],
)
def test_what_completes_a_helper_comes_along(earlier: str, completing: str, tmp_path: Path) -> None:
    cells = (earlier, completing, softmax("EPS = 1\n"))
    found = taken(tmp_path, STUB, *cells)
    at = [
        found.text.find(line) for line in ["h = {" if "h = {" in earlier else "h", *completing.splitlines()]
    ]
    assert -1 not in at
    assert found.text.index(completing.splitlines()[-1]) < found.text.index(SOFTMAX)
    compile(found.text, "day01", "exec")
    assert taken(tmp_path, found.text, *cells).text == found.text
    other = taken(tmp_path, found.text, earlier, softmax("EPS = 1\n", "h = 7\n"))
    assert completing.splitlines()[-1] not in other.text


def test_what_only_looks_at_a_helper_stays_in_the_notebook(tmp_path: Path) -> None:
    looks = "h(3)\nprint(h)\nassert h(3)\ny = h(2)\nlen(h)\n"
    others = "@jax.jit\ndef unused(x):\n    return x\n@other.defjvp\ndef other_jvp(p, t):\n    return p, t\n"
    replaced, helper = "def h(x):\n    return 2 * x\n", "def h(x):\n    return x\n"
    found = taken(tmp_path, STUB, replaced, RULE, helper, looks, others, softmax("EPS = 1\n"), RULE)
    assert "def h(x):\n    return x\n" in found.text
    for line in [*looks.splitlines(), "unused", "other_jvp", "h_jvp", "2 * x"]:
        assert line not in found.text


def test_what_a_helper_is_made_of_comes_along(tmp_path: Path) -> None:
    found = taken(tmp_path, STUB, "EPS = 9", "EPS = 1e-6", "EPS = EPS / 2", "EPS = max(EPS, 0)", softmax())
    assert "EPS = 9" not in found.text
    assert [line for line in found.text.splitlines() if line.startswith("EPS")] == IN_THREE.splitlines()
