"""Erases memories of deleted twins: here at once, at ZeroMemory with retries until it confirms.

The row of such a memory is the record of what is still to be deleted there, also where a workspace is deleted.
"""

import time
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, Error
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import Memory, Twin
from content_pipeline.core.twins import zeromemory

log = structlog.get_logger()

MOST_AT_ONCE: Final = 500
# A deletion there takes up to 10 s; Dagster ends a tick after a minute.
MOST_SECONDS: Final = 40.0
# Errors that are not worth another try now, with this memory or another.
_CONCERNS_ALL: Final = ("zeromemory_unset", "zeromemory_unauthorized")


def erase(session: Session, twin: Twin) -> None:
    """Erase the memories of a deleted twin. Of those in ZeroMemory the id there remains, for `forget_remaining`."""
    session.execute(delete(Memory).where(Memory.twin_id == twin.id, Memory.remote_id.is_(None)))
    erased: dict[str, Any] = {"content": "", "entity_id": None, "tags": [], "details": {}}
    session.execute(update(Memory).where(Memory.twin_id == twin.id).values(erased))


def forget_remaining() -> int:
    """Delete memories of deleted twins here and at ZeroMemory. Returns how many; the others are left to the next call.

    They are left when ZeroMemory is unreachable, out of quota or not set up, or after MOST_SECONDS.
    """
    # The order is random, because memories that ZeroMemory refuses to delete must not be the first at every call.
    of_deleted = select(Memory.id).join(Twin).where(Twin.deleted_at.is_not(None)).order_by(func.random())
    with transaction() as session:
        found = session.scalars(of_deleted.limit(MOST_AT_ONCE)).all()
    forgotten, ends = 0, time.monotonic() + MOST_SECONDS
    for memory_id in found:
        with isolated("deleted_memories", memory_id):
            if time.monotonic() > ends or not _forget(memory_id):
                break
            forgotten += 1
    return forgotten


def forget_of_workspace(workspace_id: UUID) -> None:
    """Delete the memories in ZeroMemory of all twins of a workspace that is being deleted, there and here.

    Raises Conflict where some are not deleted there, after the others. The next call asks for those only.
    """
    of_workspace = select(Memory.id).join(Twin).where(Twin.workspace_id == workspace_id, Memory.remote_id.is_not(None))
    with transaction() as session:
        memory_ids = session.scalars(of_workspace).all()
    left, failure = 0, None
    for number, memory_id in enumerate(memory_ids):
        try:
            _delete(memory_id)
        except Error as error:
            left, failure = left + 1, error
            if _is_of_all(error):
                left = len(memory_ids) - number
                break
    if failure:
        raise Conflict(
            f"At ZeroMemory {left:,} of {len(memory_ids):,} memories of this workspace are left. {failure.detail}",
            code="memories_left",
            remedy=f"{failure.remedy} Then repeat the command: their rows here are the only record of them.",
        ) from failure


def _forget(memory_id: UUID) -> bool:
    """Forget one memory. False when ZeroMemory deletes no memory at present."""
    try:
        _delete(memory_id)
    except Error as error:
        if not _is_of_all(error):
            raise
        log.warning("memories_not_forgotten", reason=error.code)
        return False
    return True


def _is_of_all(error: Error) -> bool:
    """Whether it is not worth a try now with another memory."""
    return error.retryable or error.code in _CONCERNS_ALL


def _delete(memory_id: UUID) -> None:
    """Delete one memory there and here, unless somebody else does at this moment. Raises as ZeroMemory's client."""
    with transaction() as session:
        memory = session.get(Memory, memory_id, with_for_update={"skip_locked": True})
        if memory is None:
            return
        if memory.remote_id:
            zeromemory.forget(memory.remote_id)
        session.delete(memory)
