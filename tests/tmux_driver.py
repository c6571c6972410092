"""tmux for tests: a shell in a real terminal. Keys are typed, and the screen is captured as a person would see it."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parent.parent
_numbers = itertools.count()


class Tmux:
    """A tmux server of its own, with one window and `sh` in it. `columns` by `lines` characters."""

    def __init__(self, *, columns: int = 80, lines: int = 40, cwd: Path = ROOT, **environment: str) -> None:
        found = shutil.which("tmux")
        assert found, "tmux is not installed"
        name = f"kata-{os.getpid()}-{next(_numbers)}"
        self._tmux = [found, "-L", name, "-f", os.devnull]
        without = {"COLUMNS", "LINES", "NO_COLOR", "VISUAL", "EDITOR", "TMUX", "ENV"}
        settings = {key: value for key, value in os.environ.items() if key not in without} | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "LANG": "C.UTF-8",
        }
        subprocess.run(
            [
                *self._tmux,
                "-u",
                "new-session",
                "-d",
                "-x",
                str(columns),
                "-y",
                str(lines),
                "-c",
                str(cwd),
                "sh",
            ],
            env=settings | environment,
            check=True,
        )
        # With no client attached the window keeps the size that it is given.
        self._run("set-option", "-g", "window-size", "manual")
        self.resize(columns, lines)

    def __enter__(self) -> Tmux:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the window; whoever runs in it is hung up on."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def _run(self, *arguments: str) -> str:
        return subprocess.run(
            [*self._tmux, *arguments], capture_output=True, text=True, check=True, encoding="utf-8"
        ).stdout

    @property
    def text(self) -> str:
        """What is on the screen, without blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self._run("capture-pane", "-p").splitlines()) + "\n"

    @property
    def cursor_shown(self) -> bool:
        return self._run("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def resize(self, columns: int, lines: int) -> None:
        self._run("resize-window", "-x", str(columns), "-y", str(lines))

    def type(self, text: str) -> None:
        """Type characters as they are."""
        self._run("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names for them: Enter, Escape, Down, C-c."""
        self._run("send-keys", *keys)

    def until(self, holds: Callable[[str], bool] | str, seconds: float = 90.0) -> str:
        """Wait until the screen shows a text, or a condition holds. Raises AssertionError after `seconds`."""
        condition = holds if callable(holds) else lambda text: holds in text
        deadline = time.monotonic() + seconds
        while not condition(text := self.text):
            assert time.monotonic() < deadline, f"never seen: {holds}\n{text}"
            time.sleep(0.1)
        return text

    def shell(self, command: str) -> None:
        self.type(command)
        self.press("Enter")


def at_the_prompt(text: str) -> bool:
    """Whether the shell waits for a command."""
    return text.rstrip().endswith(("$", "#"))
