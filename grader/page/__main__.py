"""The process of the page: states in by standard input, wishes out by standard output. It ends when its input does.

It judges nothing and knows no learner's code. Whatever happens here, `watch` goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from grader.page import places
from grader.page.protocol import NewPicture, Opened, State, Trouble, dump, load

if TYPE_CHECKING:
    from grader.page.hearing import Hearing

_PARENT = 1.0  # seconds between looks at whether the parent is still there


def main() -> int:
    """Serve until the parent closes the pipe, or is gone."""
    parser = argparse.ArgumentParser(prog="python -m grader.page")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--recorded", action="store_true", help="show what the record says of all days")
    parser.add_argument("--browser", action="store_true", help="open a browser, where it would be seen")
    asked = parser.parse_args()
    parent, (lines, wishes) = os.getppid(), _pipes()
    try:
        asyncio.run(_serve(lines, wishes, asked, parent))
    except BrokenPipeError:
        return 1
    except BaseException as error:
        words = f"{type(error).__name__}: {error}" if isinstance(error, ImportError | OSError) else ""
        wishes.write(dump(Trouble(words or traceback.format_exc())))
        wishes.flush()
        return 1
    return 0


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Both pipes for this process alone: what it starts (a browser) reads nothing and writes nowhere."""
    lines, wishes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)
    os.close(nothing)
    return lines, wishes


async def _serve(lines: BinaryIO, wishes: BinaryIO, asked: argparse.Namespace, parent: int) -> None:
    import uvicorn  # here: what is missing is told to the parent

    from grader.page.door import Door
    from grader.page.hearing import Hearing

    with places.listening_socket(asked.port) as listening:
        port = listening.getsockname()[1]
        door = Door(port)
        hearing = Hearing(wishes, recorded=asked.recorded)
        config = uvicorn.Config(
            hearing.server.behind(door),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            loop="asyncio",
            server_header=False,
            timeout_graceful_shutdown=2,
            limit_concurrency=200,
        )
        server = uvicorn.Server(config)
        logging.disable()  # what fails here is told to the parent

        def end() -> None:
            hearing.end()
            server.should_exit = True

        hearing.tell(Opened(door.address, places.forward(port)))
        hearing.warm_up()
        if asked.browser and places.has_a_display():
            threading.Thread(target=places.open_browser, args=(door.address_for_once,), daemon=True).start()
        loop = asyncio.get_running_loop()
        threading.Thread(target=_read, args=(lines, hearing, loop, end), daemon=True).start()
        watching = asyncio.create_task(_watch_parent(parent, end))
        await server.serve(sockets=[listening])
        watching.cancel()


def _read(
    lines: BinaryIO, hearing: Hearing, loop: asyncio.AbstractEventLoop, end: Callable[[], None]
) -> None:
    """Hand over what the parent writes, until it writes no more."""
    try:
        for line in lines:
            message = load(line)
            assert isinstance(message, State | NewPicture)
            loop.call_soon_threadsafe(hearing.hear, message)
    except (ValueError, AssertionError, OSError):
        hearing.tell(Trouble(traceback.format_exc()))
    loop.call_soon_threadsafe(end)


async def _watch_parent(parent: int, end: Callable[[], None]) -> None:
    """A parent that is gone may have left its end of the pipe to somebody."""
    while os.getppid() == parent:
        await asyncio.sleep(_PARENT)
    end()


if __name__ == "__main__":
    status = main()
    os._exit(status)  # at once: a figure that is being drawn is nobody's any more
