"""Media that would exhaust a host: refused from the header, or ended by the limits of the process that reads it."""

import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
import structlog
from PIL import Image
from structlog.testing import capture_logs

from content_pipeline.core.errors import Error, InternalError, MediaUnusable, NotMedia
from content_pipeline.core.infrastructure.processes.fork_server import ForkServer
from content_pipeline.core.media import audio_decoding, audio_mastering, untrusted
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.reels import client_background
from content_pipeline.core.publishing import post_files
from tests.media import containers, hostile, samples
from tests.peak_memory import peak_growth

pytestmark = pytest.mark.slow

Make = Callable[[Path], Path]


def _error(act: Callable[[], object]) -> Error:
    with pytest.raises((MediaUnusable, NotMedia)) as raised:
        act()
    return raised.value


# Raised by PyAV and Pillow of odd files, beside what they document.
_UNDOCUMENTED = ["RuntimeError", "NotImplementedError", "AssertionError", "TypeError", "SystemError"]
_DAMAGED_PICTURE = {"TypeError"}


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules for a new fork server; `sitecustomize.py` runs when it starts."""
    modules = tmp_path / "modules"
    modules.mkdir()
    monkeypatch.syspath_prepend(modules)
    server = ForkServer("content_pipeline.core.media.untrusted_process")
    monkeypatch.setattr(untrusted, "READER", server)
    yield modules
    server.close()


def _make_reading_fail(reader: Path, error: str) -> None:
    """PyAV and Pillow raise `error` in the processes that read files."""
    (reader / "sitecustomize.py").write_text(
        "import av\nfrom PIL import Image\n"
        f"def fail(*_, **__): raise {error}('no reason to be found')\n"
        "av.open = Image.open = fail\n"
    )


def _refusal(act: Callable[[], object]) -> str:
    return _error(act).code


@pytest.mark.parametrize(
    ("name", "make", "code", "found", "possible"),
    [
        ("a.flac", hostile.slow_flac, "media_sample_rate", "1 Hz", "4,000 to 384,000 Hz"),
        ("a.wav", lambda path: hostile.wav(path, rate=1_000_000), "media_sample_rate", "1,000,000 Hz", "384,000 Hz"),
        ("a.mov", hostile.large_video, "media_too_many_pixels", "8000 × 8000", "40 million"),
        ("a.mka", lambda path: hostile.many_streams(path, 65), "media_too_many_streams", "65 streams", "64"),
        ("a.mp4", hostile.fast_video, "media_frame_rate", "1,000,000 frames a second", "1,000"),
        ("a.mkv", lambda path: hostile.long_gap(path, seconds=100_000), "media_too_long", "27.8 hours", "24 hours"),
        ("b.wav", lambda path: hostile.wav(path, channels=64), "media_too_many_channels", "64 channels", "32"),
    ],
)
def test_what_no_camera_or_studio_makes_is_refused_from_its_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, make: Make, code: str, found: str, possible: str
) -> None:
    path = make(tmp_path / name)
    errors: list[Error] = []
    assert peak_growth(lambda: errors.append(_error(lambda: untrusted.probe(path)))) < 20_000_000
    assert errors[0].code == code
    assert found in errors[0].detail
    assert possible in errors[0].detail
    monkeypatch.setattr("content_pipeline.core.media.probe.packets", None)  # nothing is read after the header
    assert _refusal(lambda: probe(path)) == code


def test_pixels_that_are_declared_wide_count_as_they_are_shown(tmp_path: Path) -> None:
    path = hostile.wide_pixels(tmp_path / "a.mp4")
    assert _refusal(lambda: untrusted.probe(path)) == "media_too_many_pixels"


def test_an_orientation_of_another_type_turns_nothing(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    as_bytes = exif.tobytes().replace(b"\x01\x12\0\x03", b"\x01\x12\0\x07")  # the type after the tag
    Image.new("RGB", (20, 10)).save(tmp_path / "a.jpg", exif=as_bytes)
    assert untrusted.picture_size(tmp_path / "a.jpg", ["JPEG"]) == (20, 10)


@pytest.mark.parametrize(
    ("name", "make", "code"),
    [
        ("a.mov", hostile.lying_video, "media_too_many_pixels"),
        ("a.wav", lambda path: hostile.wav(path, rate=0), "media_unreadable"),
    ],
)
def test_a_header_that_lies_does_not_help(tmp_path: Path, name: str, make: Make, code: str) -> None:
    path = make(tmp_path / name)
    codes: list[str] = []
    assert peak_growth(lambda: codes.append(_refusal(lambda: untrusted.probe(path)))) < 20_000_000
    assert codes == [code]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.mp4", lambda path: samples.video(path, seconds=1)),
        ("a.webm", lambda path: samples.video(path, "-deadline", "realtime", "-cpu-used", "8", seconds=1)),
        ("a.mka", lambda path: hostile.many_streams(path, 64)),
        ("a.wav", lambda path: hostile.wav(path, rate=384_000, channels=24, claimed_bytes=2**21, real_bytes=2**21)),
        ("b.wav", lambda path: hostile.wav(path, rate=4_000, claimed_bytes=2**32 - 1)),
        ("a.mov", lambda path: hostile.large_video(path, size="8000x5000")),
    ],
)
def test_what_is_within_the_limits_is_probed_as_before(tmp_path: Path, name: str, make: Make) -> None:
    path = make(tmp_path / name)
    assert untrusted.probe(path) == probe(path)


def test_a_file_without_a_name_is_probed(tmp_path: Path) -> None:
    with samples.SPEECH.open("rb") as stream:
        assert untrusted.probe(Path(f"/dev/fd/{stream.fileno()}")) == probe(samples.SPEECH)


def test_what_takes_too_much_memory_ends_its_process_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hostile.large_video(tmp_path / "a.mov", size="5000x5000")
    assert peak_growth(lambda: untrusted.probe(path)) < 20_000_000
    monkeypatch.setattr(untrusted, "MEMORY_BYTES", 220 << 20)
    assert _refusal(lambda: untrusted.probe(path)) == "media_too_complex"


def test_what_takes_too_long_is_ended(reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (reader / "sitecustomize.py").write_text("import time, av\nav.open = lambda *_, **__: time.sleep(600)\n")
    monkeypatch.setattr(untrusted, "ANSWER_SECONDS", 0.01)
    with structlog.testing.capture_logs() as logs:
        assert _refusal(lambda: untrusted.probe(samples.SPEECH)) == "media_too_complex"
    assert [line["signal"] for line in logs] == ["SIGKILL"]


def test_a_crash_of_a_decoder_is_an_error_of_the_file_and_logged(reader: Path) -> None:
    (reader / "sitecustomize.py").write_text(
        "import os, signal, av\ndef crash(*_, **__): os.kill(os.getpid(), signal.SIGSEGV)\nav.open = crash\n"
    )
    with structlog.testing.capture_logs() as logs:
        assert _refusal(lambda: untrusted.probe(samples.SPEECH)) == "media_too_complex"
    assert [line["signal"] for line in logs] == ["SIGSEGV"]


@pytest.mark.parametrize("error", _UNDOCUMENTED)
def test_what_reading_raises_without_a_reason_is_told_of_the_file_and_logged(reader: Path, error: str) -> None:
    _make_reading_fail(reader, error)
    with capture_logs() as logs:
        assert _refusal(lambda: untrusted.probe(samples.SPEECH)) == "media_unreadable"
        refused = _refusal(lambda: untrusted.picture_size(samples.SPEECH, ["JPEG"]))
        assert refused == ("picture_unreadable" if error in _DAMAGED_PICTURE else "media_unreadable")
        with pytest.raises(MediaUnusable), untrusted.sound(samples.SPEECH, rate=16_000, channels=1) as stream:
            stream.read()
    assert {entry["event"] for entry in logs} == {"media_reader_failed"}
    assert len(logs) == (2 if error in _DAMAGED_PICTURE else 3)
    assert all("Traceback" in entry["output"] and "no reason to be found" in entry["output"] for entry in logs)


def test_a_broken_installation_is_not_told_of_the_file(reader: Path) -> None:
    _make_reading_fail(reader, "ImportError")
    with pytest.raises(InternalError, match="could not be examined"):
        untrusted.probe(samples.SPEECH)


def test_a_thread_that_has_no_memory_is_a_limit(reader: Path) -> None:
    (reader / "sitecustomize.py").write_text(
        'import av\ndef fail(*_, **__): raise RuntimeError("can\'t start new thread")\nav.open = fail\n'
    )
    with capture_logs() as logs:
        assert _refusal(lambda: untrusted.probe(samples.SPEECH)) == "media_too_complex"
    assert not logs


@pytest.mark.parametrize("mistake", ["del av.open", "from content_pipeline.core.media import probe; del probe.limits"])
def test_a_mistake_of_our_own_is_not_told_of_the_file(reader: Path, mistake: str) -> None:
    (reader / "sitecustomize.py").write_text(f"import av\n{mistake}\n")
    with pytest.raises(InternalError, match="could not be examined"):
        untrusted.probe(samples.SPEECH)


@pytest.mark.parametrize("options", [(), ("-vn",)])
def test_copy_protection_is_told(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = containers.encrypted(tmp_path / "a.mp4", *options)
    assert _refusal(lambda: untrusted.probe(path)) == "media_encrypted"


def test_a_codec_that_nobody_knows_is_not_damage(tmp_path: Path) -> None:
    assert _refusal(lambda: untrusted.probe(containers.unknown_sound(tmp_path / "a.mov"))) == "media_unsupported"


def test_the_process_that_reads_knows_no_secrets(monkeypatch: pytest.MonkeyPatch, reader: Path) -> None:
    monkeypatch.setenv("CONTENT_PIPELINE_S3_SECRET_KEY", "a secret")
    environment = reader / "environment"
    (reader / "sitecustomize.py").write_text(
        f"from pathlib import Path\nPath({str(environment)!r}).write_bytes(Path('/proc/self/environ').read_bytes())\n"
    )
    untrusted.probe(samples.SPEECH)
    assert str(reader) in environment.read_text()
    assert "a secret" not in environment.read_text()


@pytest.mark.parametrize("make", [hostile.slow_flac, hostile.lying_flac])
def test_music_of_a_few_bytes_and_hours_is_refused(tmp_path: Path, make: Make) -> None:
    music = make(tmp_path / "music.flac")
    narration = np.ones(48_000, np.float32)
    act = lambda: audio_mastering.mix(narration, 48_000, seconds=1, music=music)  # noqa: E731
    assert _refusal(act) == "media_sample_rate"
    assert peak_growth(lambda: _refusal(act)) < 50_000_000


def test_speech_of_a_few_bytes_and_hours_is_refused(tmp_path: Path) -> None:
    path = hostile.lying_flac(tmp_path / "a.flac")
    assert peak_growth(lambda: _refusal(lambda: list(audio_decoding.pcm_chunks(path)))) < 50_000_000


def test_timestamps_cannot_make_a_recording_longer_than_it_may_be(tmp_path: Path) -> None:
    path = hostile.long_gap(tmp_path / "a.mka", seconds=3_000)
    assert untrusted.probe(path).seconds == pytest.approx(3_002, abs=1)
    heard = sum(map(len, audio_decoding.pcm_chunks(path, seconds=400)))
    assert heard == 400 * audio_decoding.SAMPLE_RATE


def test_an_animation_with_a_huge_canvas_is_refused(tmp_path: Path) -> None:
    path = hostile.huge_webp(tmp_path / "a.webp")
    code = _refusal(lambda: client_background.inspect(path))
    assert code in {"picture_too_large", "media_too_complex", "picture_unreadable"}


@pytest.mark.parametrize("inspect", [client_background.inspect, post_files.inspect_picture])
@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_picture_of_too_many_pixels_is_refused(tmp_path: Path, inspect: Make, name: str) -> None:
    path = hostile.large_picture(tmp_path / name)
    errors: list[Error] = []
    assert peak_growth(lambda: errors.append(_error(lambda: inspect(path)))) < 20_000_000
    assert errors[0].code == "picture_too_large"
    assert "8000 × 8000 pixels; at most 40 million" in errors[0].detail


def test_a_video_has_a_small_picture_of_its_first_frame_and_sound_has_none(tmp_path: Path) -> None:
    path = samples.video(tmp_path / "a.mp4", size="640x360", seconds=1)
    assert Image.open(io.BytesIO(untrusted.thumbnail(path))).size == (320, 180)
    assert untrusted.thumbnail(samples.SPEECH) == b""


def test_a_picture_is_fitted_and_turned_as_it_is_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken sideways
    flag = Image.new("RGB", (400, 200), "red")
    flag.paste("blue", (200, 0, 400, 200))
    flag.save(tmp_path / "a.png", exif=exif)
    assert untrusted.picture_size(tmp_path / "a.png", ["PNG"]) == (200, 400)
    shown = untrusted.picture(tmp_path / "a.png", ["PNG"], (100, 200))
    assert (shown.getpixel((50, 20)), shown.getpixel((50, 180))) == ((255, 0, 0), (0, 0, 255))


def test_files_of_one_workspace_that_take_long_leave_room_for_those_of_others(tmp_path: Path) -> None:
    one, other = uuid4(), uuid4()
    paths = [tmp_path / f"{number}.wav" for number in range(4)]
    for path in paths:
        os.mkfifo(path)
    with ThreadPoolExecutor(5) as pool:
        held = [pool.submit(untrusted.probe, path, one) for path in paths]
        try:
            assert pool.submit(untrusted.probe, samples.SPEECH, other).result(30).has_audio
            assert not any(each.done() for each in held)
        finally:
            # All are written at once: opening one waits for its reader, which may wait for a slot that the reader of
            # another one holds.
            with ThreadPoolExecutor(len(paths)) as writers:
                list(writers.map(lambda path: path.write_bytes(b"no sound"), paths))
    assert {type(each.exception()) for each in held} == {NotMedia}
