"""Options of a post on TikTok."""

from typing import Literal

from pydantic import Field

from content_pipeline.core.platforms.options import AiLabelOption, CoverSeconds, PaidPartnership


class TikTokOptions(AiLabelOption):
    privacy: Literal["public", "friends", "followers", "private"] | None = None
    cover_seconds: CoverSeconds = None
    allow_comments: bool | None = None
    allow_duets: bool | None = None
    allow_stitches: bool | None = None
    paid_partnership: PaidPartnership = None
    own_brand: bool | None = Field(None, description="The creator's own product is advertised")
