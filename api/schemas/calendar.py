"""Calendar items on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.edits import left_out
from api.schemas.publishing import Caption, Title
from api.schemas.tasks import TaskError, error_of
from api.schemas.times import Moment
from content_pipeline.core.models import CalendarItem, Publication, Reel, Task
from content_pipeline.core.models.calendar import Status
from content_pipeline.core.platforms.registered import Platform
from content_pipeline.core.reels import reels

Script = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# Of the examples: ahead, but within the ten years that posts can be scheduled for.
TIME = "2033-05-01T10:00:00Z"


class ItemEdit(BaseModel):
    """What a person may set of an item; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"scheduled_at": TIME}]})

    twin_id: UUID = Field(default_factory=left_out)
    title: Title = Field(default_factory=left_out)
    platform: Platform = Field(default_factory=left_out)
    scheduled_at: Moment = Field(default_factory=left_out, description="With an offset, or Z")
    script: Script | None = Field(None, description="What its reel says")
    reel_url: str | None = Field(
        None, min_length=1, max_length=4096, description="A video of your own, in place of a reel of the script"
    )
    caption: Caption | None = Field(None, description="The text of the post; without it one is composed")
    account_id: UUID | None = Field(None, description="Without it the twin's account, or the only one")
    options: dict[str, Any] = Field(
        default_factory=left_out,
        examples=[{"caption_style": "hashtag-heavy", "share_to_feed": True}],
        description="Options of this post: those that a twin's `platform_defaults` have under its platform's name",
    )

    def to_fields(self) -> dict[str, Any]:
        """What was set."""
        return self.model_dump(exclude_unset=True)


class ItemRequest(ItemEdit):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "twin_id": "645b5b56-f879-4f2f-8ccc-106e8912f522",
                    "title": "How AI is changing content creation",
                    "platform": "instagram",
                    "scheduled_at": TIME,
                    "script": "AI is transforming how creators work...",
                }
            ]
        }
    )

    twin_id: UUID
    title: Title
    platform: Platform
    scheduled_at: Moment = Field(description="With an offset, or Z")


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
    account_id: UUID | None = Field(description="Where it goes to, once that is settled")
    options: dict[str, Any]
    reason: TaskError | None = Field(description="Why it failed or was canceled")
    post_url: str | None = Field(description="The post on its platform, as soon as that tells")
    created_at: datetime

    @classmethod
    def of(cls, item: CalendarItem, post: Publication | None) -> "ItemView":
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
            account_id=item.account_id,
            options=item.options,
            reason=error_of(item.reason),
            post_url=post and post.post_url,
            created_at=item.created_at,
        )


class ItemDetail(ItemView):
    task_id: str | None = Field(description="The task that makes its reel")
    publish_task_id: str | None = Field(description="The task that publishes it")
    video_url: str | None = Field(description="Its reel: a link signed now, once it is made")
    conflicts: list[UUID] = Field(description="Others that go out on this account within a minute of it, up to 20")

    @classmethod
    def with_work(
        cls,
        item: CalendarItem,
        *,
        reel: tuple[Reel, Task] | None,
        post: tuple[Publication, Task] | None,
        conflicts: list[UUID],
    ) -> "ItemDetail":
        """With what was made of it so far, each with the newest try at that."""
        return cls(
            **dict(ItemView.of(item, post and post[0])),
            task_id=reel and reel[1].id,
            video_url=reel and reels.result_url(reel[0]),
            publish_task_id=post and post[1].id,
            conflicts=conflicts,
        )
