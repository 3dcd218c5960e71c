"""One stack as a whole: which parts it embeds, and what it tells them by settings, environment and files."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from content_pipeline.cli import ports, postgres
from content_pipeline.cli.processes import MARK
from content_pipeline.cli.state import State, write_private
from content_pipeline.core.settings import PREFIX, Settings

ROOT: Final = Path(__file__).parents[2]

# Names of ports. That an embedded part has one in the state says that the stack has that part.
API: Final = "api"
DAGSTER: Final = "dagster"
CODE: Final = "code"
POSTGRES: Final = "postgres"
VALKEY: Final = "valkey"
S3: Final = "weed.s3"
SANDBOX: Final = "sandbox"
WEED: Final = ("weed.master", "weed.volume", "weed.filer", S3, "weed.admin")

# The apps that the sandbox knows.
SANDBOX_CREDENTIALS: Final = {
    "instagram_client_id": "sandbox-instagram",
    "instagram_client_secret": "sandbox-instagram-secret",
    "tiktok_client_key": "sandbox-tiktok",
    "tiktok_client_secret": "sandbox-tiktok-secret",
    "linkedin_client_id": "sandbox-linkedin",
    "linkedin_client_secret": "sandbox-linkedin-secret",
    "youtube_client_id": "sandbox-youtube",
    "youtube_client_secret": "sandbox-youtube-secret",
}


def choose_ports(configured: Settings, previous: dict[str, int]) -> dict[str, int]:
    """The ports of a stack with these settings: those that people know, and a free one for whatever else it embeds.

    A part that the settings name by URL is somebody else's; it is not embedded.
    """
    names = [
        CODE,
        *([] if configured.database_url.get_secret_value() else [POSTGRES]),
        *([] if configured.broker_url.get_secret_value() else [VALKEY]),
        *([] if configured.s3_endpoint else WEED),
    ]
    known = {API: configured.api_port, DAGSTER: configured.dagster_port}
    if embeds_sandbox(configured):
        known[SANDBOX] = configured.sandbox_port
    return {**known, **ports.pick(names, previous)}


def embeds_sandbox(configured: Settings) -> bool:
    """Whether a stack has stand-ins for the platforms: when it is told so, and when it has nothing from outside."""
    if "sandbox_url" in configured.model_fields_set:
        return False
    if "platforms" in configured.model_fields_set:
        return configured.platforms == "sandbox"
    outside: list[str | SecretStr] = [configured.database_url, configured.broker_url, configured.s3_endpoint]
    return not any(map(_plain, outside)) and not credentials(configured)


def credentials(configured: Settings) -> dict[str, str]:
    """What is set of the apps at the platforms, by the name of the setting."""
    values = {name: _plain(getattr(configured, name)) for name in SANDBOX_CREDENTIALS}
    return {name: value for name, value in values.items() if value}


def _plain(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


@dataclass(frozen=True)
class StackConfig:
    """One stack: where it lives, what a person set, and what it remembers."""

    home: Path
    configured: Settings
    state: State

    @property
    def embeds_database(self) -> bool:
        return POSTGRES in self.state.ports

    @property
    def embeds_objects(self) -> bool:
        return S3 in self.state.ports

    @property
    def embeds_broker(self) -> bool:
        return VALKEY in self.state.ports

    @property
    def embeds_sandbox(self) -> bool:
        return SANDBOX in self.state.ports

    @property
    def superuser_url(self) -> str:
        return f"postgresql://{postgres.SUPERUSER}:{self.state.superuser_password}@{self._postgres}/postgres"

    @property
    def _postgres(self) -> str:
        return f"127.0.0.1:{self.state.ports[POSTGRES]}"

    def settings(self) -> dict[str, str]:
        """What stack.env says: the settings of embedded parts, weaker than whatever a person sets."""
        return _named(self._values())

    def _values(self) -> dict[str, str]:
        state = self.state
        api, dagster = state.ports[API], state.ports[DAGSTER]
        values = {
            "code_port": str(state.ports[CODE]),
            "api_port": str(api),
            "dagster_port": str(dagster),
            "public_url": f"http://127.0.0.1:{api}",
            "dagster_url": f"http://127.0.0.1:{dagster}",
            "embedded": str(self.embeds_database and self.embeds_objects and self.embeds_broker).lower(),
        }
        if self.embeds_database:
            login = f"{postgres.ROLE}:{state.database_password}@{self._postgres}"
            values["database_url"] = f"postgresql+psycopg://{login}/content"
            values["dagster_database_url"] = f"postgresql+psycopg2://{login}/dagster"
            # Beside the database that it protects: whoever has one elsewhere keeps the key elsewhere, too.
            values["encryption_keys"] = state.encryption_key
        if self.embeds_broker:
            values["broker_url"] = f"redis://:{state.broker_password}@127.0.0.1:{state.ports[VALKEY]}/0"
        if self.embeds_objects:
            values["s3_endpoint"] = f"http://127.0.0.1:{state.ports[S3]}"
            values["s3_access_key"] = state.s3_access_key
            values["s3_secret_key"] = state.s3_secret_key
        if self.embeds_sandbox:
            port = state.ports[SANDBOX]
            values |= {"platforms": "sandbox", "sandbox_port": str(port), "sandbox_url": f"http://127.0.0.1:{port}"}
            values |= SANDBOX_CREDENTIALS
        return values

    def environment(self) -> dict[str, str]:
        """What every part but the stores finds in its environment. dagster.yaml reads settings from there."""
        # What is empty is as if it was not set: embedded.
        set_by_hand = {name for name in self.configured.model_fields_set if getattr(self.configured, name)}
        ours = {name: value for name, value in self._values().items() if name not in set_by_hand}
        hand_set: dict[str, str] = {
            name: getattr(self.configured, name).get_secret_value()
            for name in ("dagster_database_url", "broker_url")
            if name in set_by_hand
        }
        return {
            **os.environ,
            **_named({**ours, **hand_set}),
            f"{PREFIX}HOME": str(self.home),
            MARK: str(self.home),
            "DAGSTER_HOME": str(self.home / "dagster"),
            "PYTHONUNBUFFERED": "1",
        }

    def write_files(self) -> None:
        """What the parts read: secrets stay off their command lines, which everyone on the machine can see."""
        if self.embeds_database:
            postgres.create_cluster(self.home, self.state.superuser_password)
        if self.embeds_objects:
            write_private(self.home / "s3.json", _s3_identities(self.state))
        if self.embeds_broker:
            (self.home / "valkey").mkdir(mode=0o700, exist_ok=True)
            write_private(self.home / "valkey.conf", _valkey_configuration(self.home, self.state))
        (self.home / "dagster").mkdir(exist_ok=True)
        instance = self.home / "dagster" / "dagster.yaml"
        instance.unlink(missing_ok=True)
        instance.symlink_to(ROOT / "dagster.yaml")
        lines = [f"{name}={value}\n" for name, value in self.settings().items()]
        write_private(self.home / "stack.env", "".join(lines))


def _named(values: dict[str, str]) -> dict[str, str]:
    """Settings under their names in an environment."""
    return {f"{PREFIX}{name.upper()}": value for name, value in values.items()}


def _s3_identities(state: State) -> str:
    identity = {
        "name": "content-pipeline",
        "credentials": [{"accessKey": state.s3_access_key, "secretKey": state.s3_secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    return json.dumps({"identities": [identity]})


def _valkey_configuration(home: Path, state: State) -> str:
    # A process title would overwrite the environment, and with it the mark by which left-overs are found.
    return f"""\
bind 127.0.0.1
port {state.ports[VALKEY]}
requirepass {state.broker_password}
dir "{home / "valkey"}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
set-proc-title no
"""
