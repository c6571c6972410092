"""The two ends of the service: lines that come in, lines that go out. Nothing else ever reaches standard output."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

Event = dict[str, Any]


def pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for the service alone: what it starts reads nothing, and writes to standard error."""
    lines, events = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return lines, events


def lines_of(stream: BinaryIO, most: int) -> Iterator[bytes | None]:
    """The lines that come, without blank ones; None for each that is longer than `most` bytes, which is passed over."""
    while line := stream.readline(most + 1):
        if len(line) > most and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(most)
            yield None
        elif line.strip():
            yield line


class Outgoing:
    """Writes events, each as one line, from whichever thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._lock = stream, threading.Lock()

    def send(self, event: Event) -> None:
        """Raises OSError when nobody reads any more."""
        line = json.dumps(_sendable(event), allow_nan=False).encode() + b"\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()


def _sendable(value: Any) -> Any:
    """The value with texts in the place of numbers that JSON does not have: nan, inf and -inf."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {name: _sendable(one) for name, one in value.items()}
    return [_sendable(one) for one in value] if isinstance(value, list | tuple) else value
