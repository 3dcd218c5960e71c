"""Options of a post on Instagram."""

from pydantic import Field

from content_pipeline.core.platforms.options import AiLabelOption, CoverOption, CoverSeconds


class InstagramOptions(CoverOption, AiLabelOption):
    cover_seconds: CoverSeconds = None
    share_to_feed: bool | None = None
    # Meta announced it for Facebook Login (April 2026); its SDK has no such parameter for Instagram Login.
    paid_partnership: bool | None = Field(
        None,
        description="A third party's product is advertised. Meta documents this label for accounts connected over "
        "Facebook; for those connected over Instagram, as here, see whether the post has it",
    )
