"""Bulk reels: uploads a CSV of scripts and renders a video for each row."""

from functools import partial
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, File, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from api.audit import ChangeDep
from api.background_tasks import cancel_runs, launch_runs
from api.deletion import finish_deletion
from api.deps import CallerDep, Cursor, Limit
from api.idempotency import IdempotentDep, IdempotentFormDep
from api.json_routes import JsonRoute
from api.limits.concurrency.bulkhead import in_bulkhead, in_shared_thread
from api.pagination import link_next
from api.schemas.bulk import BatchAccepted, BatchSummary, BatchUploaded, BatchView
from api.schemas.problems import problems
from api.streaming import events
from api.streaming.progress import ProgressDep, SlotDep
from api.streaming.snapshots import BatchSnapshot, batch_view
from api.upload_routes import CsvRoute
from content_pipeline.core.bulk import batches, csv_reader, csv_rows
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.models import Batch, Task
from content_pipeline.core.operations.maintenance import deletion
from content_pipeline.core.platforms.pydantic_types import Platform
from content_pipeline.core.tasks import tasks
from content_pipeline.core.twins import twins

router = APIRouter(prefix="/bulk/reels", tags=["bulk reels"], route_class=JsonRoute)
upload_router = APIRouter(prefix="/bulk/reels", tags=["bulk reels"], route_class=CsvRoute)

_CSV: Final = (
    "Columns script, platform, format (reel or avatar), voice_id, speed (0.7 to 1.4) and pause (seconds after a "
    "sentence, up to 2), avatar_id, title, background (or background_url) and music (or music_url), each a link or the "
    "id of an upload, a reel, an avatar video or captions; caption_animation (box, pop or typewriter), call_to_action; "
    "only script is required"
)


@upload_router.post(
    "", status_code=HTTPStatus.ACCEPTED, response_model=BatchUploaded, responses=problems(403, 404, 413, 502, 503)
)
@in_bulkhead()
def submit_batch(
    caller: CallerDep,
    idempotent: IdempotentFormDep,
    csv_file: Annotated[UploadFile, File(description=_CSV)],
    twin_id: Annotated[UUID, Form(description="The twin of these reels")],
    platform: Annotated[Platform, Form(description="For rows without a platform")],
) -> Response:
    """Render a reel, or an avatar video, for each row of a CSV.

    Any invalid row rejects the whole file; `errors` lists all of them.
    """
    with autocommit() as session:
        voice_id = twins.get(session, caller.workspace_id, twin_id).voice_id
    parsed = csv_rows.parse(
        csv_file.file.read(csv_reader.MAX_BYTES + 1),
        workspace_id=caller.workspace_id,
        platform=platform,
        voice_id=voice_id,
        most_rows=caller.plan.rows_per_batch,
    )
    with idempotent.transaction() as session:
        twin = twins.get(session, caller.workspace_id, twin_id)
        batch, task, videos = batches.create_with_tasks(
            session, workspace_id=caller.workspace_id, twin=twin, platform=platform, rows=parsed.rows
        )
        accepted = _accepted(batch, task, len(videos))
        uploaded = BatchUploaded(**dict(accepted), ignored_columns=parsed.ignored_columns)
        response = idempotent.task_accepted(session, uploaded, task_id=task.id)
    response.background = BackgroundTask(launch_runs, *videos)
    return response


def _accepted(batch: Batch, task: Task, rows: int) -> BatchAccepted:
    return BatchAccepted(
        task_id=task.id, batch_id=batch.id, status=tasks.wire_status(task), progress=0, total_rows=rows
    )


@router.get("")
def list_batches(
    request: Request, response: Response, caller: CallerDep, limit: Limit = 50, cursor: Cursor = None
) -> list[BatchSummary]:
    """List the workspace's batches, newest first, without their jobs."""
    with autocommit() as session:
        page, next_cursor = batches.list_page(session, caller.workspace_id, limit=limit, cursor=cursor)
        newest = tasks.newest_of(session, batches.KIND, [str(batch.id) for batch in page])
        summaries = [BatchSummary.of(batch, newest[str(batch.id)]) for batch in page]
    link_next(request, response, next_cursor)
    return summaries


@router.get("/{batch_id}", responses=problems(404))
def get_batch(batch_id: UUID, caller: CallerDep) -> BatchView:
    """Get the status of a batch and each of its rows; `result_url` is set when its row is done."""
    with autocommit() as session:
        return _view(session, batches.get(session, caller.workspace_id, batch_id))


def _view(session: Session, batch: Batch) -> BatchView:
    return batch_view(session, batch, tasks.newest(session, batches.KIND, str(batch.id)))


@router.delete("/{batch_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404, 409))
@in_bulkhead()
def delete_batch(batch_id: UUID, caller: CallerDep, change: ChangeDep, background: BackgroundTasks) -> None:
    """Delete a batch with all its videos; unfinished ones are canceled, published posts stay on their platforms.

    409 `in_use` while a planned item or an open post is of one of its videos, or an open task needs its file.
    """
    with change.transaction() as session:
        deleted = deletion.delete_batch(session, caller.workspace_id, batch_id)
    finish_deletion(deleted, background)


@router.get(
    "/{batch_id}/events",
    response_class=StreamingResponse,
    responses=events.described(
        BatchView,
        "`data` is the batch, as `GET /bulk/reels/{batch_id}` answers it; after the first event, `jobs` has only those "
        "rows that have changed.",
    ),
)
async def stream_batch(
    batch_id: UUID,
    request: Request,
    caller: CallerDep,
    progress: ProgressDep,
    _: SlotDep,
    last_event_id: events.LastEventId = None,
) -> Response:
    """Stream a batch's changes, row by row, as server-sent events."""
    view = await in_shared_thread(request, partial(get_batch, batch_id, caller))
    return events.follow(request, progress.batches, view.task_id, BatchSnapshot.of(view), last_event_id)


@router.post(
    "/{batch_id}/retry-failed",
    status_code=HTTPStatus.ACCEPTED,
    response_model=BatchAccepted,
    responses=problems(404, 409),
)
def retry_failed_rows(batch_id: UUID, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Retry the rows that failed or were canceled, as a new task of the batch."""
    with idempotent.transaction() as session:
        batch = batches.get(session, caller.workspace_id, batch_id)
        task, reels = batches.retry_failed(session, batch)
        response = idempotent.task_accepted(session, _accepted(batch, task, len(reels)), task_id=task.id)
    response.background = BackgroundTask(launch_runs, *reels)
    return response


@router.post(
    "/{batch_id}/cancel", status_code=HTTPStatus.ACCEPTED, response_model=BatchView, responses=problems(404, 409)
)
def cancel_batch(batch_id: UUID, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Cancel all unfinished rows; finished ones are kept."""
    with idempotent.transaction() as session:
        batch = batches.get(session, caller.workspace_id, batch_id)
        canceled = batches.cancel(session, batch)
        view = _view(session, batch)
        response = idempotent.task_accepted(session, view, task_id=view.task_id)
    response.background = BackgroundTask(cancel_runs, *canceled)
    return response
