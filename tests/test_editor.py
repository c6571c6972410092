"""Editors are told the line in their own way."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.machine.editor import Editor

FILE = Path("/kata/jit.py")


@pytest.mark.parametrize(
    ("command", "told", "takes_the_terminal"),
    [
        (("code",), ["code", "-g", "/kata/jit.py:12"], False),
        (("/usr/bin/cursor", "--wait"), ["/usr/bin/cursor", "--wait", "-g", "/kata/jit.py:12"], False),
        (("vim", "-f"), ["vim", "-f", "+12", "/kata/jit.py"], True),
        (("nano",), ["nano", "+12", "/kata/jit.py"], True),
        (("emacsclient", "-n"), ["emacsclient", "-n", "+12", "/kata/jit.py"], False),
        (("hx",), ["hx", "/kata/jit.py:12"], True),
        (("subl",), ["subl", "/kata/jit.py:12"], False),
        (("pycharm",), ["pycharm", "--line", "12", "/kata/jit.py"], False),
        (("my-own-editor",), ["my-own-editor", "/kata/jit.py"], True),
    ],
)
def test_how_an_editor_is_told_the_line(
    command: tuple[str, ...], told: list[str], takes_the_terminal: bool
) -> None:
    editor = Editor(command)
    assert editor.open_at(FILE, 12) == told
    assert editor.takes_the_terminal is takes_the_terminal
