"""Schemas of analytics."""

import datetime
from typing import Annotated, Any, Final, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from content_pipeline.core.analytics import figures, ingestion
from content_pipeline.core.analytics.audiences import Audience
from content_pipeline.core.analytics.best_times import BestTimes
from content_pipeline.core.analytics.figures import Summary, Totals
from content_pipeline.core.analytics.ranking import RankedPost, VideoFormat
from content_pipeline.core.models.analytics import ExportFormat, Grain
from content_pipeline.core.platforms.pydantic_types import Platform


class FiguresView(BaseModel):
    """Null where the platform does not give a figure; zero only where it gave zero."""

    views: int | None = Field(examples=[15420], description="Plays of videos")
    likes: int | None = Field(examples=[823])
    comments: int | None = Field(examples=[94])
    shares: int | None = Field(examples=[201])
    followers_gained: int | None = Field(examples=[47], description="New followers less those who left")
    saves: int | None = Field(examples=[61])
    impressions: int | None = Field(examples=[18900], description="Times that posts were shown")
    reach: int | None = Field(examples=[11200], description="Different people; of several days, the sum of the days'")
    clicks: int | None = Field(examples=[12])
    watch_seconds: float | None = Field(examples=[98300.5])
    average_view_seconds: float | None = Field(examples=[6.4], description="Of one view")
    followers: int | None = Field(examples=[5210], description="At the end of the day or the period")


FirstFiguresBy = Annotated[
    datetime.datetime | None,
    Field(
        examples=[None],
        description="While no figure of the platform's accounts is known: by when the first ones are expected, in the "
        "time zone asked for",
    ),
]


class DayView(FiguresView):
    platform: str = Field(examples=["instagram"])
    date: datetime.date = Field(examples=["2026-04-29"], description="A day in the time zone asked for")
    estimated: bool = Field(
        examples=[False],
        description="Whether figures are a share of what was measured over a longer time, or of a day that begins at "
        "another hour",
    )

    first_figures_by: FirstFiguresBy

    @classmethod
    def of(cls, day: figures.DayFigures, first_figures_by: datetime.datetime | None) -> "DayView":
        named = {"platform": day.platform, "date": day.day, "estimated": day.estimated}
        return cls.model_validate({**named, **day.figures, "first_figures_by": first_figures_by})


class ChangesView(BaseModel):
    """What changed from the period before; null where one of both is not known."""

    views: float | None = Field(examples=[1210])
    likes: float | None = Field(examples=[-14])
    comments: float | None = Field(examples=[8])
    shares: float | None = Field(examples=[20])
    followers_gained: float | None = Field(examples=[5])
    saves: float | None = Field(examples=[3])
    impressions: float | None = Field(examples=[1500])
    reach: float | None = Field(examples=[900])
    clicks: float | None = Field(examples=[0])
    watch_seconds: float | None = Field(examples=[4200.0])
    average_view_seconds: float | None = Field(examples=[0.2])
    followers: float | None = Field(examples=[47])


class TotalsView(BaseModel):
    totals: FiguresView
    previous: FiguresView = Field(
        description="Of the period of the same length before it; null where that was not measured, such as before an "
        "account was connected"
    )
    deltas: ChangesView = Field(description="`totals` less `previous`")
    percent: ChangesView = Field(description="The same in percent of `previous`; null where that is zero")

    @classmethod
    def of(cls, totals: Totals) -> "TotalsView":
        return cls(
            totals=FiguresView.model_validate(totals.current),
            previous=FiguresView.model_validate(totals.previous),
            deltas=ChangesView.model_validate(totals.deltas),
            percent=ChangesView.model_validate(totals.percent),
        )


class SummaryView(TotalsView):
    """Of all platforms together, and of each."""

    start: datetime.date = Field(examples=["2026-04-01"])
    end: datetime.date = Field(examples=["2026-04-30"], description="Included")
    platforms: dict[str, TotalsView]
    first_figures_by: FirstFiguresBy

    @classmethod
    def of_summary(cls, summary: Summary, first_figures_by: datetime.datetime | None) -> "SummaryView":
        return cls(
            start=summary.start,
            end=summary.end,
            platforms={platform: TotalsView.of(totals) for platform, totals in summary.platforms.items()},
            first_figures_by=first_figures_by,
            **dict(TotalsView.of(summary.overall)),
        )


class PostTwinView(BaseModel):
    id: UUID
    name: str = Field(examples=["Tech Creator"])


