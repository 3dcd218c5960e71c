"""One attempt to deliver an event: signature, request, and what its outcome means for delivery and endpoint.

Signatures, statuses and the schedule of retries are those of Standard Webhooks
(https://www.standardwebhooks.com).
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import httpx
import structlog
from pydantic_core import to_json
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from content_pipeline.core.errors import Error, InternalError, UpstreamError
from content_pipeline.core.infrastructure.clock import now, real_now
from content_pipeline.core.infrastructure.net import safe_fetch
from content_pipeline.core.infrastructure.net.retry_after import retry_after
from content_pipeline.core.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from content_pipeline.core.webhooks import endpoints

log = structlog.get_logger()

TIMEOUT_SECONDS: Final = 10.0
# The wait after each failed attempt; after the tenth, 76 hours after the first, a delivery has failed.
RETRY_DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# Up to this share is added to a wait, so that the deliveries that failed together do not come back together.
JITTER: Final = 0.2
# An endpoint without a success for this long is disabled.
MAX_FAILING: Final = timedelta(days=3)
# Statuses that ask for patience with the receiver as a whole, and the longest that is granted.
THROTTLING: Final = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
MAX_THROTTLE: Final = timedelta(hours=24)

BROKEN: Final = InternalError(
    "Something went wrong on our side.", code="delivery_broken", remedy="Nothing to do: it is tried again."
)
GONE: Final = Error(
    "The receiver answered 410 Gone, which disables a webhook.",
    code="receiver_gone",
    remedy="Correct the address, and enable the webhook again.",
)
FAILING: Final = Error(
    "Every delivery failed for three days.",
    code="receiver_failing",
    remedy="Repair the receiver, and enable the webhook again: what is pending is then delivered.",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one attempt: the receiver's status if there was one, the error unless it was accepted.

    `throttle` is how long the receiver asks not to be called.
    """

    status: int | None = None
    error: Error | None = None
    throttle: timedelta | None = None


def send(endpoint: WebhookEndpoint, event: WebhookEvent) -> Outcome:
    """Send the event, signed, and wait for the answer up to TIMEOUT_SECONDS. Errors are part of the outcome."""
    try:
        body = to_json({"type": event.type, "timestamp": event.created_at, "data": event.data})
        headers = {"Content-Type": "application/json", **_signature(endpoint, str(event.id), body.decode())}
        return _outcome(safe_fetch.post(endpoint.url, body, headers, seconds=TIMEOUT_SECONDS))
    except Error as error:
        return Outcome(error=error)
    except Exception:  # a fault of ours with one endpoint must not end the run that delivers to all
        log.exception("webhook_broken", endpoint_id=str(endpoint.id), event_id=str(event.id))
        return Outcome(error=BROKEN)


def _outcome(answer: httpx.Response) -> Outcome:
    if answer.is_success:
        return Outcome(answer.status_code)
    asked = retry_after(answer) if answer.status_code in THROTTLING else None
    throttle = min(timedelta(seconds=asked), MAX_THROTTLE) if asked else None
    return Outcome(answer.status_code, _refusal(answer.status_code), throttle)


def _signature(endpoint: WebhookEndpoint, event_id: str, body: str) -> dict[str, str]:
    at = real_now()  # receivers refuse a timestamp that is 5 minutes off
    signatures = [Webhook(secret).sign(event_id, at, body) for secret in endpoints.signing_secrets(endpoint, now())]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _refusal(status: int) -> Error:
    detail, remedy = f"The receiver answered {status}.", "Look into the receiver's log."
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        remedy = "Check that the receiver verifies with the webhook's present secret."
    elif 300 <= status < 400:
        detail = f"The receiver answered {status}; redirects are not followed."
        remedy = "Set the webhook to the address that it redirects to."
    return UpstreamError(detail, code="receiver_refused", remedy=remedy, retryable=True)


def settle(session: Session, delivery: WebhookDelivery, outcome: Outcome) -> None:
    """Write the outcome of an attempt; nothing when the delivery was deleted, or started anew, meanwhile."""
    # The endpoint is locked first, in the order of its deletion; the other order would deadlock with it.
    endpoint = session.get(WebhookEndpoint, delivery.endpoint_id, with_for_update={"key_share": True})
    row = session.get(WebhookDelivery, delivery.id, with_for_update={"key_share": True})
    if endpoint is None or row is None or (row.status, row.attempts) != ("pending", delivery.attempts):
        return
    row.last_status = outcome.status
    row.last_error = outcome.error.to_dict() if outcome.error else None
    if outcome.error is None:
        row.status, row.delivered_at, row.next_attempt_at = "delivered", now(), None
        endpoint.failing_since = endpoint.throttled_until = None
    else:
        _postpone(row, outcome)
        _note_failure(endpoint, outcome)


def _postpone(delivery: WebhookDelivery, outcome: Outcome) -> None:
    delivery.attempts += 1
    delay = retry_delay(delivery.attempts, random.random())  # noqa: S311 - spreads load, hides nothing
    if delay is None:
        delivery.status, delivery.next_attempt_at = "failed", None
    else:
        delivery.next_attempt_at = now() + max(delay, outcome.throttle or delay)


def retry_delay(attempts: int, jitter: float) -> timedelta | None:
    """The wait after so many failed attempts, longer by `jitter` (0 to 1) of its allowance; None after the last."""
    if attempts > len(RETRY_DELAYS):
        return None
    return RETRY_DELAYS[attempts - 1] * (1 + JITTER * jitter)


def _note_failure(endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    endpoint.failing_since = endpoint.failing_since or now()
    endpoint.throttled_until = now() + outcome.throttle if outcome.throttle else None
    if outcome.status == HTTPStatus.GONE:
        endpoints.disable(endpoint, GONE)
    elif now() - endpoint.failing_since >= MAX_FAILING:
        endpoints.disable(endpoint, FAILING)
