"""Workspace export."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from starlette.background import BackgroundTask

from api.background_tasks import launch_runs
from api.deps import AdminDep
from api.idempotency import IdempotentDep
from api.json_routes import JsonRoute
from api.schemas.problems import problems
from api.schemas.tasks import TaskAccepted
from api.schemas.workspace import WorkspaceExportRequest
from content_pipeline.core.tasks import tasks
from content_pipeline.core.workspace_exports import exports

router = APIRouter(prefix="/workspace", tags=["workspace"], route_class=JsonRoute)


@router.post("/export", status_code=HTTPStatus.ACCEPTED, response_model=TaskAccepted, responses=problems(409))
def export_workspace(body: WorkspaceExportRequest, caller: AdminDep, idempotent: IdempotentDep) -> Response:
    """Export all that the workspace has as a ZIP file.

    It has a file of JSON lines for each table, without secrets, and the files, or links to them that are valid for a
    week. Poll the task; `result.download_url` is a signed link. The workspace's earlier export is deleted then.
    """
    with idempotent.transaction() as session:
        _, task = exports.create_with_task(session, caller.workspace_id, with_files=body.files)
        accepted = TaskAccepted(task_id=task.id, status=tasks.wire_status(task))
        response = idempotent.task_accepted(session, accepted, task_id=task.id)
    response.background = BackgroundTask(launch_runs, task)
    return response
