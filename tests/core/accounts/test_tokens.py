"""Tokens are refreshed late, once, and never lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update

from content_pipeline.core.accounts import accounts, tokens
from content_pipeline.core.database import transaction
from content_pipeline.core.errors import Error, NotFound, Unavailable, UpstreamError
from content_pipeline.core.models import Account
from content_pipeline.core.platforms.base import Access, Disconnected
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.accounts import connect, read
from tests.sandbox_server import Sandbox

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
# From just before a token is replaced to just before it ends.
NEAR_END: Final = {"instagram": 51 * DAY, "tiktok": DAY - 60, "linkedin": 60 * DAY - 60, "youtube": HOUR - 60}
TOKEN_PATHS: Final = {
    "instagram": "/graph.instagram.com/refresh_access_token",
    "tiktok": "/open.tiktokapis.com/v2/oauth/token/",
    "linkedin": "/www.linkedin.com/oauth/v2/accessToken",
    "youtube": "/oauth2.googleapis.com/token",
}


@pytest.fixture
def connected(platforms: Sandbox, workspace_id: UUID) -> Callable[[str], Account]:
    """Connects an account of a platform; LinkedIn's app is one that gets refresh tokens."""
    platforms.set(linkedin_refresh_tokens=True)
    return lambda platform: connect(platforms, workspace_id, platform)


def refreshes(platforms: Sandbox, platform: str) -> int:
    """How often the platform was asked for tokens, beside the exchange of the code."""
    asked = sum(request["path"] == TOKEN_PATHS[platform] for request in platforms.requests())
    return asked if platform == "instagram" else asked - 1


def works(access: Access, platform: str) -> bool:
    """Whether the platform takes the token, and for that account."""
    return PLATFORMS[platform].oauth.profile(access.token).user_id == access.user_id


def set_account(account: Account, **values: object) -> None:
    with transaction() as session:
        session.execute(update(Account).where(Account.id == account.id).values(values))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_fresh_token_is_used_as_it_is(connected, platforms: Sandbox, platform: str) -> None:
    access = tokens.get_access(connected(platform).id)
    assert works(access, platform)
    assert refreshes(platforms, platform) == 0


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_token_is_refreshed_shortly_before_its_end(connected, platforms: Sandbox, platform: str) -> None:
    account = connected(platform)
    first = tokens.get_access(account.id)
    platforms.advance(NEAR_END[platform])
    second = tokens.get_access(account.id)
    assert second.token != first.token
    assert works(second, platform)
    assert tokens.get_access(account.id) == second
    assert refreshes(platforms, platform) == 1
    assert read(account.id).scopes == account.scopes


def test_an_account_that_is_seldom_used_stays_connected(connected, platforms: Sandbox) -> None:
    account = connected("instagram")
    for _ in range(3):  # half a year without a post
        platforms.advance(NEAR_END["instagram"])
        assert tokens.refresh_expiring() == 1
    assert works(tokens.get_access(account.id), "instagram")
    assert read(account.id).status == "connected"


def test_a_token_that_lasts_or_can_be_refreshed_later_is_left_alone(connected, platforms: Sandbox) -> None:
    connected("instagram")
    connected("tiktok")
    platforms.advance(NEAR_END["tiktok"])
    tokens.refresh_expiring()
    assert refreshes(platforms, "instagram") == refreshes(platforms, "tiktok") == 0


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_token_is_not_refreshed_early(connected, platforms: Sandbox, platform: str) -> None:
    account = connected(platform)
    platforms.advance(NEAR_END[platform] - (2 * DAY if platform == "instagram" else 300))
    tokens.get_access(account.id)
    assert refreshes(platforms, platform) == 0


