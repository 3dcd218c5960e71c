"""Webhook events: records what happened in the transaction in which it happens (transactional outbox)."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, any_, or_, select
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import WebhookDelivery, WebhookEndpoint, WebhookEvent

TEST: Final = "webhook.test"
# An endpoint may subscribe to these types.
EVENT_TYPES: Final = (
    "task.completed",
    "task.failed",
    "task.canceled",
    "batch.progress",
    "calendar_item.scheduled",
    "calendar_item.rendering",
    "calendar_item.publishing",
    "calendar_item.published",
    "calendar_item.failed",
    "calendar_item.canceled",
    "account.connected",
    "account.needs_reconnect",
    "account.disconnected",
    "credits.low",
)


def record(session: Session, workspace_id: UUID, event_type: str, data: dict[str, Any]) -> None:
    """Record an event for the endpoints of a workspace that want it; without any, this is one indexed query.

    `data` is what the receiver gets: JSON, datetimes and UUIDs, no secrets, no signed links. An endpoint of a single
    task gets the events whose `data["task_id"]` is that task.
    """
    wanted = select(WebhookEndpoint.id).where(
        WebhookEndpoint.workspace_id == workspace_id,
        WebhookEndpoint.disabled_at.is_(None),
        _is_subscribed(event_type, data.get("task_id")),
    )
    # Locked as the foreign key locks it: an endpoint that is deleted at this moment must not fail the caller.
    endpoint_ids = session.scalars(wanted.with_for_update(read=True, key_share=True)).all()
    if endpoint_ids:
        insert(session, workspace_id, event_type, data, endpoint_ids)


def _is_subscribed(event_type: str, task_id: str | None) -> ColumnElement[bool]:
    by_type = and_(
        WebhookEndpoint.task_id.is_(None),
        or_(WebhookEndpoint.events.is_(None), any_(WebhookEndpoint.events) == event_type),
    )
    return or_(by_type, WebhookEndpoint.task_id == task_id) if task_id else by_type


def insert(
    session: Session, workspace_id: UUID, event_type: str, data: dict[str, Any], endpoint_ids: Iterable[UUID]
) -> list[WebhookDelivery]:
    """Insert an event and its deliveries to these endpoints, due now. Returns the deliveries."""
    event = WebhookEvent(id=uuid4(), workspace_id=workspace_id, type=event_type, data=data, created_at=now())
    session.add(event)
    session.flush()  # before its deliveries, which refer to it
    deliveries = [
        WebhookDelivery(
            id=uuid4(),
            workspace_id=workspace_id,
            endpoint_id=endpoint_id,
            event_id=event.id,
            status="pending",
            attempts=0,
            next_attempt_at=event.created_at,
            created_at=event.created_at,
        )
        for endpoint_id in endpoint_ids
    ]
    session.add_all(deliveries)
    return deliveries
