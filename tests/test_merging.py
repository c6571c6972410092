"""New stubs come into a learner's file exercise by exercise, and no line of theirs is lost."""

from __future__ import annotations

import codecs

import pytest

from grader.kata import catalogue, workspace
from grader.kata.merging import Merged, merge

OLD = '''"""Day 1: averages.

Lesson: README.md beside this file.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float


def mean(x: Float[Array, " n"]) -> Float[Array, ""]:
    """Average all entries."""
    # Your code here: about 1 line.
    raise NotImplementedError


def norm(x: Float[Array, " n"]) -> Float[Array, ""]:
    """Measure the length."""
    # Your code here: about 2 lines.
    raise NotImplementedError


class Pair:
    """Two things."""

    def swap(self):
        """Turn around."""
        # Your code here: about 1 line.
        raise NotImplementedError


def rank(x: Float[Array, " n"]) -> Float[Array, " n"]:
    """★ Say where each entry stands."""
    # Your code here: about 3 lines.
    raise NotImplementedError
'''
NEW = '''"""Day 1: averages, anew.

Lesson: README.md beside this file.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def mean(x: Float[Array, " n"]) -> Float[Array, ""]:
    """Average all entries; of none it is nan."""
    # Your code here: about 1 line.
    raise NotImplementedError


def count(x: Int[Array, " n"]) -> Int[Array, ""]:
    """Count what is not 0."""
    # Your code here: about 1 line.
    raise NotImplementedError


def norm(x: Float[Array, " n"], eps: float = 0.0) -> Float[Array, ""]:
    """Measure the length."""
    # Your code here: about 4 lines.
    raise NotImplementedError


class Pair:
    """Two things, in order."""

    def swap(self):
        """Turn around."""
        # Your code here: about 1 line.
        raise NotImplementedError


def order(x: Float[Array, " n"]) -> Float[Array, " n"]:
    """★ Sort."""
    # Your code here: about 1 line.
    raise NotImplementedError
'''
MEAN = '    """Average all entries."""\n    # Your code here: about 1 line.\n    raise NotImplementedError\n'
ANSWER = '    """Average all entries."""\n    return x.mean()  # mine\n'
MINE = OLD.replace(MEAN, ANSWER)


def brought(mine: str, *known: str, new: str = NEW) -> tuple[str, Merged]:
    """The learner's file with the new stubs, and what was done."""
    merged = merge(mine.encode(), known, new)
    return mine if merged.content is None else merged.content.decode(), merged


def test_an_untouched_file_becomes_the_new_one() -> None:
    text, merged = brought(OLD, OLD)
    assert text == NEW
    assert (merged.replaced, merged.added, merged.removed) == (
        ("mean", "norm", "Pair"),
        ("count", "order"),
        ("rank",),
    )


def test_an_answer_stays_and_all_else_comes_anew() -> None:
    text, merged = brought(MINE, OLD)
    fresh = MEAN.replace("entries", "entries; of none it is nan")
    assert text == NEW.replace(fresh, ANSWER)
    assert merged.replaced == ("norm", "Pair")
    assert merged.imports == ("import jax", "from jaxtyping import Int")
    (change,) = merged.changed
    assert change.name == "mean"
    assert change.diff[-2:] == (
        '-    """Average all entries."""',
        '+    """Average all entries; of none it is nan."""',
    )
    assert brought(text, OLD, NEW) == (text, Merged())  # and that was all


def test_helpers_remarks_and_imports_of_the_learner_stay() -> None:
    mine = MINE.replace("import jax.numpy as jnp\n", "import jax.numpy as jnp  # numbers\nimport functools\n")
    mine = mine.replace("def norm", "# I begin here tomorrow\ndef norm")
    mine += "\n\nmean = functools.partial(mean)\nif __name__ == '__main__':\n    print(mean)"
    text, merged = brought(mine, OLD)
    assert merged.imports == ("import jax", "from jaxtyping import Int")
    assert "import jax.numpy as jnp  # numbers\nimport functools\n" in text
    assert "from jaxtyping import Array, Float\nimport jax\nfrom jaxtyping import Int\n\n\ndef mean" in text
    assert '# I begin here tomorrow\ndef norm(x: Float[Array, " n"], eps' in text
    assert text.index("def count") < text.index("# I begin here tomorrow")
    assert text.endswith("mean = functools.partial(mean)\nif __name__ == '__main__':\n    print(mean)\n")
    assert text.startswith('"""Day 1: averages, anew.')


