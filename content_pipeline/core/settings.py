"""Every setting of the product, one typed object. `.env.example` lists them with their meaning.

Sources, strongest first: arguments, environment (`CONTENT_PIPELINE_…`), `.env`, and `<home>/stack.env`,
which `content-pipeline up` writes for the parts it runs itself. So any command that is started with the
same home finds the running stack, and a part that is configured by hand is used instead of an embedded one.
"""

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "CONTENT_PIPELINE_"
DEFAULT_HOME = Path(".content-pipeline")

Lane = Literal["interactive", "media", "io"]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", hide_input_in_errors=True)

    home: Path = DEFAULT_HOME

    # where the stack listens and how it is reached
    host: str = "127.0.0.1"
    api_port: int = 8000
    dagster_port: int = 3000
    public_url: str = "http://127.0.0.1:8000"
    cors_origins: Annotated[list[str], NoDecode] = []

    # parts: empty means the embedded one, which `up` starts and enters in stack.env
    database_url: SecretStr = SecretStr("")
    dagster_database_url: SecretStr = SecretStr("")
    broker_url: SecretStr = SecretStr("")
    s3_endpoint: str = ""
    s3_public_endpoint: str = ""
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    s3_bucket: str = "content-pipeline"
    s3_region: str = "us-east-1"
    dagster_url: str = "http://127.0.0.1:3000"
    embedded: bool = False

    # workers
    slots_interactive: int = Field(default=2, ge=1)
    slots_media: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    slots_io: int = Field(default=8, ge=1)

    # which of them this process is; set for each worker
    lane: Lane | None = None

    # transcription
    whisper_model: str = "base"
    whisper_device: str = "cpu"
    whisper_compute_type: str = "int8"

    # voices behind an OpenAI-compatible endpoint: empty means only those of this machine
    speech_url: str = ""
    speech_key: SecretStr = SecretStr("")
    speech_model: str = "tts-1"
    speech_voices: Annotated[list[str], NoDecode] = []

    # a language model behind an OpenAI-compatible endpoint: empty means that post texts are composed by rules
    text_url: str = ""
    text_key: SecretStr = SecretStr("")
    text_model: str = "gpt-4o-mini"

    # memory: empty means that it is kept and searched here
    zeromemory_token: SecretStr = SecretStr("")
    zeromemory_url: str = "https://api.ainative.studio/api/v1/public/memory/v2"

    # the platforms that posts go to: stand-ins of them, or they themselves, each with an app that is registered there
    platforms: Literal["sandbox", "live"] = "live"
    sandbox_port: int = 9000
    sandbox_url: str = "http://127.0.0.1:9000"
    instagram_client_id: str = ""
    instagram_client_secret: SecretStr = SecretStr("")
    tiktok_client_key: str = ""
    tiktok_client_secret: SecretStr = SecretStr("")
    linkedin_client_id: str = ""
    linkedin_client_secret: SecretStr = SecretStr("")
    linkedin_version: str = "202604"
    youtube_client_id: str = ""
    youtube_client_secret: SecretStr = SecretStr("")

    # what tokens are encrypted with at rest: 32 bytes each in URL-safe base64, the first for new ones, all for old ones
    encryption_keys: Annotated[list[SecretStr], NoDecode] = []

    # rendering: empty means the ffmpeg that comes with imageio-ffmpeg
    ffmpeg: str = ""

    # limits that are not the plan's
    script_characters: int = Field(default=2500, ge=1)
    narration_seconds: float = 300.0
    render_ahead_seconds: float = 900.0
    interactive_media_seconds: float = 60.0
    fetch_seconds: float = 900.0
    link_seconds: int = 3600
    allowed_private_hosts: Annotated[list[str], NoDecode] = []

    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("cors_origins", "allowed_private_hosts", "speech_voices", "encryption_keys", mode="before")
    @classmethod
    def _split(cls, value: str | list[str]) -> list[str]:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        home = next(
            (Path(found["home"]) for s in (init_settings, env_settings, dotenv_settings) if "home" in (found := s())),
            DEFAULT_HOME,
        )
        stack = DotEnvSettingsSource(settings_cls, env_file=home / "stack.env")
        return init_settings, env_settings, dotenv_settings, stack

    @property
    def clock_offset_file(self) -> Path:
        return self.home / "clock-offset"

    @property
    def own_hosts(self) -> set[str]:
        """Private hosts that media may be fetched from because they are embedded parts: the bucket and the sandbox."""
        if not self.embedded:
            return set()
        urls = [self.s3_endpoint, *([self.sandbox_url] if self.platforms == "sandbox" else [])]
        return {urlsplit(url).netloc for url in urls}

    @property
    def cache(self) -> Path:
        """Files that can be made again: joined models, instantiated fonts."""
        return self.home / "cache"

    def lane_of(self, seconds: float) -> Lane:
        """Short recordings go where people wait, long ones where renders go."""
        return "interactive" if seconds <= self.interactive_media_seconds else "media"

    def whisper_threads(self, lane: Lane) -> int:
        """All cores for somebody who waits; one in the media lane, which has as many slots as there are cores."""
        return (os.cpu_count() or 1) if lane == "interactive" else 1

    def slots(self, lane: Lane) -> int:
        return {"interactive": self.slots_interactive, "media": self.slots_media, "io": self.slots_io}[lane]


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
