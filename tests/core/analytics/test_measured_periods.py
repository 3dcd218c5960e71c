"""What is compared with the period before: only what was measured in it."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from content_pipeline.core.analytics import daily, local_days, windows
from content_pipeline.core.analytics.figures import Selection, Totals
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AccountSync
from tests.metric_history import History

DAYS = 10


def ago(days: float) -> date:
    return now().date() - timedelta(days=days)


def connected(workspace_id: UUID, days_ago: int, platform: str = "tiktok") -> History:
    """An account with a post of 25 days ago, that was connected and first read so many days ago."""
    history = History(workspace_id, platform)
    post_id = history.post(now() - timedelta(days=25))
    for days in {days_ago, 0}:
        history.read(now() - timedelta(days=days), post_id, views=100 * (40 - days))
        history.read(now() - timedelta(days=days), followers=1000 - days)
    first = now() - timedelta(days=days_ago)
    with transaction() as session:
        window = windows.latest_complete(first).start
        session.add(
            AccountSync(account_id=history.account_id, window_start=window, finished_at=first, posts_read=1, error=None)
        )
        daily.derive(session, history.account_id, ago(30), ago(0))
    return history


def compared(workspace_id: UUID, platform: str | None = None, zone: str = "UTC") -> Totals:
    with transaction() as session:
        summary = local_days.summarize(session, Selection(workspace_id, DAYS), local_days.ZoneInfo(zone))
    return summary.platforms[platform] if platform else summary.overall


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_a_fresh_account_is_compared_with_nothing(workspace_id: UUID, zone: str) -> None:
    """What its posts had got before is spread over the days since they were published."""
    connected(workspace_id, 0)
    found = compared(workspace_id, "tiktok", zone)
    assert found.current["views"]
    assert (found.previous["views"], found.deltas["views"], found.percent["views"]) == (None, None, None)


@pytest.mark.slow
@pytest.mark.parametrize(("days_ago", "views", "followers"), [(21, True, True), (19, False, True), (8, False, False)])
def test_a_period_is_compared_with_the_one_before_if_that_was_measured_from_its_first_day(
    workspace_id: UUID, days_ago: int, *, views: bool, followers: bool
) -> None:
    """Of followers its end is enough."""
    connected(workspace_id, days_ago)
    for found in compared(workspace_id, "tiktok"), compared(workspace_id):
        assert (found.deltas["views"] is not None, found.deltas["followers"] is not None) == (views, followers)


@pytest.mark.slow
def test_what_the_platform_says_of_the_days_before_an_account_was_connected_is_compared(workspace_id: UUID) -> None:
    history = connected(workspace_id, 0, "instagram")
    for days in range(1, 21):
        history.report(ago(days), views=50, taken_at=now())
    with transaction() as session:
        daily.derive(session, history.account_id, ago(30), ago(0))
    found = compared(workspace_id, "instagram")
    assert found.previous["views"] == 50 * DAYS
    assert found.deltas["views"] is not None
    assert found.deltas["followers"] is None


@pytest.mark.slow
def test_a_fresh_account_hides_no_comparison_of_figures_that_its_platform_does_not_have(workspace_id: UUID) -> None:
    old = connected(workspace_id, 24, "linkedin")
    for days in range(20):
        old.report(ago(days), clicks=3, taken_at=now())
    with transaction() as session:
        daily.derive(session, old.account_id, ago(30), ago(0))
    connected(workspace_id, 0)
    assert compared(workspace_id).deltas["views"] is None
    assert compared(workspace_id).deltas["clicks"] == 0
    assert compared(workspace_id, "linkedin").deltas["views"] is not None
