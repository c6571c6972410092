"""What happens while somebody watches: saves and keys, heard in threads of their own, and the verdicts of `live`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import watchfiles

from grader.watch.keys import Keys
from grader.watch.live import Event

# File systems whose changes happen on another machine: nobody tells this one of them.
_REMOTE = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "fuse.sshfs",
        "vboxsf",
        "drvfs",
        "afpfs",
        "webdav",
        "prl_fs",
    }
)
_DEBOUNCE, _STEP = 200, 15  # milliseconds: at most, and until no more changes come
_KEY_WAIT = 0.2  # seconds between looks at whether to stop


@dataclass(frozen=True, slots=True)
class Saved:
    """Something was written below the learner's tree."""

    files: frozenset[Path]


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key."""

    key: str


@dataclass(frozen=True, slots=True)
class Redraw:
    """The window has another size, or the program came back from being suspended."""


Happening = Event | Saved | Pressed | Redraw


def listen_to_saves(
    tree: Path, put: Callable[[Happening], None], stop: threading.Event, *, poll: bool
) -> None:
    """Put a `Saved` for each burst of changes below a folder, until `stop` is set."""
    for changes in watchfiles.watch(
        tree,
        watch_filter=lambda change, path: path.endswith(".py"),
        debounce=_DEBOUNCE,
        step=_STEP,
        stop_event=stop,
        rust_timeout=1000,
        force_polling=True if poll or needs_polling(tree) else None,
        poll_delay_ms=100,
    ):
        put(Saved(frozenset(Path(path) for _, path in changes)))


def listen_to_keys(keys: Keys, put: Callable[[Happening], None], stop: threading.Event) -> None:
    """Put a `Pressed` for each key, until `stop` is set."""
    while keys.available and not stop.is_set():
        if keys.lending:
            time.sleep(_KEY_WAIT)
        elif key := keys.read(_KEY_WAIT):
            put(Pressed(key))


def needs_polling(tree: Path) -> bool:
    """Whether the folder lies on a file system that tells nobody of changes."""
    mounts = [mount for mount in psutil.disk_partitions(all=True) if tree.is_relative_to(mount.mountpoint)]
    nearest = max(mounts, key=lambda mount: len(mount.mountpoint), default=None)
    return nearest is not None and nearest.fstype in _REMOTE
