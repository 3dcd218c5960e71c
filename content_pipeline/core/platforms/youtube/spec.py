"""YouTube as a platform of the product."""

from typing import Final

from content_pipeline.core.platforms.spec import PlatformSpec
from content_pipeline.core.platforms.youtube import text
from content_pipeline.core.platforms.youtube.insights import YouTubeInsights
from content_pipeline.core.platforms.youtube.oauth import YouTubeOAuth
from content_pipeline.core.platforms.youtube.options import YouTubeOptions
from content_pipeline.core.platforms.youtube.publisher import YouTubePublisher
from content_pipeline.core.platforms.youtube.removal import remove_post
from content_pipeline.core.platforms.youtube.settings import YouTubeSettings

SPEC: Final = PlatformSpec(
    name="youtube",
    label="YouTube",
    options=YouTubeOptions,
    text_rules=text.RULES,
    text_format=text.FORMAT,
    publisher=YouTubePublisher(),
    insights=YouTubeInsights(),
    oauth=YouTubeOAuth(),
    app_settings=YouTubeSettings,
    remove_post=remove_post,
)
