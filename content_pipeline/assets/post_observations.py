"""Asset observations of `publication`: metrics of each published post, daily for 30 days, and URLs that come late."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from content_pipeline.core.analytics import observations
from content_pipeline.core.analytics.sparklines import sparkline
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.models import Publication
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.kinds import PUBLICATION


def observe_posts(context: dg.AssetExecutionContext, platform: str, since: datetime) -> int:
    """Record an observation of each post of a platform that this run, which began at `since`, is the first to read
    today. Returns how many.

    They are events of the run, and are deleted with it.
    """
    with autocommit() as session:
        posts, left_out = observations.due(session, platform, since)
    for post in posts:
        metadata: dict[str, Any] = {"days_old": post.days_old, "views_by_day": sparkline(post.views)}
        if post.url:
            metadata["post"] = dg.MetadataValue.url(post.url)
        metadata |= {metric: value for metric, value in post.figures.items() if value is not None}
        context.log_event(dg.AssetObservation("publication", partition=post.partition_key, metadata=metadata))
    if left_out:
        context.log.warning(
            f"{left_out} older posts of {platform} are not observed today: a run observes {observations.MOST}."
        )
    return len(posts)


def late_urls(instance: dg.DagsterInstance, posts: Sequence[Publication]) -> Iterator[dg.AssetObservation]:
    """The events that record the URLs of these posts, which their platforms have told after the runs that published
    them. None for a post whose key was retired: the retention would never delete it."""
    assert PUBLICATION.job
    for post in posts:
        with autocommit() as session:
            key = tasks.partition_key_of(session, PUBLICATION.name, str(post.id))
        if key and post.post_url and instance.has_dynamic_partition(PUBLICATION.job, key):
            metadata: dict[str, Any] = {"post": dg.MetadataValue.url(post.post_url), "post_id": post.post_id or ""}
            yield dg.AssetObservation("publication", partition=key, metadata=metadata)
