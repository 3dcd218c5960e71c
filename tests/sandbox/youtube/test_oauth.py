"""Google's OAuth in the sandbox: refresh tokens, PKCE, errors."""

import base64
from hashlib import sha256

import pytest

from tests.sandbox.youtube.channel import API, APP, TOKEN, Channel, authorize_url, exchange, reason
from tests.sandbox_server import Sandbox

DAY = 24 * 3600


def tokens(sandbox: Sandbox, **changes: str) -> dict[str, str]:
    return exchange(sandbox, sandbox.decide(authorize_url(**changes)).params["code"]).json()


def refresh(sandbox: Sandbox, token: str) -> tuple[int, dict[str, str]]:
    answer = sandbox.http.post(TOKEN, data={"grant_type": "refresh_token", "refresh_token": token, **APP})
    return answer.status_code, answer.json()


def test_only_the_first_consent_gives_a_refresh_token(sandbox: Sandbox) -> None:
    first, second = tokens(sandbox), tokens(sandbox)
    assert first.keys() - second.keys() == {"refresh_token"}
    assert first["expires_in"] == 3599
    assert len(first["scope"].split(" ")) == 3


def test_another_one_comes_when_consent_is_insisted_on(sandbox: Sandbox) -> None:
    first, second = tokens(sandbox), tokens(sandbox, prompt="consent")
    assert second["refresh_token"] != first["refresh_token"]
    assert refresh(sandbox, first["refresh_token"])[0] == 200


def test_no_refresh_token_comes_without_offline_access(sandbox: Sandbox) -> None:
    assert "refresh_token" not in tokens(sandbox, access_type="online", prompt="consent")


def test_a_refresh_leaves_the_refresh_token_out(sandbox: Sandbox) -> None:
    first = tokens(sandbox)
    status, second = refresh(sandbox, first["refresh_token"])
    assert (status, "refresh_token" in second) == (200, False)
    assert second["access_token"] != first["access_token"]


def test_a_revoked_grant_is_an_invalid_grant(sandbox: Sandbox) -> None:
    first = tokens(sandbox)
    revoke = "/oauth2.googleapis.com/revoke"
    assert sandbox.http.post(revoke, data={"token": first["refresh_token"]}).status_code == 200
    expected = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    assert refresh(sandbox, first["refresh_token"]) == (400, expected)
    assert sandbox.http.post(revoke, data={"token": first["access_token"]}).json()["error"] == "invalid_token"
    assert reason(Channel(sandbox, first["access_token"]).call("GET", f"{API}/channels")) == (401, "authError")
    assert "refresh_token" in tokens(sandbox)


def test_an_access_token_is_good_for_an_hour(sandbox: Sandbox) -> None:
    channel = Channel(sandbox, tokens(sandbox)["access_token"])
    mine = {"part": "snippet", "mine": "true"}
    assert channel.call("GET", f"{API}/channels", params=mine).status_code == 200
    sandbox.advance(3599)
    assert reason(channel.call("GET", f"{API}/channels", params=mine)) == (401, "authError")


def test_the_verifier_has_to_belong_to_the_challenge(sandbox: Sandbox) -> None:
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = authorize_url(code_challenge=challenge, code_challenge_method="S256")
    answers = [
        exchange(sandbox, sandbox.decide(asked).params["code"], **given)
        for given in ({}, {"code_verifier": "w" * 43}, {"code_verifier": verifier})
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 200]
    assert answers[0].json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"redirect_uri": "https://app.example/other"}, 400, "redirect_uri_mismatch"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_code_is_exchanged_as_it_was_asked_for(
    sandbox: Sandbox, changes: dict[str, str], status: int, error: str
) -> None:
    code = sandbox.decide(authorize_url()).params["code"]
    answer = exchange(sandbox, code, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_code_is_good_once_and_for_ten_minutes(sandbox: Sandbox) -> None:
    used, late = (sandbox.decide(authorize_url()).params["code"] for _ in range(2))
    assert [exchange(sandbox, used).status_code for _ in range(2)] == [200, 400]
    sandbox.advance(600)
    assert exchange(sandbox, late).json()["error"] == "invalid_grant"


def test_a_denial_says_so(sandbox: Sandbox) -> None:
    back = sandbox.decide(authorize_url(), approve=False)
    assert dict(back.params) == {"error": "access_denied", "state": "s"}
