"""LinkedIn as a platform of the product."""

from typing import Final

from content_pipeline.core.platforms.linkedin import text
from content_pipeline.core.platforms.linkedin.insights import LinkedInInsights
from content_pipeline.core.platforms.linkedin.oauth import LinkedInOAuth
from content_pipeline.core.platforms.linkedin.options import LinkedInOptions
from content_pipeline.core.platforms.linkedin.publisher import LinkedInPublisher
from content_pipeline.core.platforms.linkedin.removal import remove_post
from content_pipeline.core.platforms.linkedin.settings import LinkedInSettings
from content_pipeline.core.platforms.spec import PlatformSpec

SPEC: Final = PlatformSpec(
    name="linkedin",
    label="LinkedIn",
    options=LinkedInOptions,
    text_rules=text.RULES,
    text_format=text.FORMAT,
    publisher=LinkedInPublisher(),
    insights=LinkedInInsights(),
    oauth=LinkedInOAuth(),
    app_settings=LinkedInSettings,
    remove_post=remove_post,
    denials=frozenset({"access_denied", "user_cancelled_login", "user_cancelled_authorize"}),
    prepares_ahead=True,
)
