"""Schemas of webhooks and their deliveries."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.patch import unset
from api.schemas.secret_answer import SecretAnswer
from api.schemas.tasks import TaskError, error_of
from content_pipeline.core.infrastructure.registered_name import RegisteredName
from content_pipeline.core.models import WebhookDelivery, WebhookEvent
from content_pipeline.core.models.webhooks import DeliveryStatus
from content_pipeline.core.webhooks.events import EVENT_TYPES

Url = Annotated[
    str, Field(max_length=2000, description="A public https address", examples=["https://yourapp.com/hooks"])
]
EventType = Annotated[str, RegisteredName(lambda: EVENT_TYPES)]
EventTypes = Annotated[list[EventType], Field(min_length=1, max_length=len(EVENT_TYPES))]

_EVENTS = "The types of event that are sent; null for all, also for those that later versions add"


class WebhookRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"url": "https://yourapp.com/hooks", "events": ["task.completed", "task.failed"]}]
        },
    )

    url: Url
    events: EventTypes | None = Field(None, description=_EVENTS)


class WebhookEdit(BaseModel):
    """The editable fields of a webhook; omitted ones keep their value."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"events": ["batch.progress"]}]})

    url: Url = Field(default_factory=unset)
    events: EventTypes | None = Field(None, description=_EVENTS)
    enabled: bool = Field(
        default_factory=unset,
        description="Enabling one delivers what was pending when it was disabled",
    )


class WebhookView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=["7d1f3c1e-3d0b-4c86-9a4c-2f5d0f0c8a11"])
    url: str = Field(examples=["https://yourapp.com/hooks"])
    events: list[str] | None = Field(description=_EVENTS, examples=[["task.completed", "task.failed"]])
    enabled: bool
    reason: TaskError | None = Field(description="Why it is disabled")
    disabled_at: datetime | None
    failing_since: datetime | None = Field(description="The first failure after the last success")
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])


class WebhookSecret(SecretAnswer):
    secret: str = Field(
        description="Signs the deliveries (HMAC-SHA256, Standard Webhooks). Shown only now",
        examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
    )


class WebhookCreated(WebhookView, WebhookSecret):
    pass


class SecretRotated(WebhookSecret):
    previous_secret_until: datetime = Field(
        description="Until then deliveries are also signed with the secret before", examples=["2026-05-01T02:12:14Z"]
    )


class DeliveryView(BaseModel):
    id: UUID
    event_id: UUID = Field(description="The `webhook-id` of every attempt")
    type: str = Field(examples=["task.completed"])
    data: dict[str, Any]
    status: DeliveryStatus
    attempts: int = Field(description="Attempts that failed")
    next_attempt_at: datetime | None
    last_status: int | None = Field(description="HTTP status of the receiver's last answer", examples=[500])
    last_error: TaskError | None = Field(description="Why the last attempt failed")
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])
    delivered_at: datetime | None

    @classmethod
    def of(cls, delivery: WebhookDelivery, event: WebhookEvent) -> "DeliveryView":
        return cls(
            id=delivery.id,
            event_id=event.id,
            type=event.type,
            data=event.data,
            status=delivery.status,
            attempts=delivery.attempts,
            next_attempt_at=delivery.next_attempt_at,
            last_status=delivery.last_status,
            last_error=error_of(delivery.last_error),
            created_at=delivery.created_at,
            delivered_at=delivery.delivered_at,
        )
