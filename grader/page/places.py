"""Where the page can be: a free port of the loopback, the line that forwards it, and whether a browser can be opened here."""

from __future__ import annotations

import getpass
import os
import socket
import sys
import webbrowser
from collections.abc import Mapping

HOST = "127.0.0.1"
_TRIED = 20  # ports, beginning with the one that is wished for
_IN_A_TERMINAL = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})


def listening_socket(wished: int) -> socket.socket:
    """A socket that listens on the port that is wished for, or on the next one that is free; for 0, on any.

    Raises OSError when nothing can be listened on.
    """
    ports = [*range(wished, min(wished + _TRIED, 65536)), 0] if wished else [0]
    for port in ports:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if os.name == "posix":  # elsewhere it would share a port that is taken
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((HOST, port))
            made.listen(128)
            return made
        except OSError:
            made.close()
            if port == ports[-1]:
                raise
    raise AssertionError("one of them was returned or raised for")


def forward(port: int, environment: Mapping[str, str] = os.environ) -> str:
    """What to type on the machine where the browser is, when somebody came here by ssh; empty when nobody did."""
    _, _, here, by = (environment.get("SSH_CONNECTION", "").split() + [""] * 4)[:4]
    if not here:
        return ""
    way = "" if by in {"", "22"} else f" -p {by}"
    return f"ssh{way} -N -L {port}:{HOST}:{port} {_user()}{here}"


def _user() -> str:
    try:
        return f"{getpass.getuser()}@"
    except (KeyError, OSError):  # a user without a name
        return ""


def has_a_display(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a browser would be seen by whoever sits at this terminal."""
    if environment.get("BROWSER"):  # somebody says how
        return True
    if environment.get("SSH_CONNECTION") and not environment.get("DISPLAY"):
        return False
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def open_browser(address: str) -> None:
    """Open the address, where there is a browser that does not take the terminal. Says nothing when there is none."""
    try:
        browser = webbrowser.get()
        if getattr(browser, "basename", "") not in _IN_A_TERMINAL:
            browser.open(address)
    except (webbrowser.Error, OSError):
        pass
