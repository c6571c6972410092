"""A syntax error costs the block that holds it: all else of the file stays, with its decorators and on its lines."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.kata import catalogue
from grader.source.blocks import parsed
from grader.source.edits import edited_exercise
from grader.source.fingerprints import sources
from grader.source.layout import Place, layout
from grader.source.learner_file import LearnerFile
from grader.source.loading import load
from grader.source.scopes import Names
from grader.source.syntax import Definition, lines_of, name_defined, split_lines

HERE = Path(__file__).parent
AWKWARD = (HERE / "awkward.txt").read_bytes().decode()
DAYS = catalogue.days()


# ---- one definition broken in every way that comes to mind

# What somebody may type by mistake at the end of a line.
SLIPS = [
    "(",
    ")",
    "[",
    "}",
    "{x:",
    '"',
    "'",
    '"""',
    "'''",
    'f"{',
    'f"""{',
    " +",
    " $",
    " if",
    ":",
    "\\",
    "0x",
    " x y",
]


def breakages(own: list[str], head: int, first: int) -> Iterator[tuple[str, list[str]]]:
    """Ways to break a definition, and its lines thereafter. Its head and its body begin at these of its lines."""
    last = len(own) - 1
    middle = (first + last + 1) // 2
    for slip in SLIPS:
        for place, line in (("first", first), ("middle", middle), ("last", last)):
            if own[line].strip():
                yield f"{slip} on the {place} line", changed(own, line, own[line].rstrip() + f"{slip}\n")
    for bracket in "()[]{}":
        for line in [line for line in range(len(own)) if bracket in own[line]][-1:]:
            yield f"no {bracket}", changed(own, line, own[line].replace(bracket, "", 1))
    for quotes in ('"""', '"', "'"):
        for line in [line for line in range(len(own)) if quotes in own[line]]:
            yield (
                f"a {quotes} less on line {line}",
                changed(own, line, own[line].replace(quotes, quotes[1:], 1)),
            )
    yield "no colon", changed(own, head, own[head].replace(":", ""))
    yield "no arguments", changed(own, head, own[head].replace("(", "", 1))
    yield "no name", changed(own, head, own[head].replace(name_defined(own[head]), "", 1))
    yield "another word", changed(own, head, own[head].replace("def ", "dfe ").replace("class ", "clas "))
    yield "no body", own[: head + 1]
    yield "the last line cut", changed(own, last, own[last].rstrip()[: len(own[last]) * 2 // 3] + "\n")
    yield "the rest cut", [*own[:middle], own[middle].rstrip()[:9] + "\n"]
    if last > head:
        yield "a deeper line", changed(own, last, "   " + own[last])
        yield "a shallower line", changed(own, last, own[last][1:])
        yield "a line at the margin", changed(own, first, own[first].lstrip())
        yield "a tab", changed(own, last, "\t" + own[last].lstrip())
    yield "an else", [*own, "else:\n", "    pass\n"]
    yield "a bracket in the decorator", changed(own, 0, own[0].rstrip() + "(\n")
    yield "a quote in the decorator", changed(own, 0, own[0].rstrip() + '"\n')


def changed(lines: list[str], number: int, line: str) -> list[str]:
    return [*lines[:number], line, *lines[number + 1 :]]


def broken_texts(text: str, one_in: int = 1) -> Iterator[tuple[ast.stmt, str, str]]:
    """(a definition, how it is broken, the text); those that parse all the same are left out."""
    lines, count = split_lines(text), 0
    for node in ast.parse(text).body:
        if not isinstance(node, Definition):
            continue
        where = lines_of(node, lines)
        head = node.lineno - 1 - where.start
        first = lines_of(node.body[0], lines).start - where.start
        for how, own in breakages(lines[where], head, first):
            count += 1
            if count % one_in == 0:
                new = "".join([*lines[: where.start], *own, *lines[where.stop :]])
                try:
                    ast.parse(new)
                except SyntaxError:
                    yield node, how, new


def pieces(tree: ast.Module, lines: list[str]) -> list[tuple[int, str]]:
    """Where each statement begins, and its lines, with those of its decorators."""
    return [(lines_of(node, lines).start, "".join(lines[lines_of(node, lines)])) for node in tree.body]


def pieces_but(own: ast.stmt, text: str, new: str) -> list[tuple[int, str]]:
    """The statements of a text without one, on their lines in the new text."""
    lines = split_lines(text)
    where, longer = lines_of(own, lines), len(split_lines(new)) - len(lines)
    return [
        (begin + longer if begin > where.start else begin, piece)
        for begin, piece in pieces(ast.parse(text), lines)
        if begin != where.start
    ]


# Strings in these hold what looks like code at the left margin: with a quote more or less that is what it may be.
LOOK_LIKE_CODE = {"decorated", "quotes", "Shape"}
AWKWARD_NAMES = [node.name for node in ast.parse(AWKWARD).body if isinstance(node, Definition)]


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_one_broken_definition_among_awkward_ones_is_all_that_is_lost(name: str) -> None:
    tried = 0
    for own, how, new in broken_texts(AWKWARD):
        if own.name != name:
            continue
        tried += 1
        file = parsed(new)
        found, expected = pieces(file.tree, file.lines), pieces_but(own, AWKWARD, new)
        assert set(expected) <= set(found), how
        ambiguous = name in LOOK_LIKE_CODE and ("'" in how or '"' in how or "cut" in how)
        assert ambiguous or found == expected, how
        begin, end = file.broken[0].lines.start, file.broken[-1].lines.stop
        assert begin >= lines_of(own, split_lines(AWKWARD)).start, how
        for broken in file.broken:
            assert begin < (broken.error.lineno or 0) <= end + 1, how
    assert tried > 10


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.key)
def test_a_broken_exercise_leaves_the_others_as_they_were(day: catalogue.Day) -> None:
    text, tried = day.solution.read_text(encoding="utf-8"), 0
    names = [exercise.name for exercise in day.exercises]
    before, scopes = sources(text, names), Names(ast.parse(text))
    for own, how, new in broken_texts(text, one_in=19):
        tried += 1
        file, after = parsed(new), sources(new, names)
        assert pieces(file.tree, file.lines) == pieces_but(own, text, new), (own.name, how)
        apart = {name for name in names if own.name not in scopes.reached([name], loosely=True)}
        assert {name: before[name].fingerprint for name in apart} == {
            name: source.fingerprint for name, source in after.items() if name in apart
        }, (own.name, how)
    assert tried > 12


def test_two_broken_definitions_are_two() -> None:
    good = "def {}(x):\n    '''What it's for.'''\n    return [x, (x,)]\n\n\n"
    for first in ("(", "'''", '"', " $", "["):
        for second in ("(", "'''", "'", " +", "{"):
            text = "".join(good.format(name) for name in "abcde")
            for name, slip in (("b", first), ("d", second)):
                text = text.replace(f"def {name}(x):\n", f"def {name}(x):\n    x = x{slip}\n")
            file = parsed(text)
            assert [node.name for node in file.tree.body] == ["a", "c", "e"], (first, second)
            assert [broken.names for broken in file.broken] == [("b",), ("d",)]


def test_neighbours_with_open_brackets_are_told_of_one_by_one() -> None:
    file = parsed("def a():\n    f(\n\ndef b():\n    g(\n\ndef c():\n    h\n")
    assert [node.name for node in file.tree.body] == ["c"]
    assert [(broken.names, broken.error.lineno) for broken in file.broken] == [(("a",), 2), (("b",), 5)]


def test_a_statement_beside_a_broken_definition_stays() -> None:
    file = parsed(
        "EPSILON = 1\ndef a(x):\n    return x +\n\nLIMIT = 2\nif LIMIT: import os\n\ndef b(): pass\n"
    )
    assert [node.lineno for node in file.tree.body] == [1, 5, 6, 8]
    file = parsed("def a(x):\n    return x\n\nLIMIT = = 2\n\ndef b(): pass\n")
    assert [node.lineno for node in file.tree.body] == [1, 6]
    assert file.broken[0].lines == slice(3, 5)


@pytest.mark.parametrize("stray", ["z = x + 1\n    return z\n", "x = x +\n    return x\n"])
def test_a_line_that_lost_its_indentation_breaks_its_function(stray: str) -> None:
    """It would do other things without that line."""
    file = parsed(f"def a(x):\n    x = 2 * x\n{stray}\n\ndef b(): pass\n")
    assert [node.name for node in file.tree.body] == ["b"]
    assert file.broken[0].names == ("a",)


def test_what_is_nested_too_deeply_costs_its_block() -> None:
    deep = f"def a(x):\n    return {'-' * 100_000}x\n"
    file = parsed(f"{deep}\ndef b(): pass\n")
    assert [node.name for node in file.tree.body] == ["b"]
    assert file.broken[0].names == ("a",)


def test_the_text_without_what_is_broken_is_python_on_the_same_lines() -> None:
    for own, how, new in broken_texts(AWKWARD, one_in=23):
        file = parsed(new)
        assert ast.dump(ast.parse(file.text), include_attributes=True) == ast.dump(
            ast.Module(file.tree.body, []), include_attributes=True
        ), (own.name, how)


# ---- what is open where a line begins

OUR_FILES = sorted([*HERE.parent.glob("grader/**/*.py"), *HERE.glob("*.py"), HERE / "awkward.txt"])


def test_statements_begin_where_pythons_own_tokenizer_has_them() -> None:
    nothing = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for path in OUR_FILES:
        text = path.read_text(encoding="utf-8")
        lines = split_lines(text)
        expected, at_begin = set(), True
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NEWLINE:
                at_begin = True
            elif token.type not in nothing:
                expected |= {token.start[0] - 1} if at_begin else set()
                at_begin = False
        found = list(layout(lines))
        assert found[-1].place is Place.CODE, path
        begins = {line.number for line in found if line.place is Place.CODE and line.number < len(lines)}
        assert {n for n in begins if lines[n].strip() and lines[n].strip()[0] != "#"} == expected, path


C, K, B, S = Place.CODE, Place.CONTINUED, Place.BRACKET, Place.STRING


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a\nb\n", [C, C, C]),
        ("a", [C, C]),
        ("(\n[\n)\n)\n", [C, B, B, B, C]),
        (")\n)\n", [C, C, C]),
        ("x = \\\n1\n", [C, K, C]),
        ("x = '\n1\n", [C, C, C]),
        ("x = 'a\\\n1'\n2\n", [C, S, C, C]),
        ("'''\n\"\"\"\n'''\n", [C, S, S, C]),
        ("'''\\'''\n'''\n", [C, S, C]),
        ("r'\\'\n'''\n", [C, C, S]),
        ("# '''\n# (\n", [C, C, C]),
        ("'#' # '\n(\n", [C, C, B]),
        ("f'{x['a']}' + (\n", [C, B]),
        ("f'{x['#']}'\n", [C, C]),
        ("f'{x[\"(\"]}'\n", [C, C]),
        ("f'{x['(']}'\n", [C, C]),
        ("f'{{(' \n", [C, C]),
        ("f'{x:(}'\n", [C, C]),
        ("f'{x:\"^10}' + '''\n", [C, S]),
        ("f'{x:{w['#']}}' + '''\n", [C, S]),
        ("f'{x!r:>{w}}'(\n", [C, B]),
        ("f'{lambda x: (1)}'\n", [C, C]),
        ("f'{ {'a': (1)}['a'] }'\n", [C, C]),
        ("f'\\N{LEFT PARENTHESIS}{x}'\n(\n", [C, C, B]),
        ("f'''{\nx\n}\n'''\n", [C, S, S, S, C]),
        ("f'{x\n'''\n", [C, C, S]),
        ("f'''{'''a'''}'''\n", [C, C]),
        ("if'{'in x: y\n", [C, C]),
        ("rb'\\'' + Rb'{'\n", [C, C]),
        ("x = '''\r(\r'''\r\n", [C, S, S, C]),
        ("x\fy = '\f'\n\f\n", [C, C, C]),
    ],
)
def test_what_is_open_where_a_line_begins(text: str, places: list[Place]) -> None:
    assert [line.place for line in layout(split_lines(text))] == places


