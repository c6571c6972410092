"""The parent's end of a worker's pipe, read without ever waiting for the rest of something that was begun."""

from __future__ import annotations

import os
import struct
from multiprocessing.connection import Connection

MAX_EVENT = 2**24  # bytes
_AT_ONCE = 2**16  # bytes
_LENGTH = struct.Struct("!i")  # as multiprocessing writes it, before each message


class Incoming:
    """What came through a connection, message by message.

    `Connection.recv_bytes` would wait for a message as long as it was announced, and so for ever for one that the
    learner's code begins and never ends.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._bytes = bytearray()

    def take_in(self) -> None:
        """Read what there is. Raises EOFError when nothing will come any more."""
        try:
            came = os.read(self._connection.fileno(), _AT_ONCE)
        except ConnectionResetError:  # the worker never read its job
            came = b""
        if not came:
            raise EOFError
        self._bytes += came

    def next(self) -> bytes | None:
        """The next message; None as long as it is not whole. Raises ValueError where none can begin like this."""
        if len(self._bytes) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._bytes)
        if not 0 < length <= MAX_EVENT:
            raise ValueError(f"a message of {length} bytes")
        end = _LENGTH.size + length
        if len(self._bytes) < end:
            return None
        message = bytes(self._bytes[_LENGTH.size : end])
        del self._bytes[:end]
        return message
