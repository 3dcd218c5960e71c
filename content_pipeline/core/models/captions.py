from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.database import Base


class Caption(Base):
    """A recording and the captions made from it."""

    __tablename__ = "captions"
    __table_args__ = (Index("ix_captions_workspace_newest", "workspace_id", text("created_at desc"), text("id desc")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    source_url: Mapped[str | None]
    source_key: Mapped[str | None]
    media: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    language: Mapped[str]
    spoken_language: Mapped[str | None]
    words: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    segments: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    edited_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class BurnIn(Base):
    """One video with one caption burned in, in one style.

    `with_caption`: asked for together with the caption, so the caption's own task ends with it.
    """

    __tablename__ = "burn_ins"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    caption_id: Mapped[UUID] = mapped_column(ForeignKey("captions.id"), index=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    style: Mapped[Literal["plain", "karaoke"]] = mapped_column(String)
    font_size: Mapped[int]
    font_color: Mapped[str]
    position: Mapped[Literal["top", "middle", "bottom"]] = mapped_column(String)
    with_caption: Mapped[bool]
    output_key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
