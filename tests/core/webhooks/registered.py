"""Webhooks of tests, and what became of the events sent to them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from content_pipeline.core.webhooks import dispatcher, endpoints, events

URL = "https://8.8.8.8/hook"


def register(workspace_id: UUID, url: str = URL, types: Sequence[str] | None = None) -> tuple[UUID, str]:
    """The id of a new endpoint, and its secret."""
    with transaction() as session:
        endpoint, secret = endpoints.create(session, workspace_id, url, types)
        return endpoint.id, secret


def happen(workspace_id: UUID, event_type: str = "task.completed", **data: Any) -> None:
    with transaction() as session:
        events.record(session, workspace_id, event_type, data)


def deliver() -> None:
    """As a run does."""
    dispatcher.deliver_due(transaction)


def endpoint(endpoint_id: UUID) -> WebhookEndpoint:
    with transaction() as session:
        return session.get_one(WebhookEndpoint, endpoint_id)


def deliveries(endpoint_id: UUID) -> list[WebhookDelivery]:
    """The oldest first."""
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    with transaction() as session:
        return list(session.scalars(query.order_by(WebhookDelivery.created_at)))


def recorded(workspace_id: UUID) -> list[WebhookEvent]:
    """The events of a workspace, the oldest first."""
    query = select(WebhookEvent).where(WebhookEvent.workspace_id == workspace_id)
    with transaction() as session:
        return list(session.scalars(query.order_by(WebhookEvent.created_at)))
