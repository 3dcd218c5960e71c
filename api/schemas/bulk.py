"""Schemas of batches of reels."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas.signed_url import SignedUrl
from api.schemas.tasks import Status, TaskAccepted, TaskError, error_of
from content_pipeline.core.bulk.csv_rows import Format
from content_pipeline.core.models import Batch, MadeVideo, Reel, Task
from content_pipeline.core.platforms.pydantic_types import Platform
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import tasks


class BatchAccepted(TaskAccepted):
    task_id: str = Field(examples=["dc1b2a5b-ecd7-4fa4-bfd0-48917fcf218a"])
    batch_id: UUID = Field(examples=["dc1b2a5b-ecd7-4fa4-bfd0-48917fcf218a"])
    progress: int = Field(examples=[0])
    total_rows: int = Field(description="Number of reels that this task renders", examples=[50])


class BatchUploaded(BatchAccepted):
    ignored_columns: list[str] = Field(
        description="Unknown columns of the CSV, such as misspelled ones", examples=[["platfrom"]]
    )


class JobView(BaseModel):
    """One row of the CSV, and its video."""

    job_id: UUID = Field(
        description="The video: its `reel_id` elsewhere, or `avatar_job_id` if its format is avatar",
        examples=["5bc41d91-867a-4ccb-821a-2b9544c45719"],
    )
    task_id: str = Field(description="Its newest task", examples=["5bc41d91-867a-4ccb-821a-2b9544c45719"])
    row: int = Field(description="1 is the first row after the header", examples=[1])
    format: Format = Field(examples=["reel"])
    script: str = Field(examples=["Hello world!"])
    platform: Platform = Field(examples=["instagram"])
    voice_id: str = Field(description="As requested", examples=["en-US"])
    spoken_voice: str | None = Field(description="The voice that was used", examples=["hibari-heart"])
    status: Status = Field(examples=["done"])
    progress: int = Field(ge=0, le=100, examples=[100])
    result_url: SignedUrl = Field(description="Signed URL of the video, once it is rendered")
    error: TaskError | None

    @classmethod
    def of(cls, video: MadeVideo, task: Task) -> "JobView":
        return cls(
            job_id=video.id,
            task_id=task.id,
            row=video.row or 0,
            format="reel" if isinstance(video, Reel) else "avatar",
            script=video.script,
            platform=video.platform,
            voice_id=video.voice_id,
            spoken_voice=video.spoken_voice,
            status=tasks.wire_status(task),
            progress=task.progress,
            result_url=reels.result_url(video),
            error=error_of(task.error),
        )


class BatchSummary(BaseModel):
    batch_id: UUID = Field(examples=["dc1b2a5b-ecd7-4fa4-bfd0-48917fcf218a"])
    task_id: str = Field(description="Its newest task", examples=["dc1b2a5b-ecd7-4fa4-bfd0-48917fcf218a"])
    twin_id: UUID
    platform: Platform = Field(description="For rows without a platform", examples=["instagram"])
    status: Status = Field(description="`done` when all rows have ended and at least one is done")
    progress: int = Field(ge=0, le=100, examples=[42])
    total_rows: int = Field(examples=[50])
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])

    @classmethod
    def of(cls, batch: Batch, task: Task) -> "BatchSummary":
        return cls(
            batch_id=batch.id,
            task_id=task.id,
            twin_id=batch.twin_id,
            platform=batch.platform,
            status=tasks.wire_status(task),
            progress=task.progress,
            total_rows=batch.rows,
            created_at=batch.created_at,
        )


class BatchView(BatchSummary):
    queued: int = Field(examples=[20])
    processing: int = Field(examples=[2])
    done: int = Field(examples=[27])
    failed: int = Field(examples=[1])
    jobs: list[JobView]

    @classmethod
    def with_jobs(cls, batch: Batch, task: Task, jobs: Sequence[tuple[MadeVideo, Task]]) -> "BatchView":
        counts = Counter(tasks.wire_status(job) for _, job in jobs)
        return cls(
            **dict(BatchSummary.of(batch, task)),
            queued=counts["queued"],
            processing=counts["processing"],
            done=counts["done"],
            failed=counts["error"],
            jobs=[JobView.of(video, job) for video, job in jobs],
        )
