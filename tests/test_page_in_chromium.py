"""The page as somebody sees it: Debian's Chromium, driven by Playwright. Few starts of it, many looks."""

from __future__ import annotations

import contextlib
import http.server
import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from grader.kata import catalogue
from grader.page.protocol import ExerciseWanted, HintWanted, NextWanted
from tests.page_driver import PASSED, PageProcess, state
from tests.stub_answers import answer, exercises_in
from tests.terminal_driver import Terminal

CHROMIUM = shutil.which("chromium") or ""
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
PATIENCE = 60_000  # milliseconds: the machine may be busy
FOREIGN = "page.example"  # a name that this browser takes for this machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = [f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.1"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")  # in a container, where all is root's
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments, timeout=3 * PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def process() -> Iterator[PageProcess]:
    with PageProcess() as process:
        yield process


@contextlib.contextmanager
def looking(browser: Browser, address: str, **settings: object) -> Iterator[Page]:
    """A page in a window of its own. What its console complains of fails the test."""
    context = browser.new_context(**settings)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(address)
    yield page
    context.close()
    assert [error for error in errors if not re.search("net::ERR_|status of 4", error)] == []


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def drawn(image: Locator) -> bool:
    """Whether an image has come, and can be drawn."""
    return bool(image.evaluate("image => image.complete && image.naturalWidth"))


def test_wrong_right_frames_hints_and_the_end(browser: Browser, process: PageProcess) -> None:
    with looking(browser, process.address) as page:
        expect(page.get_by_role("heading", name="watch begins")).to_be_visible()
        process.show(state(checking=True, result=None))
        verdict = page.get_by_role("region", name="verdict")  # it comes by itself
        expect(verdict).to_contain_text("checking")
        assert "token" not in page.url

        process.show(state())
        expect(page.get_by_role("status")).to_contain_text(
            "life_step: wrong. life_step(i32[3,3]) is wrong at index"
        )
        expect(verdict.get_by_role("definition").first).to_have_text("[[0, 1], <b>\n [1, 0]]")
        expect(verdict).to_contain_text("31    return board + <i>1</i>")
        expect(page).to_have_title("✗ life_step, day 2")

        # Frames: one is seen, the slider has their names, and it stays where it is when the picture is drawn anew.
        process.show_picture()
        slider = page.get_by_role("slider", name="Frame")
        images = page.locator("#picture img")
        until(lambda: drawn(images.nth(1)))  # it begins with the first that differs
        assert [image.is_visible() for image in images.all()] == [False, True, False]
        slider.focus()
        page.keyboard.press("ArrowRight")
        until(lambda: [image.is_visible() for image in images.all()] == [False, False, True])
        expect(slider).to_have_attribute("aria-valuetext", "3 of 3: generation 3")
        assert drawn(images.nth(2))
        process.show(state(checking=True))
        expect(page.get_by_role("region", name="picture")).to_contain_text("of your last save")
        process.show_picture(status="drawn anew")
        expect(verdict).to_contain_text("drawn anew")
        expect(page.locator("#picture .slider span")).to_have_text("3 of 3: generation 3")

        # Hints: the button asks, and the hint that comes is where the reader is.
        page.get_by_role("button", name=re.compile("Hint 2")).click()
        assert process.asked() == HintWanted("day02", "life_step", 2)
        process.show_picture(hints=("What is `roll`?", "- one\n- <b>two</b>"))
        second = page.locator("#hint-2")
        expect(second).to_be_focused()
        expect(second.get_by_role("listitem").last).to_have_text("<b>two</b>")
        expect(page.get_by_role("button", name=re.compile("Hint [12]"))).to_have_count(0)

        process.show(state(result=PASSED, status="checked"))
        expect(page.get_by_role("status")).to_have_text("life_step: passed")
        expect(verdict).to_contain_text("x212 (190-230), needs x40, against a Python loop")
        expect(verdict).to_contain_text("the deeper look: 80 cases agree")
        beside = page.get_by_role("region", name="beside the reference")
        expect(beside.get_by_role("row", name="lines 5 4")).to_be_visible()

        page.get_by_role("button", name="Next exercise").click()
        assert process.asked() == NextWanted("day02", "life_step")
        page.get_by_role("tab", name="Days").click()
        page.get_by_text("Day 7: trees of arrays").click()
        page.locator("#row-day07").get_by_role("button", name="ravel", exact=True).click()
        assert process.asked() == ExerciseWanted("day07", "ravel")

        with looking(browser, process.address) as second_tab:
            expect(second_tab.get_by_role("status")).to_have_text("life_step: passed")
            process.show(state(status="in both"))
            for tab in (page, second_tab):
                expect(tab.locator("#verdict")).to_contain_text("in both")
            page.reload()
            expect(page.locator("#verdict")).to_contain_text("in both")
            process.end()
            for tab in (page, second_tab):
                expect(tab.get_by_role("alert")).to_have_text(re.compile("^watch has ended"))
                expect(tab.locator("#verdict")).to_contain_text("in both")  # what there was can still be read


