"""The consoles that screens are drawn on: with colour, or plain."""

from __future__ import annotations

from typing import Any

from rich.console import Console

# ASCII, no colour, a width that does not depend on the terminal.
PLAIN: dict[str, Any] = {
    "highlight": False,
    "color_system": None,
    "force_terminal": False,
    "width": 100,
    "no_color": True,
}


def rich_console() -> Console:
    """Colour and signs where the terminal has them."""
    return Console(highlight=False)


def plain_console() -> Console:
    """ASCII, no colour, a width that does not depend on the terminal."""
    return Console(**PLAIN)
