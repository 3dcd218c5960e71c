"""How words appear while they are spoken, seen in rendered frames."""

from pathlib import Path
from typing import Any

import numpy
import pytest

from content_pipeline.core.errors import Invalid
from content_pipeline.core.media.reels import animation_names
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.media.reels.captions import caption_track
from content_pipeline.core.media.reels.safe_zone import HEIGHT, SAFE_LEFT, SAFE_RIGHT, WIDTH
from content_pipeline.core.media.timed_words import Word
from tests.core.media.rendered_frames import frame, text_pixels, yellow_pixels
from tests.core.media.spoken_words import speak
from tests.core.media.test_fonts import SCRIPTS

# These rows are above the progress bar and have only captions.
MIDDLE = slice(700, 1230)
LEAD = 0.2


class Reel:
    """A reel that says a text, after a moment of silence."""

    def __init__(self, folder: Path, text: str, animation: CaptionAnimation) -> None:
        self.words = [Word(word.start + LEAD, word.end + LEAD, word.text, word.spaced) for word in speak(text)]
        self._folder = folder
        self._document = caption_track(
            self.words,
            language="xx",
            seconds=self.words[-1].end + 0.5,
            name="",
            title=None,
            accent=(255, 214, 10),
            animation=animation,
        )

    def seen(self, at: float) -> Any:
        return frame(self._folder, self._document, (WIDTH, HEIGHT), at)[MIDDLE]

    def letters(self, at: float) -> Any:
        """Mask of what is drawn but for the accent's color: the letters with their outline."""
        picture = self.seen(at)
        return text_pixels(picture) & ~yellow_pixels(picture)


def ends(mask: Any) -> tuple[int, int]:
    columns = numpy.nonzero(mask)[1]
    return int(columns.min()), int(columns.max())


@pytest.mark.slow
@pytest.mark.parametrize("animation", animation_names.NAMES)
def test_the_first_frame_shows_the_whole_phrase_undimmed(tmp_path: Path, animation: CaptionAnimation) -> None:
    reel = Reel(tmp_path, "one two three", animation)
    cover, spoken = reel.seen(0), reel.seen(reel.words[-1].end + 0.4)
    assert (cover == spoken).mean() > 0.9
    assert not yellow_pixels(cover).any()
    assert (cover > 240).all(axis=2).sum() == pytest.approx(
        (Reel(tmp_path, "one two three", "box").seen(0) > 240).all(axis=2).sum()
    )


@pytest.mark.slow
@pytest.mark.parametrize("animation", ["pop", "typewriter"])
def test_a_word_is_not_seen_before_it_is_spoken(tmp_path: Path, animation: CaptionAnimation) -> None:
    reel = Reel(tmp_path, "one two three", animation)
    areas = [int(text_pixels(reel.seen(word.end - 0.02)).sum()) for word in reel.words]
    assert areas == sorted(areas)
    assert areas[0] < 0.6 * areas[-1]


@pytest.mark.slow
def test_a_popping_word_has_the_color_of_the_accent_until_the_next_one(tmp_path: Path) -> None:
    reel = Reel(tmp_path, "one two three", "pop")
    centers = [sum(ends(yellow_pixels(reel.seen(word.start + 0.2)))) / 2 for word in reel.words]
    assert centers == sorted(centers)
    assert len(set(centers)) == len(reel.words)


@pytest.mark.slow
@pytest.mark.parametrize(("text", "leftwards"), [("unbelievable", False), ("नमस्तेदुनिया", False), ("לכולםשלום", True)])
def test_letters_are_typed_as_the_script_is_read(tmp_path: Path, text: str, leftwards: bool) -> None:
    reel = Reel(tmp_path, text, "typewriter")
    (word,) = reel.words
    seen = [ends(reel.letters(word.start + (word.end - word.start) * share)) for share in (0.3, 0.6, 0.99)]
    lefts, rights = zip(*seen, strict=True)
    if leftwards:
        assert (sorted(lefts, reverse=True), len(set(lefts))) == (list(lefts), 3)
        assert max(rights) - min(rights) <= 2
    else:
        assert (sorted(rights), len(set(rights))) == (list(rights), 3)
        assert max(lefts) - min(lefts) <= 2


@pytest.mark.slow
def test_a_number_is_typed_from_its_first_digit_in_a_script_that_runs_to_the_left(tmp_path: Path) -> None:
    reel = Reel(tmp_path, "1555", "typewriter")
    (number,) = reel.words
    begun, done = (ends(reel.letters(at)) for at in (number.start + 0.02, number.end - 0.02))
    assert begun[0] == pytest.approx(done[0], abs=2)


@pytest.mark.nightly
@pytest.mark.parametrize("animation", ["pop", "typewriter"])
@pytest.mark.parametrize("text", [*SCRIPTS.values(), "x" * 200, "❤️‍🔥", "?! … — ()"])
def test_all_that_is_said_is_shown_in_the_safe_area(tmp_path: Path, animation: CaptionAnimation, text: str) -> None:
    reel = Reel(tmp_path, text, animation)
    for at in (reel.words[-1].start + 0.09, reel.words[-1].end + 0.3):
        left, right = ends(text_pixels(reel.seen(at)))
        assert SAFE_LEFT <= left < right < SAFE_RIGHT


@pytest.mark.parametrize("name", ["POP", "Typewriter", "box"])
def test_the_names_are_taken_in_any_case(name: str) -> None:
    assert animation_names.parse(name) == name.lower()


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(Invalid, match="karaoke") as refused:
        animation_names.parse("karaoke")
    assert (refused.value.code, refused.value.remedy) == (
        "unknown_caption_animation", "Take one of: box, pop, typewriter.",
    )  # fmt: skip
