"""Asset `burned_in_video`: videos with captions burned in."""

import time

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets.checks import check_results, is_playable, lasts
from content_pipeline.assets.pictures import picture_metadata
from content_pipeline.core.captions import burn_ins as core
from content_pipeline.core.tasks.kinds import BURN_IN
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform


@dg.multi_asset(
    name="burned_in_video",
    specs=[
        dg.AssetSpec(
            "burned_in_video",
            deps=partitions.unmapped("captions"),
            group_name="captions",
            skippable=True,
            kinds={"ffmpeg"},
            description="The video with its captions drawn into the picture.",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec("playable", asset="burned_in_video", description="H.264 and AAC in an MP4."),
        dg.AssetCheckSpec("size", asset="burned_in_video", description="As large as its source."),
        dg.AssetCheckSpec("length", asset="burned_in_video", description="As long as its source."),
    ],
    partitions_def=partitions.keys_of(BURN_IN),
    can_subset=True,
)
def burned_in_video(context: dg.AssetExecutionContext) -> Results:
    yield from perform(context, BURN_IN.name, _render)


def _render(run: RunContext, key: str) -> Results:
    began = time.monotonic()
    made = core.render(run, key)
    media = made.media
    yield dg.MaterializeResult(
        asset_key="burned_in_video",
        metadata={
            **picture_metadata("thumbnail", made.thumbnail, "jpg"),
            "caption_id": str(made.caption_id),
            "edited": made.edited,
            "object": made.key,
            "duration_seconds": media.seconds,
            "size": f"{media.width}×{media.height}",
            "bytes": media.bytes,
            "work_seconds_per_second": round((time.monotonic() - began) / media.seconds, 3),
        },
    )
    yield from check_results(
        "burned_in_video",
        {
            "playable": is_playable(media),
            "size": (media.width, media.height) == made.size,
            "length": lasts(media, made.source.seconds),
        },
    )
