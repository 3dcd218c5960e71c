"""Accounts with posts and readings, from which figures of days are derived."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from content_pipeline.core.analytics import daily
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import DailyMetric, DailyPostMetric, MetricSnapshot, ReportedDay, SocialPost, Twin
from tests.factories import make_account, make_publication


def at(days: float, hours: float = 0) -> datetime:
    """A time, counted from the midnight of a Monday."""
    return datetime(2026, 11, 2, tzinfo=UTC) + timedelta(days=days, hours=hours)


def day(number: int) -> date:
    return at(number).date()


class History:
    """An account, its posts, and what was read of them."""

    def __init__(self, workspace_id: UUID, platform: str = "tiktok") -> None:
        self.workspace_id = workspace_id
        self.platform = platform
        with transaction() as session:
            self.account_id = make_account(session, workspace_id, platform).id

    def post(self, published_at: datetime, **fields: Any) -> UUID:
        post = SocialPost(
            id=uuid4(),
            workspace_id=self.workspace_id,
            account_id=self.account_id,
            platform=self.platform,
            post_id=str(uuid4()),
            published_at=published_at,
            next_read_at=published_at,
            **({"text": "Bread needs time."} | fields),
        )
        with transaction() as session:
            session.add(post)
        return post.id

    def post_ids(self) -> dict[UUID, str]:
        """The platform's id of each post."""
        with transaction() as session:
            posts = session.scalars(select(SocialPost).where(SocialPost.account_id == self.account_id))
            return {post.id: post.post_id for post in posts}

    def read(self, taken_at: datetime, post_id: UUID | None = None, **figures: float) -> None:
        snapshot = MetricSnapshot(account_id=self.account_id, social_post_id=post_id, taken_at=taken_at, **figures)
        with transaction() as session:
            session.add(snapshot)

    def report(self, day: date, *, source: str = "platform", taken_at: datetime | None = None, **figures: int) -> None:
        said = ReportedDay(account_id=self.account_id, day=day, source=source, taken_at=taken_at or at(30), **figures)
        with transaction() as session:
            session.add(said)

    def derive(self, first: int, last: int) -> None:
        with transaction() as session:
            daily.derive(session, self.account_id, day(first), day(last))

    def forget_days(self) -> None:
        """Delete what was derived."""
        with transaction() as session:
            for table in (DailyMetric, DailyPostMetric):
                session.execute(delete(table).where(table.account_id == self.account_id))

    def days(self, column: str = "views") -> dict[int, Any]:
        """A figure of the account, by day."""
        with transaction() as session:
            rows = session.scalars(select(DailyMetric).where(DailyMetric.account_id == self.account_id))
            return {(row.day - day(0)).days: getattr(row, column) for row in rows}

    def post_days(self, post_id: UUID, column: str = "views") -> dict[int, Any]:
        with transaction() as session:
            rows = session.scalars(select(DailyPostMetric).where(DailyPostMetric.social_post_id == post_id))
            return {(row.day - day(0)).days: getattr(row, column) for row in rows}


class TwinHistory(History):
    """An account on which a twin has published posts. They have been read since they are two days old."""

    def __init__(self, twin: Twin, platform: str = "instagram") -> None:
        super().__init__(twin.workspace_id, platform)
        self.twin_id = twin.id

    def published(
        self, views: int, *, style: str | None = "long", days_ago: float = 10, seconds: float = 20, **fields: Any
    ) -> UUID:
        """A post that was composed in a style and has got so many views. `fields` are those of its publication."""
        usual = {"twin_id": self.twin_id, "options": {"caption_style": style} if style else {}}
        with transaction() as session:
            publication = make_publication(session, self.account_id, **(usual | fields))
        post_id = self.post(
            now() - timedelta(days=days_ago),
            publication_id=publication.id,
            twin_id=publication.twin_id,
            url=f"https://example.com/{publication.post_id}",
            seconds=seconds,
        )
        self.read(now(), post_id, views=views)
        return post_id
