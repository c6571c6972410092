"""Which editor to open a file in, and how it is told the line."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_GOTO = frozenset({"code", "code-insiders", "codium", "vscodium", "cursor", "windsurf"})
_COLON = frozenset({"subl", "zed", "hx", "helix"})
_LINE_OPTION = frozenset({"pycharm", "charm", "idea", "gedit", "kate"})
_OWN_WINDOW = (
    _GOTO | _LINE_OPTION | frozenset({"subl", "zed", "gvim", "mate", "emacsclient", "open", "xdg-open"})
)
_PLUS = frozenset(
    {"vi", "vim", "nvim", "gvim", "nano", "pico", "emacs", "emacsclient", "micro", "joe", "ne", "kak", "mg"}
)
_USUAL = ("code", "nano", "nvim", "vim", "vi")


@dataclass(frozen=True, slots=True)
class Editor:
    """A command that opens files. `takes_the_terminal` until it is left, unless it has a window of its own."""

    command: tuple[str, ...]

    @property
    def name(self) -> str:
        return Path(self.command[0]).name.removesuffix(".exe")

    @property
    def takes_the_terminal(self) -> bool:
        return self.name not in _OWN_WINDOW

    def open_at(self, file: Path, line: int) -> list[str]:
        """The command that opens a file at a line; editors that nobody here knows get the file alone."""
        if self.name in _GOTO:
            return [*self.command, "-g", f"{file}:{line}"]
        if self.name in _COLON:
            return [*self.command, f"{file}:{line}"]
        if self.name in _LINE_OPTION:
            return [*self.command, "--line", str(line), str(file)]
        if self.name in _PLUS:
            return [*self.command, f"+{line}", str(file)]
        return [*self.command, str(file)]


def find(environment: Mapping[str, str] = os.environ) -> Editor | None:
    """The editor of $VISUAL, else of $EDITOR, else VS Code or a usual one; the first that can be started, or None."""
    for words in _asked_for(environment).values():
        if shutil.which(words[0], path=environment.get("PATH")):
            return Editor(tuple(words))
    found = next((name for name in _USUAL if shutil.which(name, path=environment.get("PATH"))), None)
    return Editor((found,)) if found else None


def absent(environment: Mapping[str, str] = os.environ) -> list[str]:
    """What $VISUAL and $EDITOR name that cannot be started, in words."""
    return [
        f"${setting} names {words[0]}, which cannot be started"
        for setting, words in _asked_for(environment).items()
        if not shutil.which(words[0], path=environment.get("PATH"))
    ]


def _asked_for(environment: Mapping[str, str]) -> dict[str, list[str]]:
    settings = {setting: _words(environment.get(setting, "")) for setting in ("VISUAL", "EDITOR")}
    return {setting: words for setting, words in settings.items() if words}


def _words(setting: str) -> list[str]:
    try:
        return shlex.split(setting)
    except ValueError:  # an open quotation mark
        return setting.split()
