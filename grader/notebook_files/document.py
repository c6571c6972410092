"""The .ipynb file: cells in Jupyter's format 4.5, the same bytes for the same cells, and read from any format 4."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

SUFFIX = ".ipynb"
LARGEST = 64 * 2**20  # bytes of a file that is read; outputs may hold many pictures
_FORMAT = 4
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

Kind = Literal["markdown", "code"]


class NoNotebook(ValueError):
    """A file that cannot be read as a notebook; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `name` is its id: letters, digits, `-` and `_`, 64 of them at most, another one for each cell."""

    kind: Kind
    text: str
    name: str = ""


def document(cells: Sequence[Cell]) -> bytes:
    """The file that holds these cells, without outputs."""
    notebook = {
        "cells": [_written(cell) for cell in cells],
        "metadata": _METADATA,
        "nbformat": _FORMAT,
        "nbformat_minor": 5,
    }
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _written(cell: Cell) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": cell.name,
        "metadata": {},
        "source": cell.text.splitlines(keepends=True),
    }
    return fields | ({"execution_count": None, "outputs": []} if cell.kind == "code" else {})


def read(file: Path) -> tuple[Cell, ...]:
    """The cells of a file, in their order; what is no cell in them has no text. Raises NoNotebook."""
    notebook = _json_of(file)
    if not isinstance(notebook, dict):
        raise NoNotebook(f"{file} is no notebook: it holds no JSON object")
    version = notebook.get("nbformat")
    if isinstance(version, int) and version < _FORMAT:
        raise NoNotebook(
            f"{file} is a notebook of the old format {version}; bring it to format 4 first: "
            f"jupyter nbconvert --to notebook --nbformat 4 --inplace {file}"
        )
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not isinstance(version, int):
        raise NoNotebook(f"{file} is no notebook: it holds no cells")
    if version > _FORMAT:
        raise NoNotebook(f"{file} is a notebook of format {version}; this kata reads format 4")
    return tuple(map(_cell_of, cells))


def _json_of(file: Path) -> Any:
    try:
        size = file.stat().st_size
        if file.is_dir():
            raise NoNotebook(f"{file} is a folder; a notebook is a file whose name ends with {SUFFIX}")
        if size > LARGEST:
            raise NoNotebook(
                f"{file} has {size // 2**20} MiB, more than the {LARGEST // 2**20} that are read; clear its outputs first"
            )
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NoNotebook(f"{file} is no notebook: it holds no text") from None
    except OSError as error:
        raise NoNotebook(f"{file} cannot be read: {error.strerror}") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NoNotebook(f"{file} is no notebook: it holds no JSON") from None


def _cell_of(cell: Any) -> Cell:
    fields = cell if isinstance(cell, dict) else {}
    source = fields.get("source")
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    kind: Kind = "code" if fields.get("cell_type") == "code" else "markdown"
    return Cell(kind, text.replace("\r\n", "\n").replace("\r", "\n"))
