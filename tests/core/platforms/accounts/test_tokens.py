"""Access tokens: refreshed shortly before expiry, by one process, and never lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update

from content_pipeline.core.errors import Error, NotFound, Unavailable, UpstreamError
from content_pipeline.core.infrastructure.database import dispose_engines, transaction
from content_pipeline.core.models import Account
from content_pipeline.core.platforms.accounts import accounts, tokens
from content_pipeline.core.platforms.base import Access, Disconnected
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.accounts import connect, read_account
from tests.sandbox_server import Sandbox

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
# These spans last from just before a token is replaced to just before it ends.
NEAR_END: Final = {"instagram": 51 * DAY, "tiktok": DAY - 60, "linkedin": 60 * DAY - 60, "youtube": HOUR - 60}
TOKEN_PATHS: Final = {
    "instagram": "/graph.instagram.com/refresh_access_token",
    "tiktok": "/open.tiktokapis.com/v2/oauth/token/",
    "linkedin": "/www.linkedin.com/oauth/v2/accessToken",
    "youtube": "/oauth2.googleapis.com/token",
}


@pytest.fixture
def connect_account(platforms: Sandbox, workspace_id: UUID) -> Callable[[str], Account]:
    """Connects an account of a platform; LinkedIn's app gets refresh tokens."""
    platforms.set(linkedin_refresh_tokens=True)
    return lambda platform: connect(platforms, workspace_id, platform)


def count_refreshes(platforms: Sandbox, platform: str) -> int:
    """The number of token requests to the platform, without the code exchange."""
    count = sum(request["path"] == TOKEN_PATHS[platform] for request in platforms.requests())
    return count if platform == "instagram" else count - 1


def is_accepted(access: Access, platform: str) -> bool:
    """Whether the platform accepts the token for that account."""
    return PLATFORMS[platform].oauth.profile(access.token).user_id == access.user_id


def set_account(account: Account, **values: object) -> None:
    with transaction() as session:
        session.execute(update(Account).where(Account.id == account.id).values(values))


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_fresh_token_is_used_as_it_is(connect_account, platforms: Sandbox, platform: str) -> None:
    access = tokens.get_access(connect_account(platform).id)
    assert is_accepted(access, platform)
    assert count_refreshes(platforms, platform) == 0


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_token_is_refreshed_shortly_before_its_end(connect_account, platforms: Sandbox, platform: str) -> None:
    account = connect_account(platform)
    first = tokens.get_access(account.id)
    platforms.advance(NEAR_END[platform])
    second = tokens.get_access(account.id)
    assert second.token != first.token
    assert is_accepted(second, platform)
    assert tokens.get_access(account.id) == second
    assert count_refreshes(platforms, platform) == 1
    assert read_account(account.id).scopes == account.scopes


def test_an_account_that_is_seldom_used_stays_connected(connect_account, platforms: Sandbox) -> None:
    account = connect_account("instagram")
    for _ in range(3):  # half a year without a post
        platforms.advance(NEAR_END["instagram"])
        assert tokens.refresh_expiring() == 1
    assert is_accepted(tokens.get_access(account.id), "instagram")
    assert read_account(account.id).status == "connected"


def test_a_token_that_lasts_or_can_be_refreshed_later_is_left_alone(connect_account, platforms: Sandbox) -> None:
    connect_account("instagram")
    connect_account("tiktok")
    platforms.advance(NEAR_END["tiktok"])
    tokens.refresh_expiring()
    assert count_refreshes(platforms, "instagram") == count_refreshes(platforms, "tiktok") == 0


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_token_is_not_refreshed_early(connect_account, platforms: Sandbox, platform: str) -> None:
    account = connect_account(platform)
    platforms.advance(NEAR_END[platform] - (2 * DAY if platform == "instagram" else 300))
    tokens.get_access(account.id)
    assert count_refreshes(platforms, platform) == 0


