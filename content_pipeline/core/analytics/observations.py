"""Selects published posts for asset observations: once a day, until they are 30 days old."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Date, String, cast, exists, func, select
from sqlalchemy.orm import Session, aliased

from content_pipeline.core.analytics.figure_columns import METRICS
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import MetricSnapshot, SocialPost, Task
from content_pipeline.core.platforms.insights import Metric
from content_pipeline.core.tasks import kinds

OBSERVED: Final = timedelta(days=30)
# Of a platform and run. An observation takes 1.3 ms and some 2 kB in Dagster's database.
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class ObservedPost:
    """A post published here: the partition key of its publication, its URL, its age, its totals as of the last reading,
    and its total of views at the end of each day since it was published (None where it was not read)."""

    partition_key: str
    url: str | None
    days_old: int
    figures: Mapping[Metric, float | None]
    views: Sequence[float | None]


def due(session: Session, platform: str, since: datetime) -> tuple[Sequence[ObservedPost], int]:
    """The posts of a platform that were read from `since` on for the first time today, the youngest first, and how many
    are left out because there are more than MOST."""
    earlier = aliased(MetricSnapshot)
    reading = MetricSnapshot
    midnight = datetime.combine(since.date(), time(), since.tzinfo)
    key = (
        select(Task.partition_key)
        .where(Task.kind == kinds.PUBLICATION.name, Task.key == cast(SocialPost.publication_id, String))
        .order_by(Task.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(SocialPost.id, SocialPost.url, SocialPost.published_at, key.label("partition_key"), reading)
        .join(reading, (reading.account_id == SocialPost.account_id) & (reading.social_post_id == SocialPost.id))
        .where(
            SocialPost.platform == platform,
            SocialPost.publication_id.is_not(None),
            SocialPost.published_at > now() - OBSERVED,
            reading.taken_at >= since,
            key.is_not(None),
            ~exists().where(
                earlier.account_id == SocialPost.account_id,
                earlier.social_post_id == SocialPost.id,
                earlier.taken_at >= midnight,
                earlier.taken_at < since,
            ),
        )
        .order_by(SocialPost.published_at.desc(), SocialPost.id)
    ).all()
    shown = rows[:MOST]
    curves = _views_by_day(session, [row.id for row in shown])
    return [
        ObservedPost(
            row.partition_key,
            row.url,
            (since.date() - row.published_at.date()).days,
            {metric: getattr(row.MetricSnapshot, metric) for metric in METRICS},
            _filled(curves[row.id], row.published_at.date(), since.date()),
        )
        for row in shown
    ], len(rows) - len(shown)


def _views_by_day(session: Session, post_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[date, float | None]]:
    day = cast(MetricSnapshot.taken_at, Date)  # sessions are in UTC
    rows = (
        select(SocialPost.id, day.label("day"), func.max(MetricSnapshot.views).label("views"))
        .join(SocialPost, SocialPost.id == MetricSnapshot.social_post_id)
        .where(MetricSnapshot.account_id == SocialPost.account_id, SocialPost.id.in_(post_ids))
        .group_by(SocialPost.id, day)
    )
    found: dict[UUID, dict[date, float | None]] = {}
    for post_id, read_on, views in session.execute(rows):
        found.setdefault(post_id, {})[read_on] = views
    return found


def _filled(views: Mapping[date, float | None], first: date, last: date) -> Sequence[float | None]:
    return [views.get(first + timedelta(number)) for number in range((last - first).days + 1)]
