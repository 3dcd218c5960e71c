"""What can be set for a post on each platform, in one vocabulary: how its text is written, who sees it, its cover, and
what has to be disclosed. A twin has defaults of these, a post its own."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from content_pipeline.core.platforms.names import CaptionStyle

Tag = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^#?[^\s#@]{1,100}$")]
Mention = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^@?[\w.\-]{1,100}$")]
CoverUrl = Annotated[str | None, Field(max_length=4096, description="A picture that is its cover")]
CoverSeconds = Annotated[
    float | None, Field(ge=0, le=3600, allow_inf_nan=False, description="The moment of the video that is its cover")
]
AiGenerated = Annotated[bool | None, Field(description="Whether the post is labelled as made with AI")]
CaptionsId = Annotated[
    UUID | None, Field(description="Captions made here, as a subtitle file; a reel of ours brings its own")
]
PaidPartnership = Annotated[bool | None, Field(description="Somebody else's product is advertised")]


class PostOptions(BaseModel):
    """What every platform knows."""

    model_config = ConfigDict(extra="forbid")

    caption_style: CaptionStyle | None = None
    hashtags: list[Tag] = Field([], max_length=30, description='In every post; each a word, with or without "#"')
    mentions: list[Mention] = Field([], max_length=20, description='In every post; each a name, with or without "@"')


class InstagramOptions(PostOptions):
    cover_url: CoverUrl = None
    cover_seconds: CoverSeconds = None
    share_to_feed: bool | None = None
    ai_generated: AiGenerated = None
    # Meta announced it for Facebook Login (April 2026); its SDK has no such parameter for Instagram Login.
    paid_partnership: bool | None = Field(
        None,
        description="Somebody else's product is advertised. Meta documents this label for accounts connected over "
        "Facebook; for those connected over Instagram, as here, see whether the post has it",
    )


class TikTokOptions(PostOptions):
    privacy: Literal["public", "friends", "followers", "private"] | None = None
    cover_seconds: CoverSeconds = None
    allow_comments: bool | None = None
    allow_duets: bool | None = None
    allow_stitches: bool | None = None
    ai_generated: AiGenerated = None
    paid_partnership: PaidPartnership = None
    own_brand: bool | None = Field(None, description="The creator's own product is advertised")


class LinkedInOptions(PostOptions):
    privacy: Literal["public", "connections"] | None = None
    cover_url: CoverUrl = None
    captions_id: CaptionsId = None


class YouTubeOptions(PostOptions):
    privacy: Literal["public", "unlisted", "private"] | None = None
    cover_url: CoverUrl = None
    captions_id: CaptionsId = None
    made_for_kids: bool | None = None
    ai_generated: AiGenerated = None
    paid_partnership: PaidPartnership = None


class PlatformDefaults(BaseModel):
    """The options of a twin's posts, by platform."""

    model_config = ConfigDict(extra="forbid")

    instagram: InstagramOptions | None = None
    tiktok: TikTokOptions | None = None
    linkedin: LinkedInOptions | None = None
    youtube: YouTubeOptions | None = None


OPTIONS: dict[str, type[PostOptions]] = {
    "instagram": InstagramOptions,
    "tiktok": TikTokOptions,
    "linkedin": LinkedInOptions,
    "youtube": YouTubeOptions,
}


def dump_set(options: BaseModel) -> dict[str, Any]:
    """What was set, as JSON."""
    return options.model_dump(mode="json", exclude_unset=True, exclude_none=True)
