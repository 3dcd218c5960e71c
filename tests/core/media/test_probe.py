"""Probing of media files."""

import os
from pathlib import Path

import pytest

from content_pipeline.core.errors import MediaUnusable, NotMedia
from content_pipeline.core.media.probe import probe
from tests.media import containers, heif_files, samples, timelines

pytestmark = pytest.mark.slow


def test_a_video_is_described_by_what_it_holds(tmp_path: Path) -> None:
    media = probe(samples.video(tmp_path / "a.mp4", size="320x180", rate="25", seconds=3))
    assert (media.width, media.height, media.frames_per_second) == (320, 180, 25.0)
    assert (media.video_codec, media.audio_codec, media.container) == ("h264", "aac", "mov")
    assert media.has_audio
    assert media.has_video
    assert media.seconds == pytest.approx(3, abs=0.1)
    assert media.bytes == (tmp_path / "a.mp4").stat().st_size


def test_a_file_without_a_name_can_be_probed(tmp_path: Path) -> None:
    path = samples.video(tmp_path / "a.mp4")
    with path.open("rb") as stream:
        expected = probe(path)
        path.unlink()
        assert probe(Path(f"/dev/fd/{stream.fileno()}")) == expected


def test_a_turned_video_is_as_wide_as_it_is_shown(tmp_path: Path) -> None:
    flat = samples.video(tmp_path / "flat.mp4", size="320x180")
    turned = samples.make(tmp_path / "turned.mp4", "-display_rotation", "90", "-i", str(flat), "-c", "copy")
    assert (probe(turned).width, probe(turned).height) == (180, 320)


def test_oblong_pixels_are_counted_as_square_ones(tmp_path: Path) -> None:
    media = probe(samples.video(tmp_path / "a.mp4", "-vf", "setsar=4/3", size="320x180"))
    assert (media.width, media.height) == (427, 180)


def test_odd_sizes_are_told_as_they_are(tmp_path: Path) -> None:
    media = probe(samples.video(tmp_path / "a.mkv", "-c:v", "ffv1", "-vf", "scale=321:181,setsar=1,format=yuv444p"))
    assert (media.width, media.height) == (321, 181)


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    media = probe(samples.video(tmp_path / "a.mp4", sound=False))
    assert media.has_video
    assert not media.has_audio


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", []),
        ("a.mp3", []),
        ("guessed.mp3", ["-q:a", "5", "-write_xing", "0"]),
        ("a.m4a", []),
        ("a.aac", []),
        ("a.ogg", []),
        ("a.opus", []),
        ("a.flac", []),
        ("a.ts", []),
    ],
)
def test_the_length_of_sound_is_right_in_every_format(tmp_path: Path, name: str, options: list[str]) -> None:
    noise = "anoisesrc=seed=1:duration={seconds}:amplitude=0.2,afade=out:st=5:d=5"  # its bit rate falls to nothing
    media = probe(samples.audio(tmp_path / name, noise, *options, seconds=20))
    assert media.has_audio
    assert not media.has_video
    assert media.seconds == pytest.approx(20, abs=0.15)


def test_a_recording_of_a_browser_has_a_length_though_it_names_none(tmp_path: Path) -> None:
    fast = ["-deadline", "realtime", "-cpu-used", "8", "-live", "1"]
    assert probe(samples.video(tmp_path / "a.webm", *fast, seconds=4)).seconds == pytest.approx(4, abs=0.1)


def test_a_stream_of_fragments_has_its_whole_length(tmp_path: Path) -> None:
    flags = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
    path = samples.video(tmp_path / "a.mp4", "-g", "25", "-movflags", flags, seconds=6)
    assert probe(path).seconds == pytest.approx(6, abs=0.15)


def test_a_gap_between_pictures_does_not_make_a_video_longer(tmp_path: Path) -> None:
    gap = ["-vf", "select='lt(t,2)+gt(t,17)'", "-fps_mode", "vfr"]
    assert probe(samples.video(tmp_path / "a.mp4", *gap, seconds=20)).seconds == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize(("pictures", "sound"), [(6, 2), (2, 6)])
def test_sound_and_pictures_may_differ_in_length(tmp_path: Path, pictures: int, sound: int) -> None:
    inputs = ["-f", "lavfi", "-i", f"testsrc2=s=64x64:d={pictures}", "-f", "lavfi", "-i", f"sine=d={sound}"]
    assert probe(samples.make(tmp_path / "a.mp4", *inputs)).seconds == pytest.approx(6, abs=0.1)


def test_a_cut_out_part_of_a_video_is_whole(tmp_path: Path) -> None:
    whole = samples.video(tmp_path / "whole.mp4", seconds=8)
    part = samples.make(tmp_path / "part.mp4", "-ss", "3.3", "-i", str(whole), "-c", "copy")
    assert probe(part).seconds == pytest.approx(4.7, abs=0.1)


