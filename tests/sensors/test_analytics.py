"""The sensors of metrics. Stated figures: each day once, in whatever order ingestions are committed. New accounts: each
is read once, whenever Dagster sees it."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from uuid import UUID

import dagster as dg
import pytest
from sqlalchemy import update

from content_pipeline import jobs
from content_pipeline.assets.analytics import NEW_ACCOUNTS_TAG, snapshots_of
from content_pipeline.core.analytics import ingestion, windows
from content_pipeline.core.analytics.ingestion import StatedDay
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, AccountSync
from content_pipeline.definitions import definitions
from content_pipeline.sensors.analytics import read_new_accounts, record_stated_figures
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


# ── new accounts ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def no_others(database: None) -> None:
    """Accounts of other tests are not connected any more."""
    with transaction() as session:
        session.execute(update(Account).values(status="disconnected"))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def connect(workspace_id: UUID, platform: str = "instagram", ago: timedelta = timedelta()) -> Account:
    with transaction() as session:
        return make_account(session, workspace_id, platform, connected_at=now() - ago)


def record_reading(account: Account, error: dict[str, str] | None = None) -> None:
    with transaction() as session:
        start = windows.latest_complete(now()).start
        row = AccountSync(account_id=account.id, window_start=start, finished_at=now(), posts_read=0, error=error)
        session.add(row)


def requested(instance: dg.DagsterInstance) -> dict[str, dg.RunRequest]:
    """The runs that the sensor requests at a tick, by platform."""
    found = read_new_accounts(dg.build_sensor_context(instance))
    assert isinstance(found, Iterable)
    requests = [request for request in found if isinstance(request, dg.RunRequest)]
    return {request.tags[NEW_ACCOUNTS_TAG]: request for request in requests}


@pytest.mark.slow
@pytest.mark.usefixtures("no_others")
def test_accounts_that_were_connected_are_read_by_one_run_of_the_last_window_for_each_platform(
    workspace_id: UUID, instance: dg.DagsterInstance
) -> None:
    with transaction() as session:
        for _ in range(1000):
            make_account(session, workspace_id, "tiktok")
    connect(workspace_id, "instagram", ago=timedelta(hours=5))  # Dagster was down meanwhile
    found = requested(instance)
    assert found.keys() == {"instagram", "tiktok"}
    window = windows.latest_complete(now()).start
    for platform, request in found.items():
        assert request.partition_key == window.strftime("%Y-%m-%d-%H:%M")
        assert request.asset_selection == [snapshots_of(platform)]
        assert definitions.resolve_job_def(jobs.METRICS.name).partitions_def.has_partition_key(request.partition_key)


@pytest.mark.usefixtures("no_others")
def test_the_same_accounts_are_read_once_and_those_connected_meanwhile_by_another_run(
    workspace_id: UUID, instance: dg.DagsterInstance
) -> None:
    account = connect(workspace_id, ago=timedelta(minutes=1))
    first, again = requested(instance)["instagram"], requested(instance)["instagram"]
    assert first.run_key == again.run_key  # of which Dagster launches one run
    run = instance.create_run_for_job(
        definitions.resolve_job_def(jobs.METRICS.name), tags=first.tags, status=dg.DagsterRunStatus.STARTED
    )
    connect(workspace_id)
    assert requested(instance) == {}
    instance.report_run_canceled(run)
    record_reading(account)
    assert requested(instance)["instagram"].run_key != first.run_key


@pytest.mark.usefixtures("no_others")
def test_an_account_that_cannot_be_read_is_tried_again_when_it_is_connected_again_only(
    workspace_id: UUID, instance: dg.DagsterInstance
) -> None:
    account = connect(workspace_id)
    record_reading(account, error={"code": "needs_reconnect", "message": "Access ended."})
    assert requested(instance) == {}
    with transaction() as session:
        session.get_one(Account, account.id).connected_at = now()
    assert requested(instance).keys() == {"instagram"}


@pytest.mark.usefixtures("no_others")
def test_an_account_that_has_been_read_is_not_read_at_once_when_it_is_connected_again(
    workspace_id: UUID, instance: dg.DagsterInstance
) -> None:
    account = connect(workspace_id)
    record_reading(account)
    with transaction() as session:
        session.get_one(Account, account.id).connected_at = now()
    assert requested(instance) == {}