def test_an_import_that_the_learners_code_needs_is_not_taken_away() -> None:
    new = NEW.replace("import jax.numpy as jnp\n", "")
    text, _ = brought(MINE, OLD, new=new)
    assert "import jax.numpy as jnp\n" in text
    assert "from jaxtyping import Int\n" in text


def test_a_name_that_means_something_else_is_told() -> None:
    mine = MINE.replace("import jax.numpy as jnp\n", "import jax.numpy as jnp\nInt = int\n")
    text, merged = brought(mine, OLD)
    assert merged.clashes == ("from jaxtyping import Int",)
    assert merged.imports == ("import jax",)
    assert "Int = int\n" in text


def test_the_same_thing_imported_in_another_way_will_do() -> None:
    mine = MINE.replace(
        "from jaxtyping import Array, Float\n",
        "from jaxtyping import *\nfrom jaxtyping import Array, Float, Int\n",
    )
    assert brought(mine, OLD)[1].imports == ("import jax",)


def test_exercises_that_are_no_more_stay_where_somebody_wrote_one() -> None:
    mine = OLD.replace("about 3 lines.\n    raise NotImplementedError", "mine\n    return x")
    text, merged = brought(mine, OLD)
    assert (merged.gone, merged.removed) == (("rank",), ())
    assert "# Your code here: mine\n    return x\n" in text
    assert "def rank" not in brought(MINE, OLD)[0]


def test_an_exercise_that_was_deleted_is_told_and_not_brought_back() -> None:
    mine = MINE[: MINE.index("class Pair")] + MINE[MINE.index("def rank") :]
    text, merged = brought(mine, OLD)
    assert merged.deleted == ("Pair",)
    assert "class Pair" not in text


def test_an_exercise_made_by_an_assignment_is_the_learners() -> None:
    mine = MINE[: MINE.index("class Pair")] + "Pair = tuple\n\n\n" + MINE[MINE.index("def rank") :]
    text, merged = brought(mine, OLD)
    assert (merged.deleted, [change.name for change in merged.changed]) == ((), ["mean", "Pair"])
    assert "Pair = tuple\n" in text
    assert "class Pair" not in text


def test_of_two_definitions_both_stay() -> None:
    mine = MINE + "\n\ndef norm(x):\n    return x\n"
    text, merged = brought(mine, OLD)
    assert "norm" not in merged.replaced
    assert text.count("def norm(") == 2


def test_a_note_in_a_stub_is_the_learners() -> None:
    note = MEAN.replace("    raise", "    # how does jnp.mean do it?\n    raise")
    text, merged = brought(OLD.replace(MEAN, note), OLD)
    assert note in text
    assert [change.name for change in merged.changed] == ["mean"]


def test_a_stub_of_any_version_is_untouched() -> None:
    between = OLD.replace("Measure the length.", "Measure how long.")
    mine = MINE.replace("Average", "My average")
    text, merged = brought(mine, OLD, between)  # it still has the first version's stub
    assert "norm" in merged.replaced
    assert "eps: float = 0.0" in text


def test_without_originals_stubs_are_known_by_their_looks() -> None:
    text, merged = brought(MINE)
    assert merged.replaced == ("norm", "Pair")
    assert merged.added == ("count", "order")
    assert [change.name for change in merged.changed] == ["mean"]
    assert ANSWER in text
    assert "def rank" in text  # nobody knows that it was an exercise
    assert "from jaxtyping import Int\n" in text
    note = MINE.replace("    # Your code here: about 2 lines.\n", "    # the root of a sum\n")
    assert "# the root of a sum\n    raise NotImplementedError\n" in brought(note)[0]
    decorated = MINE.replace("def norm", "@jax.jit\ndef norm")
    assert "norm" not in brought(decorated)[1].replaced
    untouched = OLD[: OLD.index("\n\ndef rank")]
    assert brought(untouched)[0] == NEW
    assert brought(untouched.replace("import jax", "# mine\nimport jax"))[0] != NEW