def test_a_cover_picture_is_not_video(tmp_path: Path) -> None:
    media = probe(containers.with_cover(tmp_path / "a.mp3"))
    assert media.has_audio
    assert not media.has_video
    assert media.seconds == pytest.approx(3, abs=0.1)


def test_an_empty_file_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert _refusal(tmp_path / "a.mp4", NotMedia) == "empty_file"


@pytest.mark.parametrize(
    "content",
    [
        b"Dear reader, this is a letter.\n" * 400,
        bytes(100_000),
        b"%PDF-1.7\n" + os.urandom(20_000),
        b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n" * 20,
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    ],
    ids=["text", "zeros", "pdf", "subtitles", "sdp"],
)
def test_what_is_neither_sound_nor_video_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    assert _refusal(tmp_path / "a.mp4", NotMedia) == "not_media"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_a_picture_is_refused(tmp_path: Path, name: str) -> None:
    path = samples.make(tmp_path / name, "-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "1")
    assert _refusal(path, NotMedia) == "not_media"


def test_a_photo_of_a_phone_is_not_taken_for_a_video(tmp_path: Path) -> None:
    """FFmpeg calls the first of its tiles one."""
    assert _refusal(heif_files.photo(tmp_path / "a.heic"), NotMedia) == "heif_picture"


@pytest.mark.parametrize("name", ["a.m3u8", "a.mp4", "a.ffconcat"])
def test_a_playlist_of_local_files_is_refused(tmp_path: Path, name: str) -> None:
    part = samples.audio(tmp_path / "part.ts")
    lists = {
        "a.ffconcat": f"ffconcat version 1.0\nfile {part}\n",
        "a.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{part}\n#EXT-X-ENDLIST\n",
    }
    (tmp_path / name).write_text(lists.get(name, lists["a.m3u8"]))
    assert _refusal(tmp_path / name, NotMedia) == "not_media"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_cut_off_mp4_is_found_by_its_index(tmp_path: Path, share: float) -> None:
    whole = samples.video(tmp_path / "whole.mp4", "-movflags", "+faststart", seconds=8)
    assert _refusal(samples.cut(whole, tmp_path / "cut.mp4", share), MediaUnusable) == "media_truncated"


@pytest.mark.parametrize("share", [0.3, 0.99])
def test_a_cut_off_mp4_without_its_index_cannot_be_read(tmp_path: Path, share: float) -> None:
    whole = samples.video(tmp_path / "whole.mp4", seconds=8)
    assert _refusal(samples.cut(whole, tmp_path / "cut.mp4", share), MediaUnusable) == "media_unreadable"


def test_a_cut_off_matroska_file_is_found_by_its_length(tmp_path: Path) -> None:
    whole = samples.video(tmp_path / "whole.mkv", seconds=12)
    assert _refusal(samples.cut(whole, tmp_path / "cut.mkv", 0.5), MediaUnusable) == "media_truncated"


@pytest.mark.parametrize("flags", ["+faststart", "0"])
def test_an_mp4_that_claims_ten_hours_and_holds_seconds_is_refused(tmp_path: Path, flags: str) -> None:
    honest = samples.video(tmp_path / "honest.mp4", "-movflags", flags)
    assert _refusal(samples.claiming(honest, tmp_path / "lie.mp4", 36_000), MediaUnusable) == "media_truncated"


def test_an_mp4_that_really_lasts_ten_hours_says_so(tmp_path: Path) -> None:
    path = samples.video(tmp_path / "a.mp4", rate="1/18000", seconds=36_000, size="64x64", sound=False)
    assert probe(path).seconds == pytest.approx(36_000)


@pytest.mark.parametrize("name", ["a.ts", "a.flv"])
def test_a_stream_whose_times_jump_by_hours_is_refused(tmp_path: Path, name: str) -> None:
    """A bit that flips does it; the burn-in of such a second rendered 3.3 hours."""
    assert _refusal(timelines.jumping(tmp_path / name), MediaUnusable) == "media_unreadable"


def test_a_header_with_nothing_behind_it_cannot_be_read(tmp_path: Path) -> None:
    whole = samples.video(tmp_path / "whole.mp4")
    (tmp_path / "a.mp4").write_bytes(whole.read_bytes()[:64])
    assert _refusal(tmp_path / "a.mp4", MediaUnusable) == "media_unreadable"


def _refusal(path: Path, kind: type[MediaUnusable | NotMedia]) -> str:
    with pytest.raises(kind) as raised:
        probe(path)
    return raised.value.code
