"""Child processes with limits, on machines with few rights and on those with many cores."""

import os
import resource
import subprocess
import sys

import pytest

from content_pipeline.core.errors import InternalError
from content_pipeline.core.infrastructure.processes import child_process, exec_limited
from content_pipeline.core.media import ffmpeg, untrusted
from content_pipeline.core.media.probe import probe
from content_pipeline.core.settings import Settings
from tests.media import samples

LIMIT = 256 << 20


def _said(command: list[str]) -> str:
    with child_process.spawn(command, memory=LIMIT, variables={}) as process:
        assert process.stdout
        return process.stdout.read().decode().strip()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_a_child_has_its_limit_and_is_killed_before_its_parent() -> None:
    limits, score = _said(["/bin/cat", "/proc/self/limits", "/proc/self/oom_score_adj"]).rsplit("\n", 1)
    (address_space,) = (line.split()[3:5] for line in limits.splitlines() if line.startswith("Max address space"))
    assert address_space == [str(LIMIT)] * 2
    assert score == "1000"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_a_child_computes_when_its_parent_does_not() -> None:
    assert int(_said(["/usr/bin/nice"])) == min(os.getpriority(os.PRIO_PROCESS, 0) + 5, 19)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_a_lower_limit_of_the_system_stays() -> None:
    lower = LIMIT // 2
    program = (
        "import resource, subprocess, sys\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({lower}, {lower}))\n"
        "from content_pipeline.core.infrastructure.processes import child_process\n"
        f"with child_process.spawn(['/bin/sh', '-c', 'ulimit -v'], memory={LIMIT}, variables={{}}) as process:\n"
        "    print(process.stdout.read().decode())"
    )
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert int(said) == lower >> 10


@pytest.mark.parametrize("error", [ValueError("current limit exceeds maximum limit"), OSError("not permitted")])
def test_where_the_system_refuses_a_limit_the_command_runs_without_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(resource, "setrlimit", refuse)
    exec_limited.limit_memory(LIMIT)


def test_where_there_is_no_proc_the_command_runs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", missing)
    exec_limited.be_killed_first()


def test_media_are_read_where_there_are_no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process.sys, "platform", "darwin")
    assert untrusted.probe(samples.SPEECH) == probe(samples.SPEECH)


def test_threads_and_their_memory_do_not_grow_with_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert Settings().whisper_threads("interactive") == 8
    assert ffmpeg.THREADS <= 8
    shown = ffmpeg.untrusted_input("a.mp4").video
    command = ffmpeg.command_line(shown.output("b.mp4", vcodec="copy"))
    assert command[command.index("-threads") + 1] == command[command.index("-filter_complex_threads") + 1]
    assert command.index("-threads") < command.index("-i")


@pytest.mark.parametrize(
    ("command", "seconds", "said"), [("echo why >&2; exit 3", 60.0, "why\n"), ("exec sleep 60", 0.2, "")]
)
def test_a_command_that_fails_or_takes_too_long_raises_its_error_with_what_it_said(
    command: str, seconds: float, said: str
) -> None:
    error = InternalError("It failed.", remedy="Try again.")
    with pytest.raises(InternalError) as raised:
        child_process.run_to_end(["/bin/sh", "-c", command], memory=LIMIT, seconds=seconds, variables={}, error=error)
    assert raised.value is error
    assert error.__notes__ == [f"The process said:\n{said}"]
