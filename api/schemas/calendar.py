"""Calendar items on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.edits import left_out
from api.schemas.tasks import TaskError
from api.schemas.times import Moment
from content_pipeline.core import reels
from content_pipeline.core.models import CalendarItem, Reel
from content_pipeline.core.models.calendar import Status
from content_pipeline.core.platforms.names import Platform

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Script = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
TIME = "2026-05-01T10:00:00Z"


class ItemEdit(BaseModel):
    """What a person may set of an item; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    twin_id: UUID = Field(default_factory=left_out)
    title: Title = Field(default_factory=left_out, examples=["How AI is changing content creation"])
    platform: Platform = Field(default_factory=left_out, examples=["instagram"])
    scheduled_at: Moment = Field(default_factory=left_out, examples=[TIME], description="With an offset, or Z")
    script: Script | None = Field(None, examples=["AI is transforming how creators work..."])
    reel_url: str | None = Field(
        None, max_length=4096, description="A video of your own, in place of a reel of the script"
    )
    caption: str | None = Field(None, max_length=5000, description="The text of the post; without it one is composed")
    options: dict[str, Any] = Field(
        default_factory=left_out, description="Options of this post, as in a twin's `platform_defaults`"
    )

    def to_fields(self) -> dict[str, Any]:
        """What was set."""
        return self.model_dump(exclude_unset=True)


class ItemRequest(ItemEdit):
    twin_id: UUID = Field(examples=["645b5b56-f879-4f2f-8ccc-106e8912f522"])
    title: Title = Field(examples=["How AI is changing content creation"])
    platform: Platform = Field(examples=["instagram"])
    scheduled_at: Moment = Field(examples=[TIME], description="With an offset, or Z")


class ItemView(BaseModel):
    id: UUID = Field(examples=["096e3539-8d29-404b-882c-c554e05f1b26"])
    twin_id: UUID
    title: str = Field(examples=["How AI is changing content creation"])
    platform: Platform = Field(examples=["instagram"])
    status: Status = Field(examples=["scheduled"])
    scheduled_at: datetime = Field(examples=[TIME])
    script: str | None
    reel_url: str | None
    caption: str | None
    options: dict[str, Any]
    reason: TaskError | None = Field(description="Why it failed or was canceled")
    created_at: datetime

    @classmethod
    def of(cls, item: CalendarItem) -> "ItemView":
        return cls(
            id=item.id,
            twin_id=item.twin_id,
            title=item.title,
            platform=item.platform,
            status=item.status,
            scheduled_at=item.scheduled_at,
            script=item.script,
            reel_url=item.reel_url,
            caption=item.caption,
            options=item.options,
            reason=TaskError.model_validate(item.reason) if item.reason else None,
            created_at=item.created_at,
        )


class ItemDetail(ItemView):
    task_id: str | None = Field(description="The task that makes its reel")
    video_url: str | None = Field(description="Its reel: a link signed now, once it is made")
    conflicts: list[UUID] = Field(description="Others that go out on this platform within a minute of it, up to 20")

    @classmethod
    def with_reel(
        cls, item: CalendarItem, reel: Reel | None, task_id: str | None, conflicts: list[UUID]
    ) -> "ItemDetail":
        return cls(
            **dict(ItemView.of(item)),
            task_id=task_id,
            video_url=reel and reels.result_url(reel),
            conflicts=conflicts,
        )
