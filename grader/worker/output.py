"""What the learner's code prints: kept from our own streams, cut to what a person reads."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import suppress
from typing import BinaryIO

OUTPUT_SHOWN = 2_000  # characters of a check's output that are kept
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
OUTPUT_LIMIT = 64 * 2**20  # bytes a worker may write to any one file


class Output:
    """Standard output and error of the worker, kept in a nameless file; in memory, where the system can do that."""

    def __init__(self) -> None:
        self._file: BinaryIO = _nameless_file()
        os.dup2(self._file.fileno(), 1)
        os.dup2(self._file.fileno(), 2)
        try:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_LIMIT, OUTPUT_LIMIT))
        except (ImportError, ValueError, OSError):
            pass  # no such limit on this platform

    def take(self) -> str:
        """What was written since the last time, cut to what a person reads."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                continue  # the learner closed or replaced it
        size = self._file.seek(0, os.SEEK_END)
        if size == 0:
            return ""
        self._file.seek(0)
        text = self._file.read(4 * OUTPUT_SHOWN).decode("utf-8", "replace")
        self._file.truncate(0)
        self._file.seek(0)  # the place to write, too: one file description serves us and both streams
        text = _COLOURS.sub("", text)  # JAX prints jaxprs in colour
        if size > 4 * OUTPUT_SHOWN or len(text) > OUTPUT_SHOWN:
            text = f"{text[:OUTPUT_SHOWN].rstrip()}\n... cut here: {size:,} bytes were printed"
        return text


def _nameless_file() -> BinaryIO:
    """In memory: on a full disk a learner's print must not fail."""
    if hasattr(os, "memfd_create"):
        with suppress(OSError):
            return open(os.memfd_create("output"), "ab+", buffering=0)
    return tempfile.TemporaryFile("ab+", buffering=0)
