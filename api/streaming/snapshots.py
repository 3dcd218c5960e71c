"""Snapshots of tasks and batches: their state at one moment, as the API shows it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from zlib import crc32

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.schemas.bulk import BatchView, JobView
from api.schemas.tasks import Status, TaskView
from content_pipeline.core.bulk import batches
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.models import Batch, Task
from content_pipeline.core.operations import task_handlers
from content_pipeline.core.settings import settings

# This matches the query of a presigned S3 link in JSON. It differs every five minutes.
_SIGNATURE: Final = re.compile(r'\?[^"]*X-Amz-Signature=[^"]*')


@dataclass(frozen=True)
class TaskSnapshot:
    """A task as `GET /tasks/{id}` shows it: `body` is that answer, `version` stands for what can change in it."""

    status: Status
    version: str
    body: str

    @classmethod
    def of(cls, view: TaskView) -> "TaskSnapshot":
        return cls(view.status, f"{view.status}-{view.progress}", view.model_dump_json())

    @property
    def etag(self) -> str:
        """The same for a finished task until half of the life of its signed links is over."""
        unsigned, links = _SIGNATURE.subn("", self.body)
        period = now().timestamp() // (settings().link_seconds / 2) if links else 0
        return f'W/"{crc32(f"{unsigned}{period:.0f}".encode()):x}"'

    def changes_since(self, _: "TaskSnapshot | None") -> str:
        return self.body


@dataclass(frozen=True)
class BatchSnapshot:
    """A batch as `GET /bulk/reels/{id}` shows it. Versions do not depend on signed URLs, which change by themselves."""

    view: BatchView
    version: str

    @classmethod
    def of(cls, view: BatchView) -> "BatchSnapshot":
        visible = (view.status, view.progress, [_visible(job) for job in view.jobs])
        return cls(view, f"{crc32(repr(visible).encode()):x}")

    @property
    def status(self) -> Status:
        return self.view.status

    def changes_since(self, before: "BatchSnapshot | None") -> str:
        """The batch with those jobs only that have changed; with all of them if `before` is None."""
        known = {_visible(job) for job in before.view.jobs} if before else set()
        jobs = [job for job in self.view.jobs if _visible(job) not in known]
        return self.view.model_copy(update={"jobs": jobs}).model_dump_json()


def _visible(job: JobView) -> tuple[str, Status, int]:
    """What can change in a row."""
    return job.task_id, job.status, job.progress


def task_view(session: Session, task: Task) -> TaskView:
    [view] = task_views(session, [task])
    return view


def task_views(session: Session, found: Sequence[Task]) -> list[TaskView]:
    results = task_handlers.results(session, found)
    return [TaskView.of(task, results.get(task.id)) for task in found]


def batch_view(session: Session, batch: Batch, task: Task) -> BatchView:
    return BatchView.with_jobs(batch, task, batches.jobs(session, batch.id))


def read_tasks(ids: Collection[str]) -> dict[str, TaskSnapshot]:
    """Tasks of any workspace: who may see them was checked when the client began to wait."""
    with autocommit() as session:
        found = session.scalars(select(Task).where(Task.id.in_(ids), Task.deleted_at.is_(None))).all()
        return {view.task_id: TaskSnapshot.of(view) for view in task_views(session, found)}


def read_batches(task_ids: Collection[str]) -> dict[str, BatchSnapshot]:
    """Batches of any workspace, by the ids of their tasks."""
    with autocommit() as session:
        found = session.scalars(select(Task).where(Task.id.in_(task_ids), Task.deleted_at.is_(None))).all()
        views = (batch_view(session, session.get_one(Batch, UUID(task.key)), task) for task in found)
        return {view.task_id: BatchSnapshot.of(view) for view in views}
