"""Captions: transcribes a recording and breaks its words into cues for reading.

The API calls `create`, `get`, `list_page`, `edit`, `document` and `result`; the assets `transcript` and `captions` call
`transcribe` and `compose`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, undefer

from content_pipeline.core.captions import burn_ins, cue_words, reading_speed, stored_cues, text_alignment, translation
from content_pipeline.core.errors import MediaUnusable, PreconditionFailed
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.media import (
    cue_editing,
    cue_segmentation,
    glossary,
    karaoke_captions,
    limits,
    srt_vtt,
    untrusted,
    video,
)
from content_pipeline.core.media.glossary import GlossaryEntry
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.media.limits import LENGTH_TOLERANCE
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.timed_words import Segment, Word
from content_pipeline.core.models import Caption, Task
from content_pipeline.core.settings import settings
from content_pipeline.core.speech.languages import base_language
from content_pipeline.core.speech.recognition import transcription
from content_pipeline.core.speech.recognition.transcription import Transcript
from content_pipeline.core.tasks import deferral, kinds, tasks
from content_pipeline.core.tasks.run_context import RunContext, SwitchLane
from content_pipeline.core.workspaces import workspaces
from content_pipeline.core.workspaces.ownership import owned

KIND: Final = kinds.CAPTION.name
Form = Literal["srt", "vtt", "ass"]
# Share of a task's progress that the captions take when a burn-in follows them.
SHARE_BEFORE_BURN_IN: Final = 0.6
# Share of the captions' progress that their words take when a language model translates them.
SHARE_BEFORE_TRANSLATION: Final = 0.7


def check_usable(media: MediaInfo, media_seconds: int, known_text: str | None = None) -> None:
    """Raises MediaUnusable for a recording that cannot be captioned under a plan's `media_seconds`, and as
    `text_alignment.check_length` does."""
    if not media.has_audio:
        raise MediaUnusable(
            "This video has no sound, so there is nothing to caption.",
            code="no_audio",
            remedy="Send a recording with a sound track.",
        )
    limits.check_allowed(media.seconds, media_seconds)
    if known_text is not None:
        text_alignment.check_length(known_text, media.seconds)


# ── called by the API ────────────────────────────────────────────────────────────────────────────────────


def create_with_task(
    session: Session,
    *,
    workspace_id: UUID,
    source_key: str | None = None,
    source_url: str | None = None,
    media: MediaInfo | None = None,
    language: str,
    burn_in: bool,
    known_text: str | None = None,
    terms: Sequence[GlossaryEntry] = (),
    translate_to: str | None = None,
    remove_fillers: bool = False,
    caption_id: UUID | None = None,
) -> tuple[Caption, Task]:
    """Create a caption and its task, for a stored recording (`source_key`, `media`) or one that is to be copied from
    a URL or the URI of an object (`source_url`, and `media` where it is known).

    `known_text` is timed instead of what is heard; `terms` may be spoken. `translate_to` is a language tag that
    `translation.check_available` has accepted.
    """
    caption = Caption(
        id=caption_id or uuid4(),
        workspace_id=workspace_id,
        source_url=source_url,
        source_key=source_key,
        is_synthetic=source_url is not None and burn_ins.is_synthetic(session, source_url),
        media=media,
        language=language,
        known_text=known_text,
        glossary=tuple(terms),
        translate_to=translate_to,
        remove_fillers=remove_fillers,
        created_at=now(),
    )
    session.add(caption)
    session.flush()
    if burn_in:
        burn_ins.create(session, caption, Style(), with_caption=True)
    task = tasks.create(
        session,
        workspace_id=workspace_id,
        kind=KIND,
        key=str(caption.id),
        # A remote recording counts as short until it is fetched; a long one then switches its lane.
        lane=settings().lane_of(media.seconds) if media else "interactive",
        task_id=f"sync_{caption.id}",
    )
    return caption, task


def get(session: Session, workspace_id: UUID, caption_id: UUID, *, lock: bool = False) -> Caption:
    """Raises NotFound. A locked caption is not changed by a run, or by another edit, before the transaction ends."""
    return owned(session, Caption, workspace_id, caption_id, lock="update" if lock else None)


def list_page(
    session: Session, workspace_id: UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[Caption], str | None]:
    """A page of captions, newest first, without what grows with their length."""
    query = select(Caption).where(Caption.workspace_id == workspace_id, Caption.deleted_at.is_(None))
    query = query.options(defer(Caption.known_text), defer(Caption.glossary))
    return newest_first(session, query, Caption, limit=limit, cursor=cursor)


def edit(caption: Caption, edited: Sequence[tuple[float, float, str]], *, of: str | None = None) -> None:
    """Replace the cues of a locked caption by edited ones, which no run replaces again.

    Unchanged words keep their timings. Raises Unprocessable, Conflict, and PreconditionFailed when the cues are no
    longer of the version `of`.
    """
    if of not in (None, stored_cues.version(caption.segments or ())):
        raise PreconditionFailed(
            "These captions have changed since you read them.",
            code="caption_changed",
            remedy="Get them again, and make your edits there.",
        )
    made = cue_editing.apply_edits(
        stored_cues.segments(caption), edited, language=caption.text_language, duration=_media(caption).seconds
    )
    caption.segments = tuple(made)
    caption.edited_at = now()


def document(caption: Caption, form: Form) -> str:
    """The captions as text of a subtitle format; ASS is laid out for the recording's frame, and highlights each word.

    Raises Conflict.
    """
    found = stored_cues.segments(caption)
    if form == "srt":
        return srt_vtt.srt(found)
    if form == "vtt":
        return srt_vtt.vtt(found)
    width, height = video.frame_size(_media(caption))
    return karaoke_captions.ass_subtitles(
        found, width=width, height=height, style=Style("karaoke"), language=caption.text_language
    )


def results(session: Session, done: Sequence[Task]) -> Mapping[str, kinds.CaptionResult]:
    """The results of finished tasks, by their keys."""
    answers: dict[str, kinds.CaptionResult] = {task.key: {"caption_id": task.key} for task in done}
    for burned in burn_ins.with_captions(session, [UUID(key) for key in answers]):
        answers[str(burned.caption_id)]["output_url"] = burn_ins.result(burned)["output_url"]
    return answers


# ── called by the assets ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Transcribed:
    """The words of a recording and its language, None where nothing is heard; its probability where it was detected.

    `heard_now` is false where the row's words were left as they are: a person has edited its cues (`edited`), or their
    translation is not finished.
    """

    words: tuple[Word, ...]
    language: str | None
    language_probability: float | None
    seconds: float
    edited: bool
    heard_now: bool


def transcribe(run: RunContext, key: str) -> Transcribed:
    """Fetch a remote recording, transcribe it and store its words, or those of the known text with the times at which
    they are heard.

    Those of edited captions are left as they are, and those whose translation was interrupted. Raises SwitchLane when
    its length needs another, and as `text_alignment.align` does.
    """
    with run.folder() as folder:
        source = folder / "source"
        with run.write() as session:
            caption = _with_words(session, key)
            share = _share(session, caption)
        if caption.edited_at or caption.translated is not None:
            return _transcribed(caption, heard_now=False)
        is_by_model = caption.translate_to is not None and not translation.is_by_whisper(caption.translate_to)
        if caption.source_key is None:
            media = _fetch(run, caption, source)
        else:
            storage.fetch_large(caption.source_key, source)
            media = _media(caption)
        run.check_lane(media.seconds)
        transcript = transcription.transcribe(
            source,
            language=caption.language,
            threads=settings().whisper_threads(run.lane),
            on_progress=lambda seconds: run.progress(
                share * (SHARE_BEFORE_TRANSLATION if is_by_model else 1) * seconds / media.seconds
            ),
            max_seconds=media.seconds + LENGTH_TOLERANCE,
            vocabulary=[entry.term for entry in caption.glossary],
            into_english=translation.is_by_whisper(caption.translate_to) and base_language(caption.language) != "en",
        )
        words = _corrected(caption, transcript, source)
    with run.write() as session:
        caption = _locked(session, key)
        if caption.edited_at is None:
            caption.words = words
            caption.translated = () if is_by_model else None
            caption.spoken_language = transcript.language
            caption.language_probability = transcript.language_probability
        return _transcribed(caption, heard_now=caption.edited_at is None)


def _share(session: Session, caption: Caption) -> float:
    """The share of the task's progress that the captions take."""
    return SHARE_BEFORE_BURN_IN if burn_ins.with_caption(session, caption.id) else 1.0