def test_by_keyboard_on_a_phone_in_the_dark_and_without_scripts(
    browser: Browser, process: PageProcess
) -> None:
    process.show_picture()
    dark_phone = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}
    with looking(browser, process.address, **dark_phone) as page:
        seen = page.locator("#picture .seen img")
        until(lambda: drawn(seen))
        assert str(seen.evaluate("image => image.currentSrc")).endswith("1-dark.svg")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", str(ground)))) < 40

        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="To the verdict")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('section').id") == "verdict"
        exercise, lesson = page.get_by_role("tab", name="Exercise"), page.get_by_role("tab", name="Lesson")
        exercise.focus()
        page.keyboard.press("ArrowRight")
        expect(lesson).to_be_focused()
        expect(lesson).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tabpanel", name="Lesson")).to_contain_text("Gather and scatter")
        expect(page.locator("#task")).to_be_hidden()
        # A new verdict takes the focus from nobody.
        process.show_picture(status="judged again")
        expect(page.locator("#verdict")).to_contain_text("judged again")
        expect(lesson).to_be_focused()
        landmarks = ("banner", "navigation", "main", "complementary")
        assert all(page.get_by_role(role).count() == 1 for role in landmarks)  # type: ignore[arg-type]

    with looking(browser, process.address, java_script_enabled=False) as page:
        for image in page.locator("#picture img").all():
            image.scroll_into_view_if_needed()
            expect(image).to_be_visible()
        expect(page.locator("#lesson")).to_be_visible()
        page.get_by_role("button", name=re.compile("Hint 1")).click()
        assert process.asked() == HintWanted("day02", "life_step", 1)
        page.wait_for_url("**/#hint-1")


class Cut:
    """A wire to the page that can be cut: nothing passes until it is mended."""

    def __init__(self, port: int) -> None:
        self._port, self._pairs = port, list[socket.socket]()
        self.cut = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def address(self, process: PageProcess) -> str:
        """Where the page is reached by this wire."""
        return process.address.replace(f":{self._port}/", f":{self.port}/")

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if self.cut:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._port))
                self._pairs += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def set_cut(self, cut: bool) -> None:
        self.cut = cut
        for end in self._pairs if cut else ():
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.set_cut(True)
        self._listening.close()
        for end in self._pairs:
            end.close()


def test_a_lost_connection_is_said_and_found_again(browser: Browser, process: PageProcess) -> None:
    process.show(state())
    with contextlib.closing(Cut(process.port)) as wire, looking(browser, wire.address(process)) as page:
        expect(page.locator("#verdict")).to_contain_text("checked at")
        wire.set_cut(True)
        expect(page.get_by_role("alert")).to_have_text("The connection to watch is lost; trying again.")
        process.show(state(status="while it slept"))
        wire.set_cut(False)
        expect(page.locator("#verdict")).to_contain_text("while it slept")
        expect(page.locator("#connection")).to_be_empty()


