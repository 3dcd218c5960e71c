"""Audit log: lists a workspace's events."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.deps import AdminDep, Cursor, Limit
from api.pagination import link_next
from api.schemas.audit import AuditEventView
from api.schemas.times import UtcDatetime
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.models.audit import Outcome
from content_pipeline.core.workspaces import audit

router = APIRouter(prefix="/audit", tags=["audit"])


@router.get("")
def list_audit_events(
    request: Request,
    response: Response,
    caller: AdminDep,
    action: Annotated[str | None, Query(max_length=100, description="Such as `captions.create`")] = None,
    object_id: Annotated[str | None, Query(max_length=100, description="What was done to this object")] = None,
    api_key_id: Annotated[UUID | None, Query(description="What was done with this key")] = None,
    outcome: Outcome | None = None,
    since: Annotated[UtcDatetime | None, Query(description="A time, with its offset")] = None,
    until: Annotated[UtcDatetime | None, Query(description="A time, with its offset; exclusive")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> list[AuditEventView]:
    """List who did what to which object, newest first.

    What was changed with a key, what a key was not allowed to do, what the operator did to this workspace, and what the
    service has posted. Events hold ids, no texts. They are kept for the plan's `audit_days`.
    """
    with autocommit() as session:
        page, next_cursor = audit.list_page(
            session,
            caller.workspace_id,
            limit=limit,
            cursor=cursor,
            equal={"action": action, "object_id": object_id, "api_key_id": api_key_id, "outcome": outcome},
            since=since,
            until=until,
        )
    link_next(request, response, next_cursor)
    return [AuditEventView.model_validate(event) for event in page]
