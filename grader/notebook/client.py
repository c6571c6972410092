"""Talks to the process that grades: `python -m grader serve`. It is begun when it is needed, and ends with this one.

Nothing here changes the kernel: no thread, no folder, no environment. The process gets its own of all of them.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

Event = dict[str, Any]

_FINAL = frozenset({"result", "answer", "error", "stopped", "bye"})
_PATIENCE = (
    5.0  # seconds that a grading has to end when it is interrupted, and the process when it is not needed
)
_LOOK = 0.5  # seconds between looks at whether the process is still there
_ROOT = Path(__file__).resolve().parents[2]  # where the grader is imported from


class Ended(Exception):
    """The process that grades has ended by itself; the text is the end of what it said."""


class Client:
    """The process, and what is asked of it, one request after another. `settings` are put into its environment."""

    def __init__(self, settings: Callable[[], Mapping[str, str]] = dict) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._trouble: IO[bytes] | None = None  # what it writes to standard error
        self._heard = b""
        self._count = 0
        _forget_in_forked_processes(self)

    @property
    def process_number(self) -> int | None:
        """Of the process that grades; None as long as there is none."""
        return self._process.pid if self._process else None

    def ask(self, do: str, hear: Callable[[Event], None] = lambda event: None, **fields: Any) -> Event:
        """The answer to a request; `hear` gets each event before it.

        Raises Ended, after which another one begins; and KeyboardInterrupt, once what was asked for is over.
        """
        if self._process is None:
            self._start()
        elif self._process.poll() is not None:
            raise self._ended()
        self._count += 1
        id = self._count
        self._write({"id": id, "do": do, **fields})
        try:
            return self._final(id, hear, deadline=None)
        except KeyboardInterrupt:
            pass
        try:  # it comes to its end, so that nothing of it is left when the next one is asked for
            self._count += 1
            self._write({"id": self._count, "do": "stop"})
            self._final(id, lambda event: None, deadline=time.monotonic() + _PATIENCE)
        except (KeyboardInterrupt, Ended, ValueError):
            self.close(at_once=True)
        raise KeyboardInterrupt

    def close(self, *, at_once: bool = False) -> None:
        """End the process, and all that it has begun."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin
        assert process.stdout
        if at_once:
            process.kill()
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        if self._trouble:
            self._trouble.close()

    # ---- the process

    def _start(self) -> None:
        self._heard = b""
        self._trouble = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the process is)
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_"))
        }
        environment |= {"PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "1"} | dict(self._settings())
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grader", "serve"],  # -P: no file lying about is imported
            cwd=_folder(),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._trouble,
            start_new_session=True,  # the kernel's interrupt is told to it by a request
        )

    def _write(self, request: Event) -> None:
        """Raises Ended, also where an interrupt has left half a line."""
        assert self._process
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._ended() from None
        except BaseException:
            self.close(at_once=True)
            raise

    def _final(self, id: int, hear: Callable[[Event], None], deadline: float | None) -> Event:
        """The last event on a request. Raises Ended, and ValueError where the deadline passes without it."""
        while True:
            event = self._next(deadline)
            if event.get("id") not in {id, None}:  # of one that was interrupted
                continue
            if event["event"] in _FINAL:
                return event
            hear(event)

    def _next(self, deadline: float | None) -> Event:
        """The next event. Raises Ended, and ValueError where none has come by the deadline, or half of one."""
        assert self._process
        assert self._process.stdout
        stdout = self._process.stdout.fileno()
        while b"\n" not in self._heard:
            if deadline is not None and time.monotonic() > deadline:
                raise ValueError("there is no event")
            if select.select([stdout], [], [], _LOOK)[0]:
                piece = os.read(stdout, 2**16)
                if not piece:
                    raise self._ended()
                self._heard += piece
        line, _, self._heard = self._heard.partition(b"\n")
        event: Event = json.loads(line)
        return event

    def _ended(self) -> Ended:
        said = ""
        if self._trouble:
            with suppress(OSError, ValueError):
                self._trouble.seek(0)
                said = self._trouble.read().decode(errors="replace").strip()
        self.close()
        return Ended(said[-2000:])

    def forget(self) -> None:
        """In a process that was forked: what was begun belongs to the other one."""
        process, self._process = self._process, None
        if process:
            process.returncode = 0  # not ours to wait for
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):
                    os.close(stream.fileno())  # type: ignore[union-attr]


def _folder() -> str:
    """Where the kernel works: by it the grader finds whose exercises are meant. A folder that is gone is none."""
    try:
        return os.getcwd()
    except OSError:
        return str(Path.home())


def _forget_in_forked_processes(client: Client) -> None:
    reference = weakref.ref(client)

    def forget() -> None:
        if one := reference():
            one.forget()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)
