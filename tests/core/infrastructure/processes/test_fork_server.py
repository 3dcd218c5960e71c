"""A fork server: children with limits of their own, and an end with its client, when idle, and after a failure."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil
import pytest
from structlog.testing import capture_logs

from content_pipeline.core.infrastructure.processes import fork_server
from content_pipeline.core.infrastructure.processes.fork_server import ForkedProcess, ForkServer
from tests.polling import until, until_ended

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="media are read in forked processes on Linux only")

LIMIT = 256 << 20

# A server whose children do what their first argument says.
_PROGRAM = """
import os, signal, subprocess, sys, time
from pathlib import Path
from content_pipeline.core.infrastructure.processes import fork_server

if Path(__file__).with_name("broken").exists():
    raise ImportError("broken")
fork_server.IDLE_SECONDS = float(Path(__file__).with_name("idle").read_text())


def run(arguments):
    match arguments:
        case ["echo", word]:
            sys.stdout.write(word + sys.stdin.read())
            sys.stdout.flush()
            sys.stderr.write("said")
            sys.stderr.flush()
        case ["parent", word]:
            sys.stdout.write(word + str(os.getppid()))
            sys.stdout.flush()
        case ["fail"]:
            raise MemoryError
        case ["start"]:
            sleeping = subprocess.Popen(["/bin/sleep", "600"])
            sys.stdout.write(f"{sleeping.pid}\\n")
            sys.stdout.flush()
            sleeping.wait()
        case ["signal"]:
            os.kill(os.getpid(), signal.SIGSEGV)
        case ["wait"]:
            sys.stdout.write(f"{os.getpid()} {os.getppid()}\\n")
            sys.stdout.flush()
            time.sleep(600)
        case ["descriptors"]:
            sys.stdout.write(" ".join(sorted(os.listdir("/proc/self/fd"))))
            sys.stdout.flush()
        case ["limits"]:
            sys.stdout.write(Path("/proc/self/limits").read_text())
            sys.stdout.write(Path("/proc/self/oom_score_adj").read_text())
            sys.stdout.write(str(os.getpriority(os.PRIO_PROCESS, 0)))
            sys.stdout.flush()
    return 7


if __name__ == "__main__":
    fork_server.serve(run)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "forking.py").write_text(_PROGRAM)
    (tmp_path / "idle").write_text("600")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[ForkServer]:
    server = ForkServer("forking")
    yield server
    server.close()


@contextmanager
def _forked(server: ForkServer, *arguments: str) -> Iterator[tuple[ForkedProcess, IO[bytes]]]:
    """A process, and the file of its standard error."""
    with (
        tempfile.TemporaryFile() as said,
        Path(os.devnull).open("rb") as nothing,
        server.fork(*arguments, memory=LIMIT, stdin=nothing, stderr=said) as process,
    ):
        yield process, said


@contextmanager
def _waiting(server: ForkServer) -> Iterator[tuple[ForkedProcess, psutil.Process, psutil.Process]]:
    """A process that waits; it and its server as the system sees them."""
    with _forked(server, "wait") as (process, _):
        child, parent = map(int, process.stdout.readline().split())
        yield process, psutil.Process(child), psutil.Process(parent)


def _run(server: ForkServer, *arguments: str) -> tuple[str, int, str]:
    """Standard output, exit status and standard error."""
    with _forked(server, *arguments) as (process, said):
        output, status = process.stdout.read().decode(), process.wait()
        said.seek(0)
        return output, status, said.read().decode()


def test_a_child_has_the_streams_it_was_given_and_its_status_is_told(server: ForkServer, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(" world")
    with path.open("rb") as file, tempfile.TemporaryFile() as said:
        with server.fork("echo", "hello", memory=LIMIT, stdin=file, stderr=said) as process:
            assert (process.stdout.read(), process.wait()) == (b"hello world", 7)
        said.seek(0)
        assert said.read() == b"said"


def test_threads_get_their_own_answers_from_one_server(server: ForkServer) -> None:
    words = [f"word {number} of server " for number in range(50)]
    with _waiting(server) as (_, _, parent), ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda word: _run(server, "parent", word), words))
        assert answers == [(f"{word}{parent.pid}", 7, "") for word in words]


def test_an_exception_ends_a_child_as_it_ends_every_program(server: ForkServer) -> None:
    output, status, said = _run(server, "fail")
    assert (output, status) == ("", 1)
    assert said.startswith("Traceback")
    assert said.splitlines()[-1] == "MemoryError"


def test_a_signal_that_ended_a_child_is_told(server: ForkServer) -> None:
    assert _run(server, "signal") == ("", -signal.SIGSEGV, "")


@pytest.mark.slow
def test_a_server_ends_after_a_crash_and_not_after_a_limit(server: ForkServer) -> None:
    """Children of one server have the same layout of addresses, of which each crash tells something."""
    with _waiting(server) as (process, _, parent):
        process.kill()
        process.wait()
    assert _run(server, "parent", "")[0] == str(parent.pid)
    _run(server, "signal")
    until(lambda: not parent.is_running(), seconds=30, what="the end of the server")
    assert _run(server, "parent", "")[0] != str(parent.pid)