@pytest.mark.parametrize("platform", ["tiktok", "linkedin", "youtube"])
def test_a_token_that_has_ended_is_refreshed_all_the_same(connected, platforms: Sandbox, platform: str) -> None:
    account = connected(platform)
    platforms.advance(NEAR_END[platform] + HOUR)
    assert works(tokens.get_access(account.id), platform)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_ten_at_once_make_one_refresh(connected, platforms: Sandbox, platform: str) -> None:
    account = connected(platform)
    platforms.advance(NEAR_END[platform])
    platforms.fail(platform, "grant", "delay", seconds=0.5)
    start = threading.Barrier(10)

    def ask(_: int) -> Access:
        start.wait()
        return tokens.get_access(account.id)

    with ThreadPoolExecutor(10) as pool:
        found = set(pool.map(ask, range(10)))
    assert len(found) == 1
    assert refreshes(platforms, platform) == 1
    assert works(found.pop(), platform)


def test_a_rotating_token_is_good_for_many_generations(connected, platforms: Sandbox) -> None:
    account = connected("tiktok")
    seen = set()
    for _ in range(5):
        platforms.advance(NEAR_END["tiktok"])
        assert works(tokens.get_access(account.id), "tiktok")
        seen.add(accounts.decrypt_tokens(read(account.id)).refresh)
    assert len(seen) == 5


def test_a_refresh_that_names_no_refresh_token_keeps_the_old_one(connected, platforms: Sandbox) -> None:
    account = connected("youtube")
    kept = accounts.decrypt_tokens(account).refresh
    platforms.advance(NEAR_END["youtube"])
    tokens.get_access(account.id)
    assert kept
    assert accounts.decrypt_tokens(read(account.id)).refresh == kept


def refused(account_id: UUID) -> Disconnected:
    with pytest.raises(Disconnected) as caught:
        tokens.get_access(account_id)
    return caught.value


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_refused_refresh_is_told_once_and_for_all(connected, platforms: Sandbox, platform: str) -> None:
    account = connected(platform)
    platforms.revoke(platform, account.user_id)
    platforms.advance(NEAR_END[platform])
    error = refused(account.id)
    found = read(account.id)
    assert (found.status, found.reason) == ("needs_reconnect", error.to_dict())
    asked = refreshes(platforms, platform)
    again = refused(account.id)
    assert (again.detail, again.remedy) == (error.detail, error.remedy)
    assert refreshes(platforms, platform) == asked == 1


def test_who_has_no_refresh_token_needs_reconnecting_in_the_end(platforms: Sandbox, workspace_id: UUID) -> None:
    account = connect(platforms, workspace_id, "linkedin")
    platforms.advance(NEAR_END["linkedin"])
    assert "60 days" in refused(account.id).detail
    assert connect(platforms, workspace_id, "linkedin").id == account.id
    assert works(tokens.get_access(account.id), "linkedin")


