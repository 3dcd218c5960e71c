"""Which events are recorded, for whom, and at what cost."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import event
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.database import engine, transaction
from content_pipeline.core.models import WebhookEndpoint
from content_pipeline.core.tasks import tasks
from content_pipeline.core.webhooks import endpoints, events
from tests.core.lock_waits import blocked_by_lock
from tests.core.webhooks.registered import URL, deliveries, happen, recorded, register
from tests.factories import make_workspace


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine(), "before_cursor_execute", note)


def test_without_an_endpoint_an_event_costs_one_query_and_leaves_nothing(workspace_id: UUID) -> None:
    with transaction() as session, counted_statements() as statements:
        events.record(session, workspace_id, "task.completed", {"task_id": "a"})
        session.flush()
        assert len(statements) == 1
    assert recorded(workspace_id) == []


def test_each_endpoint_that_wants_it_gets_a_delivery_of_one_event(workspace_id: UUID) -> None:
    everything, _ = register(workspace_id)
    failures, _ = register(workspace_id, types=["task.failed", "credits.low"])
    happen(workspace_id, "task.completed")
    happen(workspace_id, "task.failed")
    completed, failed = recorded(workspace_id)
    assert [delivery.event_id for delivery in deliveries(everything)] == [completed.id, failed.id]
    assert [delivery.event_id for delivery in deliveries(failures)] == [failed.id]


def test_another_workspace_and_a_disabled_endpoint_get_nothing(workspace_id: UUID) -> None:
    with transaction() as session:
        anonymous_client = make_workspace(session)
    foreign, _ = register(anonymous_client)
    disabled, _ = register(workspace_id)
    with transaction() as session:
        endpoints.disable(session.get_one(WebhookEndpoint, disabled), endpoints.DISABLED)
    happen(workspace_id)
    assert deliveries(foreign) == deliveries(disabled) == recorded(workspace_id) == []


def test_an_endpoint_of_a_task_gets_the_events_of_that_task_only(workspace_id: UUID) -> None:
    with transaction() as session:
        task = tasks.create(session, workspace_id=workspace_id, kind="reel", key=str(uuid4()))
        assert endpoints.create_for_task(session, workspace_id, task.id, URL).startswith("whsec_")
        assert endpoints.list_page(session, workspace_id, limit=10) == ([], None)
    happen(workspace_id, task_id="another")
    happen(workspace_id, "account.connected")
    assert recorded(workspace_id) == []
    happen(workspace_id, "task.canceled", task_id=task.id)
    (canceled,) = recorded(workspace_id)
    assert (canceled.type, canceled.data["task_id"]) == ("task.canceled", task.id)


def test_an_event_is_rolled_back_with_what_it_tells(workspace_id: UUID) -> None:
    register(workspace_id)
    with suppress(RuntimeError), transaction() as session:
        events.record(session, workspace_id, "task.completed", {})
        raise RuntimeError
    assert recorded(workspace_id) == []


def test_ids_and_times_are_stored_as_receivers_read_them(workspace_id: UUID) -> None:
    register(workspace_id)
    happen(workspace_id, id=workspace_id, at=datetime(2026, 5, 1, tzinfo=UTC))
    (event,) = recorded(workspace_id)
    assert event.data == {"id": str(workspace_id), "at": "2026-05-01T00:00:00Z"}


def test_the_deletion_of_an_endpoint_at_the_same_moment_fails_nobody(workspace_id: UUID) -> None:
    endpoint_id, _ = register(workspace_id)

    def delete(session: Session) -> None:
        session.delete(session.get_one(WebhookEndpoint, endpoint_id))
        session.flush()

    with blocked_by_lock(
        lambda session: events.record(session, workspace_id, "task.completed", {}), by=delete
    ) as recording:
        recording.result(10)
    assert recorded(workspace_id) == []
