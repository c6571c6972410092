"""Which exercises of a file have changed since they were judged."""

from __future__ import annotations

import pytest

from grader.source.fingerprints import sources

FILE = """import jax.numpy as jnp

EPSILON = 1e-6


def helper(x):
    return x + 1


def softmax(x):
    return helper(x)


def other(x):
    return x * 2


class Dual:
    def double(self):
        return other(self)
"""
NAMES = ["softmax", "other", "Dual"]


def changed(text: str) -> set[str]:
    """The exercises whose fingerprint differs from that in FILE."""
    before, after = sources(FILE, NAMES), sources(text, NAMES)
    return {
        name for name in NAMES if name not in after or after[name].fingerprint != before[name].fingerprint
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("x * 2", "x * 3", {"other", "Dual"}),
        ("x + 1", "x + 2", {"softmax"}),
        ("1e-6", "1e-5", {"softmax", "other", "Dual"}),
        ("import jax.numpy as jnp", "import numpy as jnp", {"softmax", "other", "Dual"}),
        ("def softmax", "@jax.jit\ndef softmax", {"softmax"}),
        ("def softmax", "# a comment between\n\n\ndef softmax", set()),
        ("def other", "def another", {"other", "Dual"}),
        ("return helper(x)", 'return globals()["other"](helper(x))', {"softmax"}),
    ],
)
def test_what_a_change_reaches(old: str, new: str, expected: set[str]) -> None:
    assert changed(FILE.replace(old, new)) == expected


def test_what_is_reached_through_a_constant_or_a_string_counts() -> None:
    through = FILE.replace("EPSILON = 1e-6", "EPSILON = 1e-6\nTABLE = {}").replace("x + 1", "x + 1")
    through = through.replace("TABLE = {}", 'TABLE = {"f": other}')
    before = sources(through, NAMES)["softmax"]
    assert sources(through.replace("x * 2", "x * 3"), NAMES)["softmax"].fingerprint != before.fingerprint
    named = FILE.replace("return helper(x)", 'return globals()["other"](x)')
    before = sources(named, NAMES)["softmax"]
    assert sources(named.replace("x * 2", "x * 3"), NAMES)["softmax"].fingerprint != before.fingerprint


def test_a_later_definition_of_the_same_name_counts() -> None:
    assert "softmax" in changed(FILE + "\n\ndef softmax(x):\n    return x\n")


def test_lines_are_those_of_the_definition() -> None:
    assert sources(FILE, NAMES)["softmax"].line == 10
    assert sources("\n" + FILE, NAMES)["softmax"].line == 11


@pytest.mark.parametrize("text", ["def softmax(:", "", "\x00", "("])
def test_nothing_is_known_of_a_text_that_does_not_parse(text: str) -> None:
    assert sources(text, NAMES) == {}
