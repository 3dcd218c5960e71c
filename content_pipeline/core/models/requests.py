"""Tables of idempotency keys and rate limits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base


class IdempotencyKey(Base):
    """The first answer to an idempotency key, written in the transaction of its request.

    An answer that shows a secret has its body encrypted, in `secret_body`. Without a `status` it was forgotten, as what
    the request made was deleted.
    """

    __tablename__ = "idempotency_keys"

    api_key_id: Mapped[UUID] = mapped_column(ForeignKey("api_keys.id"), primary_key=True)
    endpoint: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    body: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    secret_body: Mapped[bytes | None] = mapped_column(LargeBinary)
    location: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class RateLimit(Base):
    """A bucket of the generic cell rate algorithm: the time at which it is empty. Unlogged: a crash may lose it."""

    __tablename__ = "rate_limits"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    bucket: Mapped[str] = mapped_column(primary_key=True)
    empty_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ReceivedEvent(Base):
    """The id of an event that a provider has sent to a webhook of ours, so that a repeated one is known."""

    __tablename__ = "received_events"

    id: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