def _corrected(caption: Caption, transcript: Transcript, source: Path) -> tuple[Word, ...]:
    """The words that are heard with the terms of the glossary, or in their place those of the known text."""
    heard = replace(transcript, words=glossary.correct(transcript.words, caption.glossary))
    if caption.known_text is None:
        return heard.words
    words = text_alignment.align(caption.known_text, heard)
    return tuple(transcription.snap_words(words, source, language=caption.language, max_seconds=transcript.seconds))


def _transcribed(caption: Caption, *, heard_now: bool) -> Transcribed:
    assert caption.words is not None
    return Transcribed(
        caption.words,
        caption.spoken_language,
        caption.language_probability,
        _media(caption).seconds,
        edited=caption.edited_at is not None,
        heard_now=heard_now,
    )


def _with_words(session: Session, key: str) -> Caption:
    """The row with its words and translated cues, for use after the session."""
    return session.get_one(Caption, UUID(key), options=[undefer(Caption.words), undefer(Caption.translated)])


def _locked(session: Session, key: str) -> Caption:
    """The row, which no edit changes before the transaction ends."""
    return session.get_one(Caption, UUID(key), with_for_update=True)


@dataclass(frozen=True)
class Composed:
    """The cues of a recording, with the language they are in and its length in seconds.

    `fillers` is how many words were removed as such. `edited`: they are a person's, and were left as they are.
    """

    segments: tuple[Segment, ...]
    language: str
    seconds: float
    fillers: int
    edited: bool


