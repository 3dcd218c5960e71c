"""OAuth requests and responses of each platform."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import httpx
import pytest

from content_pipeline.core.errors import Error, TooManyRequests, Unavailable, UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms.app_settings import App
from content_pipeline.core.platforms.base import Disconnected, Refused
from content_pipeline.core.platforms.linkedin.settings import LinkedInSettings
from content_pipeline.core.platforms.oauth_provider import Tokens
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.platforms.tiktok.settings import TikTokSettings
from tests.accounts import approve_app, set_app
from tests.core.platforms.wire import DROPPED, UNREACHABLE, Answer, Wire, form

CALLBACK: Final = "https://api.example.com/callback"
VERIFIER: Final = "v" * 64
OLD: Final = Tokens("old-access", None, "old-refresh", None, [])
LONG_AGO: Final = datetime(2026, 1, 1, tzinfo=UTC)
# Codes and refresh tokens are exchanged at these paths. Instagram has three, of which this is the first.
TOKEN_PATHS: Final = {
    "instagram": "/refresh_access_token",
    "tiktok": "/v2/oauth/token/",
    "linkedin": "/oauth/v2/accessToken",
    "youtube": "/token",
}
FORMS: Final = ("tiktok", "linkedin", "youtube")


@pytest.fixture(autouse=True)
def _apps(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in PLATFORMS.values():
        set_app(monkeypatch, spec, App(f"{spec.name}-app", f"{spec.name}-secret"))
    monkeypatch.setattr(LinkedInSettings.current(), "linkedin_insights_calls", 0)
    monkeypatch.setattr(TikTokSettings.current(), "tiktok_insights", False)


def authorize(platform: str) -> httpx.URL:
    return httpx.URL(PLATFORMS[platform].oauth.authorize_url(redirect_uri=CALLBACK, state="state-1", verifier=VERIFIER))


def exchange(platform: str, code: str = "code-1") -> Tokens:
    return PLATFORMS[platform].oauth.exchange(code, redirect_uri=CALLBACK, verifier=VERIFIER)


def refresh(platform: str, tokens: Tokens = OLD) -> Tokens:
    return PLATFORMS[platform].oauth.refresh(tokens, issued_at=LONG_AGO)


def seconds_until(moment: datetime | None) -> float:
    assert moment
    return (moment - now()).total_seconds()


# ── authorization request ────────────────────────────────────────────────────────────────────────────────


def test_instagram_separates_scopes_by_commas(wire: Wire) -> None:
    address = authorize("instagram")
    assert str(address.copy_with(query=None)) == "https://www.instagram.com/oauth/authorize"
    assert dict(address.params) == {
        "response_type": "code",
        "client_id": "instagram-app",
        "redirect_uri": CALLBACK,
        "scope": "instagram_business_content_publish,instagram_business_basic,instagram_business_manage_insights",
        "state": "state-1",
        "force_reauth": "true",
    }


def test_tiktok_calls_the_app_a_client_key_and_wants_its_challenge_in_hex(wire: Wire) -> None:
    address = authorize("tiktok")
    assert str(address.copy_with(query=None)) == "https://www.tiktok.com/v2/auth/authorize/"
    assert dict(address.params) == {
        "client_key": "tiktok-app",
        "scope": "user.info.basic,user.info.profile,video.publish",
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "state": "state-1",
        "code_challenge": sha256(VERIFIER.encode()).hexdigest(),
        "code_challenge_method": "S256",
        "disable_auto_auth": "1",
    }


def test_linkedin_separates_scopes_by_spaces_and_knows_no_challenge(wire: Wire) -> None:
    address = authorize("linkedin")
    assert str(address.copy_with(query=None)) == "https://www.linkedin.com/oauth/v2/authorization"
    assert dict(address.params) == {
        "response_type": "code",
        "client_id": "linkedin-app",
        "redirect_uri": CALLBACK,
        "scope": "openid profile w_member_social",
        "state": "state-1",
    }


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_app_that_is_approved_asks_for_what_figures_need(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    approve_app(monkeypatch, PLATFORMS[platform])
    asked = authorize(platform).params["scope"].replace(",", " ").split()
    assert set(PLATFORMS[platform].insights.scopes) < set(asked)


def test_google_is_asked_for_a_refresh_token_each_time(wire: Wire) -> None:
    address = authorize("youtube")
    assert str(address.copy_with(query=None)) == "https://accounts.google.com/o/oauth2/v2/auth"
    expected = {"access_type": "offline", "include_granted_scopes": "true", "state": "state-1"}
    assert dict(address.params).items() >= expected.items()
    assert set(address.params["prompt"].split()) == {"consent", "select_account"}
    challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    assert (address.params["code_challenge"], address.params["code_challenge_method"]) == (challenge, "S256")
    assert address.params["scope"].split() == [
        f"https://www.googleapis.com/auth/{scope}"
        for scope in ("youtube.upload", "youtube.force-ssl", "youtube.readonly", "yt-analytics.readonly")
    ]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_without_a_registered_app_the_setting_is_named(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    set_app(monkeypatch, PLATFORMS[platform], App("app", ""))
    with pytest.raises(Unavailable) as caught:
        authorize(platform)
    assert (caught.value.code, caught.value.retryable) == ("platform_not_configured", False)
    assert f"CONTENT_PIPELINE_{platform.upper()}_CLIENT_" in caught.value.remedy


# ── code exchange ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "short",
    [
        {"access_token": "short", "user_id": 17841400000000001, "permissions": "a,b"},
        {"data": [{"access_token": "short", "user_id": "17841400000000001", "permissions": "a,b"}]},
        {"access_token": "short", "user_id": 17841400000000001, "permissions": ["a", "b"]},
    ],
)
def test_instagram_exchanges_a_code_twice(wire: Wire, short: dict[str, Any]) -> None:
    wire.on("/access_token", Answer(body={"access_token": "long", "token_type": "bearer", "expires_in": 5183944}))
    wire.on("/oauth/access_token", Answer(body=short))
    tokens = exchange("instagram", "code-1#_")
    first, second = wire.requests
    assert (first.method, str(first.url)) == ("POST", "https://api.instagram.com/oauth/access_token")
    assert first.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"code-1\r\n" in first.content
    assert dict(second.url.params) == {
        "grant_type": "ig_exchange_token",
        "client_secret": "instagram-secret",
        "access_token": "short",
    }
    assert (tokens.access, tokens.refresh, tokens.scopes) == ("long", None, ["a", "b"])
    assert 5183900 < seconds_until(tokens.expires_at) <= 5183944


def test_tiktok_exchanges_a_code(wire: Wire) -> None:
    answer = {
        "access_token": "act.1", "expires_in": 86400, "open_id": "-000", "refresh_token": "rft.1",
        "refresh_expires_in": 31536000, "scope": "user.info.basic,video.publish", "token_type": "Bearer",
    }  # fmt: skip
    wire.on("/token/", Answer(body=answer))
    tokens = exchange("tiktok")
    assert str(wire.requests[0].url) == "https://open.tiktokapis.com/v2/oauth/token/"
    assert form(wire.requests[0]) == {
        "client_key": "tiktok-app",
        "client_secret": "tiktok-secret",
        "grant_type": "authorization_code",
        "code": "code-1",
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    assert (tokens.access, tokens.refresh, tokens.scopes) == ("act.1", "rft.1", ["user.info.basic", "video.publish"])
    assert 31535900 < seconds_until(tokens.refresh_expires_at) <= 31536000


@pytest.mark.parametrize("scope", ["openid,profile", "openid profile"])
def test_linkedin_exchanges_a_code_and_is_not_believed_when_its_refresh_token_ends(wire: Wire, scope: str) -> None:
    answer = {"access_token": "AQV", "expires_in": 5184000, "scope": scope, "token_type": "Bearer"}
    more = {"refresh_token": "AQW", "refresh_token_expires_in": 525600}
    wire.on("/accessToken", Answer(body=answer | more))
    tokens = exchange("linkedin")
    assert form(wire.requests[0]) == {
        "client_id": "linkedin-app",
        "client_secret": "linkedin-secret",
        "grant_type": "authorization_code",
        "code": "code-1",
        "redirect_uri": CALLBACK,
    }
    assert (tokens.refresh, tokens.refresh_expires_at, tokens.scopes) == ("AQW", None, ["openid", "profile"])


def test_google_exchanges_a_code(wire: Wire) -> None:
    answer = {"access_token": "ya29", "expires_in": 3599, "refresh_token": "1//0", "scope": "a b", "id_token": "e30"}
    wire.on("/token", Answer(body=answer))
    tokens = exchange("youtube")
    assert str(wire.requests[0].url) == "https://oauth2.googleapis.com/token"
    assert form(wire.requests[0])["code_verifier"] == VERIFIER
    assert (tokens.access, tokens.refresh, tokens.scopes) == ("ya29", "1//0", ["a", "b"])


@pytest.mark.parametrize("platform", FORMS)
def test_an_answer_without_a_token_is_none(wire: Wire, platform: str) -> None:
    wire.on(TOKEN_PATHS[platform], Answer(body={"token_type": "Bearer"}))
    with pytest.raises(UpstreamError):
        exchange(platform)


# ── refresh ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("platform", FORMS)
def test_a_refresh_without_a_new_refresh_token_tells_of_none(wire: Wire, platform: str) -> None:
    wire.on(TOKEN_PATHS[platform], Answer(body={"access_token": "new", "expires_in": 3599}))
    tokens = refresh(platform)
    assert (tokens.access, tokens.refresh, tokens.scopes) == ("new", None, [])
    sent = form(wire.requests[0])
    assert (sent["grant_type"], sent["refresh_token"]) == ("refresh_token", "old-refresh")


def test_instagrams_token_renews_itself(wire: Wire) -> None:
    wire.on("/refresh_access_token", Answer(body={"access_token": "new", "expires_in": 5184000}))
    assert refresh("instagram").access == "new"
    assert dict(wire.requests[0].url.params) == {"grant_type": "ig_refresh_token", "access_token": "old-access"}


def test_instagrams_token_is_not_renewed_on_its_first_day(wire: Wire) -> None:
    with pytest.raises(Disconnected):
        PLATFORMS["instagram"].oauth.refresh(OLD, issued_at=now() - timedelta(hours=23))
    assert wire.requests == []


@pytest.mark.parametrize("platform", ["linkedin", "youtube"])
def test_without_a_refresh_token_nobody_is_asked(wire: Wire, platform: str) -> None:
    with pytest.raises(Disconnected):
        refresh(platform, Tokens("access", None, None, None, []))
    assert wire.requests == []


EXPIRED: Final = {"error": {"message": "Error validating access token", "type": "OAuthException", "code": 190}}
REFUSED: Final = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
BAD_APP: Final = {"error": "invalid_client", "error_description": "The OAuth client was not found."}


@pytest.mark.parametrize(
    ("platform", "answer", "kind", "code"),
    [
        # TikTok refuses with 200.
        ("tiktok", Answer(200, REFUSED | {"log_id": "1"}), Disconnected, "needs_reconnect"),
        ("tiktok", Answer(400, REFUSED), Disconnected, "needs_reconnect"),
        ("youtube", Answer(400, REFUSED), Disconnected, "needs_reconnect"),
        ("linkedin", Answer(400, {"error": "invalid_request"}), Disconnected, "needs_reconnect"),
        # A fault of ours, which is no account's.
        ("tiktok", Answer(200, {"error": "invalid_request"}), UpstreamError, "platform_failed"),
        ("youtube", Answer(400, {"error": "unsupported_grant_type"}), UpstreamError, "platform_failed"),
        ("linkedin", Answer(401, BAD_APP), Refused, "app_refused"),
        ("youtube", Answer(401, BAD_APP), Refused, "app_refused"),
        ("tiktok", Answer(200, {"error": "invalid_client"}), Refused, "app_refused"),
        ("tiktok", Answer(200, {"error": "rate_limit_exceeded"}), UpstreamError, "platform_failed"),
        ("youtube", Answer(429, {}, {"Retry-After": "7"}), TooManyRequests, "too_many_requests"),
        ("youtube", Answer(500, {}), UpstreamError, "platform_failed"),
        ("linkedin", Answer(503, "<html>"), UpstreamError, "platform_failed"),
        ("tiktok", Answer(200, "<html>"), UpstreamError, "remote_failed"),
        ("instagram", Answer(400, EXPIRED), Disconnected, "needs_reconnect"),
        ("instagram", Answer(500, {}), UpstreamError, "remote_failed"),
    ],
)
def test_what_a_refused_refresh_means(wire: Wire, platform: str, answer: Answer, kind: type[Error], code: str) -> None:
    wire.on(TOKEN_PATHS[platform], answer)
    with pytest.raises(kind) as caught:
        refresh(platform)
    assert caught.value.code == code
    assert caught.value.retryable == (kind in (UpstreamError, TooManyRequests))
    assert caught.value.remedy
    assert len(wire.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408])
@pytest.mark.parametrize("body", ["<html>Access denied</html>", {}, {"message": "Forbidden"}, {"error": "Blocked."}])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_answer_of_something_in_between_ends_no_grant(wire: Wire, platform: str, body: Any, status: int) -> None:
    wire.on(TOKEN_PATHS[platform], Answer(status, body))
    with pytest.raises(UpstreamError) as caught:
        refresh(platform)
    assert caught.value.retryable


@pytest.mark.parametrize("fault", [DROPPED, UNREACHABLE])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_refresh_without_an_answer_may_be_tried_again_and_is_no_lost_post(
    wire: Wire, platform: str, fault: httpx.TransportError
) -> None:
    wire.on(TOKEN_PATHS[platform], fault)
    with pytest.raises(UpstreamError) as caught:
        refresh(platform)
    assert (type(caught.value), caught.value.code, caught.value.retryable) == (
        UpstreamError,
        "platform_unreachable",
        True,
    )


@pytest.mark.parametrize("broken", ["/oauth/access_token", "/access_token"])
def test_an_exchange_at_instagram_that_breaks_off_is_no_lost_post(wire: Wire, broken: str) -> None:
    wire.on("/oauth/access_token", Answer(body={"access_token": "short", "permissions": "a"}))
    wire.on("/access_token", Answer(body={"access_token": "long"})).on(broken, DROPPED)
    with pytest.raises(UpstreamError) as caught:
        exchange("instagram")
    assert type(caught.value) is UpstreamError


def test_a_code_that_instagram_does_not_take_is_refused_flat(wire: Wire) -> None:
    refusal = {"error_type": "OAuthException", "code": 400, "error_message": "This authorization code has been used"}
    wire.on("/oauth/access_token", Answer(400, refusal))
    with pytest.raises(Disconnected, match="has been used"):
        exchange("instagram")


@pytest.mark.parametrize("platform", FORMS)
def test_no_token_is_quoted(wire: Wire, platform: str) -> None:
    token = "ya29." + "x" * 60
    wire.on(TOKEN_PATHS[platform], Answer(400, {"error": "invalid_grant", "error_description": f"Bad {token}"}))
    with pytest.raises(Disconnected) as caught:
        refresh(platform)
    assert token not in caught.value.detail


# ── profile and revocation ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("platform", "path", "answer", "profile"),
    [
        ("instagram", "/me", {"user_id": 178414, "username": "mara", "name": "Mara"}, ("178414", "@mara", "Mara")),
        ("instagram", "/me", {"user_id": "178414", "username": "mara"}, ("178414", "@mara", "mara")),
        (
            "tiktok",
            "/info/",
            {"data": {"user": {"open_id": "-0", "username": "mara", "display_name": "M"}}, "error": {"code": "ok"}},
            ("-0", "@mara", "M"),
        ),
        ("linkedin", "/userinfo", {"sub": "abc123", "name": "Mara Bakes"}, ("abc123", "Mara Bakes", "Mara Bakes")),
        (
            "youtube",
            "/channels",
            {"items": [{"id": "UC1", "snippet": {"title": "Mara", "customUrl": "@mara.bakes"}}]},
            ("UC1", "@mara.bakes", "Mara"),
        ),
        ("youtube", "/channels", {"items": [{"id": "UC1", "snippet": {"title": "Mara"}}]}, ("UC1", "@Mara", "Mara")),
    ],
)
def test_whose_account_it_is(
    wire: Wire, platform: str, path: str, answer: dict[str, Any], profile: tuple[str, str, str]
) -> None:
    wire.on(path, Answer(body=answer))
    found = PLATFORMS[platform].oauth.profile("the-token")
    assert (found.user_id, found.handle, found.name) == profile
    assert wire.requests[0].headers["Authorization"] == "Bearer the-token"


def test_who_has_no_channel_has_no_account(wire: Wire) -> None:
    wire.on("/channels", Answer(body={"kind": "youtube#channelListResponse"}))
    with pytest.raises(Refused) as caught:
        PLATFORMS["youtube"].oauth.profile("the-token")
    assert caught.value.code == "no_channel"


@pytest.mark.parametrize(
    ("platform", "address", "sent"),
    [
        (
            "tiktok",
            "https://open.tiktokapis.com/v2/oauth/revoke/",
            {"client_key": "tiktok-app", "client_secret": "tiktok-secret", "token": "old-access"},
        ),
        (
            "linkedin",
            "https://www.linkedin.com/oauth/v2/revoke",
            {"client_id": "linkedin-app", "client_secret": "linkedin-secret", "token": "old-access"},
        ),
        ("youtube", "https://oauth2.googleapis.com/revoke", {"token": "old-refresh"}),
    ],
)
def test_a_grant_is_taken_back(wire: Wire, platform: str, address: str, sent: dict[str, str]) -> None:
    wire.on("/revoke", Answer()).on("/revoke/", Answer())
    PLATFORMS[platform].oauth.revoke(OLD)
    assert (str(wire.requests[0].url), form(wire.requests[0])) == (address, sent)


def test_instagram_has_no_way_to_take_a_grant_back(wire: Wire) -> None:
    PLATFORMS["instagram"].oauth.revoke(OLD)
    assert wire.requests == []
