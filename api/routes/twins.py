"""Twins: the personas that content is made for."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.deps import CallerDep, Cursor, Limit
from api.once import PUBLIC_PATH, OnceDep
from api.pages import link_next
from api.schemas.problems import problems
from api.schemas.twins import TwinRequest, TwinView
from content_pipeline.core import twins
from content_pipeline.core.database import autocommit

router = APIRouter(prefix="/twins", tags=["twins"])


@router.post("", status_code=HTTPStatus.CREATED, response_model=TwinView)
def create_twin(asked: TwinRequest, caller: CallerDep, once: OnceDep) -> Response:
    """Create a persona: a name, a voice, and tags that choose the look of its reels."""
    with once.transaction() as session:
        twin = twins.create(
            session,
            workspace_id=caller.workspace_id,
            name=asked.name,
            voice_id=asked.voice_id,
            style_tags=asked.style_tags,
        )
        return once.created(session, TwinView.of(twin), location=f"{PUBLIC_PATH}/twins/{twin.id}")


@router.get("")
def list_twins(
    request: Request, response: Response, caller: CallerDep, limit: Limit = 50, cursor: Cursor = None
) -> list[TwinView]:
    """The workspace's twins, newest first."""
    with autocommit() as session:
        page, following = twins.list_page(session, caller.workspace_id, limit=limit, cursor=cursor)
    link_next(request, response, following)
    return [TwinView.of(twin) for twin in page]


@router.get("/{twin_id}", responses=problems(404))
def get_twin(twin_id: UUID, caller: CallerDep) -> TwinView:
    """One twin."""
    with autocommit() as session:
        return TwinView.of(twins.get(session, caller.workspace_id, twin_id))
