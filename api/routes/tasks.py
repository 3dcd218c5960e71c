"""Tasks: status of accepted work, cancel, retry."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from api.background_tasks import cancel_runs, launch_runs
from api.deps import CallerDep, Cursor, Limit
from api.idempotency import IdempotentDep
from api.json_routes import JsonRoute
from api.limits.concurrency.bulkhead import SHARED_THREAD, in_shared_thread
from api.limits.concurrency.concurrency_limit import client_of
from api.pagination import link_next
from api.schemas.problems import problems
from api.schemas.tasks import Kind, Status, TaskAccepted, TaskView
from api.streaming import events
from api.streaming.progress import ProgressDep, SlotDep
from api.streaming.snapshots import TaskSnapshot, task_view, task_views
from content_pipeline.core.calendar import items
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.models import Task
from content_pipeline.core.operations.task_handlers import HANDLERS
from content_pipeline.core.tasks import kinds, task_status, tasks
from content_pipeline.core.workspaces.caller import Caller
from content_pipeline.core.workspaces.scopes import Scope

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=JsonRoute)


@router.get("", dependencies=[SHARED_THREAD])
def list_tasks(
    request: Request,
    response: Response,
    caller: CallerDep,
    kind: Kind | None = None,
    status: Status | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> list[TaskView]:
    """List the workspace's tasks, newest first.

    An export of the workspace has its `result.download_url` only for a key with the scope `admin`.
    """
    with autocommit() as session:
        page, next_cursor = tasks.list_page(
            session, caller.workspace_id, limit=limit, cursor=cursor, kind=kind, status=status
        )
        views = task_views(session, page)
    link_next(request, response, next_cursor)
    return views if Scope.ADMIN in caller.scopes else [_without_link(view) for view in views]


def _without_link(view: TaskView) -> TaskView:
    """A task in the list of a key that may not read an export of the workspace."""
    if view.result and view.kind == kinds.WORKSPACE_EXPORT.name:
        view.result |= {"download_url": None, "expires_at": None}
    return view


@router.get(
    "/{task_id}",
    response_model=TaskView,
    responses={304: {"description": "Not changed since the response with this ETag"}, **problems(404)},
)
async def get_task(
    task_id: str,
    request: Request,
    caller: CallerDep,
    progress: ProgressDep,
    if_none_match: Annotated[str | None, Header()] = None,
    wait: Annotated[int, Query(ge=0, le=60, description="Seconds to wait for a change, if there is none yet.")] = 0,
) -> Response:
    """Get a task. Repeat it until `status` is `done` or `error`.

    With `wait`, an unfinished task is answered when it changes, or when the time is over. Send the ETag of the last
    answer as `If-None-Match`, so that a change between two requests is answered at once.

    The task of an export of the workspace needs the scope `admin` too.
    """
    snapshot = await run_in_threadpool(_snapshot, caller, task_id)
    if wait and not events.is_final(snapshot) and (if_none_match is None or _has(if_none_match, snapshot.etag)):
        with progress.slot(client_of(request)), progress.tasks.subscribe(task_id) as subscription:
            snapshot = await subscription.next(snapshot.version, wait) or snapshot
    headers = {"ETag": snapshot.etag}
    if if_none_match and _has(if_none_match, snapshot.etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    # Serialized already: FastAPI would use another thread pool hop for it, 100 µs of a request that takes 900, on the
    # route that clients poll (bench/polling.py).
    return Response(snapshot.body, media_type="application/json", headers=headers)


def _has(if_none_match: str, etag: str) -> bool:
    """Whether an `If-None-Match`, which may have several tags, names this one. Proxies make strong tags weak."""
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return if_none_match.strip() == "*" or etag.removeprefix("W/") in tags


def _snapshot(caller: Caller, task_id: str) -> TaskSnapshot:
    status = task_status.read(caller.workspace_id, task_id)
    _check_administers(caller, status.kind)
    if status.state != "done":
        return TaskSnapshot.of(TaskView.of(status))
    with autocommit() as session:
        return TaskSnapshot.of(task_view(session, tasks.get(session, caller.workspace_id, task_id)))


def _check_administers(caller: Caller, kind: str) -> None:
    """An export has the audit log and the names of the keys. Raises Forbidden `insufficient_scope`."""
    if kind == kinds.WORKSPACE_EXPORT.name:
        caller.check(Scope.ADMIN)


@router.get(
    "/{task_id}/events",
    response_class=StreamingResponse,
    responses=events.described(TaskView, "`data` is the task, as `GET /tasks/{task_id}` answers it."),
)
async def stream_task(
    task_id: str,
    request: Request,
    caller: CallerDep,
    progress: ProgressDep,
    _: SlotDep,
    last_event_id: events.LastEventId = None,
) -> Response:
    """Stream a task's changes as server-sent events.

    The task of an export of the workspace needs the scope `admin` too.
    """
    snapshot = await in_shared_thread(request, partial(_snapshot, caller, task_id))
    return events.follow(request, progress.tasks, task_id, snapshot, last_event_id)


@router.post(
    "/{task_id}/cancel",
    status_code=HTTPStatus.ACCEPTED,
    response_model=TaskView,
    responses=problems(404, 409),
    dependencies=[SHARED_THREAD],
)
def cancel_task(task_id: str, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Cancel an unfinished task: its status becomes `error`, with code `canceled`. Also cancels a batch's reels."""
    with idempotent.transaction() as session:
        task = tasks.get(session, caller.workspace_id, task_id)
        _check_scope(session, caller, task)
        canceled = HANDLERS[task.kind].cancel(session, task)
        session.refresh(task)
        response = idempotent.task_accepted(session, task_view(session, task), task_id=task.id)
    response.background = BackgroundTask(cancel_runs, *canceled)
    return response


def _check_scope(session: Session, caller: Caller, task: Task) -> None:
    """A post is one by the tasks that make it too, and an export as well. Raises Forbidden `insufficient_scope`."""
    _check_administers(caller, task.kind)
    if task.kind in (kinds.PUBLICATION.name, kinds.VIDEO_COPY.name) or items.is_rendered_by(session, task):
        caller.check(Scope.PUBLISH)


@router.post(
    "/{task_id}/retry",
    status_code=HTTPStatus.ACCEPTED,
    response_model=TaskAccepted,
    responses=problems(404, 409),
    dependencies=[SHARED_THREAD],
)
def retry_task(task_id: str, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Retry a failed or canceled task as a new task. The calendar item of a post follows it."""
    with idempotent.transaction() as session:
        failed = tasks.get(session, caller.workspace_id, task_id)
        _check_scope(session, caller, failed)
        task, started = HANDLERS[failed.kind].retry(session, failed)
        response = idempotent.task_accepted(
            session, TaskAccepted(task_id=task.id, status=tasks.wire_status(task)), task_id=task.id
        )
    response.background = BackgroundTask(launch_runs, *started)
    return response
