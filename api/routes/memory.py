"""What twins know, by ZeroMemory's three calls: remember, recall by meaning, forget."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import CallerDep
from api.idempotency import IdempotentDep
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
from content_pipeline.core.database import transaction
from content_pipeline.core.errors import Invalid
from content_pipeline.core.twins import memory

router = APIRouter(prefix="/memory/v2", tags=["memory"], responses=problems(404, 502, 503))


@router.post("/remember", response_model=MemoryView, responses=problems(403))
def remember(asked: RememberRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Keep something in a twin's memory."""
    with idempotent.transaction() as session:
        kept = memory.remember(
            session,
            workspace_id=caller.workspace_id,
            namespace=asked.place(),
            entity_id=asked.entity(),
            content=asked.content,
            memory_type=asked.memory_type,
            importance=asked.importance,
            tags=asked.tags,
            metadata=asked.metadata,
        )
        return idempotent.done(session, MemoryView.of(kept))


@router.post("/recall")
def recall(asked: RecallRequest, caller: CallerDep) -> RecallView:
    """What a twin knows that fits a question, by meaning."""
    with transaction() as session:
        found = memory.recall(
            session,
            workspace_id=caller.workspace_id,
            namespace=asked.place(),
            entity_id=asked.entity(),
            query=asked.query,
            layer=asked.layer,
            limit=asked.limit,
        )
    return RecallView(results=[RecalledView.found(recalled) for recalled in found], count=len(found))


@router.post("/forget", response_model=Forgotten)
def forget(asked: ForgetRequest, caller: CallerDep, idempotent: IdempotentDep) -> Response:
    """Forget one memory, or all of a namespace, or all about one entity in it."""
    if asked.memory_id and (asked.namespace or asked.entity_id):
        raise Invalid(
            "This names one memory and many.",
            code="forget_ambiguous",
            remedy="Send memory_id, or namespace and perhaps entity_id.",
        )
    with idempotent.transaction() as session:
        if asked.memory_id:
            memory.forget(session, workspace_id=caller.workspace_id, memory_id=asked.memory_id)
            count = 1
        else:
            count = memory.forget_all(
                session, workspace_id=caller.workspace_id, namespace=asked.place(), entity_id=asked.entity()
            )
        return idempotent.done(session, Forgotten(forgotten=count))


@router.delete("/forget/{memory_id}", status_code=HTTPStatus.NO_CONTENT)
def forget_one(memory_id: UUID, caller: CallerDep) -> None:
    """Forget one memory."""
    with transaction() as session:
        memory.forget(session, workspace_id=caller.workspace_id, memory_id=memory_id)
