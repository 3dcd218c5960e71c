"""Schemas of calendar items."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.patch import unset
from api.schemas.publishing import Caption, Title
from api.schemas.signed_url import SignedUrl
from api.schemas.sources import MAX_URL, URL, SourceFields
from api.schemas.tasks import TaskError, error_of
from api.schemas.times import UtcDatetime
from content_pipeline.core.calendar import best_slots, item_sources
from content_pipeline.core.models import CalendarItem, Publication, Task
from content_pipeline.core.models.calendar import Status, VideoKind
from content_pipeline.core.platforms.pydantic_types import Platform

Script = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# Time of the examples: in the future, but within the ten years that can be scheduled.
TIME = "2033-05-01T10:00:00Z"
_TIME_OR_BEST: Final = (
    "A time with an offset, or Z; or `best`: the next free time at which the account's posts do well, at least three "
    "hours from its other items"
)


class ItemEdit(SourceFields):
    """The editable fields of an item; omitted ones keep their value.

    A video that is named (`reel_id`, `avatar_job_id`, `caption_id`, `upload_id`, `reel_url`) takes the place of the
    one before; null removes it, and one is made of the script again.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"scheduled_at": TIME}, {"scheduled_at": "best"}]}
    )

    twin_id: UUID = Field(default_factory=unset)
    title: Title = Field(default_factory=unset)
    platform: Platform = Field(default_factory=unset)
    scheduled_at: UtcDatetime | Literal["best"] = Field(default_factory=unset, description=_TIME_OR_BEST)
    script: Script | None = Field(None, description="The script of its video")
    make: VideoKind | None = Field(None, description="What is made of the script; null leaves it to the twin")
    reel_url: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_URL,
        description=f"A video, instead of one made of the script. {URL}. A file elsewhere is copied when the item is "
        "scheduled; 400 `link_expired` where its link says that it will have expired at the item's time",
    )
    caption: Caption | None = Field(None, description="The text of the post; composed if omitted")
    account_id: UUID | None = Field(None, description="Default: the twin's account, or the only one")
    options: dict[str, Any] = Field(
        default_factory=unset,
        examples=[{"caption_style": "hashtag-heavy", "share_to_feed": True}],
        description="Options of this post, as in a twin's `platform_defaults` for its platform",
    )

    def to_fields(self) -> dict[str, Any]:
        """The fields that the request sets."""
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
    scheduled_at: UtcDatetime | Literal["best"] = Field(description=_TIME_OR_BEST)


class ScheduledBecause(BaseModel):
    """Why a time was chosen."""

    rule: best_slots.Rule = Field(
        description="`default` where too little is known of the account", examples=["best_time"]
    )
    detail: str = Field(
        examples=["Sunday at 10:00 UTC, posts of @mara.bakes get 1.42 times its usual views: 91% sure, by 48 posts."]
    )
    index: float | None = Field(description="Expected views, as a multiple of the usual ones", examples=[1.42])
    confidence: float | None = Field(description="The probability that it is better than usual", examples=[0.91])
    posts: int = Field(description="By how many posts", examples=[48])


class ItemView(BaseModel):
    id: UUID = Field(examples=["096e3539-8d29-404b-882c-c554e05f1b26"])
    twin_id: UUID
    title: str = Field(examples=["How AI is changing content creation"])
    platform: Platform = Field(examples=["instagram"])
    status: Status = Field(examples=["scheduled"])
    scheduled_at: datetime = Field(examples=[TIME])
    scheduled_because: ScheduledBecause | None = Field(description="Why, if the best time was asked for")
    script: str | None
    make: VideoKind | None
    reel_id: UUID | None = Field(description="Its video, if that is a reel: named, or made of the script")
    avatar_job_id: UUID | None = Field(
        description="Its video, if that is an avatar video: named, or made of the script"
    )
    caption_id: UUID | None
    upload_id: UUID | None
    reel_url: str | None
    caption: str | None
    account_id: UUID | None = Field(description="The account it is published to, once that is known")
    options: dict[str, Any]
    reason: TaskError | None = Field(description="Why it failed or was canceled")
    post_url: str | None = Field(description="URL of the post, once the platform returns it")
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
            scheduled_because=item.scheduled_because and ScheduledBecause(**item.scheduled_because),
            script=item.script,
            make=item.make,
            **asdict(item_sources.ids(item)),
            caption=item.caption,
            account_id=item.account_id,
            options=item.options,
            reason=error_of(item.reason),
            post_url=post and post.post_url,
            created_at=item.created_at,
        )


class ItemDetail(ItemView):
    task_id: str | None = Field(description="The task that renders its video")
    publish_task_id: str | None = Field(description="The task that publishes it")
    video_url: SignedUrl = Field(description="Signed URL of its video, once that is stored here")
    copy_task_id: str | None = Field(description="The task that copies the file of `reel_url`, once it has begun")
    copy_error: TaskError | None = Field(
        description="Why the file of `reel_url` could not be copied. It is fetched again at the item's time"
    )
    conflicts: list[UUID] = Field(description="Up to 20 other items of this account within a minute of it")

    @classmethod
    def with_work(
        cls,
        item: CalendarItem,
        *,
        made: Task | None,
        video_url: str | None,
        copy: Task | None,
        post: tuple[Publication, Task] | None,
        conflicts: list[UUID],
    ) -> "ItemDetail":
        """The item with its post, and the newest tasks that make and copy its video."""
        return cls(
            **dict(ItemView.of(item, post and post[0])),
            task_id=made and made.id,
            video_url=video_url,
            copy_task_id=copy and copy.id,
            copy_error=error_of(copy.error) if copy else None,
            publish_task_id=post and post[1].id,
            conflicts=conflicts,
        )
