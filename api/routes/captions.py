"""Captions: transcribes a recording to SRT, VTT, ASS and editable segments; burns them into a video."""

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, Header, Request, Response, UploadFile
from sqlalchemy.orm import Session

from api import uploads
from api.body_limits import too_large
from api.bulkhead import in_bulkhead
from api.deps import CallerDep, Cursor, Limit
from api.idempotency import IdempotentDep, IdempotentFormDep, IdempotentRequest
from api.json_routes import JsonRoute, LargeJsonRoute
from api.pagination import link_next
from api.schemas.captions import BurnInRequest, CaptionAccepted, CaptionEdit, CaptionSummary, CaptionView
from api.schemas.problems import problems
from api.schemas.tasks import TaskAccepted
from api.upload_routes import UploadRoute
from content_pipeline.core.captions import burn_ins, captions
from content_pipeline.core.database import autocommit, transaction
from content_pipeline.core.errors import Invalid
from content_pipeline.core.media import limits
from content_pipeline.core.models import Caption, Task
from content_pipeline.core.net import safe_fetch
from content_pipeline.core.providers import languages
from content_pipeline.core.tasks import dagster_client, tasks
from content_pipeline.core.workspaces.workspaces import Caller

router = APIRouter(prefix="/captions", tags=["captions"], route_class=JsonRoute)
_MEDIA_TYPES: Final = {"srt": "application/x-subrip", "vtt": "text/vtt", "ass": "text/x-ssa"}

_LIMITS: Final = (
    f"At most {limits.MAX_PIXELS // 1_000_000} million pixels a frame, {limits.MAX_FRAME_RATE:,} frames a second, "
    f"{limits.MIN_SAMPLE_RATE // 1000} to {limits.MAX_SAMPLE_RATE // 1000} kHz, {limits.MAX_CHANNELS} channels and "
    f"{limits.MAX_STREAMS} streams"
)

upload_router = APIRouter(prefix="/captions", tags=["captions"], route_class=UploadRoute)
large_router = APIRouter(prefix="/captions", tags=["captions"], route_class=LargeJsonRoute)


@upload_router.post(
    "/generate", status_code=HTTPStatus.ACCEPTED, response_model=CaptionAccepted, responses=problems(413, 415, 503)
)
@in_bulkhead()
def generate(
    caller: CallerDep,
    idempotent: IdempotentFormDep,
    reel_url: Annotated[
        str | None, Form(max_length=4096, description=f"URL of a video or recording. {_LIMITS}")
    ] = None,
    audio_file: Annotated[UploadFile | None, File(description=f"The video or recording. {_LIMITS}")] = None,
    language: Annotated[
        str,
        Form(
            max_length=35,
            description="A language tag, or `auto`: found out by listening. `zh-Hans`, `zh-CN`, `zh-Hant` and `zh-TW` "
            "set the characters too",
        ),
    ] = "auto",
    burn_in: Annotated[bool, Form(description="Also burn the captions into the video")] = False,
) -> Response:
    """Generate captions for a recording: exactly one of `audio_file` and `reel_url`."""
    languages.whisper_language(language)  # raises for an unsupported language
    if audio_file and reel_url:
        raise Invalid(
            "The request has two sources.", code="source_ambiguous", remedy="Send audio_file or reel_url, not both."
        )
    if audio_file:
        task, response = _accept_upload(idempotent, caller, audio_file, language, burn_in)
    elif reel_url:
        safe_fetch.check_url(reel_url)
        with idempotent.transaction() as session:
            caption, task = captions.create_with_task(
                session, workspace_id=caller.workspace_id, source_url=reel_url, language=language, burn_in=burn_in
            )
            response = idempotent.task_accepted(session, _accepted(caption, task), task_id=task.id)
    else:
        raise Invalid(
            "The request has no source.",
            code="source_missing",
            remedy="Send one of audio_file and reel_url, as form fields (multipart/form-data), not as JSON.",
        )
    dagster_client.launch_runs(task)
    return response


