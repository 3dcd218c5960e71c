"""Settings of our app at YouTube."""

from typing import ClassVar

from pydantic import SecretStr

from content_pipeline.core.platforms.app_settings import App, AppSettings


class YouTubeSettings(AppSettings):
    CREDENTIALS: ClassVar = App("youtube_client_id", "youtube_client_secret")

    youtube_client_id: str = ""
    youtube_client_secret: SecretStr = SecretStr("")
