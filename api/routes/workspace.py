"""Workspace export."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from api.background_tasks import launch_runs
from api.deps import AdminDep
from api.idempotency import IdempotentDep
from api.json_routes import JsonRoute
from api.limits.volume_limits import VolumeLimit
from api.schemas.problems import problems
from api.schemas.tasks import TaskAccepted
from api.schemas.workspace import WorkspaceExportRequest
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.operations.workspace_exports import exports
from content_pipeline.core.tasks import tasks

router = APIRouter(prefix="/workspace", tags=["workspace"], route_class=JsonRoute)


# It reads every row: while one is written, reading tasks of others takes 2.1 times as long (bench/noisy_neighbor.py).
EXPORTS: Final = VolumeLimit("workspaces", "exports", most=3, seconds=600)


async def _count_export(request: Request, caller: AdminDep) -> None:
    """Those that are refused because of an open one do not count."""
    if not await run_in_threadpool(_find_open, caller.workspace_id):
        await EXPORTS.count(request)


def _find_open(workspace_id: UUID) -> str | None:
    with transaction() as session:
        return exports.find_open(session, workspace_id)


@router.post(
    "/export",
    status_code=HTTPStatus.ACCEPTED,
    response_model=TaskAccepted,
    responses=problems(409),
    dependencies=[Depends(_count_export)],
)
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
