"""The feed and consent pages, in a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import browsing
from tests.sandbox.tiktok.creator import authorize_url, connect, exchange, publish
from tests.sandbox_client import Sandbox
from tests.servers import serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with browsing() as browser:
        yield browser.new_page()


def test_the_feeds_show_what_is_live_and_play_it(sandbox: Sandbox, reel: Path, browser_page: Page) -> None:
    token = connect(sandbox)["access_token"]
    publish(sandbox, token, reel, title="<b id=bold>Bread</b> needs time.")
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url))
    browser_page.goto(sandbox.url)
    (feed,) = [section for section in browser_page.locator("section").all() if "TikTok" in section.inner_text()]
    assert "mara.bakes" in feed.inner_text()
    assert "<b id=bold>Bread</b> needs time." in feed.inner_text()
    assert browser_page.locator("#bold").count() == 0
    assert browser_page.locator("section").count() == 4
    browser_page.wait_for_function("document.querySelector('video').currentTime > 0.2")
    assert browser_page.evaluate("document.querySelector('video').muted && document.querySelector('video').controls")
    assert [url for url in asked if not url.startswith(sandbox.url)] == []
    feed.locator("article a").click()
    expect(browser_page.locator("article")).to_have_count(1)
    assert f"/@mara.bakes/video/{sandbox.posts()[0]['id']}" in browser_page.url


def test_the_feeds_show_how_each_post_does(sandbox: Sandbox, browser_page: Page) -> None:
    sandbox.history("instagram", posts=2)
    sandbox.advance(400 * 86_400)  # after which nothing changes within a second
    browser_page.goto(sandbox.url)
    for post in sandbox.figures("instagram")[0]["posts"]:
        article = browser_page.locator(f"#instagram-{post['id']}")
        expect(article).to_contain_text(f"{post['views']:,} views {post['likes']:,} like")


def test_a_creator_reads_what_an_app_wants_and_agrees_as_whom_they_type(sandbox: Sandbox, browser_page: Page) -> None:
    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"back"})

    with serving(app) as back:
        browser_page.goto(sandbox.url + authorize_url(redirect_uri=f"{back}/callback"))
        assert "Post videos for you" in browser_page.inner_text("main")
        browser_page.fill("input[name=other]", "hand.made")
        browser_page.press("input[name=other]", "Enter")
        browser_page.wait_for_url(f"{back}/callback?code=**")
        code = browser_page.evaluate("new URLSearchParams(location.search).get('code')")
        tokens = exchange(sandbox, code, redirect_uri=f"{back}/callback")
    path = "/open.tiktokapis.com/v2/user/info/?fields=username"
    user = sandbox.http.get(path, headers={"Authorization": f"Bearer {tokens['access_token']}"}).json()
    assert user["data"]["user"]["username"] == "hand.made"
