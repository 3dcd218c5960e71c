"""Tasks: status of accepted work, cancel, retry."""

from http import HTTPStatus
from typing import Annotated
from zlib import crc32

from fastapi import APIRouter, Header, Request, Response
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from api.deps import CallerDep, Cursor, Limit
from api.idempotency import IdempotentDep
from api.pagination import link_next
from api.schemas.problems import problems
from api.schemas.tasks import Kind, Status, TaskAccepted, TaskView
from content_pipeline.core.database import autocommit
from content_pipeline.core.handlers import HANDLERS
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import dagster_client, tasks

router = APIRouter(prefix="/tasks", tags=["tasks"])


def _view(session: Session, task: Task) -> TaskView:
    return TaskView.of(task, HANDLERS[task.kind].result(session, task) if task.state == "done" else None)


@router.get("")
def list_tasks(
    request: Request,
    response: Response,
    caller: CallerDep,
    kind: Kind | None = None,
    status: Status | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> list[TaskView]:
    """List the workspace's tasks, newest first."""
    with autocommit() as session:
        page, next_cursor = tasks.list_page(
            session, caller.workspace_id, limit=limit, cursor=cursor, kind=kind, status=status
        )
        views = [_view(session, task) for task in page]
    link_next(request, response, next_cursor)
    return views


@router.get(
    "/{task_id}",
    response_model=TaskView,
    responses={304: {"description": "Not changed since the response with this ETag"}, **problems(404)},
)
def get_task(task_id: str, caller: CallerDep, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Get a task. Poll it until `status` is `done` or `error`."""
    with autocommit() as session:
        body = _view(session, tasks.get(session, caller.workspace_id, task_id)).model_dump_json()
    tag = f'W/"{crc32(body.encode()):x}"'
    if if_none_match == tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
    # Serialized here: FastAPI would use another thread pool hop for it, 100 µs of a request that takes 900, on the
    # route that clients poll (bench/polling.py).
    return Response(body, media_type="application/json", headers={"ETag": tag})


@router.post(
    "/{task_id}/cancel", status_code=HTTPStatus.ACCEPTED, response_model=TaskView, responses=problems(404, 409)
)
def cancel_task(task_id: str, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Cancel an unfinished task: its status becomes `error`, with code `canceled`. Also cancels a batch's reels."""
    with idempotent.transaction() as session:
        task = tasks.get(session, caller.workspace_id, task_id)
        canceled = HANDLERS[task.kind].cancel(session, task)
        session.refresh(task)
        response = idempotent.task_accepted(session, _view(session, task), task_id=task.id)
    response.background = BackgroundTask(dagster_client.cancel_runs, *canceled)
    return response


@router.post(
    "/{task_id}/retry", status_code=HTTPStatus.ACCEPTED, response_model=TaskAccepted, responses=problems(404, 409)
)
def retry_task(task_id: str, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Retry a failed or canceled task as a new task. The calendar item of a post follows it."""
    with idempotent.transaction() as session:
        failed = tasks.get(session, caller.workspace_id, task_id)
        task, started = HANDLERS[failed.kind].retry(session, failed)
        response = idempotent.task_accepted(
            session, TaskAccepted(task_id=task.id, status=tasks.wire_status(task)), task_id=task.id
        )
    response.background = BackgroundTask(dagster_client.launch_runs, *started)
    return response
