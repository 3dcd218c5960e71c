"""Figures of the days of a time zone, in a real database."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from content_pipeline.core.analytics import local_days
from content_pipeline.core.analytics.figures import DayFigures, Selection, Summary
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import DailyMetric
from tests.factories import make_twin
from tests.metric_history import History, day

TOKYO, NEW_YORK, CALIFORNIA = (ZoneInfo(name) for name in ("Asia/Tokyo", "America/New_York", "America/Los_Angeles"))
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the time."""

    def move(moment: datetime) -> None:
        monkeypatch.setattr(local_days, "now", lambda: moment)

    move(datetime(2026, 11, 6, 12, tzinfo=UTC))  # a Friday
    return move


pytestmark = pytest.mark.usefixtures("clock")


def stored(account_id: UUID, number: int, *, estimated: bool = False, **figures: Any) -> None:
    """The derived figures of a UTC day, counted from Monday."""
    with transaction() as session:
        session.add(DailyMetric(account_id=account_id, day=day(number), estimated=estimated, **figures))


def list_days(history: History, zone: ZoneInfo, days: int = 5, **asked: Any) -> list[DayFigures]:
    with transaction() as session:
        return list(local_days.list_days(session, Selection(history.workspace_id, days, **asked), zone))


def figures(history: History, zone: ZoneInfo, metric: str = "views", **asked: Any) -> dict[int, Any]:
    """A figure of each day, counted from Monday."""
    return {(found.day - day(0)).days: found.figures[metric] for found in list_days(history, zone, **asked)}


def summarize(history: History, zone: ZoneInfo, days: int) -> Summary:
    with transaction() as session:
        return local_days.summarize(session, Selection(history.workspace_id, days), zone)


@pytest.fixture
def history(workspace_id: UUID) -> History:
    return History(workspace_id)


def test_a_day_has_its_hours_of_the_two_utc_days_that_it_touches(history: History) -> None:
    for number, views in ((0, 240), (1, 2400), (2, 24000)):
        stored(history.account_id, number, views=views)
    assert figures(history, TOKYO) == {0: 150, 1: 90 + 1500, 2: 900 + 15000, 3: 9000, 4: None}
    assert [found.estimated for found in list_days(history, TOKYO)] == [True, True, True, True, False]


