"""Assets `narration` and `reel_video`: the speech of a script, and the video made from it."""

import time
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets import links, video_checks
from content_pipeline.assets.calendar import content_calendar
from content_pipeline.assets.checks import Checks, check_specs, evaluate, evaluate_stored, has_checks_only
from content_pipeline.assets.code_versions import version_of
from content_pipeline.assets.owners import RENDERING
from content_pipeline.assets.picture_metadata import picture_metadata
from content_pipeline.assets.video_checks import MeasuredVideo, StoredVideo, Video
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.media.reels import safe_zone
from content_pipeline.core.media.timed_words import join_words
from content_pipeline.core.models import Reel
from content_pipeline.core.reels import reels as core
from content_pipeline.core.tasks.kinds import REEL
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform

GROUP = "reels"
_NARRATION: Final = version_of("core/speech", "core/reels/narrations.py")
_VIDEO: Final = version_of("core/media", "core/reels")


# Both in one step, because each step of a run costs 50 ms of CPU, a fiftieth of what a short reel's render does.
@dg.multi_asset(
    name="narrate_and_render",
    specs=[
        dg.AssetSpec(
            "narration",
            deps=[content_calendar],
            group_name=GROUP,
            skippable=True,
            kinds={"speech"},
            owners=RENDERING,
            code_version=_NARRATION,
            description="The spoken script with the timing of every word.",
        ),
        dg.AssetSpec(
            "reel_video",
            deps=["narration"],
            group_name=GROUP,
            skippable=True,
            kinds={"ffmpeg"},
            owners=RENDERING,
            code_version=_VIDEO,
            description="The narration with captions over a moving background, ready for every platform.",
        ),
    ],
    check_specs=check_specs(
        "reel_video",
        REEL,
        {
            "playable": video_checks.PLAYABLE,
            "size": "1080 × 1920 at 23 to 60 frames a second.",
            "length": "As long as its narration and its end card; executed alone, as long as when it was rendered.",
            "loudness": video_checks.LOUDNESS,
        },
    ),
    partitions_def=partitions.keys_of(REEL),
    can_subset=True,
)
def reels(context: dg.AssetExecutionContext) -> Results:
    if has_checks_only(context):
        yield from evaluate_stored(context, "reel_video", _stored_checks)
    else:
        yield from perform(context, REEL.name, lambda run, key: _make(context, run, key))


def _make(context: dg.AssetExecutionContext, run: RunContext, key: str) -> Results:
    with run.folder() as folder:
        if dg.AssetKey("narration") in context.selected_asset_keys:
            yield _narrate(run, key, folder)
        if dg.AssetKey("reel_video") in context.selected_asset_keys:
            yield from _render(context, run, key, folder)


def _narrate(run: RunContext, key: str, folder: Path) -> dg.MaterializeResult[Any]:
    began = time.monotonic()
    made = core.narrate(run, key, folder)
    return dg.MaterializeResult(
        asset_key="narration",
        # Of its code only: Dagster compares it with the newest narration of all, and warns where they differ.
        data_version=dg.DataVersion(_NARRATION),
        metadata={
            **_links(UUID(key)),
            "script": join_words(made.words),
            "voice": made.voice,
            "language": made.language,
            "duration_seconds": made.seconds,
            "object": made.key,
            "work_seconds_per_second": round((time.monotonic() - began) / made.seconds, 3),
        },
    )


def _render(context: dg.AssetExecutionContext, run: RunContext, key: str, folder: Path) -> Results:
    began = time.monotonic()
    made = core.render(run, key, folder)
    media = made.media
    yield dg.MaterializeResult(
        asset_key="reel_video",
        metadata={
            **picture_metadata("thumbnail", made.thumbnail, "jpg", made.workspace_id),
            "narration": links.to_partition("narration", context.partition_key),
            **_links(UUID(key)),
            "script": links.words(made.script),
            "object": made.key,
            "design": made.design,
            "duration_seconds": media.seconds,
            "loudness": video_checks.shown_loudness(made.loudness),
            "bytes": media.bytes,
            "work_seconds_per_second": round((time.monotonic() - began) / media.seconds, 3),
        },
    )
    evaluate(context, "reel_video", _checks(MeasuredVideo(media, made.loudness), made.seconds))


@links.or_no_links
def _links(reel_id: UUID) -> dict[str, links.Link]:
    with autocommit() as session:
        reel = session.get_one(Reel, reel_id)
        return {
            **links.to_twin(session, reel.twin_id),
            **links.to_calendar(session, reel_id=reel_id),
            **links.to_post(session, reel_id=reel_id),
            "row": links.to_row("reels", reel_id, str(reel_id)),
        }


def _stored_checks(row_id: str, folder: Path) -> Checks:
    with autocommit() as session:
        reel = session.get_one(Reel, UUID(row_id))
    return _checks(StoredVideo(reel.output_key, folder), reel.media.seconds if reel.media else 0.0)


def _checks(video: Video, seconds: float) -> Checks:
    return {
        "playable": lambda: video_checks.playable(video),
        "size": lambda: video_checks.size_and_rate(video, safe_zone.WIDTH, safe_zone.HEIGHT),
        "length": lambda: video_checks.length(video, seconds),
        "loudness": lambda: video_checks.loudness(video),
    }
