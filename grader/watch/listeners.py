"""Those who listen, each in a thread of its own: to saves, and to keys."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import watchfiles

from grader.machine import faults
from grader.watch.events import Broken, Pressed, Saved
from grader.watch.terminal import Keys

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
_PATIENCE = 2.0  # seconds that one who listens has to come to an end

Send = Callable[[Saved | Pressed | Broken], None]


@contextmanager
def listening(tree: Path, keys: Keys, send: Send, *, poll: bool) -> Iterator[None]:
    """Send saves below a folder, and keys, while the context lasts. `poll` looks at the files again and again."""
    stop = threading.Event()

    def listen(to: Callable[[], None]) -> None:
        try:
            to()
        except Exception as error:
            send(Broken(faults.explain(error) or traceback.format_exc()))

    listeners = [
        threading.Thread(target=listen, args=(to,), daemon=True)
        for to in (
            lambda: listen_to_saves(tree, send, stop, poll=poll),
            lambda: listen_to_keys(keys, send, stop),
        )
    ]
    for listener in listeners:
        listener.start()
    try:
        yield
    finally:
        stop.set()
        for listener in listeners:
            listener.join(_PATIENCE)


def listen_to_saves(tree: Path, send: Send, stop: threading.Event, *, poll: bool) -> None:
    """Send a `Saved` for each burst of changes below a folder, until `stop` is set."""
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
        send(Saved(frozenset(Path(path) for _, path in changes)))


def listen_to_keys(keys: Keys, send: Send, stop: threading.Event) -> None:
    """Send a `Pressed` for each key, until `stop` is set."""
    while keys.available and not stop.is_set():
        if keys.lending:
            time.sleep(_KEY_WAIT)
        elif key := keys.read(_KEY_WAIT):
            send(Pressed(key))


def needs_polling(tree: Path) -> bool:
    """Whether the folder lies on a file system that tells nobody of changes."""
    mounts = [mount for mount in psutil.disk_partitions(all=True) if tree.is_relative_to(mount.mountpoint)]
    nearest = max(mounts, key=lambda mount: len(mount.mountpoint), default=None)
    return nearest is not None and nearest.fstype in _REMOTE
