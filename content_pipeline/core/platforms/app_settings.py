"""Settings of our apps at the platforms. Each platform package declares its own; `.env.example` lists them all.

They come from the same sources as `core/settings.py`: environment (`CONTENT_PIPELINE_…`), `.env`, `<home>/stack.env`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import SecretStr

from content_pipeline.core.settings import EnvironmentSettings, settings


class App(NamedTuple):
    """An app that is registered at a platform: its client id and secret, or the names of the settings with these."""

    id: str
    secret: str


class AppSettings(EnvironmentSettings):
    """Fields have their full names: `tiktok_client_key` is CONTENT_PIPELINE_TIKTOK_CLIENT_KEY."""

    # The names of the two fields that are the app's credentials.
    CREDENTIALS: ClassVar[App]
    # Other fields that fit the app of the sandbox, where they differ from their defaults.
    SANDBOX: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def current(cls) -> Self:
        """The settings of this process, read once for each home."""
        current: Self = _read(cls, settings().home)
        return current

    @property
    def app(self) -> App:
        """The app's credentials; empty where they are not set."""
        secret: SecretStr = getattr(self, self.CREDENTIALS.secret)
        return App(getattr(self, self.CREDENTIALS.id), secret.get_secret_value())


@cache
def _read(cls: type[AppSettings], home: Path) -> Any:
    return cls(home=home)