def test_what_ends_with_a_colon_is_known() -> None:
    text = (
        "if x:  # a comment: here\n    y\nx[1:\n2]\nd = {1: 2}\nlambda: 3\nclass A:\\\n pass\nelse :\n'a:'\n"
    )
    assert [line.number for line in layout(split_lines(text)) if line.below_header] == [1, 8 + 1]


# ---- loading


def loaded(tmp_path: Path, source: str | bytes) -> LearnerFile:
    file = tmp_path / "learner.py"
    file.write_bytes(source if isinstance(source, bytes) else source.encode())
    return load(file)


MARK = "seen = []\ndef mark(name):\n    return lambda function: seen.append((name, function.__name__)) or function\n\n"
DECORATORS = {
    "on three lines": '@mark(\n    "a"\n)\n',
    "with a comment below": '@mark("a")\n# why\n',
    "with a blank line below": '@mark("a")\n\n\n',
    "two of them": '@mark("a")\n@mark(\n    "b"\n)\n',
    "after a backslash": '@mark \\\n    ("a")\n',
    "in parentheses": '@(\n    mark("a")\n)\n',
    "with a lambda": '@(lambda f: mark("a")(\n    f\n))\n',
}


@pytest.mark.parametrize("decorators", DECORATORS.values(), ids=DECORATORS)
@pytest.mark.parametrize("slip", ["return (x", "return x)", "return '''x", "x = = 1", "return x $"])
@pytest.mark.parametrize("below", [True, False])
def test_a_decorated_function_beside_a_broken_one_keeps_its_decorators(
    tmp_path: Path, decorators: str, slip: str, below: bool
) -> None:
    good = f"{decorators}def softmax(x):\n    return x + 1\n\n"
    bad = f"def masked_mean(x):\n    {slip}\n\n"
    file = loaded(tmp_path, MARK + (bad + good if below else good + bad))
    marks = [name for name in "ba" if f'"{name}"' in decorators]
    names = ["<lambda>" if name == "b" and "two" in decorators else "softmax" for name in marks]
    assert file.module.seen == list(zip(marks, names, strict=True))
    assert file.module.softmax(1) == 2
    (problem,) = file.problems
    line = 1 + next(n for n, text in enumerate(split_lines(file.source)) if slip in text)
    assert problem.message.startswith(f"SyntaxError on line {line} of learner.py: ")
    assert problem.line == line
    assert set(file.broken) == {"masked_mean"}
    assert file.lines["softmax"] == 1 + split_lines(file.source).index("def softmax(x):\n")