class PostView(BaseModel):
    """A post and its totals as of the last reading."""

    platform: str = Field(examples=["instagram"])
    account_id: UUID
    handle: str = Field(examples=["@mara.bakes"])
    post_id: str = Field(description="Its id on the platform", examples=["17918920912340654"])
    post_url: str | None = Field(examples=["https://www.instagram.com/reel/DAbc123/"])
    text: str = Field(examples=["Bread needs time. #baking"])
    published_at: datetime.datetime = Field(examples=["2026-04-29T16:00:00Z"])
    duration_seconds: float | None = Field(examples=[14.2])
    external: bool = Field(description="Not published here", examples=[False])
    vanished_at: datetime.datetime | None = Field(
        description="The first reading at which the platform no longer had it", examples=[None]
    )
    twin: PostTwinView | None = Field(description="The twin that it was published as")
    format: VideoFormat | None = Field(
        description="What its video is: a reel or an avatar made here, or a client's own video", examples=["reel"]
    )
    script: str | None = Field(examples=["Bread needs time, and so do you."])
    caption_style: str | None = Field(examples=["short"])
    read_at: datetime.datetime = Field(examples=["2026-04-30T06:00:04Z"])
    figures: FiguresView

    @classmethod
    def of(cls, ranked: RankedPost) -> "PostView":
        post = ranked.post
        assert post.read_at
        return cls(
            platform=post.platform,
            account_id=post.account_id,
            handle=ranked.handle,
            post_id=post.post_id,
            post_url=post.url,
            text=post.text,
            published_at=post.published_at,
            duration_seconds=post.seconds,
            external=post.publication_id is None,
            vanished_at=post.vanished_at,
            twin=PostTwinView(id=post.twin_id, name=ranked.twin_name) if post.twin_id and ranked.twin_name else None,
            format=ranked.format,
            script=ranked.script,
            caption_style=ranked.caption_style,
            read_at=post.read_at,
            figures=FiguresView.model_validate(ranked.figures),
        )


class ShareView(BaseModel):
    value: str = Field(examples=["25-34"])
    share: float = Field(ge=0, le=1, examples=[0.42])


class AudienceView(BaseModel):
    """The audience of an account, largest share first. A list is empty where the platform does not tell."""

    platform: str = Field(examples=["instagram"])
    account_id: UUID
    handle: str = Field(examples=["@mara.bakes"])
    date: datetime.date = Field(description="When it was read", examples=["2026-04-30"])
    age: list[ShareView]
    country: list[ShareView] = Field(description="By ISO 3166-1 code", examples=[[{"value": "DE", "share": 0.61}]])
    gender: list[ShareView] = Field(examples=[[{"value": "female", "share": 0.58}]])

    @classmethod
    def of(cls, audience: Audience) -> "AudienceView":
        shares = {
            dimension: [ShareView(value=value, share=share) for value, share in of.items()]
            for dimension, of in audience.shares.items()
        }
        return cls.model_validate(
            {
                "platform": audience.platform,
                "account_id": audience.account_id,
                "handle": audience.handle,
                "date": audience.day,
                **shares,
            }
        )


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)


class SlotView(BaseModel):
    weekday: Weekday
    hour: int = Field(ge=0, le=23, description="The hour that begins then, in the time zone asked for", examples=[18])
    index: float = Field(description="Expected views, as a multiple of the account's usual ones", examples=[1.42])
    confidence: float = Field(
        ge=0, le=1, description="The probability that it is better than usual; 0.5 says nothing", examples=[0.91]
    )
    posts: int = Field(ge=0, description="How many posts were made in that hour", examples=[6])


class BestTimesView(BaseModel):
    """The best hours of the week of an account, the best first."""

    platform: str = Field(examples=["instagram"])
    account_id: UUID
    handle: str = Field(examples=["@mara.bakes"])
    posts: int = Field(ge=0, description="How many posts it was found by: those that are two days old", examples=[48])
    slots: list[SlotView] = Field(description="Empty without such posts")

    @classmethod
    def of(cls, found: BestTimes) -> "BestTimesView":
        return cls(
            platform=found.account.platform,
            account_id=found.account.id,
            handle=found.account.handle,
            posts=found.posts,
            slots=[
                SlotView(
                    weekday=_WEEKDAYS[slot.weekday],
                    hour=slot.hour,
                    index=slot.index,
                    confidence=slot.confidence,
                    posts=slot.posts,
                )
                for slot in found.slots
            ],
        )


Count = Annotated[int | None, Field(ge=0, le=10**15)]
Seconds = Annotated[float | None, Field(ge=0, le=10**15, allow_inf_nan=False)]


class StatedDay(BaseModel):
    model_config = ConfigDict(extra="forbid")

    account_id: UUID
    date: datetime.date = Field(examples=["2026-04-29"])
    views: Count = None
    impressions: Count = None
    reach: Count = None
    likes: Count = None
    comments: Count = None
    shares: Count = None
    saves: Count = None
    clicks: Count = None
    watch_seconds: Seconds = None
    average_view_seconds: Seconds = None
    followers: Count = None
    followers_gained: Annotated[int | None, Field(ge=-(10**15), le=10**15)] = None

    def to_core(self) -> ingestion.StatedDay:
        stated: dict[Any, float] = self.model_dump(exclude={"account_id", "date"}, exclude_none=True)
        return ingestion.StatedDay(self.account_id, self.date, stated)


class IngestRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "rows": [
                        {
                            "account_id": "645b5b56-f879-4f2f-8ccc-106e8912f522",
                            "date": "2026-04-29",
                            "impressions": 18900,
                            "saves": 61,
                        }
                    ]
                }
            ]
        },
    )

    rows: list[StatedDay] = Field(min_length=1, max_length=1000, fail_fast=True)


class IngestAnswer(BaseModel):
    rows: int = Field(description="How many days were stored", examples=[1])


class ExportRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"format": "csv", "days": 30, "platform": "instagram"}]},
    )

    format: ExportFormat = Field("csv", description="In a CSV, a text that looks like a formula has a `'` before it")
    days: int = Field(30, ge=1, description="The last days, today included", examples=[30])
    platform: Platform | None = Field(None, description="Only this platform; all if left out", examples=["instagram"])
    twin_id: UUID | None = Field(None, description="Only posts that were published as this twin")
    grain: Grain = Field("account", description="What a row is: an account or a post, on one day")
