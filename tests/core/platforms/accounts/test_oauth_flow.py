"""OAuth flow: consent, callback, state, and the account that it connects."""

import logging
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update

from content_pipeline.core.errors import Invalid, PlanLimit, Unavailable
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, ConnectState, Plan, RedirectUri, Workspace
from content_pipeline.core.operations.maintenance import retention
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.accounts import accounts, oauth_flow, tokens
from content_pipeline.core.platforms.app_settings import App
from content_pipeline.core.platforms.oauth_provider import Profile
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import settings
from content_pipeline.core.workspaces import api_keys
from content_pipeline.core.workspaces.scopes import Scope
from tests.accounts import REDIRECT, begin, come_back, connect, oauth_callback, read_account, set_app
from tests.factories import make_workspace
from tests.sandbox_server import Sandbox


@pytest.mark.parametrize("platform", PLATFORMS)
def test_consent_redirects_with_the_account_id(platforms: Sandbox, workspace_id: UUID, platform: str) -> None:
    redirect_params = oauth_callback(
        platform, platforms.decide(begin(workspace_id, platform, "tab-1"), username="studio.north")
    )
    assert dict(redirect_params) == {
        "tenant": "7",
        "platform": platform,
        "account_id": redirect_params["account_id"],
        "handle": "Studio North" if platform == "linkedin" else "@studio.north",
        "state": "tab-1",
    }
    account = read_account(UUID(redirect_params["account_id"]))
    assert (account.workspace_id, account.platform, account.status) == (workspace_id, platform, "connected")
    assert account.handle == ("Studio North" if platform == "linkedin" else "@studio.north")
    assert account.scopes
    assert account.access_expires_at
    assert account.access_expires_at > now()


