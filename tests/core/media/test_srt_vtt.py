"""SRT and WebVTT output."""

from collections.abc import Callable, Sequence

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.cue_segmentation import segment
from content_pipeline.core.media.srt_vtt import srt, vtt
from content_pipeline.core.media.timed_words import Segment
from tests.core.media.spoken_words import speak

Write = Callable[[Sequence[Segment]], str]

HOSTILE = "a --> b <b>c</b> & {\\an8}\\p1\\N d\n\n00:00:01,000 --> 00:00:02,000\n7"


def test_srt_is_written_as_the_format_says() -> None:
    cues = [Segment(0, 3.5, "Hello,\nworld", ()), Segment(3661.0426, 3662, "Bye", ())]
    assert srt(cues) == ("1\n00:00:00,000 --> 00:00:03,500\nHello,\nworld\n\n2\n01:01:01,043 --> 01:01:02,000\nBye\n\n")


def test_vtt_is_written_as_the_format_says() -> None:
    cues = [Segment(0, 3.5, "Q&A: 1 < 2", ())]
    assert vtt(cues) == "WEBVTT\n\n00:00:00.000 --> 00:00:03.500\nQ&amp;A: 1 &lt; 2\n\n"


def test_no_cues_make_an_empty_file() -> None:
    assert srt([]) == ""
    assert vtt([]) == "WEBVTT\n\n"


@pytest.mark.parametrize(("write", "form"), [(srt, "srt"), (vtt, "vtt")])
def test_a_reader_gets_the_cues_back(write: Write, form: str) -> None:
    cues = segment(speak("One two three four. Five six seven, eight nine ten!"), language="en", duration=9)
    read = pysubs2.SSAFile.from_string(write(cues), format_=form)
    assert [event.text.replace(r"\N", "\n") for event in read] == [cue.text for cue in cues]
    assert [(event.start, event.end) for event in read] == [
        (round(cue.start * 1000), round(cue.end * 1000)) for cue in cues
    ]


@pytest.mark.parametrize("write", [srt, vtt])
@given(st.text(max_size=80) | st.just(HOSTILE))
def test_no_text_breaks_out_of_its_cue(write: Write, text: str) -> None:
    made = write([Segment(0, 1, text, ()), Segment(1, 2, "next", ())])
    assert made.count("-->") == 2
    body = made.removeprefix("WEBVTT\n\n")
    assert body.count("\n\n") == 2
    assert body.endswith("\nnext\n\n")
    assert "<" not in body


def test_markup_is_shown_and_not_obeyed() -> None:
    text = "<i>x</i> {\\an8} & --> y"
    assert "‹i›x‹/i› (∖an8) & --› y" in srt([Segment(0, 1, text, ())])
    assert "&lt;i&gt;x&lt;/i&gt; {∖an8} &amp; --&gt; y" in vtt([Segment(0, 1, text, ())])
