"""Which code speaks with which platform."""

from collections.abc import Mapping
from typing import Final

from content_pipeline.core.platforms.base import Publisher
from content_pipeline.core.platforms.instagram.oauth import InstagramOAuth
from content_pipeline.core.platforms.instagram.publisher import InstagramPublisher
from content_pipeline.core.platforms.linkedin.oauth import LinkedInOAuth
from content_pipeline.core.platforms.linkedin.publisher import LinkedInPublisher
from content_pipeline.core.platforms.oauth_provider import OAuthProvider
from content_pipeline.core.platforms.tiktok.oauth import TikTokOAuth
from content_pipeline.core.platforms.tiktok.publisher import TikTokPublisher
from content_pipeline.core.platforms.youtube.oauth import YouTubeOAuth
from content_pipeline.core.platforms.youtube.publisher import YouTubePublisher

GRANTS: Final[Mapping[str, OAuthProvider]] = {
    "instagram": InstagramOAuth(),
    "tiktok": TikTokOAuth(),
    "linkedin": LinkedInOAuth(),
    "youtube": YouTubeOAuth(),
}
PUBLISHERS: Final[Mapping[str, Publisher]] = {
    "instagram": InstagramPublisher(),
    "tiktok": TikTokPublisher(),
    "linkedin": LinkedInPublisher(),
    "youtube": YouTubePublisher(),
}
