"""External asset `content_calendar`: a table, materialized by a sensor that reports due items."""

import dagster as dg

content_calendar = dg.AssetSpec(
    "content_calendar",
    group_name="calendar",
    kinds={"postgres"},
    description="Scheduled posts. Their reels are rendered ahead of time and published when due.",
)


def became_due(*, videos: int = 0, posts: int = 0) -> dg.AssetMaterialization:
    """The event that records how many items a sensor has started."""
    return dg.AssetMaterialization(content_calendar.key, metadata={"videos_to_make": videos, "posts_to_publish": posts})
