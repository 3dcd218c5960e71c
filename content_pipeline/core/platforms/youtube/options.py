"""Options of a video on YouTube."""

from typing import Literal

from content_pipeline.core.platforms.options import AiLabelOption, CoverOption, PaidPartnership, SubtitlesOption


class YouTubeOptions(CoverOption, SubtitlesOption, AiLabelOption):
    privacy: Literal["public", "unlisted", "private"] | None = None
    made_for_kids: bool | None = None
    paid_partnership: PaidPartnership = None
