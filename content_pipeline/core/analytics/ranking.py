"""Ranks the posts of a workspace by a metric."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Literal

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import figures
from content_pipeline.core.analytics.figures import Selection, Values
from content_pipeline.core.analytics.post_columns import CAPTION_STYLE, SCRIPT, VIDEO_FORMAT, join_video
from content_pipeline.core.models import Account, MetricSnapshot, SocialPost, Twin
from content_pipeline.core.platforms.insights import Metric

VideoFormat = Literal["reel", "avatar", "video"]
Order = Literal["best", "worst"]


@dataclass(frozen=True, slots=True)
class RankedPost:
    """A post with its totals as of its last reading.

    `script`, `format` and `caption_style` are None for a post that was not made here; `video` is a client's own.
    """

    post: SocialPost
    handle: str
    twin_name: str | None
    format: VideoFormat | None
    script: str | None
    caption_style: str | None
    figures: Values


def rank(session: Session, asked: Selection, *, by: Metric, order: Order, limit: int) -> Sequence[RankedPost]:
    """The posts that were published in the last days, best or worst first by their total of `by`. Posts of which that
    is not known are left out. Raises as `figures.list_days` does."""
    figures.check(session, asked)
    latest = (
        select(MetricSnapshot)
        .where(MetricSnapshot.account_id == SocialPost.account_id, MetricSnapshot.social_post_id == SocialPost.id)
        .order_by(MetricSnapshot.taken_at.desc())
        .limit(1)
        .lateral()
    )
    value = latest.c[by]
    ranked = (
        select(
            SocialPost,
            Account.handle,
            Twin.name.label("twin_name"),
            VIDEO_FORMAT.label("format"),
            SCRIPT.label("script"),
            CAPTION_STYLE.label("caption_style"),
            latest,
        )
        .join(Account, Account.id == SocialPost.account_id)
        .join(latest, value.is_not(None))
        .where(
            *figures.owned_by(asked, SocialPost),
            SocialPost.twin_id == asked.twin_id if asked.twin_id else true(),
            SocialPost.published_at >= datetime.combine(asked.start, time(), UTC),
        )
        .order_by(value.desc() if order == "best" else value, SocialPost.id)
        .limit(limit)
    )
    return [
        RankedPost(
            post=row["SocialPost"],
            handle=row["handle"],
            twin_name=row["twin_name"],
            format=row["format"],
            script=row["script"],
            caption_style=row["caption_style"],
            figures=figures.values(row),
        )
        for row in session.execute(join_video(ranked)).mappings()
    ]
