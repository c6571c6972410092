"""What `%load_ext grader` brings: `%%grade`, `%hint`, `%solution`, `%lesson`, `%progress`."""

from __future__ import annotations

import atexit
from typing import Any

from grader.notebook import devices
from grader.notebook.magics import KataMagics

_LOADED: dict[int, KataMagics] = {}  # by shell


def load(shell: Any) -> None:
    """Register the magics with a shell; a second time begins anew."""
    unload(shell)
    magics = KataMagics(shell)
    shell.register_magics(magics)
    _LOADED[id(shell)] = magics
    atexit.register(magics.close)
    for note in devices.notes():
        print(note)


def unload(shell: Any) -> None:
    """End what grades. The magics go, too."""
    magics = _LOADED.pop(id(shell), None)
    if magics is None:
        return
    magics.close()
    atexit.unregister(magics.close)
    for kind, names in magics.magics.items():
        for name in names:
            shell.magics_manager.magics[kind].pop(name, None)
