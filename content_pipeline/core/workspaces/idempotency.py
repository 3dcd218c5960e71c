"""Idempotency keys: a repeated POST is executed once, and its first answer is replayed.

The key's row is written in the transaction of the request, so an answer is stored exactly when the work was accepted.
A request that failed leaves no key, and may be sent again.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from psycopg.errors import LockNotAvailable
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, NotFound, Unprocessable
from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import ApiKey, IdempotencyKey

KEPT: Final = timedelta(hours=24)
WAIT_SECONDS: Final = 5


@dataclass(frozen=True)
class Request:
    """A request that named an idempotency key. `endpoint` is its method and path."""

    api_key_id: UUID
    endpoint: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True)
class Answer:
    """What a request was answered. A secret body is stored encrypted."""

    status: int
    body: Any
    location: str | None = None
    is_secret: bool = False


def claim(session: Session, request: Request) -> Answer | None:
    """Claim the key in this transaction and return None, or return the stored answer of an earlier request.

    Waits for a concurrent request with the same key. Raises Conflict when that takes longer than WAIT_SECONDS,
    Unprocessable when the key was used for another request, NotFound when what it made was deleted.
    """
    values = {**_identity(request), "fingerprint": request.fingerprint, "created_at": now()}
    session.execute(text(f"set local lock_timeout = '{WAIT_SECONDS}s'"))
    try:
        claimed = session.scalar(
            insert(IdempotencyKey).values(values).on_conflict_do_nothing().returning(IdempotencyKey.key)
        )
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise Conflict(
                "A request with this Idempotency-Key is still in progress.",
                code="idempotency_in_flight",
                remedy="Retry in a second.",
                retryable=True,
                retry_after=1,
            ) from error
        raise
    session.execute(text("set local lock_timeout = 0"))
    return None if claimed else _stored_answer(session, request)


def keep(session: Session, request: Request, answer: Answer) -> None:
    """Store the answer to a claimed key, for replay. Raises Unavailable without a key to encrypt a secret one with."""
    body = (
        {"secret_body": encryption.encrypt(json.dumps(answer.body), _about(request))}
        if answer.is_secret
        else {"body": answer.body}
    )
    session.execute(
        update(IdempotencyKey)
        .filter_by(**_identity(request))
        .values(status=answer.status, location=answer.location, **body)
    )


def forget(session: Session, workspace_id: UUID, task_ids: Collection[str]) -> None:
    """Forget the answers that name these tasks, whose rows were deleted: repeated requests raise NotFound."""
    keys = select(ApiKey.id).where(ApiKey.workspace_id == workspace_id)
    named = func.regexp_replace(IdempotencyKey.location, ".*/", "").in_(task_ids)
    forgotten = update(IdempotencyKey).where(IdempotencyKey.api_key_id.in_(keys), named)
    session.execute(forgotten.values(status=None, body=None, secret_body=None))


def sweep(session: Session) -> None:
    """Delete the answers that are older than KEPT."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now() - KEPT))


def fingerprint(content: Any) -> bytes:
    """SHA-256 of a JSON value in canonical form: same content, same bytes."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).digest()


def _identity(request: Request) -> dict[str, Any]:
    return {"api_key_id": request.api_key_id, "endpoint": request.endpoint, "key": request.key}


def _stored_answer(session: Session, request: Request) -> Answer:
    kept = session.get_one(IdempotencyKey, tuple(_identity(request).values()))
    if kept.fingerprint != request.fingerprint:
        raise Unprocessable(
            "This Idempotency-Key was already used for a different request.",
            code="idempotency_mismatch",
            remedy="Use a new key for a new request.",
        )
    if kept.status is None:
        raise NotFound(
            "What this request has made was deleted.",
            code="deleted",
            remedy="Send it again with another Idempotency-Key to make it anew.",
        )
    if kept.secret_body is None:
        return Answer(kept.status, kept.body, kept.location)
    body = json.loads(encryption.decrypt(kept.secret_body, _about(request)))
    return Answer(kept.status, body, kept.location, is_secret=True)


def _about(request: Request) -> str:
    identity = ":".join(map(str, _identity(request).values()))
    return encryption.associated_data(IdempotencyKey.__tablename__, identity, "secret_body")
