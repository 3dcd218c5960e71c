"""Running ffmpeg: progress, cancellation and errors."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import repeat
from pathlib import Path

import av
import ffmpeg
import psutil
import pytest

from content_pipeline.core.errors import Error, InternalError, MediaUnusable, OutOfMemory, Unavailable
from content_pipeline.core.media import ffmpeg as runner
from content_pipeline.core.settings import settings
from tests.media import samples

pytestmark = pytest.mark.slow

ENDLESS = """
import sys
from pathlib import Path
import ffmpeg
from content_pipeline.core.media import ffmpeg as runner

endless = ffmpeg.input("testsrc2=size=640x360:rate=30", format="lavfi", re=None).output("a.mp4")
runner.run(endless, folder=Path(sys.argv[1]), seconds=60, on_progress=lambda share: print(share, flush=True))
"""


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Configures the ffmpeg binary."""

    def configure(binary: str) -> None:
        monkeypatch.setenv("CONTENT_PIPELINE_FFMPEG", binary)
        settings.cache_clear()

    yield configure
    monkeypatch.undo()
    settings.cache_clear()


def _picture(seconds: float = 2, **options: object) -> ffmpeg.nodes.FilterableStream:
    return ffmpeg.input(f"testsrc2=size=320x180:rate=30:duration={seconds}", format="lavfi", **options)


def _run(output: ffmpeg.nodes.OutputStream, folder: Path, seconds: float = 2) -> list[float]:
    shares: list[float] = []
    runner.run(output, folder=folder, seconds=seconds, on_progress=shares.append)
    return shares


def _children_in(folder: Path) -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if child.cwd() == str(folder)]


def test_names_are_those_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a 'folder': with, [marks]"
    folder.mkdir()
    _run(_picture().output("a.mp4"), folder)
    assert (folder / "a.mp4").stat().st_size > 0


def test_progress_rises_to_the_whole_while_it_works(tmp_path: Path) -> None:
    shares = _run(_picture(3, re=None).output("a.mp4"), tmp_path, seconds=3)
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert 0 <= shares[0] < 0.7
    assert shares[-1] > 0.95


def test_a_failure_is_a_sentence_with_what_ffmpeg_said_beside_it(tmp_path: Path) -> None:
    with pytest.raises(InternalError) as raised:
        _run(runner.untrusted_input("missing.mp4").output("a.mp4"), tmp_path)
    assert raised.value.code == "ffmpeg_failed"
    assert "No such file" not in str(raised.value.to_dict())
    assert "No such file" in raised.value.__notes__[0]


def test_much_to_complain_about_does_not_block_it(tmp_path: Path) -> None:
    noise = samples.audio(tmp_path / "a.aac", samples.TONE, "-bsf:a", "noise=amount=8", seconds=120)
    with pytest.raises(MediaUnusable) as raised:
        _run(runner.untrusted_input(noise.name).output("b.wav"), tmp_path, seconds=120)
    assert "Decode error rate" in raised.value.__notes__[0]


def test_a_playlist_is_not_followed(tmp_path: Path) -> None:
    part = samples.audio(tmp_path / "part.ts")
    (tmp_path / "list").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{part}\n#EXT-X-ENDLIST\n")
    with pytest.raises(MediaUnusable):
        _run(runner.untrusted_input("list").output("a.wav"), tmp_path)
    assert not (tmp_path / "a.wav").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as raised:
        _run(_picture().output("/dev/full", format="mpegts"), tmp_path)
    assert raised.value.code == "disk_full"


def test_what_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BASE_TIME_LIMIT_SECONDS", 0.5)
    with pytest.raises(InternalError) as raised:
        _run(_picture(600, re=None).output("a.mp4"), tmp_path, seconds=0.001)
    assert raised.value.code == "ffmpeg_too_slow"
    assert not raised.value.retryable
    assert not _children_in(tmp_path)


@pytest.mark.parametrize("missing", ["/nowhere/ffmpeg"])
def test_a_missing_ffmpeg_is_named(tmp_path: Path, configured: Callable[[str], None], missing: str) -> None:
    configured(missing)
    with pytest.raises(Unavailable) as raised:
        _run(_picture().output("a.mp4"), tmp_path)
    assert raised.value.code == "ffmpeg_missing"


