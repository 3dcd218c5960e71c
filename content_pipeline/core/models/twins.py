"""Table of twins."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.models.calendar import VideoKind
from content_pipeline.core.models.narrated import Paced
from content_pipeline.core.models.with_glossary import WithGlossary


class Twin(Paced, WithGlossary, Base):
    """A persona: the voice, face and look (`style_tags`) of its videos, and how its posts are written.

    `make` is the kind of video that is made of the scripts of its calendar items, `caption_animation` how their words
    appear, `call_to_action` what its reels end with; they end with its name where there is none.

    `accounts` holds the ids of the accounts that it posts to, by platform.
    """

    __tablename__ = "twins"
    __table_args__ = (Index("ix_twins_workspace_newest", "workspace_id", text("created_at desc"), text("id desc")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    name: Mapped[str]
    voice_id: Mapped[str]
    style_tags: Mapped[list[str]] = mapped_column(ARRAY(String))
    persona_prompt: Mapped[str | None]
    platform_defaults: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    accounts: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    make: Mapped[VideoKind] = mapped_column(String, default="reel", server_default=text("'reel'"))
    caption_animation: Mapped[CaptionAnimation] = mapped_column(String, default="box", server_default=text("'box'"))
    call_to_action: Mapped[str | None]
    avatar_id: Mapped[str | None]
    picture_url: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
