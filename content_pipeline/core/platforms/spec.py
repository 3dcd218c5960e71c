"""PlatformSpec: everything that the product knows about one platform, declared in the platform's own package."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from content_pipeline.core.platforms.app_settings import AppSettings
from content_pipeline.core.platforms.base import Access, Publisher
from content_pipeline.core.platforms.insights import InsightsReader
from content_pipeline.core.platforms.oauth_provider import OAuthProvider
from content_pipeline.core.platforms.options import PostOptions
from content_pipeline.core.platforms.text import TextFormat, TextRules


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSpec:
    """One platform. `name` is its key in the API, the database and the registry; `label` is the name people write.

    `denials` are the OAuth error codes that say that the person did not consent. Access tokens are refreshed
    `refresh_ahead` of their expiry; with `self_renewing_tokens` there is no refresh token, so an account that posts
    seldom is refreshed too, by a schedule. `fetches_media`: the platform downloads videos from the bucket.
    `prepares_ahead`: what `prepare` leaves shows nothing to anybody, may wait for hours, and lacks one short call to be
    published; so the posts of calendar items are prepared before their time. `remove_post` takes a post down by its id,
    also one that is gone already; None where the platform lets no app do that. It raises as a Publisher does.
    """

    name: str
    label: str
    options: type[PostOptions]
    text_rules: TextRules
    text_format: TextFormat
    publisher: Publisher
    insights: InsightsReader
    oauth: OAuthProvider
    app_settings: type[AppSettings]
    denials: frozenset[str] = frozenset({"access_denied"})
    # Long enough for the work that is begun with a token, and for a clock that is wrong.
    refresh_ahead: timedelta = timedelta(minutes=5)
    self_renewing_tokens: bool = False
    fetches_media: bool = False
    prepares_ahead: bool = False
    remove_post: Callable[[Access, str], None] | None = None
