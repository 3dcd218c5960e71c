"""What a stack remembers in its home: ports and secrets of its embedded parts, and the lock that says it runs."""

import base64
import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from content_pipeline.core.errors import Conflict
from content_pipeline.core.settings import Settings

# The kernel's limit for a socket's path is 108 bytes on Linux and 104 on macOS; supervisord adds its pid to it.
_SOCKET_PATH_BYTES = 90


class UserSettings(Settings):
    """What a person has set, without what an earlier `up` entered in stack.env."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return super().settings_customise_sources(settings_cls, *sources, **named)[:-1]


def _password() -> str:
    return secrets.token_hex(32)


def _encryption_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


class State(BaseModel):
    """Kept in `<home>/stack.json`, which only its owner reads: losing it means losing the way into the data."""

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
        state = cls.load(home) or cls(socket=_socket_path(home))
        # A short folder in /tmp may have been cleaned away since.
        if not state.socket.parent.exists():
            state.socket = _socket_path(home)
        return state

    def save(self, home: Path) -> None:
        write_private(home / "stack.json", self.model_dump_json(indent=2))


def _socket_path(home: Path) -> Path:
    """In the home, or in a short folder of its own where the home lies too deep for a socket."""
    path = home / "supervisor.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        return path
    return Path(tempfile.mkdtemp(prefix="content-pipeline-")) / "supervisor.sock"


def write_private(path: Path, text: str) -> None:
    """Write the file at once and whole, readable by its owner only."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


@contextmanager
def lock(home: Path) -> Iterator[IO[str]]:
    """Own the home while the block runs. Raises Conflict when a stack, or somebody who starts one, has it.

    The open file is handed to the supervisor, which then keeps the lock as long as it lives.
    """
    with (home / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"A stack is already running in {home}.", code="already_running") from None
        yield file
