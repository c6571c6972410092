"""The body of a function is cut, whatever shape it has on the page, and nothing of the answer stays."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from grader.kata import catalogue, stubs

# A solution above the line, its stub below. In the stub, ... stands for what is to be written, with its number of lines.
SHAPES = {
    "one line": """
        def f(x): return x
        ----
        def f(x):
            ... 1 line
    """,
    "one line with a comment": """
        def f(x): return x  # so
        ----
        def f(x):
            ... 1 line
    """,
    "one line, two statements": """
        def f(x): y = x; return y
        ----
        def f(x):
            ... 1 line
    """,
    "one line after a backslash": """
        def f(x): \\
          return x
        ----
        def f(x):
            ... 1 line
    """,
    "one line over several": """
        def f(x): return (
          x,
        )
        ----
        def f(x):
            ... 3 lines
    """,
    "a head over several lines": """
        def f(
            x,  # a: b
            y=lambda: 1,
        ) -> "a: b": return x
        ----
        def f(
            x,  # a: b
            y=lambda: 1,
        ) -> "a: b":
            ... 1 line
    """,
    "a docstring on the head, and no more": """
        def f(x): "Do: it."
        ----
        def f(x):
            "Do: it."
    """,
    "a docstring and more on the head": """
        def é(x): "Dö."; return x
        ----
        def é(x):
            "Dö."
            ... 1 line
    """,
    "a long docstring on the head": """
        def f(x): '''Do.

            It.
            '''; y = x; return y
        ----
        def f(x):
            '''Do.

            It.
            '''
            ... 1 line
    """,
    "a docstring with its own comment": """
        def f(x):
            "Do."  # it

            return x
        ----
        def f(x):
            "Do."  # it
            ... 1 line
    """,
    "a statement behind the docstring": """
        def f(x):
          "Do." ; return x
        ----
        def f(x):
          "Do."
          ... 1 line
    """,
    "a docstring in parts": """
        def f(x):
            "Do"\\
            "it."
            return x
        ----
        def f(x):
            "Do"\\
            "it."
            ... 1 line
    """,
    "no docstring": """
        def f(x):
            # how

            return x
        ----
        def f(x):
            ... 1 line
    """,
    "an ellipsis": """
        def f(x): ...
        ----
        def f(x):
            ... 1 line
    """,
    "comments around": """
        def f(x):  # head
            "Do."
            # how
            return x
            # and why

            # so

        # next
        ----
        def f(x):  # head
            "Do."
            ... 1 line

        # next
    """,
    "a coroutine": """
        async def f(x):
            "Do."
            async with x:
                return await x
        ----
        async def f(x):
            "Do."
            ... 2 lines
    """,
    "a coroutine on one line": """
        async def f(x): return x
        ----
        async def f(x):
            ... 1 line
    """,
    "a decorated function inside": """
        def f(x):
            @jit
            # why
            def g(): return x
            return g
        ----
        def f(x):
            ... 3 lines
    """,
    "decorators with comments between": """
        @a(
          1
        )
        # why

        @b
        def f(x): return x
        ----
        @a(
          1
        )
        # why

        @b
        def f(x):
            ... 1 line
    """,
    "a class's decorators with comments between": """
        # kept
        @a(
          1
        )
        # why

        @(
          b
        )
        class A:
            @c
            # kept
            def f(x): return x
        ----
        # kept
        class A:
            @c
            # kept
            def f(x):
                ... 1 line
    """,
    "a class in a class": """
        class A:
            @a
            class B:
                class C: z = 1
                def f(x): return x
            y = 1
            async def g(x):
                return x
        ----
        class A:
            class B:
                class C: z = 1
                def f(x):
                    ... 1 line
            y = 1
            async def g(x):
                ... 1 line
    """,
    "tabs": """
        class A:
        \tdef f(x):
        \t\t"Do."
        \t\treturn x
        \tdef g(x): return x
        ----
        class A:
        \tdef f(x):
        \t\t"Do."
        \t\t... 1 line
        \tdef g(x):
        \t    ... 1 line
    """,
    "form feeds": """
        x = 1
        \f
        def f(x):
            "\f"
            y = "\f"
            return y
        \fdef g(x): return x
        ----
        x = 1
        \f
        def f(x):
            "\f"
            ... 2 lines
        \fdef g(x):
            ... 1 line
    """,
    "strings that look like code": """
        def f(x):
            s = '''
        def g(x): return x
        '''
            return s
        ----
        def f(x):
            ... 4 lines
    """,
    "a match": """
        def f(x):
            match x:
                case 1: return x
        ----
        def f(x):
            ... 2 lines
    """,
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CR LF", "CR"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_body_is_cut_whatever_its_shape(shape: str, end: str) -> None:
    solution, _, stub = dedent(shape).lstrip("\n").rstrip(" ").partition("----\n")
    expected = []
    for line in stub.split("\n"):
        indent, dots, size = line.partition("... ")
        expected += (
            [f"{indent}# Your code here: about {size}.", f"{indent}raise NotImplementedError"]
            if dots
            else [line]
        )
    found = stubs.stub(solution.replace("\n", end))
    assert found == end.join(expected)
    ast.parse(found)
    if end == "\n":
        assert stubs.stub(solution.removesuffix("\n")).rstrip("\n") == found.rstrip("\n")


def test_coroutines_are_exercises_like_others() -> None:
    text = "async def f(x):\n    return x\nclass A:\n    async def m(x): return x\nclass B:\n    class C:\n        x = 1\n"
    assert [exercise.name for exercise in catalogue.exercises_in(ast.parse(text))] == ["f", "A"]


@pytest.mark.parametrize("text", ["def f(:\n", "\0", "(" * 1000])
def test_what_is_no_python_has_no_stub(text: str) -> None:
    with pytest.raises(SyntaxError):
        stubs.stub(text)
