"""Assets `narration` and `reel_video`: the speech of a script, and the video made from it."""

import time
from pathlib import Path
from typing import Any

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets.calendar import content_calendar
from content_pipeline.assets.checks import check_results, has_target_loudness, is_playable, lasts
from content_pipeline.assets.pictures import picture_metadata
from content_pipeline.core.media.reels import safe_zone
from content_pipeline.core.media.timed_words import join_words
from content_pipeline.core.reels import reels as core
from content_pipeline.core.tasks.kinds import REEL
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform

GROUP = "reels"


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
            description="The spoken script with the timing of every word.",
        ),
        dg.AssetSpec(
            "reel_video",
            deps=["narration"],
            group_name=GROUP,
            skippable=True,
            kinds={"ffmpeg"},
            description="The narration with captions over a moving background, ready for every platform.",
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec("playable", asset="reel_video", description="H.264 and AAC in an MP4."),
        dg.AssetCheckSpec("size", asset="reel_video", description="1080 × 1920 at 30 frames a second."),
        dg.AssetCheckSpec("length", asset="reel_video", description="As long as its narration and its end card."),
        dg.AssetCheckSpec("loudness", asset="reel_video", description="-14 LUFS ± 0.5."),
    ],
    partitions_def=partitions.keys_of(REEL),
    can_subset=True,
)
def reels(context: dg.AssetExecutionContext) -> Results:
    yield from perform(context, REEL.name, lambda run, key: _make(context, run, key))


def _make(context: dg.AssetExecutionContext, run: RunContext, key: str) -> Results:
    with run.folder() as folder:
        if dg.AssetKey("narration") in context.selected_asset_keys:
            yield _narrate(run, key, folder)
        if dg.AssetKey("reel_video") in context.selected_asset_keys:
            yield from _render(run, key, folder)


def _narrate(run: RunContext, key: str, folder: Path) -> dg.MaterializeResult[Any]:
    began = time.monotonic()
    made = core.narrate(run, key, folder)
    return dg.MaterializeResult(
        asset_key="narration",
        metadata={
            "script": join_words(made.words),
            "voice": made.voice,
            "language": made.language,
            "duration_seconds": made.seconds,
            "object": made.key,
            "work_seconds_per_second": round((time.monotonic() - began) / made.seconds, 3),
        },
    )


def _render(run: RunContext, key: str, folder: Path) -> Results:
    began = time.monotonic()
    made = core.render(run, key, folder)
    media = made.media
    yield dg.MaterializeResult(
        asset_key="reel_video",
        metadata={
            **picture_metadata("thumbnail", made.thumbnail, "jpg"),
            "object": made.key,
            "design": made.design,
            "duration_seconds": media.seconds,
            "loudness": round(made.loudness, 2),
            "bytes": media.bytes,
            "work_seconds_per_second": round((time.monotonic() - began) / media.seconds, 3),
        },
    )
    yield from check_results(
        "reel_video",
        {
            "playable": is_playable(media),
            "size": (media.width, media.height, media.frames_per_second)
            == (safe_zone.WIDTH, safe_zone.HEIGHT, safe_zone.FRAMES_PER_SECOND),
            "length": lasts(media, made.seconds),
            "loudness": has_target_loudness(made.loudness),
        },
    )
