"""Tables of plans, workspaces and API keys."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, ForeignKey, LargeBinary, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base


class Plan(Base):
    """The limits of a workspace; 0 allows none. `credits` are granted every month (core/tasks/credits.py).

    Uploads have up to `upload_storage_bytes` together, and are kept for `upload_days`.
    `api_keys` are those that are valid, `audit_days` how long audit events are kept.
    """

    __tablename__ = "plans"

    name: Mapped[str] = mapped_column(primary_key=True)
    requests_per_minute: Mapped[int]
    upload_bytes: Mapped[int] = mapped_column(BigInteger)
    media_seconds: Mapped[int]
    rows_per_batch: Mapped[int]
    export_rows: Mapped[int]
    workspace_export_days: Mapped[int]
    open_items: Mapped[int]
    accounts: Mapped[int]
    credits: Mapped[int] = mapped_column(BigInteger)
    interactive_runs: Mapped[int]
    concurrent_runs: Mapped[int]
    upload_storage_bytes: Mapped[int] = mapped_column(BigInteger)
    upload_days: Mapped[int]
    api_keys: Mapped[int]
    audit_days: Mapped[int]


class Workspace(Base):
    """A tenant: all data belongs to one workspace and is visible to it alone."""

    __tablename__ = "workspaces"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(unique=True)
    plan: Mapped[str] = mapped_column(ForeignKey("plans.name"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ApiKey(Base):
    """An API key, stored as its SHA-256 only.

    `created_by` is null for a key that the operator made. `last_used_at` is at most a minute behind. A trigger
    announces every change of what it may do (api/caller_cache.py).
    """

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), index=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    hint: Mapped[str]
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
