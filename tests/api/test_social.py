"""Accounts over HTTP: connected through a browser, listed, disconnected."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event, select

from api import authentication
from content_pipeline.core.infrastructure.database import engine, transaction
from content_pipeline.core.infrastructure.rate_limits import Rate
from content_pipeline.core.models import Workspace
from content_pipeline.core.platforms.accounts import tokens
from content_pipeline.core.platforms.app_settings import App
from content_pipeline.core.platforms.base import Disconnected
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import settings
from tests.accounts import REDIRECT, set_app
from tests.api.conftest import PUBLIC
from tests.connect_page import filled_in
from tests.sandbox_server import Sandbox

SOCIAL = f"{PUBLIC}/social"


@pytest.fixture(autouse=True)
def _public_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """OAuth callbacks go to the test client's host."""
    monkeypatch.setattr(settings(), "public_url", "http://testserver")


@pytest.fixture
def client(connect: Callable[..., TestClient]) -> TestClient:
    return connect(redirect_uris=[REDIRECT])


def authorize_url(client: TestClient, platform: str = "instagram", **body: Any) -> str:
    answer = client.post(f"{SOCIAL}/connect/{platform}", json={"redirect_uri": REDIRECT, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()["authorize_url"]


def oauth_callback(anonymous_client: TestClient, callback_url: httpx.URL) -> httpx.Response:
    """The response to a browser that the platform redirects to the callback."""
    return anonymous_client.get(str(callback_url), follow_redirects=False)


def answered(
    anonymous_client: TestClient, callback_url: httpx.URL, page: httpx.Response, decision: str = "connect"
) -> httpx.Response:
    """The response to a person who answers the page of the callback."""
    path = callback_url.copy_with(query=None)
    return anonymous_client.post(str(path), data=filled_in(page, decision), follow_redirects=False)


def redirect_params(answer: httpx.Response) -> dict[str, str]:
    """The query parameters of the redirect to the client."""
    assert answer.status_code in (302, 303), answer.text
    assert answer.headers["location"].startswith(REDIRECT)
    return dict(httpx.URL(answer.headers["location"]).params)


def connect_account(
    client: TestClient,
    anonymous_client: TestClient,
    platforms: Sandbox,
    platform: str = "instagram",
    username: str = "mara.bakes",
) -> str:
    """Connect the creator's account. Returns its id."""
    callback_url = platforms.decide(authorize_url(client, platform), username=username)
    page = oauth_callback(anonymous_client, callback_url)
    return redirect_params(answered(anonymous_client, callback_url, page))["account_id"]


def code_of(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return answer.json()["code"]


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_browser_goes_to_the_platform_and_comes_back_with_an_account(
    client: TestClient, anonymous_client: TestClient, platforms: Sandbox, platform: str
) -> None:
    query = {"redirect_uri": REDIRECT, "state": "tab-1"}
    sent = client.get(f"{SOCIAL}/connect/{platform}", params=query, follow_redirects=False)
    assert sent.status_code == 302
    callback_url = platforms.decide(sent.headers["location"])
    page = oauth_callback(anonymous_client, callback_url)
    assert client.get(f"{SOCIAL}/accounts").json() == []
    answer = answered(anonymous_client, callback_url, page)
    account_id = redirect_params(answer)["account_id"]
    assert redirect_params(answer) == {
        "tenant": "7",
        "platform": platform,
        "account_id": account_id,
        "handle": redirect_params(answer)["handle"],
        "state": "tab-1",
    }
    (account,) = client.get(f"{SOCIAL}/accounts").json()
    assert (account["id"], account["platform"], account["status"]) == (account_id, platform, "connected")
    assert account["handle"].startswith("@") or platform == "linkedin"  # whose members have no handles


@pytest.mark.slow
def test_the_audit_log_says_which_key_connected_an_account_and_from_which_browser(
    client: TestClient, app: FastAPI, platforms: Sandbox
) -> None:
    browser = TestClient(app, client=("203.0.113.7", 1000))
    account_id = connect_account(client, browser, platforms)
    assert client.delete(f"{SOCIAL}/disconnect/instagram").status_code == 204
    disconnected, connected, asked, made = client.get(f"{PUBLIC}/audit").json()
    assert [event["action"] for event in (asked, connected, disconnected)] == [
        "accounts.authorize",
        "accounts.connect",
        "accounts.disconnect",
    ]
    assert (connected["object_id"], disconnected["object_id"]) == (account_id, account_id)
    assert connected["address"] == "203.0.113.7"
    assert {event["api_key_id"] for event in (asked, connected, disconnected)} == {made["object_id"]}


@pytest.mark.slow
def test_a_browser_that_cannot_send_a_key_is_given_the_address(client: TestClient, platforms: Sandbox) -> None:
    answer = client.post(f"{SOCIAL}/connect/tiktok", json={"redirect_uri": REDIRECT}).json()
    assert answer["authorize_url"].startswith(f"{platforms.url}/www.tiktok.com/")
    assert answer["expires_at"].endswith("Z")
    assert authorize_url(client) != authorize_url(client)


def test_a_denial_comes_back_as_an_error(client: TestClient, anonymous_client: TestClient, platforms: Sandbox) -> None:
    answer = redirect_params(oauth_callback(anonymous_client, platforms.decide(authorize_url(client), approve=False)))
    assert answer.keys() == {"tenant", "platform", "error", "error_description"}
    assert answer["error"] == "access_denied"


@pytest.mark.parametrize("approve", [True, False])
def test_the_callback_leaves_no_secrets_behind(
    client: TestClient,
    anonymous_client: TestClient,
    platforms: Sandbox,
    capsys: pytest.CaptureFixture[str],
    approve: bool,
) -> None:
    callback_url = platforms.decide(authorize_url(client), approve=approve)
    answer = oauth_callback(anonymous_client, callback_url)
    again = oauth_callback(anonymous_client, callback_url)
    end = [answered(anonymous_client, callback_url, answer)] if approve else []
    for given in (answer, again, *end):
        assert given.headers["Referrer-Policy"] == "no-referrer"
        assert given.headers["Cache-Control"] == "no-store"
        shown = json.dumps([given.text, dict(given.headers)]) + "".join(capsys.readouterr())
        assert not [
            secret for name, secret in callback_url.params.items() if name in ("code", "state") and secret in shown
        ]


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=made-up&code=x", "?error=access_denied", "?state=%00&code=%FF"]
)
def test_a_callback_without_a_valid_state_is_not_redirected(
    anonymous_client: TestClient, platforms: Sandbox, query: str
) -> None:
    answer = oauth_callback(anonymous_client, httpx.URL(f"{SOCIAL}/callback/instagram{query}"))
    assert code_of(answer, 400) == "state_invalid"
    assert "location" not in answer.headers
    assert "ten minutes" in answer.json()["remedy"]


def test_only_the_callback_needs_no_key(anonymous_client: TestClient, platforms: Sandbox) -> None:
    assert anonymous_client.get(f"{SOCIAL}/connect/instagram", params={"redirect_uri": REDIRECT}).status_code == 401
    assert anonymous_client.post(f"{SOCIAL}/connect/instagram", json={"redirect_uri": REDIRECT}).status_code == 401
    assert anonymous_client.get(f"{SOCIAL}/accounts").status_code == 401
    assert anonymous_client.delete(f"{SOCIAL}/disconnect/instagram").status_code == 401
    assert anonymous_client.get(f"{SOCIAL}/callback").status_code == 401
    assert anonymous_client.get(f"{SOCIAL}/callback/../accounts").status_code == 401
    assert anonymous_client.post(f"{SOCIAL}/callback/instagram").status_code == 422
    assert anonymous_client.get(f"{SOCIAL}/callback/myspace").status_code == 422


def test_the_page_says_who_asks_for_what_and_cannot_be_framed(
    client: TestClient, anonymous_client: TestClient, platforms: Sandbox
) -> None:
    page = oauth_callback(anonymous_client, platforms.decide(authorize_url(client, "tiktok")))
    with transaction() as session:
        workspace = session.scalars(select(Workspace.name)).one()
    for shown in ("@mara.bakes", "TikTok", workspace, "<strong>app.example.com</strong>"):
        assert shown in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "://" not in page.text


def test_a_refused_account_is_not_connected_and_the_page_is_used_up(
    client: TestClient, anonymous_client: TestClient, platforms: Sandbox
) -> None:
    callback_url = platforms.decide(authorize_url(client))
    page = oauth_callback(anonymous_client, callback_url)
    assert redirect_params(answered(anonymous_client, callback_url, page, "refuse"))["error"] == "access_denied"
    again = answered(anonymous_client, callback_url, page, "connect")
    assert code_of(again, 400) == "state_invalid"
    assert client.get(f"{SOCIAL}/accounts").json() == []


@pytest.mark.parametrize("form", [{}, {"token": "x"}, {"token": "x", "decision": "maybe"}])
def test_an_answer_that_is_not_the_pages_is_refused(
    anonymous_client: TestClient, platforms: Sandbox, form: dict[str, str]
) -> None:
    assert anonymous_client.post(f"{SOCIAL}/callback/instagram", data=form).status_code == 422


@pytest.mark.parametrize("uri", [REDIRECT + "x", "https://evil.example", "javascript:alert(1)", "", "\0"])
def test_a_redirect_uri_that_is_not_allowed_is_rejected(client: TestClient, platforms: Sandbox, uri: str) -> None:
    answers = [
        client.get(f"{SOCIAL}/connect/instagram", params={"redirect_uri": uri}, follow_redirects=False),
        client.post(f"{SOCIAL}/connect/instagram", json={"redirect_uri": uri}),
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert {answer.json()["code"] for answer in answers} <= {"redirect_uri_unknown", "invalid"}


def test_without_a_redirect_uri_the_browser_ends_at_a_page_that_shows_the_account(
    connect: Callable[..., TestClient], anonymous_client: TestClient, platforms: Sandbox
) -> None:
    begun = connect().post(f"{SOCIAL}/connect/tiktok", json={}).json()
    callback_url = platforms.decide(begun["authorize_url"])
    answer = answered(anonymous_client, callback_url, oauth_callback(anonymous_client, callback_url))
    assert answer.headers["Location"].startswith("http://testserver/connected?")
    page = anonymous_client.get(answer.headers["Location"])
    assert "<h1>@mara.bakes is connected</h1>" in page.text


def test_a_person_whose_link_was_used_is_told_so_by_a_page(anonymous_client: TestClient) -> None:
    page, form = f"{SOCIAL}/callback/tiktok", {"token": "used", "decision": "connect"}
    for method, sent in ("GET", {"params": {"state": "used", "code": "1"}}), ("POST", {"data": form}):
        refused = anonymous_client.request(method, page, headers={"Accept": "text/html"}, **sent)
        assert (refused.status_code, refused.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
        assert "No TikTok account was connected" in refused.text
        assert "connect the account again" in refused.text
        assert anonymous_client.request(method, page, **sent).json()["code"] == "state_invalid"


def test_an_unknown_platform_and_unknown_fields_are_told(client: TestClient, platforms: Sandbox) -> None:
    body = {"redirect_uri": REDIRECT}
    assert client.post(f"{SOCIAL}/connect/myspace", json=body).status_code == 422
    assert client.post(f"{SOCIAL}/connect/tiktok", json=body | {"redirect_url": REDIRECT}).status_code == 422
    assert client.get(f"{SOCIAL}/connect/tiktok").status_code == 422
    assert client.delete(f"{SOCIAL}/disconnect/myspace").status_code == 422


def test_without_a_registered_app_or_a_key_to_encrypt_with_the_setting_is_named(
    client: TestClient, platforms: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"redirect_uri": REDIRECT}
    set_app(monkeypatch, PLATFORMS["youtube"], App("", ""))
    assert code_of(client.post(f"{SOCIAL}/connect/youtube", json=body), 503) == "platform_not_configured"
    monkeypatch.setattr(settings(), "encryption_keys", [])
    answer = client.post(f"{SOCIAL}/connect/instagram", json=body)
    assert code_of(answer, 503) == "encryption_key_missing"
    assert "CONTENT_PIPELINE_ENCRYPTION_KEYS" in answer.json()["remedy"]


@pytest.mark.slow
def test_accounts_are_listed_newest_first_a_page_at_a_time(
    client: TestClient, anonymous_client: TestClient, platforms: Sandbox
) -> None:
    ids = [
        connect_account(client, anonymous_client, platforms, username=username)
        for username in ("mara.bakes", "tech.tom", "studio.north")
    ]
    first = client.get(f"{SOCIAL}/accounts", params={"limit": 2})
    assert [account["id"] for account in first.json()] == ids[:0:-1]
    rest = client.get(f"{SOCIAL}/accounts", params={"limit": 2, "cursor": first.headers["X-Next-Cursor"]})
    assert [account["id"] for account in rest.json()] == ids[:1]
    assert "X-Next-Cursor" not in rest.headers


def test_one_address_can_try_callbacks_for_a_while_only(
    anonymous_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "CALLBACKS", Rate(3, 60))
    one, another = (TestClient(anonymous_client.app, client=(str(uuid4()), 1000)) for _ in range(2))
    guesses = [one.get(f"{SOCIAL}/callback/tiktok", params={"state": str(n)}) for n in range(4)]
    assert [code_of(answer, answer.status_code) for answer in guesses] == ["state_invalid"] * 3 + ["too_many_requests"]
    assert int(guesses[-1].headers["Retry-After"]) > 0
    assert guesses[-1].headers["Cache-Control"] == "no-store"
    assert code_of(another.get(f"{SOCIAL}/callback/tiktok", params={"state": "0"}), 400) == "state_invalid"


def test_callbacks_too_many_take_no_connection_of_the_database(
    anonymous_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "CALLBACKS", Rate(1, 3600))
    guesser = TestClient(anonymous_client.app, client=(str(uuid4()), 1000))
    guesser.get(f"{SOCIAL}/callback/tiktok", params={"state": "0"})
    taken: list[object] = []
    pool, count = engine().pool, lambda *_: taken.append(1)
    event.listen(pool, "checkout", count)
    for _ in range(20):
        assert guesser.post(f"{SOCIAL}/callback/tiktok", content="&" * 100_000).status_code == 429
    event.remove(pool, "checkout", count)
    assert len(taken) <= 1  # of the limit's own synchronization


def test_an_account_shows_what_is_known_and_no_token(
    client: TestClient, anonymous_client: TestClient, platforms: Sandbox
) -> None:
    connect_account(client, anonymous_client, platforms, "linkedin")
    (account,) = client.get(f"{SOCIAL}/accounts").json()
    assert account.keys() == {
        "id", "platform", "handle", "name", "status", "reason", "scopes", "connected_at", "expires_at",
    }  # fmt: skip
    assert (account["name"], account["reason"]) == ("Mara Bakes", None)
    assert "w_member_social" in account["scopes"]
    assert account["connected_at"] < account["expires_at"]


def test_an_account_says_that_it_needs_reconnecting_and_why(
    client: TestClient, anonymous_client: TestClient, platforms: Sandbox
) -> None:
    account_id = connect_account(client, anonymous_client, platforms, "tiktok")
    refused = Disconnected("TikTok says: no.", remedy="Connect the account again.")
    tokens.mark_disconnected(UUID(account_id), tokens.get_access(UUID(account_id)).token, refused)
    (shown,) = client.get(f"{SOCIAL}/accounts").json()
    assert (shown["status"], shown["reason"]) == ("needs_reconnect", refused.to_dict())
    assert connect_account(client, anonymous_client, platforms, "tiktok") == account_id
    (shown,) = client.get(f"{SOCIAL}/accounts").json()
    assert (shown["status"], shown["reason"]) == ("connected", None)


@pytest.mark.slow
def test_an_account_is_disconnected(client: TestClient, anonymous_client: TestClient, platforms: Sandbox) -> None:
    tiktok = connect_account(client, anonymous_client, platforms, "tiktok")
    instagram = connect_account(client, anonymous_client, platforms, "instagram")
    answer = client.delete(f"{SOCIAL}/disconnect/tiktok")
    assert (answer.status_code, answer.content) == (204, b"")
    assert [account["id"] for account in client.get(f"{SOCIAL}/accounts").json()] == [instagram]
    assert code_of(client.delete(f"{SOCIAL}/disconnect/tiktok"), 404) == "account_not_found"
    assert code_of(client.delete(f"{SOCIAL}/disconnect/tiktok", params={"account_id": tiktok}), 404)
    assert client.delete(f"{SOCIAL}/disconnect/instagram", params={"account_id": instagram}).status_code == 204
    assert client.get(f"{SOCIAL}/accounts").json() == []


def test_another_workspace_sees_and_touches_nothing(
    client: TestClient, anonymous_client: TestClient, platforms: Sandbox, connect
) -> None:
    account_id = connect_account(client, anonymous_client, platforms)
    other = connect(redirect_uris=[REDIRECT])
    assert other.get(f"{SOCIAL}/accounts").json() == []
    assert code_of(other.delete(f"{SOCIAL}/disconnect/instagram", params={"account_id": account_id}), 404)
    assert code_of(other.delete(f"{SOCIAL}/disconnect/instagram"), 404)
    assert len(client.get(f"{SOCIAL}/accounts").json()) == 1


@pytest.mark.slow
def test_more_accounts_than_the_plan_allows_are_refused(
    anonymous_client: TestClient, platforms: Sandbox, connect: Callable[..., TestClient]
) -> None:
    client = connect(redirect_uris=[REDIRECT], accounts=1)
    connect_account(client, anonymous_client, platforms)
    refused = client.post(f"{SOCIAL}/connect/tiktok", json={"redirect_uri": REDIRECT})
    assert code_of(refused, 403) == "plan_limit"


def test_a_twin_has_accounts_of_its_own(client: TestClient, anonymous_client: TestClient, platforms: Sandbox) -> None:
    account_id = connect_account(client, anonymous_client, platforms, "tiktok")
    twin = {"name": "Tech Creator", "voice_id": "en-US"}
    created = client.post(f"{PUBLIC}/twins", json=twin | {"accounts": {"tiktok": account_id}}).json()
    assert created["accounts"] == {"tiktok": account_id}
    place = f"{PUBLIC}/twins/{created['id']}"
    assert code_of(client.patch(place, json={"accounts": {"youtube": account_id}}), 400) == "account_mismatch"
    assert code_of(client.patch(place, json={"accounts": {"tiktok": str(uuid4())}}), 404) == "account_not_found"
    assert client.patch(place, json={"accounts": {"myspace": account_id}}).status_code == 422
    assert client.patch(place, json={"accounts": None}).status_code == 422
    assert client.get(place).json()["accounts"] == {"tiktok": account_id}
    assert client.patch(place, json={"accounts": {}}).json()["accounts"] == {}
    assert client.post(f"{PUBLIC}/twins", json=twin).json()["accounts"] == {}