def test_the_days_in_utc_are_those_that_are_stored(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(history.account_id, 0, views=7)
    stored(history.account_id, 1, views=8, estimated=True)
    monkeypatch.setattr("content_pipeline.core.analytics.figures.now", local_days.now)
    found = list_days(history, UTC_ZONE, end=day(4))
    assert [(each.figures["views"], each.estimated) for each in found][:3] == [(7, False), (8, True), (None, False)]


def test_today_is_the_day_of_the_time_zone(history: History, clock: Callable[[datetime], None]) -> None:
    clock(datetime(2026, 11, 6, 16, tzinfo=UTC))
    assert [found.day for found in list_days(history, TOKYO, days=2)] == [date(2026, 11, 6), date(2026, 11, 7)]
    assert [found.day for found in list_days(history, NEW_YORK, days=2)] == [date(2026, 11, 5), date(2026, 11, 6)]


@pytest.mark.parametrize(
    ("hour", "days"),
    [(13, {3: None, 4: 1200, 5: None}), (19, {3: None, 4: 1000, 5: 200}), (2, {3: None, 4: 1200, 5: None})],
    ids=["before the border", "after it", "before the first reading of the day"],
)
def test_the_growth_so_far_is_of_the_hours_that_were_read(
    history: History, clock: Callable[[datetime], None], hour: int, days: dict[int, int | None]
) -> None:
    clock(datetime(2026, 11, 6, hour, 5, tzinfo=UTC))
    stored(history.account_id, 4, views=1200)
    found = figures(history, TOKYO, days=8)
    assert {number: found.get(number) for number in days} == days


def test_what_a_platform_says_of_its_own_days_is_exact_in_its_time_zone(workspace_id: UUID) -> None:
    history = History(workspace_id, "youtube")
    for number, views in ((0, 240), (1, 2400)):
        history.report(day(number), views=views)
        stored(history.account_id, number, views=views, saves=24)
    found = list_days(history, CALIFORNIA)
    assert [each.figures["views"] for each in found][:3] == [240, 2400, None]
    # California's winter is 8 hours behind. Saves are the growth of UTC days: YouTube does not tell them.
    assert figures(history, CALIFORNIA, "saves", days=6) == {-1: 8, 0: 24, 1: 16, 2: None, 3: None, 4: None}
    assert figures(history, NEW_YORK)[0] == 240 * 21 // 24


def test_a_twin_s_figures_are_growth_of_utc_days(workspace_id: UUID) -> None:
    history = History(workspace_id, "youtube")
    with transaction() as session:
        twin_id = make_twin(session, workspace_id).id
    post_id = history.post(datetime(2026, 11, 2, tzinfo=UTC), twin_id=twin_id)
    history.read(datetime(2026, 11, 3, tzinfo=UTC), post_id, views=240)
    history.report(day(0), views=1000)
    history.derive(0, 0)
    assert figures(history, TOKYO, twin_id=twin_id, days=4) == {1: 90, 2: None, 3: None, 4: None}


def test_an_average_is_weighted_by_the_views_of_its_shares(history: History) -> None:
    stored(history.account_id, 0, views=2400, average_view_seconds=4.0)
    stored(history.account_id, 1, views=1440, average_view_seconds=8.0)
    found = figures(history, TOKYO, "average_view_seconds")
    assert found[1] == pytest.approx((900 * 4.0 + 900 * 8.0) / 1800)


def test_followers_are_those_at_the_midnight_in_utc_that_is_nearest(history: History) -> None:
    for number, followers in enumerate((100, 110, 120)):
        stored(history.account_id, number, followers=followers)
    assert figures(history, NEW_YORK, "followers") == {0: 100, 1: 110, 2: 120, 3: None, 4: None}
    assert figures(history, TOKYO, "followers") == {0: 100, 1: 110, 2: 120, 3: None, 4: None}
    assert figures(history, ZoneInfo("Pacific/Kiritimati"), "followers")[1] == 100


@pytest.mark.parametrize("zone", [TOKYO, NEW_YORK, ZoneInfo("Asia/Kathmandu")], ids=str)
def test_the_summary_adds_up_its_days(history: History, zone: ZoneInfo) -> None:
    for number in range(-3, 4):
        stored(history.account_id, number, views=1001 + number, likes=7, followers=100 + number)
    summary, days = summarize(history, zone, 4), figures(history, zone, days=8)
    values = [days.get(number) or 0 for number in range(-3, 5)]
    totals = summary.platforms["tiktok"]
    assert (summary.start, summary.end) == (day(1), day(4))
    assert (totals.previous["views"], totals.current["views"]) == (sum(values[:4]), sum(values[4:]))
    assert summary.overall.current == totals.current
    assert totals.current["followers"] == 103
    assert totals.current["saves"] is None


def test_over_a_long_time_every_time_zone_has_the_figures_of_utc(history: History) -> None:
    for number in range(-60, -10):
        stored(history.account_id, number, views=997 * -number, likes=-number % 7)
    utc = {
        metric: sum(997 * -number if metric == "views" else -number % 7 for number in range(-60, -10))
        for metric in ("views", "likes")
    }
    for zone in (TOKYO, NEW_YORK, ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")):
        current = summarize(history, zone, 80).overall.current
        assert {metric: current[metric] for metric in utc} == utc, zone


def test_a_workspace_without_accounts_has_no_days(workspace_id: UUID) -> None:
    with transaction() as session:
        asked = Selection(workspace_id, 3)
        assert local_days.list_days(session, asked, TOKYO) == []
        summary = local_days.summarize(session, asked, TOKYO)
    assert (summary.overall.current["views"], summary.platforms) == (None, {})
    assert summary.end - summary.start == timedelta(days=2)
