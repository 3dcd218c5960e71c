"""Renders an avatar video at HeyGen: submitted once, waited for without a worker, copied into the bucket, captioned.

Write-ahead intent: `submitting_at` is stored before the call, and cleared only when the call provably did not happen.
HeyGen charges every video that it accepts and does not honor idempotency keys, so a submission whose answer was lost
is looked for by its title before it is sent again.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from content_pipeline.core.avatars import avatar_catalog, avatar_videos, heygen, heygen_captions
from content_pipeline.core.avatars.avatar_videos import Rendered
from content_pipeline.core.avatars.heygen import SubmissionUnknown, VideoStatus, Voice
from content_pipeline.core.errors import Conflict, Error, NotFound, Unavailable, UpstreamError
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.media import video
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.models import AvatarVideo
from content_pipeline.core.settings import settings
from content_pipeline.core.speech.markdown import strip_markdown
from content_pipeline.core.speech.term_pronunciation import respell
from content_pipeline.core.tasks.run_context import RunContext, Suspend, SwitchLane
from content_pipeline.core.workspaces import workspaces

# A submission may take effect as long as its request may last; before that, not finding it proves nothing.
SETTLED: Final = timedelta(seconds=heygen.SUBMIT_SECONDS + 10)
_FIRST_POLL: Final = timedelta(seconds=10)
# HeyGen renders ten videos at once, so the last of a hundred waits there for two hours. The deadline is that of the
# render, but no video waits for ever.
LONGEST_QUEUE: Final = timedelta(days=1)
# The video before captions are burned in.
COPY: Final = "heygen.mp4"


def submit(run: RunContext, key: str) -> AvatarVideo:
    """Submit the video, unless it was submitted before. Returns its row.

    Raises Conflict `not_asked` for a run without a task; Unavailable, to be repeated, while it is not known whether an
    earlier submission took effect; and what the client raises for a submission that HeyGen refuses.
    """
    row = _read(run, key)
    if row.external_id:
        return row
    if run.task_id is None:
        raise Conflict(
            "This video is not at HeyGen, and a run without a task submits nothing: each submission costs money.",
            code="not_asked",
            remedy="Retry its task: with `content-pipeline tasks retry ID`, the job `retry_task`, or through the API.",
        )
    if row.submitting_at:
        external_id = heygen.find(_submission(row))
        if external_id is None and now() < row.submitting_at + SETTLED:
            raise _unknown(row)
    else:
        external_id = None
    if external_id is None:
        voice = heygen.choose_voice(row.voice_id, row.script)
        row = _save(
            run,
            key,
            spoken_voice=voice.id,
            language=avatar_catalog.spoken_language(voice, row.script),
            submissions=row.submissions + 1,
            submitting_at=now(),
        )
        external_id = _call(run, row, voice)
    return _save(
        run,
        key,
        external_id=external_id,
        engine=settings().heygen_engine,
        submitted_at=row.submitting_at,
        submitting_at=None,
        poll_at=now() + _FIRST_POLL,
        polls=0,
        waits_until=deadline(),
    )


def _call(run: RunContext, row: AvatarVideo, voice: Voice) -> str:
    assert row.language
    try:
        return heygen.submit(
            render_id=_submission(row),
            script=respell(strip_markdown(row.script), row.language, row.glossary),
            avatar_id=row.avatar_id,
            voice_id=voice.id,
            speed=row.speed,
            background_url=storage.public_url(row.background_url) if row.background_url else None,
        )
    except SubmissionUnknown as error:
        raise _unknown(row) from error
    except Error:  # HeyGen refused it
        _save(run, str(row.id), submitting_at=None)
        raise


def _submission(row: AvatarVideo) -> str:
    """The name of the present submission at HeyGen: a video that failed there is submitted under another."""
    return f"{row.id}-{row.submissions}"


def _unknown(row: AvatarVideo) -> Unavailable:
    assert row.submitting_at
    left = row.submitting_at + SETTLED - now()
    return Unavailable(
        "HeyGen's answer was lost; whether it took the video is not known yet.",
        code="avatar_submission_unknown",
        remedy="Nothing to do: it is looked for before it is sent again.",
        retry_after=max(5.0, left.total_seconds()),
    )


def collect(run: RunContext, key: str, folder: Path) -> Rendered:
    """Copy the finished video into the bucket, burn in its captions, and finish the task.

    Raises Suspend while HeyGen renders or has the video in its queue, UpstreamError when it failed there or took longer
    than the deadline, SwitchLane for captions, Conflict for a video that was not submitted, and as
    `avatar_videos.inspect` and `finish` do.
    """
    row = _read(run, key)
    if row.external_id is None:
        raise Conflict("This was not submitted yet.", code="not_submitted", remedy="Materialize `avatar_submission`.")
    source, output = folder / video.SOURCE, folder / video.OUTPUT
    copy_key = avatar_videos.object_key(row, COPY)
    inspected = _copy(run, row, source, copy_key)
    if not row.captions:
        media = inspected or avatar_videos.inspect(source)
        return avatar_videos.finish(run, row, source, media, stored_key=copy_key)
    if run.task_id and run.lane == "io":
        raise SwitchLane("media")
    heygen_captions.burn_in(run, row, folder)
    return avatar_videos.finish(run, row, output, avatar_videos.inspect(output))


def _copy(run: RunContext, row: AvatarVideo, target: Path, copy_key: str) -> MediaInfo | None:
    """Write the video as HeyGen made it to `target`, and return what it is. None for one from the bucket, where an
    earlier run has copied it."""
    try:
        storage.fetch_large(copy_key, target)
        return None
    except NotFound:
        status = _finished(run, row)
        _download(run, row, status, target)
        media = avatar_videos.inspect(target)  # before it is stored: a retry would meet the same file again
        storage.put(copy_key, target, content_type="video/mp4")
        _save(run, str(row.id), narration_seconds=status.duration_seconds, poll_at=None)
        return media


def _finished(run: RunContext, row: AvatarVideo) -> VideoStatus:
    """The status of a video that can be downloaded. Raises as `collect` does."""
    key = str(row.id)
    assert row.external_id
    status = heygen.get(row.external_id)
    assert row.waits_until
    is_late = now() >= row.waits_until
    if status.state == "failed" or (status.state == "missing" and is_late):
        _save(run, key, external_id=None, poll_at=None)  # a retry submits it anew
        raise heygen.failure(status)
    if status.video_url is None:
        waits_until = row.waits_until
        if is_late:
            if status.state != "waiting" or now() >= row.created_at + LONGEST_QUEUE:
                raise _too_slow()
            waits_until = deadline()
        _save(run, key, poll_at=now() + _FIRST_POLL, polls=0, waits_until=waits_until)
        raise Suspend(waits_until)
    return status


def deadline() -> datetime:
    """When a render that begins now is given up."""
    return now() + timedelta(seconds=settings().avatar_deadline_seconds)


def _too_slow() -> UpstreamError:
    minutes = settings().avatar_deadline_seconds / 60
    return UpstreamError(
        f"HeyGen has not finished this video within {minutes:.0f} minutes.",
        code="avatar_slow",
        remedy="Retry the task: it looks at the same video again.",
    )


def _download(run: RunContext, row: AvatarVideo, status: VideoStatus, target: Path) -> None:
    """Download the video. Its address expires; a fresh one is asked for once."""
    assert status.video_url
    assert row.external_id
    with run.write() as session:
        plan = workspaces.plan_of(session, row.workspace_id)
    try:
        run.fetch(status.video_url, target, max_bytes=plan.upload_bytes)
    except UpstreamError as error:
        fresh = heygen.get(row.external_id).video_url if error.code == "remote_forbidden" else None
        if fresh is None:
            raise
        run.fetch(fresh, target, max_bytes=plan.upload_bytes)


def _read(run: RunContext, key: str) -> AvatarVideo:
    with run.write() as session:
        return session.get_one(AvatarVideo, UUID(key))


def _save(run: RunContext, key: str, **columns: Any) -> AvatarVideo:
    with run.write() as session:
        row = session.get_one(AvatarVideo, UUID(key))
        for name, value in columns.items():
            setattr(row, name, value)
        return row
