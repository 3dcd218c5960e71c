"""Captions in rendered frames: libass silently drops text without a font, so the tests inspect pixels."""

import re
from pathlib import Path
from typing import Any

import numpy
import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_pipeline.core.errors import Invalid
from content_pipeline.core.media.cue_editing import apply_edits
from content_pipeline.core.media.cue_segmentation import segment
from content_pipeline.core.media.karaoke_captions import Style, ass_subtitles
from content_pipeline.core.media.timed_words import Segment, Word
from tests.core.media.rendered_frames import Frame, frame, text_pixels, yellow_pixels
from tests.core.media.spoken_words import speak, spoken_words
from tests.core.media.test_fonts import SCRIPTS

pytestmark = pytest.mark.slow

ENGLISH = "But as the riper should by time decease, his tender heir might bear his memory."


def cues_of(text: str, language: str = "en") -> list[Segment]:
    return apply_edits([], [(0.0, 4.0, text)], language=language, duration=4)


def highlighted(picture: Frame) -> float:
    """Horizontal center of the yellow pixels."""
    columns = numpy.nonzero(yellow_pixels(picture))[1]
    assert columns.size
    return float(columns.mean())


def assert_inside(picture: Frame) -> None:
    drawn = text_pixels(picture)
    height, width = drawn.shape
    assert drawn.any()
    rows, columns = numpy.nonzero(drawn)
    assert width * 0.03 < columns.min() < columns.max() < width * 0.97
    assert height * 0.03 < rows.min() < rows.max() < height * 0.97


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (320, 240)])
@pytest.mark.parametrize("font_size", [12, 54, 2000])
def test_captions_are_there_and_never_leave_the_frame(tmp_path: Path, size: tuple[int, int], font_size: int) -> None:
    style = Style(font_size=font_size, kind="karaoke")
    document = ass_subtitles(cues_of(ENGLISH), width=size[0], height=size[1], style=style, language="en")
    assert_inside(frame(tmp_path, document, size))


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_drawn(tmp_path: Path, script: str) -> None:
    size = (540, 960)
    document = ass_subtitles(
        cues_of(SCRIPTS[script] * 3, "ja"), width=size[0], height=size[1], style=Style(font_size=90), language="ja"
    )
    assert_inside(frame(tmp_path, document, size))


@pytest.mark.parametrize(
    "text", ["x" * 300, "あ" * 200, "नमस्ते" + "।" * 200, "{\\an8}{\\fs900}big \\N \\h {\\p1} m 0 0"]
)
def test_awkward_text_stays_inside_too(tmp_path: Path, text: str) -> None:
    size = (540, 960)
    document = ass_subtitles(cues_of(text), width=size[0], height=size[1], style=Style(font_size=80), language="en")
    assert_inside(frame(tmp_path, document, size))


def test_an_address_that_is_too_wide_is_broken_between_its_parts() -> None:
    cues = cues_of("https://example.com/very/long/path?page=1")
    document = ass_subtitles(cues, width=540, height=960, style=Style(font_size=100), language="en")
    (event,) = pysubs2.SSAFile.from_string(document).events
    lines = re.sub(r"\{[^}]*\}", "", event.text).split(r"\N")
    assert "".join(lines) == "https://example.com/very/long/path?page=1"
    assert len(lines) > 1
    assert all(line[-1] in "/?=." for line in lines[:-1]), lines


@pytest.mark.parametrize(("position", "share"), [("top", 0.3), ("middle", 0.5), ("bottom", 0.75)])
def test_captions_stand_where_they_are_wanted(tmp_path: Path, position: Any, share: float) -> None:
    document = ass_subtitles(cues_of("Hello"), width=540, height=960, style=Style(position=position), language="en")
    rows = numpy.nonzero(text_pixels(frame(tmp_path, document, (540, 960))))[0]
    assert abs(rows.mean() / 960 - share) < 0.15


def test_the_font_size_is_the_em_of_a_frame_1080_wide(tmp_path: Path) -> None:
    heights = []
    for width in (1080, 540):
        document = ass_subtitles(cues_of("HHH"), width=width, height=width, style=Style(font_size=100), language="en")
        picture = frame(tmp_path, document, (width, width)).astype(int)
        rows = numpy.nonzero((picture > 220).all(axis=2))[0]
        heights.append(rows.max() - rows.min() + 1)
    # Cap height of Manrope: 0.72 em.
    assert heights == pytest.approx([72, 36], abs=3)


@pytest.mark.parametrize("color", ["red", "#ff0000"])
def test_captions_have_the_wanted_colour(tmp_path: Path, color: str) -> None:
    document = ass_subtitles(cues_of("Hello"), width=540, height=540, style=Style(font_color=color), language="en")
    picture = frame(tmp_path, document, (540, 540))
    assert ((picture[:, :, 0] > 220) & (picture[:, :, 1] < 40) & (picture[:, :, 2] < 40)).sum() > 100


