"""Settings of our app at TikTok."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import SecretStr

from content_pipeline.core.platforms.app_settings import App, AppSettings


class TikTokSettings(AppSettings):
    CREDENTIALS: ClassVar = App("tiktok_client_key", "tiktok_client_secret")
    SANDBOX: ClassVar[Mapping[str, str]] = {"tiktok_insights": "true"}

    tiktok_client_key: str = ""
    tiktok_client_secret: SecretStr = SecretStr("")
    # Whether the app is approved for the scopes of figures.
    tiktok_insights: bool = False
