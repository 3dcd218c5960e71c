"""The job by which an operator retries a task."""

from pathlib import Path
from uuid import UUID, uuid4

import dagster as dg
import pytest

from content_pipeline.core.errors import InternalError
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import tasks
from content_pipeline.definitions import definitions
from tests.core.publishing import posting


@pytest.fixture
def task(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> Task:
    """The open task of a caption; Dagster is away."""
    monkeypatch.setattr(settings(), "dagster_url", "http://127.0.0.1:1")
    with transaction() as session:
        return tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media")


def retry(task: Task) -> dg.ExecuteInProcessResult:
    config = {"ops": {"enter_retry": {"config": {"task_id": task.id}}}}
    job = definitions.resolve_job_def("retry_task")
    return job.execute_in_process(run_config=config, raise_on_error=False)


def test_a_task_that_failed_is_retried_by_its_id(task: Task) -> None:
    with transaction() as session:
        tasks.fail(session, task.id, InternalError("It broke."))
    assert retry(task).success
    with transaction() as session:
        again = tasks.newest(session, task.kind, task.key)
    assert (again.retry_of, again.state) == (task.id, "queued")


def test_a_post_that_failed_is_published_once_by_the_job(workspace_id: UUID, tmp_path: Path) -> None:
    with posting.stage(workspace_id, tmp_path) as stage:
        failed = stage.fail_once()
        assert retry(failed).success
        retried = stage.run_to_end(failed.key)
        assert (retried.retry_of, retried.state) == (failed.id, "done")
        assert posting.publication(failed.key).published_at
        assert len(stage.platform.posted) == 1


def test_a_task_that_is_not_retried_fails_the_run_with_the_reason_and_its_code(task: Task) -> None:
    result = retry(task)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "Only a task that failed or was canceled can be retried." in str(failure.step_failure_data.error)
    raised = failure.step_failure_data.user_failure_data
    assert raised
    assert raised.metadata["code"].value == "task_not_failed", "else alerts count it as broken"
