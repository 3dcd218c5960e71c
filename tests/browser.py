"""Headless Chromium by Playwright, for tests of HTML pages, and pictures of what it shows."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from tests.programs import need

SCREENSHOTS: Final = os.environ.get("SCREENSHOTS")


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


class Pictures:
    """Pictures of the steps of a test, numbered, where SCREENSHOTS names a folder for them."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def take(self, page: Page, name: str) -> None:
        if SCREENSHOTS:
            page.screenshot(path=Path(SCREENSHOTS) / f"{next(self._numbers):02} {name}.png", animations="disabled")
