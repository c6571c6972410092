"""What `start` and `update` brought into a workspace, so that it is known what somebody changed in it.

`.kata/workspace.json` makes a folder a workspace. It names the kata's version and, of each file that was brought, all
contents that it was brought with, the oldest first, as hashes; the contents lie in `.kata/originals` under their hashes.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from grader.kata import home
from grader.kata.files import write

FORMAT = 1
_CONTENTS = f"{home.KEPT}/originals"


class NewerFormat(Exception):
    """A newer version of the kata wrote it, in a way that this one does not know."""


@dataclass(frozen=True, slots=True)
class Originals:
    """The record. `hashes` are those of each path below the workspace, with `/` in it."""

    kata: str = ""  # the version that brought the last ones; empty where none is known
    hashes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def known(self, folder: Path, path: str) -> list[bytes]:
        """The contents that a file was brought with, the oldest first; those that are lost or damaged left out."""
        found = []
        for digest in self.hashes.get(path, ()):
            with suppress(OSError):
                content = (folder / _place(path, digest)).read_bytes()
                if _hash(content) == digest:
                    found.append(content)
        return found

    def with_content(self, path: str, content: bytes) -> Originals:
        """The record once a file has been brought; of contents that come again, the last time counts."""
        digest = _hash(content)
        before = tuple(one for one in self.hashes.get(path, ()) if one != digest)
        return replace(self, hashes={**self.hashes, path: (*before, digest)})

    def without(self, path: str) -> Originals:
        """The record without a file that the kata ships no more."""
        return replace(self, hashes={one: digests for one, digests in self.hashes.items() if one != path})

    def text(self) -> bytes:
        """As it lies in the workspace."""
        document = {"format": FORMAT, "kata": self.kata, "originals": self.hashes}
        return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def keep(folder: Path, path: str, content: bytes) -> None:
    """Keep a content for later, under its hash. What is there already is what it would be. Raises OSError."""
    file = folder / _place(path, _hash(content))
    if not file.exists():
        write(file, content)


def read(folder: Path) -> Originals:
    """The record of a workspace; an empty one where there is none.

    Raises ValueError when it is damaged, NewerFormat when it cannot be understood, OSError when it cannot be read.
    """
    try:
        document = json.loads((folder / home.MARKER).read_bytes())
    except FileNotFoundError:
        return Originals()
    if not isinstance(document, dict) or not isinstance(document.get("format"), int):
        raise ValueError("it is no record of a workspace")
    kata, found = document.get("kata"), document.get("originals")
    if document["format"] > FORMAT:
        raise NewerFormat(
            f"{folder} was made by a newer kata ({kata}), which keeps it in another way; install that one first"
        )
    if not isinstance(kata, str) or not isinstance(found, dict):
        raise ValueError("it is no record of a workspace")
    if not all(isinstance(one, list) and all(isinstance(h, str) for h in one) for one in found.values()):
        raise ValueError("it is no record of a workspace")
    return Originals(kata, {path: tuple(digests) for path, digests in found.items()})


def is_newer(version: str, other: str) -> bool:
    """Whether a version of the kata comes after another one; a candidate for a release counts as that release."""
    return _release(version) > _release(other)


def _release(version: str) -> list[int]:
    numbers = re.match(r"\d+(?:\.\d+)*", version)
    return [int(number) for number in numbers[0].split(".")] if numbers else []


def _place(path: str, digest: str) -> str:
    return f"{_CONTENTS}/{digest[:20]}{PurePosixPath(path).suffix}"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
