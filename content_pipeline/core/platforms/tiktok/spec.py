"""TikTok as a platform of the product."""

from typing import Final

from content_pipeline.core.platforms.spec import PlatformSpec
from content_pipeline.core.platforms.tiktok import text
from content_pipeline.core.platforms.tiktok.insights import TikTokInsights
from content_pipeline.core.platforms.tiktok.oauth import TikTokOAuth
from content_pipeline.core.platforms.tiktok.options import TikTokOptions
from content_pipeline.core.platforms.tiktok.publisher import TikTokPublisher
from content_pipeline.core.platforms.tiktok.settings import TikTokSettings

SPEC: Final = PlatformSpec(
    name="tiktok",
    label="TikTok",
    options=TikTokOptions,
    text_rules=text.RULES,
    text_format=text.FORMAT,
    publisher=TikTokPublisher(),
    insights=TikTokInsights(),
    oauth=TikTokOAuth(),
    app_settings=TikTokSettings,
)
