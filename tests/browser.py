"""Headless Chromium by Playwright, for tests of HTML pages."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.programs import need


@contextmanager
def browsing() -> Iterator[Browser]:
    """A Chromium browser. Playwright needs a thread without a running event loop."""
    chromium = need("chromium")
    with sync_playwright() as playwright:
        # Chromium's sandbox does not work as root, nor in most containers.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
