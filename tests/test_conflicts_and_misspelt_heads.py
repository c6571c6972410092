"""What Python cannot read for a reason that people know: marks of a conflict in git, a misspelt `def`."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.source.learner_file import LearnerFile
from grader.source.loading import load

TWO_VERSIONS = "<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> theirs\n"
REST = "\n\ndef masked_mean(x, mask):\n    return 1\n"


def loaded(tmp_path: Path, text: str) -> LearnerFile:
    file = tmp_path / "arrays.py"
    file.write_text(text, encoding="utf-8")
    return load(file)


BODIES = TWO_VERSIONS.format(ours="    return x\n", theirs="    return 2 * x\n")
WHOLE = TWO_VERSIONS.format(
    ours="def softmax(x):\n    return x\n", theirs="def softmax(x):\n    return 2 * x\n"
)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"def softmax(x):\n{BODIES}", "Lines 2, 4 and 6"),
        (WHOLE, "Lines 1, 4 and 7"),
        (WHOLE.replace("=======", "||||||| base\n======="), "Lines 1, 4, 5 and 8"),
        ("def softmax(x):\n    return x\n=======\n    return 2\n", "Line 3"),  # mended by half
    ],
    ids=["of a body", "of a whole function", "with what there was before", "of which a line is left"],
)
def test_a_conflict_of_git_is_told_as_one_and_costs_what_it_is_about(
    tmp_path: Path, text: str, lines: str
) -> None:
    file = loaded(tmp_path, text + REST)
    (problem,) = file.problems
    assert problem.message.startswith(f"{lines} of arrays.py ")
    assert "git has put" in problem.message
    assert "Keep one of the two versions" in problem.hint
    assert file.broken == {"softmax": problem}
    assert "masked_mean" in file.lines


@pytest.mark.parametrize(
    "text",
    [
        "def softmax(x):\n    '''Title\n=======\n    '''\n    return (x\n",
        "def softmax(x):\n    '''<<<<<<< not git'''\n    return (x\n",
        "def softmax(x):\n    return x <<<<<<< 3\n",
    ],
    ids=["a heading", "in a line", "an operator"],
)
def test_what_only_looks_like_a_conflict_is_not_told_as_one(tmp_path: Path, text: str) -> None:
    (problem,) = loaded(tmp_path, text + REST).problems
    assert problem.message.startswith("SyntaxError on line ")


@pytest.mark.parametrize("head", ["dfe softmax(x):", "deff softmax(x):", "Def softmax (x):", "clas softmax:"])
def test_a_misspelt_head_is_told_once_as_what_is_the_matter_with_its_exercise(
    tmp_path: Path, head: str
) -> None:
    file = loaded(tmp_path, f"{head}\n    return x\n{REST}")
    (problem,) = file.problems
    assert file.absence("softmax") is problem


def test_other_words_before_a_name_define_nothing(tmp_path: Path) -> None:
    file = loaded(tmp_path, f"print softmax(x):\n    return x\n{REST}")
    assert file.broken == {}
