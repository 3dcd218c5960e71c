"""Burning captions into videos, and remuxing."""

import io
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from content_pipeline.core.errors import MediaUnusable
from content_pipeline.core.media import audio_visualizer, emoji_font, mp4_boxes, rendered_video, thumbnails, video
from content_pipeline.core.media.karaoke_captions import Style, ass_subtitles
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.timed_words import Segment, Word
from tests.core.media.heard_pitch import pitch
from tests.core.media.test_picture_conversion import NO_CAPTIONS
from tests.media import containers, hostile, odd, samples, timelines

pytestmark = pytest.mark.slow

# A white rectangle over the whole frame from second 1, at any size: needs no font.
WHITE_FROM_ONE = r"""[Script Info]
PlayResX: 100
PlayResY: 100

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment, MarginL, MarginR, MarginV, Outline, Shadow
Style: Default,Sans,10,&H00FFFFFF,7,0,0,0,0,0

[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:01.00,0:10:00.00,Default,{\pos(0,0)\p1}m 0 0 l 100 0 100 100 0 100
"""


def _burned(folder: Path, source: Path, captions: str = WHITE_FROM_ONE, *, language: str | None = None) -> MediaInfo:
    (folder / video.SOURCE).write_bytes(source.read_bytes())
    (folder / video.CAPTIONS).write_text(captions)
    video.burn_in(folder, probe(folder / video.SOURCE), language=language, on_progress=lambda share: None)
    return probe(folder / video.OUTPUT)


def _picture(folder: Path, seconds: float) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(thumbnails.of_moment(folder / video.OUTPUT, seconds))))


def test_captions_are_in_the_picture_while_they_are_due(tmp_path: Path) -> None:
    _burned(tmp_path, samples.video(tmp_path / "a.mp4"))
    assert _picture(tmp_path, 0.8).mean() < 200
    assert _picture(tmp_path, 1.1).mean() > 250


def test_timestamps_cannot_make_the_result_longer_than_what_was_probed(tmp_path: Path) -> None:
    samples.video(tmp_path / video.SOURCE, "-f", "matroska", seconds=4)
    (tmp_path / video.CAPTIONS).write_text(WHITE_FROM_ONE)
    video.burn_in(tmp_path, replace(probe(tmp_path / video.SOURCE), seconds=1), on_progress=lambda share: None)
    assert probe(tmp_path / video.OUTPUT).seconds == pytest.approx(2, abs=0.1)


def test_the_result_is_h264_and_aac_that_starts_at_once(tmp_path: Path) -> None:
    made = _burned(tmp_path, samples.video(tmp_path / "a.avi", "-c:a", "mp3"))
    assert (made.video_codec, made.audio_codec, made.container) == ("h264", "aac", "mov")
    assert made.seconds == pytest.approx(3, abs=0.1)
    with av.open(str(tmp_path / video.OUTPUT)) as container:
        context = container.streams.video[0].codec_context
        assert (context.pix_fmt, context.profile) == ("yuv420p", "High")
    written = (tmp_path / video.OUTPUT).read_bytes()
    assert written.index(b"moov") < written.index(b"mdat")


def test_sound_that_is_aac_is_not_coded_again(tmp_path: Path) -> None:
    source = samples.video(tmp_path / "a.mp4")
    _burned(tmp_path, source)
    assert _sound(tmp_path / video.OUTPUT) == _sound(source)


@pytest.mark.parametrize("codec", ["ac3", "libopus", "flac"])
def test_the_track_that_is_heard_decides_whether_it_is_coded_again(tmp_path: Path, codec: str) -> None:
    """The default track, which was asked instead, is AAC: this one was copied into an MP4 that platforms refuse."""
    source = odd.film_in_two_languages(tmp_path / "a.mkv", german=codec)
    assert probe(source).audio_codec == "aac"
    rendered_video.check_playable(_burned(tmp_path, source, language="de"))
    assert pitch(tmp_path / video.OUTPUT) == pytest.approx(300, abs=10)


