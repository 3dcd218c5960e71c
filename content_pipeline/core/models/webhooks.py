"""Tables of webhook endpoints, events and deliveries."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base
from content_pipeline.core.models.pydantic_json import PydanticJSON

DeliveryStatus = Literal["pending", "delivered", "failed"]


class WebhookEndpoint(Base):
    """An address that gets a workspace's events, and its secrets, encrypted by `core/infrastructure/encryption.py`.

    `events` are the types that it gets, null for all. With a `task_id` it gets the events of that task only, which
    becomes its retry when there is one, and is not listed. `previous_secret` signs too until `previous_secret_until`,
    after a rotation. `failing_since` is its first failure after the last success; `throttled_until` is when the
    receiver asked to be called again. `reason` is why it is disabled.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        Index(
            "ix_webhook_endpoints_workspace_newest",
            "workspace_id",
            text("created_at desc"),
            text("id desc"),
            postgresql_where=text("task_id is null"),
        ),
        Index("uq_webhook_endpoints_task", "task_id", unique=True, postgresql_where=text("task_id is not null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    task_id: Mapped[str | None] = mapped_column(ForeignKey("tasks.id"))
    url: Mapped[str]
    events: Mapped[list[str] | None] = mapped_column(ARRAY(String))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    previous_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_secret_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    throttled_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    @property
    def enabled(self) -> bool:
        return self.disabled_at is None


class WebhookEvent(Base):
    """Something that happened, written in the transaction in which it happened (transactional outbox).

    Its id is the `webhook-id` of all its deliveries.
    """

    __tablename__ = "webhook_events"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    type: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(PydanticJSON(dict[str, Any]))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class WebhookDelivery(Base):
    """One event on its way to one endpoint. `attempts` counts those that failed since it was last (re)started.

    `last_status` is the receiver's last HTTP status, `last_error` why the last attempt failed.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_newest", "endpoint_id", text("created_at desc"), text("id desc")),
        Index(
            "ix_webhook_deliveries_due",
            "endpoint_id",
            "next_attempt_at",
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="cascade"))
    event_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_events.id", ondelete="cascade"), index=True)
    status: Mapped[DeliveryStatus] = mapped_column(String)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_status: Mapped[int | None]
    last_error: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
