from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.database import Base


class Publication(Base):
    """One post to one account: on its way, or out.

    Its video is a reel of ours (`reel_id`) or comes from `reel_url`; publications of one request share a copy of that
    (`request_id`). Without a `caption`, the text is written of the reel's script, of `script`, or of what is said.
    `words` are the post's text as it goes out, once they are known. `prepared` is what the platform
    was given so far, sealed. `committed_at` stands from before the call that cannot be taken back until it is known
    not to have happened. `poll_at` is when the platform is to be asked next, `waits_until` how long that goes on.
    """

    __tablename__ = "publications"
    __table_args__ = (
        Index("ix_publications_workspace_newest", "workspace_id", text("created_at desc"), text("id desc")),
        Index("ix_publications_poll", "poll_at", postgresql_where=text("poll_at is not null")),
        Index("uq_publications_post", "platform", "post_id", unique=True, postgresql_where=text("post_id is not null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    request_id: Mapped[UUID] = mapped_column(index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    platform: Mapped[str]
    twin_id: Mapped[UUID | None] = mapped_column(ForeignKey("twins.id"))
    reel_id: Mapped[UUID | None] = mapped_column(ForeignKey("reels.id"))
    reel_url: Mapped[str | None]
    script: Mapped[str | None]
    title: Mapped[str | None]
    caption: Mapped[str | None]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    words: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    prepared: Mapped[bytes | None] = mapped_column(LargeBinary)
    committed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    poll_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    polls: Mapped[int] = mapped_column(default=0)
    waits_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    post_id: Mapped[str | None]
    post_url: Mapped[str | None]
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
