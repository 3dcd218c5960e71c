"""Asset `burned_in_video`: videos with captions burned in."""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets import links, video_checks
from content_pipeline.assets.checks import Checks, check_specs, evaluate, evaluate_stored, has_checks_only
from content_pipeline.assets.code_versions import version_of
from content_pipeline.assets.owners import RENDERING
from content_pipeline.assets.picture_metadata import picture_metadata
from content_pipeline.assets.video_checks import MeasuredVideo, StoredVideo, Video
from content_pipeline.core.captions import burn_ins as core
from content_pipeline.core.captions.burn_ins import BurnedIn
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.video import frame_size
from content_pipeline.core.models import BurnIn, Caption
from content_pipeline.core.tasks import source_twins
from content_pipeline.core.tasks.kinds import BURN_IN, CAPTION
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform

_ASSET: Final = "burned_in_video"


@dg.multi_asset(
    name=_ASSET,
    specs=[
        dg.AssetSpec(
            _ASSET,
            deps=partitions.unmapped("captions"),
            group_name="captions",
            skippable=True,
            kinds={"ffmpeg"},
            owners=RENDERING,
            code_version=version_of("core/media", "core/captions/burn_ins.py"),
            description="The video with its captions drawn into the picture.",
        )
    ],
    check_specs=check_specs(
        _ASSET,
        BURN_IN,
        {"playable": video_checks.PLAYABLE, "size": "As large as its source.", "length": "As long as its source."},
    ),
    partitions_def=partitions.keys_of(BURN_IN),
    can_subset=True,
)
def burned_in_video(context: dg.AssetExecutionContext) -> Results:
    if has_checks_only(context):
        yield from evaluate_stored(context, _ASSET, _stored_checks)
    else:
        yield from perform(context, BURN_IN.name, lambda run, key: _render(context, run, key))


def _render(context: dg.AssetExecutionContext, run: RunContext, key: str) -> Results:
    began = time.monotonic()
    made = core.render(run, key)
    media = made.media
    yield dg.MaterializeResult(
        asset_key=_ASSET,
        metadata={
            **picture_metadata("thumbnail", made.thumbnail, "jpg", made.workspace_id),
            **_links(context.instance, made, key),
            "edited": made.edited,
            "object": made.key,
            "duration_seconds": media.seconds,
            "size": f"{media.width}×{media.height}",
            "bytes": media.bytes,
            "work_seconds_per_second": round((time.monotonic() - began) / media.seconds, 3),
        },
    )
    evaluate(context, _ASSET, _checks(MeasuredVideo(media), lambda: made.source))


@links.or_no_links
def _links(instance: dg.DagsterInstance, made: BurnedIn, key: str) -> dict[str, links.Link]:
    with autocommit() as session:
        return {
            **links.to_source(session, instance, CAPTION, made.caption_id),
            **links.to_twin(session, source_twins.of_burn_in(session, UUID(key))),
            **links.to_calendar(session, burn_in_id=UUID(key)),
            **links.to_post(session, burn_in_id=UUID(key)),
            "row": links.to_row("burn_ins", key, key),
        }


def _stored_checks(row_id: str, folder: Path) -> Checks:
    with autocommit() as session:
        burned = session.get_one(BurnIn, UUID(row_id))
        caption = session.get_one(Caption, burned.caption_id)
    return _checks(StoredVideo(burned.output_key, folder), cache(lambda: core.stored_source(burned, caption, folder)))


def _checks(video: Video, source: Callable[[], MediaInfo]) -> Checks:
    return {
        "playable": lambda: video_checks.playable(video, may_be_silent=not source().has_audio),
        "size": lambda: video_checks.size(video, *frame_size(source())),
        "length": lambda: video_checks.length(video, source().seconds),
    }