@pytest.mark.parametrize("platform", ["tiktok", "linkedin", "youtube"])
def test_a_token_that_has_ended_is_refreshed_all_the_same(connect_account, platforms: Sandbox, platform: str) -> None:
    account = connect_account(platform)
    platforms.advance(NEAR_END[platform] + HOUR)
    assert is_accepted(tokens.get_access(account.id), platform)


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
def test_ten_concurrent_calls_make_one_refresh(connect_account, platforms: Sandbox, platform: str) -> None:
    account = connect_account(platform)
    platforms.advance(NEAR_END[platform])
    platforms.fail(platform, "grant", "delay", seconds=0.5)
    start = threading.Barrier(10)

    def get_access(_: int) -> Access:
        start.wait()
        return tokens.get_access(account.id)

    with ThreadPoolExecutor(10) as pool:
        found = set(pool.map(get_access, range(10)))
    assert len(found) == 1
    assert count_refreshes(platforms, platform) == 1
    assert is_accepted(found.pop(), platform)


@pytest.mark.slow
def test_refresh_tokens_can_be_rotated_many_times(connect_account, platforms: Sandbox) -> None:
    account = connect_account("tiktok")
    seen = set()
    for _ in range(5):
        platforms.advance(NEAR_END["tiktok"])
        assert is_accepted(tokens.get_access(account.id), "tiktok")
        seen.add(accounts.decrypt_tokens(read_account(account.id)).refresh)
    assert len(seen) == 5


def test_a_refresh_that_names_no_refresh_token_keeps_the_old_one(connect_account, platforms: Sandbox) -> None:
    account = connect_account("youtube")
    refresh_token = accounts.decrypt_tokens(account).refresh
    platforms.advance(NEAR_END["youtube"])
    tokens.get_access(account.id)
    assert refresh_token
    assert accounts.decrypt_tokens(read_account(account.id)).refresh == refresh_token


def disconnected_error(account_id: UUID) -> Disconnected:
    with pytest.raises(Disconnected) as caught:
        tokens.get_access(account_id)
    return caught.value


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_rejected_refresh_marks_the_account_and_is_not_repeated(
    connect_account, platforms: Sandbox, platform: str
) -> None:
    account = connect_account(platform)
    platforms.revoke(platform, account.user_id)
    platforms.advance(NEAR_END[platform])
    error = disconnected_error(account.id)
    found = read_account(account.id)
    assert (found.status, found.reason) == ("needs_reconnect", error.to_dict())
    count = count_refreshes(platforms, platform)
    again = disconnected_error(account.id)
    assert (again.detail, again.remedy) == (error.detail, error.remedy)
    assert count_refreshes(platforms, platform) == count == 1


