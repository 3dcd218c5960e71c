"""How pictures and sound of a file are coded, and what a burn-in makes of it."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from content_pipeline.core.media import audio_decoding, source_streams, untrusted
from content_pipeline.core.media.probe import probe
from content_pipeline.core.speech.languages import whisper_language
from tests.core.media.heard_pitch import pitch
from tests.core.media.test_picture_conversion import burned
from tests.core.media.test_video import WHITE_FROM_ONE
from tests.media import odd, samples, timelines
from tests.media.result_checks import combing, lumas, mono

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("name", "flagged", "found"), [("a.mpg", True, "flagged"), ("a.mkv", False, "found")])
def test_interlaced_video_loses_its_combs_and_keeps_its_rate(
    tmp_path: Path, name: str, flagged: bool, found: str
) -> None:
    source = odd.interlaced(tmp_path / name, flagged=flagged)
    assert combing(source) > 2
    pictures = untrusted.examine(source).pictures
    assert pictures
    assert pictures.interlacing == found
    made = burned(tmp_path, source)
    assert combing(made) < 0.5
    assert probe(made).frames_per_second == 25


def test_progressive_video_is_left_alone(tmp_path: Path) -> None:
    pictures = untrusted.examine(samples.video(tmp_path / "a.mp4", seconds=1)).pictures
    assert pictures
    assert (pictures.interlacing, pictures.frame_rate) == ("none", "25")


@pytest.mark.parametrize(
    ("guessed", "average", "rate"),
    [
        ("24000/1001", "24000/1001", "24000/1001"),
        ("2997/125", "2997/125", "24000/1001"),  # Matroska counts milliseconds
        ("24", "24", "24"),
        ("60000/1001", "60000/1001", "60000/1001"),
        ("120", "120", "60"),
        ("90000", "29.83", "30"),  # a phone that skips frames in the dark
        ("1000", "14.2", "24"),  # a browser
        ("1000", None, "1000/17"),
        ("15", "15", "30"),
        ("10", "10", "30"),
        ("240", "240", "60"),
        ("50", "50", "50"),
        (None, None, "30"),
    ],
)
def test_a_rate_is_kept_or_shown_evenly(guessed: str | None, average: str | None, rate: str) -> None:
    given = [Fraction(value) if value else None for value in (guessed, average)]
    assert source_streams.output_rate(*given) == Fraction(rate)


def test_a_film_of_23_976_stays_one(tmp_path: Path) -> None:
    made = burned(tmp_path, samples.video(tmp_path / "a.mkv", rate="24000/1001", seconds=1))
    with av.open(str(made)) as container:
        assert container.streams.video[0].guessed_rate == Fraction(24000, 1001)


def test_the_last_picture_is_held_while_sound_and_captions_go_on(tmp_path: Path) -> None:
    made = burned(tmp_path, odd.sound_outlasts_picture(tmp_path / "a.mp4"), WHITE_FROM_ONE)
    frames = lumas(made)
    assert len(frames) == pytest.approx(50, abs=2)
    assert np.abs(frames[20] - frames[15]).mean() < 2 < np.abs(frames[20] - frames[0]).mean()
    assert np.mean(frames[20]) < 200
    assert np.min(frames[27:]) > 230
    assert probe(made).seconds == pytest.approx(2, abs=0.1)


def test_the_first_picture_is_shown_with_captions_where_sound_begins_before_it(tmp_path: Path) -> None:
    captions = WHITE_FROM_ONE.replace("0:00:01.00,0:10:00.00", "0:00:00.00,0:00:00.20")
    frames = lumas(burned(tmp_path, timelines.late_pictures(tmp_path / "a.mp4"), captions))
    assert len(frames) == pytest.approx(38, abs=2)
    assert np.min(frames[:4]) > 230
    assert np.abs(frames[11] - frames[7]).mean() < 2 < np.abs(frames[30] - frames[7]).mean()


def _peak(path: Path) -> float:
    heard = np.concatenate(list(audio_decoding.pcm_chunks(path)))
    return float(np.abs(heard[2000:-2000]).max())


def _channels(path: Path) -> int:
    with av.open(str(path)) as container:
        return container.streams.audio[0].codec_context.channels


@pytest.mark.parametrize("make", [odd.voice_in_center, odd.antiphase])
@pytest.mark.parametrize("options", [("-c:a", "aac"), ("-c:a", "flac")], ids=["AAC", "FLAC"])
def test_a_voice_is_heard_in_a_plain_stereo_file(
    tmp_path: Path, make: Callable[..., Path], options: tuple[str, ...]
) -> None:
    picture = ("-f", "lavfi", "-i", "color=s=64x64:r=25:d=1")
    source = samples.make(tmp_path / "a.mkv", *picture, "-i", str(make(tmp_path / "s.mka", *options)), "-c:a", "copy")
    assert _peak(source) > 0.15
    made = burned(tmp_path, source)
    assert _channels(made) == 2
    assert np.abs(mono(made)).max() > 0.15


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ("if(lt(t,25),0,-1)", True),
        ("if(lt(t,25),1,-1)", True),
        ("if(gt(t,35),1,-1)", True),
        ("if(between(t,22,23),-1,1)", False),
        ("if(lt(t,59),0.5,0)", False),
    ],
    ids=["after a beginning on one side", "after one in mono", "before an end in mono", "for a second", "never"],
)
def test_sides_that_cancel_out_in_a_part_of_a_recording_are_found(tmp_path: Path, right: str, expected: bool) -> None:
    tone = "0.5*sin(2*PI*440*t)"
    source = samples.make(
        tmp_path / "a.flac", "-f", "lavfi", "-i", f"aevalsrc='{tone}|{tone}*{right}':c=stereo:s=8000:d=60"
    )
    sound = untrusted.examine(source).sound
    assert sound
    assert sound.is_antiphase is expected


def test_sides_that_cancel_out_after_a_silent_beginning_are_found_in_long_recordings(tmp_path: Path) -> None:
    tone = "if(mod(floor(t/25),2),0.5,0)*sin(2*PI*440*t)"
    source = samples.make(tmp_path / "a.m4a", "-f", "lavfi", "-i", f"aevalsrc='{tone}|-{tone}':c=stereo:s=8000:d=120")
    sound = untrusted.examine(source).sound
    assert sound
    assert sound.is_antiphase


@pytest.mark.parametrize(
    ("language", "hertz"), [(None, 2000), ("auto", 2000), ("de-AT", 300), ("en", 2000), ("fr", 2000)]
)
def test_the_track_in_the_language_is_heard_or_else_the_default_one(
    tmp_path: Path, language: str | None, hertz: int
) -> None:
    source = odd.two_languages(tmp_path / "a.mkv")
    assert pitch(source, language) == pytest.approx(hertz, abs=10)
    sound = untrusted.examine(source, language).sound
    assert sound
    assert sound.track == (0 if hertz == 300 else 1)


@pytest.mark.parametrize(("language", "tagged"), [("iw", "heb"), ("nb-NO", "nor"), ("fil", "tgl"), ("cmn-CN", "chi")])
def test_a_tag_and_whispers_code_for_it_choose_the_same_track(tmp_path: Path, language: str, tagged: str) -> None:
    """The one is asked for by a burn-in, the other by the transcription of what is heard in it."""
    tones = ("-f", "lavfi", "-i", "sine=duration=1") * 2
    tags = ("-metadata:s:a:0", f"language={tagged}", "-metadata:s:a:1", "language=eng", "-disposition:a:1", "default")
    source = samples.make(tmp_path / "a.mka", *tones, "-map", "0", "-map", "1", *tags)
    sounds = [untrusted.examine(source, code).sound for code in (language, whisper_language(language))]
    assert [sound and sound.track for sound in sounds] == [0, 0]
