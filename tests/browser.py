"""A browser, for pages that are meant for people."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.programs import need


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium. No other event loop runs in this thread meanwhile."""
    chromium = need("chromium")
    with sync_playwright() as playwright:
        # Its own sandbox does not work for root, nor in most containers.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()
