"""Settings of our app at Instagram."""

from typing import ClassVar

from pydantic import SecretStr

from content_pipeline.core.platforms.app_settings import App, AppSettings


class InstagramSettings(AppSettings):
    CREDENTIALS: ClassVar = App("instagram_client_id", "instagram_client_secret")

    instagram_client_id: str = ""
    instagram_client_secret: SecretStr = SecretStr("")