def test_a_broken_decorator_costs_its_function(tmp_path: Path) -> None:
    for decorator in (
        "@mark(",
        '@mark("a',
        "@mark('''",
        "@mark(]",
        "@",
        "@mark +",
        "@mark \\ 'a'",
        "@mark\n@mark(",
    ):
        file = loaded(
            tmp_path, f"{MARK}{decorator}\ndef softmax(x):\n    return x\n\n\ndef other(x):\n    return x\n"
        )
        assert file.broken.keys() == {"softmax"}, decorator
        assert not hasattr(file.module, "softmax"), decorator
        assert file.module.other(1) == 1


LINE_ENDS = {"LF": "\n", "CR LF": "\r\n", "CR": "\r"}


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "BOM"])
@pytest.mark.parametrize("end", LINE_ENDS.values(), ids=LINE_ENDS)
def test_line_numbers_are_those_of_the_file(tmp_path: Path, end: str, mark: str) -> None:
    source = "import math\n\f\n# \v \x1c \x85 \u2028 end none\n"
    source += "def good(x):\n\treturn math.missing(x)\n\ndef bad(x):\n\treturn (x\n"
    file = loaded(tmp_path, (mark + source.replace("\n", end)).encode())
    assert file.lines == {"good": 4}
    (problem,) = file.problems
    assert (
        problem.message
        == "SyntaxError on line 8 of learner.py: '(' was never closed\n  \treturn (x\n  \t       ^"
    )
    with pytest.raises(AttributeError) as caught:
        file.module.good(1)
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (frame.lineno, frame.line) == (5, "return math.missing(x)")


