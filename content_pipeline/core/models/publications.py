"""Table of publications."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base
from content_pipeline.core.models.polling_mixin import PollingMixin


class Publication(PollingMixin, Base):
    """One post to one account, from its request until it is published.

    Its video is here (`reel_id`, `avatar_video_id`, `burn_in_id`, `upload_id`) or comes from `reel_url`; publications
    of one request share a cached copy of it (`request_id`), unless the calendar makes one (`copy_id`). Without a
    `caption`, the text is written from the video's script, `script` or the speech in the video. `words` is the final
    text of the post. `prepared` is the encrypted state of the upload. `committed_at` is the commit intent: set before
    the publishing call, cleared when that is known to have failed. `removing_at` is the intention to take the post
    down, stored before that call and cleared when it is known to have failed, `removed_at` when it was down. A `held`
    one is prepared ahead of the time of its calendar item, and may not be committed.
    """

    __tablename__ = "publications"
    __table_args__ = (
        Index("ix_publications_workspace_newest", "workspace_id", text("created_at desc"), text("id desc")),
        Index("ix_publications_poll", "poll_at", postgresql_where=text("poll_at is not null")),
        Index("ix_publications_reel_id", "reel_id", postgresql_where=text("reel_id is not null")),
        Index(
            "ix_publications_avatar_video_id", "avatar_video_id", postgresql_where=text("avatar_video_id is not null")
        ),
        Index("ix_publications_burn_in_id", "burn_in_id", postgresql_where=text("burn_in_id is not null")),
        Index("uq_publications_post", "platform", "post_id", unique=True, postgresql_where=text("post_id is not null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    request_id: Mapped[UUID] = mapped_column(index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    platform: Mapped[str]
    twin_id: Mapped[UUID | None] = mapped_column(ForeignKey("twins.id"))
    reel_id: Mapped[UUID | None] = mapped_column(ForeignKey("reels.id"))
    avatar_video_id: Mapped[UUID | None] = mapped_column(ForeignKey("avatar_videos.id"))
    burn_in_id: Mapped[UUID | None] = mapped_column(ForeignKey("burn_ins.id", ondelete="SET NULL"))
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey("uploads.id"))
    reel_url: Mapped[str | None]
    copy_id: Mapped[UUID | None] = mapped_column(index=True)
    script: Mapped[str | None]
    title: Mapped[str | None]
    caption: Mapped[str | None]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    words: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    prepared: Mapped[bytes | None] = mapped_column(LargeBinary)
    committed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    held: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    post_id: Mapped[str | None]
    post_url: Mapped[str | None]
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    removing_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    removed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
