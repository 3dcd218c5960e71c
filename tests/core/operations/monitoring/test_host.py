"""What a scrape says of this host: processes by service, and folders."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from content_pipeline.core.operations.monitoring.host import HostCollector
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import scratch
from tests.polling import until

Values = dict[str, float]

# Prints the samples of a process that a supervisor started.
_SCRAPE = """
import json
from content_pipeline.core.operations.monitoring.host import HostCollector
found = [sample for family in HostCollector().collect() for sample in family.samples]
print(json.dumps({" ".join([sample.name, *sample.labels.values()]): sample.value for sample in found}))
"""
# The child ends with the process, which holds the other end of its input.
_CHILD_AND_FILES = """
import socket, subprocess, sys, tempfile
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
opened = [socket.socket(), tempfile.TemporaryFile()]
"""
# Says that it runs, with a child of its own, until its input ends.
_SERVICE = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
print("up", flush=True)
sys.stdin.read()
child.communicate()
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings(), "home", tmp_path)
    return tmp_path


def scrape() -> Values:
    return {
        " ".join([sample.name.removeprefix("content_pipeline_"), *sample.labels.values()]): sample.value
        for family in HostCollector().collect()
        for sample in family.samples
    }


@contextmanager
def service(name: str | None) -> Iterator[int]:
    """A process with a child, which supervisord has given this name, if any. Its id."""
    command = [sys.executable, "-c", _SERVICE]
    environment = {**os.environ, **({"SUPERVISOR_PROCESS_NAME": name} if name else {})}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        yield process.pid
        process.communicate()


def scrape_as_a_service(home: Path, name: str, before: str = "") -> Values:
    """What a process of its own says, after it has executed `before`."""
    environment = {**os.environ, "SUPERVISOR_PROCESS_NAME": name, "CONTENT_PIPELINE_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", before + _SCRAPE], env=environment, capture_output=True, text=True, check=True
    )
    found: Values = json.loads(done.stdout)
    return {name.removeprefix("content_pipeline_"): value for name, value in found.items()}


@pytest.mark.slow
def test_without_a_supervisor_a_process_knows_itself_and_its_children(home: Path) -> None:
    alone = scrape_as_a_service(home, "api")
    assert alone["processes api"] == 1
    assert alone["process_memory_bytes api"] > 10e6
    assert alone["process_threads api"] >= 1
    found = scrape_as_a_service(home, "api", _CHILD_AND_FILES)
    assert found["processes api"] == 2
    assert found["process_open_files api socket"] > alone["process_open_files api socket"]
    assert found["process_open_files api other"] > alone["process_open_files api other"]


@pytest.mark.slow
def test_under_a_supervisor_each_service_is_told_with_the_processes_that_it_started(home: Path) -> None:
    (home / "supervisord.pid").write_text(str(os.getpid()))
    with service("media"):
        found = scrape_as_a_service(home, "api")
    assert (found["processes media"], found["processes api"]) == (2, 1)
    assert found["process_memory_bytes media"] > 1e6
    assert found["process_open_files media other"] >= 3


@pytest.mark.slow
def test_a_process_that_is_no_service_is_not_told_of(home: Path) -> None:
    """Nor is one that has ended, which the supervisor has not looked at yet."""
    (home / "supervisord.pid").write_text(str(os.getpid()))
    before = scrape_as_a_service(home, "api")
    with service(None), subprocess.Popen([sys.executable, "-c", ""]) as ended:
        until(lambda: psutil.Process(ended.pid).status() == psutil.STATUS_ZOMBIE, seconds=30, what="a zombie")
        found = scrape_as_a_service(home, "api")
    assert found.keys() == before.keys()


@pytest.mark.slow
def test_a_supervisor_that_did_not_start_this_process_says_nothing_of_it(home: Path) -> None:
    """Such as that of a host whose folder a container shares."""
    with service("media") as other:
        (home / "supervisord.pid").write_text(str(other))
        found = scrape_as_a_service(home, "api")
    assert found["processes api"] == 1
    assert "processes media" not in found


def test_files_are_counted_by_folder(home: Path) -> None:
    (home / "cache" / "fonts").mkdir(parents=True)
    (home / "cache" / "fonts" / "one").write_bytes(b"x" * 100)
    (home / "cache" / "two").write_bytes(b"x" * 11)
    (home / "logs").mkdir()
    with scratch.folder("a-run") as folder:
        (folder / "frame").write_bytes(b"x" * 7)
        found = scrape()
    assert (found["folder_files cache"], found["folder_bytes cache"]) == (2, 111)
    assert (found["folder_files logs"], found["folder_bytes logs"]) == (0, 0)
    assert (found["folder_files scratch"], found["folder_bytes scratch"]) == (1, 7)
    assert (found["scratch_folders"], scrape()["scratch_folders"]) == (1, 0)


def test_temporary_files_of_this_user_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert scrape()["temporary_files"] == 0
    (tmp_path / "left").touch()
    (tmp_path / "a folder").mkdir()
    assert scrape()["temporary_files"] == 2