def test_an_account_without_a_refresh_token_finally_needs_reconnecting(platforms: Sandbox, workspace_id: UUID) -> None:
    account = connect(platforms, workspace_id, "linkedin")
    platforms.advance(NEAR_END["linkedin"])
    assert "60 days" in disconnected_error(account.id).detail
    assert connect(platforms, workspace_id, "linkedin").id == account.id
    assert is_accepted(tokens.get_access(account.id), "linkedin")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["drop", "status"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_refresh_that_fails_is_retried_later(connect_account, platforms: Sandbox, platform: str, kind: str) -> None:
    account = connect_account(platform)
    platforms.advance(NEAR_END[platform] + (HOUR if platform != "instagram" else 0))
    set_account(account, access_expires_at=account.issued_at + timedelta(hours=1))
    platforms.fail(platform, "grant", kind)
    with pytest.raises(UpstreamError) as caught:
        tokens.get_access(account.id)
    assert caught.value.retryable
    assert read_account(account.id).status == "connected"
    assert is_accepted(tokens.get_access(account.id), platform)


@pytest.mark.parametrize("kind", ["drop", "status"])
def test_a_token_that_still_lasts_is_used_while_the_platform_does_not_refresh_it(
    connect_account, platforms: Sandbox, kind: str
) -> None:
    account = connect_account("instagram")
    first = tokens.get_access(account.id)
    platforms.advance(NEAR_END["instagram"])
    platforms.fail("instagram", "grant", kind)
    assert tokens.get_access(account.id) == first
    assert tokens.get_access(account.id) != first


def test_a_rejected_token_is_replaced_once(connect_account, platforms: Sandbox) -> None:
    account = connect_account("tiktok")
    first = tokens.get_access(account.id)
    second = tokens.refresh(account.id, first.token)
    assert second.token != first.token
    # Another caller, whose call with the first token was rejected later.
    assert tokens.refresh(account.id, first.token) == second
    assert tokens.get_access(account.id) == second
    assert count_refreshes(platforms, "tiktok") == 1


def test_a_young_token_of_instagram_that_is_refused_cannot_be_replaced(connect_account, platforms: Sandbox) -> None:
    account = connect_account("instagram")
    access = tokens.get_access(account.id)
    with pytest.raises(Disconnected):
        tokens.refresh(account.id, access.token)
    assert read_account(account.id).status == "needs_reconnect"
    assert count_refreshes(platforms, "instagram") == 0


def test_a_refresher_that_died_blocks_only_as_long_as_its_lease(connect_account, platforms: Sandbox) -> None:
    account = connect_account("tiktok")
    platforms.advance(NEAR_END["tiktok"])
    assert tokens.take_lease(account)
    assert not tokens.take_lease(account)
    set_account(account, refreshing_until=account.issued_at - timedelta(days=1))
    assert is_accepted(tokens.get_access(account.id), "tiktok")


def test_waiting_too_long_for_another_refresh_is_retryable(connect_account, platforms: Sandbox, monkeypatch) -> None:
    account = connect_account("tiktok")
    platforms.advance(NEAR_END["tiktok"])
    assert tokens.take_lease(account)
    monkeypatch.setattr(tokens, "WAIT_SECONDS", 0.0)
    with pytest.raises(Unavailable) as caught:
        tokens.get_access(account.id)
    assert (caught.value.code, caught.value.retryable) == ("token_refreshing", True)


def test_tokens_of_a_refresh_that_outlasted_its_lease_are_stored(connect_account, platforms: Sandbox) -> None:
    """It froze past its lease after rotating the refresh token, so the next refresh was rejected."""
    account = connect_account("tiktok")
    platforms.advance(NEAR_END["tiktok"])
    rotated = PLATFORMS["tiktok"].oauth.refresh(accounts.decrypt_tokens(account), issued_at=account.issued_at)
    disconnected_error(account.id)
    assert tokens.write(account, **accounts.encrypted_columns(account.id, rotated), status="connected", reason=None)
    assert is_accepted(tokens.get_access(account.id), "tiktok")


def test_tokens_from_a_reconnection_are_not_overwritten(connect_account, platforms: Sandbox) -> None:
    before = connect_account("tiktok")
    stale = accounts.encrypted_columns(before.id, accounts.decrypt_tokens(before))
    platforms.advance(60)
    again = connect_account("tiktok")
    assert not tokens.write(before, **stale)
    assert read_account(again.id).access_token == again.access_token


@pytest.mark.slow
def test_refreshed_tokens_are_stored_although_the_database_ends_its_sessions(
    connect_account, platforms: Sandbox
) -> None:
    account = connect_account("tiktok")
    with transaction() as session:
        terminate = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        session.execute(text(f"{terminate} and datname = current_database()"))
    assert tokens.write(account, handle="@renamed")
    assert read_account(account.id).handle == "@renamed"
    dispose_engines()  # no later test gets one of the sessions that ended


def test_a_rejected_token_that_is_no_longer_stored_does_not_disconnect(connect_account, platforms: Sandbox) -> None:
    account = connect_account("youtube")
    error = Disconnected("YouTube says: no.", remedy="Connect the account again.")
    tokens.mark_disconnected(account.id, "another token", error)
    assert read_account(account.id).status == "connected"
    tokens.mark_disconnected(account.id, tokens.get_access(account.id).token, error)
    assert (read_account(account.id).status, read_account(account.id).reason) == ("needs_reconnect", error.to_dict())


def test_a_disconnected_account_gives_no_token(connect_account, workspace_id: UUID) -> None:
    account = connect_account("tiktok")
    accounts.disconnect(workspace_id, "tiktok")
    assert "disconnected" in disconnected_error(account.id).detail


def test_an_unknown_account_gives_no_token(database: None) -> None:
    with pytest.raises(NotFound):
        tokens.get_access(uuid4())


def test_a_token_that_was_moved_to_another_row_is_not_decrypted(
    connect_account, platforms: Sandbox, workspace_id: UUID
) -> None:
    account = connect_account("tiktok")
    other = connect(platforms, workspace_id, "tiktok", "tech.tom")
    set_account(account, access_token=other.access_token)
    with pytest.raises(Error) as caught:
        tokens.get_access(account.id)
    assert caught.value.code == "sealed_value_invalid"
