"""Tables of batches and reels."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.models.deletable import Deletable
from content_pipeline.core.models.narrated import Narrated
from content_pipeline.core.models.pydantic_json import PydanticJSON


class Batch(Deletable, Base):
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


class Reel(Narrated, Deletable, Base):
    """A script, and the narration and the video made of it.

    `seed` picks the background: a reel that is made again looks the same. `background_url` and `music_url` are the URI
    of an object, or a URL. `call_to_action` is None for the twin's own.
    """

    __tablename__ = "reels"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    twin_id: Mapped[UUID] = mapped_column(ForeignKey("twins.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"), index=True)
    row: Mapped[int | None]
    platform: Mapped[str]
    title: Mapped[str | None]
    call_to_action: Mapped[str | None]
    background_url: Mapped[str | None]
    music_url: Mapped[str | None]
    seed: Mapped[int] = mapped_column(BigInteger)
    media: Mapped[MediaInfo | None] = mapped_column(PydanticJSON(MediaInfo))
    output_key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
