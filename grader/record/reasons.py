"""Why a record cannot be written or read, in words: what it is and what to do."""

from __future__ import annotations

from pathlib import Path


def reason(error: Exception, file: Path, patience: float, setting: str) -> str:
    """What went wrong with a file. `setting` in the environment names another folder; `patience` is how long was waited."""
    text = str(error)
    if "readonly" in text or "unable to open" in text or isinstance(error, PermissionError):
        return f"{file} cannot be written ({error}). Is its folder read-only? {setting}=/path/to/folder names another."
    if "full" in text:
        return f"There is no room on the disk for {file} ({error})."
    if "locked" in text:
        return f"Another grader has held {file} for more than {patience:g} seconds."
    return f"{file}: {type(error).__name__}: {error}"
