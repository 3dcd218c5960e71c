"""Which code speaks with which platform."""

from collections.abc import Mapping
from typing import Final

from content_pipeline.core.platforms.base import Publisher
from content_pipeline.core.platforms.grants import Grants
from content_pipeline.core.platforms.instagram.grants import InstagramGrants
from content_pipeline.core.platforms.instagram.publisher import InstagramPublisher
from content_pipeline.core.platforms.linkedin.grants import LinkedInGrants
from content_pipeline.core.platforms.linkedin.publisher import LinkedInPublisher
from content_pipeline.core.platforms.tiktok.grants import TikTokGrants
from content_pipeline.core.platforms.tiktok.publisher import TikTokPublisher
from content_pipeline.core.platforms.youtube.grants import YouTubeGrants
from content_pipeline.core.platforms.youtube.publisher import YouTubePublisher

GRANTS: Final[Mapping[str, Grants]] = {
    "instagram": InstagramGrants(),
    "tiktok": TikTokGrants(),
    "linkedin": LinkedInGrants(),
    "youtube": YouTubeGrants(),
}
PUBLISHERS: Final[Mapping[str, Publisher]] = {
    "instagram": InstagramPublisher(),
    "tiktok": TikTokPublisher(),
    "linkedin": LinkedInPublisher(),
    "youtube": YouTubePublisher(),
}
