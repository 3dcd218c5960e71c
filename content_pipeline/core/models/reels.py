"""Tables of batches and reels."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.database import Base
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.models.pydantic_json import PydanticJSON


class Batch(Base):
    """A CSV of scripts. `drop` names the upload to the inbox that it was made from, unique per batch."""

    __tablename__ = "batches"
    __table_args__ = (Index("ix_batches_workspace_newest", "workspace_id", text("created_at desc"), text("id desc")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    twin_id: Mapped[UUID] = mapped_column(ForeignKey("twins.id"))
    platform: Mapped[str]
    rows: Mapped[int]
    drop: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Reel(Base):
    """A script, and the narration and the video made of it.

    `voice_id` is the voice that was asked for, `spoken_voice` the one that spoke. `words` are the script's, with
    their times in the narration. `seed` picks the background: a reel that is made again looks the same.
    """

    __tablename__ = "reels"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    twin_id: Mapped[UUID] = mapped_column(ForeignKey("twins.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"), index=True)
    row: Mapped[int | None]
    script: Mapped[str]
    platform: Mapped[str]
    voice_id: Mapped[str]
    title: Mapped[str | None]
    background_url: Mapped[str | None]
    music_url: Mapped[str | None]
    seed: Mapped[int] = mapped_column(BigInteger)
    language: Mapped[str | None]
    spoken_voice: Mapped[str | None]
    words: Mapped[tuple[Word, ...] | None] = mapped_column(PydanticJSON(tuple[Word, ...]))
    narration_seconds: Mapped[float | None]
    narration_key: Mapped[str | None]
    media: Mapped[MediaInfo | None] = mapped_column(PydanticJSON(MediaInfo))
    output_key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
