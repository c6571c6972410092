"""Markdown of the kata (lessons, hints) as HTML. Raw HTML in it stays text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")


@lru_cache(maxsize=64)
def html_of(text: str, *, images: str = "", down: int = 0) -> Markup:
    """The text as HTML, its headings so many levels further `down`.

    Links to the world open a page of their own; links to files of the kata, which no page has, are words. `images` is put
    before the names of images that lie beside the text; without it, what they show is said in words.
    """
    tokens = _PARSER.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + down, 6)}"
        _settle(token.children or [], images)
    return Markup(_PARSER.renderer.render(tokens, _PARSER.options, {}))  # the parser escapes all text


def _settle(tokens: Sequence[Token], images: str) -> None:
    outward = False
    for token in tokens:
        if token.type == "link_open":
            outward = str(token.attrs.get("href", "")).startswith(("https://", "http://"))
            token.attrs = (
                {"href": token.attrs["href"], "rel": "noreferrer noopener", "target": "_blank"}
                if outward
                else {}
            )
        if token.type in {"link_open", "link_close"} and not outward:
            token.tag = "span"
        if token.type == "image":
            name = str(token.attrs.get("src", ""))
            if images and "/" not in name and ":" not in name:
                token.attrs["src"] = f"{images}{name}"
            else:
                token.type, token.tag, token.children = "text", "", None
