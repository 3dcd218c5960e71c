"""A person's way through `/docs` alone, in a browser: from the key to a post in the sandbox.

SCREENSHOTS=folder keeps a picture of each step.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser import Pictures, browsing
from tests.polling import until
from tests.stack.harness import Stack

SCRIPT: Final = "script\nHello world!\n"


@pytest.fixture
def context() -> Iterator[BrowserContext]:
    with browsing() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(60_000)
        yield context


class Documentation:
    """The page `/docs`, and a picture of each step."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        self._pictures = Pictures()

    def picture(self, name: str, page: Page | None = None) -> None:
        self._pictures.take(page or self.page, name)

    def authorize(self, key: str) -> None:
        self.page.get_by_role("button", name="Authorize").click()
        dialog = self.page.locator(".dialog-ux")
        dialog.locator("input").fill(key)
        self.picture("authorize")
        dialog.get_by_role("button", name="Apply credentials").click()
        dialog.get_by_role("button", name="Close", exact=True).click()

    def open(self, operation: str) -> Locator:
        """Open an operation. Its fields can be filled in."""
        block = self.page.locator(f"[id$='-{operation}']")
        block.locator(".opblock-summary-control").click()
        expect(block.get_by_role("button", name="Execute")).to_be_visible()
        return block

    def execute(self, block: Locator) -> Any:
        """Send what is filled in. Returns the answer, which is shown."""
        with self.page.expect_response(lambda answer: "/api/v1/public/" in answer.url) as answered:
            block.get_by_role("button", name="Execute").click()
        answer = answered.value
        assert answer.ok, answer.text()
        shown = block.locator(".live-responses-table .response-col_description pre").first
        expect(shown).to_contain_text(re.compile(r"\w"))
        found = answer.json()
        assert json.loads(shown.inner_text()).keys() == found.keys()
        return found

    def try_out(self, operation: str, fill_in: Callable[[Locator], None] = lambda _: None) -> Any:
        block = self.open(operation)
        fill_in(block)
        found = self.execute(block)
        block.locator(".live-responses-table").scroll_into_view_if_needed()
        self.picture(operation)
        return found

    def poll(self, operation: str, parameter: str, value: str) -> Any:
        """Read until it is done."""
        block = self.open(operation)
        field(block, parameter).fill(value)

        def finished() -> Any:
            found = self.execute(block)
            assert found["status"] != "error", found
            return found if found["status"] == "done" else None

        found = until(finished, seconds=240, pause=1, what=operation)
        block.locator(".live-responses-table").scroll_into_view_if_needed()
        self.picture(operation)
        return found


def field(block: Locator, name: str) -> Locator:
    return (
        block.locator(f"tr[data-param-name='{name}'], .parameters[data-property-name='{name}']")
        .locator("input, select, textarea")
        .first
    )


def test_a_person_gets_from_the_key_to_a_post_by_the_documentation_alone(
    stack: Stack, context: BrowserContext, tmp_path: Path
) -> None:
    key = stack.run("keys", "create", "--workspace", "documentation").stdout.strip()
    docs = Documentation(context.new_page())
    docs.page.goto(f"{stack.url}/docs")
    assert docs.page.locator(".information-container .renderedMarkdown h2").first.inner_text() == "First steps"
    expect(docs.page.get_by_role("button", name="Authorize")).to_be_in_viewport()
    docs.picture("introduction")
    docs.authorize(key)

    twin_id = docs.try_out("create_twin")["id"]
    (script := tmp_path / "scripts.csv").write_text(SCRIPT)

    def fill_in_batch(block: Locator) -> None:
        field(block, "csv_file").set_input_files(script)
        field(block, "twin_id").fill(twin_id)

    batch = docs.try_out("submit_batch", fill_in_batch)
    (reel,) = docs.poll("get_batch", "batch_id", batch["batch_id"])["jobs"]

    address = docs.try_out("connect")["authorize_url"]
    consent = context.new_page()
    consent.goto(address)
    docs.picture("consent", consent)
    consent.get_by_role("button", name="Approve").click()
    docs.picture("question", consent)
    consent.get_by_role("button", name="Connect", exact=True).click()
    expect(consent.locator("h1")).to_have_text("@mara.bakes is connected")
    docs.picture("connected", consent)

    post = {"platforms": ["instagram"], "reel_id": reel["job_id"], "caption": "Hello!"}
    (sent,) = docs.try_out("publish", lambda block: block.locator("textarea").fill(json.dumps(post)))["results"]
    published = docs.poll("get_publication", "job_id", sent["task_id"])
    consent.goto(published["result"]["post_url"])
    expect(consent.locator("article")).to_contain_text("Hello!")
    docs.picture("post", consent)
    assert [url for url in docs.asked if not url.startswith((stack.url, "data:"))] == []
