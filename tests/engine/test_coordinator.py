"""Cancels through Dagster, for example by an operator in the UI."""

from uuid import UUID, uuid4

import dagster as dg
import pytest

from content_pipeline.core.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import dagster_client, tasks


@pytest.fixture
def task(workspace_id: UUID) -> Task:
    with transaction() as session:
        return tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media")


@pytest.mark.slow
@pytest.mark.parametrize(("start", "state"), [(1, "queued"), (2, "canceled")])
@pytest.mark.parametrize("names", [(dagster_client.TASK_TAG, dagster_client.START_TAG), ("task_id", "task_start")])
def test_a_task_ends_with_its_latest_run_and_with_no_earlier_one(
    instance: dg.DagsterInstance, task: Task, start: int, state: str, names: tuple[str, str]
) -> None:
    """Also one that was queued before an upgrade, whose tags have other names."""
    with transaction() as session:
        assert tasks.reserve_start(session, session.get_one(Task, task.id))
    tags = dict(zip(names, (task.id, str(start)), strict=True))
    run = instance.add_run(dg.DagsterRun(job_name="captions", status=dg.DagsterRunStatus.STARTED, tags=tags))
    assert instance.run_coordinator.cancel_run(run.run_id)
    with transaction() as session:
        assert session.get_one(Task, task.id).state == state
    canceled = instance.get_run_by_id(run.run_id)
    assert canceled
    assert canceled.status is dg.DagsterRunStatus.CANCELED


@pytest.mark.slow
def test_a_run_that_is_publishing_goes_on_in_spite_of_an_operator(instance: dg.DagsterInstance, task: Task) -> None:
    with transaction() as session:
        tasks.set_irrevocable(session, task.id, irrevocable=True)
    tags = {dagster_client.TASK_TAG: task.id, dagster_client.START_TAG: "1"}
    run = instance.add_run(dg.DagsterRun(job_name="captions", status=dg.DagsterRunStatus.STARTED, tags=tags))
    assert not instance.run_coordinator.cancel_run(run.run_id)
    with transaction() as session:
        assert session.get_one(Task, task.id).state == "queued"
    going_on = instance.get_run_by_id(run.run_id)
    assert going_on
    assert going_on.status is dg.DagsterRunStatus.STARTED
