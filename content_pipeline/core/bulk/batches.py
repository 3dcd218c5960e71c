"""Batches of reels. A batch's task has no run of its own; the tasks of its reels are its children."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.bulk.csv_rows import ReelRow
from content_pipeline.core.clock import now
from content_pipeline.core.errors import Conflict
from content_pipeline.core.models import Batch, Reel, Task, Twin
from content_pipeline.core.pagination import newest_first
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import kinds, tasks
from content_pipeline.core.workspaces.ownership import owned

KIND: Final = kinds.BATCH.name
# Runs are launched in chunks, one after the other: 100 took up to 15 s under load. The start lease of each reel is
# longer by this much than that of the reel before it, so that the sensor does not launch it a second time.
START_SECONDS: Final = 0.3


def create_with_tasks(
    session: Session,
    *,
    workspace_id: UUID,
    twin: Twin,
    platform: str,
    rows: Sequence[ReelRow],
    drop: str | None = None,
) -> tuple[Batch, Task, list[Task]]:
    """Create a batch with a reel per row. Returns it, its task and the reels' tasks, which need to be launched."""
    batch = Batch(
        id=uuid4(),
        workspace_id=workspace_id,
        twin_id=twin.id,
        platform=platform,
        rows=len(rows),
        drop=drop,
        created_at=now(),
    )
    session.add(batch)
    session.flush()
    seeds = reels.seeds(twin, [row.script for row in rows])
    made = [
        reels.create(session, twin, row, batch_id=batch.id, row=row.row, seed=seed)
        for row, seed in zip(rows, seeds, strict=True)
    ]
    task = tasks.create(session, workspace_id=workspace_id, kind=KIND, key=str(batch.id), task_id=str(batch.id))
    children = [_start(session, reel, task, place, task_id=str(reel.id)) for place, reel in enumerate(made)]
    return batch, task, children


def _start(
    session: Session,
    reel: Reel,
    parent: Task,
    place: int,
    *,
    task_id: str | None = None,
    retry_of: Task | None = None,
) -> Task:
    return tasks.create(
        session,
        workspace_id=reel.workspace_id,
        kind=reels.KIND,
        key=str(reel.id),
        task_id=task_id,
        parent=parent,
        retry_of=retry_of,
        start_lease=tasks.START_LEASE + timedelta(seconds=START_SECONDS * place),
    )


def get(session: Session, workspace_id: UUID, batch_id: UUID) -> Batch:
    """Raises NotFound."""
    return owned(session, Batch, workspace_id, batch_id)


def list_page(
    session: Session, workspace_id: UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[Batch], str | None]:
    query = select(Batch).where(Batch.workspace_id == workspace_id)
    return newest_first(session, query, Batch, limit=limit, cursor=cursor)


def jobs(session: Session, batch_id: UUID) -> list[tuple[Reel, Task]]:
    """The batch's reels in the order of their rows, each with its newest task."""
    found = list(session.scalars(select(Reel).where(Reel.batch_id == batch_id).order_by(Reel.row)))
    newest = tasks.newest_of(session, reels.KIND, [str(reel.id) for reel in found])
    return [(reel, newest[str(reel.id)]) for reel in found]


def retry_failed(session: Session, batch: Batch) -> tuple[Task, list[Task]]:
    """Create a new task for the batch and for each failed or canceled reel. Raises Conflict without such reels."""
    failed = [(reel, task) for reel, task in jobs(session, batch.id) if task.state in ("error", "canceled")]
    if not failed:
        raise Conflict("No reel of this batch has failed.", code="nothing_failed", remedy="Nothing to do.")
    before = tasks.newest(session, KIND, str(batch.id))
    again = tasks.create(session, workspace_id=batch.workspace_id, kind=KIND, key=str(batch.id), retry_of=before)
    children = [_start(session, reel, again, place, retry_of=task) for place, (reel, task) in enumerate(failed)]
    return again, children


def cancel(session: Session, batch: Batch) -> list[Task]:
    """Cancel all open reels, and the batch with them. Returns their tasks. Raises Conflict without any."""
    canceled = tasks.cancel_all(session, [task for _, task in jobs(session, batch.id) if task.state in tasks.OPEN])
    if not canceled:
        raise Conflict("Every reel of this batch has ended.", code="task_final", remedy="Nothing to do.")
    return canceled


def result(session: Session, task: Task) -> dict[str, Any]:
    """The result of a finished task."""
    states = Counter(tasks.wire_status(child) for _, child in jobs(session, UUID(task.key)))
    return {"batch_id": task.key, "done": states["done"], "failed": states["error"]}
