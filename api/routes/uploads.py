"""Uploads: a client's own videos, pictures and sounds, sent at once or in parts."""

import tempfile
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, File, Request, Response, UploadFile

from api.audit import ChangeDep
from api.deps import CallerDep, Cursor, Limit
from api.idempotency import IdempotentDep, IdempotentFormDep
from api.json_routes import JsonRoute
from api.limits.body_limits import too_large
from api.limits.concurrency.bulkhead import OBJECT_STORE, in_bulkhead
from api.limits.volume_limits import VolumeLimit
from api.pagination import link_next
from api.paths import PUBLIC_PATH
from api.schemas.problems import problems
from api.schemas.uploads import MultipartRequest, MultipartSummary, MultipartView, UploadSummary, UploadView
from api.upload_routes import TEMPORARY_SPACE, UploadRoute
from api.uploads import file_of, stored, undone_on_error
from content_pipeline.core.errors import MediaUnusable, NotFound, NotMedia
from content_pipeline.core.infrastructure import s3_multipart
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.library import multipart_uploads, uploads
from content_pipeline.core.library.examination import Examined, examine
from content_pipeline.core.models import MultipartUpload
from content_pipeline.core.models.uploads import UploadKind
from content_pipeline.core.operations.maintenance import upload_deletion
from content_pipeline.core.settings import settings
from content_pipeline.core.workspaces.audit import Actor
from content_pipeline.core.workspaces.caller import Caller

PATH: Final = f"{PUBLIC_PATH}/uploads"
# Each asks the object store, and signs links. Without this limit, and with six at a time (OBJECT_STORE), reads of tasks
# beside "links of uploads in parts" took 644 ms (99 %), and take 109; beside "uploads in parts that are dropped" they
# took 95 ms, and take 39 (bench/noisy_neighbor.py, on two slow cores).
LINK_LISTS: Final = VolumeLimit("uploads in parts", "lists of links", most=30, seconds=15)
upload_router = APIRouter(prefix="/uploads", tags=["uploads"], route_class=UploadRoute)
# This router is included before `router`, because routes are matched in order.
multipart_router = APIRouter(prefix="/uploads/multipart", tags=["uploads"], route_class=JsonRoute)
router = APIRouter(prefix="/uploads", tags=["uploads"], route_class=JsonRoute)


@upload_router.post(
    "", status_code=HTTPStatus.CREATED, response_model=UploadView, responses=problems(403, 413, 415, 503)
)
@in_bulkhead()
def upload_file(
    caller: CallerDep,
    idempotent: IdempotentFormDep,
    file: Annotated[UploadFile, File(description="A video, a picture (JPEG, PNG, WebP, AVIF, GIF, HEIC) or sound")],
) -> Response:
    """Upload a video, a picture or sound of your own, to use it by its id.

    It is read and checked before it is kept. Large files are better sent in parts (`POST /uploads/multipart`), which
    can go on after an interruption. A workspace may send 30 forms of `multipart/form-data` in 15 seconds, those of
    captions included.
    """
    path = file_of(file, caller.plan)
    # A file without room is neither examined nor stored.
    with idempotent.trial() as session:
        uploads.check_room(session, caller.plan, caller.workspace_id, path.stat().st_size)
    examined = examine(path, workspace_id=caller.workspace_id, media_seconds=caller.plan.media_seconds)
    upload_id = uuid4()
    key = uploads.file_key(caller.workspace_id, upload_id)
    with stored(path, key, content_type=examined.content_type), idempotent.transaction() as session:
        upload = uploads.create(
            session,
            caller.plan,
            caller.workspace_id,
            upload_id,
            file_name=file.filename or "",
            size=path.stat().st_size,
            examined=examined,
        )
        return idempotent.created(session, UploadView.of(upload), location=f"{PATH}/{upload.id}")


