"""Captions: transcribes a recording, or times its known text, as SRT, VTT, ASS and segments; burns them in."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, BackgroundTasks, Depends, File, Form, Header, Request, Response, UploadFile
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from api import uploads
from api.audit import ChangeDep
from api.background_tasks import launch_runs
from api.deletion import finish_deletion
from api.deps import CallerDep, Cursor, Limit
from api.idempotency import IdempotentDep, IdempotentFormDep, IdempotentRequest
from api.json_routes import JsonRoute, LargeJsonRoute
from api.limits.concurrency.bulkhead import in_bulkhead
from api.limits.concurrency.concurrency_limit import client_of
from api.limits.volume_limits import VolumeLimit
from api.pagination import link_next
from api.schemas.captions import BurnInRequest, CaptionAccepted, CaptionEdit, CaptionSummary, CaptionView, captions_json
from api.schemas.glossary import Vocabulary
from api.schemas.problems import problems
from api.schemas.sources import AVATAR_JOB_ID, CAPTION_ID, MAX_URL, REEL_ID, UPLOAD_ID, URL
from api.schemas.tasks import TaskAccepted
from api.upload_routes import UploadRoute
from content_pipeline.core.captions import burn_ins, captions, stored_cues, text_alignment, translation
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.database import autocommit, transaction
from content_pipeline.core.library import sources
from content_pipeline.core.library.sources import SourceIds
from content_pipeline.core.media import glossary, limits, untrusted
from content_pipeline.core.media.timed_words import Segment
from content_pipeline.core.models import Caption, Task, Twin
from content_pipeline.core.operations.maintenance import deletion
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import languages
from content_pipeline.core.speech.recognition import whisper_models
from content_pipeline.core.tasks import tasks
from content_pipeline.core.twins import twins
from content_pipeline.core.workspaces.caller import Caller
from content_pipeline.core.workspaces.ownership import owned

router = APIRouter(prefix="/captions", tags=["captions"], route_class=JsonRoute)
# Those of four hours of speech compute for 0.6 s. Without this limit, reads of tasks beside "reads of long captions"
# and "long captions as files" took 85 ms (99 %), and take 41 and 54 (bench/noisy_neighbor.py).
READ_VOLUME: Final = VolumeLimit("captions read or edited", "seconds", most=86_400)
# The form of a language tag (RFC 5646).
_TAG: Final = re.compile("[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_MEDIA_TYPES: Final = {"srt": "application/x-subrip", "vtt": "text/vtt", "ass": "text/x-ssa"}

# An hour of fast speech has this many characters. A field of a form is held in memory (api/main.py).
MAX_TEXT_CHARACTERS: Final = 80_000

_LIMITS: Final = (
    f"At most {limits.MAX_PIXELS // 1_000_000} million pixels a frame, {limits.MAX_FRAME_RATE:,} frames a second, "
    f"{limits.MIN_SAMPLE_RATE // 1000} to {limits.MAX_SAMPLE_RATE // 1000} kHz, {limits.MAX_CHANNELS} channels and "
    f"{limits.MAX_STREAMS} streams"
)

upload_router = APIRouter(prefix="/captions", tags=["captions"], route_class=UploadRoute)
large_router = APIRouter(prefix="/captions", tags=["captions"], route_class=LargeJsonRoute)


@dataclass(frozen=True)
class CaptionForm:
    """What both ways to request captions take: a source, and options."""

    audio_file: UploadFile | None
    source_ids: SourceIds
    language: str
    burn_in: bool
    vocabulary: list[str]
    twin_id: UUID | None


async def _source_ids(
    reel_url: Annotated[str | None, Form(max_length=MAX_URL, description=f"{URL}. {_LIMITS}")] = None,
    reel_id: Annotated[UUID | None, Form(description=REEL_ID)] = None,
    avatar_job_id: Annotated[UUID | None, Form(description=AVATAR_JOB_ID)] = None,
    caption_id: Annotated[UUID | None, Form(description=CAPTION_ID)] = None,
    upload_id: Annotated[UUID | None, Form(description=UPLOAD_ID)] = None,
) -> SourceIds:
    return SourceIds(
        reel_url=reel_url,
        reel_id=reel_id,
        avatar_job_id=avatar_job_id,
        caption_id=caption_id,
        upload_id=upload_id,
    )


async def _caption_form(
    source_ids: Annotated[SourceIds, Depends(_source_ids)],
    vocabulary: Annotated[
        Vocabulary,
        Form(
            default_factory=list,
            description="Up to 50 names and terms that may be spoken, separated by commas, to be heard right",
        ),
    ],
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
    twin_id: Annotated[
        UUID | None,
        Form(description="A twin whose glossary is used: its terms are heard right, and replace what it lists"),
    ] = None,
) -> CaptionForm:
    """The fields of the form. Raises Invalid for an unsupported language, and unless there is exactly one source."""
    whisper_models.check_hears(settings().whisper_model, languages.whisper_language(language))
    given = source_ids.given()
    if audio_file and given:
        raise Invalid(
            f"The request has several sources: audio_file, {', '.join(given)}.",
            code="source_ambiguous",
            remedy="Send one of them.",
        )
    if not (audio_file or given):
        raise Invalid(
            "The request has no source.",
            code="source_missing",
            remedy="Send one of audio_file, reel_url, reel_id, avatar_job_id, caption_id and upload_id, as form fields "
            "(multipart/form-data), not as JSON.",
        )
    return CaptionForm(audio_file, source_ids, language, burn_in, vocabulary, twin_id)


CaptionFormDep = Annotated[CaptionForm, Depends(_caption_form)]


@upload_router.post(
    "/generate",
    status_code=HTTPStatus.ACCEPTED,
    response_model=CaptionAccepted,
    responses=problems(404, 409, 413, 415, 503),
)
@in_bulkhead()
def generate(
    caller: CallerDep,
    idempotent: IdempotentFormDep,
    form: CaptionFormDep,
    translate_to: Annotated[
        str | None,
        Form(
            max_length=35,
            description="A language tag: the captions are in this language. The speech model translates into English, "
            "a language model into others (400 `translation_unavailable` where there is none). The cues keep their "
            "times, each text is made short enough to be read in its own, and the words share the time of what they "
            "translate. Files and burn-ins show the translation",
            examples=["pt-BR"],
        ),
    ] = None,
    remove_fillers: Annotated[
        bool,
        Form(
            description="Leave out hesitations (um, äh, euh, えーと, 嗯), stuttered words (I I I think), and in "
            'English "you know" and "I mean" between commas. The sound is not cut. Words that mean something stay, and '
            "so do the fillers of a recording that has nothing else"
        ),
    ] = False,
) -> Response:
    """Generate captions for a recording: `audio_file`, or what was made or uploaded here, or a link."""
    if translate_to:
        translation.check_available(translate_to, source=form.language)
    return _accept(caller, idempotent, form, translate_to=translate_to or None, remove_fillers=remove_fillers)


@upload_router.post(
    "/align",
    status_code=HTTPStatus.ACCEPTED,
    response_model=CaptionAccepted,
    responses=problems(404, 409, 413, 415, 503),
)
@in_bulkhead()
def align(
    caller: CallerDep,
    idempotent: IdempotentFormDep,
    form: CaptionFormDep,
    text: Annotated[
        str,
        Form(
            max_length=MAX_TEXT_CHARACTERS,
            description="The words that are spoken in the recording: at most 50 characters for each of its seconds, "
            "and 80,000 bytes",
        ),
    ],
) -> Response:
    """Time the known text of a recording: captions with exactly its words, spelling and punctuation.

    The task ends with the error `text_mismatch` where the text, or a passage of it, is not what is heard.
    """
    return _accept(caller, idempotent, form, known_text=text_alignment.valid_text(text))


def _accept(caller: Caller, idempotent: IdempotentRequest, form: CaptionForm, **options: Any) -> Response:
    """`options` are those of `captions.create_with_task` that one of the ways has."""
    if form.audio_file:
        task, response = _accept_upload(caller, idempotent, form.audio_file, form, options)
    else:
        with idempotent.transaction() as session:
            source = sources.resolve(session, caller.workspace_id, form.source_ids, kinds=sources.SPEECH)
            if media := source.media:
                captions.check_usable(media, caller.plan.media_seconds, options.get("known_text"))
            task, response = _create(
                session, caller, idempotent, form, source_url=source.location, media=media, **options
            )
    response.background = BackgroundTask(launch_runs, task)
    return response


def _accept_upload(
    caller: Caller, idempotent: IdempotentRequest, upload: UploadFile, form: CaptionForm, options: dict[str, Any]
) -> tuple[Task, Response]:
    file = uploads.file_of(upload, caller.plan)
    # What is refused is neither examined nor stored.
    with idempotent.trial() as session:
        _twin(session, caller, form)
    media = untrusted.probe(file, caller.workspace_id)
    captions.check_usable(media, caller.plan.media_seconds, options.get("known_text"))
    caption_id = uuid4()
    key = captions.source_key(caller.workspace_id, caption_id)
    # The recording is stored before the transaction begins, which must not stay open during the upload.
    with uploads.stored(file, key), idempotent.transaction() as session:
        return _create(session, caller, idempotent, form, caption_id=caption_id, source_key=key, media=media, **options)


def _create(
    session: Session, caller: Caller, idempotent: IdempotentRequest, form: CaptionForm, **options: Any
) -> tuple[Task, Response]:
    twin = _twin(session, caller, form)
    caption, task = captions.create_with_task(
        session,
        workspace_id=caller.workspace_id,
        language=form.language,
        burn_in=form.burn_in,
        terms=glossary.with_vocabulary(twin.glossary if twin else (), form.vocabulary),
        **options,
    )
    return task, idempotent.task_accepted(session, _accepted(caption, task), task_id=task.id)


def _twin(session: Session, caller: Caller, form: CaptionForm) -> Twin | None:
    return twins.get(session, caller.workspace_id, form.twin_id) if form.twin_id else None


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


def _read_cost(caption_id: UUID, caller: CallerDep) -> int:
    with autocommit() as session:
        return math.ceil(stored_cues.read_cost(session, caller.workspace_id, caption_id))


async def _count_read(request: Request, seconds: Annotated[int, Depends(_read_cost)]) -> None:
    """Raises TooManyRequests. Captions that are not ready do not count: some clients poll them."""
    if seconds:
        await READ_VOLUME.take(client_of(request), min(seconds, READ_VOLUME.most))


@router.get(
    "/{caption_id}.{form}",
    response_class=Response,
    responses={
        200: {"content": {media_type: {"schema": {"type": "string"}} for media_type in _MEDIA_TYPES.values()}},
        **problems(404, 409),
    },
    dependencies=[Depends(_count_read)],
)
def get_file(caption_id: UUID, form: captions.Form, caller: CallerDep) -> Response:
    """Download the captions as a file."""
    with transaction() as session:
        caption = captions.get(session, caller.workspace_id, caption_id)
        text = captions.document(caption, form)
    headers = {"Content-Disposition": f'attachment; filename="captions.{form}"'}
    if _TAG.fullmatch(caption.text_language):  # of a client's tag, only the beginning is looked at
        headers["Content-Language"] = caption.text_language
    return Response(text, media_type=_MEDIA_TYPES[form], headers=headers)


@router.get("/{caption_id}", response_model=CaptionView, responses=problems(404), dependencies=[Depends(_count_read)])
def get_captions(caption_id: UUID, caller: CallerDep) -> Response:
    """Get captions; their text and words are null until `status` is `done`. `ETag` is the version to edit.

    Reads count by the length of the speech, a day's a minute. Poll the task, not this.
    """
    with transaction() as session:
        caption = captions.get(session, caller.workspace_id, caption_id)
        cues, task = caption.segments, tasks.newest(session, captions.KIND, str(caption.id))
    return _answer(caption, task, cues)


@large_router.patch(
    "/{caption_id}",
    response_model=CaptionView,
    responses=problems(404, 409, 412),
    dependencies=[Depends(_count_read)],
)
def edit_captions(
    caption_id: UUID,
    body: CaptionEdit,
    caller: CallerDep,
    change: ChangeDep,
    if_match: Annotated[
        str | None, Header(description="The ETag of the captions that were edited: 412 if others were stored since")
    ] = None,
) -> Response:
    """Replace the segments. SRT, VTT, ASS and later burn-ins use them; unchanged words keep their timing.

    Nothing but another edit changes them again.
    """
    segments = [(segment.start, segment.end, segment.text) for segment in body.validated_segments()]
    version = if_match.removeprefix("W/").strip('"') if if_match and if_match != "*" else None
    with change.transaction() as session:
        caption = captions.get(session, caller.workspace_id, caption_id, lock=True)
        captions.edit(caption, segments, of=version)
        cues, task = caption.segments, tasks.newest(session, captions.KIND, str(caption.id))
    return _answer(caption, task, cues)


def _answer(caption: Caption, task: Task, cues: Sequence[Segment] | None) -> Response:
    headers = {"ETag": f'"{stored_cues.version(cues or ())}"'}
    return Response(captions_json(caption, task, cues), media_type="application/json", headers=headers)


@router.delete("/{caption_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404, 409))
@in_bulkhead()
def delete_captions(caption_id: UUID, caller: CallerDep, change: ChangeDep, background: BackgroundTasks) -> None:
    """Delete captions with their recording and all burn-ins; work on them is canceled.

    409 `in_use` while a planned item, an open post or a twin's defaults name them, or an open task needs a video
    with them.
    """
    with change.transaction() as session:
        deleted = deletion.delete_caption(session, caller.workspace_id, caption_id)
    finish_deletion(deleted, background)


@router.post(
    "/{caption_id}/burn-in",
    status_code=HTTPStatus.ACCEPTED,
    response_model=TaskAccepted,
    responses=problems(404, 409),
)
@in_bulkhead()
def burn_in(caption_id: UUID, body: BurnInRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Burn finished captions into the video that they were made from, or into another one that you name.

    Poll the task; `result.output_url` is the video.
    """
    with idempotent.transaction() as session:
        # Shared: it keeps them from deletion, and two requests that burn each other's captions in do not deadlock.
        caption = owned(session, Caption, caller.workspace_id, caption_id, lock="share")
        ids = body.source_ids()
        source = sources.resolve(session, caller.workspace_id, ids, kinds=sources.SPEECH) if ids.given() else None
        source_url = source.location if source else None
        _, task = burn_ins.create_with_task(session, caption, body.to_style(), source_url=source_url)
        response = idempotent.task_accepted(
            session, TaskAccepted(task_id=task.id, status=tasks.wire_status(task)), task_id=task.id
        )
    response.background = BackgroundTask(launch_runs, task)
    return response
