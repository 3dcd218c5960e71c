"""External asset `content_calendar`: a table, materialized by a sensor that reports due items."""

import dagster as dg

from content_pipeline.assets.column_schemas import schema_of
from content_pipeline.assets.owners import PUBLISHING
from content_pipeline.core.models import CalendarItem

content_calendar = dg.AssetSpec(
    "content_calendar",
    group_name="calendar",
    kinds={"postgres"},
    owners=PUBLISHING,
    metadata=schema_of(CalendarItem),
    description="Scheduled posts. Their reels are rendered ahead of time and published when due.",
)


def became_due(*, videos: int = 0, posts: int = 0) -> dg.AssetMaterialization:
    """The event that records how many items a sensor has started."""
    return dg.AssetMaterialization(content_calendar.key, metadata={"videos_to_make": videos, "posts_to_publish": posts})