def compose(run: RunContext, key: str) -> Composed:
    """Make cues of the row's words, translate them where that was requested and Whisper has not; then end the task, or
    switch it to the burn-in that was requested with it.

    Edited cues are left as they are, also those that were edited meanwhile. Raises what `translation.translate` raises,
    and SwitchLane: a translation waits for another server, so it goes on in the io lane.
    """
    with run.write() as session:
        caption = _with_words(session, key)
        share = _share(session, caption)
    assert caption.words is not None
    seconds = _media(caption).seconds
    # Outside of a transaction, whose lock delays the heartbeat: the words of four hours take 2 s of an idle core.
    language, words = cue_words.prepare(caption)
    made = tuple(cue_segmentation.segment(words, language=language, duration=seconds))
    if made and not caption.edited_at and language != caption.text_language:
        if run.task_id and run.lane != "io":
            raise SwitchLane("io")
        made = _translate(run, caption, made, source=language, share=share)
        made = reading_speed.make_readable(made, language=caption.text_language, duration=seconds)
    with run.write() as session:
        caption = _locked(session, key)
        if caption.edited_at is None:
            caption.segments = made
        caption.translated = None
        if run.task_id:
            _end(session, run.task_id, caption)
        return Composed(
            stored_cues.segments(caption),
            caption.text_language,
            seconds,
            fillers=len(caption.words or ()) - len(words),
            edited=caption.edited_at is not None,
        )


def _translate(
    run: RunContext, caption: Caption, cues: tuple[Segment, ...], *, source: str, share: float
) -> tuple[Segment, ...]:
    """The translated cues. Each batch is stored, so that a run after an error goes on where this one ended."""
    assert caption.translate_to
    translated: tuple[Segment, ...] = ()
    for translated in translation.translate(
        cues, source=source, target=caption.translate_to, done=caption.translated or ()
    ):
        with run.write() as session:
            session.get_one(Caption, caption.id).translated = translated
        finished = len(translated) / len(cues)
        run.progress(share * (SHARE_BEFORE_TRANSLATION + (1 - SHARE_BEFORE_TRANSLATION) * finished))
    return translated


def _end(session: Session, task_id: str, caption: Caption) -> None:
    burned = burn_ins.with_caption(session, caption.id)
    if burned is None:
        tasks.finish(session, task_id)
        return
    tasks.set_progress(session, task_id, SHARE_BEFORE_BURN_IN)
    deferral.switch_subject(
        session, task_id, kind=burn_ins.KIND, key=str(burned.id), lane=settings().lane_of(_media(caption).seconds)
    )


def _fetch(run: RunContext, caption: Caption, source: Path) -> MediaInfo:
    """Copy the recording from where it is named: captions keep one of their own."""
    assert caption.source_url
    with run.write() as session:
        plan = workspaces.plan_of(session, caption.workspace_id)
    run.fetch(caption.source_url, source, max_bytes=plan.upload_bytes)
    media = untrusted.probe(source)
    check_usable(media, plan.media_seconds, caption.known_text)
    object_key = source_key(caption.workspace_id, caption.id)
    storage.put(object_key, source, content_type="application/octet-stream")
    with run.write() as session:
        caption = session.get_one(Caption, caption.id)
        caption.source_key = object_key
        caption.media = media
    return media


def source_key(workspace_id: UUID, caption_id: UUID) -> str:
    """The object key of a caption's recording."""
    return f"{burn_ins.folder_of(workspace_id, caption_id)}source"


def _media(caption: Caption) -> MediaInfo:
    assert caption.media
    return caption.media
