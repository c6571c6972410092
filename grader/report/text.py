"""Text from learners' code, made harmless."""

from __future__ import annotations

import unicodedata
from pathlib import Path

# Where somebody works. Asked once: to start a worker, the whole process goes elsewhere for a moment.
_HERE = Path.cwd()


def printable(text: str) -> str:
    """The text with control and invisible formatting characters written out: they could move the cursor,
    turn the reading direction or break XML. Line breaks and tabs stay."""
    return "".join(char if char in "\n\t" or not _hidden(char) else _escaped(char) for char in text)


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def shown_path(path: Path | str) -> str:
    """The path as short as it can be: from the working directory, when the file lies below it."""
    path = Path(path)
    return str(path.relative_to(_HERE)) if path.is_relative_to(_HERE) else str(path)
