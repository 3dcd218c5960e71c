"""Tasks: how accepted work stands."""

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
    """The workspace's tasks, newest first."""
    with autocommit() as session:
        page, following = tasks.list_page(
            session, caller.workspace_id, limit=limit, cursor=cursor, kind=kind, status=status
        )
        views = [_view(session, task) for task in page]
    link_next(request, response, following)
    return views


@router.get(
    "/{task_id}",
    response_model=TaskView,
    responses={304: {"description": "Nothing has changed since the answer with this ETag"}, **problems(404)},
)
def get_task(task_id: str, caller: CallerDep, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """How a task stands. Poll it until `status` is `done` or `error`."""
    with autocommit() as session:
        body = _view(session, tasks.get(session, caller.workspace_id, task_id)).model_dump_json()
    tag = f'W/"{crc32(body.encode()):x}"'
    if if_none_match == tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
    # Made here, because FastAPI would serialise a model in one more trip to its thread pool: 100 µs of a
    # request that takes 900, on the route that clients poll.
    return Response(body, media_type="application/json", headers={"ETag": tag})


@router.post(
    "/{task_id}/cancel", status_code=HTTPStatus.ACCEPTED, response_model=TaskView, responses=problems(404, 409)
)
def cancel_task(task_id: str, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """End a task that has not ended; it becomes `error` with the code `canceled`. A batch's reels end with it."""
    with idempotent.transaction() as session:
        task = tasks.get(session, caller.workspace_id, task_id)
        canceled = HANDLERS[task.kind].cancel(session, task)
        session.refresh(task)
        answer = idempotent.answer(session, _view(session, task), task_id=task.id)
    answer.background = BackgroundTask(dagster_client.cancel_runs, *canceled)
    return answer


@router.post(
    "/{task_id}/retry", status_code=HTTPStatus.ACCEPTED, response_model=TaskAccepted, responses=problems(404, 409)
)
def retry_task(task_id: str, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Try the work of a failed or canceled task again, as a new task. A post's calendar item goes along with it."""
    with idempotent.transaction() as session:
        failed = tasks.get(session, caller.workspace_id, task_id)
        task, started = HANDLERS[failed.kind].retry(session, failed)
        answer = idempotent.answer(
            session, TaskAccepted(task_id=task.id, status=tasks.wire_status(task)), task_id=task.id
        )
    answer.background = BackgroundTask(dagster_client.launch_runs, *started)
    return answer
