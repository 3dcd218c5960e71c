"""Schemas of twins."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from api.schemas.glossary import Glossary, GlossaryTermView
from api.schemas.patch import unset
from content_pipeline.core.media.pace import MAX_PAUSE, MAX_SPEED, MIN_SPEED
from content_pipeline.core.media.reels import end_card
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.models.calendar import VideoKind
from content_pipeline.core.platforms.options import dump_set
from content_pipeline.core.platforms.pydantic_types import Platform, PlatformDefaults
from content_pipeline.core.twins import memory

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Voice = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]

CallToAction = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=end_card.MAX_CHARACTERS)
]

Speed = Annotated[
    float,
    Field(
        ge=MIN_SPEED, le=MAX_SPEED, allow_inf_nan=False, description="How fast it speaks; 1 is the voice's own speed"
    ),
]
Pause = Annotated[
    float,
    Field(
        ge=0,
        le=MAX_PAUSE,
        allow_inf_nan=False,
        description="Seconds of silence after a sentence, half of it where a long one is split; not at HeyGen",
    ),
]

_VOICE = "A voice of `GET /voices`, a language tag, or an id that begins with one, as Google's and Azure's do"


class TwinEdit(BaseModel):
    """The editable fields of a twin; omitted ones keep their value."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"persona_prompt": "Updated persona..."}]}
    )

    name: Name = Field(default_factory=unset)
    voice_id: Voice = Field(
        default_factory=unset,
        description=_VOICE,
        examples=["en-US-Neural2-A"],
    )
    speed: Speed = Field(default_factory=unset, examples=[1.1])
    pause: Pause = Field(default_factory=unset, examples=[0.4])
    style_tags: list[Tag] = Field(default_factory=unset, max_length=20)
    persona_prompt: str | None = Field(None, max_length=4000)
    platform_defaults: PlatformDefaults = Field(
        default_factory=unset,
        description="Options of its posts per platform; an update replaces all of them",
    )
    accounts: dict[Platform, UUID] = Field(
        default_factory=unset,
        examples=[{"tiktok": "0b7c9d1e-6a5f-4c3b-9d2e-1f0a8b7c6d5e"}],
        description="Account of its posts per platform; an update replaces all of them",
    )
    make: VideoKind = Field(
        default_factory=unset, description="The kind of video that is made of its calendar items, unless they say"
    )
    caption_animation: CaptionAnimation = Field(
        default_factory=unset,
        description="How the words of its captions appear: in a `box` that moves from word to word, one by one with a "
        "`pop`, or letter by letter as from a `typewriter`",
    )
    call_to_action: CallToAction | None = Field(
        None,
        description="What its reels end with; without one they end with its name",
        examples=["Follow for part 2"],
    )
    glossary: Glossary = Field(
        default_factory=unset,
        description="Names and terms: how its captions write them, and its voice says them; an update replaces all",
    )
    avatar_id: str | None = Field(None, max_length=200, description="The avatar of its talking-head videos")
    picture_url: str | None = Field(None, max_length=4096, description="Link to a picture of its face; not opened here")

    def to_fields(self) -> dict[str, Any]:
        """The fields that the request sets, as the row stores them."""
        fields = self.model_dump(exclude_unset=True)
        if "platform_defaults" in fields:
            fields["platform_defaults"] = dump_set(self.platform_defaults)
        if "accounts" in fields:
            fields["accounts"] = {platform: str(account_id) for platform, account_id in self.accounts.items()}
        if "glossary" in fields:
            fields["glossary"] = tuple(term.to_entry() for term in self.glossary)
        return fields


class TwinRequest(TwinEdit):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Tech Creator",
                    "voice_id": "en-US-Neural2-A",
                    "style_tags": ["casual", "educational"],
                    "persona_prompt": "You are an engaging tech educator who explains complex topics simply.",
                    "platform_defaults": {
                        "tiktok": {"caption_style": "short"},
                        "instagram": {"caption_style": "hashtag-heavy"},
                    },
                }
            ]
        }
    )

    name: Name
    voice_id: Voice = Field(description=_VOICE, examples=["en-US-Neural2-A"])

    def to_fields(self) -> dict[str, Any]:
        return {"style_tags": []} | super().to_fields()


class TwinSummary(BaseModel):
    """A twin in a list. With full glossaries, 200 of them had 18 MB."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=["645b5b56-f879-4f2f-8ccc-106e8912f522"])
    name: str = Field(examples=["Tech Creator"])
    voice_id: str = Field(examples=["en-US"])
    speed: float = Field(examples=[1.0])
    pause: float = Field(examples=[0.4])
    style_tags: list[str] = Field(examples=[["casual", "educational"]])
    persona_prompt: str | None
    platform_defaults: dict[str, Any] = Field(examples=[{"tiktok": {"caption_style": "short"}}])
    accounts: dict[Platform, UUID] = Field(examples=[{"tiktok": "0b7c9d1e-6a5f-4c3b-9d2e-1f0a8b7c6d5e"}])
    make: VideoKind
    caption_animation: CaptionAnimation
    call_to_action: str | None
    avatar_id: str | None
    picture_url: str | None
    memory_namespace: Annotated[str, BeforeValidator(memory.namespace_of)] = Field(
        validation_alias=AliasPath("id"),
        description="Its namespace in `/memory/v2`",
        examples=["twin_645b5b56-f879-4f2f-8ccc-106e8912f522"],
    )
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])


class TwinView(TwinSummary):
    glossary: list[GlossaryTermView]
