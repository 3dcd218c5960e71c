"""supervisord: configuration file, launch, and XML-RPC client over its socket."""

import configparser
import io
import shlex
import socket
import sys
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any, Final
from xmlrpc.client import Fault, ProtocolError, ServerProxy, Transport

import psutil
from supervisor.xmlrpc import Faults

from content_pipeline.cli.processes import FORK_SERVER
from content_pipeline.cli.services import GROUPS, Service, services_of
from content_pipeline.cli.stack_config import StackConfig
from content_pipeline.cli.state import State, write_private

_USER: Final = "content-pipeline"
# A call is answered in milliseconds; while supervisord imports, it waits for their end, which may never come.
CALL_SECONDS: Final = 20.0
# Errors of a lost connection: no socket, connection refused, no or a truncated response, HTTP errors.
GONE: Final = (OSError, HTTPException, ProtocolError)


def configuration(home: Path, state: State, services: Iterable[Service]) -> str:
    """The text of supervisord.conf, without autostart: `up` starts the services in order."""
    config = configparser.RawConfigParser()
    config["unix_http_server"] = {
        "file": str(state.socket),
        "username": _USER,
        "password": state.supervisor_password,
    }
    config["supervisord"] = {
        "logfile": str(home / "logs" / "supervisord.log"),
        "logfile_maxbytes": "5MB",
        "logfile_backups": "1",
        "pidfile": str(home / "supervisord.pid"),
        "silent": "true",
    }
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    for service in services:
        config[f"program:{service.name}"] = _program(home, service)
    for priority, group in enumerate(GROUPS):
        names = [service.name for service in services if service.group == group]
        if names:
            config[f"group:{group}"] = {"programs": ",".join(names), "priority": str(priority)}
    text = io.StringIO()
    config.write(text)
    return text.getvalue()


def _program(home: Path, service: Service) -> dict[str, str]:
    return {
        "command": shlex.join(service.command),
        "environment": ",".join(f'{name}="{value}"' for name, value in service.environment.items()),
        "autostart": "false",
        "autorestart": "false" if service.oneshot else "true",
        # A process that ends sooner counts as a failed start, retried with backoff.
        "startsecs": "0" if service.oneshot else "10",
        "startretries": "100",
        "stopsignal": service.stop_signal,
        "stopwaitsecs": str(service.stop_seconds),
        # The stop signal goes to the parent only (a Celery worker stops its children in order); after the timeout the
        # whole process group is killed.
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": str(log_file(home, service.name)),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }


def log_file(home: Path, name: str) -> Path:
    return home / "logs" / f"{name}.log"


def launch(config: StackConfig, lock: IO[str]) -> psutil.Popen:
    """Start supervisord in its own session, so that Ctrl-C does not reach it.

    It inherits the home's lock as standard input, the only descriptor that it neither closes nor passes on.
    """
    path = config.home / "supervisord.conf"
    write_private(path, configuration(config.home, config.state, services_of(config)))
    with (config.home / "logs" / "supervisord.log").open("a") as log:
        return psutil.Popen(
            [sys.executable, "-m", FORK_SERVER, "-n", "-c", str(path)],
            env=config.environment(),
            stdin=lock,
            stdout=log,
            stderr=log,
            start_new_session=True,
            umask=0o077,
        )


@dataclass(frozen=True)
class Process:
    """supervisord's information about a service. `started` is in epoch seconds, `uptime` in seconds."""

    state: str
    pid: int
    started: float
    uptime: float
    exit_status: int

    @property
    def has_succeeded(self) -> bool:
        """Whether a oneshot has finished."""
        return self.state == "EXITED" and self.exit_status == 0

    @property
    def has_failed(self) -> bool:
        return self.state in ("BACKOFF", "FATAL", "EXITED", "UNKNOWN") and not self.has_succeeded


class _Connection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=CALL_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _Transport(Transport):
    """supervisor's own transport has no timeout."""

    def __init__(self, state: State) -> None:
        credentials = b64encode(f"{_USER}:{state.supervisor_password}".encode()).decode()
        super().__init__(headers=[("Authorization", f"Basic {credentials}")])
        self._path = state.socket

    def make_connection(self, host: Any) -> HTTPConnection:
        self._connection = host, _Connection(self._path)  # which `close` closes
        return self._connection[1]


class Supervisor:
    """XML-RPC client of a home's supervisord. Every call raises one of GONE when it is not running."""

    def __init__(self, state: State) -> None:
        self._state = state

    def _call(self, method: str, *arguments: Any) -> Any:
        with ServerProxy("http://localhost", transport=_Transport(self._state)) as server:
            try:
                return getattr(server.supervisor, method)(*arguments)
            except Fault as fault:
                if fault.faultCode == Faults.SHUTDOWN_STATE:
                    raise ConnectionAbortedError("the supervisor is stopping") from fault
                raise

    def processes(self) -> dict[str, Process]:
        return {info["name"]: _process(info) for info in self._call("getAllProcessInfo")}

    def start(self, service: Service) -> None:
        try:
            self._call("startProcess", f"{service.group}:{service.name}", False)
        except Fault as fault:
            # A failed start is visible in the process's state and log; one that already runs is fine.
            if fault.faultCode not in (Faults.ALREADY_STARTED, Faults.SPAWN_ERROR, Faults.ABNORMAL_TERMINATION):
                raise

    def shut_down(self) -> None:
        """Begin to stop all services, the last group first; supervisord ends after them."""
        self._call("shutdown")


def _process(info: dict[str, Any]) -> Process:
    return Process(
        state=info["statename"],
        pid=info["pid"],
        started=info["start"],
        uptime=info["now"] - info["start"] if info["pid"] else 0,
        exit_status=info["exitstatus"],
    )
