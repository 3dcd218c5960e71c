"""Schemas of avatar videos."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.secret_answer import SecretAnswer
from api.schemas.sources import MAX_URL, URL
from api.schemas.tasks import TaskAccepted, TaskError, error_of
from content_pipeline.core.avatars.avatar_videos import AvatarSpec
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.models import AvatarVideo, Task
from content_pipeline.core.models.avatars import AvatarProvider
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.kinds import AvatarResult

_TASK_ID = "b1ebec31-ce3e-45c2-8629-9ac12ff4ea3c"


class AvatarView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str = Field(description="Value for `avatar_id`", examples=["maya"])
    name: str = Field(examples=["Maya"])
    description: str = Field(examples=["A young woman with curly dark hair and a mustard sweater."])
    provider: AvatarProvider = Field(examples=["local"])
    preview_url: str | None = Field(description="A picture of it; null if HeyGen shows none")


class AvatarRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "twin_id": "645b5b56-f879-4f2f-8ccc-106e8912f522",
                    "script": "Hello! I'm your AI twin. Let's create something amazing.",
                    "voice_id": "en-US-Neural2-A",
                }
            ]
        },
    )

    twin_id: UUID
    script: str
    voice_id: str | None = Field(None, max_length=100, description="The twin's voice if left out")
    avatar_id: str | None = Field(
        None, max_length=200, description="An id of `GET /avatars`; the twin's avatar if left out"
    )
    captions: bool = Field(False, description="Show the words while they are spoken, as in reels")
    caption_animation: CaptionAnimation | None = Field(
        None, description="How the words of the captions appear; the twin's if left out"
    )
    background_url: str | None = Field(
        None, max_length=MAX_URL, description=f"Behind the avatar: a picture, or a video if it is drawn here. {URL}"
    )
    background_id: UUID | None = Field(
        None, description="The same by its id: an upload, or a reel, an avatar video or captions of yours"
    )
    webhook_url: str | None = Field(
        None, max_length=2048, description="An https address that gets the event of this video's end, signed"
    )

    def to_spec(self, background: str | None = None) -> AvatarSpec:
        """`background` is the location of its file."""
        return AvatarSpec(
            script=self.script.strip(),
            voice_id=self.voice_id or "",
            avatar_id=self.avatar_id or "",
            captions=self.captions,
            caption_animation=self.caption_animation,
            background_url=background,
        )


class AvatarAccepted(TaskAccepted):
    task_id: str = Field(examples=[_TASK_ID])
    job_id: UUID = Field(description="For `GET /multimodal/avatar/{job_id}`", examples=[_TASK_ID])
    celery_task_id: str = Field(description="The same as `task_id`", examples=[_TASK_ID])
    provider: AvatarProvider = Field(description="Who renders it", examples=["heygen"])
    progress: int = Field(ge=0, le=100, examples=[0])
    estimated_seconds: int = Field(description="Expected seconds from the request to the finished video", examples=[45])

    @classmethod
    def of(cls, video: AvatarVideo, task: Task) -> "AvatarAccepted":
        return cls(**_fields(video, task))


class AvatarAcceptedWithSecret(AvatarAccepted, SecretAnswer):
    webhook_secret: str = Field(description="Verifies the events to `webhook_url`; shown once", examples=["whsec_…"])


class AvatarVideoView(AvatarAccepted):
    twin_id: UUID
    script: str = Field(examples=["Hello! I'm your AI twin."])
    voice_id: str = Field(description="As requested", examples=["en-US-Neural2-A"])
    avatar_id: str = Field(examples=["maya"])
    result: AvatarResult | None = Field(description="Set once `status` is `done`")
    error: TaskError | None = Field(description="Set when `status` is `error`")
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])

    @classmethod
    def of(cls, video: AvatarVideo, task: Task, result: AvatarResult | None = None) -> "AvatarVideoView":
        return cls(
            **_fields(video, task),
            twin_id=video.twin_id,
            script=video.script,
            voice_id=video.voice_id,
            avatar_id=video.avatar_id,
            result=result,
            error=error_of(task.error),
            created_at=video.created_at,
        )


def _fields(video: AvatarVideo, task: Task) -> dict[str, Any]:
    """The fields of an accepted request."""
    return {
        "task_id": task.id,
        "job_id": video.id,
        "celery_task_id": task.id,
        "provider": video.provider,
        "status": tasks.wire_status(task),
        "progress": task.progress,
        "estimated_seconds": video.estimated_seconds,
    }
