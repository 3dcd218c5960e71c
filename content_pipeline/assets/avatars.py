"""Assets `avatar_submission` and `avatar_video`: a script handed to its renderer, and the video that comes of it."""

import time
from pathlib import Path
from typing import Any
from uuid import UUID

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets.calendar import content_calendar
from content_pipeline.assets.checks import check_results, has_target_loudness, is_playable, lasts
from content_pipeline.assets.heygen_account import heygen_account
from content_pipeline.assets.pictures import picture_metadata
from content_pipeline.core.avatars import heygen_render, local_render
from content_pipeline.core.avatars.avatar_videos import Rendered
from content_pipeline.core.avatars.mouth_sync import MouthSync
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.timed_words import join_words
from content_pipeline.core.models import AvatarVideo
from content_pipeline.core.tasks.kinds import AVATAR
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform

GROUP = "avatars"
# What stands for HeyGen's engine where the avatar is drawn here.
_DRAWN = "drawn"


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
            description="The script handed to its renderer: spoken here, or submitted to HeyGen once.",
        ),
        dg.AssetSpec(
            "avatar_video",
            deps=["avatar_submission"],
            group_name=GROUP,
            skippable=True,
            kinds={"ffmpeg"},
            description="An avatar that speaks the script, billed once.",
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec("playable", asset="avatar_video", description="H.264 and AAC in an MP4."),
        dg.AssetCheckSpec("portrait", asset="avatar_video", description="9:16, at least 720 pixels wide."),
        dg.AssetCheckSpec("length", asset="avatar_video", description="As long as its narration, or as HeyGen says."),
        dg.AssetCheckSpec(
            "mouth",
            asset="avatar_video",
            description="A drawn mouth opens within 40 ms of the sound in the median, 80 ms in 95 %.",
        ),
        dg.AssetCheckSpec("loudness", asset="avatar_video", description="-14 LUFS ± 0.5, if made here."),
    ],
    partitions_def=partitions.keys_of(AVATAR),
    can_subset=True,
)
def avatars(context: dg.AssetExecutionContext) -> Results:
    yield from perform(context, AVATAR.name, lambda run, key: _make(context, run, key))


def _make(context: dg.AssetExecutionContext, run: RunContext, key: str) -> Results:
    with run.write() as session:
        row = session.get_one(AvatarVideo, UUID(key))
    with run.folder() as folder:
        if dg.AssetKey("avatar_submission") in context.selected_asset_keys:
            yield _narrate(run, key, folder) if row.provider == "local" else _submit(run, key)
        if dg.AssetKey("avatar_video") in context.selected_asset_keys:
            render = local_render.render if row.provider == "local" else heygen_render.collect
            began = time.monotonic()
            yield from _materialized(render(run, key, folder), time.monotonic() - began)


def _narrate(run: RunContext, key: str, folder: Path) -> dg.MaterializeResult[Any]:
    made = local_render.narrate(run, key, folder)
    return dg.MaterializeResult(
        asset_key="avatar_submission",
        metadata={
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
        metadata={
            "provider": "heygen",
            "engine": row.engine or "",
            "script": row.script,
            "voice": row.spoken_voice or "",
            "language": row.language or "",
            "video_id": row.external_id or "",
        },
    )


def _materialized(made: Rendered, work_seconds: float) -> Results:
    row, media = made.video, made.media
    assert row.credits_billed is not None
    yield dg.MaterializeResult(
        asset_key="avatar_video",
        metadata={
            **picture_metadata("thumbnail", made.thumbnail, "jpg"),
            "provider": row.provider,
            "engine": row.engine or _DRAWN,
            "character": row.avatar_id,
            "object": row.output_key or "",
            "duration_seconds": media.seconds,
            "credits_billed": row.credits_billed,
            "waiting_seconds": round(made.waiting_seconds, 1),
            "loudness": round(made.loudness, 2),
            "bytes": media.bytes,
            "work_seconds_per_second": round(work_seconds / media.seconds, 3),
        },
    )
    yield from check_results(
        "avatar_video",
        {
            "playable": is_playable(media),
            "portrait": is_portrait(media),
            "length": row.narration_seconds is None or lasts(media, row.narration_seconds),
            "loudness": row.provider != "local" or has_target_loudness(made.loudness),
        },
    )
    yield _mouth_result(made.mouth)


def _mouth_result(mouth: MouthSync | None) -> dg.AssetCheckResult:
    """A warning only: a mouth that is late makes a video worse, but not useless."""
    if mouth is None:
        applies = "not to a person of HeyGen's"
        return dg.AssetCheckResult(
            asset_key="avatar_video", check_name="mouth", passed=True, metadata={"applies": applies}
        )
    return dg.AssetCheckResult(
        asset_key="avatar_video",
        check_name="mouth",
        passed=mouth.is_close,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "onsets": mouth.onsets,
            "median_milliseconds": round(1000 * mouth.median),
            "percentile_95_milliseconds": round(1000 * mouth.percentile_95),
        },
    )


def is_portrait(media: MediaInfo) -> bool:
    """Whether the video has the format of a reel, in the least size that platforms show well."""
    return media.width * 16 == media.height * 9 and media.width >= 720
