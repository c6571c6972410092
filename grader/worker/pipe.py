"""The worker's end of the pipe to its parent."""

from __future__ import annotations

from multiprocessing.connection import Connection

from grader.worker.protocol import Event, encode


class Outgoing:
    """Events with the token of the run on each of them: what else arrives in the pipe is not ours."""

    def __init__(self, connection: Connection, token: str) -> None:
        self._connection, self.token = connection, token

    def send(self, event: Event) -> None:
        """Say what just happened."""
        self._connection.send_bytes(encode(event, self.token))

    def close(self) -> None:
        """Nothing more will be said."""
        self._connection.close()
