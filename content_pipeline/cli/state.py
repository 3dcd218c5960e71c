"""Persistent state of a stack in its home: ports and secrets of embedded services, and the lock file."""

import base64
import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, TypeVar

from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from content_pipeline.core.errors import Conflict
from content_pipeline.core.platforms.app_settings import AppSettings
from content_pipeline.core.settings import EnvironmentSettings, Settings

# The kernel's limit for a socket's path is 108 bytes on Linux and 104 on macOS; supervisord adds its pid to it.
_SOCKET_PATH_BYTES = 90


class _WithoutStack(EnvironmentSettings):
    """The settings of a user, without those that an earlier `up` wrote to stack.env."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return super().settings_customise_sources(settings_cls, *sources, **named)[:-1]


class UserSettings(_WithoutStack, Settings):
    """The settings that a person has set."""


_App = TypeVar("_App", bound=AppSettings)


def read_configured(app_settings: type[_App]) -> _App:
    """The settings of an app that a person has set."""
    configured: type[_App] = type(app_settings.__name__, (_WithoutStack, app_settings), {})
    return configured()


def _password() -> str:
    return secrets.token_hex(32)


def _encryption_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


# Raised when a release cannot go on with the state of the one before. 0.1.0 wrote none.
LAYOUT: Final = 1


class State(BaseModel):
    """Contents of `<home>/stack.json` (mode 0600). Without it the data cannot be accessed."""

    layout: int = 0
    id: str = Field(default_factory=lambda: secrets.token_hex(4))
    ports: dict[str, int] = {}
    socket: Path
    supervisor_password: str = Field(default_factory=_password)
    superuser_password: str = Field(default_factory=_password)
    database_password: str = Field(default_factory=_password)
    broker_password: str = Field(default_factory=_password)
    s3_access_key: str = Field(default_factory=lambda: secrets.token_hex(10))
    s3_secret_key: str = Field(default_factory=_password)
    encryption_key: str = Field(default_factory=_encryption_key)

    @classmethod
    def load(cls, home: Path) -> "State | None":
        path = home / "stack.json"
        return cls.model_validate_json(path.read_bytes()) if path.exists() else None

    @classmethod
    def load_or_make(cls, home: Path) -> "State":
        state = cls.load(home) or cls(layout=LAYOUT, socket=_socket_path(home))
        # A socket folder in /tmp may have been cleaned up.
        if not state.socket.parent.exists():
            state.socket = _socket_path(home)
        return state

    def save(self, home: Path) -> None:
        write_private(home / "stack.json", self.model_dump_json(indent=2))


def _socket_path(home: Path) -> Path:
    """In the home, or in a temporary folder if that path is too long for a socket."""
    path = home / "supervisor.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        return path
    return Path(tempfile.mkdtemp(prefix="content-pipeline-")) / "supervisor.sock"


def write_private(path: Path, text: str) -> None:
    """Write the file atomically, with mode 0600."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


@contextmanager
def lock(home: Path) -> Iterator[IO[str]]:
    """Hold the home's lock (flock) during the block. Raises Conflict when a stack runs or is being started.

    The supervisor inherits the open file, and so keeps the lock as long as it runs.
    """
    with (home / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"A stack is already running in {home}.", code="already_running") from None
        yield file
