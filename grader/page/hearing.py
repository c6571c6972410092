"""What the page has heard of `watch`, put together for those who look at it, and what they ask for passed on."""

from __future__ import annotations

import asyncio
import threading
import traceback
from typing import BinaryIO

from grader.page.contents import Contents, View
from grader.page.figures_made import FiguresMade
from grader.page.live import Live
from grader.page.protocol import Asked, NewPicture, Shown, State, Trouble, dump
from grader.page.server import Server
from grader.pictures import Picture
from grader.record import store
from grader.record.standing import Standings

_NO_RECORD = "Another tree than your own is watched, so nothing is recorded."


class Hearing:
    """The newest state. All but `tell` is called in the server's thread."""

    def __init__(self, wishes: BinaryIO, *, recorded: bool) -> None:
        self._wishes, self._writing = wishes, threading.Lock()
        self._live, self._contents, self._figures = Live(), Contents(), FiguresMade()
        self.server = Server(self._live, self._contents, self._figures, self.tell)
        self._state: State | None = None
        self._told = ""  # the mistake of ours that was told last
        self._picture: Picture | None = None
        self._key, self._of = "", ("", "")  # of the picture: its key, and the exercise that it is of
        self._log = store.own().in_a_hurry() if recorded else None
        self._standings: Standings | None = None
        self._unknown = "" if recorded else _NO_RECORD
        self._reading: asyncio.Task[None] | None = None

    def warm_up(self) -> None:
        """Get ready what takes a while. Comes back at once."""
        self._figures.warm_up()

    def tell(self, wish: Asked) -> None:
        """Tell `watch` something. Raises OSError where it is gone."""
        with self._writing:
            self._wishes.write(dump(wish))
            self._wishes.flush()

    def hear(self, message: Shown) -> None:
        """Show it. A mistake of ours is told, and the page stays as it was."""
        try:
            if isinstance(message, NewPicture):
                self._key, self._picture = message.key, message.picture
                self._figures.show(message.key, message.picture)
                return
            settled = not any(mark.checking for mark in message.marks)
            self._state = message
            if message.picture:
                self._of = message.day, message.focus
            self._show()
            if settled and self._log and self._reading is None:
                self._reading = asyncio.get_running_loop().create_task(self._read_record())
        except Exception:
            trouble = traceback.format_exc()
            if trouble != self._told:  # telling it makes another state, with the same mistake
                self.tell(Trouble(trouble))
            self._told = trouble

    def end(self) -> None:
        """`watch` has ended."""
        self._live.end()
        self._figures.close()

    def _show(self) -> None:
        state = self._state
        if state is None:
            return
        current = bool(state.picture) and state.picture == self._key
        old = not current and state.drawing and self._of == (state.day, state.focus)
        picture = self._picture if current or old else None
        self._live.show(
            self._contents.sections(View(state, self._key, picture, old, self._standings, self._unknown))
        )

    async def _read_record(self) -> None:
        """What the record says may have changed: read it beside everything else, and show it where it has."""
        try:
            assert self._log
            standings: Standings | None = await asyncio.to_thread(self._log.standings)
            unknown = ""
        except store.NotRecorded as error:
            standings, unknown = None, f"Your progress cannot be read: {error}"
        self._reading = None
        if (standings, unknown) != (self._standings, self._unknown):
            self._standings, self._unknown = standings, unknown
            self._show()
