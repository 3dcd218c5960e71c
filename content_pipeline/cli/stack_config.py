"""Stack configuration: which services are embedded, and their settings, environment and files."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from content_pipeline.cli import packaged_files, ports, postgres
from content_pipeline.cli.processes import MARK, NICENESS
from content_pipeline.cli.state import State, UserSettings, read_configured, write_private
from content_pipeline.core.errors import Unavailable
from content_pipeline.core.settings import PREFIX, Settings

# What the code is imported from: the checkout, or the environment's folder of packages.
ROOT: Final = Path(__file__).parents[2]

# Names of ports. A service is embedded if the state has a port for it.
API: Final = "api"
DAGSTER: Final = "dagster"
DAGSTER_READ_ONLY: Final = "dagster.read_only"
CODE: Final = "code"
POSTGRES: Final = "postgres"
VALKEY: Final = "valkey"
S3: Final = "weed.s3"
SANDBOX: Final = "sandbox"
DEMO: Final = "demo"
WEED: Final = ("weed.master", "weed.volume", "weed.filer", S3, "weed.admin")

# glibc makes up to eight heaps a core for threads, and each keeps what it once needed.
_ALLOCATOR: Final = {"MALLOC_ARENA_MAX": "2"}


def choose_ports(configured: Settings, previous: dict[str, int]) -> dict[str, int]:
    """The ports of a stack: the configured ones, and a free one for each other embedded service.

    A service that is configured by URL is external, not embedded.
    """
    names = [
        CODE,
        DEMO,
        *([] if configured.database_url.get_secret_value() else [POSTGRES]),
        *([] if configured.broker_url.get_secret_value() else [VALKEY]),
        *([] if configured.s3_endpoint else WEED),
    ]
    known = {API: configured.api_port, DAGSTER: configured.dagster_port}
    if configured.dagster_read_only_port:
        known[DAGSTER_READ_ONLY] = configured.dagster_read_only_port
    if embeds_sandbox(configured):
        known[SANDBOX] = configured.sandbox_port
    return {**known, **ports.pick(names, previous)}


def embeds_sandbox(configured: Settings) -> bool:
    """Whether to run the sandbox: when configured, or when there are no external services and no credentials."""
    if "sandbox_url" in configured.model_fields_set:
        return False
    if "platforms" in configured.model_fields_set:
        return configured.platforms == "sandbox"
    outside: list[str | SecretStr] = [configured.database_url, configured.broker_url, configured.s3_endpoint]
    return not any(map(_plain, outside)) and not credentials()


def sandbox_credentials() -> dict[str, str]:
    """The credentials of the apps that the sandbox knows, by the name of the setting."""
    from content_pipeline.core.platforms.registry import PLATFORMS  # takes 1 s, for which other commands need not wait

    return {
        name: value
        for spec in PLATFORMS.values()
        for name, value in zip(
            spec.app_settings.CREDENTIALS, (f"sandbox-{spec.name}", f"sandbox-{spec.name}-secret"), strict=True
        )
    }


def _sandbox_app_settings() -> dict[str, str]:
    """All settings of the apps that the sandbox knows."""
    from content_pipeline.core.platforms.registry import PLATFORMS

    others = (spec.app_settings.SANDBOX for spec in PLATFORMS.values())
    return {**sandbox_credentials(), **{name: value for settings in others for name, value in settings.items()}}


def _app_settings_set_by_hand() -> set[str]:
    """The names of the settings of apps that a person has set. An empty one counts as not set."""
    from content_pipeline.core.platforms.registry import PLATFORMS

    configured = [read_configured(spec.app_settings) for spec in PLATFORMS.values()]
    return {name for app in configured for name in app.model_fields_set if _plain(getattr(app, name)) != ""}


def credentials() -> dict[str, str]:
    """The credentials of apps at the platforms that a person has set, by the name of the setting."""
    from content_pipeline.core.platforms.registry import PLATFORMS

    found: dict[str, str] = {}
    for spec in PLATFORMS.values():
        app = read_configured(spec.app_settings).app
        found |= {name: value for name, value in zip(spec.app_settings.CREDENTIALS, app, strict=True) if value}
    return found


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


@dataclass(frozen=True)
class StackConfig:
    """One stack: its home, the user's settings, and its persisted state."""

    home: Path
    configured: Settings
    state: State

    @classmethod
    def of(cls, home: Path) -> "StackConfig":
        """That of a stack that was started once. Raises Unavailable for another folder."""
        state = State.load(home)
        if state is None:
            raise Unavailable(f"There is no stack in {home}.", remedy="Start it with `content-pipeline up`.")
        return cls(home, UserSettings(), state)

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
        """Contents of stack.env: settings of the embedded services, overridden by the user's."""
        return _named(self._values())

    def _values(self) -> dict[str, str]:
        state = self.state
        api, dagster = state.ports[API], state.ports[DAGSTER]
        values = {
            "code_port": str(state.ports[CODE]),
            "demo_port": str(state.ports[DEMO]),
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
            # The key is ours only with an embedded database; for an external one the user manages it.
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
            values |= _sandbox_app_settings()
            # A key that the user has set is for the real HeyGen, even if posts go to the sandbox.
            if not self.configured.heygen_api_key.get_secret_value():
                values |= _heygen_of_sandbox(values["sandbox_url"])
        return values

    def environment(self) -> dict[str, str]:
        """Environment of every service but the stores. dagster.yaml reads settings from it."""
        # An empty setting counts as not set: embedded.
        set_by_hand = {name for name in self.configured.model_fields_set if getattr(self.configured, name)}
        set_by_hand |= _app_settings_set_by_hand()
        ours = {name: value for name, value in self._values().items() if name not in set_by_hand}
        hand_set: dict[str, str] = {
            name: getattr(self.configured, name).get_secret_value()
            for name in ("dagster_database_url", "broker_url")
            if name in set_by_hand
        }
        return {
            **_ALLOCATOR,
            **os.environ,
            **_named({**ours, **hand_set}),
            f"{PREFIX}HOME": str(self.home),
            MARK: str(self.home),
            NICENESS: "0",  # of a service that sets none, whatever this process has
            "DAGSTER_HOME": str(self.home / "dagster"),
            "PYTHONUNBUFFERED": "1",
        }

    def write_files(self) -> None:
        """Write the services' files. Secrets go there, not on command lines, which every user can read."""
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
        instance.symlink_to(packaged_files.INSTANCE)
        lines = [f"{name}={value}\n" for name, value in self.settings().items()]
        write_private(self.home / "stack.env", "".join(lines))


def _heygen_of_sandbox(sandbox_url: str) -> dict[str, str]:
    return {
        "heygen_url": f"{sandbox_url}/api.heygen.com",
        "heygen_api_key": "sandbox-heygen",
        "heygen_webhook_secret": "sandbox-heygen-webhook-secret",
    }


def _named(values: dict[str, str]) -> dict[str, str]:
    """Settings by the names of their environment variables."""
    return {f"{PREFIX}{name.upper()}": value for name, value in values.items()}


def _s3_identities(state: State) -> str:
    identity = {
        "name": "content-pipeline",
        "credentials": [{"accessKey": state.s3_access_key, "secretKey": state.s3_secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    return json.dumps({"identities": [identity]})


def _valkey_configuration(home: Path, state: State) -> str:
    # A process title would overwrite the environment, which holds the marker for finding orphans.
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


def environment_of_services(home: Path) -> dict[str, str]:
    """The environment of the services of a home; this process's own where the services are run by others (deploy/).

    Raises Unavailable where there are none.
    """
    if State.load(home) is None and "DAGSTER_HOME" in os.environ:
        return dict(os.environ)
    return StackConfig.of(home).environment()