@pytest.mark.parametrize(
    "broken",
    [
        "    return (x\n",
        "    return x)\n",
        '    """never closed\n    return x\n',
        "    retrun x y\n",
        "\treturn x\n  return\n",
    ],
)
def test_what_is_no_python_is_not_touched(broken: str) -> None:
    mine = OLD.replace(MEAN, broken)
    text, merged = brought(mine, OLD)
    assert broken in text
    if merged.left:
        assert text == mine
    else:
        assert merged.broken == ("mean",)
        assert "of none it is nan" not in text
        assert "in order" in text  # a stub well below
        mended = text.replace(broken, MEAN)
        assert "of none it is nan" in brought(mended, OLD, NEW)[0]


@pytest.mark.parametrize(
    ("mine", "why"),
    [
        (
            OLD.replace(MEAN, "<<<<<<< HEAD\n    return x\n=======\n    pass\n>>>>>>> origin\n").encode(),
            "line 11 begins a conflict",
        ),
        (MINE.encode() + b"# \xe9\n", "not text in UTF-8"),
        (b"# -*- coding: latin-1 -*-\n" + MINE.encode(), "written in iso-8859-1"),
        (MINE.encode("utf-16"), "not text in UTF-8"),
    ],
    ids=["conflict", "bytes", "coding", "utf-16"],
)
def test_some_files_are_left_alone_and_it_is_said_why(mine: bytes, why: str) -> None:
    merged = merge(mine, [OLD], NEW)
    assert merged.content is None
    assert why in merged.left


def test_marks_and_line_ends_are_kept() -> None:
    mine = codecs.BOM_UTF8 + MINE.replace("\n", "\r\n").encode()
    content = merge(mine, [OLD], NEW).content
    assert content is not None
    assert content.startswith(codecs.BOM_UTF8 + b'"""Day 1')
    assert content.count(b"\n") == content.count(b"\r\n")
    assert content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").decode() == brought(MINE, OLD)[0]
    whole = merge(codecs.BOM_UTF8 + OLD.replace("\n", "\r\n").encode(), [OLD], NEW).content
    assert whole == codecs.BOM_UTF8 + NEW.replace("\n", "\r\n").encode()


def test_a_file_without_anything_gets_its_stubs() -> None:
    assert brought("", OLD)[0] == NEW
    assert brought("\n\n", OLD)[0] == NEW


def test_a_last_line_without_an_end_gets_one_where_something_follows() -> None:
    mine = MINE[: MINE.index("\n\nclass Pair")].rstrip() + "\n\n\ndef helper(x):\n    return x"
    text, _ = brought(mine)
    assert "def helper(x):\n    return x\n" in text
    compile(text, "mine", "exec")


def test_a_file_that_holds_nothing_of_the_kata_gets_all_of_it_below() -> None:
    text, merged = brought("x = 1\n")
    assert merged.added == ("mean", "count", "norm", "Pair", "order")
    assert text.startswith(
        "import jax\nimport jax.numpy as jnp\nfrom jaxtyping import Array, Float, Int\n\n\nx = 1\n"
    )
    compile(text, "mine", "exec")


@pytest.mark.parametrize("day", catalogue.days(), ids=lambda day: day.key)
def test_the_answers_of_every_day_survive_an_older_stub(day: catalogue.Day) -> None:
    """Answers in the place of every second stub; the other stubs, and some of the answers' ones, change."""
    stub, solution = workspace.stub_of(day), day.solution.read_text(encoding="utf-8")
    old, mine = stub, stub
    for number, exercise in enumerate(day.exercises):
        line = exercise.summary
        if number % 3:
            old = old.replace(line, f"{line} As it was.")
        if number % 2:
            block, answer = _block(stub, exercise.name), _block(solution, exercise.name)
            mine = mine.replace(block, answer)
    mine_then = mine
    for number, exercise in enumerate(day.exercises):
        if number % 3:
            mine_then = mine_then.replace(exercise.summary, f"{exercise.summary} As it was.")
    text, merged = brought(mine_then, old, new=stub)
    answered = [one for number, one in enumerate(day.exercises) if number % 2]
    for number, exercise in enumerate(day.exercises):
        expected = mine_then if number % 2 else stub
        assert _block(text, exercise.name) == _block(expected, exercise.name)
    told = [change.name for change in merged.changed]
    assert told == [one.name for one in answered if day.exercises.index(one) % 3]


def _block(text: str, name: str) -> str:
    from grader.kata.day_text import DayText

    return "\n".join(DayText(text).block(name)) + "\n"
