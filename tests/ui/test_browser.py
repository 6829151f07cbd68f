"""A real browser on the real app."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
expect.set_options(timeout=60_000)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH; .ci/run installs it")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Run ``hatemine serve`` on a data folder and return its address."""
    running = []

    def serve(data: Path) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = "from ui.cli import main; main()"
        arguments = ["serve", "--data", str(data), "--port", str(port)]
        process = subprocess.Popen(
            [sys.executable, "-c", command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            cwd="/",
        )
        running.append(process)
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if f"http://127.0.0.1:{port}" in line:
                return f"http://127.0.0.1:{port}"
        pytest.fail("".join(said))

    yield serve
    for process in running:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


@pytest.fixture
def visit(browser: Browser, serve: Callable[[Path], str]) -> Iterator[Callable[..., Page]]:
    """Open the app in a window; in the end, nothing may have been asked of another host or popped up."""
    strange: list[str] = []
    contexts = []

    def visit(data: Path, *, width: int = 1280, height: int = 900, scheme: str = "light") -> Page:
        address = serve(data)
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        ours = (address, address.replace("http", "ws", 1), "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(ours) else strange.append(r.url))
        page.on("dialog", lambda dialog: strange.append(dialog.message))
        page.goto(address)
        expect(page.get_by_role("heading", name="What do they hate most?")).to_be_visible()
        return page

    yield visit
    for context in contexts:
        context.close()
    assert strange == []


def themes(page: Page) -> Locator:
    """Return the rows of the ranking."""
    return page.get_by_test_id("stExpander")


def test_the_main_way(visit, publish, crowd):
    page = visit(
        publish(
            *crowd(6, "Acme", "Hello. #billing charged twice# Bye."),
            *crowd(3, "Acme", "#app it crashes#"),
            *crowd(4, "Bolt", "#app it crashes#"),
        )
    )
    first = themes(page).first
    expect(first).to_contain_text("1. billing · 6 people")
    first.locator("summary").click()
    expect(first.locator("mark").first).to_have_text("#billing charged twice#")
    link = first.get_by_role("link", name="read it there").first
    expect(link).to_have_attribute("href", re.compile(r"https://forum\.example/p\d"))
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    page.get_by_role("radio", name="Bolt").click()
    expect(themes(page).first).to_contain_text("1. app · 4 people")
    page.wait_for_url("**brand=Bolt**")
    page.reload()
    expect(themes(page).first).to_contain_text("1. app · 4 people")


def test_hostile_text_never_runs(visit, publish, crowd):
    text = (
        "#x <script>alert(1)</script><img src=https://x.example/i.png onerror=alert(2)> "
        "![i](https://x.example/j.png) [go](javascript:alert(3)) <a href='javascript:alert(4)'>go</a> "
        "www.x.example :smile: $x^2$#"
    )
    label = text.strip("#")
    page = visit(publish(*crowd(5, "Acme", text, url="javascript:alert(5)"), labels={"x": label}))
    theme = themes(page).first
    theme.locator("summary").click()
    expect(theme.locator("mark").first).to_contain_text("<script>alert(1)</script>")
    expect(theme.locator("mark").first).to_contain_text("[go](javascript:alert(3))")
    expect(theme.locator("summary")).to_contain_text("![i](https")
    expect(theme.locator("summary")).to_contain_text("smile:")
    main = page.get_by_test_id("stMain")
    for inert in ("script", "img", "a", ".katex"):
        expect(main.locator(inert)).to_have_count(0)


def test_demo_and_its_pictures(visit, demo, request, tmp_path):
    folder = request.config.getoption("--screenshots") or tmp_path
    page = visit(demo, height=1180)
    first = themes(page).first
    expect(first).to_contain_text("people")
    expect(
        page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
    ).to_be_visible()
    page.screenshot(path=folder / "ranking.png")
    first.locator("summary").click()
    expect(first.locator("mark").first).to_be_visible()
    expect(first.get_by_role("link", name="read it there").first).to_have_attribute(
        "href", re.compile(r"https?://.+")
    )
    page.screenshot(path=folder / "theme.png")


def test_demo_on_a_phone_in_the_dark(visit, demo):
    page = visit(demo, width=390, height=844, scheme="dark")
    expect(themes(page).first).to_contain_text("people")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "the page must not scroll sideways"
