"""The stack with RabbitMQ as its broker, instead of Valkey."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from content_pipeline.cli import readiness
from tests.media.samples import SPEECH
from tests.programs import need
from tests.stack.harness import Stack, free_port, until


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A RabbitMQ server on loopback. Yields its URL."""
    # Debian's wrapper of that name in PATH requires its own user and folders.
    server = need("rabbitmq-server", also_in="/usr/lib/rabbitmq/bin")
    epmd = need("epmd")
    folder = tmp_path_factory.mktemp("rabbitmq")
    port, names = free_port(), str(free_port())
    environ = {
        **os.environ,
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"test-{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
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
        process = subprocess.Popen([server], env=environ, stdout=out, stderr=out)
    try:
        until(lambda: readiness.tcp_open(port), seconds=90, what=f"RabbitMQ (log: {log})")
        yield f"amqp://guest:guest@127.0.0.1:{port}//"
    finally:
        process.terminate()
        process.wait(60)
        subprocess.run([epmd, "-port", names, "-kill"], env=environ, check=False, capture_output=True)


def test_captions_are_made_on_rabbitmq_too(rabbitmq: str, tmp_path: Path) -> None:
    stack = Stack(tmp_path, CONTENT_PIPELINE_BROKER_URL=rabbitmq)
    stack.up()
    try:
        assert stack.processes("valkey") == []
        with stack.client("rabbit") as client:
            accepted = client.caption(SPEECH)
            assert client.wait_for_task(accepted["task_id"])["status"] == "done"
            assert stack.materialized("captions", [accepted["caption_id"]]) == [1]
    finally:
        stack.down()
