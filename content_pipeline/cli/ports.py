"""Free ports for the parts that nobody needs to know by number."""

import random
import socket
from collections.abc import Iterable

import psutil

# Below 32768, where Linux takes the local ends of outgoing connections from: a port there may be in use by the
# time a part is restarted. SeaweedFS listens for gRPC on port + 10000 too, which must stay below as well.
_FIRST, _LAST = 12000, 22000
_GRPC_OFFSET = 10000


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        # As the servers do: without it a port counts as taken for a minute after its server ended.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def pick(names: Iterable[str], previous: dict[str, int]) -> dict[str, int]:
    """A free port for every name: the previous one where it is still free, else another."""
    picked: dict[str, int] = {}
    for name in names:
        port = previous.get(name)
        while port is None or port in picked.values() or not _is_usable(port):
            port = random.randint(_FIRST, _LAST)  # noqa: S311 - nothing secret about a port
        picked[name] = port
    return picked


def _is_usable(port: int) -> bool:
    return is_free(port) and is_free(port + _GRPC_OFFSET)


def holder(port: int) -> str | None:
    """The process that listens on the port, as "name (pid)", where the system lets us know."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:  # macOS shows others' connections to root only
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
            return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return None
