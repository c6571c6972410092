"""The page for tests: its process, fed with made-up states, and what comes back; and requests to it, byte by byte."""

from __future__ import annotations

import http.client
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType

from grader.findings import Finding, Kind
from grader.kata import catalogue
from grader.page.protocol import Asked, Mark, NewPicture, Opened, Shown, State, dump, key_of, load
from grader.pictures import Frame, Image, Picture, Role, Scale
from grader.results import Aspect, CheckResult, ComparedQuantity, Comparison, ExerciseResult, Speed, Status

DAY = "day02"
CELLS = tuple(bytes([250 * ((row + column) % 2) for column in range(6)]).hex() for row in range(6))
PICTURE = Picture(
    "A board, twice.",
    tuple(
        Frame(
            (
                Image("the board", Role.EXPECTED, CELLS, 0, 1, Scale.LABELS),
                Image("the board", Role.YOURS, CELLS[::-1], 0, 1, Scale.LABELS),
                Image("the board", Role.INPUT if number == 1 else Role.DIFFERENCE, CELLS, 0, 1, Scale.LABELS),
            ),
            f"generation {number}",
        )
        for number in (1, 2, 3)
    ),
    "yours differs from what was expected",
    differs=True,
)
KEY = key_of(PICTURE)
FINDING = Finding(
    "is wrong",
    Kind.VALUE,
    call="life_step(i32[3,3])",
    expected="[[0, 1], <b>\n [1, 0]]",
    got="[[9, 9],\n [9, 9]]",
    where=(0, 1),
    differ=2,
    of=4,
    line=31,
    source="    return board + <i>1</i>",
    column=12,
    cause="Because.",
)


def result(
    status: Status = Status.FAILED, finding: Finding | None = FINDING, hint: str = ""
) -> ExerciseResult:
    """A verdict on `life_step`, by one check."""
    check = CheckResult(
        "by_hand", Aspect.CORRECT, status, finding=finding, hint=hint, output="<u>printed</u>"
    )
    return ExerciseResult("life_step", False, (check,))


PASSED = ExerciseResult(
    "life_step",
    False,
    (
        CheckResult("by_hand", Aspect.CORRECT, Status.PASSED),
        CheckResult("once", Aspect.JIT, Status.PASSED),
        CheckResult(
            "fast",
            Aspect.SPEED,
            Status.PASSED,
            speed=Speed(212.0, 190.0, 230.0, 40.0, "a Python loop", 0.1, 4e-5),
        ),
        CheckResult("in_many_cases", Aspect.DEEPER, Status.PASSED, cases=80),
    ),
    comparison=Comparison(
        "life_step(i32[8,8])",
        (ComparedQuantity("lines", 5, 4), ComparedQuantity("seconds", 4e-6, None)),
        "the same arithmetic",
    ),
)


def state(**changes: object) -> State:
    """`life_step` is wrong, and so far nobody has asked for a hint."""
    day = catalogue.find_day(DAY)
    marks = tuple(
        Mark(one.name, one.stretch, Status.FAILED if one.name == "life_step" else Status.TODO, False)
        for one in day.exercises
    )
    usual = State(
        day=DAY,
        file="/kata/exercises/day02.py",
        line=20,
        focus="life_step",
        marks=marks,
        result=result(hint="Look at the corners."),
        checking=False,
        looking=False,
        status="checked at 12:00:00 in 0.10 s",
        problems=(),
        hints=(),
        stages=3,
        picture="",
        not_drawn="",
        drawing=True,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


class PageProcess:
    """The process of a page. What it asks for is kept until a test takes it."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grader.page", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._asked: queue.SimpleQueue[Asked] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        opened = self.asked()
        assert isinstance(opened, Opened), opened
        self.address = opened.address
        self.port = int(self.address.split(":")[2].partition("/")[0])
        self.token = self.address.partition("token=")[2]
        self.cookie = f"kata_{self.port}={self.token}"

    def __enter__(self) -> PageProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                message = load(line)
                assert isinstance(message, Asked)
                self._asked.put(message)

    def asked(self, seconds: float = 60.0) -> Asked:
        """The next thing that was asked for."""
        return self._asked.get(timeout=seconds)

    def nothing_asked(self) -> bool:
        return self._asked.empty()

    def show(self, *messages: Shown) -> None:
        assert self.process.stdin
        self.process.stdin.write(b"".join(map(dump, messages)))
        self.process.stdin.flush()

    def show_picture(self, **changes: object) -> None:
        self.show(NewPicture(KEY, PICTURE), state(picture=KEY, drawing=False, **changes))

    def end(self) -> int:
        """Close its input, and wait; its exit status."""
        assert self.process.stdin
        if not self.process.stdin.closed:
            self.process.stdin.close()
        status = self.process.wait(60)
        self._reader.join()
        return status

    def request(
        self, path: str, method: str = "GET", body: str = "", *, welcome: bool = True, **headers: str
    ) -> http.client.HTTPResponse:
        """A request, as whoever was let in makes it; what stands in `headers` takes the place of the usual ones."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        usual: Mapping[str, str] = {"Host": f"127.0.0.1:{self.port}"}
        usual = {**usual, "Cookie": self.cookie} if welcome else usual
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host=True)
        for name, value in {**usual, **named, "Connection": "close"}.items():
            connection.putheader(name, value)
        if method == "POST":
            connection.putheader("Content-Length", str(len(body.encode())))
        connection.endheaders(body.encode() if body else None)
        return connection.getresponse()

    def text(self, path: str = "/") -> str:
        return self.request(path).read().decode()
