"""Settings of our app at TikTok."""

from typing import ClassVar

from pydantic import SecretStr

from content_pipeline.core.platforms.app_settings import App, AppSettings


class TikTokSettings(AppSettings):
    CREDENTIALS: ClassVar = App("tiktok_client_key", "tiktok_client_secret")

    tiktok_client_key: str = ""
    tiktok_client_secret: SecretStr = SecretStr("")
