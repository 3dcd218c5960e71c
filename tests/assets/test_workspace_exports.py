"""The run that writes an export of a workspace."""

from uuid import UUID

import pytest

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task, WorkspaceExport
from content_pipeline.core.operations.workspace_exports import exports
from tests.asset_runs import execute_job, execute_task, recorded
from tests.factories import make_twin


@pytest.mark.slow
def test_a_run_writes_the_file_and_records_what_it_has(workspace_id: UUID) -> None:
    with transaction() as session:
        make_twin(session, workspace_id)
        _, task = exports.create_with_task(session, workspace_id, with_files=True)
    result = execute_task(task)
    assert result.success
    assert recorded(result)["workspace_export"]["row"].endswith(f"](/records/workspace_exports/{task.key})")
    with transaction() as session:
        assert session.get_one(Task, task.id).state == "done"
        assert (session.get_one(WorkspaceExport, UUID(task.key)).rows or 0) >= 2


@pytest.mark.slow
def test_a_run_of_an_operator_records_nothing_where_a_newer_one_is_stored(workspace_id: UUID) -> None:
    requested = []
    for _ in range(2):
        with transaction() as session:
            _, task = exports.create_with_task(session, workspace_id, with_files=True)
        assert execute_task(task).success
        requested.append(task)
    runs = [execute_job(exports.KIND, task.partition_key) for task in requested]
    assert [(run.success, bool(recorded(run))) for run in runs] == [(True, False), (True, True)]
