"""Table of audit events."""

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base

ActorKind = Literal["key", "operator", "service"]
Outcome = Literal["done", "denied"]


class AuditEvent(Base):
    """Who did what to which object. A trigger refuses updates; only retention deletes.

    `actor_name` is the name that the key had. Events hold no texts and no secrets.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_workspace_newest", "workspace_id", text("at desc"), text("id desc")),
        Index("ix_audit_events_object_newest", "workspace_id", "object_id", text("at desc"), text("id desc")),
        Index("ix_audit_events_key_newest", "api_key_id", text("at desc"), text("id desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor: Mapped[ActorKind] = mapped_column(String)
    actor_name: Mapped[str]
    api_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id"))
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str | None]
    outcome: Mapped[Outcome] = mapped_column(String)
