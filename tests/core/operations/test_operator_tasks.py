"""Retries that operators enter."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, InternalError, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AuditEvent, Task
from content_pipeline.core.operations import operator_tasks
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import deferral, tasks
from tests.core.lock_waits import blocked_by_lock


@pytest.fixture(autouse=True)
def _dagster_is_away(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "dagster_url", "http://127.0.0.1:1")


@pytest.fixture
def failed(workspace_id: UUID) -> Task:
    with transaction() as session:
        task = tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media")
        tasks.fail(session, task.id, InternalError("It broke."))
        return task


def test_one_retry_is_entered_by_eight_runs_at_once(failed: Task) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: operator_tasks.enter_retry(failed.kind, failed.key, now()), range(8)))
    with transaction() as session:
        again = session.scalars(select(Task).where(Task.retry_of == failed.id)).one()
        entered = session.scalar(select(func.count()).where(AuditEvent.object_id == failed.id))
    assert (again.state, entered) == ("queued", 1)


@pytest.fixture
def failed_in_burn_in(workspace_id: UUID) -> tuple[Task, str]:
    """A task of captions, and the partition key of these."""
    with transaction() as session:
        task = tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media")
        partition_key = task.partition_key
        tasks.mark_processing(session, task.kind, task.key)
        tasks.set_progress(session, task.id, 0.6)
        deferral.switch_subject(session, task.id, kind="burn_in", key=str(uuid4()), lane="media")
        tasks.fail(session, task.id, InternalError("It broke."))
        return task, partition_key


def test_a_task_that_failed_on_another_row_begins_again_with_its_own(failed_in_burn_in: tuple[Task, str]) -> None:
    task, partition_key = failed_in_burn_in
    operator_tasks.enter_retry(task.kind, task.key, now())
    with transaction() as session:
        again = session.scalars(select(Task).where(Task.retry_of == task.id)).one()
    assert (again.state, again.subject_kind, again.subject_key) == ("queued", task.kind, task.key)
    assert (again.partition_key, again.progress) == (partition_key, 0)


def test_a_client_that_retries_at_the_same_moment_opens_no_second_task(failed_in_burn_in: tuple[Task, str]) -> None:
    task, _ = failed_in_burn_in

    def begin_with_own_row(session: Session) -> None:
        again = tasks.retry(session, session.get_one(Task, task.id))
        again.subject_kind, again.subject_key = again.kind, again.key
        session.flush()

    def retry(session: Session) -> None:
        tasks.retry(session, session.get_one(Task, task.id))

    with (
        blocked_by_lock(retry, by=begin_with_own_row) as refused,
        pytest.raises(Conflict, match="retried already"),
    ):
        refused.result()


def test_a_task_is_retried_by_its_id_and_the_audit_log_names_the_operator(failed: Task) -> None:
    again = operator_tasks.retry(failed.id)
    assert (again.retry_of, again.state) == (failed.id, "queued")
    with transaction() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.object_id == failed.id)).one()
    assert (event.actor, event.action, event.workspace_id) == ("operator", "tasks.retry", failed.workspace_id)
    with pytest.raises(Conflict, match="retried already"):
        operator_tasks.retry(failed.id)


def test_a_task_that_does_not_exist_is_not_retried() -> None:
    with pytest.raises(NotFound):
        operator_tasks.retry("nothing")
