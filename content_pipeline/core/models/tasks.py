"""Tables of tasks and executions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from content_pipeline.core.infrastructure.database import Base
from content_pipeline.core.models.deletable import Deletable
from content_pipeline.core.settings import Lane

OPEN = "state in ('queued', 'processing', 'waiting')"


class Task(Deletable, Base):
    """One accepted request and its state, as `GET /tasks/{id}` shows it.

    `kind` and `key` name the requested row; `subject_kind` and `subject_key` name the row that its next run works on,
    which is another one after a switch of subject (captions with burn-in end in a burn-in). `partition_key` is that
    row's key in Dagster, the same for all its tasks. A batch has no lane and no runs: its child tasks (`parent_id`) do
    its work. An `irrevocable` task has begun its publishing call. `starts` counts its runs, `waits` those of them that
    followed a wait for others (a platform's processing, a rate limit). One `in_back_fill` was retried by a back-fill,
    whose limit counts all of its runs. `traceparent` is the trace of its request, which its runs continue
    (core/infrastructure/tracing.py). The task of a deleted row stays, hidden: it was a request, and counts as one.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("uq_tasks_subject_open", "subject_kind", "subject_key", unique=True, postgresql_where=text(OPEN)),
        Index("ix_tasks_open", "created_at", postgresql_where=text(OPEN)),
        Index("ix_tasks_workspace_newest", "workspace_id", text("created_at desc"), text("id desc")),
        Index("ix_tasks_parent", "parent_id", postgresql_where=text("parent_id is not null")),
        Index("ix_tasks_retry_of", "retry_of", postgresql_where=text("retry_of is not null")),
        Index("ix_tasks_key_newest", "kind", "key", text("created_at desc")),
        Index("ix_tasks_subject_newest", "subject_kind", "subject_key", text("created_at desc")),
        Index("ix_tasks_switched", "subject_kind", "subject_key", postgresql_where=text("subject_kind <> kind")),
        Index("ix_tasks_finished_at", "finished_at", postgresql_where=text("finished_at is not null")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    kind: Mapped[str]
    key: Mapped[str]
    subject_kind: Mapped[str]
    subject_key: Mapped[str]
    partition_key: Mapped[str]
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("tasks.id"))
    lane: Mapped[Lane | None] = mapped_column(String)
    state: Mapped[str] = mapped_column(default="queued")
    progress: Mapped[int] = mapped_column(default=0)
    progress_base: Mapped[int] = mapped_column(default=0)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    attempt: Mapped[int] = mapped_column(default=0)
    irrevocable: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    starts: Mapped[int] = mapped_column(default=0)
    waits: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    in_back_fill: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    not_before: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    retry_of: Mapped[str | None] = mapped_column(ForeignKey("tasks.id"))
    traceparent: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Execution(Base):
    """A Dagster run that a worker has begun: its heartbeat, its fencing flag (`stop`) and its subject."""

    __tablename__ = "executions"
    __table_args__ = (Index("uq_executions_subject_live", "subject", unique=True, postgresql_where=text("not stop")),)

    run_id: Mapped[str] = mapped_column(primary_key=True)
    worker: Mapped[str | None]
    beat_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    stop: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str | None]
