"""Figures of the picture that the page shows: drawn one at a time, in a thread of their own, and kept for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from grader.pictures import Chart, Frame, Layer, Mark, Picture, Role

_KEPT = 128  # figures
_TRIAL = Picture("", (Frame((Chart("", (Layer(Mark.LINE, Role.YOURS, (0.0, 1.0), (0.0, 1.0)),)),)),))


class FiguresMade:
    """The newest picture alone is drawn: whoever asks for an older one is a page that will show the newest in a moment."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="figures")
        self._made: OrderedDict[tuple[str, int, bool], str] = OrderedDict()
        self._key, self._picture = "", _TRIAL
        self._closed = False

    def warm_up(self) -> None:
        """Import what draws, and find its fonts, before somebody waits for it. Comes back at once."""
        self._thread.submit(_draw, _TRIAL, 0, False)

    def show(self, key: str, picture: Picture) -> None:
        """This is the newest picture from now on."""
        self._key, self._picture = key, picture

    async def svg(self, key: str, frame: int, dark: bool) -> str:
        """One frame as SVG; empty where there is no such frame, or no more."""
        wanted = key, frame, dark
        if wanted not in self._made:
            try:
                drawn = await asyncio.get_running_loop().run_in_executor(self._thread, self._draw, *wanted)
            except (asyncio.CancelledError, RuntimeError):
                if not self._closed:
                    raise
                drawn = ""
            if not drawn:
                return ""
            self._made[wanted] = drawn
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return self._made[wanted]

    def close(self) -> None:
        """Draw nothing more, also of what was asked for."""
        self._closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _draw(self, key: str, frame: int, dark: bool) -> str:
        picture = self._picture
        if key != self._key or not 0 <= frame < len(picture.frames):
            return ""
        return _draw(picture, frame, dark)


def _draw(picture: Picture, frame: int, dark: bool) -> str:
    from grader.figures import svg  # here: it takes most of a second, and the page need not wait for it

    return svg(picture, dark, frame=frame, words=False)
