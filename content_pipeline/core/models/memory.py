"""Table of twins' memories."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base


class Memory(Base):
    """A memory of a twin. `entity_id` names the person or thing that it is about.

    Searched by its `vector` (384 little-endian float32), or by ZeroMemory, where its id is `remote_id`.
    """

    __tablename__ = "memories"
    __table_args__ = (CheckConstraint("(vector is null) <> (remote_id is null)", name="found_one_way"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    twin_id: Mapped[UUID] = mapped_column(ForeignKey("twins.id"), index=True)
    entity_id: Mapped[str | None]
    memory_type: Mapped[str]
    content: Mapped[str]
    importance: Mapped[float]
    tags: Mapped[list[str]] = mapped_column(ARRAY(String))
    # SQLAlchemy reserves the attribute name `metadata`.
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB)
    vector: Mapped[bytes | None]
    remote_id: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
