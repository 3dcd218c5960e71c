"""What PostgreSQL tells about tasks (the trigger in core/models/migrations/)."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from content_pipeline.core.bulk import batches
from content_pipeline.core.bulk.csv_rows import VideoRow
from content_pipeline.core.infrastructure.database import connect_arguments, transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import starts, tasks
from tests.factories import make_twin


@pytest.fixture
def listener(database: None) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**connect_arguments(), autocommit=True) as connection:
        connection.execute("listen task_changes")
        yield connection


@pytest.fixture
def batch(workspace_id: UUID) -> tuple[str, list[str]]:
    """The task ids of a batch and of its two reels."""
    with transaction() as session:
        rows = [VideoRow(row=row, script="Hello.", platform="instagram", voice_id="en-US") for row in (1, 2)]
        _, task, reels = batches.create_with_tasks(
            session,
            workspace_id=workspace_id,
            twin=make_twin(session, workspace_id),
            platform="instagram",
            rows=rows,
        )
    return task.id, [reel.id for reel in reels]


def notified(listener: psycopg.Connection) -> set[str]:
    """The ids of the tasks that have changed since the last call."""
    listener.execute("notify task_changes, 'end'")
    found = set()
    for notification in listener.notifies():
        if notification.payload == "end":
            break
        found.add(notification.payload)
    return found


def test_a_batch_changes_with_each_of_its_reels(listener, batch) -> None:
    parent, (one, two) = batch
    assert notified(listener) == {parent, one, two}
    with transaction() as session:
        tasks.mark_processing(session, "reel", one)
    assert notified(listener) == {parent, one}
    with transaction() as session:
        tasks.set_progress(session, one, 0.5)
    assert notified(listener) == {parent, one}


def test_what_clients_do_not_see_is_not_told(listener, batch) -> None:
    _, (one, _) = batch
    notified(listener)
    with transaction() as session:
        assert starts.reserve_start(session, session.get_one(Task, one))
        tasks.set_irrevocable(session, one, True)
    with transaction() as session:
        tasks.mark_processing(session, "reel", one)
        session.rollback()
    assert notified(listener) == set()
