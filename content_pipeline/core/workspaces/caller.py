"""The caller of a request: its API key, and what that may do."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from content_pipeline.core.errors import Forbidden, Unauthorized
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Plan
from content_pipeline.core.workspaces.scopes import Scope, ordered


@dataclass(frozen=True)
class Caller:
    """The API key and workspace of a request, with the workspace's plan."""

    api_key_id: UUID
    workspace_id: UUID
    plan: Plan
    key_name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None

    def check(self, needed: Scope) -> None:
        """Raises Forbidden `insufficient_scope`."""
        if needed not in self.scopes:
            makers = " and ".join(ordered({Scope.ADMIN, needed}))
            raise Forbidden(
                f"This needs a key with the scope {needed}; yours has {', '.join(ordered(self.scopes)) or 'none'}.",
                code="insufficient_scope",
                remedy=f"Use a key with the scope {needed}. One with {makers} can make it by "
                "POST /keys, and the operator by `content-pipeline keys create`.",
            )

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= now()

    def check_not_expired(self) -> None:
        """Raises Unauthorized `key_expired`."""
        if self.expires_at and self.is_expired:
            raise Unauthorized(
                f"This API key expired at {self.expires_at:%Y-%m-%d %H:%M} UTC.",
                code="key_expired",
                remedy="Use another key, or create a new one.",
            )
