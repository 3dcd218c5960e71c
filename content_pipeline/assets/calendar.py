"""What the chain from script to post begins with. It is a table; a sensor tells Dagster what became due in it."""

import dagster as dg

content_calendar = dg.AssetSpec(
    "content_calendar",
    group_name="calendar",
    kinds={"postgres"},
    description="The posts that are planned. Their reels are made ahead of their times, and published at them.",
)


def became_due(*, reels: int, posts: int) -> dg.AssetMaterialization:
    """So many items that a sensor has taken up."""
    return dg.AssetMaterialization(content_calendar.key, metadata={"reels_to_make": reels, "posts_to_publish": posts})