def test_a_track_that_is_aac_is_copied_whatever_the_default_one_is(tmp_path: Path) -> None:
    source = odd.film_in_two_languages(tmp_path / "a.mkv", english="flac")
    _burned(tmp_path, source, language="de")
    assert _sound(tmp_path / video.OUTPUT) == _sound(source)


@pytest.mark.parametrize("first", ["aac", "ac3"])
def test_a_remuxed_video_keeps_its_default_track(tmp_path: Path, first: str) -> None:
    path = odd.film_in_two_languages(tmp_path / "a.mp4", german=first)
    assert not mp4_boxes.is_faststart(path)
    video.remux_faststart(path, probe(path))
    assert mp4_boxes.is_faststart(path)
    assert pitch(path) == pytest.approx(2000, abs=10)
    with av.open(str(path)) as container:
        assert [track.codec_context.name for track in container.streams.audio] == ["aac"]


def test_pictures_in_an_unknown_codec_are_passed_over(tmp_path: Path) -> None:
    """They are in the first track. ffmpeg takes the first one whatever it is, so a burn-in ended as `ffmpeg_failed`."""
    source = containers.unknown_codec_first(tmp_path / "a.mov")
    assert probe(source).video_codec == "h264"
    assert _burned(tmp_path, source, NO_CAPTIONS).seconds == pytest.approx(1, abs=0.1)
    assert _picture(tmp_path, 0.5)[..., 2].min() > 200  # blue
    video.remux_faststart(source, probe(source))
    with av.open(str(source)) as container:
        assert [track.codec_context.name for track in container.streams.video] == ["h264"]


def test_a_broadcast_with_a_damaged_frame_of_sound_is_rendered(tmp_path: Path) -> None:
    made = _burned(tmp_path, timelines.damaged_sound(tmp_path / "a.ts"))
    assert made.audio_codec == "aac"
    assert made.seconds == pytest.approx(1, abs=0.1)


def test_a_video_without_sound_stays_silent(tmp_path: Path) -> None:
    assert not _burned(tmp_path, samples.video(tmp_path / "a.mp4", sound=False)).has_audio


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (["-vf", "setsar=4/3"], (426, 180)),
        (["-vf", "scale=321:181,setsar=1,format=yuv444p", "-c:v", "ffv1"], (320, 180)),
        (["-pix_fmt", "yuvj420p"], (320, 180)),
        ([], (320, 180)),
    ],
    ids=["oblong pixels", "odd", "full range", "plain"],
)
def test_the_frame_has_the_size_that_was_announced(tmp_path: Path, options: list[str], size: tuple[int, int]) -> None:
    source = samples.video(tmp_path / "a.mkv", *options, seconds=1)
    made = _burned(tmp_path, source)
    assert (made.width, made.height) == video.frame_size(probe(source)) == size


def test_a_turned_video_comes_out_upright(tmp_path: Path) -> None:
    flat = samples.video(tmp_path / "flat.mp4", "-vf", "drawbox=w=iw/2:h=ih:color=red:t=fill", seconds=1)
    turned = samples.make(tmp_path / "turned.mp4", "-display_rotation", "90", "-i", str(flat), "-c", "copy")
    made = _burned(tmp_path, turned)
    assert (made.width, made.height) == (180, 320)
    lower = _picture(tmp_path, 0.5)[200:]
    assert lower[..., 0].mean() > 200
    assert lower[..., 1:].mean() < 60


def test_captions_change_on_time_where_the_picture_stands_still(tmp_path: Path) -> None:
    still = samples.video(tmp_path / "a.mkv", "-vf", "select='not(n)'", "-fps_mode", "vfr", rate="1", seconds=4)
    made = _burned(tmp_path, still)
    assert made.frames_per_second >= 24


@pytest.mark.parametrize(("rate", "made"), [("30000/1001", 29.97), ("50", 50), ("120", 60), ("12", 24)])
def test_the_pace_is_that_of_the_source_within_what_platforms_take(tmp_path: Path, rate: str, made: float) -> None:
    source = samples.video(tmp_path / "a.mp4", rate=rate, seconds=1)
    assert _burned(tmp_path, source).frames_per_second == pytest.approx(made, abs=0.01)


