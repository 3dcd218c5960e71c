"""Table of analysts: database roles that may read the views of the schema `analytics`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base


class Analyst(Base):
    """A role of the database that sees the rows of one workspace; without a `workspace_id`, those of all."""

    __tablename__ = "analysts"

    role: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID | None] = mapped_column(ForeignKey("workspaces.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
