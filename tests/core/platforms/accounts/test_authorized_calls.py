"""Calls to a platform as an account: expired, replaced and rejected tokens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest

from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Account
from content_pipeline.core.platforms.accounts import accounts, tokens
from content_pipeline.core.platforms.accounts.authorized_calls import call_platform
from content_pipeline.core.platforms.base import Access, Disconnected, Expired
from content_pipeline.core.platforms.oauth_provider import Tokens
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.accounts import connect, read_account
from tests.sandbox_server import Sandbox

HOUR: Final = 3600.0


@pytest.fixture
def account(platforms: Sandbox, workspace_id: UUID) -> Account:
    """A YouTube account, whose tokens last for an hour."""
    return connect(platforms, workspace_id, "youtube")


def call_after(*events: Callable[[], object]) -> Callable[[Access], str]:
    """A long call: each of its first attempts triggers one of the events before it calls YouTube."""
    pending = list(events)

    def call(access: Access) -> str:
        if pending:
            pending.pop(0)()
        return PLATFORMS["youtube"].oauth.profile(access.token).user_id

    return call


def test_an_upload_may_outlast_several_tokens(account: Account, platforms: Sandbox) -> None:
    def pass_an_hour() -> None:
        platforms.advance(HOUR)

    assert call_platform(account.id, call_after(pass_an_hour, pass_an_hour, pass_an_hour)) == account.user_id
    assert read_account(account.id).status == "connected"


def test_a_token_that_ends_a_little_before_its_time_has_ended(account: Account, platforms: Sandbox) -> None:
    """The platform's clock is ahead of ours by some seconds."""
    started_at = now()
    token = tokens.get_access(account.id).token
    platforms.advance(HOUR - 30)
    assert tokens.has_expired(account.id, token, since=started_at)
    assert not tokens.has_expired(account.id, token, since=now())


def test_a_token_that_another_run_replaced_meanwhile_does_not_disconnect_the_account(
    account: Account, platforms: Sandbox
) -> None:
    def pass_an_hour_and_refresh_elsewhere() -> None:
        platforms.advance(HOUR)
        tokens.get_access(account.id)

    assert (
        call_platform(account.id, call_after(lambda: platforms.advance(HOUR), pass_an_hour_and_refresh_elsewhere))
        == account.user_id
    )
    assert read_account(account.id).status == "connected"


@pytest.mark.parametrize("seconds", [0.0, HOUR])
def test_a_new_token_that_is_refused_before_its_end_marks_the_account_for_reconnecting(
    account: Account, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """Also where the platform reports every token as expired."""
    used: list[str] = []

    class OAuth:
        def refresh(self, tokens: Tokens, *, issued_at: object) -> Tokens:
            return Tokens(f"token-{len(used)}", now() + timedelta(seconds=seconds), None, None, ())

    def rejected_call(access: Access) -> None:
        used.append(access.token)
        assert len(used) < 10, "the call is repeated forever"
        raise Expired("The token is not good.")

    monkeypatch.setitem(PLATFORMS, "youtube", replace(PLATFORMS["youtube"], oauth=OAuth()))
    with pytest.raises(Disconnected):
        call_platform(account.id, rejected_call)
    assert len(used) == 2
    assert read_account(account.id).status == "needs_reconnect"


def test_an_account_that_is_disconnected_meanwhile_is_given_no_token(account: Account, platforms: Sandbox) -> None:
    def rejected_call(access: Access) -> None:
        if access.token != first:
            accounts.disconnect(account.workspace_id, "youtube")
        raise Expired("The token is not good.")

    first = tokens.get_access(account.id).token
    with pytest.raises(Disconnected):
        call_platform(account.id, rejected_call)


def test_a_refresh_that_breaks_off_is_not_taken_for_a_lost_answer_of_the_call(
    account: Account, platforms: Sandbox
) -> None:
    """A commit that was rejected with 401 certainly did not happen."""
    platforms.fail("youtube", "grant", "accept_then_drop")

    def rejected_call(access: Access) -> None:
        raise Expired("The token is not good.")

    with pytest.raises(UpstreamError) as caught:
        call_platform(account.id, rejected_call)
    assert (type(caught.value), caught.value.code) == (UpstreamError, "platform_unreachable")


@pytest.mark.parametrize("status", [403, 404])
def test_a_firewall_before_the_token_endpoint_disconnects_no_account(
    account: Account, platforms: Sandbox, status: int
) -> None:
    platforms.advance(2 * HOUR)
    platforms.fail("youtube", "grant", "status", status=status, body="<html>Access denied</html>")
    with pytest.raises(UpstreamError) as caught:
        tokens.get_access(account.id)
    assert caught.value.retryable
    assert read_account(account.id).status == "connected"
    assert call_platform(account.id, call_after()) == account.user_id
