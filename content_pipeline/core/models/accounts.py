"""Tables of connected accounts, pending OAuth states and allowed redirect URIs."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base

Status = Literal["connected", "needs_reconnect", "disconnected"]


class Account(Base):
    """A connected account of a platform and its tokens, encrypted by `core/infrastructure/encryption.py`.

    The row outlives a disconnect, so that the account keeps its id when it is reconnected. `issued_at` versions the
    tokens for optimistic locking of their refresh. `refreshing_until` is a lease by the database's clock. `reason` is
    the error for which it needs reconnecting.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("workspace_id", "platform", "user_id"),
        Index("ix_accounts_platform_user", "platform", "user_id"),
        Index("ix_accounts_workspace_newest", "workspace_id", text("created_at desc"), text("id desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    platform: Mapped[str]
    user_id: Mapped[str]
    handle: Mapped[str]
    name: Mapped[str]
    status: Mapped[Status] = mapped_column(String)
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    access_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    refresh_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    access_expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    refresh_expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    issued_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    refreshing_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    connected_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    @property
    def expires_at(self) -> datetime | None:
        """When the owner's consent expires unless it is renewed; None where the platform does not say."""
        return self.refresh_expires_at if self.refresh_token else self.access_expires_at


class ConnectState(Base):
    """A pending OAuth authorization. Only the hash of its `state` is stored; the callback consumes it.

    `client_state` is the client's own value, returned to it. `verifier` is the PKCE code verifier, encrypted. A row
    without one waits for the person's answer; its hash is that of the key in the form. `api_key_id` is who began.
    """

    __tablename__ = "connect_states"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    api_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id"))
    platform: Mapped[str]
    redirect_uri: Mapped[str]
    client_state: Mapped[str | None]
    verifier: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class RedirectUri(Base):
    """An allowed redirect target of a workspace after an OAuth authorization; compared exactly."""

    __tablename__ = "redirect_uris"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    uri: Mapped[str] = mapped_column(primary_key=True)
