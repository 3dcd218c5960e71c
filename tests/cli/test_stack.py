"""Whole stacks, started and stopped by the command line. Three starts take most of the time."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from content_pipeline.cli import processes
from tests.polling import until
from tests.stack.harness import Stack, free_port, kill_all

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    # Longer than a socket's path may be, with a space in it.
    shown = {"CONTENT_PIPELINE_DAGSTER_READ_ONLY_PORT": str(free_port())}
    stack = Stack(tmp_path_factory.mktemp("first").joinpath("a home", *["folder"] * 12), **SLOTS, **shown)
    stack.up()
    yield stack
    stack.end()


@pytest.fixture
def first(started: Stack) -> Stack:
    """A running stack; another test may have stopped it."""
    if not started.processes():
        started.up()
    return started


SLOTS = {f"CONTENT_PIPELINE_SLOTS_{lane}": "1" for lane in ("INTERACTIVE", "MEDIA", "IO")}


LOADED = "{ workspaceOrError { ... on Workspace { locationEntries { name } } } }"
PAUSE = "mutation { setAutoMaterializePaused(paused: true) }"


def test_no_secret_is_on_a_command_line(first: Stack) -> None:
    lines = " ".join(" ".join(process.cmdline()) for process in first.processes())
    kept = (first.home / "stack.env").read_text().splitlines()
    secrets = [line.split("=", 1)[1] for line in kept if "KEY" in line or ("_URL=" in line and "@" in line)]
    assert len(secrets) == 8
    assert not [secret for secret in secrets if secret in lines]


def test_dagsters_pages_serve_programs_and_no_other_website(first: Stack) -> None:
    assert first.graphql(LOADED) == {"workspaceOrError": {"locationEntries": [{"name": "content_pipeline"}]}}
    url = f"http://127.0.0.1:{first.dagster_port}/graphql"
    assert httpx.post(url, json={"query": LOADED}, headers={"Origin": "https://example.com"}).status_code == 403
    assert httpx.get(url, params={"query": PAUSE}).status_code == 405


def test_dagsters_read_only_pages_show_the_same_and_change_nothing(first: Stack) -> None:
    url = f"http://127.0.0.1:{first.env['CONTENT_PIPELINE_DAGSTER_READ_ONLY_PORT']}/graphql"
    assert httpx.post(url, json={"query": LOADED}).json()["data"] == first.graphql(LOADED)
    refused = httpx.post(url, json={"query": PAUSE}).json()
    assert "Unauthorized" in refused["errors"][0]["message"]
    assert httpx.post(url, json={"query": LOADED}, headers={"Origin": "https://example.com"}).status_code == 403


def test_a_second_up_finds_the_running_stack(first: Stack) -> None:
    before = {process.pid for process in first.processes()}
    assert "Already running" in first.run("up", "--detach").stdout
    assert {process.pid for process in first.processes()} >= before


def test_parts_share_the_memory_of_what_they_import(first: Stack) -> None:
    supervisor = processes.supervisor(first.home)
    parts = ("code", "webserver", "daemon", "interactive", "media", "io", "api")
    memory = {part: first.processes(part)[0].memory_full_info() for part in parts}
    assert {first.processes(part)[0].ppid() for part in parts} == {supervisor and supervisor.pid}
    assert {part for part, taken in memory.items() if taken.pss > taken.rss / 2} == set()


def test_the_api_comes_before_what_evaluates_the_sensors(first: Stack) -> None:
    niceness = {process.name(): process.nice() for process in first.processes()}
    assert niceness["daemon"] == niceness["code"] == min(niceness["api"] + 5, 19)


def test_a_killed_worker_is_restarted_alone(first: Stack) -> None:
    before = {part: members[0].pid for part, members in first.services().items() if members}
    pool = first.processes("io")[1:]
    first.processes("io")[0].kill()  # its pool processes end with it
    psutil.wait_procs(pool, timeout=30)
    assert [process for process in pool if process.is_running()] == []
    until(first.is_ready, seconds=90, what="the lane io")
    after = {part: members[0].pid for part, members in first.services().items() if members}
    assert {part for part in before if before[part] != after[part]} == {"io"}


def test_a_port_in_use_is_named_with_its_setting(first: Stack, tmp_path: Path) -> None:
    other = Stack(tmp_path / "other")
    other.env["CONTENT_PIPELINE_API_PORT"] = str(first.api_port)
    failed = other.run("up", "--detach", check=False)
    assert failed.returncode == 2
    assert f"Port {first.api_port} is in use" in failed.stderr
    assert "CONTENT_PIPELINE_API_PORT" in failed.stderr
    assert other.processes() == []


def test_two_stacks_do_not_disturb_each_other(first: Stack, tmp_path: Path) -> None:
    second = Stack(tmp_path / "second", **SLOTS)
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "content-pipeline"), "up"],
        env=second.env,
        stdout=subprocess.DEVNULL,
    )
    until(lambda: second.home.exists() and second.is_ready(), seconds=180, what="the second stack")
    with second.client("only-here") as client:
        assert client.http.get("/tasks").status_code == 200
        assert httpx.get(f"{first.url}/api/v1/public/tasks", headers=client.http.headers).status_code == 401
    process.send_signal(signal.SIGINT)
    assert process.wait(90) == 130
    assert second.processes() == []
    assert first.is_ready()


def test_up_recovers_the_data_after_supervisor_and_services_are_killed(first: Stack) -> None:
    with first.client("kept") as client:
        headers = client.http.headers
    supervisor = processes.supervisor(first.home)
    assert supervisor is not None
    left = [process for process in first.processes() if process != supervisor]
    supervisor.kill()
    # Half of the services die, too; the others continue as orphans, which the next `up` must find.
    kill_all(left[::2])
    assert first.run("status", check=False).returncode == 3
    first.up()
    assert not [process for process in left if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert httpx.get(f"{first.url}/api/v1/public/tasks", headers=headers).status_code == 200


def test_down_leaves_nothing_behind(first: Stack) -> None:
    first.down()
    assert first.processes() == []
    assert first.run("status", check=False).returncode == 3
    assert "Nothing was running" in first.run("down").stdout
