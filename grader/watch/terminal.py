"""Single keys from a terminal, whose settings come back whatever happens. POSIX; elsewhere, and in a pipe, there are no keys."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left"}
_SEQUENCES = {"\x1b": "escape"} | {
    f"\x1b{kind}{letter}": name for kind in "[O" for letter, name in _ARROWS.items()
}
_NAMES = {
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x03": "interrupt",
    "\x04": "end",
}
_ESCAPE_PAUSE = 0.05  # seconds within which the rest of an arrow key's sequence comes


class Keys:
    """A terminal that hands over keys one by one, without Enter and without showing them, while the context lasts."""

    def __init__(self, on_resume: Callable[[], None] = lambda: None) -> None:
        self._on_resume = on_resume
        self._file: int | None = None
        self._lending = False
        self._before: list[Any] | None = None
        self._handlers: dict[signal.Signals, Any] = {}
        if _termios and sys.stdin is not None and sys.stdin.isatty():
            self._file = sys.stdin.fileno()

    @property
    def available(self) -> bool:
        return self._file is not None

    def __enter__(self) -> Keys:
        if self._file is not None and _termios:
            self._before = _termios.tcgetattr(self._file)
            self._handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._suspend)
            self._one_by_one()
        return self

    def __exit__(self, *error: object) -> None:
        self._as_before()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def read(self, timeout: float) -> str:
        """The next key: a character, or up, down, left, right, enter, escape, backspace, interrupt, end. Empty when none came.

        `timeout` is in seconds.
        """
        if self._file is None or not select.select([self._file], [], [], timeout)[0]:
            return ""
        text = os.read(self._file, 1).decode(errors="replace")
        if not text:
            return "end"
        while text == "\x1b" or (text.startswith("\x1b") and text not in _SEQUENCES and len(text) < 6):
            if not select.select([self._file], [], [], _ESCAPE_PAUSE)[0]:
                break
            text += os.read(self._file, 1).decode(errors="replace")
        if text.startswith("\x1b"):
            return _SEQUENCES.get(text, "")
        return _NAMES.get(text, text if text.isprintable() else "")

    @property
    def lending(self) -> bool:
        """Whether another program has the terminal."""
        return self._lending

    @contextmanager
    def lent(self) -> Iterator[None]:
        """The terminal as it was, for a program that takes it for a while (an editor)."""
        self._lending = True
        self._as_before()
        try:
            yield
        finally:
            self._one_by_one()
            self._lending = False

    def _one_by_one(self) -> None:
        if self._file is not None and _termios:
            with suppress(_termios.error):  # the terminal is gone
                _tty.setcbreak(self._file)

    def _as_before(self) -> None:
        if self._file is not None and self._before is not None and _termios:
            with suppress(_termios.error):
                _termios.tcsetattr(self._file, _termios.TCSADRAIN, self._before)

    def _suspend(self, number: int, frame: object) -> None:
        """Ctrl-Z: stop with the terminal as it was, and take it again when it goes on."""
        self._as_before()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._one_by_one()
        self._on_resume()


try:
    import termios as _termios
    import tty as _tty
except ImportError:  # not POSIX
    _termios = None  # type: ignore[assignment]
