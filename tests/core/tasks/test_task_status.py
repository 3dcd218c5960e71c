"""The status of a task that clients poll."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from content_pipeline.core.errors import NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import cancellation, task_status, tasks
from tests.factories import make_workspace

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def workspace() -> UUID:
    with transaction() as session:
        return make_workspace(session)


def queued(workspace_id: UUID) -> str:
    with transaction() as session:
        return tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4())).id


@pytest.mark.parametrize("state", ["queued", "processing", "error", "canceled"])
def test_a_status_has_what_the_row_has(workspace: UUID, state: str) -> None:
    task_id = queued(workspace)
    with transaction() as session:
        task = tasks.get(session, workspace, task_id)
        if state != "queued":
            tasks.mark_processing(session, task.subject_kind, task.subject_key)
        if state == "error":
            tasks.fail(session, task_id, tasks.LOST)
        if state == "canceled":
            cancellation.cancel(session, task)
    status = task_status.read(workspace, task_id)
    with transaction() as session:
        task = tasks.get(session, workspace, task_id)
        assert status.state == state
        assert status == tuple(getattr(task, column) for column in status._fields)


def test_unknown_deleted_and_other_workspaces_tasks_are_the_same_error(workspace: UUID) -> None:
    deleted = queued(workspace)
    with transaction() as session:
        session.execute(update(Task).where(Task.id == deleted).values(deleted_at=now()))
        other = make_workspace(session)
    for task_id in (deleted, queued(other), str(uuid4())):
        with pytest.raises(NotFound) as status_error:
            task_status.read(workspace, task_id)
        with pytest.raises(NotFound) as row_error, transaction() as session:
            tasks.get(session, workspace, task_id)
        assert status_error.value.to_dict() == row_error.value.to_dict()
