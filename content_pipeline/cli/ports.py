"""Free ports for the embedded services."""

import random
import socket
from collections.abc import Iterable

import psutil

# Below Linux's ephemeral ports (from 32768), which may be taken by an outgoing connection when a service restarts.
# SeaweedFS also listens for gRPC on port + 10000, which must stay below, too.
_FIRST, _LAST = 12000, 22000
_GRPC_OFFSET = 10000


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        # As servers do: otherwise a port counts as taken for a minute after its server ended (TIME_WAIT).
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def pick(names: Iterable[str], previous: dict[str, int]) -> dict[str, int]:
    """A free port for every name: the previous one if still free, else a random one."""
    picked: dict[str, int] = {}
    for name in names:
        port = previous.get(name)
        while port is None or port in picked.values() or not _is_usable(port):
            port = random.randint(_FIRST, _LAST)  # noqa: S311 - a port is not a secret
        picked[name] = port
    return picked


def _is_usable(port: int) -> bool:
    return is_free(port) and is_free(port + _GRPC_OFFSET)


def holder(port: int) -> str | None:
    """The process that listens on the port, as "name (process pid)"; None if the system does not tell."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:  # macOS shows others' connections to root only
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
            return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return None
