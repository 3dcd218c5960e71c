"""The platforms that content is made for, and the ways a text for them can be written."""

from typing import Final, Literal, get_args

Platform = Literal["instagram", "tiktok", "linkedin", "youtube"]
PLATFORMS: Final[tuple[Platform, ...]] = get_args(Platform)
CaptionStyle = Literal["short", "hashtag-heavy", "long", "plain"]
CAPTION_STYLES: Final[tuple[CaptionStyle, ...]] = get_args(CaptionStyle)
