"""Who may come in: whoever was given the address. It looks at every request before anything else does.

A page on the loopback can be reached by every program of this machine, and by every page that its browser shows. So a request
must name this machine as its host, must not come from another page, and must carry what the address carried once.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = frozenset({"127.0.0.1", "localhost"})
_OPEN = ("/static/",)  # holds nothing that is anybody's
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_ALWAYS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with none, a form of our own would come from nowhere
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
FOREIGN_HOST = "This page answers under 127.0.0.1 and localhost, and under no other name."
FROM_ELSEWHERE = (
    "This request comes from another page, and is refused. If you have followed a link: copy the address from the terminal"
    " into the address bar."
)
NO_TOKEN = (
    "This is no address of a watch that runs, or it was one of a watch that has ended. Open the address that the terminal"
    " shows under the day's title."
)


class Door:
    """The token of a run, and the places where it is asked for."""

    def __init__(self, port: int) -> None:
        self._cookie = f"kata_{port}"  # a browser keeps cookies by host, whatever the port
        self._token = secrets.token_urlsafe(24)
        self._once = {secrets.token_urlsafe(24)}
        self._base = f"http://127.0.0.1:{port}/?token="

    @property
    def address(self) -> str:
        """Where the page is, for whoever may see it."""
        return f"{self._base}{self._token}"

    @property
    def address_for_once(self) -> str:
        """The same, good for one use: a browser that is started has it on its command line, where others of this machine look."""
        return f"{self._base}{next(iter(self._once), self._token)}"

    def guarding(self, app: ASGIApp, refused: Callable[[str, int], Response]) -> ASGIApp:
        """The application behind the door; `refused` makes a page of the reason and the status."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return

            async def with_headers(message: Message) -> None:
                if message["type"] == "http.response.start":
                    headers = message.setdefault("headers", [])
                    present = {name.lower() for name, _ in headers}
                    more = {**_ALWAYS, "cache-control": "no-store"}
                    headers += [
                        (name.encode(), value.encode())
                        for name, value in more.items()
                        if name.encode() not in present
                    ]
                await send(message)

            answer = self._refusal(scope, refused) or self._welcome(scope)
            await (answer or app)(scope, receive, with_headers)

        return guarded

    def _refusal(self, scope: Scope, refused: Callable[[str, int], Response]) -> Response | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not {hosts[0], hosts[0].rpartition(":")[0]} & HOSTS:
            return refused(FOREIGN_HOST, 421)
        origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
        if any(origin != f"http://{hosts[0]}" for origin in origins):
            return refused(FROM_ELSEWHERE, 403)
        if any(site not in {"same-origin", "none"} for site in sites):
            return refused(FROM_ELSEWHERE, 403)
        if scope["path"].startswith(_OPEN) or self._has_token(headers) or self._given(scope):
            return None
        return refused(NO_TOKEN, 403)

    def _welcome(self, scope: Scope) -> Response | None:
        """Whoever comes with the token in the address gets it as a cookie, and goes on without it."""
        given = self._given(scope)
        if not given:
            return None
        self._once -= {given}
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict", path="/")
        return answer

    def _given(self, scope: Scope) -> str:
        """The token in the address, where it is right."""
        if scope["method"] != "GET" or scope["path"] != "/":
            return ""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        return next((one for one in given[:1] if _among(one, [self._token, *self._once])), "")

    def _has_token(self, headers: Headers) -> bool:
        found = []
        for line in headers.getlist("cookie"):
            for part in line.split(";"):
                name, _, value = part.strip().partition("=")
                if name == self._cookie:
                    found.append(value)
        return any(_among(value, [self._token]) for value in found)


def _among(given: str, tokens: Sequence[str]) -> bool:
    """Whether it is one of them, in a time that does not tell how much of it is right."""
    same = [hmac.compare_digest(given.encode(), token.encode()) for token in tokens]
    return any(same)
