"""Settings of our app at LinkedIn."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, SecretStr

from content_pipeline.core.platforms.app_settings import App, AppSettings


class LinkedInSettings(AppSettings):
    CREDENTIALS: ClassVar = App("linkedin_client_id", "linkedin_client_secret")

    SANDBOX: ClassVar[Mapping[str, str]] = {"linkedin_insights_calls": "5000"}

    linkedin_client_id: str = ""
    linkedin_client_secret: SecretStr = SecretStr("")
    linkedin_version: str = "202604"
    # Calls a day and member for reading figures; 0: the app is not approved for them.
    linkedin_insights_calls: int = Field(default=0, ge=0)
