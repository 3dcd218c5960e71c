"""Tables of clients' own files: uploads, and those of which only parts have arrived."""

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.models.pydantic_json import PydanticJSON

UploadKind = Literal["video", "picture", "sound"]


class Upload(Base):
    """A client's own file, examined and stored. Rows stay when their file goes (`deleted_at`), for what names them.

    `media` is None for a picture, `width` and `height` for sound. `size` is in bytes. `content_type` is what was found
    in the file, not what the client said. The file is deleted at `expires_at`, or when nothing needs it any longer.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_workspace_newest", "workspace_id", text("created_at desc"), text("id desc")),
        Index("ix_uploads_expiring", "expires_at", postgresql_where=text("deleted_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    kind: Mapped[UploadKind] = mapped_column(String)
    file_key: Mapped[str]
    file_name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    media: Mapped[MediaInfo | None] = mapped_column(PydanticJSON(MediaInfo))
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def duration(self) -> float | None:
        """Seconds; None for a picture."""
        return self.media.seconds if self.media else None


class MultipartUpload(Base):
    """A file that a client sends to the object store in parts; when it is complete, an Upload with the same id.

    `store_id` is the object store's id for it.
    """

    __tablename__ = "multipart_uploads"
    __table_args__ = (Index("ix_multipart_uploads_created_at", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), index=True)
    file_key: Mapped[str]
    file_name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    part_size: Mapped[int] = mapped_column(BigInteger)
    store_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
