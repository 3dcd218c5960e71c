"""Instagram as a platform of the product."""

from datetime import timedelta
from typing import Final

from content_pipeline.core.platforms.instagram import text
from content_pipeline.core.platforms.instagram.insights import InstagramInsights
from content_pipeline.core.platforms.instagram.oauth import InstagramOAuth
from content_pipeline.core.platforms.instagram.options import InstagramOptions
from content_pipeline.core.platforms.instagram.publisher import InstagramPublisher
from content_pipeline.core.platforms.instagram.settings import InstagramSettings
from content_pipeline.core.platforms.spec import PlatformSpec

SPEC: Final = PlatformSpec(
    name="instagram",
    label="Instagram",
    options=InstagramOptions,
    text_rules=text.RULES,
    text_format=text.FORMAT,
    publisher=InstagramPublisher(),
    insights=InstagramInsights(),
    oauth=InstagramOAuth(),
    app_settings=InstagramSettings,
    # The token renews itself, and only while it is good: there is no second chance.
    refresh_ahead=timedelta(days=10),
    self_renewing_tokens=True,
    fetches_media=True,
    prepares_ahead=True,
)
