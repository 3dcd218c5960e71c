"""Settings of our app at LinkedIn."""

from typing import ClassVar

from pydantic import SecretStr

from content_pipeline.core.platforms.app_settings import App, AppSettings


class LinkedInSettings(AppSettings):
    CREDENTIALS: ClassVar = App("linkedin_client_id", "linkedin_client_secret")

    linkedin_client_id: str = ""
    linkedin_client_secret: SecretStr = SecretStr("")
    linkedin_version: str = "202604"
