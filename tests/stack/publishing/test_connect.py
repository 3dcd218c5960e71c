"""OAuth in a real browser: consent page of the platform, our question, redirect to the client."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route

from content_pipeline.core.platforms.registry import PLATFORMS
from tests.browser import browsing
from tests.stack.client import REDIRECT_URI, Client
from tests.stack.harness import Stack


@pytest.fixture(scope="module")
def _browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


class Visit:
    """A browser page with its request history. The client's redirect target is mocked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[tuple[httpx.URL, dict[str, str]]] = []
        page.route(f"{REDIRECT_URI}**", self._greet)
        page.on("request", lambda request: self.requests.append((httpx.URL(request.url), request.headers)))

    def _greet(self, route: Route) -> None:
        route.fulfill(content_type="text/html", body="<h1>Welcome back</h1>")

    def decide(self, authorize_url: str, *decisions: str) -> dict[str, Any]:
        """Click a button on each page. Returns the parameters of the redirect to the client."""
        self.page.goto(authorize_url)
        for decision in decisions:
            self.page.get_by_role("button", name=decision, exact=True).click()
        self.page.wait_for_url(f"{REDIRECT_URI}**")
        assert self.page.inner_text("h1") == "Welcome back"
        return dict(httpx.URL(self.page.url).params)

    def secrets(self) -> list[str]:
        """The code and state parameters of requests to our callback."""
        callbacks = [url for url, _ in self.requests if "/callback/" in url.path and url.query]
        return [url.params[name] for url in callbacks for name in ("code", "state")]


@pytest.fixture
def visit(_browser: Browser) -> Iterator[Visit]:
    with _browser.new_page() as page:
        yield Visit(page)


def begin(client: Client, platform: str) -> str:
    answer = client.http.post(f"/social/connect/{platform}", json={"redirect_uri": REDIRECT_URI, "state": "tab-1"})
    assert answer.status_code == 200, answer.text
    url: str = answer.json()["authorize_url"]
    return url


@pytest.mark.parametrize("platform", PLATFORMS)
def test_approving_connects_the_account(stack: Stack, client: Client, visit: Visit, platform: str) -> None:
    params = visit.decide(begin(client, platform), "Approve", "Connect")
    (account,) = client.http.get("/social/accounts").json()
    assert params == {
        "platform": platform,
        "account_id": account["id"],
        "handle": account["handle"],
        "state": "tab-1",
    }
    assert (account["platform"], account["status"]) == (platform, "connected")
    # Code and state appear neither in a Referer header nor in a log.
    code, state = visit.secrets()
    assert not [
        headers for url, headers in visit.requests if str(url).startswith(REDIRECT_URI) and "referer" in headers
    ]
    logs = "".join(path.read_text(errors="replace") for path in (stack.home / "logs").iterdir())
    assert code not in logs
    assert state not in logs
    assert f"/social/callback/{platform}" in logs


@pytest.mark.sample
def test_denying_returns_access_denied(client: Client, visit: Visit) -> None:
    params = visit.decide(begin(client, "linkedin"), "Deny")
    assert params == {
        "platform": "linkedin",
        "error": "access_denied",
        "error_description": "Access to LinkedIn was not allowed.",
        "state": "tab-1",
    }
    assert client.http.get("/social/accounts").json() == []


@pytest.mark.parametrize("answer", ["Do not connect", "leaves the page"])
def test_who_was_sent_another_workspaces_link_is_asked_first(
    stack: Stack, client: Client, visit: Visit, answer: str
) -> None:
    """Approve stands for a platform that has the person's consent already, and shows no page."""
    visit.page.goto(begin(client, "linkedin"))
    visit.page.get_by_role("button", name="Approve").click()
    shown = visit.page.inner_text("body")
    assert "Mara Bakes" in shown
    assert "“test-" in shown
    if answer == "Do not connect":
        visit.page.get_by_role("button", name=answer).click()
        visit.page.wait_for_url(f"{REDIRECT_URI}**")
        assert httpx.URL(visit.page.url).params["error"] == "access_denied"
    else:
        visit.page.goto("about:blank")
    assert client.http.get("/social/accounts").json() == []


def test_reloading_the_callback_explains_what_to_do(client: Client, visit: Visit) -> None:
    visit.decide(begin(client, "tiktok"), "Approve", "Connect")
    callback, _ = [url for url, _ in visit.requests if "/callback/" in url.path]
    answer = visit.page.goto(str(callback))
    assert answer
    assert answer.status == 400
    assert "connect the account again" in visit.page.inner_text("body")
    assert len(client.http.get("/social/accounts").json()) == 1
