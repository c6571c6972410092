"""Write a file in one step: afterwards it is the old one or the new one, and links and rights are what they were."""

from __future__ import annotations

import glob
import itertools
import os
import stat
import time
from contextlib import suppress
from pathlib import Path


class NotWritten(OSError):
    """Nothing can be written there; the text says why. What was there is as it was."""


def write(file: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write a file, so that a kill or a full disk leaves the old one or the new one, and nothing else.

    A link stays a link: what it leads to is written, or made. A file keeps its rights; a new one gets `mode`, or what the
    system gives to new files. What is no file, such as a pipe, is written to as it is. Raises OSError.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    target = Path(os.path.realpath(file))
    if target.is_symlink():  # resolved, and a link all the same
        raise NotWritten(f"{file} is a link that leads back to itself.")
    if not target.parent.is_dir():
        raise NotWritten(f"{file} is a link to {target}, and there is no such folder.")
    if not target.exists():
        _replace(target, content, mode)
    elif target.is_file():
        _replace(target, content, stat.S_IMODE(target.stat().st_mode))
    else:  # a folder refuses
        target.write_bytes(content)


def clear_away(file: Path) -> None:
    """Remove what processes that were killed have left beside a file that they were writing."""
    for beside in file.parent.glob(f".{glob.escape(file.name)}.*.new"):
        number = beside.name.removeprefix(f".{file.name}.").partition("-")[0]
        if number.isdigit() and not _is_alive(int(number)):
            with suppress(OSError):
                beside.unlink()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is somebody else's
        return True
    return True


def free_name(file: Path) -> Path:
    """What a copy of a file may be called beside it."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = [f"{file.name}.{stamp}.bak", *(f"{file.name}.{stamp}-{number}.bak" for number in range(1, 100))]
    return next(path for path in map(file.with_name, names) if not os.path.lexists(path))


def keep_copy(file: Path) -> Path:
    """Copy a file beside itself, under a name that says when and was free, and return that. Raises OSError."""
    copy = free_name(file)
    write(copy, file.read_bytes(), mode=stat.S_IMODE(file.stat().st_mode))
    return copy


def _replace(file: Path, content: bytes, mode: int | None) -> None:
    """Put a new file in the place of one, which need not be there."""
    beside, descriptor = _file_beside(file)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
        if mode is not None:
            with suppress(OSError):  # not every file system has rights
                beside.chmod(mode)
        beside.replace(file)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def _file_beside(file: Path) -> tuple[Path, int]:
    """An empty file in the same folder, under a name that was free, and its descriptor. Its errors name `file`."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    for number in itertools.count():
        beside = file.with_name(f".{file.name}.{os.getpid()}-{number}.new")
        try:
            return beside, os.open(beside, flags, 0o666)
        except FileExistsError:
            continue
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(file)) from error
    raise AssertionError("numbers do not end")