def test_where_it_was_filmed_is_not_passed_on(tmp_path: Path) -> None:
    place = "+48.2082+016.3738/"
    source = samples.video(tmp_path / "a.mov", "-metadata", f"location={place}", seconds=1)
    assert place.encode() in source.read_bytes()
    _burned(tmp_path, source)
    assert place.encode() not in (tmp_path / video.OUTPUT).read_bytes()
    assert emoji_font.CREDITS.encode() not in (tmp_path / video.OUTPUT).read_bytes()


def test_a_video_with_emoji_names_their_artists(tmp_path: Path) -> None:
    cue = Segment(0, 1, "🎉", (Word(0, 1, "🎉"),))
    captions = ass_subtitles([cue], width=320, height=240, style=Style(), language="en")
    _burned(tmp_path, samples.video(tmp_path / "a.mp4", seconds=1), captions)
    with av.open(tmp_path / video.OUTPUT) as burned:
        assert burned.metadata["comment"] == emoji_font.CREDITS


def test_sound_alone_gets_an_upright_picture_that_lights_up_as_it_plays(tmp_path: Path) -> None:
    (tmp_path / video.SOURCE).write_bytes(samples.SPEECH.read_bytes())
    (tmp_path / video.CAPTIONS).write_text(WHITE_FROM_ONE.replace("0:00:01.00", "0:09:00.00"))
    media = probe(tmp_path / video.SOURCE)
    shares: list[float] = []
    video.burn_in(tmp_path, media, on_progress=shares.append)
    made = probe(tmp_path / video.OUTPUT)
    assert (made.width, made.height) == video.frame_size(media) == (audio_visualizer.WIDTH, audio_visualizer.HEIGHT)
    assert made.seconds == pytest.approx(media.seconds, abs=0.1)
    assert made.audio_codec == "aac"
    early, late = (np.count_nonzero(_picture(tmp_path, seconds).min(axis=2) > 150) for seconds in (1, 6))
    assert late > 2 * early > 0
    assert shares[-1] > 0.95


def test_the_bars_are_those_of_the_track_that_is_heard(tmp_path: Path) -> None:
    """A tone in German in the second half, and one in English, which is the default, in the first."""
    tones = [
        argument
        for half in ("gte", "lt")
        for argument in ("-f", "lavfi", "-i", f"aevalsrc=sin(2e3*t)*{half}(t\\,1):d=2")
    ]
    languages = ("-metadata:s:a:0", "language=ger", "-metadata:s:a:1", "language=eng", "-disposition:a:1", "default")
    source = samples.make(tmp_path / "a.mka", *tones, "-map", "0", "-map", "1", *languages)
    _burned(tmp_path, source, WHITE_FROM_ONE.replace("0:00:01.00", "0:09:00.00"), language="de")
    bright = _picture(tmp_path, 1.95).min(axis=2) > 150
    middle = bright.shape[1] // 2
    assert np.count_nonzero(bright[:, middle:]) > 3 * np.count_nonzero(bright[:, :middle])


def test_sound_that_is_too_short_for_a_picture_makes_no_endless_video(tmp_path: Path) -> None:
    """It is refused before; `trim=duration=0.0135` rounds to nothing, and rendered 20 minutes."""
    hostile.wav(tmp_path / video.SOURCE, rate=8_000, claimed_bytes=156, real_bytes=156)
    assert (tmp_path / video.SOURCE).stat().st_size == 200
    (tmp_path / video.CAPTIONS).write_text(WHITE_FROM_ONE)
    media = replace(probe(samples.SPEECH), seconds=0.0135)
    video.burn_in(tmp_path, media, on_progress=lambda share: None)
    with pytest.raises(MediaUnusable) as raised:
        probe(tmp_path / video.OUTPUT)
    assert raised.value.code == "media_too_short"


def _sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]
