"""Table of calendar items."""

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, Index, String, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base

VideoKind = Literal["reel", "avatar"]
_OPEN: Final = text("status in ('scheduled', 'rendering', 'publishing') and deleted_at is null")
Status = Literal["scheduled", "rendering", "publishing", "published", "failed", "canceled"]


class CalendarItem(Base):
    """A scheduled post. Its video is made from its script: `make` says of which kind, null leaves it to the twin;
    `reel_id` or `avatar_video_id` is the one that was made. Or the client names it (`is_video_given`): one of these,
    the video with the captions of `caption_id` (`burn_in_id`), that of `upload_id`, or `reel_url`. The last is copied
    when the item is scheduled; `copy_id` names the copy, from the moment on at which it is begun.

    `account_id` is its target account, null until it is known; `publication_id` is its newest publication. `reason` is
    the error for which it failed or was canceled. `scheduled_because` is why its time was chosen; null for a time that
    was given.
    """

    __tablename__ = "calendar_items"
    __table_args__ = (
        Index("ix_calendar_items_workspace_latest", "workspace_id", text("scheduled_at desc"), text("id desc")),
        Index("ix_calendar_items_reel_id", "reel_id", postgresql_where=text("reel_id is not null")),
        Index(
            "ix_calendar_items_avatar_video_id", "avatar_video_id", postgresql_where=text("avatar_video_id is not null")
        ),
        Index("ix_calendar_items_caption_id", "caption_id", postgresql_where=text("caption_id is not null")),
        Index("ix_calendar_items_burn_in_id", "burn_in_id", postgresql_where=text("burn_in_id is not null")),
        Index("ix_calendar_items_open", "scheduled_at", postgresql_where=_OPEN),
        Index("ix_calendar_items_open_of_workspace", "workspace_id", postgresql_where=_OPEN),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    twin_id: Mapped[UUID] = mapped_column(ForeignKey("twins.id"), index=True)
    title: Mapped[str]
    platform: Mapped[str]
    scheduled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    scheduled_because: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    script: Mapped[str | None]
    caption: Mapped[str | None]
    reel_url: Mapped[str | None]
    make: Mapped[VideoKind | None] = mapped_column(String)
    reel_id: Mapped[UUID | None] = mapped_column(ForeignKey("reels.id"))
    avatar_video_id: Mapped[UUID | None] = mapped_column(ForeignKey("avatar_videos.id"))
    caption_id: Mapped[UUID | None] = mapped_column(ForeignKey("captions.id", ondelete="SET NULL"))
    burn_in_id: Mapped[UUID | None] = mapped_column(ForeignKey("burn_ins.id", ondelete="SET NULL"))
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey("uploads.id"), index=True)
    is_video_given: Mapped[bool] = mapped_column(default=False, server_default=false())
    copy_id: Mapped[UUID | None] = mapped_column(index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    publication_id: Mapped[UUID | None] = mapped_column(ForeignKey("publications.id"), index=True)
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[Status] = mapped_column(String)
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