def _accept_upload(
    idempotent: IdempotentRequest, caller: Caller, upload: UploadFile, language: str, burn_in: bool
) -> tuple[Task, Response]:
    if (upload.size or 0) > caller.plan.upload_bytes:
        raise too_large(caller.plan.upload_bytes)
    media = uploads.probe_upload(upload, caller.workspace_id)
    captions.check_usable(media, caller.plan.media_seconds)
    caption_id = uuid4()
    key = captions.source_key(caller.workspace_id, caption_id)
    # Stored before the transaction begins: it must not stay open during the upload.
    with uploads.stored(upload, key), idempotent.transaction() as session:
        caption, task = captions.create_with_task(
            session,
            workspace_id=caller.workspace_id,
            caption_id=caption_id,
            source_key=key,
            media=media,
            language=language,
            burn_in=burn_in,
        )
        return task, idempotent.task_accepted(session, _accepted(caption, task), task_id=task.id)


def _accepted(caption: Caption, task: Task) -> CaptionAccepted:
    return CaptionAccepted(caption_id=caption.id, task_id=task.id, status=tasks.wire_status(task))


@router.get("")
def list_captions(
    request: Request, response: Response, caller: CallerDep, limit: Limit = 50, cursor: Cursor = None
) -> list[CaptionSummary]:
    """List the workspace's captions, newest first, without their text."""
    with autocommit() as session:
        page, next_cursor = captions.list_page(session, caller.workspace_id, limit=limit, cursor=cursor)
        newest = tasks.newest_of(session, captions.KIND, [str(caption.id) for caption in page])
        summaries = [CaptionSummary.of(caption, newest[str(caption.id)]) for caption in page]
    link_next(request, response, next_cursor)
    return summaries


@router.get(
    "/{caption_id}.{form}",
    response_class=Response,
    responses={200: {"content": {media_type: {} for media_type in _MEDIA_TYPES.values()}}, **problems(404, 409)},
)
def get_file(caption_id: UUID, form: captions.Form, caller: CallerDep) -> Response:
    """Download the captions as a file."""
    with transaction() as session:
        text = captions.document(captions.get(session, caller.workspace_id, caption_id), form)
    disposition = f'attachment; filename="captions.{form}"'
    return Response(text, media_type=_MEDIA_TYPES[form], headers={"Content-Disposition": disposition})


@router.get("/{caption_id}", responses=problems(404))
def get_captions(caption_id: UUID, caller: CallerDep, response: Response) -> CaptionView:
    """Get captions; their text and words are null until `status` is `done`. `ETag` is the version to edit."""
    with autocommit() as session:
        return _view(session, captions.get(session, caller.workspace_id, caption_id), response)


@large_router.patch("/{caption_id}", responses=problems(404, 409, 412))
def edit_captions(
    caption_id: UUID,
    body: CaptionEdit,
    caller: CallerDep,
    response: Response,
    if_match: Annotated[
        str | None, Header(description="The ETag of the captions that were edited: 412 if others were stored since")
    ] = None,
) -> CaptionView:
    """Replace the segments. SRT, VTT, ASS and later burn-ins use them; unchanged words keep their timing.

    Nothing but another edit changes them again.
    """
    version = if_match.removeprefix("W/").strip('"') if if_match and if_match != "*" else None
    with transaction() as session:
        caption = captions.get(session, caller.workspace_id, caption_id, lock=True)
        captions.edit(caption, [(cue.start, cue.end, cue.text) for cue in body.segments], of=version)
        return _view(session, caption, response)


def _view(session: Session, caption: Caption, response: Response) -> CaptionView:
    response.headers["ETag"] = f'"{captions.version(caption)}"'
    return CaptionView.of(caption, tasks.newest(session, captions.KIND, str(caption.id)))


@router.post(
    "/{caption_id}/burn-in",
    status_code=HTTPStatus.ACCEPTED,
    response_model=TaskAccepted,
    responses=problems(404, 409),
)
def burn_in(caption_id: UUID, body: BurnInRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Burn finished captions into their video. Poll the task; `result.output_url` is the video."""
    with idempotent.transaction() as session:
        caption = captions.get(session, caller.workspace_id, caption_id)
        _, task = burn_ins.create_with_task(session, caption, body.to_style())
        response = idempotent.task_accepted(
            session, TaskAccepted(task_id=task.id, status=tasks.wire_status(task)), task_id=task.id
        )
    dagster_client.launch_runs(task)
    return response
