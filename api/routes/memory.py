"""Twin memory with the three calls of ZeroMemory's API: remember, recall (semantic search), forget."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from api.audit import ChangeDep
from api.deps import CallerDep, ReaderDep
from api.idempotency import IdempotentDep
from api.json_routes import JsonRoute
from api.limits.concurrency.bulkhead import in_bulkhead
from api.limits.vector_search_limit import count_comparisons
from api.schemas.memory import (
    ForgetRequest,
    Forgotten,
    MemoryView,
    RecalledView,
    RecallRequest,
    RecallView,
    RememberRequest,
)
from api.schemas.problems import problems
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.twins import memory

router = APIRouter(prefix="/memory/v2", tags=["memory"], responses=problems(404, 502, 503), route_class=JsonRoute)


@router.post("/remember", response_model=MemoryView, responses=problems(403))
@in_bulkhead()
def remember(body: RememberRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Store a memory of a twin."""
    with idempotent.transaction() as session:
        stored = memory.remember(
            session,
            workspace_id=caller.workspace_id,
            namespace=body.target_namespace(),
            entity_id=body.target_entity(),
            content=body.content,
            memory_type=body.memory_type,
            importance=body.importance,
            tags=body.tags,
            metadata=body.metadata,
        )
        return idempotent.ok(session, MemoryView.of(stored))


async def _counted(body: RecallRequest, request: Request, caller: ReaderDep) -> RecallRequest:
    await count_comparisons(request, caller.workspace_id, body.target_namespace())
    return body


@router.post("/recall")
@in_bulkhead()
def recall(body: Annotated[RecallRequest, Depends(_counted)], caller: ReaderDep) -> RecallView:
    """Search a twin's memories by meaning.

    A workspace may have 50,000 memories compared in 15 seconds, by queries and by composing: ten queries of a twin with
    5,000 memories, as many as it may have.
    """
    with transaction() as session:
        found = memory.recall(
            session,
            workspace_id=caller.workspace_id,
            namespace=body.target_namespace(),
            entity_id=body.target_entity(),
            query=body.query,
            layer=body.layer,
            limit=body.limit,
        )
    return RecallView(results=[RecalledView.found(recalled) for recalled in found], count=len(found))


@router.post("/forget", response_model=Forgotten)
@in_bulkhead()
def forget(body: ForgetRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Delete one memory, all of a namespace, or all about one entity in it."""
    if body.memory_id and (body.namespace or body.entity_id):
        raise Invalid(
            "The request names both one memory and a namespace or entity.",
            code="forget_ambiguous",
            remedy="Send either memory_id, or namespace and optionally entity_id.",
        )
    with idempotent.transaction() as session:
        if body.memory_id:
            memory.forget(session, workspace_id=caller.workspace_id, memory_id=body.memory_id)
            count, forgotten = 1, str(body.memory_id)
        else:
            forgotten = body.target_namespace()
            count = memory.forget_all(
                session,
                workspace_id=caller.workspace_id,
                namespace=forgotten,
                entity_id=body.target_entity(),
            )
        return idempotent.ok(session, Forgotten(forgotten=count), object_id=forgotten)


@router.delete("/forget/{memory_id}", status_code=HTTPStatus.NO_CONTENT)
@in_bulkhead()
def forget_one(memory_id: UUID, caller: CallerDep, change: ChangeDep) -> None:
    """Delete one memory."""
    with change.transaction() as session:
        memory.forget(session, workspace_id=caller.workspace_id, memory_id=memory_id)
