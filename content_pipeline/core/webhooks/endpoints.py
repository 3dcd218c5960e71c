"""Webhook endpoints: registration, signing secrets and their rotation, disabling, expiry."""

import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, Error, Invalid, NotFound
from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.net import safe_fetch
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.models import WebhookEndpoint, WebhookEvent
from content_pipeline.core.workspaces.ownership import owned

# The dispatcher sends to as many of a workspace at once while no other has places (dispatcher.py), so those of its
# receivers that hang hold up none that work.
MAX_ENDPOINTS: Final = 100
# After a rotation, the secret before it also signs for this long.
ROTATION: Final = timedelta(hours=24)
KEPT: Final = timedelta(days=30)
_SECRET_BYTES: Final = 32
DISABLED: Final = Error(
    "The webhook was disabled by a request.", code="webhook_disabled", remedy="Enable it again when you want events."
)


def create(session: Session, workspace_id: UUID, url: str, events: Sequence[str] | None) -> tuple[WebhookEndpoint, str]:
    """Register an endpoint for these types of event, None for all. Returns it and its secret, which is shown only now.

    Raises Invalid `url_forbidden` or `url_not_https`, Conflict when there are too many, Unavailable without an
    encryption key.
    """
    held = select(func.count()).where(WebhookEndpoint.workspace_id == workspace_id, WebhookEndpoint.task_id.is_(None))
    if session.scalars(held).one() >= MAX_ENDPOINTS:
        raise Conflict(
            f"A workspace may have {MAX_ENDPOINTS} webhooks.",
            code="too_many_webhooks",
            remedy="Delete one that is not needed.",
        )
    return _insert(
        session, WebhookEndpoint(workspace_id=workspace_id, url=url, events=list(events) if events else None)
    )


def create_for_task(session: Session, workspace_id: UUID, task_id: str, url: str) -> str:
    """Register an endpoint that gets the events of one flushed task, and is not listed. Returns its secret.

    The request that creates the task shows the secret once. Raises as `create` does, but for the limit.
    """
    _, secret = _insert(session, WebhookEndpoint(workspace_id=workspace_id, task_id=task_id, url=url))
    return secret


def follow_retry(session: Session, task_id: str, retry_id: str) -> None:
    """Let the endpoint of a task, if it has one, get the events of its flushed retry from here on."""
    session.execute(update(WebhookEndpoint).where(WebhookEndpoint.task_id == task_id).values(task_id=retry_id))


def _insert(session: Session, endpoint: WebhookEndpoint) -> tuple[WebhookEndpoint, str]:
    check_url(endpoint.url)
    endpoint.id, endpoint.created_at = uuid4(), now()
    secret = _new_secret()
    endpoint.secret = encryption.encrypt(secret, _about(endpoint.id, "secret"))
    session.add(endpoint)
    return endpoint, secret


def check_url(url: str) -> None:
    """Raises Invalid `url_forbidden` for an address that is not public, `url_not_https` for one without TLS.

    A host that `allowed_private_hosts` names may be private, and then needs no TLS.
    """
    safe_fetch.check_url(url)
    if urlsplit(url).scheme != "https" and not safe_fetch.may_be_private(url):
        raise Invalid("A webhook needs an https address.", code="url_not_https", remedy="Give an https address.")


def get(session: Session, workspace_id: UUID, endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint:
    """Raises NotFound, also for the endpoint of a single task."""
    endpoint = owned(session, WebhookEndpoint, workspace_id, endpoint_id, lock="update" if lock else None)
    if endpoint.task_id is not None:
        raise NotFound(f"There is no webhook {endpoint_id}.", code="webhook_not_found")
    return endpoint


def list_page(
    session: Session, workspace_id: UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[WebhookEndpoint], str | None]:
    """The endpoints of a workspace, newest first, and the cursor of the next page (None on the last)."""
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.workspace_id == workspace_id, WebhookEndpoint.task_id.is_(None)
    )
    return newest_first(session, query, WebhookEndpoint, limit=limit, cursor=cursor)


def edit(session: Session, workspace_id: UUID, endpoint_id: UUID, changes: Mapping[str, Any]) -> WebhookEndpoint:
    """Change `url`, `events` or `enabled`, and return the endpoint. Raises NotFound, and as `check_url` does."""
    if "url" in changes:
        check_url(changes["url"])  # before the row is locked: it may wait for a name server
    endpoint = get(session, workspace_id, endpoint_id, lock=True)
    if "url" in changes:
        endpoint.url = changes["url"]
        endpoint.failing_since = endpoint.throttled_until = None
    if "events" in changes:
        endpoint.events = changes["events"]
    match changes.get("enabled", endpoint.enabled), endpoint.enabled:
        case True, False:
            enable(endpoint)
        case False, True:
            disable(endpoint, DISABLED)
    return endpoint


def rotate_secret(endpoint: WebhookEndpoint) -> str:
    """Replace the secret of a locked row and return the new one.

    The present one signs too for ROTATION; one before it no longer does. Raises Unavailable when an encryption key is
    missing.
    """
    present, secret = _decrypt(endpoint, "secret"), _new_secret()
    endpoint.previous_secret = encryption.encrypt(present, _about(endpoint.id, "previous_secret"))
    endpoint.previous_secret_until = now() + ROTATION
    endpoint.secret = encryption.encrypt(secret, _about(endpoint.id, "secret"))
    return secret


def signing_secrets(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    """The secrets that sign a delivery at this time. Raises what `encryption.decrypt` raises."""
    rotated = endpoint.previous_secret_until is not None and at < endpoint.previous_secret_until
    return [_decrypt(endpoint, column) for column in ("secret", *(["previous_secret"] if rotated else []))]


def disable(endpoint: WebhookEndpoint, reason: Error) -> None:
    """Stop deliveries and the recording of events. Pending deliveries wait until it is enabled."""
    endpoint.disabled_at, endpoint.reason = now(), reason.to_dict()


def enable(endpoint: WebhookEndpoint) -> None:
    """Deliver again, also what was pending when it was disabled."""
    endpoint.disabled_at = endpoint.reason = endpoint.failing_since = endpoint.throttled_until = None


def sweep(session: Session) -> None:
    """Delete events, their deliveries and the endpoints of single tasks that are older than KEPT."""
    session.execute(delete_rows(WebhookEvent).where(WebhookEvent.created_at < now() - KEPT))
    session.execute(
        delete_rows(WebhookEndpoint).where(
            WebhookEndpoint.task_id.is_not(None), WebhookEndpoint.created_at < now() - KEPT
        )
    )


def _new_secret() -> str:
    """A secret as Standard Webhooks writes it."""
    return f"whsec_{b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def _decrypt(endpoint: WebhookEndpoint, column: str) -> str:
    return encryption.decrypt(getattr(endpoint, column), _about(endpoint.id, column)).decode()


def _about(endpoint_id: UUID, column: str) -> str:
    return encryption.associated_data(WebhookEndpoint.__tablename__, endpoint_id, column)
