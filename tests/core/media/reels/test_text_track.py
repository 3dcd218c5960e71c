"""The text of whole reels: cover, captions and end card of scripts as creators write them."""

import re
from pathlib import Path
from typing import Any

import numpy
import pysubs2
import pytest

from content_pipeline.core.media.reels.captions import EM
from content_pipeline.core.media.reels.safe_zone import HEIGHT, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP, WIDTH
from content_pipeline.core.media.reels.text_track import text_track
from content_pipeline.core.media.timed_words import Word
from tests.core.media.rendered_frames import frame, text_pixels, yellow_pixels
from tests.media.reel_sheets import spoken
from tests.media.scripts import SCRIPTS, Script

pytestmark = pytest.mark.slow

YELLOW = (255, 214, 10)
WORDS = [Word(0.2, 0.6, "Rest"), Word(0.6, 0.9, "is"), Word(0.9, 1.9, "productive.")]
NARRATION = 2.3


def written(words: list[Word] = WORDS, seconds: float = NARRATION, **labels: Any) -> tuple[str, float]:
    unset: dict[str, Any] = {"language": "en", "name": "Maya Chen", "title": None, "call_to_action": None}
    return text_track(words, seconds, accent=YELLOW, **unset | labels)


def events(document: str, *styles: str) -> list[pysubs2.SSAEvent]:
    return [event for event in pysubs2.SSAFile.from_string(document).events if event.style in styles]


def size(event: pysubs2.SSAEvent) -> float:
    return float(re.findall(r"\\fs([\d.]+)", event.text)[0]) / 1.32


def headline(document: str) -> list[pysubs2.SSAEvent]:
    return [event for event in events(document, "Spoken", "Popped") if r"\move" in event.text]


@pytest.mark.nightly
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_every_script_has_a_large_cover_captions_of_one_size_and_an_end_card(script: Script) -> None:
    words = spoken(script)
    narration = words[-1].end + 0.4
    document, seconds = written(
        words, narration, language=script.language, title=script.title, call_to_action=script.call
    )
    lines = headline(document)
    if script.name == "hashtags alone":  # of which a headline would tell nothing
        assert lines == []
    else:
        assert {line.start for line in lines} == {0}
        # 16 pixels on a tile of 200, which a title of 120 characters still has; captions have 17.
        assert min(map(size, lines)) > (88 if script.title and len(script.title) > 60 else EM)
    captions = [event for event in events(document, "Spoken", "Coming") if r"\move" not in event.text]
    assert {round(size(event)) for event in captions} == {EM}
    (call,) = events(document, "CallText")
    assert re.sub(r"[\s\u200f]", "", call.plaintext) == (script.call or "Maya Chen").replace(" ", "")
    assert call.end == pytest.approx(1000 * seconds, abs=10)
    assert call.start >= max(event.end for event in captions)
    assert seconds - words[-1].end <= 1.5 + 1e-6


@pytest.mark.parametrize("script", SCRIPTS[::5], ids=lambda script: script.name)
def test_headline_and_captions_never_overlap_and_stay_in_the_safe_zone(script: Script, tmp_path: Path) -> None:
    words = spoken(script)
    document, _ = written(words, words[-1].end + 0.4, language=script.language, title=script.title)
    for at in (0.0, words[0].start + 0.3):
        rows, columns = numpy.nonzero(text_pixels(frame(tmp_path, document, (WIDTH, HEIGHT), at)))
        assert SAFE_LEFT <= columns.min() < columns.max() < SAFE_RIGHT
        assert SAFE_TOP <= rows.min() < rows.max() < SAFE_BOTTOM
    with_headline, without = (
        text_pixels(frame(tmp_path, text, (WIDTH, HEIGHT), words[0].start + 0.3))
        for text in (document, re.sub(r"Dialogue: [^\n]*\\move[^\n]*\n", "", document))
    )
    lowest = numpy.nonzero((with_headline & ~without).any(axis=1))[0].max()
    captions = numpy.nonzero(without[600:1160].any(axis=1))[0].min() + 600
    assert lowest < captions


@pytest.mark.parametrize(
    ("language", "title", "lines"),
    [
        ("en", "Why your plants keep dying", ["Why your", "plants", "keep dying"]),
        ("fr", "5 erreurs qui ruinent ton sommeil", ["5 erreurs", "qui ruinent", "ton sommeil"]),
        ("en", "STOP SCROLLING", ["STOP", "SCROLLING"]),  # one line would be too small
    ],
)
def test_a_headline_is_somewhat_smaller_where_its_lines_become_even(
    language: str, title: str, lines: list[str]
) -> None:
    document, _ = written(language=language, title=title)
    assert [line.plaintext for line in headline(document)] == lines


def test_a_title_without_width_is_no_headline() -> None:
    document, _ = written(title="\u0301")  # an accent, which a font draws over nothing
    assert events(document, "CallText")


def test_the_first_frame_is_the_headline_alone_undimmed(tmp_path: Path) -> None:
    document, _ = written(title="You are killing your plants")
    white = (frame(tmp_path, document, (WIDTH, HEIGHT), 0)[:1130] > 220).all(axis=2)
    rows = numpy.nonzero(white.any(axis=1))[0]
    assert rows.max() - rows.min() > 500
    alone = re.sub(r"Dialogue: [^\n]*\\move[^\n]*\n", "", document)
    assert not text_pixels(frame(tmp_path, alone, (WIDTH, HEIGHT), 0))[:1130].any()


def test_the_title_goes_to_its_place_when_the_headline_has_gone(tmp_path: Path) -> None:
    words = [*WORDS, Word(4, 5, "Really.")]
    document, _ = written(words, 5.4, title="The offer")
    (card,) = events(document, "Headline")
    assert card.start == headline(document)[0].end == 1600


def test_the_call_is_a_button_on_the_last_frame(tmp_path: Path) -> None:
    document, seconds = written(call_to_action="Follow for part 2")
    last = frame(tmp_path, document, (WIDTH, HEIGHT), seconds - 1 / 30)
    columns = numpy.nonzero(yellow_pixels(last)[500:1000])[1]
    assert columns.max() - columns.min() > 400
    assert (columns.min() + columns.max()) / 2 == pytest.approx((SAFE_LEFT + SAFE_RIGHT) / 2, abs=2)


def test_without_a_call_and_a_name_the_reel_is_as_long_as_its_narration() -> None:
    document, seconds = written(name="")
    assert seconds == NARRATION
    assert not events(document, "Call", "CallText")


def test_a_long_silence_at_the_end_is_used_for_the_end_card() -> None:
    document, seconds = written(seconds=4.0)
    assert seconds == 4.0
    assert events(document, "CallText")[0].start == pytest.approx(2300, abs=10)


def test_the_name_is_not_shown_twice() -> None:
    document, _ = written()
    (badge,), (card,) = events(document, "Name"), events(document, "CallText")
    assert badge.end == card.start
    with_call, seconds = written(call_to_action="Follow")
    assert events(with_call, "Name")[0].end == pytest.approx(1000 * seconds, abs=10)
