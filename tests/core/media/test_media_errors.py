"""Every error of PyAV and of ffmpeg is one of ours."""

import signal
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import pytest

from content_pipeline.core.errors import Error, MediaUnusable, NotMedia
from content_pipeline.core.media import media_errors, picture_decoding, sample_decoding, source_streams, untrusted
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.reels.client_background import FORMATS
from tests.media import corpus, hostile, mutations, samples

pytestmark = pytest.mark.slow

FILES = 80

_DECODER = "[dec:libdav1d @ 0x55] Error submitting packet to decoder"
_DAMAGED = "Invalid data found when processing input"
_NO_MEMORY = "Cannot allocate memory"
_GIVEN_UP = "[dec:libdav1d @ 0x55] Decode error rate 0.96 exceeds maximum 0.666667"


def test_broken_files_of_every_format_end_with_an_error_of_ours(tmp_path: Path) -> None:
    files = mutations.originals(tmp_path)
    random = Random(7)
    codes = set()
    for _ in range(FILES):
        _, data = mutations.mutated(random, files)
        (tmp_path / "broken").write_bytes(data)
        for read in probe, source_streams.examine, lambda path: list(sample_decoding.mono(path, 16_000)):
            try:
                read(tmp_path / "broken")
            except (Error, MemoryError) as error:
                codes.add(getattr(error, "code", "memory"))
    assert {"media_unreadable", "not_media"} <= codes


def test_broken_pictures_of_every_format_end_with_an_error_of_ours(tmp_path: Path) -> None:
    taken = [sample for sample in corpus.BACKGROUNDS if sample.result.startswith("picture")]
    files = [sample.make(tmp_path / sample.name) for sample in taken]
    random = Random(7)
    codes = set()
    for _ in range(FILES):
        _, data = mutations.mutated(random, files)
        (tmp_path / "broken").write_bytes(data)
        for read in picture_decoding.size, partial(picture_decoding.fitted, width=64, height=64):
            try:
                read(tmp_path / "broken", FORMATS)
            except (Error, MemoryError) as error:
                codes.add(getattr(error, "code", "memory"))
    assert {"picture_unreadable", "not_picture"} <= codes


@pytest.mark.parametrize("length", [200, 9_000])
def test_less_than_a_tenth_of_a_second_is_refused(tmp_path: Path, length: int) -> None:
    path = hostile.wav(tmp_path / "a.wav", claimed_bytes=length, real_bytes=length)
    with pytest.raises(Error) as raised:
        untrusted.probe(path)
    assert (raised.value.code, raised.value.status) == ("media_too_short", 400)


@pytest.mark.parametrize("name", ["a.flv", "a.ts"])
def test_cut_recordings_of_streams_are_read_as_far_as_they_go(tmp_path: Path, name: str) -> None:
    whole = samples.video(tmp_path / name, size="64x64", seconds=2)
    assert 0.3 < probe(samples.cut(whole, tmp_path / "half", 0.5)).seconds < 1.7
    with suppress(MediaUnusable, NotMedia):
        probe(samples.cut(whole, tmp_path / "head", 0.02))


@pytest.mark.parametrize(
    ("status", "line", "code"),
    [
        (1, f"source: {_DAMAGED}", "media_unreadable"),
        (1, "Stream map '' matches no streams.", "media_unreadable"),
        (1, "Decoding requested, but no decoder found for: none", "media_unsupported"),
        (1, f"{_DECODER}: Not yet implemented in FFmpeg, patches welcome\n{_GIVEN_UP}", "media_unsupported"),
        (1, "Not yet implemented in FFmpeg, patches welcome\nNo such filter: 'ass'", "ffmpeg_failed"),
        (1, "[in#0/flv @ 0x55] Task finished with error code: -1 (Operation not permitted)", "media_unreadable"),
        (1, "av_interleaved_write_frame(): No space left on device", "disk_full"),
        (1, "x264 [error]: malloc of size 1234 failed", "out_of_memory"),
        (1, f"{_DECODER}: {_DAMAGED}\n{_DECODER}: {_NO_MEMORY}\n{_GIVEN_UP}", "media_unreadable"),
        (1, f"{_DECODER}: {_NO_MEMORY}\n{_GIVEN_UP}", "out_of_memory"),
        (-signal.SIGKILL, "", "out_of_memory"),
        (1, "No such filter: 'ass'", "ffmpeg_failed"),
    ],
)
def test_what_ffmpeg_says_decides_whose_fault_it_is(status: int, line: str, code: str) -> None:
    error = media_errors.ffmpeg_error(status, [line])
    assert (error.code, line in error.__notes__[0]) == (code, True)
