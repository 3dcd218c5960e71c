"""Assets `avatar_submission` and `avatar_video`: a script handed to its renderer, and the video that comes of it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets import links, video_checks
from content_pipeline.assets.calendar import content_calendar
from content_pipeline.assets.checks import Checks, Finding, check_specs, evaluate, evaluate_stored, has_checks_only
from content_pipeline.assets.code_versions import version_of
from content_pipeline.assets.heygen_account import heygen_account
from content_pipeline.assets.owners import RENDERING
from content_pipeline.assets.picture_metadata import picture_metadata
from content_pipeline.assets.video_checks import MeasuredVideo, StoredVideo, Video
from content_pipeline.core.avatars import heygen_render, lip_sync, local_render
from content_pipeline.core.avatars.avatar_videos import Rendered
from content_pipeline.core.avatars.lip_sync import LipSync
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.media import rendered_video
from content_pipeline.core.media.timed_words import join_words
from content_pipeline.core.models import AvatarVideo
from content_pipeline.core.tasks.kinds import AVATAR
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform

GROUP = "avatars"
# What stands for HeyGen's engine where the avatar is drawn here.
_DRAWN = "drawn"
_SUBMISSION: Final = version_of("core/speech", "core/reels/narrations.py", "core/avatars/heygen_render.py")
_VIDEO: Final = version_of("core/media", "core/avatars")


# Both in one step, because each step of a run costs 50 ms of CPU.
@dg.multi_asset(
    name="submit_and_render",
    specs=[
        dg.AssetSpec(
            "avatar_submission",
            deps=[content_calendar, heygen_account],
            group_name=GROUP,
            skippable=True,
            kinds={"speech"},
            owners=RENDERING,
            code_version=_SUBMISSION,
            description="The script handed to its renderer: spoken here, or submitted to HeyGen once.",
        ),
        dg.AssetSpec(
            "avatar_video",
            deps=["avatar_submission"],
            group_name=GROUP,
            skippable=True,
            kinds={"ffmpeg"},
            owners=RENDERING,
            code_version=_VIDEO,
            description="An avatar that speaks the script, billed once.",
        ),
    ],
    check_specs=check_specs(
        "avatar_video",
        AVATAR,
        {
            "playable": video_checks.PLAYABLE,
            "portrait": f"9:16, at least {rendered_video.MIN_PORTRAIT_WIDTH} pixels wide.",
            "length": "As long as its narration, or as HeyGen says.",
            "mouth": "A drawn mouth opens within 40 ms of the sound in the median, 80 ms in 95 %.",
            "loudness": f"{video_checks.LOUDNESS} HeyGen's sound is as HeyGen made it.",
        },
    ),
    partitions_def=partitions.keys_of(AVATAR),
    can_subset=True,
)
def avatars(context: dg.AssetExecutionContext) -> Results:
    if has_checks_only(context):
        yield from evaluate_stored(context, "avatar_video", _stored_checks)
    else:
        yield from perform(context, AVATAR.name, lambda run, key: _make(context, run, key))


def _make(context: dg.AssetExecutionContext, run: RunContext, key: str) -> Results:
    with run.write() as session:
        row = session.get_one(AvatarVideo, UUID(key))
    with run.folder() as folder:
        if dg.AssetKey("avatar_submission") in context.selected_asset_keys:
            yield _narrate(run, row, folder) if row.provider == "local" else _submit(run, key)
        if dg.AssetKey("avatar_video") in context.selected_asset_keys:
            render = local_render.render if row.provider == "local" else heygen_render.collect
            began = time.monotonic()
            yield from _materialized(context, render(run, key, folder), began)


def _narrate(run: RunContext, row: AvatarVideo, folder: Path) -> dg.MaterializeResult[Any]:
    made = local_render.narrate(run, str(row.id), folder)
    return dg.MaterializeResult(
        asset_key="avatar_submission",
        data_version=dg.DataVersion(_SUBMISSION),  # as of `narration`
        metadata={
            **_links(row),
            "provider": "local",
            "script": join_words(made.words),
            "voice": made.voice,
            "language": made.language,
            "duration_seconds": made.seconds,
            "object": made.key,
        },
    )


def _submit(run: RunContext, key: str) -> dg.MaterializeResult[Any]:
    row = heygen_render.submit(run, key)
    return dg.MaterializeResult(
        asset_key="avatar_submission",
        data_version=dg.DataVersion(_SUBMISSION),
        metadata={
            **_links(row),
            "provider": "heygen",
            "engine": row.engine or "",
            "script": row.script,
            "voice": row.spoken_voice or "",
            "language": row.language or "",
            "video_id": row.external_id or "",
        },
    )


def _materialized(context: dg.AssetExecutionContext, made: Rendered, began: float) -> Results:
    row, media = made.video, made.media
    work_seconds = time.monotonic() - began
    assert row.credits_billed is not None
    yield dg.MaterializeResult(
        asset_key="avatar_video",
        metadata={
            **picture_metadata("thumbnail", made.thumbnail, "jpg", row.workspace_id),
            "submission": links.to_partition("avatar_submission", context.partition_key),
            **_links(row),
            "script": links.words(row.script),
            "provider": row.provider,
            "engine": row.engine or _DRAWN,
            "character": row.avatar_id,
            "object": row.output_key or "",
            "duration_seconds": media.seconds,
            "credits_billed": row.credits_billed,
            "waiting_seconds": round(made.waiting_seconds, 1),
            "loudness": video_checks.shown_loudness(made.loudness),
            "bytes": media.bytes,
            "work_seconds_per_second": round(work_seconds / media.seconds, 3),
        },
    )
    evaluate(context, "avatar_video", _checks(row, MeasuredVideo(media, made.loudness), lambda: made.mouth))


@links.or_no_links
def _links(row: AvatarVideo) -> dict[str, links.Link]:
    with autocommit() as session:
        return {
            **links.to_twin(session, row.twin_id),
            **links.to_calendar(session, avatar_video_id=row.id),
            **links.to_post(session, avatar_video_id=row.id),
            "row": links.to_row("avatar_videos", row.id, str(row.id)),
        }


def _stored_checks(row_id: str, folder: Path) -> Checks:
    with autocommit() as session:
        row = session.get_one(AvatarVideo, UUID(row_id))
    video = StoredVideo(row.output_key, folder)

    def measured() -> LipSync | None:
        if row.phonemes is None or row.narration_seconds is None:
            return None
        return lip_sync.measure(video.path, row.phonemes, row.narration_seconds)

    return _checks(row, video, measured)


def _checks(row: AvatarVideo, video: Video, mouth: Callable[[], LipSync | None]) -> Checks:
    return {
        "playable": lambda: video_checks.playable(video),
        "portrait": lambda: video_checks.portrait(video),
        "length": lambda: video_checks.length(video, row.narration_seconds or video.media.seconds),
        "loudness": lambda: video_checks.loudness(video) if row.provider == "local" else _exempt(),
        "mouth": lambda: _mouth_finding(mouth()),
    }


def _exempt() -> Finding:
    return Finding(True, {"applies": "not to HeyGen's videos"})


def _mouth_finding(mouth: LipSync | None) -> Finding:
    """A warning only: a mouth that is late makes a video worse, but not useless."""
    if mouth is None:
        return _exempt()
    return Finding(
        mouth.is_close,
        {
            "onsets": mouth.onsets,
            "median_milliseconds": round(1000 * mouth.median),
            "most_median_milliseconds": round(1000 * lip_sync.TYPICAL),
            "percentile_95_milliseconds": round(1000 * mouth.percentile_95),
            "most_percentile_95_milliseconds": round(1000 * lip_sync.NEARLY_ALL),
        },
        severity=dg.AssetCheckSeverity.WARN,
    )
