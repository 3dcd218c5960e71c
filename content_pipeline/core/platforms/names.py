"""The platforms that content is made for, and the ways a text for them can be written."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

Platform = Literal["instagram", "tiktok", "linkedin", "youtube"]
PLATFORMS: Final[tuple[Platform, ...]] = get_args(Platform)
# As people write them.
NAMES: Final[Mapping[str, str]] = {
    "instagram": "Instagram",
    "tiktok": "TikTok",
    "linkedin": "LinkedIn",
    "youtube": "YouTube",
}
CaptionStyle = Literal["short", "hashtag-heavy", "long", "plain"]
CAPTION_STYLES: Final[tuple[CaptionStyle, ...]] = get_args(CaptionStyle)
