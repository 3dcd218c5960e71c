"""Settings (pydantic-settings), one typed object. `.env.example` lists them with their meaning.

Sources, strongest first: arguments, environment (`CONTENT_PIPELINE_…`), `.env`, and `<home>/stack.env`, which
`content-pipeline up` writes for its embedded services. So every command with the same home finds the running stack,
and a service that is configured by hand replaces the embedded one.
"""

import os
from base64 import b64decode
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


class EnvironmentSettings(BaseSettings):
    """Settings of this home: fields are read from the sources above."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", hide_input_in_errors=True)

    home: Path = DEFAULT_HOME

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


class Settings(EnvironmentSettings):
    # listening addresses and public URL
    host: str = "127.0.0.1"
    api_port: int = 8000
    dagster_port: int = 3000
    # a second port of Dagster's pages, which refuses mutations; 0: none
    dagster_read_only_port: int = 0
    public_url: str = "http://127.0.0.1:8000"
    # Dagster's pages as browsers see them, if that is not on loopback
    dagster_public_url: str = ""
    # open connections of one address to the API; a proxy on this host, or in FORWARDED_ALLOW_IPS, has no limit
    connections_per_address: int = Field(default=400, ge=1)
    cors_origins: Annotated[list[str], NoDecode] = []
    # names, with port, by which agents reach /mcp beside that of public_url and loopback
    mcp_hosts: Annotated[list[str], NoDecode] = []
    # key that `content-pipeline mcp` calls the API with
    api_key: SecretStr = SecretStr("")
    # OAuth redirect URIs of applications that ask the person themselves before an account is connected
    confirming_redirect_uris: Annotated[list[str], NoDecode] = []

    # services: empty means the embedded one, which `up` starts and writes to stack.env
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
    demo_port: int = 0

    # workers
    slots_interactive: int = Field(default=2, ge=1)
    slots_media: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    slots_io: int = Field(default=8, ge=1)
    # of the media workers that you run on further hosts, in all
    slots_media_elsewhere: int = Field(default=0, ge=0)

    # longest time of a run, in seconds
    max_runtime_interactive: float = Field(default=900.0, gt=0)
    max_runtime_media: float = Field(default=21_600.0, gt=0)
    max_runtime_io: float = Field(default=21_600.0, gt=0)

    # the lane of this process; set for workers only
    lane: Lane | None = None

    # transcription
    whisper_model: str = "base"
    whisper_device: str = "cpu"
    whisper_compute_type: str = "int8"

    # text to speech at an OpenAI-compatible endpoint: empty means only the local voices
    speech_url: str = ""
    speech_key: SecretStr = SecretStr("")
    speech_model: str = "tts-1"
    speech_voices: Annotated[list[str], NoDecode] = []

    # language model at an OpenAI-compatible endpoint: empty means that post texts are composed by rules
    text_url: str = ""
    text_key: SecretStr = SecretStr("")
    text_model: str = "gpt-4o-mini"

    # avatars rendered by HeyGen
    heygen_api_key: SecretStr = SecretStr("")
    heygen_url: str = "https://api.heygen.com"
    heygen_engine: Literal["avatar_iii", "avatar_iv", "avatar_v"] = "avatar_iv"
    heygen_resolution: Literal["720p", "1080p", "4k"] = "1080p"
    heygen_webhook_secret: SecretStr = SecretStr("")
    heygen_low_balance: float = Field(default=10.0, ge=0)
    # avatar videos: `heygen` needs its key (core/avatars/heygen)
    avatar_provider: Literal["local", "heygen"] = "local"
    avatar_deadline_seconds: float = 3600.0

    # memory: an empty token means that memories are stored and searched in PostgreSQL
    zeromemory_token: SecretStr = SecretStr("")
    zeromemory_url: str = "https://api.ainative.studio/api/v1/public/memory/v2"

    # platforms that posts go to: the sandbox, or the real ones (their credentials: core/platforms/app_settings.py)
    platforms: Literal["sandbox", "live"] = "live"
    sandbox_port: int = 9000
    sandbox_url: str = "http://127.0.0.1:9000"

    # encryption of tokens at rest: keys of 32 bytes in URL-safe base64; the first encrypts, all decrypt
    encryption_keys: Annotated[list[SecretStr], NoDecode] = []

    # rendering: empty means the ffmpeg binary of imageio-ffmpeg
    ffmpeg: str = ""
    # largest memory of a worker's process, and of each ffmpeg that it runs, in MB
    worker_memory_mb: int = Field(default=4096, ge=1024)

    # limits that do not depend on the workspace's plan
    script_characters: int = Field(default=2500, ge=1)
    narration_seconds: float = 300.0
    render_ahead_seconds: float = 900.0
    # 0: posts are uploaded at their time only
    prepare_ahead_seconds: float = Field(default=300.0, ge=0)
    interactive_media_seconds: float = 60.0
    fetch_seconds: float = 900.0
    # S3 allows seven days, and a link is signed for up to five minutes more
    link_seconds: int = Field(default=3600, ge=1, le=604_500)
    allowed_private_hosts: Annotated[list[str], NoDecode] = []

    # alerts: where failed runs are told of by their error code, and what signs it; empty: the log and /metrics only
    alert_webhook_url: SecretStr = SecretStr("")
    alert_webhook_secret: SecretStr = SecretStr("")

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    # bearer token of /metrics; empty: there are none
    metrics_token: SecretStr = SecretStr("")
    # where traces go (OTLP over HTTP); empty: nowhere
    otlp_endpoint: str = ""

    @field_validator(
        "cors_origins",
        "mcp_hosts",
        "confirming_redirect_uris",
        "allowed_private_hosts",
        "speech_voices",
        "encryption_keys",
        mode="before",
    )
    @classmethod
    def _split(cls, value: str | list[str]) -> list[str]:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("alert_webhook_url")
    @classmethod
    def _check_alert_url(cls, value: SecretStr) -> SecretStr:
        parsed = urlsplit(url := value.get_secret_value())
        if url and not (parsed.scheme in ("http", "https") and parsed.hostname):
            raise ValueError("it is not an address, like https://alerts.example.com/content")
        return value

    @field_validator("alert_webhook_secret")
    @classmethod
    def _check_alert_secret(cls, value: SecretStr) -> SecretStr:
        """Refused here, in every process: a secret that cannot sign would silence the alerts."""
        if (secret := value.get_secret_value()) and not _is_signing_secret(secret):
            raise ValueError("it is not whsec_ and the base64 of 24 to 64 random bytes")
        return value

    @property
    def clock_offset_file(self) -> Path:
        return self.home / "clock-offset"

    @property
    def own_hosts(self) -> set[str]:
        """Private hosts that may be called because they are embedded: bucket, sandbox, and what receives webhooks."""
        if not self.embedded:
            return set()
        urls = [self.s3_endpoint, *([self.sandbox_url] if self.platforms == "sandbox" else [])]
        return {*(urlsplit(url).netloc for url in urls), f"127.0.0.1:{self.demo_port}"}

    @property
    def cache(self) -> Path:
        """Folder for files that can be recreated: joined models, instantiated fonts."""
        return self.home / "cache"

    def lane_of(self, seconds: float) -> Lane:
        """The lane for a recording of that length: short ones are interactive, long ones go with the renders."""
        return "interactive" if seconds <= self.interactive_media_seconds else "media"

    def whisper_threads(self, lane: Lane) -> int:
        """Up to eight for interactive work; one in the media lane, which has as many slots as there are cores.

        With 64 threads the base model takes 3.9 GB instead of 0.4, most of it for their stacks.
        """
        return min(os.cpu_count() or 1, 8) if lane == "interactive" else 1

    def slots(self, lane: Lane) -> int:
        return {"interactive": self.slots_interactive, "media": self.slots_media, "io": self.slots_io}[lane]

    def max_runtime_seconds(self, lane: Lane) -> float:
        return {
            "interactive": self.max_runtime_interactive,
            "media": self.max_runtime_media,
            "io": self.max_runtime_io,
        }[lane]


def _is_signing_secret(secret: str) -> bool:
    """Whether it has the form of Standard Webhooks."""
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return False
    return secret.startswith("whsec_") and 24 <= len(key) <= 64


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
