"""Compiled programs kept from run to run: in which folder, whether that works on this machine, and not too many of them.

It has been reported useless on some machines, so a probe decides once (`Workers.probe_compile_cache`), and its answer lies
in the folder. The folder is named for JAX and for the processor: programs for another one may not run here.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
from contextlib import suppress
from pathlib import Path

from grader.kata.files import write

SETTING = "KATA_COMPILE_CACHE"  # in the environment: a folder that is used as it is, or "off"
_ANSWER = "works"
# Bytes: above the one, the oldest programs go until the other is reached.
_MOST, _LEAST = 256 * 2**20, 128 * 2**20


def folder(base: Path) -> Path:
    """The folder for this JAX on this processor, below `base`. It need not be there."""
    versions = [importlib.metadata.version(name) for name in ("jax", "jaxlib")]
    digest = hashlib.sha256("\n".join([platform.platform(), _processor(), *versions]).encode())
    return base / "compile_cache" / f"jax-{versions[0]}-{digest.hexdigest()[:12]}"


def named_by_environment() -> tuple[bool, Path | None]:
    """Whether the environment decides, and for which folder; None is none at all."""
    setting = os.environ.get(SETTING)
    return bool(setting), Path(setting) if setting and setting != "off" else None


def choose(base: Path) -> tuple[Path | None, bool | None]:
    """The folder to use, pruned, and whether it works; that is None as long as no probe has told."""
    decided, named = named_by_environment()
    if decided:
        return named, True
    cache = folder(base)
    prune(cache)
    return cache, known_to_work(cache)


def known_to_work(cache: Path) -> bool | None:
    """What the probe found; None when it has not been asked, or when nobody can tell what it said."""
    with suppress(OSError):
        return {b"yes": True, b"no": False}.get((cache / _ANSWER).read_bytes())
    return None


def remember(cache: Path, works: bool) -> None:
    """Keep what the probe found. Where that cannot be written, it will be asked again."""
    with suppress(OSError):
        write(cache / _ANSWER, b"yes" if works else b"no")


def size(cache: Path) -> int:
    """Bytes that the programs in a folder take."""
    return sum(taken for _, taken, _ in _programs(cache))


def prune(cache: Path, most: int = _MOST, least: int = _LEAST) -> int:
    """Delete the oldest programs when they take more than `most` bytes, until they take `least`. Returns how many went."""
    programs = _programs(cache)
    total, gone = sum(taken for _, taken, _ in programs), 0
    if total <= most:
        return 0
    for _, taken, path in sorted(programs):
        if total <= least:
            break
        with suppress(OSError):
            os.unlink(path)
            total, gone = total - taken, gone + 1
    return gone


def _programs(cache: Path) -> list[tuple[float, int, str]]:
    """(when it was written, bytes, path) of each program."""
    found = []
    with suppress(OSError):
        for entry in os.scandir(cache):
            with suppress(OSError):
                if entry.name != _ANSWER and entry.is_file():
                    found.append((entry.stat().st_mtime, entry.stat().st_size, entry.path))
    return found


def _processor() -> str:
    """What the processor can do, as far as the system tells."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                return line
    return platform.processor()
