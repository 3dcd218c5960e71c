"""Retention of readings and figures."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from content_pipeline.core.analytics import retention
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import (
    AccountSync,
    AudienceShare,
    DailyMetric,
    DailyPostMetric,
    MetricSnapshot,
    ReportedDay,
)
from tests.metric_history import History, at, day

KEPT = timedelta(days=731)


@pytest.fixture
def history(workspace_id: UUID) -> History:
    """Six days of a post and of its account."""
    history = History(workspace_id)
    post_id = history.post(at(0))
    for number in range(1, 7):
        history.read(at(number, 0.01), post_id, views=100 * number)
        history.report(day(number - 1), taken_at=at(number), reach=10)
        with transaction() as session:
            session.add(
                AccountSync(
                    account_id=history.account_id, window_start=at(number), finished_at=at(number), posts_read=1
                )
            )
            session.add(
                AudienceShare(
                    account_id=history.account_id, day=day(number - 1), dimension="age", value="25-34", share=1
                )
            )
    history.derive(0, 5)
    return history


def sweep_on(monkeypatch: pytest.MonkeyPatch, number: int) -> int:
    """Delete what is too old when this is the first day that is kept."""
    monkeypatch.setattr(retention, "now", lambda: at(number) + KEPT)
    return retention.sweep()


def oldest_days(history: History) -> set[int]:
    """The oldest day of each table of days."""
    with transaction() as session:
        found = {
            session.scalar(select(func.min(table.day)).where(table.account_id == history.account_id))
            for table in (DailyMetric, DailyPostMetric, ReportedDay, AudienceShare)
        }
        window = session.scalar(select(func.min(AccountSync.window_start)))
    return {(found_day - day(0)).days for found_day in found if found_day} | {(window - at(0)).days if window else -1}


@pytest.mark.slow
def test_all_tables_lose_what_is_older_than_is_kept(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sweep_on(monkeypatch, 3) > 0
    assert oldest_days(history) == {3}
    assert sweep_on(monkeypatch, 3) == 0


@pytest.mark.slow
def test_a_day_that_is_kept_is_derived_again_as_it_was(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    before = history.days()
    sweep_on(monkeypatch, 3)
    history.derive(3, 5)
    assert [history.days()[number] for number in (3, 4, 5)] == [before[number] for number in (3, 4, 5)]
    with transaction() as session:
        oldest = session.scalar(select(func.min(MetricSnapshot.taken_at)))
    assert oldest == at(2, 0.01), "the last reading before the days that are kept, with which their growth begins"


@pytest.mark.slow
def test_a_post_that_is_read_no_more_keeps_its_last_reading(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep_on(monkeypatch, 300)
    assert history.days() == {}
    with transaction() as session:
        assert session.scalars(select(MetricSnapshot.views)).all() == [600]
