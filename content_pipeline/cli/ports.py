"""Free ports for the embedded services."""

import os
import random
import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

# Ports are below Linux's ephemeral ones (from 32768), which an outgoing connection may have taken when a service
# restarts. SeaweedFS also listens for gRPC on port + 10000, which must stay below, too.
_FIRST, _LAST = 12000, 22000
_GRPC_OFFSET = 10000
# SeaweedFS keeps its sockets here, whatever TMPDIR says.
SOCKETS = Path("/tmp")  # noqa: S108 - read only


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        # Servers set this option too. Without it a port counts as taken for a minute after its server has ended
        # (TIME_WAIT).
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
    both = (port, port + _GRPC_OFFSET)
    return all(is_free(each) for each in both) and not any(_has_foreign_socket(each) for each in both)


def _has_foreign_socket(port: int) -> bool:
    """Whether another user's SeaweedFS has left a socket of this port, as it does when it is killed.

    One that starts beside it ends at once: it can neither use the socket nor remove it.
    """
    with suppress(FileNotFoundError):  # it has just been removed
        return any(path.lstat().st_uid != os.geteuid() for path in SOCKETS.glob(f"seaweedfs-*-{port}.sock"))
    return False


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
