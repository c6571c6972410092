"""A real terminal for tests: a pseudo-terminal with an emulated screen behind it. Keys in, what a person would see out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import pyte

ROOT = Path(__file__).parent.parent
# Whoever shall hear ^C must have the terminal for its own: take it, then become the grader.
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, '-m', 'grader', *sys.argv[1:]])"
)


_CLEARED = b"\x1b[2J\x1b[H"  # as rich clears a screen


class Terminal:
    """A grader that runs in a terminal of its own. `columns` by `lines` characters."""

    def __init__(
        self, *arguments: str, columns: int = 80, lines: int = 40, cwd: Path = ROOT, **environment: str
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._written = b""
        self.parent, self.child = pty.openpty()
        fcntl.ioctl(self.child, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.settings = termios.tcgetattr(self.child)
        without = {"COLUMNS", "LINES", "NO_COLOR", "VISUAL", "EDITOR"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *arguments],
            cwd=cwd,
            stdin=self.child,
            stdout=self.child,
            stderr=self.child,
            env={key: value for key, value in os.environ.items() if key not in without}
            | {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
            | environment,
            start_new_session=True,
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.parent)
        os.close(self.child)

    @property
    def text(self) -> str:
        """What is on the screen, without blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip() + "\n"

    @property
    def last_drawn(self) -> str:
        """What was written since the screen was cleared last, with its colours."""
        return self._written.rpartition(_CLEARED)[2].decode(errors="replace").replace("\r\n", "\n")

    def type(self, keys: str) -> None:
        os.write(self.parent, keys.encode())

    def until(self, holds: Callable[[str], bool] | str, seconds: float = 90.0) -> str:
        """Read until the screen shows a text, or a condition holds. Raises AssertionError after `seconds`."""
        condition = holds if callable(holds) else lambda text: holds in text
        deadline = time.monotonic() + seconds
        while not condition(self.text):
            assert time.monotonic() < deadline, f"never seen: {holds}\n{self.text}"
            self._read(0.1)
        while self._read(0.1):  # the rest of what is being drawn
            pass
        return self.text

    def ended(self, seconds: float = 60.0) -> int:
        """Wait for the grader to end; its exit status."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end\n{self.text}"
            self._read(0.1)
        while self._read(0.2):
            pass
        return self.process.returncode

    def restored(self) -> bool:
        """Whether the terminal is set as it was before, with its cursor shown."""
        return termios.tcgetattr(self.child) == self.settings and not self.screen.cursor.hidden

    def _read(self, seconds: float) -> bool:
        if not select.select([self.parent], [], [], seconds)[0]:
            return False
        try:
            written = os.read(self.parent, 65536)
            self._written += written
            self._stream.feed(written)
        except OSError:
            return False
        return True
