"""Options of a post on LinkedIn."""

from typing import Literal

from content_pipeline.core.platforms.options import CoverOption, SubtitlesOption


class LinkedInOptions(CoverOption, SubtitlesOption):
    privacy: Literal["public", "connections"] | None = None
