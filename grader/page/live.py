"""What the page says now, and those who listen to it: each is sent what has changed since it was sent something last."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

BEAT = 10.0  # seconds after which it is said that all is as it was
MOST_STREAMS = 32


class Live:
    """The newest sections. Whoever is slow is sent the newest, and never what it has missed."""

    def __init__(self) -> None:
        self.sections: dict[str, str] = {}
        self.ended = False
        self._changed: dict[int, asyncio.Event] = {}
        self._number = 0

    def show(self, sections: dict[str, str]) -> None:
        """These are the newest."""
        self.sections = sections
        self._wake()

    def end(self) -> None:
        """Nothing more will come."""
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        for changed in self._changed.values():
            changed.set()

    async def stream(self) -> AsyncIterator[bytes]:
        """Server-sent events for one page. Of too many the oldest is sent away, and will come again if somebody looks at it."""
        self._number += 1
        number, changed, sent = self._number, asyncio.Event(), dict[str, str]()
        if len(self._changed) >= MOST_STREAMS:
            self._changed.pop(min(self._changed)).set()
        self._changed[number] = changed
        try:
            yield b"retry: 1000\n\n"
            while number in self._changed:
                if fresh := {name: html for name, html in self.sections.items() if sent.get(name) != html}:
                    sent |= fresh
                    yield _event("sections", json.dumps(fresh))
                if self.ended:
                    yield _event("ended", "")
                    return
                try:
                    await asyncio.wait_for(changed.wait(), BEAT)
                except TimeoutError:
                    yield _event("beat", "")
                changed.clear()
        finally:
            self._changed.pop(number, None)


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()
