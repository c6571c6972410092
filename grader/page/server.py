"""The page's addresses: the page itself, its changes, its figures, and what somebody may ask for."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from grader.kata import catalogue
from grader.kata.catalogue import UnknownSelector
from grader.page.contents import Contents
from grader.page.door import Door
from grader.page.figures_made import FiguresMade
from grader.page.live import Live
from grader.page.protocol import Asked, ExerciseWanted, HintWanted, NextWanted, Trouble

_A_MOMENT = 0.3  # seconds in which watch answers
_LONGEST = 4096  # bytes of what somebody asks for
_FIGURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
ENDED = "watch has ended. Begin it again in the terminal, and open the address that it shows."


class Server:
    """Answers requests; `ask` passes on what somebody wants."""

    def __init__(
        self, live: Live, contents: Contents, figures: FiguresMade, ask: Callable[[Asked], None]
    ) -> None:
        self._live, self._contents, self._figures, self._ask = live, contents, figures, ask

    def behind(self, door: Door) -> ASGIApp:
        """The application, for those whom the door lets in."""
        routes = [
            Route("/", self._page),
            Route("/events", self._events),
            Route("/figure/{key}/{frame}.svg", self._figure),
            Route("/lesson/{day}/{name}", self._lesson_image),
            Route("/hint", self._hint, methods=["POST"]),
            Route("/exercise", self._exercise, methods=["POST"]),
            Route("/next", self._next, methods=["POST"]),
            Mount(
                "/static",
                StaticFiles(directory=Path(__file__).parent / "static", packages=[("grader.html", "static")]),
            ),
        ]
        app = Starlette(
            routes=routes, exception_handlers={HTTPException: self._mistaken, Exception: self._failed}
        )
        return door.guarding(app, self._refused)

    def _refused(self, why: str, status: int) -> Response:
        return HTMLResponse(self._contents.message("Not this way", why), status)

    async def _mistaken(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        text = {404: "There is nothing here.", 405: "That cannot be done here."}.get(error.status_code)
        page = self._contents.message("Not here", text or error.detail)
        return HTMLResponse(page, error.status_code, error.headers)

    async def _failed(self, request: Request, error: Exception) -> Response:
        """A mistake of ours, which is told where `watch` runs."""
        self._ask(Trouble("".join(traceback.format_exception(error))))
        text = "The grader's own fault, not yours: the terminal tells more. No verdict depends on it."
        return HTMLResponse(self._contents.message("That went wrong", text), 500)

    # ---- what is shown

    async def _page(self, request: Request) -> Response:
        if not self._live.sections:
            text = "JAX takes a few seconds to start. This page goes on by itself."
            return HTMLResponse(self._contents.message("watch begins", text, again=True))
        return HTMLResponse(self._contents.page(self._live.sections, ENDED if self._live.ended else ""))

    async def _events(self, request: Request) -> Response:
        return StreamingResponse(self._live.stream(), media_type="text/event-stream")

    async def _figure(self, request: Request) -> Response:
        number, _, dark = request.path_params["frame"].partition("-")
        if not re.fullmatch(r"\d{1,3}", number) or dark not in {"", "dark"}:
            raise HTTPException(404)
        drawn = await self._figures.svg(request.path_params["key"], int(number), bool(dark))
        if not drawn:
            raise HTTPException(404)
        kept = {"cache-control": "private, max-age=86400", "content-security-policy": _FIGURE_POLICY}
        return Response(drawn, media_type="image/svg+xml", headers=kept)

    async def _lesson_image(self, request: Request) -> Response:
        """An image that lies beside a lesson."""
        name = request.path_params["name"]
        day = next((day for day in catalogue.days() if day.key == request.path_params["day"]), None)
        if day is None or not re.fullmatch(r"[\w-]+\.(svg|png)", name):
            raise HTTPException(404)
        file = catalogue.LESSONS / day.folder / name
        if not file.is_file():
            raise HTTPException(404)
        return FileResponse(file, headers={"content-security-policy": _FIGURE_POLICY})

    # ---- what somebody asks for

    async def _hint(self, request: Request) -> Response:
        fields = await _fields(request)
        day, name = _exercise(fields.get("exercise", ""))
        level = fields.get("level", "")
        if not re.fullmatch(r"[1-9]", level):
            raise HTTPException(400, "There is no such hint.")
        return await self._asked(request, HintWanted(day, name, int(level)), f"#hint-{level}")

    async def _exercise(self, request: Request) -> Response:
        fields = await _fields(request)
        return await self._asked(request, ExerciseWanted(*_exercise(fields.get("exercise", ""))))

    async def _next(self, request: Request) -> Response:
        fields = await _fields(request)
        return await self._asked(request, NextWanted(*_exercise(fields.get("from", ""))))

    async def _asked(self, request: Request, wanted: Asked, place: str = "") -> Response:
        """Passed on. A page without scripts is shown anew, in a moment."""
        if self._live.ended:
            raise HTTPException(410, ENDED)
        self._ask(wanted)
        if "application/json" in request.headers.get("accept", ""):
            return Response(status_code=204)
        await asyncio.sleep(_A_MOMENT)
        return RedirectResponse(f"/{place}", status_code=303)


async def _fields(request: Request) -> Mapping[str, str]:
    """The fields of a form. Raises HTTPException for what is none, or is too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST:
            raise HTTPException(413, "That is too long.")
    found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
    return {name: values[0] for name, values in found.items()}


def _exercise(selector: str) -> tuple[str, str]:
    """The day and the name of an exercise, from `day01.softmax`. Raises HTTPException where there is none."""
    key, _, name = selector.partition(".")
    try:
        (day,) = (day for day in catalogue.days() if day.key == key)
        return key, day.exercise(name).name
    except (ValueError, UnknownSelector):
        raise HTTPException(400, "There is no such exercise.") from None
