"""Schemas of tasks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from content_pipeline.core.infrastructure.registered_name import RegisteredName
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.kinds import KINDS
from content_pipeline.core.tasks.task_status import TaskStatus

Kind = Annotated[str, RegisteredName(lambda: KINDS)]
Status = Literal["queued", "processing", "done", "error"]


class TaskError(BaseModel):
    code: str = Field(examples=["no_audio"])
    message: str = Field(examples=["This video has no sound, so there is nothing to caption."])
    remedy: str = Field(examples=["Send a recording with a sound track."])
    retryable: bool = Field(examples=[False])


class TaskView(BaseModel):
    task_id: str = Field(examples=["sync_5bc41d91-867a-4ccb-821a-2b9544c45719"])
    kind: Kind = Field(examples=["caption"])
    status: Status = Field(examples=["done"])
    progress: int = Field(ge=0, le=100, examples=[100])
    # One schema for each kind is in api/openapi/document.py. Nothing is validated here: this is what clients poll.
    result: dict[str, Any] | None = Field(description="Set once `status` is `done`")
    error: TaskError | None = Field(description="Set when `status` is `error`")
    retry_of: str | None = Field(description="The task that this one retries")
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, task: Task | TaskStatus, result: Mapping[str, Any] | None = None) -> "TaskView":
        return cls(
            task_id=task.id,
            kind=task.kind,
            status=tasks.wire_status(task),
            progress=task.progress,
            result=result,
            error=error_of(task.error),
            retry_of=task.retry_of,
            created_at=task.created_at,
            started_at=task.started_at,
            finished_at=task.finished_at,
        )


class TaskAccepted(BaseModel):
    task_id: str = Field(examples=["b1ebec31-ce3e-45c2-8629-9ac12ff4ea3c"])
    status: Status = Field(examples=["queued"])


def error_of(stored: dict[str, Any] | None) -> TaskError | None:
    """The error stored in a row by `Error.to_dict`."""
    return TaskError.model_validate(stored) if stored else None
