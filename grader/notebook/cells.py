"""The texts of cells as Python: what IPython alone understands is taken out, line by line, so that lines keep their numbers."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence

MOST = 2**18  # characters of earlier cells that are sent
# Cell magics below which there is Python that ran in the kernel.
_PYTHON_BELOW = frozenset({"grade", "time", "capture", "prun", "timeit"})
_OF_IPYTHON = re.compile(r"(\s*)(?:[%!?]|[\w, ]+=\s*[%!]|.*\?\s*$)")


def as_python(text: str) -> str:
    """A cell without the lines that are no Python but IPython's (`%time f(x)`, `!ls`, `f?`)."""
    if _is_python(text):
        return text
    lines = text.split("\n")
    mended = "\n".join(
        f"{found[1]}pass  # {line.strip()}" if (found := _OF_IPYTHON.match(line)) else line for line in lines
    )
    return mended if _is_python(mended) else text


def graded(body: str) -> str:
    """A cell below its magic, with lines as the cell counts them."""
    return f"\n{as_python(body)}"


def earlier(history: Sequence[str], body: str) -> list[str]:
    """The cells that ran before, the oldest first, without the one whose body this is; the newest, where there are many."""
    found: list[str] = []
    room = MOST
    for raw in reversed(history):
        first, _, below = raw.partition("\n")
        if first.startswith("%%"):
            magic = first[2:].split(None, 1)[:1]
            if magic and magic[0] in _PYTHON_BELOW and below.strip() != body.strip():
                found.append(graded(below))
        elif raw.strip():
            found.append(as_python(raw))
        room -= len(raw)
        if room < 0:
            break
    return list(reversed(found))


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
