"""Twins: the personas that content is created for."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request, Response

from api.audit import ChangeDep
from api.background_tasks import cancel_runs
from api.deps import CallerDep, Cursor, Limit, PublisherDep
from api.idempotency import IdempotentDep
from api.json_routes import JsonRoute
from api.limits.concurrency.bulkhead import in_bulkhead
from api.pagination import link_next
from api.paths import PUBLIC_PATH
from api.schemas.problems import problems
from api.schemas.twins import TwinEdit, TwinRequest, TwinSummary, TwinView
from content_pipeline.core.calendar import items
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.twins import deleted_memories, twins

router = APIRouter(prefix="/twins", tags=["twins"], route_class=JsonRoute)


@router.post("", status_code=HTTPStatus.CREATED, response_model=TwinView, responses=problems(404, 503))
@in_bulkhead()
def create_twin(body: TwinRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Create a twin: name, voice, tags that choose the style of its videos, and how its posts are written."""
    with idempotent.transaction() as session:
        twin = twins.create(session, caller.workspace_id, body.to_fields())
        return idempotent.created(session, TwinView.model_validate(twin), location=f"{PUBLIC_PATH}/twins/{twin.id}")


@router.get("")
def list_twins(
    request: Request, response: Response, caller: CallerDep, limit: Limit = 50, cursor: Cursor = None
) -> list[TwinSummary]:
    """List the workspace's twins, newest first, without their glossaries."""
    with autocommit() as session:
        page, next_cursor = twins.list_page(session, caller.workspace_id, limit=limit, cursor=cursor)
    link_next(request, response, next_cursor)
    return [TwinSummary.model_validate(twin) for twin in page]


@router.get("/{twin_id}", responses=problems(404))
def get_twin(twin_id: UUID, caller: CallerDep) -> TwinView:
    """Get one twin."""
    with autocommit() as session:
        return TwinView.model_validate(twins.get(session, caller.workspace_id, twin_id))


@router.patch("/{twin_id}", responses=problems(404, 503))
@in_bulkhead()
def edit_twin(twin_id: UUID, body: TwinEdit, caller: CallerDep, change: ChangeDep) -> TwinView:
    """Edit a twin. Existing content does not change."""
    with change.transaction() as session:
        twin = twins.get(session, caller.workspace_id, twin_id)
        twins.edit(session, twin, body.to_fields())
        return TwinView.model_validate(twin)


@router.delete("/{twin_id}", status_code=HTTPStatus.NO_CONTENT, responses=problems(404))
def delete_twin(twin_id: UUID, caller: PublisherDep, change: ChangeDep, background: BackgroundTasks) -> None:
    """Delete a twin, forget its memories and cancel its scheduled calendar items. Its content is kept."""
    with change.transaction() as session:
        twin = twins.get(session, caller.workspace_id, twin_id)
        twins.delete(twin)
        deleted_memories.erase(session, twin)
        canceled = items.cancel_items_of(session, twin)
    background.add_task(cancel_runs, *canceled)
