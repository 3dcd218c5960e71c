"""Asset observations of `publication`: the metrics of each published post, daily for 30 days."""

from datetime import datetime
from typing import Any

import dagster as dg

from content_pipeline.core.analytics import observations
from content_pipeline.core.analytics.sparklines import sparkline
from content_pipeline.core.database import autocommit


def observe_posts(context: dg.AssetExecutionContext, platform: str, since: datetime) -> int:
    """Record an observation of each post of a platform that this run, which began at `since`, is the first to read
    today. Returns how many.

    They are events of the run, and are deleted with it.
    """
    with autocommit() as session:
        posts, left_out = observations.due(session, platform, since)
    for post in posts:
        metadata: dict[str, Any] = {"days_old": post.days_old, "views_by_day": sparkline(post.views)}
        metadata |= {metric: value for metric, value in post.figures.items() if value is not None}
        context.log_event(dg.AssetObservation("publication", partition=post.partition_key, metadata=metadata))
    if left_out:
        context.log.warning(
            f"{left_out} older posts of {platform} are not observed today: a run observes {observations.MOST}."
        )
    return len(posts)
