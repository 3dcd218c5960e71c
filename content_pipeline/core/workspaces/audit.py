"""Audit log: who did what to which object, written in the transaction that does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.models import ApiKey, AuditEvent, Plan, Workspace
from content_pipeline.core.models.audit import ActorKind, Outcome


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an API key, the operator on the command line, or the service by itself."""

    kind: ActorKind
    name: str
    api_key_id: UUID | None = None
    origin: Origin = Origin()


OPERATOR: Final = Actor("operator", "operator")
SERVICE: Final = Actor("service", "service")


def holder(session: Session, api_key_id: UUID | None, origin: Origin) -> Actor:
    """The actor that began with this key what somebody goes on with from `origin`; the service without a key."""
    if api_key_id is None:
        return Actor(SERVICE.kind, SERVICE.name, origin=origin)
    return Actor("key", session.get_one(ApiKey, api_key_id).name, api_key_id, origin)


def record(
    session: Session,
    workspace_id: UUID,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: UUID | str | None = None,
    *,
    outcome: Outcome = "done",
) -> None:
    """Record an event in the caller's transaction. `action` is a stable word such as `captions.create`."""
    session.add(
        AuditEvent(
            workspace_id=workspace_id,
            at=now(),
            actor=actor.kind,
            actor_name=actor.name,
            api_key_id=actor.api_key_id,
            address=actor.origin.address,
            request_id=actor.origin.request_id,
            action=action,
            object_type=object_type,
            object_id=None if object_id is None else str(object_id),
            outcome=outcome,
        )
    )


def list_page(
    session: Session,
    workspace_id: UUID,
    *,
    limit: int,
    cursor: str | None = None,
    equal: Mapping[str, Any],
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[list[AuditEvent], str | None]:
    """The events of a workspace, newest first, and the cursor of the next page (None on the last).

    `equal` are columns and what they have to hold, None for anything; `since` is inclusive, `until` exclusive.
    """
    query = select(AuditEvent).filter_by(
        workspace_id=workspace_id, **{column: value for column, value in equal.items() if value is not None}
    )
    if since:
        query = query.where(AuditEvent.at >= since)
    if until:
        query = query.where(AuditEvent.at < until)
    return newest_first(session, query, AuditEvent, limit=limit, cursor=cursor, by="at")


def sweep(session: Session) -> None:
    """Delete what is older than the plan of its workspace keeps."""
    session.execute(
        delete(AuditEvent).where(
            AuditEvent.workspace_id == Workspace.id,
            Workspace.plan == Plan.name,
            AuditEvent.at < now() - func.make_interval(0, 0, 0, Plan.audit_days),
        ),
        execution_options={"synchronize_session": False},  # else it returns the id of each
    )
