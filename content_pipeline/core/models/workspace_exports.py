"""Table of workspace exports."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base


class WorkspaceExport(Base):
    """A request for everything that a workspace has as a ZIP file; `with_files`, or with links to them.

    `rows`, `files`, `bytes` and `written_at` are null until it is stored. `object_key` is null before that, and again
    when the file was deleted.
    """

    __tablename__ = "workspace_exports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), index=True)
    with_files: Mapped[bool]
    object_key: Mapped[str | None]
    rows: Mapped[int | None]
    files: Mapped[int | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    written_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
