"""Webhook deliveries as their owner sees them: list, redelivery, test."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from content_pipeline.core.models.webhooks import DeliveryStatus
from content_pipeline.core.webhooks import events
from content_pipeline.core.workspaces.ownership import owned


def list_page(
    session: Session,
    endpoint: WebhookEndpoint,
    *,
    limit: int,
    cursor: str | None = None,
    status: DeliveryStatus | None = None,
) -> tuple[list[tuple[WebhookDelivery, WebhookEvent]], str | None]:
    """The deliveries to an endpoint with their events, newest first, and the cursor of the next page."""
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id)
    if status:
        query = query.where(WebhookDelivery.status == status)
    page, next_cursor = newest_first(session, query, WebhookDelivery, limit=limit, cursor=cursor)
    of_page = select(WebhookEvent).where(WebhookEvent.id.in_([delivery.event_id for delivery in page]))
    found = {event.id: event for event in session.scalars(of_page)}
    return [(delivery, found[delivery.event_id]) for delivery in page], next_cursor


def redeliver(session: Session, endpoint: WebhookEndpoint, delivery_id: UUID) -> tuple[WebhookDelivery, WebhookEvent]:
    """Start a delivery anew, whatever its status: it is due now, with the event's own id, and retried as a new one.

    Raises NotFound, Conflict when the endpoint is disabled.
    """
    _check_enabled(endpoint)
    delivery = owned(session, WebhookDelivery, endpoint.workspace_id, delivery_id, lock="update")
    if delivery.endpoint_id != endpoint.id:
        raise NotFound(f"There is no delivery {delivery_id}.", code="delivery_not_found")
    delivery.status, delivery.attempts, delivery.next_attempt_at = "pending", 0, now()
    return delivery, session.get_one(WebhookEvent, delivery.event_id)


def create_test(session: Session, endpoint: WebhookEndpoint) -> tuple[WebhookDelivery, WebhookEvent]:
    """Deliver an event of type `webhook.test` to this endpoint only. Raises Conflict when it is disabled."""
    _check_enabled(endpoint)
    data = {"webhook_id": endpoint.id}
    (delivery,) = events.insert(session, endpoint.workspace_id, events.TEST, data, [endpoint.id])
    session.flush()
    return delivery, session.get_one(WebhookEvent, delivery.event_id)


def _check_enabled(endpoint: WebhookEndpoint) -> None:
    if not endpoint.enabled:
        raise Conflict("This webhook is disabled.", code="webhook_disabled", remedy="Enable it first.")