class _Other(http.server.BaseHTTPRequestHandler):
    """A page of somebody else on this machine."""

    html = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.html.encode())

    def log_message(self, *arguments: object) -> None:
        pass


def test_pages_from_elsewhere_get_nothing(browser: Browser, process: PageProcess) -> None:
    process.show(state())
    own = f"http://127.0.0.1:{process.port}"
    _Other.html = (
        f'<a href="{process.address}">there</a><img src="{own}/static/icon.svg">'
        f'<form method="post" action="{own}/next"><input name="from" value="day02.life_step"><button>go</button></form>'
        f'<iframe src="{own}/"></iframe>'
    )
    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Other)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    with looking(browser, process.address) as page:
        expect(page.locator("#verdict")).to_contain_text("life_step")
        context: BrowserContext = page.context
        stranger = context.new_page()  # which shares the cookies
        for host in ("localhost", "127.0.0.1"):  # another site; the same one by another port
            stranger.goto(f"http://{host}:{other.server_port}/")
            reached = stranger.evaluate(
                "own => fetch(`${own}/next`, {method: 'POST', mode: 'no-cors', credentials: 'include',"
                " body: new URLSearchParams({from: 'day02.life_step'})})"
                ".then(() => fetch(own)).then(() => 'read', () => 'refused')",
                own,
            )
            assert reached == "refused"
            assert stranger.locator("img").evaluate("image => image.naturalWidth") == 0
            stranger.get_by_role("button", name="go").click()
            expect(stranger.locator("body")).to_contain_text("This request comes from another page")
            stranger.go_back()
            stranger.get_by_role("link", name="there").click()
            expect(stranger.locator("body")).to_contain_text("copy the address from the terminal")
        stranger.goto(f"http://{FOREIGN}:{process.port}/?token={process.token}")
        expect(stranger.locator("body")).to_contain_text("under no other name")
        stranger.close()
    with looking(browser, f"{own}/?token=wrong") as page:
        expect(page.locator("body")).to_contain_text("Open the address that the terminal shows")
    other.shutdown()
    other.server_close()
    assert process.nothing_asked()


WRONG = "    return board\n"
RIGHT = """    around = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    neighbours = sum(jnp.roll(board, one, axis=(0, 1)) for one in around)
    return ((neighbours == 3) | ((board == 1) & (neighbours == 2))).astype(board.dtype)
"""


def test_a_watch_that_judges_beside_its_page(browser: Browser, tmp_path: Path) -> None:
    tree = exercises_in(tmp_path)
    file = catalogue.find_day("day02").file_in(tree)
    options = ("--from", str(tree), "--port", "0")
    with Terminal(
        "watch", "day02.life_step", *options, columns=110, DISPLAY="", WAYLAND_DISPLAY=""
    ) as terminal:
        terminal.until("page: http")
        address = re.findall(r"page: (http://\S+)", terminal.text)[0]
        with looking(browser, address) as page:
            verdict = page.get_by_role("region", name="verdict")
            terminal.until("checked at")
            expect(verdict).to_contain_text("todo")
            answer(file, "life_step", WRONG)
            expect(verdict).to_contain_text("is wrong at index")
            terminal.until("is wrong at index")
            expect(page.get_by_role("slider", name="Frame")).to_be_visible()
            until(lambda: drawn(page.locator("#picture .seen img")))
            page.get_by_role("button", name=re.compile("Hint 1")).click()
            expect(page.locator("#hint-1")).to_be_focused()
            terminal.type("h")
            terminal.until("hint 1 of 3")
            answer(file, "life_step", RIGHT)
            expect(page.get_by_role("status")).to_have_text("life_step: passed")
            expect(page.get_by_role("region", name="beside the reference")).to_contain_text("time a call")
            page.get_by_role("button", name="set_border").first.click()
            terminal.until("▸  set_border")
            expect(page.get_by_role("heading", name="set_border").first).to_be_visible()
            terminal.type("q")
            assert terminal.ended() == 0
            assert terminal.restored()
            expect(page.get_by_role("alert")).to_have_text(re.compile("^watch has ended"))
