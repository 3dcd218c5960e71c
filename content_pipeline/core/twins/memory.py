"""Memory of twins: stored per namespace, recalled by semantic similarity, importance and recency.

Every memory has a row in our database, which names its owner. Matches for a query are found by the rows' vectors, or by
ZeroMemory where its token is set; a memory stays in the store that was in use when it was created. One ZeroMemory
account serves all workspaces: a hit counts only if it has a row in the queried namespace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import NotFound, PlanLimit
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Memory, Twin
from content_pipeline.core.twins import embeddings, memory_search, twins, zeromemory

# ZeroMemory's layers: working memory of a task, events, facts.
MemoryType = Literal["working", "episodic", "semantic"]

# Recalling compares with every memory of the namespace (memory_search.py).
MOST_MEMORIES: Final = 5_000

_PREFIX: Final = "twin_"


@dataclass(frozen=True, slots=True)
class Recalled:
    """A memory and its score, 0 to 1."""

    memory: Memory
    score: float


def namespace_of(twin_id: UUID) -> str:
    """The `memory_namespace` of a twin."""
    return f"{_PREFIX}{twin_id}"


def remember(
    session: Session,
    *,
    workspace_id: UUID,
    namespace: str,
    content: str,
    entity_id: str | None = None,
    memory_type: MemoryType = "episodic",
    importance: float = 0.5,
    tags: Sequence[str] = (),
    metadata: Mapping[str, Any] | None = None,
) -> Memory:
    """Store a memory of a twin. `importance` is 0 to 1; `entity_id` names its subject.

    Raises NotFound as `recall` does, PlanLimit `memories_full`, and what `embeddings.embed` and
    `zeromemory.remember` raise.
    """
    twin = _get_twin(session, workspace_id, namespace)
    _check_limit(session, twin)
    memory = Memory(
        id=uuid4(),
        twin_id=twin.id,
        entity_id=entity_id,
        memory_type=memory_type,
        content=content,
        importance=importance,
        tags=list(tags),
        details=dict(metadata or {}),
        created_at=now(),
    )
    if zeromemory.is_configured():
        memory.remote_id = zeromemory.remember(
            namespace,
            content,
            memory_type=memory_type,
            importance=importance,
            tags=memory.tags,
            metadata=memory.details,
        )
    else:
        memory.vector = embeddings.embed(content).tobytes()
    session.add(memory)
    session.flush()
    return memory


def recall(
    session: Session,
    *,
    workspace_id: UUID,
    namespace: str,
    query: str,
    entity_id: str | None = None,
    layer: MemoryType | None = None,
    limit: int = 10,
) -> list[Recalled]:
    """The memories of a twin that match `query` best, best first; filtered by entity or layer if given.

    Raises NotFound `namespace_not_found` or `twin_not_found`, for another workspace's and for deleted twins too,
    and what `embeddings.embed` and `zeromemory.recall` raise.
    """
    conditions = _conditions(_get_twin(session, workspace_id, namespace), entity_id)
    if layer:
        conditions.append(Memory.memory_type == layer)
    if not zeromemory.is_configured():
        return _recall_by_vector(session, conditions, query, limit)
    # ZeroMemory cannot filter by entity: filtered here, from its largest result.
    hits = zeromemory.recall(namespace, query, layer=layer, limit=zeromemory.MAX_HITS if entity_id else limit)
    scores = {hit.memory_id: min(max(hit.score, 0.0), 1.0) for hit in hits}
    found = session.scalars(select(Memory).where(*conditions, Memory.remote_id.in_(scores)))
    recalled = [Recalled(memory, scores[memory.remote_id or ""]) for memory in found]
    return sorted(recalled, key=lambda one: -one.score)[:limit]


def compared(session: Session, *, workspace_id: UUID, namespace: str) -> int:
    """How many memories `recall` compares with its query. Raises NotFound as it does."""
    twin = _get_twin(session, workspace_id, namespace)
    return 0 if zeromemory.is_configured() else _count(session, twin)


def forget(session: Session, *, workspace_id: UUID, memory_id: UUID) -> None:
    """Forget one memory, also of a deleted twin.

    Raises NotFound `memory_not_found`, and what `zeromemory.forget` raises.
    """
    missing = NotFound(f"There is no memory {memory_id}.", code="memory_not_found")
    memory = session.get(Memory, memory_id)
    if memory is None:
        raise missing
    try:
        twins.get(session, workspace_id, memory.twin_id, even_deleted=True)
    except NotFound as error:
        raise missing from error
    _delete(session, [Memory.id == memory_id])


def forget_all(session: Session, *, workspace_id: UUID, namespace: str, entity_id: str | None = None) -> int:
    """Forget the memories of a twin, deleted or not, or those about one entity; returns how many.

    Raises as `recall` does.
    """
    twin = _get_twin(session, workspace_id, namespace, even_deleted=True)
    return _delete(session, _conditions(twin, entity_id))


def _get_twin(session: Session, workspace_id: UUID, namespace: str, *, even_deleted: bool = False) -> Twin:
    try:
        twin_id = UUID(namespace.removeprefix(_PREFIX))
    except ValueError:
        twin_id = None
    if twin_id is None or namespace != namespace_of(twin_id):
        raise NotFound(
            f"There is no memory namespace {namespace}.",
            code="namespace_not_found",
            remedy="Give the memory_namespace of a twin.",
        )
    return twins.get(session, workspace_id, twin_id, even_deleted=even_deleted)


def _check_limit(session: Session, twin: Twin) -> None:
    kept = _count(session, twin)
    if kept >= MOST_MEMORIES:
        raise PlanLimit(
            f"This twin has {kept:,} memories, and the limit is {MOST_MEMORIES:,}.",
            code="memories_full",
            remedy="Forget some of them.",
        )


def _count(session: Session, twin: Twin) -> int:
    return session.scalar(select(func.count()).where(Memory.twin_id == twin.id)) or 0


def _conditions(twin: Twin, entity_id: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Memory.twin_id == twin.id]
    return [*conditions, Memory.entity_id == entity_id] if entity_id else conditions


def _recall_by_vector(
    session: Session, conditions: Sequence[ColumnElement[bool]], query: str, limit: int
) -> list[Recalled]:
    best = memory_search.best(session, conditions, embeddings.embed(query), limit)
    memories = {memory.id: memory for memory in session.scalars(select(Memory).where(Memory.id.in_(best)))}
    # A memory may have been deleted between the two reads.
    return [Recalled(memories[found], score) for found, score in best.items() if found in memories]


def _delete(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    deleted = session.scalars(delete(Memory).where(*conditions, Memory.remote_id.is_(None)).returning(Memory.id)).all()
    remote = session.scalars(select(Memory).where(*conditions)).all()
    for memory in remote:
        zeromemory.forget(memory.remote_id or "")
        session.delete(memory)
        session.flush()  # one by one: the database ends transactions that idle
    return len(deleted) + len(remote)
