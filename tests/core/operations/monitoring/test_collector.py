"""What a scrape reads of queues, posts, accounts, figures, webhooks and stores."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import discard_engines, dispose_engines, transaction
from content_pipeline.core.models import AccountSync, Task, WebhookDelivery, WebhookEndpoint, WebhookEvent
from content_pipeline.core.operations.alerts import failures
from content_pipeline.core.operations.alerts.failures import Failure
from content_pipeline.core.operations.maintenance import retention
from content_pipeline.core.publishing import publications
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import leases, tasks
from tests.core.operations.monitoring.conftest import Scrape
from tests.factories import make_account, make_item, make_publication, make_twin


def queue(workspace_id: UUID, lane: Lane, *, seconds: float, **values: Any) -> Task:
    """An open task of so many seconds ago."""
    with transaction() as session:
        task = tasks.create(session, workspace_id=workspace_id, kind="reel", key=str(uuid4()), lane=lane)
        task.created_at = now() - timedelta(seconds=seconds)
        for name, value in values.items():
            setattr(task, name, value)
    return task


def test_a_queue_has_the_length_and_age_of_what_may_be_worked_on(workspace_id: UUID, scrape: Scrape) -> None:
    queue(workspace_id, "media", seconds=300)
    queue(workspace_id, "media", seconds=20)
    queue(workspace_id, "io", seconds=900, state="waiting", not_before=now() - timedelta(seconds=40))
    queue(workspace_id, "io", seconds=900, state="waiting", not_before=now() + timedelta(hours=1))
    queue(workspace_id, "io", seconds=900, state="waiting", not_before=None)  # a held post
    queue(workspace_id, "io", seconds=900, state="processing")
    value = scrape()
    assert [value("queue_length", lane=lane) for lane in ("media", "io", "interactive")] == [2, 1, 0]
    assert value("queue_age_seconds", lane="media") == pytest.approx(300, abs=20)
    assert value("queue_age_seconds", lane="io") == pytest.approx(40, abs=20)
    assert value("queue_age_seconds", lane="interactive") == pytest.approx(0, abs=1)
    assert value("open_tasks", lane="io", state="waiting") == 3
    assert value("open_tasks", lane="io", state="processing") == 1


def test_executions_are_those_that_live(database: None, scrape: Scrape) -> None:
    for worker in ("media@a", "media@a", "io@b"):
        leases.begin(str(uuid4()), worker)
    leases.begin(stopped := str(uuid4()), "io@b")
    with transaction() as session:
        leases.stop(session, stopped)
    value = scrape()
    assert [value("live_executions", worker=worker) for worker in ("media@a", "io@b")] == [2, 1]


def test_open_posts_are_told_from_held_ones(workspace_id: UUID, scrape: Scrape) -> None:
    with transaction() as session:
        account = make_account(session, workspace_id, "linkedin")
        for held in (True, False, False):
            publication = make_publication(session, account.id, held=held)
            publications.create_task(session, publication)
    value = scrape()
    assert value("open_publications", platform="linkedin", held="false") == 2
    assert value("open_publications", platform="linkedin", held="true") == 1
    assert value("open_publications", platform="tiktok", held="false") == 0


def test_an_item_is_overdue_while_its_post_is_not_begun(workspace_id: UUID, scrape: Scrape) -> None:
    with transaction() as session:
        twin = make_twin(session, workspace_id)
        for seconds, status in ((60, "scheduled"), (200, "rendering"), (999, "published")):
            item = make_item(session, twin)
            item.scheduled_at, item.status = now() - timedelta(seconds=seconds), status
        make_item(session, twin)
    value = scrape()
    assert value("overdue_items") == 2
    assert value("overdue_items_seconds") == pytest.approx(200, abs=20)


def test_accounts_are_counted_by_status_and_age_of_token(workspace_id: UUID, scrape: Scrape) -> None:
    with transaction() as session:
        for hours in (0.1, 5, 30, 24 * 90):
            make_account(session, workspace_id, "tiktok", issued_at=now() - timedelta(hours=hours))
        make_account(session, workspace_id, "tiktok", status="needs_reconnect", issued_at=now())
    value = scrape()
    ages = {age: value("accounts", platform="tiktok", status="connected", token_age=age) for age in _AGES}
    assert ages == {"1 h": 1, "1 d": 1, "7 d": 1, "30 d": None, "60 d": None, "older": 1, "none": 0}
    assert value("accounts", platform="tiktok", status="needs_reconnect", token_age="1 h") == 1
    assert value("accounts", platform="youtube", status="needs_reconnect", token_age="none") == 0


_AGES = ("1 h", "1 d", "7 d", "30 d", "60 d", "older", "none")


def test_the_lag_is_that_of_the_account_that_waits_longest(workspace_id: UUID, scrape: Scrape) -> None:
    with transaction() as session:
        read, failing = (make_account(session, workspace_id, connected_at=now() - timedelta(days=9)) for _ in range(2))
        make_account(session, workspace_id, connected_at=now() - timedelta(minutes=3))
        make_account(session, workspace_id, status="disconnected", connected_at=now() - timedelta(days=9))
        for account, hours, error in (
            (read, 8, {}),
            (read, 1, None),
            (failing, 2, None),
            (failing, 1.5, {"code": "x"}),
        ):
            ended = now() - timedelta(hours=hours)
            sync = AccountSync(account_id=account.id, window_start=ended, finished_at=ended, posts_read=0, error=error)
            session.add(sync)
    value = scrape()
    assert value("sync_lag_seconds", platform="instagram") == pytest.approx(1.5 * 3600, abs=20)
    assert value("sync_failing_accounts", platform="instagram") == 1
    assert value("sync_lag_seconds", platform="youtube") == 0


def test_an_account_that_is_connected_again_begins_anew(workspace_id: UUID, scrape: Scrape) -> None:
    with transaction() as session:
        account = make_account(session, workspace_id, connected_at=now() - timedelta(minutes=1))
        ended = now() - timedelta(days=3)
        session.add(AccountSync(account_id=account.id, window_start=ended, finished_at=ended, posts_read=0))
    assert scrape()("sync_lag_seconds", platform="instagram") == pytest.approx(60, abs=20)


def test_failed_runs_are_counted_by_their_code(database: None, scrape: Scrape) -> None:
    with transaction() as session:
        failures.record(session, [Failure(1, "some run", "metric_snapshots", "broken", now())])
    assert scrape()("failed_runs_total", code="broken") == 1


def deliver(workspace_id: UUID, *, due_in: float, **endpoint: Any) -> None:
    """An event on its way to an endpoint of its own."""
    with transaction() as session:
        receiver = WebhookEndpoint(
            workspace_id=workspace_id, url="https://8.8.8.8/", secret=b"", created_at=now(), **endpoint
        )
        event = WebhookEvent(workspace_id=workspace_id, type="task.completed", data={}, created_at=now())
        session.add_all([receiver, event])
        session.flush()
        session.add(
            WebhookDelivery(
                workspace_id=workspace_id, endpoint_id=receiver.id, event_id=event.id, status="pending",
                next_attempt_at=now() + timedelta(seconds=due_in), created_at=now(),
            )
        )  # fmt: skip


@pytest.mark.slow
def test_the_backlog_of_webhooks_is_what_can_be_delivered(workspace_id: UUID, scrape: Scrape) -> None:
    deliver(workspace_id, due_in=-70)
    deliver(workspace_id, due_in=-10)
    deliver(workspace_id, due_in=600)
    deliver(workspace_id, due_in=-999, throttled_until=now() + timedelta(hours=1))
    deliver(workspace_id, due_in=-999, disabled_at=now())
    value = scrape()
    assert (value("webhook_backlog", state="due"), value("webhook_backlog", state="waiting")) == (2, 2)
    assert value("webhook_backlog_age_seconds") == pytest.approx(70, abs=20)


@pytest.mark.slow
def test_the_bucket_is_what_the_last_sweep_found(workspace_id: UUID, scrape: Scrape) -> None:
    retention.sweep_files()
    before = scrape()
    storage.put(f"{workspace_id}/elsewhere", BytesIO(b"x" * 1234), content_type="text/plain")
    retention.sweep_files()
    after = scrape()
    grown = [(after(name) or 0) - (before(name) or 0) for name in ("bucket_objects", "bucket_bytes")]
    assert grown == [1, 1234]
    assert after("bucket_measured_timestamp_seconds") == pytest.approx(now().timestamp(), abs=60)


def test_the_disk_and_the_databases_are_measured(scrape: Scrape) -> None:
    value = scrape()
    assert 0 < (value("disk_free_bytes") or 0) < (value("disk_bytes") or 0)
    for database in ("content", "dagster"):
        assert (value("database_bytes", database=database) or 0) > 1_000_000
        assert (value("database_connections", database=database, state="active") or 0) >= 1
    assert value("table_rows", database="content", table="tasks") is not None
    assert value("failed_readings") == 0


def test_without_the_address_of_dagsters_database_only_ours_is_told(
    scrape: Scrape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "dagster_database_url", SecretStr(""))
    value = scrape()
    assert (value("database_bytes", database="content") or 0) > 1_000_000
    assert value("database_bytes", database="dagster") is None
    assert value("failed_readings") == 0


@pytest.fixture
def no_database(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    dispose_engines()
    discard_engines()
    with monkeypatch.context() as patch:
        patch.setattr(settings(), "database_url", SecretStr("postgresql+psycopg://nobody@127.0.0.1:1/none"))
        yield
    discard_engines()


@pytest.mark.usefixtures("no_database")
def test_without_the_database_a_scrape_says_so(scrape: Scrape) -> None:
    assert (scrape()("failed_readings") or 0) > 5