def test_the_highlight_moves_from_word_to_word_and_nothing_else_does(tmp_path: Path) -> None:
    (cue,) = cues_of("one two three")
    document = ass_subtitles([cue], width=540, height=540, style=Style(kind="karaoke"), language="en")
    moments = [(word.start + word.end) / 2 for word in cue.words]
    pictures = [frame(tmp_path, document, (540, 540), at) for at in moments]
    places = [highlighted(picture) for picture in pictures]
    assert places == sorted(places)
    assert len(set(places)) == 3
    dark = [(picture < 60).all(axis=2) for picture in pictures]
    assert (dark[0] == dark[1]).mean() > 0.999
    assert (dark[1] == dark[2]).mean() > 0.999


@given(spoken_words())
@settings(max_examples=5, deadline=None)
def test_each_word_lights_up_within_a_hundredth_of_a_second_of_when_it_is_spoken(words: list[Word]) -> None:
    cues = segment(words, language="en", duration=300)
    document = ass_subtitles(cues, width=540, height=960, style=Style(kind="karaoke"), language="en")
    events = pysubs2.SSAFile.from_string(document).events
    for cue, event in zip(cues, events, strict=True):
        lit = re.findall(r"\\1c&HFFFFFF&(?:\\t\((\d+),\d+,)?\\1c&H0AD6FF&", event.text)
        moments = [(event.start + int(since or 0)) / 1000 for since in lit]
        assert moments == pytest.approx([word.start for word in cue.words], abs=0.01)


@pytest.mark.parametrize("text", ["שלום לכולם היום", "مرحبا بكم اليوم"])
def test_the_highlight_moves_leftwards_where_people_read_leftwards(tmp_path: Path, text: str) -> None:
    (cue,) = cues_of(text)
    document = ass_subtitles([cue], width=540, height=540, style=Style(kind="karaoke"), language="ar")
    places = [highlighted(frame(tmp_path, document, (540, 540), (word.start + word.end) / 2)) for word in cue.words]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 3


@pytest.mark.parametrize("text", ["שלום זה מבחן", "مرحبا بكم في الاختبار، الجديد!"])
def test_karaoke_draws_the_same_shapes_as_one_shaped_line(tmp_path: Path, text: str) -> None:
    """Word order and Arabic joining match the same line shaped without tags inside."""
    (cue,) = cues_of(text)
    style = Style(kind="karaoke", font_size=48)
    document = pysubs2.SSAFile.from_string(ass_subtitles([cue], width=1080, height=400, style=style, language="ar"))
    ours = text_pixels(frame(tmp_path, document.to_string("ass"), (1080, 400)))
    document.events[0].text = rf"{{\blur1.2}}{text}"
    whole = text_pixels(frame(tmp_path, document.to_string("ass"), (1080, 400)))
    # Reordered words differ in half of the pixels; other space widths only at some edges.
    assert (ours != whole).sum() < 0.08 * whole.sum()


def test_every_font_that_the_text_asks_for_is_inside() -> None:
    document = ass_subtitles(cues_of("a 今日 ب"), width=540, height=540, style=Style(), language="ja")
    default = re.findall(r"^Style: Default,([^,]+)", document, re.MULTILINE)
    asked = {*default, *re.findall(r"\\fn([^\\}]+)", document)}
    assert len(asked) == 3
    assert asked == set(re.findall(r"^fontname: (.+)\.ttf$", document, re.MULTILINE))


def test_a_mark_that_came_as_a_word_of_its_own_is_put_on_its_letter() -> None:
    words = (Word(0, 1, "cafe"), Word(1, 2, "\u0301", spaced=False))
    document = ass_subtitles([Segment(0, 2, "cafe\u0301", words)], width=540, height=540, style=Style(), language="fr")
    assert document.rstrip().endswith("}café")


def test_a_cue_of_characters_that_no_font_holds_draws_nothing() -> None:
    document = ass_subtitles(cues_of("\U00012000"), width=540, height=540, style=Style(), language="en")
    assert "Dialogue" not in document


def test_cues_follow_one_another_in_hundredths_of_a_second() -> None:
    cues = segment(speak(ENGLISH), language="en", duration=9)
    document = pysubs2.SSAFile.from_string(ass_subtitles(cues, width=1080, height=1920, style=Style(), language="en"))
    assert [(event.start, event.end) for event in document] == [
        (round(round(cue.start, 2) * 1000), round(round(cue.end, 2) * 1000)) for cue in cues
    ]


@settings(max_examples=10)
@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12))
def test_no_text_makes_it_fail(text: str) -> None:
    document = ass_subtitles(cues_of(text), width=540, height=960, style=Style(kind="karaoke"), language="en")
    assert document.count("Dialogue:") <= 1


@pytest.mark.parametrize("color", ["", "no-such-color", "#12", "#ggg", "white}{\\an8"])
def test_what_is_no_colour_is_refused(color: str) -> None:
    with pytest.raises(Invalid) as raised:
        Style(font_color=color)
    assert raised.value.code == "font_color_invalid"


@pytest.mark.parametrize("size", [0, -3])
def test_a_size_must_be_above_zero(size: int) -> None:
    with pytest.raises(Invalid):
        Style(font_size=size)
