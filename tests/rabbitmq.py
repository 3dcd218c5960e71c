"""A RabbitMQ server for tests."""

import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.polling import until
from tests.programs import need
from tests.stack.harness import free_port


def _listens(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=2):
            return True
    except OSError:
        return False


@contextmanager
def rabbitmq_server(folder: Path, address: str = "127.0.0.1", *, namespace: Sequence[str] = ()) -> Iterator[str]:
    """A server that listens at `address` during the block, with its data in `folder`. Yields its URL.

    `namespace` is the command that runs another one in the network namespace of the server.
    """
    # Debian's wrapper of that name in PATH requires its own user and folders.
    server = need("rabbitmq-server", also_in="/usr/lib/rabbitmq/bin")
    epmd = need("epmd")
    folder.mkdir(exist_ok=True)
    port, names = free_port(), str(free_port())
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = {address}:{port}\nloopback_users = none\nheartbeat = 10\n"
    )
    environ = {
        **os.environ,
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"test-{port}@localhost",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": names,
    }
    log = folder / "out"
    with log.open("w") as out:
        process = subprocess.Popen([*namespace, server], env=environ, stdout=out, stderr=out)
    try:
        until(lambda: _listens(address, port), seconds=90, what=f"RabbitMQ (log: {log})")
        yield f"amqp://guest:guest@{address}:{port}//"
    finally:
        process.terminate()
        process.wait(60)
        subprocess.run([*namespace, epmd, "-port", names, "-kill"], env=environ, check=False, capture_output=True)
