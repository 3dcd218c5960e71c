"""Emoji in rendered frames: in color, whole, and in the room that the layout left for them."""

from pathlib import Path
from typing import Any

import numpy
import pytest

from content_pipeline.core.media import emoji_font
from content_pipeline.core.media.karaoke_captions import Style, ass_subtitles
from content_pipeline.core.media.reels import animation_names
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.media.reels.caption_animations import OUTLINE
from content_pipeline.core.media.reels.captions import EM, caption_track
from content_pipeline.core.media.reels.safe_zone import HEIGHT, WIDTH
from content_pipeline.core.media.timed_words import Segment, Word
from tests.core.media.rendered_frames import frame, text_pixels

pytestmark = pytest.mark.slow

MIDDLE = slice(560, 1060)
GERMANY = [(33, 33, 33), (219, 43, 47), (235, 192, 20)]


def seen(folder: Path, text: str, animation: CaptionAnimation = "pop", *, at: float = 0.9, title: str = "") -> Any:
    """A frame in which the last word of a text is spoken."""
    words = [Word(0, 1, word) for word in text.split()]
    document = caption_track(
        words, language="en", seconds=1.5, name="", title=title, accent=(90, 90, 250), animation=animation
    )
    return frame(folder, document, (WIDTH, HEIGHT), at)


def like(picture: Any, color: tuple[int, int, int]) -> Any:
    return (numpy.abs(picture.astype(int) - color) < 12).all(axis=2)


def stripes(picture: Any) -> list[tuple[int, int]]:
    """(top, bottom) of each color of the German flag in the columns of its middle."""
    columns = numpy.nonzero(like(picture, GERMANY[2]))[1]
    middle = picture[:, int(columns.mean()) - 5 : int(columns.mean()) + 5]
    rows = [numpy.nonzero(like(middle, color).all(axis=1))[0] for color in GERMANY]
    return [(int(found.min()), int(found.max())) for found in rows]


def blots(picture: Any) -> list[tuple[int, int]]:
    """The columns from and to of each thing that is drawn beside the others."""
    drawn = text_pixels(picture).any(axis=0).astype(int)
    edges = numpy.nonzero(numpy.diff(numpy.concatenate([[0], drawn, [0]])))[0]
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


@pytest.mark.parametrize("animation", animation_names.NAMES)
def test_a_flag_is_seen_in_its_colors_in_each_animation(tmp_path: Path, animation: CaptionAnimation) -> None:
    picture = seen(tmp_path, "Hi 🇩🇪", animation, at=1.3)[MIDDLE]
    (black, _), (red, red_end), (gold, end) = stripes(picture)
    assert black < red < red_end < gold < end
    assert red_end - red == pytest.approx(end - gold, abs=5)


def test_each_sequence_is_one_picture_in_its_room(tmp_path: Path) -> None:
    sequences = ["👩🏽‍🚀", "🇺🇳", "🏳️‍🌈", "👨‍👩‍👧‍👦", "1️⃣"]
    found = blots(seen(tmp_path, " ".join(sequences))[MIDDLE])
    assert len(found) == len(sequences)
    assert all(EM < right - left < (emoji_font.WIDTH + OUTLINE) * EM for left, right in found)


def test_an_emoji_within_a_word_has_room_and_the_letters_keep_their_color(tmp_path: Path) -> None:
    picture = seen(tmp_path, "go🇩🇪go", at=0.9)[MIDDLE]
    letters = like(picture, (92, 92, 230))
    flag = numpy.nonzero(like(picture, GERMANY[2]))[1]
    assert not letters[:, flag.min() : flag.max() + 1].any()
    assert letters[:, : flag.min()].any()
    assert letters[:, flag.max() :].any()


def test_a_title_has_emoji_too(tmp_path: Path) -> None:
    _, (red, red_end), (gold, end) = stripes(seen(tmp_path, "Hi", title="Made in 🇩🇪", at=0.02))
    assert red < red_end < gold < end
    assert end - red > 60


def test_the_text_form_of_an_emoji_has_the_color_of_the_words(tmp_path: Path) -> None:
    red, white = seen(tmp_path, "❤️")[MIDDLE], seen(tmp_path, "❤︎")[MIDDLE]
    heart = (201, 58, 75)
    assert like(red, heart).sum() > 2000
    assert not like(white, heart).any()
    assert text_pixels(white).any()


def test_a_sign_is_seen_in_the_color_of_the_words(tmp_path: Path) -> None:
    picture = seen(tmp_path, "✔️")[MIDDLE]
    assert like(picture, (92, 92, 230)).sum() > 1000


def test_a_lone_letter_of_a_flag_is_not_drawn(tmp_path: Path) -> None:
    assert not text_pixels(seen(tmp_path, "🇩 🇽🇽")[MIDDLE]).any()


def burned_in(folder: Path, text: str, style: Style) -> Any:
    words = tuple(Word(index, index + 1, word) for index, word in enumerate(text.split()))
    document = ass_subtitles([Segment(0, len(words), text, words)], width=1080, height=1920, style=style, language="ar")
    return frame(folder, document, (1080, 1920), 0.5)


def test_emoji_stand_in_an_arabic_line_as_it_is_read(tmp_path: Path) -> None:
    picture = burned_in(tmp_path, "مرحبا 🇩🇪🇺🇳 بالعالم", Style(font_size=70))
    flag, other = (numpy.nonzero(like(picture, color))[1] for color in (GERMANY[2], (83, 146, 208)))
    drawn = numpy.nonzero(text_pixels(picture))[1]
    assert drawn.min() < other.min() < other.max() < flag.min() < flag.max() < drawn.max()


def test_karaoke_goes_on_in_its_color_behind_an_emoji(tmp_path: Path) -> None:
    picture = burned_in(tmp_path, "go🇩🇪go now", Style(kind="karaoke", font_size=70))
    accent = like(picture, (235, 199, 26))
    flag = numpy.nonzero(like(picture, GERMANY[1]))[1]
    assert accent[:, : flag.min() - 5].any()
    assert accent[:, flag.max() + 5 :].any()