def test_a_name_is_shown_and_kept_without_what_cannot_be_stored(
    platforms: Sandbox, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = Profile(user_id="7", handle="@mara\0", name="Mara \ud83c")
    monkeypatch.setattr(PLATFORMS["tiktok"].oauth, "profile", lambda _: odd)
    account = connect(platforms, workspace_id, "tiktok")
    assert (account.user_id, account.handle, account.name) == ("7", "@mara", "Mara ?")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_denial_redirects_with_an_error(platforms: Sandbox, workspace_id: UUID, platform: str) -> None:
    redirect_params = oauth_callback(platform, platforms.decide(begin(workspace_id, platform, "tab-1"), approve=False))
    assert (redirect_params["platform"], redirect_params["error"], redirect_params["state"]) == (
        platform,
        "access_denied",
        "tab-1",
    )
    assert "not allowed" in redirect_params["error_description"]
    assert "account_id" not in redirect_params


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_platforms_code_and_state_are_not_passed_to_the_client(
    platforms: Sandbox, workspace_id: UUID, platform: str
) -> None:
    callback_url = platforms.decide(begin(workspace_id, platform))
    redirect_params = oauth_callback(platform, callback_url)
    assert "state" not in redirect_params
    assert not {callback_url.params["code"], callback_url.params["state"]} & set(redirect_params.values())


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_database_shows_neither_tokens_nor_the_state(platforms: Sandbox, workspace_id: UUID, platform: str) -> None:
    authorize_url = begin(workspace_id, platform)
    state = httpx.URL(authorize_url).params["state"]
    with transaction() as session:
        connect_state = session.scalars(select(ConnectState).where(ConnectState.workspace_id == workspace_id)).one()
        assert state not in repr(vars(connect_state))
        assert b"verifier" not in connect_state.verifier
    redirect_params = oauth_callback(platform, platforms.decide(authorize_url))
    account = read_account(UUID(redirect_params["account_id"]))
    tokens = accounts.decrypt_tokens(account)
    for token in filter(None, (tokens.access, tokens.refresh)):
        assert token not in repr(vars(account))


def test_what_is_logged_shows_no_secret(
    platforms: Sandbox, workspace_id: UUID, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    transport.client.cache_clear()
    callback_url = platforms.decide(begin(workspace_id, "instagram"))
    with caplog.at_level(logging.INFO):
        account = read_account(UUID(oauth_callback("instagram", callback_url)["account_id"]))
        platforms.advance(timedelta(days=52).total_seconds())
        renewed = tokens.get_access(account.id)
    secrets = [
        accounts.decrypt_tokens(account).access,
        renewed.token,
        *callback_url.params.values(),
        "sandbox-instagram-secret",
    ]
    logged = "".join([caplog.text, *capsys.readouterr()])
    assert not [secret for secret in secrets if secret in logged]


def test_a_state_has_256_bits_and_is_never_the_same(platforms: Sandbox, workspace_id: UUID) -> None:
    states = {httpx.URL(begin(workspace_id, "instagram")).params["state"] for _ in range(20)}
    assert len(states) == 20
    assert {len(state) for state in states} == {43}


def test_a_state_is_valid_once(platforms: Sandbox, workspace_id: UUID) -> None:
    callback_url = platforms.decide(begin(workspace_id, "instagram"))
    oauth_callback("instagram", callback_url)
    with pytest.raises(Invalid) as caught:
        oauth_callback("instagram", callback_url)
    assert caught.value.code == "state_invalid"


def test_a_denial_consumes_the_state_too(platforms: Sandbox, workspace_id: UUID) -> None:
    callback_url = platforms.decide(begin(workspace_id, "instagram"), approve=False)
    oauth_callback("instagram", callback_url)
    with pytest.raises(Invalid):
        oauth_callback("instagram", callback_url)


def test_a_state_expires_after_ten_minutes(platforms: Sandbox, workspace_id: UUID) -> None:
    early_callback, late_callback = (platforms.decide(begin(workspace_id, "instagram")) for _ in range(2))
    platforms.advance(9 * 60 + 50)
    assert "account_id" in oauth_callback("instagram", early_callback)
    platforms.advance(15)
    with pytest.raises(Invalid) as caught:
        oauth_callback("instagram", late_callback)
    assert caught.value.code == "state_invalid"


def test_expired_states_are_deleted(platforms: Sandbox, workspace_id: UUID) -> None:
    begin(workspace_id, "instagram")
    platforms.advance(oauth_flow.STATE_LIFETIME.total_seconds() + 1)
    begin(workspace_id, "instagram")
    retention.sweep_rows()
    with transaction() as session:
        query = select(func.count()).where(ConnectState.workspace_id == workspace_id)
        assert session.scalars(query).one() == 1


def test_a_flow_ends_with_the_key_that_began_it(platforms: Sandbox, workspace_id: UUID) -> None:
    with transaction() as session:
        key, _ = api_keys.create(session, workspace_id, name="Bot", scopes=[Scope.ADMIN], expires_at=None)
    question = come_back("instagram", platforms.decide(begin(workspace_id, "instagram", api_key_id=key.id)))
    assert isinstance(question, oauth_flow.Question)
    with transaction() as session:
        api_keys.revoke_as_operator(session, key.id)
    refused = httpx.URL(oauth_flow.answer("instagram", token=question.token, accept=True))
    assert refused.params["error"] == "state_invalid"
    with transaction() as session:
        assert not session.scalars(select(Account).where(Account.workspace_id == workspace_id)).all()


def test_a_key_that_was_revoked_asks_nobody(platforms: Sandbox, workspace_id: UUID) -> None:
    with transaction() as session:
        key, _ = api_keys.create(session, workspace_id, name="Bot", scopes=[Scope.ADMIN], expires_at=None)
    callback_url = platforms.decide(begin(workspace_id, "instagram", api_key_id=key.id))
    with transaction() as session:
        api_keys.revoke_as_operator(session, key.id)
    refused = come_back("instagram", callback_url)
    assert isinstance(refused, str)
    assert httpx.URL(refused).params["error"] == "state_invalid"


@pytest.mark.parametrize("state", ["", "made-up", "\0", "x" * 5000])
def test_an_unknown_state_is_rejected(database: None, state: str) -> None:
    with pytest.raises(Invalid) as caught:
        oauth_flow.finish("instagram", state=state, code="code", error=None)
    assert caught.value.code == "state_invalid"


def test_a_state_is_valid_for_one_platform_only(platforms: Sandbox, workspace_id: UUID) -> None:
    callback_url = platforms.decide(begin(workspace_id, "instagram"))
    with pytest.raises(Invalid):
        oauth_flow.finish("tiktok", state=callback_url.params["state"], code=callback_url.params["code"], error=None)
    assert "account_id" in oauth_callback("instagram", callback_url)


@pytest.mark.parametrize(
    "uri", [REDIRECT + "&more=1", REDIRECT.upper(), "https://app.example.com/connected", "https://evil.example/", ""]
)
def test_only_allowed_redirect_uris_are_accepted(platforms: Sandbox, workspace_id: UUID, uri: str) -> None:
    begin(workspace_id, "instagram")
    with transaction() as session, pytest.raises(Invalid) as caught:
        oauth_flow.begin(session, workspace_id, "instagram", uri)
    assert caught.value.code == "redirect_uri_unknown"


def test_another_workspaces_redirect_uri_is_rejected(platforms: Sandbox, workspace_id: UUID) -> None:
    begin(workspace_id, "instagram")
    with transaction() as session:
        other_workspace_id = make_workspace(session)
        with pytest.raises(Invalid):
            oauth_flow.begin(session, other_workspace_id, "instagram", REDIRECT)


def test_a_code_that_the_platform_rejects_redirects_with_an_error(platforms: Sandbox, workspace_id: UUID) -> None:
    state = httpx.URL(begin(workspace_id, "instagram")).params["state"]
    sent_to = oauth_flow.finish("instagram", state=state, code="made-up", error=None)
    assert isinstance(sent_to, str)
    redirect_params = httpx.URL(sent_to).params
    assert redirect_params["error"] == "connect_failed"
    assert "made-up" not in str(redirect_params)


@pytest.mark.parametrize("kind", ["drop", "accept_then_drop", "status"])
def test_a_failed_code_exchange_redirects_with_an_error(platforms: Sandbox, workspace_id: UUID, kind: str) -> None:
    callback_url = platforms.decide(begin(workspace_id, "instagram"))
    platforms.fail("instagram", "grant", kind)
    redirect_params = oauth_callback("instagram", callback_url)
    assert redirect_params["error"]
    assert "account_id" not in redirect_params


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_account_that_is_connected_again_keeps_its_id(platforms: Sandbox, workspace_id: UUID, platform: str) -> None:
    first = connect(platforms, workspace_id, platform)
    platforms.advance(60)
    again = connect(platforms, workspace_id, platform)
    assert (again.id, again.created_at) == (first.id, first.created_at)
    assert again.connected_at > first.connected_at
    assert accounts.decrypt_tokens(again).access != accounts.decrypt_tokens(first).access


def test_an_account_that_was_disconnected_has_its_id_again(platforms: Sandbox, workspace_id: UUID) -> None:
    first = connect(platforms, workspace_id, "tiktok")
    accounts.disconnect(workspace_id, "tiktok")
    again = connect(platforms, workspace_id, "tiktok")
    assert (again.id, again.status) == (first.id, "connected")


def test_reconnecting_clears_the_reason(platforms: Sandbox, workspace_id: UUID) -> None:
    account = connect(platforms, workspace_id, "tiktok")
    wrong = {"code": "needs_reconnect", "message": "No.", "remedy": "", "retryable": False}
    with transaction() as session:
        session.execute(update(Account).where(Account.id == account.id).values(status="needs_reconnect", reason=wrong))
    again = connect(platforms, workspace_id, "tiktok")
    assert (again.id, again.status, again.reason) == (account.id, "connected", None)


def test_a_consent_without_a_refresh_token_keeps_the_old_one(platforms: Sandbox, workspace_id: UUID) -> None:
    platforms.set(linkedin_refresh_tokens=True)
    first = connect(platforms, workspace_id, "linkedin")
    platforms.set(linkedin_refresh_tokens=False)
    again = connect(platforms, workspace_id, "linkedin")
    assert accounts.decrypt_tokens(again).refresh == accounts.decrypt_tokens(first).refresh
    assert accounts.decrypt_tokens(first).refresh


def test_the_same_account_in_two_workspaces_is_two_accounts(platforms: Sandbox, workspace_id: UUID) -> None:
    account = connect(platforms, workspace_id, "instagram")
    with transaction() as session:
        other_workspace_id = make_workspace(session)
    other_account = connect(platforms, other_workspace_id, "instagram")
    assert (account.user_id, account.id != other_account.id) == (other_account.user_id, True)


def limit_accounts(workspace_id: UUID, most: int) -> None:
    """Give the workspace a plan that allows this number of accounts."""
    with transaction() as session:
        studio = session.get_one(Plan, "studio")
        columns = {column.name: getattr(studio, column.name) for column in Plan.__table__.columns}
        session.add(Plan(**{**columns, "accounts": most, "name": str(workspace_id)}))
        session.flush()
        session.get_one(Workspace, workspace_id).plan = str(workspace_id)


@pytest.mark.slow
def test_a_plan_limits_the_number_of_accounts(platforms: Sandbox, workspace_id: UUID) -> None:
    limit_accounts(workspace_id, 1)
    account = connect(platforms, workspace_id, "instagram")
    with pytest.raises(PlanLimit) as caught:
        begin(workspace_id, "tiktok")
    assert caught.value.code == "plan_limit"
    # On the same platform it may be a reconnection; whether it is shows only after consent.
    redirect_params = oauth_callback(
        "instagram", platforms.decide(begin(workspace_id, "instagram"), username="tech.tom")
    )
    assert redirect_params["error"] == "plan_limit"
    assert connect(platforms, workspace_id, "instagram").id == account.id
    accounts.disconnect(workspace_id, "instagram")
    assert connect(platforms, workspace_id, "instagram", "tech.tom").id != account.id
    assert oauth_callback("instagram", platforms.decide(begin(workspace_id, "instagram")))["error"] == "plan_limit"


def test_without_a_registered_app_the_flow_does_not_begin(
    platforms: Sandbox, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_app(monkeypatch, PLATFORMS["tiktok"], App("", "s3cret"))
    with pytest.raises(Unavailable) as caught:
        begin(workspace_id, "tiktok")
    assert caught.value.code == "platform_not_configured"


def test_without_an_encryption_key_the_flow_does_not_begin(
    platforms: Sandbox, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "encryption_keys", [])
    with pytest.raises(Unavailable) as caught:
        begin(workspace_id, "instagram")
    assert caught.value.code == "encryption_key_missing"


def test_the_callback_uses_the_public_url(
    platforms: Sandbox, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "public_url", "https://api.example.com/")
    with transaction() as session:
        session.add(RedirectUri(workspace_id=workspace_id, uri="https://app.example.com/"))
        session.flush()
        request = oauth_flow.begin(session, workspace_id, "youtube", "https://app.example.com/")
    sent_to = httpx.URL(request.authorize_url).params["redirect_uri"]
    assert sent_to == "https://api.example.com/api/v1/public/social/callback/youtube"
    assert timedelta(minutes=9) < request.expires_at - now() <= timedelta(minutes=10)