def test_a_byte_that_is_no_utf8_is_told_on_its_line(tmp_path: Path) -> None:
    for end in LINE_ENDS.values():
        (problem,) = loaded(tmp_path, end.join(["import math", "", "# na"]).encode() + b"\xef").problems
        assert problem.line == 3
        (problem,) = loaded(tmp_path, end.join(["import math", "", "# \0"])).problems
        assert problem.line == 3


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_the_last_definition_says_whether_something_is_still_a_stub(tmp_path: Path, kind: str) -> None:
    stub = (
        f"{kind} f(x):\n    '''Do.'''\n    # Your code here: about 1 line.\n    raise NotImplementedError\n\n"
    )
    mine = f"{kind} f(x):\n    return x\n\n"
    assert loaded(tmp_path, stub).is_stub("f")
    assert loaded(tmp_path, mine + stub).is_stub("f")
    assert not loaded(tmp_path, stub + mine).is_stub("f")


def test_a_class_is_a_stub_when_all_of_its_methods_are(tmp_path: Path) -> None:
    begun = (
        "class A:\n    async def f(self): raise NotImplementedError\n    class B:\n        def g(self): {}\n"
    )
    assert loaded(tmp_path, begun.format("raise NotImplementedError")).is_stub("A")
    assert not loaded(tmp_path, begun.format("return 1")).is_stub("A")
    assert not loaded(tmp_path, "class A:\n    x: int = 1\n").is_stub("A")


