"""By when the first figures of an account are expected, from connecting it to its first figures of days."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from content_pipeline.core.analytics import first_readings, windows
from content_pipeline.core.analytics.figures import Selection
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, AccountSync, DailyMetric, PendingDerivation
from tests.factories import make_account

BERLIN = ZoneInfo("Europe/Berlin")
CONNECTED = datetime(2026, 12, 7, 9, 0, 30, tzinfo=UTC)
# The end of the window of six hours, and what its run takes.
WINDOW_END = "13:02"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets the time, counted from when the account was connected."""

    def move(since: timedelta) -> None:
        monkeypatch.setattr(first_readings, "now", lambda: CONNECTED + since)

    move(timedelta(seconds=1))
    return move


@pytest.fixture
def account(clock: Callable[[timedelta], None], workspace_id: UUID) -> Account:
    with transaction() as session:
        return make_account(session, workspace_id, connected_at=CONNECTED)


def expected(account: Account, platform: str | None = None) -> str | None:
    """The time in Berlin at which figures of Instagram are expected."""
    with transaction() as session:
        asked = Selection(account.workspace_id, 30, platform, end=CONNECTED.date())
        moment = first_readings.expected(session, asked, BERLIN).get("instagram")
    return f"{moment:%H:%M}" if moment else None


def store(*rows: Any) -> None:
    with transaction() as session:
        session.add_all(rows)


def reading(account: Account, seconds: float = 6, **outcome: Any) -> AccountSync:
    finished_at = CONNECTED + timedelta(seconds=seconds)
    start = windows.latest_complete(finished_at).start
    return AccountSync(account_id=account.id, window_start=start, finished_at=finished_at, posts_read=0, **outcome)


def test_figures_of_an_account_are_expected_minutes_after_it_was_connected(account: Account) -> None:
    assert expected(account) == expected(account, "instagram") == "10:03"
    assert expected(account, "tiktok") is None


def test_what_is_not_read_in_time_is_expected_when_the_window_ends(
    account: Account, clock: Callable[[timedelta], None]
) -> None:
    clock(timedelta(minutes=10))
    assert expected(account) == WINDOW_END


def test_what_could_not_be_read_is_expected_when_the_window_ends_unless_the_account_is_connected_again(
    account: Account, clock: Callable[[timedelta], None]
) -> None:
    store(reading(account, error={"code": "unavailable", "message": "No answer."}))
    assert expected(account) == WINDOW_END
    again = timedelta(hours=1)
    clock(again)
    with transaction() as session:
        session.get_one(Account, account.id).connected_at = CONNECTED + again
    assert expected(account) == "11:03"


def test_figures_that_were_read_are_expected_until_they_are_derived(account: Account) -> None:
    pending = PendingDerivation(account_id=account.id, first_at=CONNECTED, last_at=CONNECTED)
    store(reading(account), pending)
    assert expected(account) == "10:03"
    store(DailyMetric(account_id=account.id, day=CONNECTED.date(), estimated=False, views=7))
    assert expected(account) is None


def test_nothing_is_expected_of_an_account_that_had_nothing_to_tell_or_is_not_connected(account: Account) -> None:
    store(reading(account))
    assert expected(account) is None
    with transaction() as session:
        make_account(session, account.workspace_id, connected_at=CONNECTED, status="needs_reconnect")
    assert expected(account) is None


def test_a_platform_of_which_another_account_has_figures_is_not_waited_for(account: Account) -> None:
    with transaction() as session:
        known = make_account(session, account.workspace_id, status="disconnected")
    store(DailyMetric(account_id=known.id, day=CONNECTED.date(), estimated=False, views=7))
    assert expected(account) is None
