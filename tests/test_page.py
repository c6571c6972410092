"""The page beside the editor, without a browser: who is let in, what is served, what is asked for, how it ends."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message

from grader.findings import Finding, Kind
from grader.page import places
from grader.page.door import Door
from grader.page.live import MOST_STREAMS, Live
from grader.page.protocol import ExerciseWanted, HintWanted, NextWanted, dump, load
from grader.results import Problem, Status
from tests.page_driver import CELLS, KEY, PASSED, PageProcess, result, state


@pytest.fixture(scope="module")
def page() -> Iterator[PageProcess]:
    """A page that shows a wrong answer."""
    with PageProcess() as process:
        process.show_picture()
        deadline = time.monotonic() + 60
        while "A board, twice." not in process.text():
            assert time.monotonic() < deadline
        yield process
        assert process.nothing_asked()  # no trouble, above all


# ---- the door


def test_the_token_in_the_address_becomes_a_cookie(page: PageProcess) -> None:
    answer = page.request(f"/?token={page.token}", welcome=False)
    assert (answer.status, answer.getheader("Location")) == (303, "/")
    cookie = answer.getheader("Set-Cookie") or ""
    assert cookie == f"{page.cookie}; HttpOnly; Path=/; SameSite=strict"
    assert page.request("/", welcome=False, Cookie=f"other=1; {page.cookie}").status == 200
    assert page.request("/", Host=f"localhost:{page.port + 1}").status == 200  # forwarded from another port


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example:80"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Host": ""}, 421),
        ({"Host": "[::1]:80"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Cookie": ""}, 403),
        ({"Cookie": "kata_{port}=wrong"}, 403),
        ({"Cookie": "kata_{port}="}, 403),
        ({"Cookie": "kata_1={token}"}, 403),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/events"), ("GET", f"/figure/{KEY}/0.svg"), ("POST", "/next")]
)
def test_nobody_else_is_let_in(
    page: PageProcess, headers: dict[str, str], status: int, method: str, path: str
) -> None:
    named = {name: value.format(port=page.port, token=page.token) for name, value in headers.items()}
    answer = page.request(path, method, "from=day02.life_step" if method == "POST" else "", **named)
    assert answer.status == status
    assert "life_step" not in answer.read().decode()
    assert page.nothing_asked()


@pytest.mark.parametrize("path", ["/?token=wrong", "/?token=", "/events?token={token}", "/?other={token}"])
def test_a_wrong_token_is_answered_kindly(page: PageProcess, path: str) -> None:
    answer = page.request(path.format(token=page.token), welcome=False)
    assert answer.status == 403
    assert "Open the address that the terminal shows" in answer.read().decode()
    assert not answer.getheader("Set-Cookie")


def test_every_answer_says_what_a_browser_may_do_with_it(page: PageProcess) -> None:
    for path in ("/", "/static/page.js", "/nowhere", "/?token=wrong"):
        answer = page.request(path)
        policy = answer.getheader("Content-Security-Policy") or ""
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'")
        assert "unsafe" not in policy
        assert not answer.getheader("Access-Control-Allow-Origin")
        assert answer.getheader("Referrer-Policy") == "same-origin"
        assert answer.getheader("Cache-Control") == "no-store"
        html = answer.read().decode()
        assert "<script>" not in html
        assert " style=" not in html
        assert " onclick=" not in html


def test_an_address_for_a_browser_is_good_once() -> None:
    door = Door(80)
    app = door.guarding(PlainTextResponse("the page"), lambda why, status: Response(why, status))

    def status_of(address: str) -> int:
        return asyncio.run(_status(app, address.partition("?")[2]))

    once, printed = door.address_for_once, door.address
    assert once != printed
    assert [status_of(once), status_of(once)] == [303, 403]
    assert [status_of(printed), status_of(printed)] == [303, 303]


async def _status(app: object, query: str) -> int:
    sent: list[Message] = []
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": query.encode()}

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({**scope, "headers": [(b"host", b"127.0.0.1")]}, receive, send)  # type: ignore[operator]
    return int(sent[0]["status"])


# ---- what is shown


def test_the_page_shows_the_verdict_and_no_text_of_a_learner_is_anything_but_text(page: PageProcess) -> None:
    html = page.text()
    for shown in (
        "<code>life_step(i32[3,3])</code> is wrong at index (0, 1) (2 of 4 differ) at line 31",
        "[[0, 1], &lt;b&gt;\n [1, 0]]",
        "[[9, 9],",
        "<mark>board + &lt;i&gt;1&lt;/i&gt;</mark>",
        "&lt;u&gt;printed&lt;/u&gt;",
        "Look at the corners.",
        "/kata/exercises/day02.py:31",
        "Play one generation of Conway",  # the docstring
        "indexed updates",  # the lesson
        "Day 14",
    ):
        assert shown in html
    assert html.count("<img") == 3 + 1  # of the picture; and in the lesson
    assert (
        'alt="generation 2: image of the board (expected); image of the board (yours); image of the board (difference)"'
        in html
    )


def test_figures_are_served_in_light_and_dark(page: PageProcess) -> None:
    light, dark = (page.request(f"/figure/{KEY}/1{theme}.svg") for theme in ("", "-dark"))
    assert light.getheader("Content-Type") == "image/svg+xml"
    one, other = light.read(), dark.read()
    assert one.startswith(b"<?xml")
    assert one != other
    for path in (f"{KEY}/9.svg", f"{KEY}/x.svg", f"{KEY}/0-.svgx", "old/0.svg", f"{KEY}/0-blue.svg"):
        assert page.request(f"/figure/{path}").status == 404
    for path in (
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/lesson/day02/README.md",
        "/lesson/x/y.svg",
    ):
        assert page.request(path).status == 404


def test_the_picture_of_a_lesson_is_on_the_page_and_served(page: PageProcess) -> None:
    (address,) = re.findall(r'<img src="(/lesson/[^"]+)"', page.text())
    served = page.request(address)
    assert (served.status, served.getheader("Content-Type")) == (200, "image/svg+xml")
    assert b"<svg" in served.read()


def test_every_state_can_be_shown() -> None:
    with PageProcess("--recorded") as process:
        shown = [
            state(
                result=result(
                    status, None if status in {Status.PASSED, Status.TODO} else result().checks[0].finding
                )
            )
            for status in Status
        ]
        broken = Finding(
            "line 3 is no Python: \ud800 \u202e", Kind.UNREADABLE, line=3, source="def (", column=5
        )
        shown += [
            state(result=None, checking=True, marks=()),
            state(problems=(Problem(broken, "Close it."),)),
            state(
                result=PASSED,
                looking=True,
                hints=("one", "`two`", "three"),
                not_drawn="too large",
                drawing=False,
            ),
            state(focus="ring_push", result=None, not_drawn="", drawing=False),
            state(status=f"the last one {CELLS[0]}"),
        ]
        for number, one in enumerate(shown):
            process.show(one)
            if number:
                continue
            while "Day 2" not in process.text():
                pass
        deadline = time.monotonic() + 60
        while "the last one" not in (html := process.text()):
            assert time.monotonic() < deadline
        assert process.nothing_asked()
        assert "Comes next: day" in html
        assert process.end() == 0


def test_what_changes_is_sent_and_nothing_twice(page: PageProcess) -> None:
    answer = page.request("/events")
    assert answer.getheader("Content-Type", "").startswith("text/event-stream")
    first = _event(answer)
    assert '"lesson"' in first
    page.show_picture(status="something new")
    second = _event(answer)
    assert "something new" in second
    assert '"lesson"' not in second
    answer.close()
    page.show_picture()


def _event(answer: http.client.HTTPResponse) -> str:
    while not (line := answer.readline()).startswith(b"data: {"):
        assert line, "it has ended"
    return line.decode()


def test_of_too_many_that_listen_the_oldest_is_let_go() -> None:
    async def listen() -> int:
        live = Live()
        live.show({"a": "1"})
        streams = [live.stream() for _ in range(MOST_STREAMS + 1)]
        for stream in streams:
            assert await anext(stream) == b"retry: 1000\n\n"
            assert b'{"a": "1"}' in await anext(stream)
        waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0)
        live.show({"a": "2"})
        found = await asyncio.gather(*waiting, return_exceptions=True)
        live.end()
        for stream in streams[1:]:
            assert await anext(stream) == b"event: ended\ndata: \n\n"
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        return sum(isinstance(one, StopAsyncIteration) for one in found)

    assert asyncio.run(listen()) == 1


# ---- what is asked for


def test_hints_and_exercises_are_asked_for(page: PageProcess) -> None:
    answer = page.request("/hint", "POST", "exercise=day02.life_step&level=2", Accept="application/json")
    assert (answer.status, page.asked()) == (204, HintWanted("day02", "life_step", 2))
    answer = page.request("/exercise", "POST", "exercise=day07.ravel")  # without scripts
    assert (answer.status, answer.getheader("Location")) == (303, "/")
    assert page.asked() == ExerciseWanted("day07", "ravel")
    assert page.request("/next", "POST", "from=day02.life_step").status == 303
    assert page.asked() == NextWanted("day02", "life_step")
    for path, body, status in [
        ("/hint", "exercise=day02.life_step&level=0", 400),
        ("/hint", "exercise=day02.life_step", 400),
        ("/exercise", "exercise=day02.nothing", 400),
        ("/exercise", "exercise=day99.ravel", 400),
        ("/exercise", "exercise=pytrees.ravel", 400),
        ("/next", "x" * 5000, 413),
        ("/", "", 405),
    ]:
        assert page.request(path, "POST", body).status == status, (path, body)
    assert page.nothing_asked()


def test_a_message_is_read_as_it_was_written() -> None:
    for message in (state(), state(result=PASSED), HintWanted("day01", "softmax", 1)):
        assert load(dump(message)) == message
    for line in (b"[]", b"{}", b"no", b'{"message": "Opened"}', b'{"message": "print"}'):
        with pytest.raises(ValueError):
            load(line)


# ---- where it is


def test_a_port_that_is_taken_is_left_to_whoever_has_it() -> None:
    with places.listening_socket(0) as taken:
        port = taken.getsockname()[1]
        with places.listening_socket(port) as other:
            assert other.getsockname()[0] == "127.0.0.1"
            assert other.getsockname()[1] != port


def test_whoever_came_by_ssh_is_told_how_to_forward() -> None:
    assert places.forward(8314, {}) == ""
    line = places.forward(8314, {"SSH_CONNECTION": "10.0.0.9 50000 10.0.0.5 22"})
    assert line.startswith("ssh -N -L 8314:127.0.0.1:8314 ")
    assert line.endswith("10.0.0.5")
    assert " -p 2222 " in places.forward(1, {"SSH_CONNECTION": "a 1 b 2222"})


@pytest.mark.skipif(sys.platform != "linux", reason="what has a display is told otherwise elsewhere")
def test_a_browser_is_opened_only_where_it_would_be_seen() -> None:
    assert places.has_a_display({"DISPLAY": ":0"})
    assert places.has_a_display({"WAYLAND_DISPLAY": "wayland-0"})
    assert places.has_a_display({"BROWSER": "firefox", "SSH_CONNECTION": "a 1 b 22"})
    assert not places.has_a_display({})
    assert not places.has_a_display({"SSH_CONNECTION": "a 1 b 22"})


# ---- how it ends


def test_it_says_that_watch_has_ended_and_ends() -> None:
    with PageProcess() as process:
        process.show(state())
        answer = process.request("/events")
        _event(answer)
        assert process.end() == 0
        assert b"event: ended" in answer.read()
        with pytest.raises(OSError):
            process.request("/")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="parents are told otherwise elsewhere")
def test_it_ends_with_its_parent_whoever_holds_the_pipe() -> None:
    begin = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'grader.page'])"
    parent = subprocess.Popen([sys.executable, "-c", begin], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdin
    assert parent.stdout
    with parent.stdin, parent.stdout:
        assert b"Opened" in parent.stdout.readline()
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert parent.stdout.read() == b""  # nobody holds the other end any more: it has ended


def test_what_is_no_message_ends_it_and_is_told() -> None:
    with PageProcess() as process:
        assert process.process.stdin
        process.process.stdin.write(b"{}\n")
        process.process.stdin.flush()
        assert "ValueError" in getattr(process.asked(), "text", "")
        assert process.process.wait(60) == 0
