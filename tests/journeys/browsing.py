"""A real Chromium that tells on a page: what it complains about, what it asks of others, what nobody can read."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DRAWING = [*(word for word in ARGUMENTS if word != "--disable-gpu"), "--use-gl=angle", "--use-angle=swiftshader",
           "--enable-unsafe-swiftshader"]  # fmt: skip
"""With WebGL, computed by the processor."""
WIDE = {"width": 1440, "height": 900}
MIDDLE = {"width": 1024, "height": 768}
NARROW = {"width": 390, "height": 844}
NARROWEST = {"width": 360, "height": 740}

UNREADABLE = """() => {
  const channel = (value) => (value <= 10.31 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] > 0.9) return color;
    }
    return [255, 255, 255, 1];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    if (element.closest('[aria-disabled="true"], .unseen-text')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgba(element.closest("svg") ? style.fill : style.color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= (style.fontWeight >= 600 ? 18.6 : 24);
    if (ratio < (large ? 3 : 4.5)) bad.push([walker.currentNode.data.trim().slice(0, 40), Math.round(ratio * 100)]);
  }
  return bad;
}"""
CONTROLS = {"button", "link", "textbox", "searchbox", "checkbox", "combobox", "radio", "listbox", "spinbutton"}


def need_chromium() -> str:
    """Where Chromium is; skips with the command that brings it, or fails where nothing may be skipped."""
    if CHROMIUM:
        return CHROMIUM
    how = "no Chromium: apt-get install chromium"
    if os.environ.get("RADQUARRY_TEST_REQUIRE_SERVERS") == "1":
        pytest.fail(how)
    pytest.skip(how)


@contextmanager
def chromium(arguments: Sequence[str] = ARGUMENTS) -> Iterator[Browser]:
    """One browser process."""
    where = need_chromium()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=where, args=list(arguments))
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A tab of a browser, and everything it should not have done."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.base = base
        self.complaints: list[str] = []
        self.expected_statuses: set[int] = set()
        self.page: Page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._request)
        self.page.set_default_timeout(15_000)

    def _console(self, message: Any) -> None:
        refused = any(f"status of {status}" in message.text for status in self.expected_statuses)
        if message.type in {"error", "warning"} and not refused:
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if urlsplit(request.url).netloc not in {urlsplit(self.base).netloc, ""}:
            self.complaints.append(f"leaves the host: {request.url}")

    def open(self, path: str) -> Page:
        """Go to a page of the server."""
        self.page.goto(f"{self.base}{path}")
        return self.page

    def shoot(self, name: str, *, whole: bool = False) -> None:
        """A picture of what is on the screen, for people to look at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)

    def check(self) -> None:
        """Nothing complained, nothing wider than the screen, every control named, every text readable."""
        assert self.complaints == []
        self.page.wait_for_load_state()  # a page that renews itself has no document for a moment
        width = self.page.viewport_size["width"]
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width, self.page.url
        assert self.nameless() == []
        assert self.page.evaluate(UNREADABLE) == [], self.page.url

    def nameless(self) -> list[str]:
        """Controls of the accessibility tree that a screen reader could not name."""
        session = self.page.context.new_cdp_session(self.page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        return [
            node["role"]["value"]
            for node in nodes
            if not node.get("ignored")
            and node.get("role", {}).get("value") in CONTROLS
            and not node.get("name", {}).get("value", "").strip()
        ]


@contextmanager
def tab(browser: Browser, base: str, **wishes: Any) -> Iterator[Watched]:
    """A tab in a context of its own; what it did wrong fails the test when it is closed."""
    context = browser.new_context(viewport=wishes.pop("viewport", WIDE), locale=wishes.pop("locale", "en-GB"), **wishes)
    try:
        watched = Watched(context, base)
        yield watched
        assert watched.complaints == []
    finally:
        context.close()