# ---- fingerprints and edits


def test_a_local_name_reaches_nothing() -> None:
    text = "def helper(x):\n    return x\n\ndef f(x, helper):\n    return helper(x)\n\ndef g(x):\n    return helper(x)\n"
    before, after = (sources(one, ["f", "g"]) for one in (text, text.replace("return x\n", "return 2 * x\n")))
    assert before["f"] == after["f"]
    assert before["g"] != after["g"]


def test_a_fingerprint_sees_all_of_a_decorator() -> None:
    text = "@(\n    mark(1)\n)\n# why\ndef f(x):\n    return x\n\ndef g(x): return x\n"
    before, after = (sources(one, ["f", "g"]) for one in (text, text.replace("mark(1)", "mark(2)")))
    assert before["f"].fingerprint != after["f"].fingerprint
    assert before["g"] == after["g"]


def test_nothing_is_known_of_a_text_that_is_not_loaded_at_all() -> None:
    assert sources("def f(): pass\n", ["f"])
    assert sources("def f(): pass\n# \0\n", ["f"]) == {}
    assert sources("def f(): pass\n# \udcef\n", ["f"]) == {}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1", "11", "a"),
        ("@mark(1)", "@mark(2)", "b"),
        ("    2\n)", "    3\n)", "b"),
        ("words", "a word", "b"),
        ("return 3", "return (3", "b"),
        ("return 4", "return '''4", "c"),
        ("async def", "async  def", "c"),
        ("import math", "import os", ""),
    ],
)
def test_the_edited_exercise_is_known_by_syntax(old: str, new: str, expected: str) -> None:
    text = (
        "import math\ndef a(): return 1\n\n@mark(1)\n@mark(\n    2\n)\ndef b():\n    '''Some\ndef c(): is words.\n    '''\n"
        "    return 3\n\nasync def c():\n\treturn 4\n"
    )
    assert old in text
    for end in LINE_ENDS.values():
        before, after = (one.replace("\n", end) for one in (text, text.replace(old, new)))
        assert edited_exercise(before, after, ["a", "b", "c"]) == expected


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
def test_newer_syntax_is_read(tmp_path: Path) -> None:
    source = "type Pair[T] = tuple[T, T]\ndef f[T](x: T) -> T:\n    return f'{ {'a': x}['a'] }'\n\ndef g(x):\n    return (x\n"
    file = loaded(tmp_path, source)
    assert file.broken.keys() == {"g"}
    assert file.module.f(1) == "1"
    assert Names(file.tree).reached(["f"]) == {"f"}
