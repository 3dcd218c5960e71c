"""Liveness and readiness probes."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final, Literal

from botocore.exceptions import BotoCoreError, ClientError
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.limits.concurrency.thread_pools import READINESS
from content_pipeline.core.avatars import heygen_account
from content_pipeline.core.avatars.heygen import BalanceLevel
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import dagster_health

router = APIRouter(prefix="/health", tags=["health"])

State = Literal["ok", "unavailable"]

# Anybody may ask, and each answer takes a query of the database and a request to the object store.
CACHE_SECONDS: Final = 2.0


class Readiness(BaseModel):
    status: State
    parts: dict[str, State]
    heygen_balance: BalanceLevel | None = Field(
        description="What is left at HeyGen, read some minutes ago; null where avatars are drawn here. It does not "
        "change `status`"
    )


@router.get("/live")
async def live() -> dict[Literal["status"], State]:
    """Liveness: this process answers."""
    # This needs no thread: routes that wait for a database that hangs may hold all of them, and a restart would mend
    # nothing.
    return {"status": "ok"}


@router.get(
    "/ready", responses={503: {"model": Readiness, "description": "A dependency is unavailable; `parts` says which"}}
)
async def ready(response: Response) -> Readiness:
    """Readiness: database, object store and Dagster answer, or did in the last two seconds."""
    # A known readiness is answered without a thread, because anybody may ask as often as they like.
    if not (readiness := recent.found()):
        readiness = await READINESS.run(recent.read)
    response.status_code = 200 if readiness.status == "ok" else 503
    return readiness


class RecentReadiness:
    """The readiness, read at most once in CACHE_SECONDS, by one thread at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._readiness: Readiness | None = None
        self._read_at = 0.0

    def found(self) -> Readiness | None:
        """What was read in the last CACHE_SECONDS."""
        return self._readiness if time.monotonic() - self._read_at <= CACHE_SECONDS else None

    def read(self) -> Readiness:
        with self._lock:
            if found := self.found():
                return found
            readiness = _read()
            self._readiness, self._read_at = readiness, time.monotonic()
            return readiness

    def clear(self) -> None:
        self._readiness = None


recent: Final = RecentReadiness()


def _read() -> Readiness:
    parts: dict[str, State] = {name: "ok" if check() else "unavailable" for name, check in CHECKS.items()}
    status: State = "unavailable" if "unavailable" in parts.values() else "ok"
    return Readiness(status=status, parts=parts, heygen_balance=_heygen_balance())


def _heygen_balance() -> BalanceLevel | None:
    """The level without the amount, because this endpoint is public."""
    if settings().avatar_provider != "heygen":
        return None
    try:
        with autocommit() as session:
            return heygen_account.balance_level(session)
    except SQLAlchemyError:
        return "unknown"


def _database_answers() -> bool:
    try:
        with autocommit() as session:
            session.execute(text("select 1"))
    except SQLAlchemyError:
        return False
    return True


def _dagster_is_ready() -> bool:
    health = dagster_health.read()
    return health is not None and health.is_ready


def _storage_answers() -> bool:
    try:
        storage.client().head_bucket(Bucket=settings().s3_bucket)
    except (BotoCoreError, ClientError):
        return False
    return True


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database_answers,
    "storage": _storage_answers,
    "dagster": _dagster_is_ready,
}
