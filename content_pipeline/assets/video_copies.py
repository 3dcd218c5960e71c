"""Asset `scheduled_video`: the video of a calendar item, copied from its URL when the item is scheduled."""

import dagster as dg

from content_pipeline import partitions
from content_pipeline.assets import links, post_links
from content_pipeline.assets.calendar import content_calendar
from content_pipeline.assets.owners import PUBLISHING
from content_pipeline.core.calendar import copies
from content_pipeline.core.tasks.kinds import VIDEO_COPY
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform


@dg.asset(
    deps=[content_calendar],
    group_name="calendar",
    output_required=False,
    kinds={"http", "s3"},
    owners=PUBLISHING,
    partitions_def=partitions.keys_of(VIDEO_COPY),
    description="The video of a scheduled post, copied from where the client has it: its link may expire before.",
)
def scheduled_video(context: dg.AssetExecutionContext) -> Results:
    yield from perform(context, VIDEO_COPY.name, _copy)


def _copy(run: RunContext, key: str) -> Results:
    with run.folder() as folder:
        made = copies.copy(run, key, folder)
    assert made.item.copy_id
    yield dg.MaterializeResult(
        metadata={
            **post_links.of_copy(made.item.workspace_id, made.item.copy_id),
            "calendar_item": links.to_row("calendar_items", key, made.item.title or key),
            "scheduled_at": dg.MetadataValue.timestamp(made.item.scheduled_at),
            "seconds": made.media.seconds,
            "bytes": made.media.bytes,
        }
    )
