"""A browser's tab as the tests use it: it remembers what went wrong in it and whom it called."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Playwright, Request

HOST = "127.0.0.1"
PATIENCE_MS = 60_000
"""How long is waited for anything: a machine with much to do is slow."""
DESKTOP, PHONE = (1280, 900), (360, 740)
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--no-sandbox",  # which root has to do without
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}",  # There is no network.
)
_DEEP = """() => {
  const found = [];
  const walk = (node) => {
    for (const child of node.children) {
      found.push(child);
      if (child.shadowRoot) walk(child.shadowRoot);
      walk(child);
    }
  };
  walk(document.body);
  return found;
}"""
"""All elements of a page, those in shadow trees too."""


class Tab:
    """A tab.

    Attributes:
        page: Playwright's page.
        errors: What its console said of errors, and exceptions of its scripts.
        outside: The addresses that it called and that are not of this machine.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._on_request)
        page.on("websocket", lambda socket: self._note(socket.url))

    def is_clean(self) -> None:
        """Hold that nothing went wrong, and that nobody else was called."""
        assert not self.errors, "\n".join(self.errors)
        assert not self.outside, "\n".join(self.outside)

    def look(self, count: int = 1) -> None:
        """Wait for so many looks of the dashboard at its data, from now on."""
        now = int(self.page.evaluate("Number(document.getElementById('data').dataset.looks)"))
        self.page.wait_for_function(
            "wanted => Number(document.getElementById('data').dataset.looks) >= wanted",
            arg=now + count,
        )

    def status(self, wanted: str) -> None:
        """Wait until the dashboard is in a state."""
        self.page.wait_for_selector(f"#badge[data-status={wanted}]")

    def evaluate_deep(self, script: str) -> Any:
        """Return what a script makes of ``all``: the elements of the page, the hidden ones too."""
        return self.page.evaluate(f"() => {{ const all = ({_DEEP})(); {script} }}")

    def overflow_px(self) -> int:
        """Return how much wider than the window the page is."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return wide

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _on_request(self, request: Request) -> None:
        self._note(request.url)

    def _note(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != HOST:
            self.outside.append(url)


class Tabs:
    """Opens tabs of one browser, and closes them at the end."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._pages: list[Page] = []

    def open(self, url: str, size: tuple[int, int] = DESKTOP) -> Tab:
        page = self._context.new_page()
        self._pages.append(page)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.set_default_timeout(PATIENCE_MS)
        tab = Tab(page)
        page.goto(url)
        return tab

    def close(self) -> None:
        for page in self._pages:
            page.close()


def executable() -> str:
    """Return the path of Chromium."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.fail("no Chromium on PATH; on Debian or Ubuntu: apt-get install chromium")
    return found


@contextmanager
def running_browser(playwright: Playwright) -> Iterator[BrowserContext]:
    """Run Chromium without a window; all tabs share its cache, so that each opens faster."""
    browser = playwright.chromium.launch(executable_path=executable(), args=list(_ARGUMENTS))
    try:
        yield browser.new_context()
    finally:
        browser.close()
