"""Webhook dispatcher: sends all due deliveries, to each endpoint one at a time, to many endpoints at once.

Only one run dispatches at a time (assets/webhooks.py). What it has in flight is known to it alone, so the deliveries
of a killed run are simply still due.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from content_pipeline.core.webhooks import attempts
from content_pipeline.core.webhooks.attempts import Outcome

# Endpoints that are sent to at once. Those that failed last have places of their own: a receiver that hangs holds its
# place for 10 s at each attempt, and must not hold that of one that works.
MAX_CONCURRENT: Final = 150
# A workspace holds at most this many places for each that is free (a dynamic threshold, as in the buffers of switches):
# 100 where it is alone, 60 each where there are two, so that another one finds some free. Without it, the 100 endpoints
# of one workspace and ten new ones a second of its single tasks, which all hang for 10 s, took all of them.
PLACES_PER_FREE_ONE: Final = 2
# Events that come while others are in flight are looked for at this interval.
POLL_SECONDS: Final = 0.5
# A run takes up no more after that, and the sensor starts the next: with a steady stream of events it would never end.
RUN_SECONDS: Final = 3600.0

Transaction = Callable[[], AbstractContextManager[Session]]


class Dispatch(NamedTuple):
    """A delivery with all that its attempt needs."""

    endpoint: WebhookEndpoint
    delivery: WebhookDelivery
    event: WebhookEvent

    @property
    def is_to_failing(self) -> bool:
        return self.endpoint.failing_since is not None


def is_due(session: Session) -> bool:
    """Whether there is a delivery to send now."""
    due = select(WebhookDelivery.id).join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
    return session.scalars(due.where(_is_due()).limit(1)).first() is not None


class Backlog(NamedTuple):
    """Deliveries that are due, those that wait for their time or their receiver, and since when the first is due."""

    due: int
    waiting: int
    due_since: datetime | None


def backlog(session: Session) -> Backlog:
    """What is still to be delivered to endpoints that are not disabled."""
    query = (
        select(
            func.count().filter(_is_due()),
            func.count().filter(~_is_due()),
            func.min(WebhookDelivery.next_attempt_at).filter(_is_due()),
        )
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookDelivery.status == "pending", WebhookEndpoint.disabled_at.is_(None))
    )
    return Backlog(*session.execute(query).one())


def deliver_due(transaction: Transaction) -> Counter[str]:
    """Send until nothing is due, or for RUN_SECONDS. Returns how many attempts were `accepted` and `refused`.

    `transaction` opens the caller's transactions, all in this thread: one that may write no more raises there.
    """
    outcomes: Counter[str] = Counter()
    in_flight: dict[Future[Outcome], Dispatch] = {}
    # Endpoints of which an outcome cannot be written get nothing more in this run: they would get the same without end.
    unsettled: set[UUID] = set()
    end = time.monotonic() + RUN_SECONDS
    with ThreadPoolExecutor(2 * MAX_CONCURRENT, thread_name_prefix="webhooks") as pool:
        while True:
            due = _due(transaction, in_flight.values(), unsettled) if time.monotonic() < end else []
            in_flight |= {pool.submit(attempts.send, dispatch.endpoint, dispatch.event): dispatch for dispatch in due}
            if not in_flight:
                return outcomes
            done, _ = wait(in_flight, POLL_SECONDS, FIRST_COMPLETED)
            for future in done:
                dispatch, outcome = in_flight.pop(future), future.result()
                unsettled.add(dispatch.endpoint.id)
                with transaction() as session, isolated("webhook_deliveries", dispatch.delivery.id):
                    with session.begin_nested():
                        attempts.settle(session, dispatch.delivery, outcome)
                    unsettled.remove(dispatch.endpoint.id)
                outcomes["refused" if outcome.error else "accepted"] += 1


def _due(transaction: Transaction, in_flight: Collection[Dispatch], unsettled: Collection[UUID]) -> list[Dispatch]:
    """What is to be sent now beside what is in flight, but not to the unsettled endpoints."""
    with transaction() as session:
        return [
            dispatch for failing in (False, True) for dispatch in _next(session, in_flight, unsettled, failing=failing)
        ]


def _next(
    session: Session, in_flight: Collection[Dispatch], unsettled: Collection[UUID], *, failing: bool
) -> list[Dispatch]:
    """The oldest due delivery of each settled endpoint that has none in flight, as far as there are places.

    Workspaces take turns; those come first that have the fewest in flight.
    """
    holders: list[UUID] = [
        dispatch.endpoint.workspace_id for dispatch in in_flight if dispatch.is_to_failing is failing
    ]
    free = MAX_CONCURRENT - len(holders)
    busy: list[UUID] = [*unsettled, *(dispatch.endpoint.id for dispatch in in_flight)]
    oldest = (
        select(WebhookDelivery.id)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(
            _is_due(),
            WebhookEndpoint.id.not_in(busy),
            WebhookEndpoint.failing_since.is_not(None) if failing else WebhookEndpoint.failing_since.is_(None),
        )
        .order_by(WebhookDelivery.endpoint_id, WebhookDelivery.next_attempt_at)
        .ext(distinct_on(WebhookDelivery.endpoint_id))
    )
    held = func.cardinality(func.array_positions(literal(holders, ARRAY(Uuid)), WebhookDelivery.workspace_id))
    number = func.row_number().over(partition_by=WebhookDelivery.workspace_id, order_by=WebhookDelivery.next_attempt_at)
    turn = (held + number).label("turn")
    query = (
        select(WebhookEndpoint, WebhookDelivery, WebhookEvent, turn)
        .join(WebhookDelivery, WebhookDelivery.endpoint_id == WebhookEndpoint.id)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.id.in_(oldest))
        .order_by(turn, WebhookDelivery.next_attempt_at)
        .limit(free)
    )
    return [
        Dispatch(endpoint, delivery, event)
        for taken, (endpoint, delivery, event, place) in enumerate(session.execute(query))
        if place <= PLACES_PER_FREE_ONE * (free - taken)
    ]


def _is_due() -> ColumnElement[bool]:
    return and_(
        WebhookDelivery.status == "pending",
        WebhookDelivery.next_attempt_at <= now(),
        WebhookEndpoint.disabled_at.is_(None),
        or_(WebhookEndpoint.throttled_until.is_(None), WebhookEndpoint.throttled_until <= now()),
    )