def test_another_ffmpeg_can_be_configured(tmp_path: Path, configured: Callable[[str], None]) -> None:
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho I am another one\nexit 1\n")
    other.chmod(0o755)
    configured(str(other))
    with pytest.raises(InternalError) as raised:
        _run(_picture().output("a.mp4"), tmp_path)
    assert "I am another one" in raised.value.__notes__[0]


@pytest.mark.parametrize("is_piped", [False, True])
def test_ffmpeg_knows_no_secrets(
    tmp_path: Path, configured: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, is_piped: bool
) -> None:
    monkeypatch.setenv("CONTENT_PIPELINE_S3_SECRET_KEY", "a secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MALLOC_ARENA_MAX", "2")
    seen = tmp_path / "environment"
    other = tmp_path / "other"
    other.write_text(f"#!/bin/sh\nenv > {seen}\nexit 1\n")
    other.chmod(0o755)
    configured(str(other))
    piped = partial(runner.run_piped, _piped(), [])
    watched = partial(runner.run, _picture().output("a.mp4"), on_progress=lambda share: None)
    with pytest.raises(InternalError):
        (piped if is_piped else watched)(folder=tmp_path, seconds=1)
    known = seen.read_text()
    assert "a secret" not in known
    assert {"MALLOC_ARENA_MAX=2", f"HOME={tmp_path}"} <= set(known.splitlines())


def test_an_interrupt_ends_ffmpeg_before_it_goes_on(tmp_path: Path) -> None:
    def interrupt(_: float) -> None:
        assert _children_in(tmp_path)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        runner.run(_picture(600, re=None).output("a.mp4"), folder=tmp_path, seconds=600, on_progress=interrupt)
    assert not _children_in(tmp_path)


def _piped(name: str = "a.mkv") -> ffmpeg.nodes.OutputStream:
    raw = ffmpeg.input("pipe:0", format="rawvideo", pix_fmt="gray", video_size=(64, 48), framerate=30)
    return raw.output(name, vcodec="ffv1")


def test_pictures_can_come_from_here(tmp_path: Path) -> None:
    pictures = [bytes([number]) * (64 * 48) for number in range(40)]
    runner.run_piped(_piped(), pictures, folder=tmp_path, seconds=40 / 30)
    with av.open(str(tmp_path / "a.mkv")) as container:
        shown = [int(frame.to_ndarray(format="gray").mean()) for frame in container.decode(video=0)]
    assert shown == list(range(40))


def test_a_failure_ends_the_making_of_pictures(tmp_path: Path) -> None:
    with pytest.raises(InternalError) as raised:
        runner.run_piped(_piped("missing/a.mkv"), repeat(bytes(64 * 48)), folder=tmp_path, seconds=1)
    assert "No such file" in raised.value.__notes__[0]


def test_an_error_in_the_making_of_pictures_ends_ffmpeg(tmp_path: Path) -> None:
    def pictures() -> Iterator[bytes]:
        yield bytes(64 * 48)
        assert _children_in(tmp_path)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        runner.run_piped(_piped(), pictures(), folder=tmp_path, seconds=1)
    assert not _children_in(tmp_path)


def test_an_error_of_the_listener_ends_ffmpeg(tmp_path: Path) -> None:
    def fail(_: float) -> None:
        raise Error("somebody else has this work now")

    with pytest.raises(Error, match="somebody else"):
        runner.run(_picture(600, re=None).output("a.mp4"), folder=tmp_path, seconds=600, on_progress=fail)
    assert not _children_in(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_what_takes_too_much_memory_is_named_and_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "worker_memory_mb", 300)
    large = ffmpeg.input("color=black:size=8000x4000:rate=1:duration=9", format="lavfi")
    with pytest.raises(OutOfMemory) as raised:
        _run(large.output("a.mp4", vcodec="libx264", preset="ultrafast"), tmp_path)
    assert not raised.value.retryable


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_ffmpeg_dies_with_a_worker_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ENDLESS, str(tmp_path)], stdout=subprocess.PIPE) as worker:
        assert worker.stdout
        worker.stdout.readline()  # ffmpeg is running
        children = psutil.Process(worker.pid).children(recursive=True)
        worker.kill()
    gone, alive = psutil.wait_procs(children, timeout=10)
    assert gone
    assert not alive
