"""Tables of posts on the platforms, metric snapshots, reported days, derived daily metrics and exports."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Date, DateTime, Double, ForeignKey, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base

Source = Literal["platform", "external"]
ExportFormat = Literal["csv", "json", "parquet"]
Grain = Literal["account", "post"]


class FigureColumns:
    """One column for each metric of `platforms/insights.py`; null where the platform did not give it."""

    views: Mapped[int | None] = mapped_column(BigInteger)
    impressions: Mapped[int | None] = mapped_column(BigInteger)
    reach: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    shares: Mapped[int | None] = mapped_column(BigInteger)
    saves: Mapped[int | None] = mapped_column(BigInteger)
    clicks: Mapped[int | None] = mapped_column(BigInteger)
    watch_seconds: Mapped[float | None] = mapped_column(Double)
    average_view_seconds: Mapped[float | None] = mapped_column(Double)
    followers: Mapped[int | None] = mapped_column(BigInteger)
    followers_gained: Mapped[int | None] = mapped_column(BigInteger)


class SocialPost(Base):
    """A post on a platform. Without a `publication_id` it is external: it was not made here.

    `read_at` is its last reading, `next_read_at` the earliest time of the next one. `vanished_at` is the first reading
    at which the platform no longer had it.
    """

    __tablename__ = "social_posts"
    __table_args__ = (
        UniqueConstraint("account_id", "post_id", name="uq_social_posts_account_post"),
        Index("ix_social_posts_workspace_newest", "workspace_id", text("published_at desc"), text("id desc")),
        Index("ix_social_posts_due", "account_id", "next_read_at", postgresql_where=text("vanished_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    platform: Mapped[str]
    post_id: Mapped[str]
    publication_id: Mapped[UUID | None] = mapped_column(ForeignKey("publications.id"), unique=True)
    twin_id: Mapped[UUID | None] = mapped_column(ForeignKey("twins.id"), index=True)
    url: Mapped[str | None]
    text: Mapped[str]
    seconds: Mapped[float | None]
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_read_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    vanished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MetricSnapshot(FigureColumns, Base):
    """One reading of a post, or of an account (`social_post_id` is null): its totals and levels at `taken_at`.

    Rows are only inserted. A reading is one row with a column for each metric, because a row for each metric takes
    three times the space (bench/analytics.py).
    """

    __tablename__ = "metric_snapshots"
    __table_args__ = (
        Index("ix_metric_snapshots_post", "account_id", "social_post_id", "taken_at"),
        Index("ix_metric_snapshots_social_post", "social_post_id", postgresql_where=text("social_post_id is not null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    social_post_id: Mapped[UUID | None] = mapped_column(ForeignKey("social_posts.id"))
    taken_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ReportedDay(FigureColumns, Base):
    """What was said of one day of an account: by the platform, or by an operator (`external`).

    Platforms correct their last days, so the newest statement replaces the older one. Days are the platform's own.
    """

    __tablename__ = "reported_days"
    __table_args__ = (Index("uq_reported_days", "account_id", "day", "source", unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    day: Mapped[date] = mapped_column(Date)
    source: Mapped[Source] = mapped_column(String)
    taken_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class AudienceShare(Base):
    """The share of an account's audience in one group on one day."""

    __tablename__ = "audience_shares"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    share: Mapped[float] = mapped_column(Double)


class AccountSync(Base):
    """The outcome of reading one account in one window of six hours. `error` is why it failed."""

    __tablename__ = "account_syncs"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    finished_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    posts_read: Mapped[int]
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class PendingDerivation(Base):
    """Readings and reported days of an account that were stored since its figures of days were derived: `first_at` and
    `last_at` are the earliest and the latest `taken_at` among them.

    Not the window says which days they change: a window may be read late, halfway, or by a clock that was set back.
    """

    __tablename__ = "pending_derivations"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    first_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class DailyMetric(FigureColumns, Base):
    """The figures of one account on one UTC day: growth, except `followers`, which is the level at the day's end.

    `estimated`: the day has no reading of its own at both of its borders, so that its figures are a share of the
    growth over a gap.
    """

    __tablename__ = "daily_metrics"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    estimated: Mapped[bool]


class DailyPostMetric(FigureColumns, Base):
    """The same of one post.

    Without foreign keys, which would be checked for each of the 3.6 million rows that 20,000 posts get in a year; the
    rows are derived from others that have them.
    """

    __tablename__ = "daily_post_metrics"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    social_post_id: Mapped[UUID] = mapped_column(primary_key=True)
    estimated: Mapped[bool]


class AnalyticsExport(Base):
    """A request for the figures of a period as a file: one row per account and day, or per post and day.

    The days are frozen when it is asked for. `object_key`, `rows` and `written_at` are null until the file is stored.
    """

    __tablename__ = "analytics_exports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    format: Mapped[ExportFormat] = mapped_column(String)
    grain: Mapped[Grain] = mapped_column(String)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    platform: Mapped[str | None]
    twin_id: Mapped[UUID | None] = mapped_column(ForeignKey("twins.id"))
    object_key: Mapped[str | None]
    rows: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    written_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
