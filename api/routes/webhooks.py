"""Webhooks: registration, deliveries, redelivery, test events, rotation of the secret."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.audit import ChangeDep
from api.deps import AdminDep, CallerDep, Cursor, Limit
from api.idempotency import IdempotentDep
from api.json_routes import JsonRoute
from api.limits.concurrency.bulkhead import in_bulkhead
from api.pagination import link_next
from api.paths import PUBLIC_PATH
from api.schemas.problems import problems
from api.schemas.webhooks import (
    DeliveryView,
    SecretRotated,
    WebhookCreated,
    WebhookEdit,
    WebhookRequest,
    WebhookView,
)
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.models.webhooks import DeliveryStatus
from content_pipeline.core.webhooks import deliveries, endpoints

router = APIRouter(prefix="/webhooks", tags=["webhooks"], route_class=JsonRoute)


@router.post("", status_code=HTTPStatus.CREATED, response_model=WebhookCreated, responses=problems(409, 503))
@in_bulkhead()
def create_webhook(body: WebhookRequest, caller: AdminDep, idempotent: IdempotentDep) -> Response:
    """Register an address that events are sent to, each at least once, in no promised order.

    The answer shows the secret that signs them; it cannot be read later.
    """
    with idempotent.transaction() as session:
        endpoint, secret = endpoints.create(session, caller.workspace_id, body.url, body.events)
        view = WebhookCreated(**WebhookView.model_validate(endpoint).model_dump(), secret=secret)
        return idempotent.created(session, view, location=f"{PUBLIC_PATH}/webhooks/{endpoint.id}")


@router.get("")
def list_webhooks(
    request: Request, response: Response, caller: CallerDep, limit: Limit = 50, cursor: Cursor = None
) -> list[WebhookView]:
    """List the workspace's webhooks, newest first."""
    with autocommit() as session:
        page, next_cursor = endpoints.list_page(session, caller.workspace_id, limit=limit, cursor=cursor)
    link_next(request, response, next_cursor)
    return [WebhookView.model_validate(endpoint) for endpoint in page]


@router.get("/{webhook_id}", responses=problems(404))
def get_webhook(webhook_id: UUID, caller: CallerDep) -> WebhookView:
    """Get one webhook; one that was disabled says why."""
    with autocommit() as session:
        return WebhookView.model_validate(endpoints.get(session, caller.workspace_id, webhook_id))


@router.patch("/{webhook_id}", responses=problems(404, 503))
@in_bulkhead()
def edit_webhook(webhook_id: UUID, body: WebhookEdit, caller: AdminDep, change: ChangeDep) -> WebhookView:
    """Edit a webhook, disable it or enable it again. Events that occur while it is disabled are not sent later."""
    with change.transaction() as session:
        endpoint = endpoints.edit(session, caller.workspace_id, webhook_id, body.model_dump(exclude_unset=True))
        return WebhookView.model_validate(endpoint)


@router.delete("/{webhook_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404))
def delete_webhook(webhook_id: UUID, caller: AdminDep, change: ChangeDep) -> None:
    """Delete a webhook with its deliveries; what is pending is not sent."""
    with change.transaction() as session:
        session.delete(endpoints.get(session, caller.workspace_id, webhook_id))


@router.post("/{webhook_id}/rotate-secret", response_model=SecretRotated, responses=problems(404, 503))
def rotate_webhook_secret(webhook_id: UUID, caller: AdminDep, idempotent: IdempotentDep) -> Response:
    """Replace the secret. For a day deliveries are signed with both; a second rotation retires the first at once."""
    with idempotent.transaction() as session:
        endpoint = endpoints.get(session, caller.workspace_id, webhook_id, lock=True)
        secret = endpoints.rotate_secret(endpoint)
        assert endpoint.previous_secret_until
        view = SecretRotated(secret=secret, previous_secret_until=endpoint.previous_secret_until)
        return idempotent.ok(session, view)


@router.post(
    "/{webhook_id}/test", status_code=HTTPStatus.ACCEPTED, response_model=DeliveryView, responses=problems(404, 409)
)
def test_webhook(webhook_id: UUID, caller: AdminDep, idempotent: IdempotentDep) -> Response:
    """Send an event of type `webhook.test` to this webhook only."""
    with idempotent.transaction() as session:
        endpoint = endpoints.get(session, caller.workspace_id, webhook_id)
        view = DeliveryView.of(*deliveries.create_test(session, endpoint))
        return idempotent.accepted(session, view, location=_deliveries(webhook_id))


@router.get("/{webhook_id}/deliveries", responses=problems(404))
def list_deliveries(
    webhook_id: UUID,
    request: Request,
    response: Response,
    caller: CallerDep,
    status: DeliveryStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> list[DeliveryView]:
    """List the deliveries of the last 30 days, newest first."""
    with autocommit() as session:
        endpoint = endpoints.get(session, caller.workspace_id, webhook_id)
        page, next_cursor = deliveries.list_page(session, endpoint, limit=limit, cursor=cursor, status=status)
    link_next(request, response, next_cursor)
    return [DeliveryView.of(delivery, event) for delivery, event in page]


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/redeliver",
    status_code=HTTPStatus.ACCEPTED,
    response_model=DeliveryView,
    responses=problems(404, 409),
)
def redeliver(webhook_id: UUID, delivery_id: UUID, caller: AdminDep, idempotent: IdempotentDep) -> Response:
    """Send an event again, under the same `webhook-id`, whether it was delivered or not."""
    with idempotent.transaction() as session:
        endpoint = endpoints.get(session, caller.workspace_id, webhook_id)
        view = DeliveryView.of(*deliveries.redeliver(session, endpoint, delivery_id))
        return idempotent.accepted(session, view, location=_deliveries(webhook_id))


def _deliveries(webhook_id: UUID) -> str:
    return f"{PUBLIC_PATH}/webhooks/{webhook_id}/deliveries"
