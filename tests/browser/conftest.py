"""One Chromium for all the tests of a worker; tabs of a test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect, sync_playwright

from tests.browser.tabs import PATIENCE_MS, Tabs, running_browser

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright, running_browser(playwright) as browser:
        yield browser


@pytest.fixture
def tabs(browser: BrowserContext) -> Iterator[Tabs]:
    opened = Tabs(browser)
    yield opened
    opened.close()
