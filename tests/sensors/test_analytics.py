"""The sensor that reports stated figures: each day once, in whatever order ingestions are committed."""

from datetime import date, timedelta
from uuid import UUID

import dagster as dg

from content_pipeline.core.analytics import ingestion
from content_pipeline.core.analytics.ingestion import StatedDay
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.sensors.analytics import record_stated_figures
from tests.factories import make_account


def reported(cursor: str | None = None) -> tuple[list[str | None], str | None]:
    """The days that the sensor reports at a tick, and its cursor after that."""
    result = record_stated_figures(dg.build_sensor_context(cursor=cursor))
    if not isinstance(result, dg.SensorResult):
        return [], cursor
    return [event.partition for event in result.asset_events], result.cursor


def stated_day(workspace_id: UUID, day: date) -> list[StatedDay]:
    """A day of a new account."""
    with transaction() as session:
        return [StatedDay(make_account(session, workspace_id).id, day, {"views": 1})]


def test_a_day_that_is_committed_after_a_newer_one_is_reported_too(workspace_id: UUID) -> None:
    day, newer_day = (now().date() - timedelta(days=days) for days in (3, 2))
    rows, newer_rows = stated_day(workspace_id, day), stated_day(workspace_id, newer_day)
    with transaction() as late:
        ingestion.ingest(late, workspace_id, rows)
        with transaction() as session:
            ingestion.ingest(session, workspace_id, newer_rows)
        days, cursor = reported()
        assert days == [newer_day.isoformat()]
    days, cursor = reported(cursor)
    assert days == [day.isoformat()]
    assert reported(cursor) == ([], cursor)


def test_a_day_that_is_stated_again_is_reported_again(workspace_id: UUID) -> None:
    rows = stated_day(workspace_id, day := now().date())
    cursor = None
    for _ in range(2):
        with transaction() as session:
            ingestion.ingest(session, workspace_id, rows)
        days, cursor = reported(cursor)
        assert days == [day.isoformat()]


def test_the_cursor_holds_the_ingestions_of_the_last_minutes_only(workspace_id: UUID) -> None:
    rows = stated_day(workspace_id, now().date())
    cursor = " ".join((now() - timedelta(minutes=minutes)).isoformat() for minutes in (6, 4))
    with transaction() as session:
        ingestion.ingest(session, workspace_id, rows)
    _, cursor = reported(cursor)
    assert cursor
    assert len(cursor.split()) == 2


def test_a_host_whose_clock_is_ahead_hides_no_later_ingestion(workspace_id: UUID) -> None:
    rows = stated_day(workspace_id, day := now().date())
    ahead = (now() + timedelta(hours=1)).isoformat()
    with transaction() as session:
        ingestion.ingest(session, workspace_id, rows)
    days, cursor = reported(ahead)
    assert days == [day.isoformat()]
    assert reported(cursor) == ([], cursor)
