"""Schemas of publications and dry runs."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api.schemas.sources import SourceFields
from api.schemas.tasks import Status, TaskView
from content_pipeline.core.models import Publication, Task
from content_pipeline.core.platforms.pydantic_types import Platform, PlatformDefaults
from content_pipeline.core.publishing import publications
from content_pipeline.core.publishing.dry_run import DryRunResult
from content_pipeline.core.publishing.publications import PostSpec
from content_pipeline.core.tasks.kinds import PublicationResult

Caption = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]

_ACCOUNT: Final = "0b7c9d1e-6a5f-4c3b-9d2e-1f0a8b7c6d5e"


class PublishRequest(SourceFields):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "platforms": ["instagram", "tiktok"],
                    "reel_url": "https://cdn.example.com/reel.mp4",
                    "caption": "Check out my latest video! #AIContent",
                    "twin_id": "645b5b56-f879-4f2f-8ccc-106e8912f522",
                }
            ]
        },
    )

    platforms: list[Platform] = Field(min_length=1, max_length=20, json_schema_extra={"uniqueItems": True})
    caption: Caption | None = Field(
        None, description="The text of the post; if omitted, the twin writes one for each platform"
    )
    captions: dict[Platform, Caption] = Field({}, description="Texts per platform; override `caption`")
    title: Title | None = Field(None, description="Used on platforms with titles")
    twin_id: UUID | None = None
    account_id: UUID | None = Field(None, description="The account, with a single platform")
    accounts: dict[Platform, UUID] = Field({}, description="The account on each platform")
    options: PlatformDefaults = Field(
        PlatformDefaults(), description="Options of this post per platform; override the twin's `platform_defaults`"
    )

    @model_validator(mode="after")
    def _check_platforms(self) -> "PublishRequest":
        if len(set(self.platforms)) < len(self.platforms):
            raise ValueError("Each platform can be listed once.")
        if self.account_id and len(self.platforms) > 1:
            raise ValueError("With several platforms, set `accounts` instead of `account_id`.")
        return self

    def specs(self) -> list[PostSpec]:
        """The post spec of each platform."""
        return [
            PostSpec(
                platform,
                account_id=self.account_id or self.accounts.get(platform),
                title=self.title,
                caption=self.captions.get(platform, self.caption),
                options=self.options.get(platform),
            )
            for platform in self.platforms
        ]


class PublicationAccepted(BaseModel):
    platform: Platform = Field(examples=["instagram"])
    account_id: UUID
    task_id: str = Field(examples=["abc123"])
    status: Status = Field(examples=["queued"])


class PublishAccepted(BaseModel):
    results: list[PublicationAccepted]


class PostProblem(BaseModel):
    code: str = Field(examples=["video_too_long"])
    detail: str
    remedy: str


class DryRunView(BaseModel):
    platform: Platform = Field(examples=["instagram"])
    account_id: UUID | None
    handle: str | None = Field(examples=["@mycreator"])
    can_publish: bool
    problems: list[PostProblem]
    title: str | None
    text: str | None = Field(description="Without hashtags; null if it would be composed from a transcript")
    hashtags: list[str]

    @classmethod
    def of(cls, result: DryRunResult) -> "DryRunView":
        account, words = result.account, result.words
        return cls(
            platform=result.spec.platform,
            account_id=account and account.id,
            handle=account and account.handle,
            can_publish=not result.problems,
            problems=[
                PostProblem(code=problem.code, detail=problem.detail, remedy=problem.remedy)
                for problem in result.problems
            ],
            title=words and words.title,
            text=words and words.text,
            hashtags=list(words.hashtags) if words else [],
        )


class DryRunResults(BaseModel):
    results: list[DryRunView]


class PublicationView(TaskView):
    """A publication's task, with its platform and account."""

    task_id: str = Field(examples=["abc123"])
    kind: Literal["publication"]
    result: PublicationResult | None = Field(description="Set once `status` is `done`")  # type: ignore[assignment]
    platform: Platform = Field(examples=["instagram"])
    account_id: UUID = Field(examples=[_ACCOUNT])
    outcome: publications.Status = Field(
        description="`unconfirmed`: it is unknown whether the platform published it; check the account. `removed`: it "
        "was published, and taken down by `DELETE /social/publications/{job_id}/post`",
        examples=["published"],
    )
    removed_at: datetime | None = Field(description="When it was taken down")

    @classmethod
    def of_attempt(
        cls, publication: Publication, task: Task, newest: Task, result: PublicationResult | None
    ) -> "PublicationView":
        """One attempt at a post; `outcome` is that of the newest attempt."""
        return cls(
            **dict(TaskView.of(task, result)),
            platform=publication.platform,
            account_id=publication.account_id,
            outcome=publications.status(publication, newest),
            removed_at=publication.removed_at,
        )
