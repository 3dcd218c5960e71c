"""The parts of the compose file, each in a container of the image, with the commands and checks of that file.

`make deploy-checks` runs it: it needs root, the folder IMAGE that image.py has filled, and a network of its own, in
which the ports of the file are free. PostgreSQL and RabbitMQ are this host's, in place of images of theirs.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest
from sqlalchemy import URL

from tests.databases import empty_database
from tests.deploy.compose_file import STORES
from tests.deploy.image import COMPOSE, Container, Store, healthcheck
from tests.polling import until
from tests.rabbitmq import rabbitmq_server
from tests.stack.harness import kill_all

SECONDS: Final = 180
API: Final = "http://127.0.0.1:8000"


class Parts:
    """The services of the compose file, of which those of other images are elsewhere (`stores`: their addresses)."""

    def __init__(self, folder: Path, stores: Mapping[str, str]) -> None:
        image = Path(os.environ["IMAGE"]).resolve()
        self._folder, self._stores, self._store = folder, stores, Store(image)
        self._file: dict[str, Any] = json.loads((image / COMPOSE).read_text())
        self._containers: dict[str, Container] = {}
        self._processes: list[psutil.Popen] = []

    def container(self, name: str) -> Container:
        """The container of a service, which is made at first."""
        if name not in self._containers:
            service = self._file["services"][name]
            files = {self._write(each["source"]): each["target"] for each in service.get("configs", ())}
            made = self._store.container(hosts=tuple(self._file["services"]))
            made.configure({**service["environment"], **(self._stores if name not in STORES else {})}, files)
            self._containers[name] = made
        return self._containers[name]

    def start(self, name: str) -> None:
        """Start a service, and wait for its health where the file has a check of it."""
        service, log = self._file["services"][name], self._folder / f"{name}.log"
        process = self.container(name).start(service["command"], log)
        self._processes.append(process)
        if "healthcheck" in service:
            check = healthcheck(service)
            until(
                lambda: self.container(name).run(*check).returncode == 0, seconds=SECONDS, what=f"{name} (log: {log})"
            )

    def run(self, name: str, *command: str) -> str:
        """What a command prints in the container of a service; it has to succeed."""
        done = self.container(name).run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def is_well(self, name: str, *command: str) -> bool:
        done = self.container(name).run(*command)
        (self._folder / "last.log").write_text(done.stdout + done.stderr)
        return done.returncode == 0

    def command(self, name: str) -> list[str]:
        found: list[str] = self._file["services"][name]["command"]
        return found

    def have_ended(self) -> list[list[str]]:
        """The commands of those that no longer run."""
        return [process.args for process in self._processes if process.poll() is not None]

    def kill(self) -> None:
        for process in filter(psutil.Popen.is_running, self._processes):
            kill_all([*process.children(recursive=True), process])
            process.wait(30)

    def _write(self, config: str) -> Path:
        file = self._folder / config
        file.write_text(self._file["configs"][config]["content"])
        return file


@pytest.fixture
def parts(database: None, tmp_path: Path) -> Iterator[Parts]:
    with (
        empty_database("of_containers") as ours,
        empty_database("of_containers_dagster") as dagsters,
        rabbitmq_server(tmp_path / "rabbitmq") as broker,
    ):
        stores = {
            "CONTENT_PIPELINE_DATABASE_URL": _address(ours, "postgresql+psycopg"),
            "CONTENT_PIPELINE_DAGSTER_DATABASE_URL": _address(dagsters, "postgresql+psycopg2"),
            "CONTENT_PIPELINE_BROKER_URL": broker,
        }
        made = Parts(tmp_path, stores)
        try:
            yield made
        finally:
            made.kill()


def _address(url: URL, driver: str) -> str:
    return url.set(drivername=driver).render_as_string(hide_password=False)


def test_all_parts_work_together_in_containers_of_the_image(parts: Parts) -> None:
    parts.start("s3")
    for _ in range(2):  # each upgrade runs it again
        parts.run("bootstrap", *parts.command("bootstrap"))
    for name in ("code", "webserver", "daemon", "interactive", "media", "io", "api"):
        parts.start(name)
    # As deploy/README.md has it.
    key = parts.run("api", "content-pipeline", "keys", "create", "--workspace", "studio").strip()
    until(lambda: parts.is_well("api", "content-pipeline", "doctor"), seconds=SECONDS, what="a stack that is well")
    assert _reel(key).startswith(b"\0\0\0")  # the length of the first box of an MP4
    assert parts.have_ended() == []


def _reel(key: str) -> bytes:
    """A reel that the parts have made, as a client downloads it."""
    with httpx.Client(base_url=f"{API}/api/v1/public", headers={"X-API-Key": key}, timeout=60) as client:
        twin = client.post("/twins", json={"name": "Tech Creator", "voice_id": "en-US", "style_tags": ["casual"]})
        batch = client.post(
            "/bulk/reels",
            data={"twin_id": twin.json()["id"], "platform": "instagram"},
            files={"csv_file": ("reels.csv", b"script\nStop scrolling. Try this.\n")},
        ).json()["batch_id"]

        def ended() -> dict[str, Any] | None:
            (job,) = client.get(f"/bulk/reels/{batch}").json()["jobs"]
            return job if job["status"] in ("done", "error") else None

        job = until(ended, seconds=2 * SECONDS, what="a reel")
        assert job["status"] == "done", job
        return httpx.get(job["result_url"]).content