@router.get("")
def list_uploads(
    request: Request,
    response: Response,
    caller: CallerDep,
    kind: UploadKind | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> list[UploadSummary]:
    """List the workspace's uploads, newest first, without links."""
    with autocommit() as session:
        page, next_cursor = uploads.list_page(session, caller.workspace_id, limit=limit, cursor=cursor, kind=kind)
    link_next(request, response, next_cursor)
    return [UploadSummary.model_validate(upload) for upload in page]


@router.get("/{upload_id}", responses=problems(404))
def get_upload(upload_id: UUID, caller: CallerDep) -> UploadView:
    """Get an upload, with a link to its file."""
    with autocommit() as session:
        return UploadView.of(uploads.get(session, caller.workspace_id, upload_id))


@router.delete("/{upload_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404, 409))
@in_bulkhead(OBJECT_STORE)
def delete_upload(upload_id: UUID, caller: CallerDep, change: ChangeDep) -> None:
    """Delete an upload and its file. Refused while a task or a planned post needs it; what was made of it stays."""
    upload_deletion.delete(caller.workspace_id, upload_id, by=change.actor)


@multipart_router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=MultipartView,
    responses=problems(403, 409, 413, 503),
    dependencies=[Depends(LINK_LISTS.count)],
)
@in_bulkhead(OBJECT_STORE)
def begin_multipart_upload(body: MultipartRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Begin an upload in parts: PUT each part to its `url`, at the object store, then complete it.

    After an interruption get the upload for the parts that are missing, and go on. It reserves its size in the plan. At
    most 100 uploads of a workspace may be incomplete. Twice a second it may begin one or get the missing parts.
    """
    _check_space(caller, body.size, missing=body.size)
    # To begin and abort 20 uploads a second at the object store made reads of tasks take 9.7 times as long (99 %;
    # bench/noisy_neighbor.py).
    with idempotent.trial() as session:
        multipart_uploads.check_room(session, caller.plan, caller.workspace_id, body.size)
    upload_id = uuid4()
    key = uploads.file_key(caller.workspace_id, upload_id)
    store_id = s3_multipart.create(key)
    with undone_on_error(partial(s3_multipart.abort, key, store_id)), idempotent.transaction() as session:
        upload = multipart_uploads.create(
            session,
            caller.plan,
            caller.workspace_id,
            upload_id,
            file_name=body.file_name,
            size=body.size,
            store_id=store_id,
        )
        view = MultipartView.with_links(upload, list(multipart_uploads.parts(upload)))
        return idempotent.created(session, view, location=f"{PATH}/multipart/{upload.id}")


@multipart_router.get("")
def list_multipart_uploads(
    request: Request, response: Response, caller: CallerDep, limit: Limit = 50, cursor: Cursor = None
) -> list[MultipartSummary]:
    """List the uploads in parts that are not complete, newest first."""
    with autocommit() as session:
        page, next_cursor = multipart_uploads.list_page(session, caller.workspace_id, limit=limit, cursor=cursor)
    link_next(request, response, next_cursor)
    return [MultipartSummary.of(upload) for upload in page]


@multipart_router.get("/{upload_id}", responses=problems(404, 413, 503), dependencies=[Depends(LINK_LISTS.count)])
@in_bulkhead(OBJECT_STORE)
def get_multipart_upload(upload_id: UUID, caller: CallerDep) -> MultipartView:
    """Get the parts that are missing, with new links."""
    upload = _multipart_upload(caller, upload_id)
    missing = multipart_uploads.missing_parts(upload)
    _check_space(caller, upload.size, missing=sum(part.size for part in missing))
    return MultipartView.with_links(upload, missing)


@multipart_router.post(
    "/{upload_id}/complete",
    status_code=HTTPStatus.CREATED,
    response_model=UploadView,
    responses=problems(403, 404, 409, 413, 415, 503),
)
@in_bulkhead()
def complete_multipart_upload(
    upload_id: UUID, caller: CallerDep, change: ChangeDep, idempotent: IdempotentDep
) -> Response:
    """Complete an upload whose parts have all arrived. Its file is read and checked as every upload is.

    A file that cannot be used is deleted, and the error says why; one that took too long to read is kept. Repeated,
    this answers the same upload.
    """
    examined = _joined_and_examined(caller, upload_id, by=change.actor)
    with idempotent.transaction() as session:
        upload, is_new = multipart_uploads.finish(session, caller.plan, caller.workspace_id, upload_id, examined)
        location = f"{PATH}/{upload.id}"
        return idempotent.created(session, UploadView.of(upload), location=location, is_new=is_new)


def _joined_and_examined(caller: Caller, upload_id: UUID, *, by: Actor) -> Examined | None:
    """What the file of an upload in parts is; None where there is no such upload, because it is complete or unknown.

    Drops one that cannot be used.
    """
    try:
        upload = _multipart_upload(caller, upload_id)
    except NotFound:
        return None
    _check_space(caller, upload.size, missing=0)
    with TEMPORARY_SPACE.reserved(upload.size), tempfile.TemporaryFile() as file:
        try:
            return multipart_uploads.complete(
                upload, Path(f"/dev/fd/{file.fileno()}"), media_seconds=caller.plan.media_seconds
            )
        except (NotMedia, MediaUnusable) as error:
            if error.code == "media_too_complex":  # a busy machine may be at fault: it can be completed again
                raise
            with suppress(NotFound):  # another request has found the same
                upload_deletion.drop(caller.workspace_id, upload_id, by=by)
            raise


@multipart_router.delete("/{upload_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404))
@in_bulkhead(OBJECT_STORE)
def drop_multipart_upload(upload_id: UUID, caller: CallerDep, change: ChangeDep) -> None:
    """Drop an upload in parts that is not complete, with what has arrived of it."""
    upload_deletion.drop(caller.workspace_id, upload_id, by=change.actor)


def _multipart_upload(caller: Caller, upload_id: UUID) -> MultipartUpload:
    with autocommit() as session:
        return multipart_uploads.get(session, caller.workspace_id, upload_id)


def _check_space(caller: Caller, size: int, *, missing: int) -> None:
    """Raises TooLarge beyond the plan, Unavailable `disk_full` where there is no room for a file and its missing bytes.

    The file is written to the temporary files when it is checked; the parts are stored on the same disk where the
    object store is an embedded one.
    """
    if size > caller.plan.upload_bytes:
        raise too_large(caller.plan.upload_bytes)
    TEMPORARY_SPACE.check(size + (missing if settings().embedded else 0))