@pytest.mark.parametrize("kind", ["drop", "status"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_that_fails_is_asked_again_later(connected, platforms: Sandbox, platform: str, kind: str) -> None:
    account = connected(platform)
    platforms.advance(NEAR_END[platform] + (HOUR if platform != "instagram" else 0))
    set_account(account, access_expires_at=account.issued_at + timedelta(hours=1))
    platforms.fail(platform, "grant", kind)
    with pytest.raises(UpstreamError) as caught:
        tokens.get_access(account.id)
    assert caught.value.retryable
    assert read(account.id).status == "connected"
    assert works(tokens.get_access(account.id), platform)


@pytest.mark.parametrize("kind", ["drop", "status"])
def test_a_token_that_still_lasts_is_used_while_the_platform_does_not_refresh_it(
    connected, platforms: Sandbox, kind: str
) -> None:
    account = connected("instagram")
    first = tokens.get_access(account.id)
    platforms.advance(NEAR_END["instagram"])
    platforms.fail("instagram", "grant", kind)
    assert tokens.get_access(account.id) == first
    assert tokens.get_access(account.id) != first


def test_a_refused_token_is_replaced_once(connected, platforms: Sandbox) -> None:
    account = connected("tiktok")
    first = tokens.get_access(account.id)
    second = tokens.refresh(account.id, first.token)
    assert second.token != first.token
    # Somebody else whom the platform refused the first one, too late.
    assert tokens.refresh(account.id, first.token) == second
    assert tokens.get_access(account.id) == second
    assert refreshes(platforms, "tiktok") == 1


def test_a_young_token_of_instagram_that_is_refused_cannot_be_replaced(connected, platforms: Sandbox) -> None:
    account = connected("instagram")
    access = tokens.get_access(account.id)
    with pytest.raises(Disconnected):
        tokens.refresh(account.id, access.token)
    assert read(account.id).status == "needs_reconnect"
    assert refreshes(platforms, "instagram") == 0


def test_a_refresher_that_died_blocks_only_as_long_as_its_lease(connected, platforms: Sandbox) -> None:
    account = connected("tiktok")
    platforms.advance(NEAR_END["tiktok"])
    assert tokens.take_lease(account)
    assert not tokens.take_lease(account)
    set_account(account, refreshing_until=account.issued_at - timedelta(days=1))
    assert works(tokens.get_access(account.id), "tiktok")


def test_who_waits_too_long_for_another_is_told_to_come_back(connected, platforms: Sandbox, monkeypatch) -> None:
    account = connected("tiktok")
    platforms.advance(NEAR_END["tiktok"])
    assert tokens.take_lease(account)
    monkeypatch.setattr(tokens, "WAIT_SECONDS", 0.0)
    with pytest.raises(Unavailable) as caught:
        tokens.get_access(account.id)
    assert (caught.value.code, caught.value.retryable) == ("token_refreshing", True)


def test_tokens_of_a_refresher_that_was_given_up_are_taken(connected, platforms: Sandbox) -> None:
    """Frozen past its lease, it has rotated the refresh token; the next one was refused for that."""
    account = connected("tiktok")
    platforms.advance(NEAR_END["tiktok"])
    rotated = PLATFORMS["tiktok"].oauth.refresh(accounts.decrypt_tokens(account), issued_at=account.issued_at)
    refused(account.id)
    assert tokens.write(account, **accounts.encrypted_columns(account.id, rotated), status="connected", reason=None)
    assert works(tokens.get_access(account.id), "tiktok")


def test_tokens_that_came_by_reconnecting_are_not_overwritten(connected, platforms: Sandbox) -> None:
    before = connected("tiktok")
    stale = accounts.encrypted_columns(before.id, accounts.decrypt_tokens(before))
    platforms.advance(60)
    again = connected("tiktok")
    assert not tokens.write(before, **stale)
    assert read(again.id).access_token == again.access_token


def test_what_was_refreshed_outlives_a_database_that_ends_its_sessions(connected, platforms: Sandbox) -> None:
    account = connected("tiktok")
    with transaction() as session:
        ours = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        session.execute(text(f"{ours} and datname = current_database()"))
    assert tokens.write(account, handle="@renamed")
    assert read(account.id).handle == "@renamed"


def test_a_refused_token_that_is_no_longer_the_accounts_gives_nothing_up(connected, platforms: Sandbox) -> None:
    account = connected("youtube")
    error = Disconnected("YouTube says: no.", remedy="Connect the account again.")
    tokens.mark_disconnected(account.id, "another token", error)
    assert read(account.id).status == "connected"
    tokens.mark_disconnected(account.id, tokens.get_access(account.id).token, error)
    assert (read(account.id).status, read(account.id).reason) == ("needs_reconnect", error.to_dict())


def test_a_disconnected_account_gives_no_token(connected, workspace_id: UUID) -> None:
    account = connected("tiktok")
    accounts.disconnect(workspace_id, "tiktok")
    assert "disconnected" in refused(account.id).detail


def test_an_unknown_account_gives_no_token(database: None) -> None:
    with pytest.raises(NotFound):
        tokens.get_access(uuid4())


def test_a_token_that_was_moved_to_another_row_speaks_for_nobody(
    connected, platforms: Sandbox, workspace_id: UUID
) -> None:
    mine = connected("tiktok")
    other = connect(platforms, workspace_id, "tiktok", "tech.tom")
    set_account(mine, access_token=other.access_token)
    with pytest.raises(Error) as caught:
        tokens.get_access(mine.id)
    assert caught.value.code == "sealed_value_invalid"