@pytest.mark.slow
def test_the_children_of_a_server_that_does_not_answer_are_killed_with_it(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fork_server, "KILL_SECONDS", 0.1)
    with _waiting(server) as (process, child, parent), capture_logs() as logs:
        parent.suspend()
        process.kill()
        assert process.stdout.read() == b""
        assert process.wait() == 1
        until_ended(child)
        until(lambda: logs, seconds=30, what="a line of the log")
    assert [(line["event"], line["status"]) for line in logs] == [("fork_server_failed", -signal.SIGKILL)]
    assert _run(server, "echo", "again")[0] == "again"


def test_what_a_child_has_started_is_killed_with_it(server: ForkServer) -> None:
    with _forked(server, "start") as (process, _):
        grandchild = psutil.Process(int(process.stdout.readline()))
    until_ended(grandchild)


def test_a_child_has_its_limits(server: ForkServer) -> None:
    limits, score, niceness = _run(server, "limits")[0].rsplit("\n", 2)
    (address_space,) = (line.split()[3:5] for line in limits.splitlines() if line.startswith("Max address space"))
    assert address_space == [str(LIMIT)] * 2
    assert score == "1000"
    assert int(niceness) == min(os.getpriority(os.PRIO_PROCESS, 0) + 5, 19)


def test_a_child_has_no_descriptor_of_the_server_or_of_another_request(server: ForkServer) -> None:
    with _waiting(server):
        assert _run(server, "descriptors")[0] == "0 1 2 3"  # the last one lists them


def test_a_child_is_gone_when_its_block_exits(server: ForkServer) -> None:
    with _waiting(server) as (_, child, _):
        assert child.is_running()
    assert not child.is_running()


def test_a_child_that_was_killed_says_so(server: ForkServer) -> None:
    with _waiting(server) as (process, _, _):
        process.kill()
        assert process.wait() == -signal.SIGKILL
        process.kill()  # does nothing


@pytest.mark.slow
def test_a_child_may_end_while_it_is_killed(server: ForkServer) -> None:
    def kill_at_the_end(_: int) -> int:
        with _forked(server, "echo", "") as (process, _):
            process.stdout.read()  # ends with the child
            process.kill()
            return process.wait()

    with _waiting(server) as (_, _, parent), ThreadPoolExecutor(8) as pool:
        assert set(pool.map(kill_at_the_end, range(200))) <= {7, -signal.SIGKILL}
        assert _run(server, "parent", "")[0] == str(parent.pid)


@pytest.mark.slow
def test_a_server_ends_when_nobody_asks_and_starts_again(server: ForkServer, folder: Path) -> None:
    (folder / "idle").write_text("0.1")
    with _waiting(server) as (_, _, parent):
        pass
    until(lambda: not parent.is_running(), seconds=30, what="the end of the server, which is no zombie")
    assert _run(server, "echo", "again")[0] == "again"


@pytest.mark.slow
def test_a_request_that_comes_when_its_server_ends_is_answered(server: ForkServer, folder: Path) -> None:
    (folder / "idle").write_text("0")
    parents = set()
    for _ in range(1_000):  # on busy cores a request often comes before the server has found that there is none
        parent, status, said = _run(server, "parent", "")
        assert (status, said) == (7, "")
        parents.add(parent)
        if len(parents) == 10:
            return
    pytest.fail("hardly a server has ended")


@pytest.mark.slow
def test_a_server_and_its_children_end_with_the_process_that_started_it(folder: Path) -> None:
    program = (
        "import sys\n"
        "from content_pipeline.core.infrastructure.processes.fork_server import ForkServer\n"
        f"with ForkServer('forking').fork('wait', memory={LIMIT}, stdin=sys.stdin, stderr=sys.stderr) as process:\n"
        "    print(process.stdout.readline().decode(), flush=True)\n"
        "    process.wait()\n"
    )
    command = [sys.executable, "-c", program]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as client:
        assert client.stdout
        processes = [psutil.Process(int(word)) for word in client.stdout.readline().split()]
        client.kill()
    until_ended(*processes)


@pytest.mark.slow
def test_a_server_that_is_killed_takes_its_children_along_and_another_one_starts(server: ForkServer) -> None:
    with _waiting(server) as (process, child, parent):
        parent.kill()
        assert process.wait() == 1
        until_ended(child, parent)
    assert _run(server, "echo", "again")[0] == "again"


@pytest.mark.slow
def test_a_server_that_cannot_start_fails_each_request_until_it_can(
    server: ForkServer, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken").touch()
    assert [_run(server, "echo", "a") for _ in range(2)] == [("", 1, "")] * 2
    assert "ImportError: broken" in capfd.readouterr().err  # for the log
    (folder / "broken").unlink()
    assert _run(server, "echo", "again")[0] == "again"
