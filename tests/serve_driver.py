"""Drives a real `python -m grader serve`: lines in, events out, each awaited for a limited time."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from grader.record.store import FOLDER

ROOT = Path(__file__).parent.parent
PATIENCE = 120.0  # seconds for any one event, on a busy machine
LAST = {"result", "answer", "error", "stopped", "bye"}

Event = dict[str, Any]


class Served:
    """The service, as long as the context lasts."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grader", "serve"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), FOLDER: str(folder / "record"), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._events: queue.Queue[Event | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdin
        self.process.stdin.close()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self._events.put(json.loads(line))
        self._events.put(None)

    def send(self, line: str | bytes | Event) -> None:
        """A request, or whatever line it is."""
        line = json.dumps(line) if isinstance(line, dict) else line
        assert self.process.stdin
        self.process.stdin.write((line.encode() if isinstance(line, str) else line) + b"\n")
        self.process.stdin.flush()

    def next(self) -> Event:
        """The next event. Raises queue.Empty when none comes."""
        event = self._events.get(timeout=PATIENCE)
        assert event is not None, "it has ended"
        return event

    def ask(self, **request: Any) -> Event:
        """The last event on a request."""
        self.send(request)
        while True:
            event = self.next()
            if event.get("id") == request["id"] and event["event"] in LAST:
                return event

    def end(self) -> int:
        """Close its standard input; its exit status."""
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(PATIENCE)
