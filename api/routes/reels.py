"""Reels: deletion by id."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks

from api.audit import ChangeDep
from api.deletion import finish_deletion
from api.deps import CallerDep
from api.json_routes import JsonRoute
from api.limits.concurrency.bulkhead import in_bulkhead
from api.schemas.problems import problems
from content_pipeline.core.operations.maintenance import deletion

router = APIRouter(prefix="/reels", tags=["bulk reels"], route_class=JsonRoute)


@router.delete("/{reel_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404, 409))
@in_bulkhead()
def delete_reel(reel_id: UUID, caller: CallerDep, change: ChangeDep, background: BackgroundTasks) -> None:
    """Delete a reel, also one of a batch; an unfinished one is canceled, published posts stay on their platforms.

    409 `in_use` while a planned item or an open post is of it, or an open task needs its file.
    """
    with change.transaction() as session:
        deleted = deletion.delete_reel(session, caller.workspace_id, reel_id)
    finish_deletion(deleted, background)
