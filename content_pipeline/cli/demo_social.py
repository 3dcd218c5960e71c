"""Posts of the demo: connect accounts, post a reel to all of them, and schedule one in the calendar."""

import time
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any, Final

import httpx

from content_pipeline.cli.demo_client import POLL_SECONDS, call_api, console, wait_for_tasks
from content_pipeline.core.errors import InternalError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms.registry import PLATFORMS

# OAuth redirect target. Nothing listens there: only the URL is read.
REDIRECT_URI: Final = "http://127.0.0.1/connected"
CREATOR: Final = "mara.bakes"
AHEAD: Final = timedelta(seconds=8)


def run(client: httpx.Client, twin_id: str, reels: list[dict[str, Any]]) -> None:
    """Connect, publish and schedule. Raises httpx.HTTPStatusError, InternalError."""
    console.rule("5  Connect an account on each platform")
    accounts = {platform: _connect(client, platform) for platform in PLATFORMS}
    for platform, account in accounts.items():
        console.print(f"{PLATFORMS[platform].label:<14} {account['handle']}")
    ids = {platform: account["id"] for platform, account in accounts.items()}

    console.rule("6  Publish a reel to all of them, with texts written by the twin")
    body = {"platforms": list(PLATFORMS), "reel_id": reels[0]["job_id"], "twin_id": twin_id, "accounts": ids}
    accepted = call_api(client, "POST", "/social/publish", json=body)["results"]
    results = wait_for_tasks(client, {PLATFORMS[result["platform"]].label: result["task_id"] for result in accepted})
    for name, result in results.items():
        console.print(f"{name:<14} {result['post_url'] or 'no link until moderation has finished'}", soft_wrap=True)

    console.rule("7  Schedule another reel, and wait until it is published")
    console.print(f"{'published':<14} {_schedule(client, twin_id, reels[1], *ids.popitem())}", soft_wrap=True)


def _connect(client: httpx.Client, platform: str) -> dict[str, Any]:
    """Go through the platform's consent page and ours as a browser does. Returns the account."""
    begun = call_api(client, "POST", f"/social/connect/{platform}", json={"redirect_uri": REDIRECT_URI})
    with httpx.Client(timeout=30) as browser:
        consented = _submit(browser, begun["authorize_url"], username=CREATOR, decision="approve")
        back = _next(_submit(browser, _next(consented), decision="connect"))
    account_id = httpx.URL(back).params.get("account_id")
    if account_id is None:
        raise InternalError(httpx.URL(back).params["error_description"])
    accounts = client.get("/social/accounts").raise_for_status().json()
    account: dict[str, Any] = next(account for account in accounts if account["id"] == account_id)
    return account


def _submit(browser: httpx.Client, url: str, **answers: str) -> httpx.Response:
    """Fill in the form of a page."""
    page = browser.get(url).raise_for_status()
    form = _Form(page.text)
    return browser.post(page.url.join(form.action), data={**form.fields, **answers})


def _next(answer: httpx.Response) -> str:
    """The URL that a response redirects to. Raises InternalError when it is not a redirect."""
    if not answer.has_redirect_location:
        raise InternalError(f"{answer.url.host} did not connect the account (status {answer.status_code}).")
    return str(answer.headers["location"])


class _Form(HTMLParser):
    """The action and the hidden fields of the form in an HTML page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.action = found.get("action") or ""
        if tag == "input" and found.get("type") == "hidden":
            self.fields[found["name"] or ""] = found.get("value") or ""


def _schedule(client: httpx.Client, twin_id: str, reel: dict[str, Any], platform: str, account_id: str) -> str:
    """Schedule a reel in a few seconds, and wait for it. Returns the URL of the post."""
    item = call_api(
        client,
        "POST",
        "/content/calendar",
        json={
            "twin_id": twin_id,
            "title": "The calendar publishes by itself",
            "platform": platform,
            "account_id": account_id,
            "scheduled_at": (now() + AHEAD).isoformat(),
            "script": reel["script"],
            "reel_id": reel["job_id"],
        },
    )
    with console.status("") as line:
        while True:
            found = call_api(client, "GET", f"/content/calendar/{item['id']}")
            line.update(f"{found['status']}, due at {item['scheduled_at'][11:19]} UTC")
            if found["status"] == "failed":
                raise InternalError(found["reason"]["message"], remedy=found["reason"]["remedy"])
            if found["status"] == "published":
                return str(found["post_url"])
            time.sleep(POLL_SECONDS)
